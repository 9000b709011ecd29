"""`vault import`: read files into the stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from vault.cli.frame import options
from vault.cli.frame.input_stream import standard_input
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.pairs import read_pairs
from vault.cli.frame.render import emit, hint, warn
from vault.cli.show.import_text import import_lines, next_steps
from vault.errors import InvalidInput
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.imports.import_options import Mode
    from vault.operations.imports.import_report import ImportReport


@options.command(
    example="vault import round-1.jsonl\n"
    "vault import --replace round-1.jsonl\n"
    "vault import qa.csv --map user=question --map assistant=answer"
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--format",
    metavar="NAME",
    help="How records are read; recognised record by record unless given.",
)
@click.option(
    "--map",
    "roles",
    metavar="ROLE=FIELD",
    multiple=True,
    help="Field with the text of user, assistant or system, or with all messages.",
)
@click.option("--lines", is_flag=True, help="An example for each line of plain text.")
@click.option("--paragraphs", is_flag=True, help="An example for each paragraph of plain text.")
@click.option(
    "--binary",
    type=click.Choice(["base64", "omit"]),
    help="Keep bytes of tables as base64, or leave them out.",
)
@click.option("--source", metavar="NAME", help="What to call where these come from.")
@click.option("--round", metavar="TEXT", help="The batch that these arrived with.")
@click.option("--replace", is_flag=True, help="Make this source exactly what the file holds.")
@click.option("--replace-all", is_flag=True, help="Make the whole stage what the files hold.")
@click.option("--update", is_flag=True, help="Put edited examples in the place of their old state.")
@click.option("--key", metavar="FIELD", help="With --update: the field that says which is which.")
@click.option(
    "--split-from-name", is_flag=True, help="Take the side of train.jsonl, test.jsonl, … from it."
)
@click.option("--readmit", is_flag=True, help="Let in what was removed deliberately.")
@click.option("--strict", is_flag=True, help="Exit with 1 if anything went to quarantine.")
@click.option("--dry-run", is_flag=True, help="Tell what would happen; change nothing.")
def command(
    invocation: Invocation,
    /,
    files: tuple[str, ...],
    roles: tuple[str, ...],
    strict: bool,
    **given: Any,
) -> int:
    """Read files into the draft of the next commit.

    FILE is JSON Lines, JSON, Parquet, CSV or plain text (.txt), also with .gz or .zst; a folder or
    pattern stands for its files, `-` for standard input. What is already there is not stored again.
    What cannot be read goes to quarantine with the reason, and the rest goes on.
    """
    mode = _mode(given.pop("replace"), given.pop("replace_all"), given.pop("update"))
    mapping = read_pairs(roles, "--map") or None
    if given["binary"] is None:
        del given["binary"]
    report = _import(invocation, files, mode=mode, mapping=mapping, **given)
    emit(invocation, report, import_lines)
    if report.quarantined:
        kept_out = plural(report.quarantined, "record")
        went = "would go" if report.dry_run else "went"
        warn(invocation, f"{kept_out} could not be read and {went} to quarantine")
    elif not report.read:
        gone = f": {_gone(report, mode)}" if report.taken_out else ""
        warn(invocation, f"there was no record to read{gone}")
    if not given["split_from_name"] and len({each.side for each in report.files} - {None}) > 1:
        hint(invocation, "the names of the files say sides: --split-from-name makes them labels")
    is_mapped = bool(mapping or given["format"])
    for step in next_steps(report, keeps_reading=is_mapped and not mode.startswith("replace")):
        hint(invocation, step)
    return 1 if strict and report.quarantined else 0


def _gone(report: ImportReport, mode: str) -> str:
    where = "" if mode == "replace-all" else " of this source"
    verb = "would be" if report.dry_run else "was" if report.taken_out == 1 else "were"
    return f"{plural(report.taken_out, 'example')}{where} {verb} taken out of the stage"


def _import(invocation: Invocation, files: tuple[str, ...], *, mode: Mode, **given: Any) -> Any:
    repository = invocation.repository(writing=not given["dry_run"])
    stdin = standard_input("the records") if "-" in files else None
    return repository.import_files(files, stdin=stdin, mode=mode, **given)


def _mode(replace: bool, replace_all: bool, update: bool) -> Mode:
    if replace + replace_all + update > 1:
        raise InvalidInput(
            "--replace, --replace-all and --update exclude each other",
            code="modes-exclude",
            hint="use the one that you mean; `vault import --help` explains them",
        )
    if replace:
        return "replace"
    return "replace-all" if replace_all else "update" if update else "append"
