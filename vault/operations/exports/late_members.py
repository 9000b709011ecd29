"""JSON Lines that `datasets` cannot load: members that come when it has decided on columns."""

from __future__ import annotations

import mmap
import os
import re

FIRST_BYTES = 8 << 20
"""How much of a file is read before the columns are decided, at the least."""

_NAMES = ("tool_calls", "tools", "reasoning_content", "weight", "name", "function_call")


def late_member(path: str) -> str | None:
    """Return a member of messages or records that a file has only after its first 8 MB, or None.

    Knows those that make chats unlike one another: calls of tools, weights, reasoning. Costs a
    millisecond a megabyte. Raises OSError.
    """
    if os.path.getsize(path) <= FIRST_BYTES:
        return None
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        # A quote inside a string comes after a backslash, so these are members.
        missing = [name for name in _NAMES if text.find(_member(name), 0, FIRST_BYTES) < 0]
        if not missing:
            return None
        pattern = re.compile(b'"(' + b"|".join(name.encode() for name in missing) + b')":')
        with memoryview(text) as whole, whole[FIRST_BYTES:] as rest:
            found = pattern.search(rest)
            name = None if found is None else bytes(found[1]).decode()
            del found
        return name


def _member(name: str) -> bytes:
    return f'"{name}":'.encode()
