"""`vault export`: write a version, or part of it, to files."""

from __future__ import annotations

from typing import Any

import click

from vault.cli.frame import options
from vault.cli.frame.export_output import export_options, write_export
from vault.cli.frame.invocation import Invocation


@options.command(
    example="vault export v1 -o train.jsonl\nvault export -o sample.csv --sample 100 --seed 7"
)
@click.argument("revision", required=False, metavar="[REV]")
@export_options
def command(invocation: Invocation, /, revision: str | None, **wanted: Any) -> None:
    """Write a version (HEAD, unless REV says which) to files; HEAD stays where it is.

    PATH says the format by its ending: .jsonl, .json, .csv or .parquet, also with .gz or .zst
    after it. A PATH without ending is a folder, and `-` is standard output. Records are written as
    they were imported, byte for byte.
    """
    write_export(invocation, revision, **wanted)
