"""Counting imported records whose conversation is there already, with other metadata.

The content ids of an import wait in a temporary file: at ten million they would be 80 MB beside the
ids, and they are only counted once everything is read.
"""

from __future__ import annotations

import tempfile
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

File = TypeVar("File")

_PARTS = 16


class NewContent(Generic[File]):
    """Content ids of the records that an import stores, in the order in which they came."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is counted
        self._parts: list[tuple[File, int]] = []

    def add(self, file: File, content: NDArray[np.uint64]) -> None:
        """Append the content ids of some records of a file."""
        self._file.write(content.tobytes())
        self._parts.append((file, len(content)))

    def count_repeated(self, before: NDArray[np.uint64]) -> list[tuple[File, int]]:
        """Return how many ids occur in `before` (sorted), or earlier, by file and part.

        Memory is 8 bytes an id, and a little for the part that is sorted.
        """
        self._file.seek(0)
        own = np.frombuffer(self._file.read(), np.uint64)
        self._file.close()
        seen = _repeated(own, before)
        counts = []
        start = 0
        for file, length in self._parts:
            counts.append((file, int(seen[start : start + length].sum())))
            start += length
        return counts


def _repeated(own: NDArray[np.uint64], before: NDArray[np.uint64]) -> NDArray[np.bool_]:
    seen = np.zeros(len(own), np.bool_)
    part_of = (own >> np.uint64(60)).astype(np.uint8)
    for part in range(_PARTS):
        places = np.flatnonzero(part_of == part)
        values = own[places]
        order = np.argsort(values, kind="stable")
        ordered = values[order]
        again = np.zeros(len(places), np.bool_)
        again[order[1:]] = ordered[1:] == ordered[:-1]
        if len(before):
            at = np.minimum(np.searchsorted(before, values), len(before) - 1)
            again |= before[at] == values
        seen[places] = again
    return seen
