"""Load by a configuration of `export --for llamafactory`, and train one step.

    python run_llamafactory.py CONFIG

Runs in the folder that the configuration's data folder is relative to. Prints JSON: how many
examples there are, the texts of the last ones, and the loss of `llamafactory-cli train`.
"""

from __future__ import annotations

import importlib.machinery
import json
import os
import sys
import tempfile
import types
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from tiny_qwen import SIZES, tiny_tokenizer
from transformers import Qwen3Config, Qwen3ForCausalLM

_SHOWN = 4


def prepare() -> None:
    """Let LLaMA-Factory be imported: it wants a torchaudio, and the published one fails here."""
    os.environ["DISABLE_VERSION_CHECK"] = "1"
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    stub = types.ModuleType("torchaudio")
    stub.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
    sys.modules["torchaudio"] = stub


def main(config: str) -> None:
    """Load and train."""
    prepare()
    from llamafactory.cli import main as command
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import get_train_args

    torch.set_num_threads(1)
    folder = tempfile.mkdtemp()
    tokenizer = tiny_tokenizer()
    Qwen3ForCausalLM(Qwen3Config(vocab_size=len(tokenizer), **SIZES)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    configured: dict[str, Any] = OmegaConf.to_container(OmegaConf.load(config))
    changes = {
        "model_name_or_path": folder,
        "output_dir": f"{folder}/output",
        # Here every byte is a token, and the estimate is for tokenizers that join at least three.
        "cutoff_len": 4 * configured["cutoff_len"],
        "max_steps": 1,
        # KTO compares examples with one another.
        "per_device_train_batch_size": 2,
        "use_cpu": True,
        "report_to": "none",
    }
    model, data, training, finetuning, _ = get_train_args({**configured, **changes})
    made = get_dataset(
        get_template_and_fix_tokenizer(tokenizer, data),
        model,
        data,
        training,
        stage="rm" if finetuning.stage == "dpo" else finetuning.stage,
        tokenizer=tokenizer,
    )
    rows = made["train_dataset"]
    shown = rows.select(range(max(0, len(rows) - _SHOWN), len(rows)))
    ids = [name for name in rows.column_names if name.endswith("input_ids")]
    labels = [name for name in rows.column_names if name.endswith("labels")]
    found = {
        "rows": len(rows),
        "evaluated": len(made["eval_dataset"]) if "eval_dataset" in made else None,
        "cut": max(len(row[name]) for row in shown for name in ids) >= changes["cutoff_len"],
        "texts": [{name: tokenizer.decode(row[name]) for name in ids} for row in shown],
        "trained": [
            {name: tokenizer.decode([each for each in row[name] if each >= 0]) for name in labels}
            for row in shown
        ],
        "verdicts": rows["kto_tags"][:] if "kto_tags" in rows.column_names else None,
    }
    sys.argv = ["llamafactory-cli", "train", config]
    sys.argv += [f"{name}={value}" for name, value in changes.items()]
    command()
    results = json.loads(Path(f"{folder}/output/all_results.json").read_text(encoding="utf-8"))
    print(json.dumps({**found, "loss": results["train_loss"]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
