"""What an import did, file by file, in words."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from vault.cli.show.count_text import count_changes
from vault.cli.show.stage_text import NOT_COMPARED
from vault.cli.show.terminal import paint
from vault.cli.show.wrapped_text import Piece, wrap
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.imports.import_report import ImportedFile, ImportReport

_MOST_ELSEWHERE = 3
_MOST_LEFT_OUT = 5


def import_lines(report: ImportReport) -> Iterator[str]:
    """Yield what became of each file's records, or would, then how the stage stands."""
    would = "would be " if report.dry_run else ""
    for file in report.files:
        yield from _file(file, would)
    if len(report.files) > 1:
        files = plural(len(report.files), "file")
        yield f"{files}: read {report.read:,}, {would}imported {report.imported:,}"
    for each in report.left_out[:_MOST_LEFT_OUT]:
        yield paint(f"not read: {escape(each.path)}: {escape(each.why)}", "yellow")
    if len(report.left_out) > _MOST_LEFT_OUT:
        yield f"and {len(report.left_out) - _MOST_LEFT_OUT:,} more that were not read"
    if report.taken_out:
        yield _line(report.taken_out, f"{would}taken out of the stage")
    if report.staged is not None:
        changes = count_changes(report.staged) or "no difference to the last commit"
        yield f"{would}staged: {changes} ({plural(report.staged.examples, 'example')} in all)"
        if not report.staged.compared_texts:
            yield NOT_COMPARED
    if report.dry_run:
        yield "a dry run: nothing was stored or staged"


def next_steps(report: ImportReport, *, keeps_reading: bool) -> Iterator[str]:
    """Yield what to do after an import.

    `keeps_reading` tells that --map or --format was given, but nothing is replaced.
    """
    if report.dry_run:
        yield "leave out --dry-run to import"
        return
    if report.quarantined:
        yield "`vault quarantine list` tells what is wrong"
    for file in report.files:
        if file.way_on is not None:
            yield f"{escape(file.path)}: {file.explained}; {escape(file.way_on)}"
    choices = next((file.choices for file in report.files if file.choices), ())
    origin = next((file.origin for file in report.files if file.origin), None)
    if origin is not None:
        yield f"raw records here are {origin}, and vault does not know who speaks in them"
        if choices:
            yield f"to read them: --replace {_as_options(choices[0])}"
    elif choices:
        yield f"{_either(choices)} may be prompt and answer; to read them so:"
        yield f"--replace {_as_options(choices[0])}"
    elif any(file.format == "raw" and file.imported for file in report.files):
        yield "nothing says who speaks in raw records; to say so, import them again with"
        yield "--replace --map user=FIELD --map assistant=FIELD"
    yield from _leaks(report.files)
    if report.reordered:
        yield "a record is known by what it holds, and stays in the order that was read first;"
        yield "write arguments as JSON text to tell records apart by their order"
    if keeps_reading and report.duplicates:
        yield "what was there stays as it was first read; --replace reads it anew"
    for file in report.files:
        if file.may_be_edited:
            yield (
                f"{escape(file.path)} was read before, and {file.duplicates:,} of its records are "
                f"there; if the other {file.imported:,} are edited: `vault undo`, then --replace"
            )
    if any(file.unmatched for file in report.files):
        yield "records without a known key are added; `vault export --with id` writes keys anew"
    if report.returned:
        yield "--readmit lets in what was removed before"
    if report.staged is not None and count_changes(report.staged):
        yield '`vault diff` shows the changes, `vault commit -m "..."` records them'
    else:
        yield "`vault status` shows where things stand"


def _leaks(files: Sequence[ImportedFile]) -> Iterator[str]:
    """Yield which files of one side of a split hold records of another side."""
    sides = {file.source: file.side for file in files}
    for file in files:
        for source, count in file.elsewhere.items():
            other = sides.get(source)
            if file.side and other and file.side != other:
                held = f"{plural(count, 'record')} of {escape(source)}"
                yield f"{escape(file.source)} ({file.side}) holds {held} ({other}): that is a leak"


def _either(choices: Sequence[Mapping[str, str]]) -> str:
    named = [f"{each['user']} and {each['assistant']}" for each in choices[:3]]
    return escape(", or ".join(named))


def _as_options(mapping: Mapping[str, str]) -> str:
    given = (shlex.quote(f"{role}={name}") for role, name in mapping.items())
    return " ".join(f"--map {each}" for each in given)


def _file(file: ImportedFile, would: str) -> Iterator[str]:
    name = escape("standard input" if file.path == "-" else file.path)
    kind = f" as {file.format}" if file.format else ""
    yield from wrap([Piece(f"{name}: read {plural(file.read, 'record')}{kind}")], indent="")
    yield _line(file.imported, f"{would}imported")
    if file.same_content:
        yield _line(file.same_content, "of these are a known conversation with other metadata", 2)
    if file.labelled:
        yield _line(file.labelled, f"of these {would}labelled", 2)
    if file.duplicates:
        kept = "would not be" if would else "not"
        yield _line(file.duplicates, f"already there, {kept} stored again")
        yield from _elsewhere(file)
    if file.unlabelled:
        verb = "would keep" if would else "keep"
        yield _line(file.unlabelled, f"of these come with labels, and {verb} those they have", 2)
    if file.reordered:
        other = "of these have their keys in another order, in arguments or schemas of tools"
        yield paint(_line(file.reordered, other, 2), "yellow")
    if file.unmatched:
        verb = "would take" if would else "took"
        yield paint(_line(file.unmatched, f"of all {verb} the place of no example"), "yellow")
    if file.merged:
        verb = "would stay" if would else "stays"
        same = f"edited to equal another example: what they were {verb}"
        yield paint(_line(file.merged, same), "yellow")
    if file.returned:
        yield _line(file.returned, f"{'would ' if would else ''}stay out: they were removed before")
    if file.quarantined:
        kept = "would be kept" if would else "kept"
        yield paint(_line(file.quarantined, f"could not be read, {kept} in quarantine"), "yellow")
        if file.first_reason:
            yield from wrap([Piece(f"first: {escape(file.first_reason)}")], indent=" " * 9)


def _elsewhere(file: ImportedFile) -> Iterator[str]:
    """Yield a line for each other source that holds duplicates of a file."""
    for source, count in list(file.elsewhere.items())[:_MOST_ELSEWHERE]:
        yield paint(_line(count, f"of these from {escape(source)}", 2), "yellow")
    rest = list(file.elsewhere.values())[_MOST_ELSEWHERE:]
    if rest:
        yield _line(sum(rest), f"of these from {plural(len(rest), 'other source')}", 2)


def _line(count: int, what: str, deeper: int = 0) -> str:
    return f"{count:>{8 + deeper},} {what}"
