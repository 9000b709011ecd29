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
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM
from trl import DatasetMixtureConfig, ModelConfig, ScriptArguments, TrlParser


def tiny_tokenizer() -> Any:
    """Return a byte-level tokenizer with Qwen's chat template."""
    made = Tokenizer(models.BPE(unk_token=None))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=special,
    )
    made.train_from_iterator(["hello world"] * 3, trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    template = Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja"
    wrapped.chat_template = template.read_text(encoding="utf-8")
    return wrapped


def tiny_model(tokenizer: Any, folder: str) -> Any:
    """Return a model of one layer, saved and loaded: the trainer looks for its files."""
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
    )
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
    tokenizer = tiny_tokenizer()
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
