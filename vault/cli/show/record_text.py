"""A record as people read it: its messages with their roles, its other fields by name."""

from __future__ import annotations

from collections.abc import Iterator

from vault.cli.show.terminal import display_width, paint, shorten, terminal_width
from vault.cli.show.wrapped_text import Piece, wrap
from vault.presentation.escaping import escape
from vault.presentation.example_parts import parts_of, spoken_parts

_MOST_LINES = 6


def excerpt_lines(record: object) -> Iterator[str]:
    """Yield one line for each message of a record (each field where it has none), the first six.

    What the system says is left out: it is mostly the same everywhere.
    """
    parts = spoken_parts(record)
    messages = [part for part in parts if part.is_message]
    chosen = [part for part in messages if part.label != "system"] or messages or parts
    width = max((display_width(escape(part.label)) for part in chosen[:_MOST_LINES]), default=0)
    width = min(width, 20)
    room = max(20, terminal_width() - width - 6)
    for part in chosen[:_MOST_LINES]:
        label = shorten(part.label, 20)
        padding = " " * (width - display_width(label))
        yield f"    {paint(label, dim=True)}{padding}  {shorten(part.text, room)}"
    if len(chosen) > _MOST_LINES:
        yield f"    … {len(chosen) - _MOST_LINES} more"


def full_lines(record: object) -> Iterator[str]:
    """Yield a whole record, wrapped to the terminal, a blank line between messages."""
    for part in parts_of(record):
        text = escape(part.text, keep="\n\t")
        yield from wrap([Piece(f"{escape(part.label)}: ", "dim"), Piece(text)], indent="  ")
