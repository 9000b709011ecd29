"""Files that vault keeps for itself, reached without following links.

A repository may come from a stranger, and everything below `.vault` with it. So nothing there is
trusted to be what vault made: a symbolic link is never followed, a pipe, socket or device never
opened, and only regular files are read, replaced or removed. A `PlainFolder` looks at every folder
between itself and a file each time, which costs about 1 µs a folder.

This guards against what lies in a folder, not against somebody who exchanges folders while a
command runs: who can do that can write to the repository anyway.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from vault.errors import Corrupt
from vault.layout import FOLDER

FOREIGN = "foreign-file"
"""The code of the error for a link, pipe, socket, device or folder in the place of a file."""

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
    stat.S_IFDIR: "a folder",
    stat.S_IFREG: "a file",
}
# O_NONBLOCK: opening a pipe waits for its other end. Regular files take no notice of it.
_CAREFULLY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class PlainFolder:
    """A folder whose files are reached by names such as `objects/ab/ab12`, and by no link.

    Every method raises Corrupt (`foreign-file`) where a link or anything else stands in the place
    of a folder on the way, `path` itself included, or of the file; and OSError as the system does.
    """

    __slots__ = ("_text", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self._text = os.fspath(path)

    def place(self, name: str) -> str:
        """Return the path of a name; the folders on the way are looked at, the name is not."""
        place = self._text
        self._require_folder(place)
        for part in name.split("/")[:-1]:
            place = f"{place}/{part}"
            self._require_folder(place)
        return f"{self._text}/{name}"

    def status(self, name: str) -> os.stat_result:
        """Return the status of a regular file. Raises FileNotFoundError, NotADirectoryError."""
        return self._status(self.place(name))

    def exists(self, name: str) -> bool:
        """Tell whether a regular file has this name; a folder is none, and not foreign."""
        place = self.place(name)
        try:
            mode = os.stat(place, follow_symlinks=False).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return False
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            return stat.S_ISREG(mode)
        raise self._foreign(place, mode, "a file")

    def open(self, name: str, flags: int = os.O_RDONLY) -> int:
        """Return a descriptor of a regular file, which `flags` may ask to be made."""
        place = self.place(name)
        try:
            self._status(place)  # before it is opened: opening a device may do something
        except FileNotFoundError:
            if not flags & os.O_CREAT:
                raise
        descriptor = os.open(place, flags | _CAREFULLY, 0o644)
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            os.close(descriptor)
            raise self._foreign(place, mode, "a file")
        return descriptor

    def read(self, name: str) -> bytes:
        """Return the bytes of a regular file."""
        with open(self.open(name), "rb", buffering=0) as file:
            return file.readall()

    def make(self, folder: str = "") -> None:
        """Make a folder below this one, and this one, unless they are there."""
        self.place(f"{folder}/")
        os.makedirs(f"{self._text}/{folder}", exist_ok=True)

    def new_file(self, folder: str, prefix: str = "") -> tuple[int, str]:
        """Make a file of a name that nobody can guess; return its descriptor and its name."""
        name = f"{folder}/{prefix}{temporary_name()}" if folder else f"{prefix}{temporary_name()}"
        return os.open(self.place(name), _NEW, 0o644), name

    def replace(self, name: str, by: str) -> None:
        """Move the file `by` to a name, in the place of a regular file or of none."""
        place = self.place(name)
        with contextlib.suppress(FileNotFoundError):
            self._status(place)
        os.replace(self.place(by), place)

    def remove(self, name: str) -> None:
        """Remove a regular file if it is there."""
        place = self.place(name)
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            self._status(place)
            os.unlink(place)

    def names(self, folder: str = "") -> Iterator[str]:
        """Yield the names of everything below a folder but folders, links among them; no order.

        A folder that is not there has none; one that cannot be listed raises OSError.
        """
        for name, is_folder, _ in self._entries(folder):
            if not is_folder:
                yield name

    def folders(self, folder: str = "", *, is_deep: bool = False) -> list[str]:
        """Return the names of the folders in a folder, or also of those below them; no links."""
        return [name for name, is_folder, _ in self._entries(folder, is_deep) if is_folder]

    def foreign(self) -> Iterator[tuple[str, Corrupt]]:
        """Yield the name of everything below that is no folder nor regular file, and an error."""
        for name, is_folder, is_plain in self._entries(""):
            if not is_folder and not is_plain:
                place = f"{self._text}/{name}"
                try:
                    mode = os.stat(place, follow_symlinks=False).st_mode
                except FileNotFoundError:
                    continue
                yield name, self._foreign(place, mode, "a file")

    def _entries(self, folder: str, is_deep: bool = True) -> Iterator[tuple[str, bool, bool]]:
        """Yield (name, whether it is a folder, whether it is a regular file) below a folder."""
        self.place(f"{folder}/" if folder else "")
        pending = [folder]
        while pending:
            inside = pending.pop()
            try:
                with os.scandir(f"{self._text}/{inside}") as entries:
                    found = [
                        (
                            each.name,
                            each.is_dir(follow_symlinks=False),
                            each.is_file(follow_symlinks=False),
                        )
                        for each in entries
                    ]
            except (FileNotFoundError, NotADirectoryError):
                continue
            for last, is_folder, is_plain in found:
                name = f"{inside}/{last}" if inside else last
                if is_folder and is_deep:
                    pending.append(name)
                yield name, is_folder, is_plain

    def _status(self, place: str) -> os.stat_result:
        found = os.stat(place, follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            raise self._foreign(place, found.st_mode, "a file")
        return found

    def _require_folder(self, place: str) -> None:
        try:
            mode = os.stat(place, follow_symlinks=False).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return  # whoever uses it is told
        # A regular file makes the system say ENOTDIR, which readers take as "not there".
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
            raise self._foreign(place, mode, "a folder")

    def _foreign(self, place: str, mode: int, due: str) -> Corrupt:
        if place == self._text and stat.S_ISLNK(mode):
            import shlex

            behind = shlex.quote(os.path.dirname(os.path.realpath(place)))
            return foreign_file(place, mode, due, f"`cd {behind}` leads to where it points")
        return foreign_file(place, mode, due)


def foreign_file(place: str, mode: int, due: str, hint: str | None = None) -> Corrupt:
    """Return the error for what stands in the place of a file or folder of vault's own."""
    import shlex  # only here: every command loads this module

    kind = _KINDS.get(stat.S_IFMT(mode), "neither a file nor a folder")
    quoted = shlex.quote(place)
    if stat.S_ISDIR(mode) or stat.S_ISREG(mode):
        usual = f"`ls -la {quoted}` shows it; move it out of the repository"
    else:
        usual = f"`rm {quoted}` removes it alone, and nothing that it leads to"
    if stat.S_ISLNK(mode):
        message = f"{place} is {kind}; vault does not follow links inside a repository"
    else:
        message = f"{place} is {kind}; vault expects {due} there"
    return Corrupt(message, code="foreign-file", hint=hint or usual)


def read_plain(path: Path, most_bytes: int = -1) -> bytes:
    """Return the bytes of a file beside `.vault`, such as `vault.lock`; folders may be links.

    At most `most_bytes` of them, unless that is negative. Raises Corrupt (`foreign-file`) unless it
    is a regular file, OSError.
    """
    mode = os.stat(path, follow_symlinks=False).st_mode
    if not stat.S_ISREG(mode):
        raise foreign_file(os.fspath(path), mode, "a file")
    with open(os.open(path, os.O_RDONLY | _CAREFULLY), "rb", buffering=0) as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise foreign_file(os.fspath(path), mode, "a file")
        return file.read(most_bytes)


def new_file_in(folder: Path) -> tuple[int, Path]:
    """Make a file beside one that it is to replace, of a name that nobody can guess.

    Returns its descriptor and its path. Raises OSError.
    """
    path = folder / f"{FOLDER}-{os.urandom(8).hex()}.tmp"
    return os.open(path, _NEW, 0o666), path


def temporary_name() -> str:
    """Return a name for a temporary file that nobody can guess: the process, then 64 bits."""
    return f"{os.getpid()}-{os.urandom(8).hex()}"
