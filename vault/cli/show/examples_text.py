"""Examples as text: id, where they came from, labels, and an excerpt of what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from vault.cli.show.record_text import excerpt_lines
from vault.cli.show.terminal import paint, short_id, shorten, terminal_width
from vault.objects.labels.label_name import shown_value
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.dataset.listed import ListedExample
    from vault.operations.labelling.queue import QueueReport
    from vault.operations.queries.grep import FoundExample, GrepReport, Place
    from vault.operations.queries.query import ExamplesReport

_ROLE_COLUMNS = 20


def report_lines(report: ExamplesReport | QueueReport, verbose: bool) -> Iterator[str]:
    """Yield the examples of a report, then how many there are."""
    from vault.objects.json.record import read_record

    for each in report.items:
        yield from head_lines(each, verbose)
        yield from excerpt_lines(read_record(each.data))
        yield ""
    yield _total(report.examples, len(report.items))


def head_lines(example: ListedExample, verbose: bool) -> Iterator[str]:
    """Yield the line that names an example."""
    name = paint(short_id(example.id, verbose), "yellow")
    yield f"{name}  {escape(example.source)}:{example.line}{_labels(example.labels)}"


def found_lines(report: GrepReport, verbose: bool) -> Iterator[str]:
    """Yield the examples in which a text was found, each with where it stands."""
    for each in report.items:
        yield from head_lines(each.example, verbose)
        yield from _places(each)
        yield ""
    yield _total(report.examples, len(report.items))


def _places(found: FoundExample) -> Iterator[str]:
    width = min(_ROLE_COLUMNS, max((len(each.where) for each in found.places), default=0))
    for each in found.places:
        where = shorten(each.where, _ROLE_COLUMNS)
        yield f"    {paint(f'{where:<{width}}', dim=True)}  {_line(each, width)}"


def _line(place: Place, width: int) -> str:
    """Return what was found with the words around it, as far as they fit."""
    room = max(20, terminal_width() - width - 6)
    found = shorten(place.found, room // 2)
    left = (room - len(found)) // 2
    before = _end_of(place.before, left)
    after = shorten(f"x{place.after}", max(1, room - len(found) - len(before)) + 1)[1:]
    return f"{before}{paint(found, 'red', bold=True)}{after}"


def _end_of(text: str, columns: int) -> str:
    """Return the end of a text as one escaped line of about so many columns."""
    kept = text[-columns:] if columns > 0 else ""
    shown = escape(" ".join(f"{kept}x".split()))[:-1]
    if len(text) > len(kept):
        shown = f"…{shown[1:]}"
    return shown[-columns:] if len(shown) > columns else shown


def _labels(labels: Mapping[str, object]) -> str:
    shown = "  ".join(
        f"{escape(name)}={escape(shown_value(value))}"
        for name, value in labels.items()
        if not name.startswith("_")  # vault's own, which say nothing to people
    )
    return f"  {paint(shown, 'cyan')}" if shown else ""


def _total(examples: int, shown: int) -> str:
    if examples == shown:
        return plural(examples, "example")
    return f"{shown:,} of {plural(examples, 'example')}"
