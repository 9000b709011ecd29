"""Files that grow at their end, durably, and locks that a process holds until it ends.

Shared by the journals of labels and of model runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from vault.plain_files import PlainFolder


class AppendedFile:
    """An open file of which the first bytes count, at first all; one thread at a time may write.

    Owns the descriptor. Methods raise OSError as the system does.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._size_bytes = os.fstat(descriptor).st_size
        self._has_rest = False

    @property
    def size_bytes(self) -> int:
        """The bytes that count; behind them may be what a writer could not finish."""
        return self._size_bytes

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Return bytes of the file, fewer at its end. Any thread may read at any time."""
        return os.pread(self._descriptor, size_bytes, offset)

    def keep(self, size_bytes: int) -> None:
        """Count only the first bytes; those behind are cut off before anything is written."""
        self._size_bytes = size_bytes
        self._has_rest = os.fstat(self._descriptor).st_size > size_bytes

    def append(self, data: bytes) -> None:
        """Write bytes at the end; they are durable when this returns.

        Where it raises, what was written of them is taken back, unless the system refuses that too:
        then it is cut off before anything else is written.
        """
        if self._has_rest:
            os.ftruncate(self._descriptor, self._size_bytes)
        self._has_rest = True
        try:
            rest, place = memoryview(data), self._size_bytes
            while rest:
                written = os.pwrite(self._descriptor, rest, place)
                rest, place = rest[written:], place + written
            os.fdatasync(self._descriptor)
        except BaseException:
            # What is there of them would stand before the next line.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size_bytes)
                self._has_rest = False
            raise
        self._size_bytes = place
        self._has_rest = False

    def clear(self) -> None:
        """Remove all bytes, durably."""
        os.ftruncate(self._descriptor, 0)
        self.keep(0)
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Close the file, and give up the lock on it if there is one."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def lock_file(folder: PlainFolder, name: str, flags: int = os.O_RDWR) -> int | None:
    """Return a descriptor that holds the exclusive lock of a file; None if another one has it.

    None, too, if the file was removed before it was locked. Raises FileNotFoundError if there is
    none, and OSError.
    """
    descriptor = folder.open(name, flags)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Its owner may have removed it between opening and locking.
        if os.fstat(descriptor).st_nlink:
            return descriptor
    except BlockingIOError:
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
