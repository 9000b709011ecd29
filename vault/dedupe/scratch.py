"""Room for large arrays and texts: memory, or beyond a size a file that the system may page out."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import DTypeLike, NDArray

from vault.dedupe.texts import Texts
from vault.errors import StorageFailed

_TEXT = pa.schema([pa.field("text", pa.large_string())])


class Scratch:
    """Makes room; what takes more than `most_bytes` lies in a file in `folder` without a name.

    The files go when their arrays do, also if the process is killed.
    """

    def __init__(self, most_bytes: int = 1 << 62, folder: Path | None = None) -> None:
        self._most_bytes = most_bytes
        self._folder = folder

    def for_each_of(self, users: int) -> Scratch:
        """Return room for one of so many users, who leave no more in memory than this together."""
        return Scratch(self._most_bytes // users, self._folder)

    def beside(self, size_bytes: int) -> Scratch:
        """Return room where so many bytes are in use already."""
        return Scratch(max(0, self._most_bytes - size_bytes), self._folder)

    def array(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return an array of undefined values. Raises StorageFailed (`no-room-to-compare`)."""
        size_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        if size_bytes <= self._most_bytes:
            return np.empty(shape, dtype)
        with self._told(), tempfile.TemporaryFile(dir=self._folder) as file:
            file.truncate(size_bytes)
            if hasattr(os, "posix_fallocate"):
                # Else a disk that is too small is found when a page is written, which kills us.
                os.posix_fallocate(file.fileno(), 0, size_bytes)
            return np.memmap(file, dtype, "r+", shape=shape)

    def texts(self, arrays: Iterable[pa.Array]) -> Texts:
        """Return texts that arrive as arrays. Raises StorageFailed (`no-room-to-compare`)."""
        held: deque[pa.Array] = deque()
        size_bytes = 0
        arriving = iter(arrays)
        for each in arriving:
            held.append(each)
            size_bytes += each.nbytes
            if size_bytes > self._most_bytes:
                return Texts(self._mapped(held, arriving))
        return Texts(held)

    def _mapped(self, held: deque[pa.Array], arriving: Iterator[pa.Array]) -> list[pa.Array]:
        with self._told():
            descriptor, name = tempfile.mkstemp(dir=self._folder)
            # Not NamedTemporaryFile: on a full disk it fails to close, and leaves its file.
            try:
                with open(descriptor, "wb") as file, pa.ipc.new_file(file, _TEXT) as writer:
                    while held:
                        writer.write_batch(_batch(held.popleft()))
                    for each in arriving:
                        writer.write_batch(_batch(each))
                reader = pa.ipc.open_file(pa.memory_map(name))
            finally:
                os.unlink(name)
        return [reader.get_batch(at).column(0) for at in range(reader.num_record_batches)]

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            folder = self._folder or tempfile.gettempdir()
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise StorageFailed(
                f"no room in {folder} for what does not fit into memory: {reason}",
                code="no-room-to-compare",
                hint=f"nothing was changed: make room, `df -h {folder}` shows how much there is",
            ) from error


def _batch(texts: pa.Array) -> pa.RecordBatch:
    return pa.record_batch([texts.cast(pa.large_string())], schema=_TEXT)


IN_MEMORY = Scratch()
"""Never spills."""
