"""How a file of the user stood when an import began, to notice that it changed since.

A file is opened more than once: to see what it is, and by every process that reads a part of it.
Each opening must lead to the same file as it was at first, and so must its path at the end; else
what was read may be a mixture of two versions.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from vault.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class FileState:
    """Which file a path led to, its size, and when its bytes and its entry were last changed.

    The change of the entry (ctime) also tells of bytes that were written with the time of the
    former ones; it moves too when the file gets another name or other permissions.
    """

    path: str
    device: int
    inode: int
    size_bytes: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, path: str, status: os.stat_result) -> FileState:
        """Return what a status says of the file of a path."""
        return cls(
            path,
            status.st_dev,
            status.st_ino,
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
        )

    def check_opened(self, descriptor: int) -> None:
        """Raise InvalidInput (`file-changed`) unless a descriptor is of this file, unchanged."""
        self._check(os.fstat(descriptor))

    def check(self) -> None:
        """Raise InvalidInput (`file-changed`) unless the path leads to this file, unchanged."""
        try:
            status = os.stat(self.path)
        except OSError:
            raise file_changed(self.path, "was deleted or moved away") from None
        self._check(status)

    def _check(self, status: os.stat_result) -> None:
        now = FileState.of(self.path, status)
        if now == self:
            return
        if (now.device, now.inode) != (self.device, self.inode):
            raise file_changed(self.path, "was exchanged for another file")
        if now.size_bytes < self.size_bytes:
            raise file_changed(self.path, "became shorter")
        if now.size_bytes > self.size_bytes:
            raise file_changed(self.path, "became longer")
        if now.modified_ns != self.modified_ns:
            raise file_changed(self.path, "was written to")
        raise file_changed(self.path, "changed (its text, its permissions or its names)")


def file_changed(path: str, how: str) -> InvalidInput:
    """Return the error for a file that is no longer what it was when an import began."""
    return InvalidInput(
        f"{path} {how} while it was being read",
        code="file-changed",
        hint="nothing was done: run the command again once nothing changes the file",
    )
