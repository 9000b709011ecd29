"""Rows of an answer as a table for people, or as comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vault.cli.show.terminal import paint, shorten, table, terminal_width
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.queries.sql import SqlReport

_MOST_ROWS = 1_000
_LEAST_COLUMNS = 8


def row_lines(report: SqlReport) -> Iterator[str]:
    """Yield the rows as an aligned table that fits the terminal, then how many there are."""
    shown = report.rows[:_MOST_ROWS]
    rows = [[_text(value) for value in row] for row in shown]
    widths = _widths(list(report.columns), rows)
    head = [shorten(name, width) for name, width in zip(report.columns, widths, strict=True)]
    cells = [
        [shorten(cell, width) for cell, width in zip(row, widths, strict=True)] for row in rows
    ]
    numbers = {
        at
        for at in range(len(widths))
        if shown and all(isinstance(row[at], int | float | None) for row in shown)
    }
    lines = table([head, *cells], right=numbers)
    yield paint(lines[0], bold=True)
    yield from lines[1:]
    if len(report.rows) > _MOST_ROWS:
        yield f"the first {_MOST_ROWS:,} of {plural(len(report.rows), 'row')} (--csv has all)"
    else:
        yield plural(len(report.rows), "row")


def csv_text(report: SqlReport) -> str:
    """Return the rows as comma-separated values with a header, lines ended by LF."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(report.columns)
    for row in report.rows:
        writer.writerow(["" if value is None else _text(value) for value in row])
    return out.getvalue()


def _widths(names: list[str], rows: list[list[str]]) -> list[int]:
    """Return how wide each column may be: as wide as it is, the widest cut until all fit."""
    longest = [
        max(len(name), *(len(row[at]) for row in rows), 1) if rows else max(len(name), 1)
        for at, name in enumerate(names)
    ]
    room = terminal_width() - 2 * (len(longest) - 1)
    while sum(longest) > room and max(longest) > _LEAST_COLUMNS:
        widest = max(longest)
        at = longest.index(widest)
        others = sorted((each for each in longest if each < widest), reverse=True)
        least = max(_LEAST_COLUMNS, others[0] if others else _LEAST_COLUMNS)
        longest[at] = max(least if least < widest else widest - 1, widest - (sum(longest) - room))
    return longest


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    from vault.objects.json.text import compact_bytes

    return compact_bytes(value).decode()
