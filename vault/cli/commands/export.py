"""`vault export`: write a version, or part of it, to files."""

from __future__ import annotations

from typing import Any

import click

from vault.cli.frame import options
from vault.cli.frame.export_output import (
    export_options,
    mix_option,
    trainer_options,
    write_export,
    write_locked,
)
from vault.cli.frame.invocation import Invocation
from vault.errors import InvalidInput


@options.command(
    example="vault export v1 -o train.jsonl\nvault export -o sample.csv --sample 100 --seed 7\n"
    "vault export v1 -o data --for trl\nvault export -o data --mix mix.toml\n"
    "vault export --locked data/train.jsonl"
)
@click.argument("words", nargs=-1, metavar="[REV]")
@export_options
@trainer_options
@mix_option
@click.option(
    "--locked", is_flag=True, help="Write the named files of vault.lock again, or all of them."
)
def command(invocation: Invocation, /, words: tuple[str, ...], locked: bool, **wanted: Any) -> None:
    """Write a version (HEAD, unless REV says which) to files; HEAD stays where it is.

    PATH says the format by its ending: .jsonl, .json, .csv or .parquet, also with .gz or .zst
    after it. A PATH without ending is a folder, and `-` is standard output. Records are written as
    they were imported, byte for byte. vault.lock says from which version each file is.

    --for writes a folder that a trainer or provider takes: trl, axolotl, unsloth, llamafactory,
    mlx, mistral, verl, rlvr, openai, openai-dpo, azure, together, fireworks, hf, text, raw. What
    its layout does not hold is counted and told. trl, axolotl, llamafactory and mlx get a
    configuration for their own command. mlx masks questions only where the last message alone is
    trained on, which --split-turns makes of any chat; mistral gets weights, and call ids of nine
    characters.

    --mix draws the training side from parts, each of the size that a file says; other sides are
    written whole.
    """
    if locked:
        write_locked(invocation, words, **wanted)
        return
    if len(words) > 1:
        raise InvalidInput(
            f'an export is of one version, not of "{" ".join(words)}"',
            code="too-many-words",
            hint=f"`vault export {words[0]} -o train.jsonl`",
        )
    write_export(invocation, words[0] if words else None, **wanted)
