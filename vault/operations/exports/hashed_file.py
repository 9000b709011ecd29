"""A file that is hashed beside being written."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO

# Written piece by piece: for a write of megabytes the kernel looks for large free pages, and on
# virtual machines those are often ones that were never touched, at ten times the cost.
_WRITTEN_BYTES = 64 << 10


class HashedFile(io.RawIOBase):
    """A file that a thread hashes and writes, beside whoever makes the next bytes.

    An error of writing is raised by the call after. The file beneath is the caller's to close.
    `size_bytes` is how much was handed over. `watch` is given the bytes of each call, in that
    thread. Who makes bytes while holding the interpreter lock is faster without one: then
    `is_beside` is False, and each call hashes and writes.
    """

    def __init__(
        self,
        file: BinaryIO,
        watch: Callable[[memoryview], None] | None = None,
        *,
        is_beside: bool = True,
    ) -> None:
        self._file = file
        self._is_beside = is_beside
        self._watch = watch
        self._sha256 = hashlib.sha256()
        self._pool = ThreadPoolExecutor(1)
        self._pending: Future[None] | None = None
        self.size_bytes = 0

    def writable(self) -> bool:
        """Say yes: pyarrow asks before it writes."""
        return True

    def write(self, data: Any) -> int:
        """Take bytes to write; those of the call before are written by now."""
        size_bytes = memoryview(data).nbytes
        self.size_bytes += size_bytes
        if not self._is_beside:
            self._put(data)
            return size_bytes
        self._wait()
        # Copied where the owner may fill the buffer again.
        kept = data if isinstance(data, bytes | memoryview) else bytes(data)
        self._pending = self._pool.submit(self._put, kept)
        return size_bytes

    def flush(self) -> None:
        """Flush the file beneath."""
        if not self._file.closed:
            self._wait()
            self._file.flush()

    def hexdigest(self) -> str:
        """Return the digest of everything, which is written by now."""
        self._wait()
        return self._sha256.hexdigest()

    def close(self) -> None:
        """Stop the thread; nothing can be written any more."""
        self._pool.shutdown()
        super().close()

    def _put(self, data: bytes | memoryview) -> None:
        whole = memoryview(data).cast("B")
        if self._watch is not None:
            self._watch(whole)
        for start in range(0, len(whole), _WRITTEN_BYTES):
            piece = whole[start : start + _WRITTEN_BYTES]
            self._file.write(piece)
            self._sha256.update(piece)

    def _wait(self) -> None:
        if self._pending is not None:
            pending, self._pending = self._pending, None
            pending.result()
