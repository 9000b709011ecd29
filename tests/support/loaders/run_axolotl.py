"""Train one step with `axolotl train` by a configuration of `export --for axolotl`.

    python run_axolotl.py CONFIG

Runs in the folder that the configuration's path is relative to. Prints JSON: the loss, and of each
prepared row the text and what of it is trained on, or prompt, chosen and rejected of a pair.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import datasets
import yaml
from run_trl import qwen_tokenizer, tiny_model

_LOSS = re.compile(r"'train_loss': '?([0-9.]+)")


def main(config: str) -> None:
    """Train and read what was prepared."""
    datasets.disable_progress_bars()
    folder = Path(tempfile.mkdtemp())
    tokenizer = qwen_tokenizer()
    tiny_model(tokenizer, str(folder / "model"))
    read = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    program = str(Path(sys.executable).parent / "axolotl")
    words = [program, "train", config, "--launcher", "python"]
    words += ["--base-model", f"{folder}/model", "--output-dir", f"{folder}/out"]
    words += ["--dataset-prepared-path", f"{folder}/prepared"]
    # Here every byte is a token, and the estimate is for tokenizers that join at least three.
    words += ["--sequence-len", str(4 * read["sequence_len"])]
    words += ["--max-steps", "1", "--bf16", "false", "--float32"]
    done = subprocess.run(
        words,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "AXOLOTL_DO_NOT_TRACK": "1",
            "WANDB_MODE": "disabled",
            "CUDA_VISIBLE_DEVICES": "",
        },
    )
    if done.returncode:
        sys.exit(done.stderr[-4_000:])
    losses = _LOSS.findall(done.stdout + done.stderr)
    rows = [
        _shown(row, tokenizer)
        for each in sorted((folder / "prepared").glob("*/dataset_info.json"))
        for row in datasets.load_from_disk(str(each.parent))
    ]
    print(json.dumps({"loss": float(losses[-1]), "rows": rows}))


def _shown(row: dict[str, Any], tokenizer: Any) -> dict[str, str]:
    if "labels" not in row:
        return {name: row[name] for name in ("prompt", "chosen", "rejected") if name in row}
    trained = [token for token in row["labels"] if token != -100]
    return {"text": tokenizer.decode(row["input_ids"]), "trained": tokenizer.decode(trained)}


if __name__ == "__main__":
    main(*sys.argv[1:])
