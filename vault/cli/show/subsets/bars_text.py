"""Bars of counts for a terminal, in eighths of a column; of `#` where it cannot show blocks."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vault.cli.show.terminal import display_width, paint, table, terminal_width

_FULL = "█"
_PARTS = " ▏▎▍▌▋▊▉"
_LEAST_ROOM = 8
_MOST_ROOM = 40


def bar_lines(rows: Sequence[tuple[Sequence[str], float]], *, right: int = 0) -> list[str]:
    """Return a line for each row: its cells, then a bar as long as its value is large.

    Cells are escaped already; the one numbered `right` and those after it are set to the right.
    Bars take what the cells leave of the terminal's width.
    """
    if not rows:
        return []
    columns = set(range(right, max(len(cells) for cells, _ in rows)))
    lines = table([cells for cells, _ in rows], right=columns)
    room = terminal_width() - max(map(display_width, lines)) - 2
    largest = max(value for _, value in rows)
    if room < _LEAST_ROOM or largest <= 0:
        return lines
    width = max(map(display_width, lines))
    return [
        f"{line}{' ' * (width - display_width(line))}  "
        f"{paint(bar(value / largest, min(room, _MOST_ROOM)), 'cyan')}".rstrip()
        for line, (_, value) in zip(lines, rows, strict=True)
    ]


def bar(share: float, width: int) -> str:
    """Return a bar of `share` of the width, which shows anything above 0."""
    if not _shows_blocks():
        return "#" * max(round(share * width), share > 0)
    eighths = max(round(share * width * 8), share > 0)
    whole, part = divmod(int(eighths), 8)
    return _FULL * whole + (_PARTS[part] if part else "")


def _shows_blocks() -> bool:
    try:
        (_FULL + _PARTS).encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
