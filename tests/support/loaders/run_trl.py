"""Train one step by a configuration of `export --for trl`: TRL's parser, loader and trainer.

    python run_trl.py COMMAND CONFIG

Runs in the folder that the configuration's dataset is relative to. Prints JSON: what was parsed,
and how many examples and trained tokens there were.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import datasets
import torch
import trl
from tiny_qwen import SIZES, tiny_tokenizer
from transformers import Qwen3Config, Qwen3ForCausalLM
from trl import DatasetMixtureConfig, ModelConfig, ScriptArguments, TrlParser


def qwen_tokenizer() -> Any:
    """Return a byte-level tokenizer with Qwen's chat template, as TRL has it."""
    made = tiny_tokenizer()
    template = Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja"
    made.chat_template = template.read_text(encoding="utf-8")
    return made


def tiny_model(tokenizer: Any, folder: str) -> Any:
    """Return a model of one layer, saved and loaded: the trainer looks for its files."""
    config = Qwen3Config(vocab_size=len(tokenizer), **SIZES)
    Qwen3ForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Qwen3ForCausalLM.from_pretrained(folder)


def main(command: str, config: str) -> None:
    """Parse, load and train one step."""
    datasets.disable_progress_bars()
    torch.set_num_threads(1)
    names = {"sft": "SFT", "dpo": "DPO", "kto": "KTO"}
    trainer_class = getattr(trl, f"{names[command]}Trainer")
    config_class = getattr(trl, f"{names[command]}Config")
    parser = TrlParser((ScriptArguments, config_class, ModelConfig, DatasetMixtureConfig))
    folder = tempfile.mkdtemp()
    given = ["--config", config, "--max_steps", "1", "--use_cpu", "true", "--report_to", "none"]
    given += ["--bf16", "false", "--gradient_checkpointing", "false", "--output_dir", folder]
    # KTO compares examples with one another.
    given += ["--per_device_train_batch_size", "2" if command == "kto" else "1"]
    script, arguments, model_config, _ = parser.parse_args_and_config(given)
    configured = arguments.max_length
    # Here every byte is a token, and the estimate is for tokenizers that join at least three.
    arguments.max_length = 4 * configured
    loaded = datasets.load_dataset(script.dataset_name, cache_dir=folder)
    tokenizer = qwen_tokenizer()
    has_validation = arguments.eval_strategy == "epoch"
    trainer = trainer_class(
        model=tiny_model(tokenizer, f"{folder}/model"),
        args=arguments,
        train_dataset=loaded[script.dataset_train_split],
        eval_dataset=loaded[script.dataset_test_split] if has_validation else None,
        processing_class=tokenizer,
    )
    rows = trainer.train_dataset
    trained = trainer.train()
    print(
        json.dumps(
            {
                "model": model_config.model_name_or_path,
                "splits": {name: len(each) for name, each in loaded.items()},
                "max_length": configured,
                "rows": len(rows),
                "longest": max((len(each) for each in rows["input_ids"]), default=0)
                if "input_ids" in rows.column_names
                else None,
                "trained": _trained(rows, tokenizer),
                "loss": trained.training_loss,
            }
        )
    )


def _trained(rows: Any, tokenizer: Any) -> list[str]:
    """Return the text that each of the last rows is trained on."""
    for mask in ("assistant_masks", "completion_mask"):
        if mask in rows.column_names:
            return [
                tokenizer.decode(
                    [token for token, on in zip(row["input_ids"], row[mask], strict=True) if on]
                )
                for row in rows.select(range(max(0, len(rows) - 3), len(rows)))
            ]
    return [
        tokenizer.decode([token for token in row["labels"] if token != -100])
        for row in rows.select(range(max(0, len(rows) - 3), len(rows)))
        if "labels" in rows.column_names
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
