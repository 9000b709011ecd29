"""Markdown from data: nothing in the data may act as Markdown, HTML, a mention or a link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from vault.presentation.escaping import escape

_ACTING = re.compile(r"([\\`*_{}\[\]<>()#+!|~&$])")
_TICKS = re.compile("`+")


def inline(text: str) -> str:
    """Return text on one line, without a meaning in Markdown."""
    return _ACTING.sub(r"\\\1", escape(" ".join(text.split())))


def code(text: str, most: int | None = None) -> str:
    """Return text on one line as code, where mentions and links do nothing.

    Of a text that shows as more than `most` characters only the first are there.
    """
    shown = escape(" ".join(text.split()))
    if most is not None and len(shown) > most:
        shown = shown[:most] + "…"
    ticks = _fence(shown, 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def block(lines: Iterable[str], language: str = "") -> Iterator[str]:
    """Yield lines as a block of code that nothing in them can end."""
    text = "\n".join(escape(each, keep="\n\t") for each in lines)
    fence = _fence(text, 3)
    yield f"{fence}{language}"
    yield text
    yield fence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table of cells that are Markdown already; all but the first column to the right."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(['---', *['---:'] * (len(head) - 1)])}|"
    for row in rows:
        # A table ends a cell at every other bar, also at one in code.
        yield f"| {' | '.join(each.replace('|', chr(92) + '|') for each in row)} |"


def folded(summary: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield lines that are shown on a click on their summary, which is Markdown already."""
    yield "<details>"
    yield f"<summary>{summary}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"


def _fence(text: str, least: int) -> str:
    longest = max((len(each) for each in _TICKS.findall(text)), default=0)
    return "`" * max(least, longest + 1)
