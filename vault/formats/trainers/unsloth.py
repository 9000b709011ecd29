"""Unsloth's datasets, which are TRL's, and a script that trains on them."""

from __future__ import annotations

import json

from vault.formats.trainers.trainer import Family, Produced, Trainer, split_name, usage_told
from vault.presentation.shell_words import shown_word

_SCRIPT = "train.py"
_SWITCHES = {
    "trl-chat": "assistant_only_loss=True",
    "trl-prompt-completion": "completion_only_loss=True",
    "text": 'dataset_text_field="text"',
}


def _beside(produced: Produced) -> dict[str, str]:
    """Return the script: Unsloth has no command that reads a configuration."""
    first = split_name(produced.first_side)
    validation = 'sides["validation"]' if produced.validation_side else "None"
    strategy = "epoch" if produced.validation_side else "no"
    length_told = "\n".join(produced.length_told())
    folder = json.dumps(produced.folder)
    return {
        _SCRIPT: f'''\
# Where {folder} is a folder: python FILE
from datasets import load_dataset  # 4.7 or later

MODEL = "unsloth/Qwen3-0.6B"  # the model to train
FOLDER = {folder}
{length_told}
MAX_LENGTH = {produced.max_length}


def load():
    """Return the examples by side, as the README of the folder says what their columns are."""
    return load_dataset(FOLDER)


def main():
    from unsloth import FastLanguageModel  # before trl, which it changes
    from trl import SFTConfig, SFTTrainer

    sides = load()
    model, tokenizer = FastLanguageModel.from_pretrained(MODEL, max_seq_length=MAX_LENGTH)
    model = FastLanguageModel.get_peft_model(model)
    trainer = SFTTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=sides["{first}"],
        eval_dataset={validation},
        args=SFTConfig(
            output_dir="unsloth-output",
            max_length=MAX_LENGTH,
            eval_strategy="{strategy}",
            {_SWITCHES[produced.layout]},
        ),
    )
    trainer.train()


if __name__ == "__main__":
    main()
'''
    }


def _usage(produced: Produced) -> str:
    shown = shown_word(f"{produced.folder}/{_SCRIPT}")
    return usage_told("Unsloth", f"python {shown}")


UNSLOTH = Trainer(
    "unsloth",
    "Unsloth: SFT, with a script",
    {Family.CHAT: "trl-chat", Family.TEXT: "text"},
    last_turn_format="trl-prompt-completion",
    declares_features=True,
    beside=_beside,
    usage=_usage,
)
"""The target `unsloth`."""
