"""Shaping text for a terminal: escaping, widths, tables, counts, sizes, colour.

Pure apart from asking the terminal for its width and whether it takes colour. Knows no report.
"""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

SHORT_ID_LENGTH = 12
"""Characters of an id that people see; `-v` and JSON show it whole."""

# C0, DEL and C1 act on a terminal; the others change or hide what a person reads: marks and
# overrides of direction, zero width, soft hyphen, line separators, invisible operators and tags,
# and halves of surrogate pairs, which no output encoding can carry.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
    # Joiners belong to the spelling of Persian, Hindi and emoji; beside ASCII they only hide.
    "|(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
)
_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_SPACE = re.compile(r"\s+")


def escape(text: str, *, keep: str = "") -> str:
    r"""Return text from data with everything that could act on a terminal or hide made visible.

    Control characters become `\x1b`, others `\u202e` or `\U000e0041`. Characters in `keep`
    (usually newline and tab) stay. A backslash stays as it is, so this cannot be reversed.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(lambda match: match[0] if match[0] in keep else _shown(match[0]), text)


def escape_styled(line: str) -> str:
    """Return `escape(line)` but with colours, newlines and tabs kept: a net below all output."""
    if "\x1b" not in line:
        return escape(line, keep="\n\t")
    pieces = _STYLE.split(line)
    styles = [*_STYLE.findall(line), ""]
    return "".join(
        escape(piece, keep="\n\t") + style for piece, style in zip(pieces, styles, strict=True)
    )


def escape_json(document: str) -> str:
    r"""Return the same JSON with the characters that `escape` finds written as `\uXXXX`."""
    if document.isascii() and "\x7f" not in document:
        return document
    return _UNSAFE.sub(lambda match: _json_escape(match[0]), document)


def short_id(identifier: str, verbose: bool = False) -> str:
    """Return the first 12 characters of an id, or all of it for `-v`."""
    return identifier if verbose else identifier[:SHORT_ID_LENGTH]


def plural(count: int, word: str, many: str | None = None) -> str:
    """Return `1 example`, `3 examples`, `12,000 entries`; `many` is for words without a rule."""
    if count == 1:
        return f"1 {word}"
    if many is None:
        if word.endswith(("s", "x", "z", "ch", "sh")):
            many = word + "es"
        elif word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
            many = word[:-1] + "ies"
        else:
            many = word + "s"
    return f"{count:,} {many}"


def size_text(size_bytes: int) -> str:
    """Return a size as people read it, in powers of 1,000: `812 bytes`, `4.1 kB`, `12 MB`."""
    if abs(size_bytes) < 1000:
        return plural(size_bytes, "byte")
    size = float(size_bytes)
    for unit in ("kB", "MB", "GB", "TB"):
        size /= 1000
        if abs(size) < 999.5 or unit == "TB":
            break
    return f"{size:.1f} {unit}" if abs(size) < 9.95 else f"{size:,.0f} {unit}"


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


def _shown(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _json_escape(character: str) -> str:
    code = ord(character)
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


@lru_cache(maxsize=4096)
def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
