"""Memory that is free, and that allocators keep for later: given back between pieces of work."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import pyarrow as pa


def give_back_memory() -> None:
    """Give what allocators hold and nobody uses back to the system: milliseconds.

    Many arrays of some megabytes, made and dropped by turns and by threads, leave hundreds of
    megabytes behind with glibc. Other C libraries are left alone.
    """
    pa.default_memory_pool().release_unused()
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, TypeError, AttributeError):  # not glibc, or not even such a system
        return None
