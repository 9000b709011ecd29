"""A backend in a folder: objects are written aside, fsynced, and linked to their name.

`link` is the one call that both refuses an existing name and publishes whole bytes, on every POSIX
file system that has it. A failed fsync is never retried on the same file: the kernel may have
dropped the bytes and cleared the error. Links below the folder are never followed: `plain_files`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from vault.errors import Corrupt, StorageFailed
from vault.layout import LOCK_FILE, TEMPORARY, VALIDATION_FILE
from vault.plain_files import PlainFolder

# Of writers, of which model runs make a folder, of `validate` in former versions, and of large
# arrays: the process or 8 letters.
_LEFTOVER_FOLDER = rf"{TEMPORARY}/\d+-[0-9a-f]+(?:/files)?"
_LEFTOVER = (
    rf"{TEMPORARY}/(?:\d+-[0-9a-f]+(?:/lock|/journal|/files/[0-9a-f]{{64}})?"
    rf"|{re.escape(VALIDATION_FILE)}\.\d+|tmp[a-z0-9_]{{8}})"
)

_HINTS = {
    errno.ENOSPC: "free some space and run the command again: nothing was recorded",
    errno.EDQUOT: "your disk quota is used up: nothing was recorded",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "check who may write in the repository's folder",
    errno.EPERM: "check who may write in the repository's folder, and that it can hold hard links",
}


@contextlib.contextmanager
def translated(action: str, path: Path) -> Iterator[None]:
    """Raise StorageFailed (`storage-failed`) in the place of what the system says."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StorageFailed(
            f"cannot {action} {path}: {reason}",
            code="storage-failed",
            hint=_HINTS.get(error.errno or 0, "the repository is as it was before the command"),
        ) from error


