"""How values look in a notebook: HTML made of their fields. Everything shown is text.

What comes from data is escaped, cut where it is long, and isolated from the direction of the text
around it; there are no scripts, links or styles from elsewhere. Knows no report: a class of frozen
values says `Displayed` and is shown by its fields.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_MOST_ROWS = 20
_MOST_ROWS_INSIDE = 5
_MOST_CHARACTERS = 300
_MOST_DEPTH = 3
_DIGEST_CHARACTERS = 64
_SHORT_ID = 12
_JOINERS = "\u200c\u200d"
"""Zero-width joiners: part of the spelling of Persian, Hindi and emoji."""


class Displayed:
    """A frozen value that a notebook shows as a table of its fields."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return table_of(type(self).__name__.removesuffix("Report"), shown_fields(self))


def shown_fields(value: Any) -> dict[str, Any]:
    """Return the public fields of a dataclass by name, in order."""
    return {
        field.name.rstrip("_"): getattr(value, field.name)
        for field in dataclasses.fields(value)
        if not field.name.startswith("_")
    }


def table_of(caption: str, rows: Mapping[str, Any]) -> str:
    """Return a table with one row for each name and its value."""
    lines = [
        f"<tr><th>{text_of(name)}</th><td>{_cell(each, 1)}</td></tr>" for name, each in rows.items()
    ]
    return f"<table><caption>{text_of(caption)}</caption>{''.join(lines)}</table>"


def grid_of(caption: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], total: int) -> str:
    """Return a table with a heading for each column, and how many of `total` rows are not in it."""
    shown = list(rows)
    body = "".join(
        f"<tr>{''.join(f'<td>{_cell(each, 1)}</td>' for each in row)}</tr>" for row in shown
    )
    head = "".join(f"<th>{text_of(name)}</th>" for name in columns)
    more = _more(total - len(shown), len(columns))
    caption_text = f"<caption>{text_of(caption)}</caption>" if caption else ""
    return f"<table>{caption_text}<tr>{head}</tr>{body}{more}</table>"


def text_of(value: str) -> str:
    """Return text from data as HTML: escaped, cut, and with what acts or hides made visible."""
    # Imported on use: reports that nobody shows in a notebook need none of it.
    import html

    cut = value[:_MOST_CHARACTERS]
    visible = cut if cut.isascii() and cut.isprintable() else "".join(map(_visible, cut))
    ending = "…" if len(value) > len(cut) else ""
    return f"<bdi>{html.escape(visible)}{ending}</bdi>"


def _visible(character: str) -> str:
    if character in "\n\t" or character in _JOINERS:
        return character
    import unicodedata

    # Controls, invisible formatting (directions, zero widths, tags), half surrogates, separators.
    if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return character
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _cell(value: Any, depth: int) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, str):
        return _text_cell(value)
    if depth > _MOST_DEPTH:
        return "…"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _pairs(shown_fields(value), depth)
    if isinstance(value, Mapping):
        return _pairs(value, depth)
    if isinstance(value, list | tuple):
        return _list_cell(value, depth)
    return _text_cell(str(value))


def _text_cell(value: str) -> str:
    is_digest = len(value) == _DIGEST_CHARACTERS and not set(value) - set("0123456789abcdef")
    if is_digest:
        return f'<code title="{value}">{value[:_SHORT_ID]}</code>'
    return f'<span style="white-space:pre-wrap">{text_of(value)}</span>'


def _pairs(values: Mapping[Any, Any], depth: int) -> str:
    if not values:
        return "–"
    rows = [
        f"<tr><th>{text_of(str(name))}</th><td>{_cell(each, depth + 1)}</td></tr>"
        for name, each in list(values.items())[: _rows_at(depth)]
    ]
    return f"<table>{''.join(rows)}{_more(len(values) - len(rows), 2)}</table>"


def _list_cell(values: Sequence[Any], depth: int) -> str:
    if not values:
        return "–"
    shown = values[: _rows_at(depth)]
    first = shown[0]
    is_table = dataclasses.is_dataclass(first) and all(type(each) is type(first) for each in shown)
    if not is_table:
        rows = [f"<tr><td>{_cell(each, depth + 1)}</td></tr>" for each in shown]
        return f"<table>{''.join(rows)}{_more(len(values) - len(shown), 1)}</table>"
    fields = [shown_fields(each) for each in shown]
    # A column in which nothing stands only takes room.
    names = [
        name for name in fields[0] if any(each[name] not in (None, (), {}, "") for each in fields)
    ]
    head = "".join(f"<th>{text_of(name)}</th>" for name in names)
    body = "".join(
        f"<tr>{''.join(f'<td>{_cell(each[name], depth + 1)}</td>' for name in names)}</tr>"
        for each in fields
    )
    return f"<table><tr>{head}</tr>{body}{_more(len(values) - len(shown), len(names))}</table>"


def _rows_at(depth: int) -> int:
    # Tables within tables multiply.
    return _MOST_ROWS if depth == 1 else _MOST_ROWS_INSIDE


def _more(count: int, columns: int) -> str:
    if count <= 0:
        return ""
    return f'<tr><td colspan="{columns}">… and {count:,} more</td></tr>'
