"""The report of `edit` as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.show.diff_text import difference_lines
from vault.cli.show.finding_text import record_lines
from vault.cli.show.stage_text import stage_line
from vault.cli.show.terminal import paint, short_id
from vault.cli.show.wrapped_text import Piece, hanging
from vault.objects.json.record import read_record
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.editing.edit_example import EditReport


def edit_lines(report: EditReport, verbose: bool) -> Iterator[str]:
    """Yield the word diff, the labels that were kept and lost, and the findings of the rules."""
    if report.is_unchanged:
        yield "the record is the same: nothing was changed"
        if report.reordered:
            yield from hanging([Piece(_REORDERED)], deeper="  ")
        return
    yield paint(_head(report, verbose), "green" if report.copied else "cyan") + _place(report)
    yield from difference_lines(read_record(report.old_data), read_record(report.data))
    yield from _labels(report)
    yield from record_lines(report.findings)
    yield stage_line(report.staged, would=report.dry_run)
    if report.dry_run:
        yield "a dry run: nothing was stored or staged"


_REORDERED = "it differs in the order of keys alone, and no id tells such records apart"


def _head(report: EditReport, verbose: bool) -> str:
    old, new = short_id(report.old_id, verbose), short_id(report.id, verbose)
    would = "would be " if report.dry_run else ""
    if report.copied:
        return f"+ {would}added {new}, from {old}"
    return f"~ {would}edited ({report.what}) {old} into {new}"


def _place(report: EditReport) -> str:
    return f"  {escape(report.source)}:{report.line}"


def _labels(report: EditReport) -> Iterator[str]:
    would = "would be " if report.dry_run else ""
    for names, verb in ((report.labels_kept, "kept"), (report.labels_left, "left behind")):
        if names:
            listed = ", ".join(map(escape, names))
            counted = plural(len(names), "label")
            yield from hanging([Piece(f"{counted} {would}{verb}: {listed}")], deeper="  ")
