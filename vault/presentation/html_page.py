"""A page of figures that opens anywhere: one document, its styles and pictures within.

No script, and nothing from elsewhere. Text from data stands in elements of HTML, escaped; pictures
are SVG and hold bars alone. Knows no report: a page is made of sections, those of tables and bars.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vault.presentation.report_html import text_of

_STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --faint: #6a7077;
  --line: #dfe2e6; --first: #2f6fb5; --second: #c2691c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e6e9; --paper: #17191c; --faint: #9aa1a9;
  --line: #363a40; --first: #6aa5e6; --second: #e69a55; } }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .3rem 0; color: var(--faint); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .15rem .8rem .15rem 0; text-align: left; border-bottom: 1px solid var(--line);
  vertical-align: middle; overflow-wrap: anywhere; }
th { font-weight: 600; } th[scope=row] { min-width: 7.5rem; }
.number, .text { text-align: right; } .text { min-width: 10rem; }
.number { font-variant-numeric: tabular-nums; } td.number { white-space: nowrap; }
th.number { overflow-wrap: normal; vertical-align: bottom; }
svg { display: block; width: min(20rem, 30vw); }
.first { fill: var(--first); } .second { fill: var(--second); }
span.first, span.second { display: inline-block; width: .8em; height: .8em; margin-right: .4em; }
span.first { background: var(--first); } span.second { background: var(--second); }
@media (max-width: 30rem) { th, td { padding-right: .5rem; } th[scope=row] { min-width: 5.5rem; }
  svg { width: 4.5rem; } }
"""
_WIDTH = 320
_THICK = 12
_MOST_OF_CELL = 80
_MOST_OF_NUMBER = 24


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its heads, then rows of text; all columns but the first hold numbers."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Bars:
    """Rows of text, and for each a bar for every series: its share of all, from 0 to 1."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    shares: Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it; `notes` are sentences."""

    title: str
    parts: Sequence[Grid | Bars] = ()
    notes: Sequence[str] = ()


def page(title: str, sections: Iterable[Section], series: Sequence[str] = ()) -> str:
    """Return a whole document. `series` names the bars where there is more than one of each."""
    name = html.escape(title)
    body = "".join(map(_section, sections))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{text_of(title)}</h1>{_legend(series)}{body}</body></html>\n"
    )


def _legend(series: Sequence[str]) -> str:
    if len(series) < 2:
        return ""
    shown = (f'<span class="{_class(at)}"></span>{text_of(name)}' for at, name in enumerate(series))
    return f"<p>{' &nbsp; '.join(shown)}</p>"


def _section(section: Section) -> str:
    parts = "".join(
        _bars(each) if isinstance(each, Bars) else _table(each.heads, map(_cells, each.rows))
        for each in section.parts
    )
    notes = "".join(f"<p>{text_of(each)}</p>" for each in section.notes)
    return f"<section><h2>{text_of(section.title)}</h2>{parts}{notes}</section>"


def _bars(bars: Bars) -> str:
    largest = max((share for each in bars.shares for share in each), default=0.0) or 1.0
    rows = (
        f"{_cells(row)}<td>{_picture([share / largest for share in shares])}</td>"
        for row, shares in zip(bars.rows, bars.shares, strict=True)
    )
    return _table([*bars.heads, ""], rows)


def _table(heads: Sequence[str], rows: Iterable[str]) -> str:
    head = "".join(
        f'<th{_number_class(at)} scope="col">{text_of(each) if each else ""}</th>'
        for at, each in enumerate(heads)
    )
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    # A table that is wider than the screen is moved within its own box, not the page with it.
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide">{table}</div>'


def _cells(row: Sequence[str]) -> str:
    first = "".join(f'<th scope="row">{_cell(each)}</th>' for each in row[:1])
    return first + "".join(
        f'<td class="{_cell_class(each)}">{_cell(each)}</td>' for each in row[1:]
    )


def _cell(text: str) -> str:
    return text_of(text if len(text) <= _MOST_OF_CELL else text[:_MOST_OF_CELL] + "…")


def _cell_class(text: str) -> str:
    # A value that is as long as a sentence stands among numbers, and has to break.
    return "number" if len(text) <= _MOST_OF_NUMBER else "text"


def _number_class(column: int) -> str:
    return ' class="number"' if column else ""


def _picture(shares: Sequence[float]) -> str:
    height = _THICK * len(shares)
    bars = "".join(
        f'<rect class="{_class(at)}" x="0" y="{at * _THICK + 1}" height="{_THICK - 2}" '
        f'width="{max(share * _WIDTH, 1.0 if share else 0.0):.1f}"/>'
        for at, share in enumerate(shares)
    )
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    size += ' preserveAspectRatio="none"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} aria-hidden="true">{bars}</svg>'


def _class(series: int) -> str:
    return ("first", "second")[series % 2]
