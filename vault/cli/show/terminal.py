"""Shaping text for a terminal: widths, tables, short ids, colour.

Pure apart from asking the terminal for its width and whether it takes colour. Knows no report.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from vault.presentation.escaping import escape

SHORT_ID_LENGTH = 12
"""Characters of an id that people see; `-v` and JSON show it whole."""

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_SPACE = re.compile(r"\s+")


def escape_styled(line: str) -> str:
    """Return `escape(line)` but with colours, newlines and tabs kept: a net below all output."""
    if "\x1b" not in line:
        return escape(line, keep="\n\t")
    pieces = _STYLE.split(line)
    styles = [*_STYLE.findall(line), ""]
    return "".join(
        escape(piece, keep="\n\t") + style for piece, style in zip(pieces, styles, strict=True)
    )


def short_id(identifier: str, verbose: bool = False) -> str:
    """Return the first 12 characters of an id, or all of it for `-v`."""
    return identifier if verbose else identifier[:SHORT_ID_LENGTH]


def display_width(text: str) -> int:
    """Return how many columns a terminal gives to a text without newlines; styles take none."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    return sum(map(_columns, _STYLE.sub("", text)))


def shorten(text: str, width: int | None = None) -> str:
    """Return data as one escaped line of at most `width` columns, ending in `…` when cut.

    Runs of white space become one space. The terminal's width is taken unless given. Costs no more
    for a long text than for one of a few hundred characters.
    """
    width = terminal_width() if width is None else max(1, width)
    beginning = text[: 4 * width + 64]
    line = escape(_SPACE.sub(" ", beginning).strip())
    if len(beginning) == len(text) and display_width(line) <= width:
        return line
    taken = 0
    for position, character in enumerate(line):
        taken += _columns(character)
        if taken > width - 1:
            return line[:position].rstrip() + "…"
    return line + "…"


def broken_at_words(note: str) -> str:
    """Return an error, hint or warning as lines that fit the terminal, all but the first set in.

    A terminal would break them in the middle of words, and of commands to be typed.
    """
    if len(note) <= terminal_width():
        return note
    from textwrap import fill

    return fill(
        note,
        terminal_width(),
        subsequent_indent=" " * len("hint:  "),
        break_long_words=False,
        break_on_hyphens=False,
    )


def terminal_width() -> int:
    """Return the columns of the terminal, 80 where there is none."""
    # As `shutil.get_terminal_size` does, which takes long to import for what it is.
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return 80


def table(
    rows: Iterable[Sequence[str]], *, right: Collection[int] = (), gap: str = "  "
) -> list[str]:
    """Return one line per row with the columns aligned; those numbered in `right` to the right.

    Cells must be escaped already; their styles take no room. Rows may differ in length.
    """
    kept = [list(row) for row in rows]
    widths: list[int] = []
    for row in kept:
        widths.extend([0] * (len(row) - len(widths)))
        for column, cell in enumerate(row):
            widths[column] = max(widths[column], display_width(cell))
    lines = []
    for row in kept:
        cells = []
        for column, cell in enumerate(row):
            room = " " * (widths[column] - display_width(cell))
            cells.append(room + cell if column in right else cell + room)
        lines.append(gap.join(cells).rstrip())
    return lines


def colour_wanted() -> bool:
    """Tell whether standard output is a terminal that takes colour and nobody said `NO_COLOR`."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty()


def paint(text: str, colour: str | None = None, *, bold: bool = False, dim: bool = False) -> str:
    """Return the text in one of click's colours where that is wanted, else the text itself."""
    if not text or not colour_wanted():
        return text
    from click import style

    return style(text, fg=colour, bold=bold or None, dim=dim or None)


@lru_cache(maxsize=4096)
def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
