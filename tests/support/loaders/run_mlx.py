"""Load by a configuration of `export --for mlx`, and train one step with `mlx_lm.lora`.

    python run_mlx.py CONFIG

Runs in the folder that the configuration's data folder is relative to. Prints JSON: how many
examples there are of each side, how many differ from the line that they are from, the texts of the
last ones and what of them is trained on, and whether training and testing came to an end.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlx.core as mx
import yaml
from mlx.utils import tree_flatten
from mlx_lm.lora import CONFIG_DEFAULTS
from mlx_lm.lora import main as command
from mlx_lm.models.qwen3 import Model, ModelArgs
from mlx_lm.tuner.datasets import load_dataset
from tiny_qwen import SIZES, tiny_tokenizer

_SHOWN = 4
_MORE = {
    "model_type": "qwen3",
    "rms_norm_eps": 1e-6,
    "rope_theta": 10_000.0,
    "max_position_embeddings": 32_768,
    "tie_word_embeddings": True,
}


def save_model(folder: str, tokenizer: Any) -> None:
    """Write a model and its tokenizer into a folder."""
    config = {**SIZES, **_MORE, "vocab_size": len(tokenizer)}
    weights = dict(tree_flatten(Model(ModelArgs.from_dict(config)).parameters()))
    mx.save_safetensors(f"{folder}/model.safetensors", weights, metadata={"format": "mlx"})
    Path(f"{folder}/config.json").write_text(json.dumps(config), encoding="utf-8")
    tokenizer.save_pretrained(folder)


def main(config: str) -> None:
    """Load and train."""
    folder = tempfile.mkdtemp()
    tokenizer = tiny_tokenizer()
    save_model(folder, tokenizer)
    configured = yaml.safe_load(Path(config).read_text(encoding="utf-8"))
    sides = load_dataset(SimpleNamespace(**{**CONFIG_DEFAULTS, **configured}), tokenizer)
    rows, different = {}, 0
    for name, side in zip(("train", "valid", "test"), sides, strict=True):
        path = Path(configured["data"]) / f"{name}.jsonl"
        lines = path.read_bytes().splitlines() if path.exists() else []
        rows[name] = len(side)
        different += abs(len(side) - len(lines))
        different += sum(side[at] != json.loads(line) for at, line in enumerate(lines))
    train = sides[0]
    shown = [train.process(train[at]) for at in range(max(0, len(train) - _SHOWN), len(train))]
    # Here every byte is a token, and the estimate is for tokenizers that join at least three.
    length = 4 * configured["max_seq_length"]
    changes = {"model": folder, "adapter-path": f"{folder}/output", "max-seq-length": length}
    changes |= {"iters": 1, "num-layers": 1}
    sys.argv = ["mlx_lm.lora", "--config", config]
    sys.argv += [word for name, value in changes.items() for word in (f"--{name}", str(value))]
    command()
    found = {
        "rows": rows,
        "different": different,
        "cut": max(len(ids) for ids, _ in shown) > length,
        "texts": [tokenizer.decode(ids) for ids, _ in shown],
        "trained": [tokenizer.decode(ids[start:]) for ids, start in shown],
        "saved": Path(f"{folder}/output/adapters.safetensors").exists(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
