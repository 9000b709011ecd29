"""JSON Lines that `datasets` cannot load: members that come when it has decided on columns."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

FIRST_BYTES = 8 << 20
"""How much of a file is read before the columns are decided, at the least."""

_NAMES = ("tool_calls", "tools", "reasoning_content", "weight", "name", "function_call")


class LateMembers:
    """Watches JSON Lines as they are written, for members that come after the first 8 MB only.

    Knows those that make chats unlike one another: calls of tools, weights, reasoning. `found` is
    the first of them. Costs half a millisecond a megabyte, and 8 MB of memory.
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
        rest = lines[room:]
        if self._late is not None and _holds(rest, self._late):
            found = self._late.search(rest)
            self.found = None if found is None else bytes(found[1]).decode()
        self._is_done = self._late is None or self.found is not None


def _holds(lines: memoryview, pattern: re.Pattern[bytes]) -> bool:
    # Arrow's search takes half the time of Python's, and other threads run meanwhile.
    ends = pa.py_buffer(np.array([0, lines.nbytes], np.int64))
    text = pa.LargeBinaryArray.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(lines)])
    return bool(pc.match_substring_regex(text, pattern.pattern.decode())[0].as_py())


def _not_in(first: bytearray) -> re.Pattern[bytes] | None:
    """Return a pattern of the members that the beginning of a file lacks, None if it has all."""
    # A quote inside a string comes after a backslash, so these are members.
    missing = [each.encode() for each in _NAMES if first.find(f'"{each}":'.encode()) < 0]
    return re.compile(b'"(' + b"|".join(missing) + b')":') if missing else None