class LocalBackend:
    """Bytes under names in one folder; see `Backend` for what each method promises.

    Not `is_durable` is for what is thrown away in the end: nothing is synced then.
    """

    shared_between_processes = True

    def __init__(self, folder: Path, *, is_durable: bool = True) -> None:
        self.folder = folder
        self._is_durable = is_durable
        self._plain = PlainFolder(folder)
        self._unsynced: set[Path] = set()
        self._syncing = threading.Lock()
        self._known_folders: set[Path] = set()

    def __reduce__(self) -> tuple[Any, ...]:
        """Let a copy go to another process, which syncs what it puts itself."""
        return partial(type(self), is_durable=self._is_durable), (self.folder.absolute(),)

    def read(self, name: str) -> bytes:
        """Return all bytes of a name. Raises KeyError if there is none."""
        try:
            return self._plain.read(name)
        except (FileNotFoundError, NotADirectoryError):
            raise KeyError(name) from None
        except OSError as error:
            path = self.folder / name
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise StorageFailed(f"cannot read {path}: {reason}", code="storage-failed") from error

    def put_if_absent(self, name: str, data: bytes) -> bool:
        """Write bytes under a new name: True if this call made it."""
        path = self.folder / name
        with translated("write", path):
            self._make_folder(path.parent)
            try:
                return not self._plain.exists(name) and self._publish(data, path)
            finally:
                # Also if it was there: whoever made it may have died before it synced.
                self._unsynced.add(path.parent)

    def replace(self, name: str, data: bytes) -> None:
        """Write bytes under a name, whatever it held."""
        path = self.folder / name
        with translated("write", path):
            self._make_folder(path.parent)
            temporary = self._write_aside(data)
            try:
                self._plain.replace(name, f"{TEMPORARY}/{temporary.name}")
            except BaseException:
                self._remove_aside(temporary)
                raise
        self._unsynced.add(path.parent)

    def exists(self, name: str) -> bool:
        """Tell whether the name holds bytes."""
        with translated("look at", self.folder / name):
            return self._plain.exists(name)

    def size_bytes(self, name: str) -> int:
        """Return how many bytes a name holds. Raises KeyError if there is none."""
        with translated("look at", self.folder / name):
            try:
                return self._plain.status(name).st_size
            except (FileNotFoundError, NotADirectoryError):
                raise KeyError(name) from None

    def written_seconds(self, name: str) -> float:
        """Return when the file of a name was last written. Raises KeyError if there is none."""
        with translated("look at", self.folder / name):
            try:
                return self._plain.status(name).st_mtime
            except (FileNotFoundError, NotADirectoryError):
                raise KeyError(name) from None

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names under a prefix, those of links among them: they are told when used."""
        with translated("list", self.folder / prefix):
            # What cannot be listed must not look empty: the log would seem to have no entries.
            yield from self._plain.names(prefix)

    def delete(self, name: str) -> None:
        """Remove a name if it is there."""
        with translated("remove", self.folder / name):
            self._plain.remove(name)

    def sync(self, *also: str) -> None:
        """Make every name put so far durable, and others: one fsync for each of their folders."""
        for name in also:
            path = self.folder / name
            with translated("sync", path):
                self._make_folder(path.parent)
            self._unsynced.add(path.parent)
        # A thread waits for another's sync, which may be about its own names.
        with self._syncing:
            for folder in sorted(self._unsynced.copy()):
                # Before the fsync: a name that is put meanwhile lists the folder anew.
                self._unsynced.discard(folder)
                try:
                    with translated("sync", folder):
                        self._sync_folder(folder)
                except StorageFailed:
                    self._unsynced.add(folder)
                    raise

    def remove_leftovers(self, before_seconds: float) -> tuple[str, ...]:
        """Remove temporary files of writers that died, by the time of their last change."""
        removed = []
        folders = self._leftover_folders(before_seconds)
        for name in sorted(self.names(TEMPORARY)):
            if not re.fullmatch(_LEFTOVER, name):
                continue
            with (
                translated("remove", self.folder / name),
                contextlib.suppress(FileNotFoundError),
            ):
                if self._plain.status(name).st_mtime < before_seconds:
                    self._plain.remove(name)
                    removed.append(name)
        for name in folders:
            # One that holds what vault did not make stays.
            with contextlib.suppress(OSError, Corrupt):
                os.rmdir(self._plain.place(name))
        return tuple(removed)

    def _leftover_folders(self, before_seconds: float) -> list[str]:
        """Return old folders of model runs in `tmp`, those inside first."""
        found = []
        with translated("list", self.folder / TEMPORARY):
            for name in sorted(self._plain.folders(TEMPORARY, is_deep=True), reverse=True):
                with contextlib.suppress(FileNotFoundError):
                    seconds = os.stat(self.folder / name, follow_symlinks=False).st_mtime
                    if re.fullmatch(_LEFTOVER_FOLDER, name) and seconds < before_seconds:
                        found.append(name)
        return found

    def writing(self) -> AbstractContextManager[None]:
        """Hold a shared lock; garbage collection takes it exclusively."""
        return self._locked(fcntl.LOCK_SH)

    def collecting(self) -> AbstractContextManager[None]:
        """Hold the lock exclusively: writers wait, readers do not look at it."""
        return self._locked(fcntl.LOCK_EX)

    @contextlib.contextmanager
    def _locked(self, mode: int) -> Iterator[None]:
        path = self.folder / LOCK_FILE
        with translated("lock", path):
            self._make_folder(self.folder)
            # Closed in children; a lock on another file description is not shared.
            descriptor = self._plain.open(LOCK_FILE, os.O_RDWR | os.O_CREAT)
        try:
            with translated("lock", path):
                fcntl.flock(descriptor, mode)
            yield
        finally:
            os.close(descriptor)

    def _make_folder(self, folder: Path) -> None:
        if folder in self._known_folders:
            return
        self._plain.place(f"{folder.relative_to(self.folder).as_posix()}/")
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        self._unsynced.update(each.parent for each in missing)
        # Also those that were there: whoever made them may have died before it synced.
        above = (self.folder / each for each in folder.relative_to(self.folder).parents)
        self._unsynced.update((self.folder.parent, *above))
        self._known_folders.add(folder)

    def _sync_folder(self, folder: Path) -> None:
        if not self._is_durable:
            return
        # The folder around the repository is the user's, who may come to it by a link.
        follows = 0 if folder == self.folder.parent else os.O_NOFOLLOW
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | follows)
        except PermissionError:
            # The folder around the repository may belong to somebody else, and was there before.
            if folder == self.folder.parent:
                return
            raise
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _publish(self, data: bytes, path: Path) -> bool:
        temporary = self._write_aside(data)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        finally:
            self._remove_aside(temporary)
        return True

    def _write_aside(self, data: bytes) -> Path:
        self._make_folder(self.folder / TEMPORARY)
        descriptor, name = self._plain.new_file(TEMPORARY)
        path = self.folder / name
        try:
            try:
                _write_all(descriptor, data)
                if self._is_durable:
                    os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except BaseException:
            self._remove_aside(path)
            raise
        return path

    def _remove_aside(self, path: Path) -> None:
        # The name decides whether a write was done, so this must not turn success into failure.
        with contextlib.suppress(OSError, Corrupt):
            self._plain.remove(f"{TEMPORARY}/{path.name}")


def _write_all(descriptor: int, data: bytes) -> None:
    # A short write is not an error to the kernel: a file-size limit cuts silently.
    remaining = memoryview(data)
    while remaining:
        written = os.write(descriptor, remaining)
        remaining = remaining[written:]
