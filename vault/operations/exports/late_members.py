"""JSON Lines that `datasets` cannot load: members that come when it has decided on columns."""

from __future__ import annotations

import re

FIRST_BYTES = 8 << 20
"""How much of a file is read before the columns are decided, at the least."""

_NAMES = ("tool_calls", "tools", "reasoning_content", "weight", "name", "function_call")


class LateMembers:
    """Watches JSON Lines as they are written, for members that come after the first 8 MB only.

    Knows those that make chats unlike one another: calls of tools, weights, reasoning. `found` is
    the first of them. Costs a millisecond a megabyte, and 8 MB of memory.
    """

    def __init__(self) -> None:
        self.found: str | None = None
        self._first = bytearray()
        self._late: re.Pattern[bytes] | None = None
        self._is_done = False

    def look(self, lines: memoryview) -> None:
        """Look at the next lines, which are whole."""
        if self._is_done:
            return
        room = FIRST_BYTES - len(self._first)
        self._first += lines[:room]
        if len(lines) <= room:
            return
        if self._late is None:
            self._late = _not_in(self._first)
        found = None if self._late is None else self._late.search(lines[room:])
        if found is not None:
            self.found = bytes(found[1]).decode()
        self._is_done = self._late is None or found is not None


def _not_in(first: bytearray) -> re.Pattern[bytes] | None:
    """Return a pattern of the members that the beginning of a file lacks, None if it has all."""
    # A quote inside a string comes after a backslash, so these are members.
    missing = [each.encode() for each in _NAMES if first.find(f'"{each}":'.encode()) < 0]
    return re.compile(b'"(' + b"|".join(missing) + b')":') if missing else None
