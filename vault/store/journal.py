"""Journals: lines that are durable one by one, in a file that one process owns.

For small acts that must not be lost and come too often to be an operation each. The owner holds an
exclusive `flock`; the file of a process that died is nobody's, and whoever locks it next owns it.
A line that was cut when its writer died was never confirmed, so it is left out.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from vault.layout import LABELLING
from vault.plain_files import PlainFolder
from vault.store.local import translated


class Journal:
    """A file of lines below `.vault/labelling`, locked by this process until it is closed.

    One thread at a time may write. Every method may raise StorageFailed, and Corrupt
    (`foreign-file`) where no plain file lies.
    """

    def __init__(self, folder: PlainFolder, name: str, descriptor: int) -> None:
        self._folder = folder
        self._name = name
        self._descriptor = descriptor
        self._size_bytes = os.fstat(descriptor).st_size

    @property
    def path(self) -> Path:
        """The file."""
        return self._folder.path / self._name

    @classmethod
    def create(cls, vault: Path) -> Self:
        """Make a journal in the folder `.vault` of a repository."""
        folder = PlainFolder(vault)
        with translated("write", vault / LABELLING):
            folder.make(LABELLING)
            descriptor, name = _new_file(folder)
            _sync_folder(vault / LABELLING)
            _sync_folder(vault)
        return cls(folder, name, descriptor)

    @staticmethod
    def any_there(vault: Path) -> bool:
        """Return whether there are journals, of this process or others."""
        with translated("list", vault / LABELLING):
            return any(True for _ in PlainFolder(vault).names(LABELLING))

    @classmethod
    def abandoned(cls, vault: Path) -> Iterator[Self]:
        """Yield the journals whose owners have died, each owned by this process from then on."""
        folder = PlainFolder(vault)
        with translated("list", vault / LABELLING):
            names = sorted(folder.names(LABELLING))
        for name in names:
            with translated("read", vault / name):
                descriptor = _locked(folder, name)
            if descriptor is not None:
                yield cls(folder, name, descriptor)

    def lines(self) -> list[bytes]:
        """Return every whole line, without its line feed."""
        with translated("read", self.path):
            data = os.pread(self._descriptor, self._size_bytes, 0)
        return data.split(b"\n")[:-1]

    def append(self, lines: list[bytes]) -> None:
        """Write lines, which hold no line feed; they are durable when this returns.

        Where it raises, what was written of them is taken back, unless the system refuses that too.
        """
        data = b"".join(line + b"\n" for line in lines)
        with translated("write", self.path):
            try:
                written = os.pwrite(self._descriptor, data, self._size_bytes)
                while written < len(data):
                    place = self._size_bytes + written
                    written += os.pwrite(self._descriptor, data[written:], place)
                os.fdatasync(self._descriptor)
            except OSError:
                # What is there of them would stand before the next line.
                with contextlib.suppress(OSError):
                    os.ftruncate(self._descriptor, self._size_bytes)
                raise
        self._size_bytes += len(data)

    def clear(self) -> None:
        """Forget all lines."""
        with translated("write", self.path):
            os.ftruncate(self._descriptor, 0)
            os.fdatasync(self._descriptor)
        self._size_bytes = 0

    def remove(self) -> None:
        """Remove the file, and give up owning it."""
        with translated("remove", self.path):
            self._folder.remove(self._name)
        self.close()

    def close(self) -> None:
        """Give up owning the file: whoever looks for abandoned ones finds it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _new_file(folder: PlainFolder) -> tuple[int, str]:
    """Return a new file, which this process owns, and its name."""
    while True:
        descriptor, name = folder.new_file(LABELLING, f"{os.getpid()}-")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Whoever looks for abandoned ones may have taken and removed it before it was locked.
        if os.fstat(descriptor).st_nlink:
            return descriptor, name
        os.close(descriptor)


def _locked(folder: PlainFolder, name: str) -> int | None:
    """Return a descriptor that holds the lock of a file; None if another process has it."""
    try:
        descriptor = folder.open(name, os.O_RDWR)
    except FileNotFoundError:
        return None
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


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
