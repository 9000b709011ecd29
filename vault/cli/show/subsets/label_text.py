"""Labels as text: what was written, and how many examples have each value."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from vault.cli.show.stage_text import stage_line
from vault.cli.show.terminal import paint, shorten, table
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.labelling.label import LabelReport
    from vault.operations.labelling.list_labels import LabelsReport

_VALUE_COLUMNS = 40


def labelled_lines(report: LabelReport) -> Iterator[str]:
    """Yield what was labelled, what people agree on, and how the stage stands."""
    would = "would be " if report.dry_run else ""
    if not report.examples:
        if report.file is not None:
            yield f"{escape(report.file.path)} has no label for an example of the stage"
        else:
            yield f"no example matches; nothing {would or 'was '}labelled"
        return
    if not report.labelled:
        count = plural(report.examples, "example")
        yield f"{count}: nothing to change"
        return
    names = ", ".join(report.names)
    already = f" ({report.unchanged:,} had it already)" if report.unchanged else ""
    verb = f"{would}labelled" if would else "labelled"
    yield f"{verb} {plural(report.labelled, 'example')}: {names}{already}"
    if report.agreed:
        yield f"enough people {'would ' if would else ''}agree on {report.agreed:,} of them now"
    if report.differing:
        yield f"people {'would ' if would else ''}differ on {report.differing:,} of them"
    yield stage_line(report.staged, would=report.dry_run)


def file_warnings(report: LabelReport) -> Iterator[str]:
    """Yield what of a file of labels could not be used."""
    file = report.file
    if file is None:
        return
    if file.unknown:
        records = plural(file.unknown, "record")
        first = shorten(file.first_unknown or "", _VALUE_COLUMNS)
        verb = "names" if file.unknown == 1 else "name"
        yield f'{records} of {escape(file.path)} {verb} no example of the stage, such as "{first}"'
    if file.unread:
        records = plural(file.unread, "record")
        yield f"{records} of {escape(file.path)} could not be read: {file.first_unread}"


def list_lines(report: LabelsReport) -> Iterator[str]:
    """Yield each label with its values and how many examples have them."""
    if not report.labels:
        yield f"{plural(report.examples, 'example')}, none labelled"
        return
    rows = []
    for name, values in groupby(report.labels, key=lambda each: each.name):
        for number, each in enumerate(values):
            shown = str(each.value).lower() if each.type == "yes or no" else str(each.value)
            value = shorten(shown, _VALUE_COLUMNS)
            first = paint(escape(name), bold=True) if not number else ""
            rows.append((first, value, f"{each.count:>9,}", paint(each.type, dim=True)))
    yield from table(rows)
    for name, count in report.older.items():
        yield f"{escape(name)}: {plural(count, 'example')} judged by an older rubric"
    yield f"{plural(report.examples, 'example')} in all"
