"""Room for large arrays: memory, or beyond a size a temporary file that the system may page out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Scratch:
    """Makes arrays; those of more than `most_bytes` lie in files in `folder` without a name.

    The files go when their arrays do, also if the process is killed.
    """

    def __init__(self, most_bytes: int = 1 << 62, folder: Path | None = None) -> None:
        self._most_bytes = most_bytes
        self._folder = folder

    def array(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return an array of undefined values. Raises OSError if the disk is full."""
        size_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if size_bytes <= self._most_bytes:
            return np.empty(shape, dtype)
        with tempfile.TemporaryFile(dir=self._folder) as file:
            return np.memmap(file, dtype, "w+", shape=shape)


IN_MEMORY = Scratch()
"""Never spills."""
