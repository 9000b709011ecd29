"""`vault checkout`: move HEAD; with `-o` the same as `export`."""

from __future__ import annotations

from typing import Any

import click

from vault.cli.frame import options
from vault.cli.frame.export_output import asks_for_part, export_options, write_export
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.switch_text import switch_lines


@options.command(example="vault checkout v1 -o train.jsonl\nvault checkout v1")
@click.argument("revision", required=False, metavar="[REV]")
@export_options
def command(invocation: Invocation, /, revision: str | None, **wanted: Any) -> None:
    """Move HEAD to REV, or with -o write REV to files, as `vault export` does.

    A branch is switched to; a tag or a commit takes HEAD off any branch, where one can look and
    export but not commit. PATH says the format by its ending: .jsonl, .json, .csv or .parquet, also
    with .gz or .zst after it. A PATH without ending is a folder, and `-` is standard output.
    """
    if wanted["output"] is not None or wanted["force"] or asks_for_part(wanted):
        write_export(invocation, revision, is_checkout=True, **wanted)
        return
    report = invocation.repository(writing=True).checkout(revision)
    emit(invocation, report, lambda report: switch_lines(report, invocation.verbose))
    version = revision or "HEAD"
    hint(invocation, f"no file was written; `vault checkout {version} -o train.jsonl` writes one")
    if report.branch is None:
        hint(
            invocation, "`vault switch -c NAME` begins a branch here, `vault switch main` goes back"
        )
