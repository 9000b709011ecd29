"""Changes between two versions as text: word by word, as excerpts, as counts, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.show.count_text import count_changes
from vault.cli.show.record_text import excerpt_lines
from vault.cli.show.stage_text import NOT_COMPARED
from vault.cli.show.terminal import paint, short_id, shorten, table, terminal_width
from vault.cli.show.validation_text import validation_change_lines
from vault.cli.show.wrapped_text import Piece, wrap
from vault.objects.labels.label_name import shown_value
from vault.presentation.escaping import escape
from vault.presentation.example_parts import differing_parts
from vault.presentation.quantities import plural
from vault.presentation.word_diff import changes

if TYPE_CHECKING:
    from vault.operations.queries.diff import ChangedExample, DiffReport

_CONTEXT = 60
_MOST_ROWS = 20
_LEAST_VALUE = 12
_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "cyan")}
_RELABELLED = ("=", "magenta")


def item_lines(item: ChangedExample, verbose: bool = False) -> Iterator[str]:
    """Yield one change: what differs word by word, or an excerpt of what came or went."""
    sign, colour = _SIGNS.get(item.change, _RELABELLED)
    what = "" if item.what is None else f" ({item.what.value})"
    place = f"{escape(item.source)}:{item.line}"
    yield paint(f"{sign} {item.change}{what} {short_id(item.id, verbose)}", colour) + f"  {place}"
    if item.change == "changed" and item.old_data is not None:
        yield from difference_lines(_read(item.old_data), _read(item.data))
    elif item.change != "relabelled":
        yield from excerpt_lines(_read(item.data))
    yield from _labels(item)
    yield ""


def count_lines(report: DiffReport) -> Iterator[str]:
    """Yield the counts of a comparison."""
    changed = count_changes(report) or "no difference"
    yield f"{changed}; {plural(report.unchanged, 'example')} unchanged"
    if not report.compared_texts:
        yield NOT_COMPARED
    if report.validation is not None:
        yield from validation_change_lines(report.validation)


def by_lines(report: DiffReport, by: str) -> Iterator[str]:
    """Yield a table of counts per value of a field, then why examples were removed."""
    counted = report.by
    names = [
        name
        for name in ("added", "removed", "changed", "relabelled")
        if any(getattr(counts, name) for counts in counted.values())
    ]
    room = max(_LEAST_VALUE, terminal_width() - sum(2 + max(len(name), 9) for name in names))
    rows = [[shorten(by, room), *names]]
    for value, counts in list(counted.items())[:_MOST_ROWS]:
        rows.append([shorten(value, room), *(f"{getattr(counts, name):,}" for name in names)])
    if counted:
        yield from table(rows, right=range(1, len(names) + 1))
        if len(counted) > _MOST_ROWS:
            yield f"… and {len(counted) - _MOST_ROWS:,} more (--json has all)"
        yield ""
    for reason, count in report.reasons.items():
        yield f"removed because {escape(reason)}: {count:,}"


def difference_lines(old_record: object, new_record: object) -> Iterator[str]:
    """Yield the parts in which two records differ, word by word, with some words around."""
    for each in differing_parts(old_record, new_record):
        yield from _part(each.label, each.old, each.new)


def _part(label: str, old: str, new: str) -> Iterator[str]:
    pieces: list[Piece] = [Piece(f"{escape(label)}: ", "dim")]
    found = changes(old, new)
    for position, (kept, removed, added) in enumerate(found):
        if kept:
            pieces.append(Piece(_near(kept, position > 0, position < len(found) - 1)))
        if removed:
            pieces.append(Piece(f"[-{escape(removed, keep=_KEPT)}-]", "red"))
        if added:
            pieces.append(Piece(f"{{+{escape(added, keep=_KEPT)}+}}", "green"))
    yield from wrap(pieces, indent="    ")


_KEPT = "\n\t"


def _near(kept: str, has_before: bool, has_after: bool) -> str:
    """Return the part of an unchanged text that stands next to a change."""
    if len(kept) <= 2 * _CONTEXT:
        return escape(kept, keep=_KEPT)
    shown = "…"
    if has_before:
        start = kept[:_CONTEXT].rpartition(" ")[0] or kept[:_CONTEXT]
        shown = f"{escape(start, keep=_KEPT)} {shown}"
    if has_after:
        end = kept[-_CONTEXT:].partition(" ")[2] or kept[-_CONTEXT:]
        shown = f"{shown} {escape(end, keep=_KEPT)}"
    return shown


def _labels(item: ChangedExample) -> Iterator[str]:
    old = item.old_labels
    if old is None or dict(old) == dict(item.labels):
        return
    for name in sorted({*old, *item.labels}):
        before, after = old.get(name), item.labels.get(name)
        if before != after:
            yield from _part(f"label {name}", _label(before), _label(after))


def _label(value: object) -> str:
    return "" if value is None else shown_value(value)


def _read(data: bytes) -> object:
    from vault.objects.json.record import read_record

    return read_record(data)
