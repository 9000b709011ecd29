"""`vault edit`: change the text of an example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.editor import edited_bytes
from vault.cli.frame.input_stream import standard_input
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.subsets.edit_text import edit_lines
from vault.cli.show.terminal import short_id
from vault.errors import InvalidInput
from vault.presentation.shell_words import shown_words

if TYPE_CHECKING:
    from vault.operations.editing.edit_example import EditReport


@options.command(
    example="vault edit 3f2a9c1b77d0\n"
    "vault edit 3f2a9c1b77d0 --field messages.1.content\n"
    "jq '.topic = \"water\"' record.json | vault edit 3f2a9c1b77d0 -"
)
@click.argument("example", metavar="EXAMPLE")
@click.argument("given", metavar="[-]", required=False)
@click.option("--field", metavar="PATH", help="Edit this text alone, such as messages.1.content.")
@click.option("--copy", is_flag=True, help="Add it as another example; the old one stays.")
@click.option("--dry-run", is_flag=True, help="Tell what would happen; change nothing.")
def command(
    invocation: Invocation,
    example: str,
    given: str | None,
    field: str | None,
    copy: bool,
    dry_run: bool,
) -> None:
    """Edit a staged example in your editor, or replace it with standard input (`-`).

    The new record takes the place of the old one, with its source and with the labels that still
    hold: all of them over new metadata, the side of a split over another answer. Importing the old
    record again does not bring it back; `vault restore EXAMPLE` does.
    """
    if given is None:
        report = _in_editor(invocation, example, field, copy=copy, dry_run=dry_run)
    else:
        record = _read(given, field)
        repository = invocation.repository(writing=True)
        report = repository.edit(example, record, field=field, copy=copy, dry_run=dry_run)
    emit(invocation, report, lambda report: edit_lines(report, invocation.verbose))
    if not report.is_unchanged and not dry_run:
        hint(invocation, "`vault diff` shows what is staged, `vault undo` takes this back")


def _in_editor(
    invocation: Invocation, example: str, field: str | None, *, copy: bool, dry_run: bool
) -> EditReport:
    repository = invocation.repository(writing=True)
    editable = repository.editable_text(example, field)
    text = editable.text.encode()
    name = short_id(editable.id)
    options_given = [*(["--field", field] if field else []), *(["--copy"] if copy else [])]
    again = shown_words(["vault", "edit", name, *options_given, "-"])
    ending = ".json" if field is None else ".txt"
    with edited_bytes(invocation, text, name=name, ending=ending, again=again) as typed:
        # An unchanged record is nothing to make a copy of.
        return repository.edit(
            editable.id,
            typed if field is None else _decoded(typed),
            field=field,
            copy=copy and typed != text,
            dry_run=dry_run,
        )


def _read(given: str, field: str | None) -> bytes | str:
    """Read a record, or a text without its final line feed, from standard input."""
    if given != "-":
        raise InvalidInput(
            f'"{given}" is not `-`, and a record is read from standard input alone',
            code="record-source-unknown",
            hint=f"`vault edit EXAMPLE - < {given}` reads it from a file",
        )
    data = standard_input("the record").read()
    return data if field is None else _decoded(data.removesuffix(b"\n"))


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"the text is not UTF-8: byte {error.start + 1} is part of no character",
            code="not-utf8",
            hint="save it as UTF-8",
        ) from None
