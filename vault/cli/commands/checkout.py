"""`vault checkout`: with `-o` the same as `export`."""

from __future__ import annotations

from typing import Any

import click

from vault.cli import options
from vault.cli.export_output import export_options, write_export
from vault.cli.invocation import Invocation


@options.command(example="vault checkout v1 -o train.jsonl\nvault checkout HEAD~1 -o data/")
@click.argument("revision", required=False, metavar="[REV]")
@export_options
def command(invocation: Invocation, /, revision: str | None, **wanted: Any) -> None:
    """Write a version (HEAD, unless REV says which) to files, as `vault export` does.

    PATH says the format by its ending: .jsonl, .json, .csv or .parquet, also with .gz or .zst
    after it. A PATH without ending is a folder, and `-` is standard output.
    """
    write_export(invocation, revision, is_checkout=True, **wanted)
