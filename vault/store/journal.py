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
from vault.store.appended_file import AppendedFile, lock_file, sync_folder
from vault.store.local import translated


class Journal:
    """A file of lines below `.vault/labelling`, locked by this process until it is closed.

    One thread at a time may write. Every method may raise StorageFailed, and Corrupt
    (`foreign-file`) where no plain file lies.
    """

    def __init__(self, folder: PlainFolder, name: str, descriptor: int) -> None:
        self._folder = folder
        self._name = name
        self._file = AppendedFile(descriptor)

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
            sync_folder(vault / LABELLING)
            sync_folder(vault)
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
            descriptor = None
            with translated("read", vault / name), contextlib.suppress(FileNotFoundError):
                descriptor = lock_file(folder, name)
            if descriptor is not None:
                yield cls(folder, name, descriptor)

    def lines(self) -> list[bytes]:
        """Return every whole line, without its line feed."""
        with translated("read", self.path):
            data = self._file.read(0, self._file.size_bytes)
        return data.split(b"\n")[:-1]

    def append(self, lines: list[bytes]) -> None:
        """Write lines, which hold no line feed; they are durable when this returns.

        Where it raises, what was written of them is taken back, unless the system refuses that too.
        """
        with translated("write", self.path):
            self._file.append(b"".join(line + b"\n" for line in lines))

    def clear(self) -> None:
        """Forget all lines."""
        with translated("write", self.path):
            self._file.clear()

    def remove(self) -> None:
        """Remove the file, and give up owning it."""
        with translated("remove", self.path):
            self._folder.remove(self._name)
        self.close()

    def close(self) -> None:
        """Give up owning the file: whoever looks for abandoned ones finds it."""
        self._file.close()


def _new_file(folder: PlainFolder) -> tuple[int, str]:
    """Return a new file, which this process owns, and its name."""
    while True:
        descriptor, name = folder.new_file(LABELLING, f"{os.getpid()}-")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Whoever looks for abandoned ones may have taken and removed it before it was locked.
        if os.fstat(descriptor).st_nlink:
            return descriptor, name
        os.close(descriptor)
