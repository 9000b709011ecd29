"""Folders of model runs under way: a journal of checksummed lines, files that were read, a lock.

A folder is made whole or not at all, and nothing but `remove` takes it away: its answers were paid
for. Knows what a line is, and not what it says of a request. Normative: docs/format/runs.md,
section 5.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shlex
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any, Self

from vault.errors import AlreadyExists, Conflict, Corrupt, InvalidInput, NotFound
from vault.layout import LOCK_FILE, RUNS, TEMPORARY
from vault.objects.digest import Digest, digest_of, is_digest
from vault.objects.json.stored import MALFORMED
from vault.objects.model_run.about import (
    VERSION,
    RunAbout,
    about_from_json,
    about_to_json,
    check_run_name,
    is_run_name,
)
from vault.plain_files import PlainFolder, temporary_name
from vault.store.appended_file import AppendedFile, lock_file, sync_folder
from vault.store.journal_lines import (
    JournalLine,
    Place,
    read_line,
    read_lines,
    run_damaged,
    written_line,
)
from vault.store.local import translated

JOURNAL = "journal"
"""The name of the journal in the folder of a run."""

_FILES = "files"
_READ_BYTES = 1 << 20
_MADE = re.compile(rf"{JOURNAL}|{LOCK_FILE}|{_FILES}/[0-9a-f]{{64}}")
# `is_held` takes the lock for a moment: whoever meets that tries again.
_LOCK_WAITS_SECONDS = (0.0, 0.01, 0.05)


class RunFolder:
    """The folder of one run, opened to append to its journal or to read.

    `append`, `line` and `file` may be called from any thread, `append` while others read; lines are
    numbered in the order in which they are written. Every method may raise StorageFailed, and
    Corrupt: `run-damaged` with the file and the line, or `foreign-file`.
    """

    def __init__(
        self, vault: Path, run: str, lock: int | None, clock: Callable[[], str] | None
    ) -> None:
        """Open the journal of a run; with a lock, to append. Takes over the lock's descriptor."""
        self.run = run
        self._plain = PlainFolder(vault)
        self._lock = lock
        self._clock = clock
        self._number: int | None = None
        self._appending = threading.Lock()
        flags = os.O_RDONLY if lock is None else os.O_RDWR
        with translated("read", self.path / JOURNAL), self._missing_told(JOURNAL):
            self._file = AppendedFile(self._plain.open(self._name(JOURNAL), flags))

    @property
    def path(self) -> Path:
        """The folder."""
        return self._plain.path / RUNS / self.run

    @property
    def is_writable(self) -> bool:
        """True if it was opened to append."""
        return self._lock is not None

    @classmethod
    def create(
        cls, vault: Path, about: RunAbout, files: Iterable[bytes], *, clock: Callable[[], str]
    ) -> Self:
        """Make the folder of a new run in the folder `.vault`, and open it to append.

        `files` are the bytes of everything that `about.files()` names. `clock` returns the time of
        each line. Raises InvalidInput (`run-name-invalid`, `run-file-missing`, `run-unwritable`),
        AlreadyExists (`run-exists`).
        """
        check_run_name(about.run)
        held = {digest_of(each): each for each in files}
        for missing in set(about.files()) - set(held):
            raise InvalidInput(
                f"the bytes of {missing} were not given to the run {about.run}",
                code="run-file-missing",
                hint="give the bytes of the recipe, of every input and of the settings",
            )
        try:
            first = {"type": "run", "version": VERSION, "about": about_to_json(about)}
        except MALFORMED as error:
            raise InvalidInput(
                f"the run {about.run} cannot be described: {error}",
                code="run-unwritable",
                hint="report it: `vault --version` says with what",
            ) from None
        lock = _make(vault, about.run, held, written_line({**first, "number": 1, "time": clock()}))
        return cls._opened(vault, about.run, lock, clock)

    @classmethod
    def open(cls, vault: Path, run: str, *, clock: Callable[[], str]) -> Self:
        """Open the folder of a run to append, which one process at a time may.

        Raises NotFound (`run-not-found`), Conflict (`run-locked`).
        """
        plain, name = PlainFolder(vault), f"{RUNS}/{run}/{LOCK_FILE}"
        if not is_run_name(run):
            raise _not_found(run)
        lock = None
        with translated("lock", vault / name):
            for seconds in _LOCK_WAITS_SECONDS:
                time.sleep(seconds)
                try:
                    lock = lock_file(plain, name, os.O_RDWR | os.O_CREAT)
                except FileNotFoundError:
                    raise _not_found(run) from None
                if lock is not None:
                    break
        if lock is None:
            raise Conflict(
                f"another process is at work on the run {run}",
                code="run-locked",
                hint=f"`lsof {shlex.quote(str(vault / name))}` names it; wait until it has ended",
            )
        # If the folder went before it was locked, its journal is not found now.
        return cls._opened(vault, run, lock, clock)

    @classmethod
    def read(cls, vault: Path, run: str) -> Self:
        """Open the folder of a run to read, whoever is at work on it.

        Raises NotFound (`run-not-found`).
        """
        if not is_run_name(run):
            raise _not_found(run)
        return cls(vault, run, None, None)

    @classmethod
    def _opened(cls, vault: Path, run: str, lock: int, clock: Callable[[], str]) -> Self:
        try:
            return cls(vault, run, lock, clock)
        except BaseException:
            os.close(lock)
            raise

    @staticmethod
    def names(vault: Path) -> list[str]:
        """Return the names of the runs that have a folder, sorted."""
        with translated("list", vault / RUNS):
            found = [each.rpartition("/")[2] for each in PlainFolder(vault).folders(RUNS)]
        return sorted(filter(is_run_name, found))

    @staticmethod
    def is_held(vault: Path, run: str) -> bool:
        """Return whether a process has the folder of a run open to append."""
        name = f"{RUNS}/{run}/{LOCK_FILE}"
        with translated("look at", vault / name):
            try:
                descriptor = PlainFolder(vault).open(name)
            except FileNotFoundError:
                return False
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(descriptor)
        return False

    def lines(self) -> Iterator[JournalLine]:
        """Yield the lines of the journal, each checked; a torn last line is left out.

        Line 1 has the description of the run as `about`.
        """
        number = offset = 0
        path = self.path / JOURNAL
        with translated("read", path), self._missing_told(JOURNAL):
            descriptor = self._plain.open(self._name(JOURNAL))
        with translated("read", path), BufferedReader(FileIO(descriptor), _READ_BYTES) as file:
            for each in read_lines(file, path, self.run):
                yield each
                number, offset = each.number, sum(each.place)
        if self.is_writable and self._number is None:
            self._file.keep(offset)
            self._number = number

    def line(self, place: Place) -> Mapping[str, Any]:
        """Return the JSON object of the line at a place. Costs reading that line."""
        path = self.path / JOURNAL
        with translated("read", path):
            return read_line(self._file.read(*place), path)

    def append(self, values: Sequence[Mapping[str, Any]]) -> list[JournalLine]:
        """Write lines with a number and the time; return them as they can be read.

        All of them are durable when this returns, by one write and one fdatasync; where it raises,
        none was written. Reads the journal first, unless `lines` was read to its end.
        """
        assert self._clock is not None, "the folder was opened to read"
        with self._appending:
            if self._number is None:
                for _ in self.lines():
                    pass
            assert self._number is not None, "lines were read to their end"
            now, offset = self._clock(), self._file.size_bytes
            written, lines = [], []
            for number, each in enumerate(values, self._number + 1):
                value = {**each, "number": number, "time": now}
                written.append(written_line(value))
                lines.append(JournalLine(number, value, Place(offset, len(written[-1]))))
                offset += len(written[-1])
            with translated("write", self.path / JOURNAL):
                self._file.append(b"".join(written))
            self._number += len(lines)
            return lines

    def about(self) -> RunAbout:
        """Return the description of the run, of line 1."""
        return about_from_json(next(self.lines()).value["about"])

    def file(self, digest: Digest) -> bytes:
        """Return the bytes of a file that the run keeps."""
        name = f"{_FILES}/{digest}"
        with translated("read", self.path / name), self._missing_told(name):
            data = self._plain.read(self._name(name))
        if digest_of(data) != digest:
            raise self._damaged(name, "its bytes have another digest")
        return data

    def files(self) -> list[Digest]:
        """Return the digests of the files that the run keeps, each checked, sorted."""
        with translated("list", self.path / _FILES):
            found = [each.rpartition("/")[2] for each in self._plain.names(self._name(_FILES))]
        for name in sorted({*found, *self.about().files()}):
            if not is_digest(name):
                raise self._damaged(f"{_FILES}/{name}", "its name is no digest")
            self.file(Digest(name))
        return sorted(map(Digest, found))

    def remove(self) -> None:
        """Remove the folder, once an entry of the log names the run's object; closes it.

        It is gone from its name first. What of it a crash leaves in `tmp` is rubbish.
        """
        assert self.is_writable, "the folder was opened to read"
        aside = f"{TEMPORARY}/{temporary_name()}"
        with translated("remove", self.path):
            self._plain.make(TEMPORARY)
            os.rename(self._plain.place(f"{RUNS}/{self.run}"), self._plain.place(aside))
        _remove_aside(self._plain, aside)
        self.close()

    def close(self) -> None:
        """Close the folder, and give up its lock."""
        self._file.close()
        if self._lock is not None:
            os.close(self._lock)
        self._lock = self._clock = None

    def __enter__(self) -> Self:
        """Return the folder, which is closed in the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the folder."""
        self.close()

    def _name(self, name: str) -> str:
        return f"{RUNS}/{self.run}/{name}"

    def _damaged(self, where: str, reason: str) -> Corrupt:
        return run_damaged(self.path / where, reason)

    @contextlib.contextmanager
    def _missing_told(self, name: str) -> Iterator[None]:
        """Say that the run is gone, or that its folder is damaged, where a file is missing."""
        try:
            yield
        except (FileNotFoundError, NotADirectoryError):
            if self.path.is_dir():
                raise self._damaged(name, "it is missing") from None
            raise _not_found(self.run) from None


def _make(vault: Path, run: str, files: Mapping[Digest, bytes], first: bytes) -> int:
    """Make the folder of a run, whole or not at all; return a descriptor that holds its lock."""
    plain, name = PlainFolder(vault), f"{RUNS}/{run}"
    aside = f"{TEMPORARY}/{temporary_name()}"
    lock: int | None = None
    with translated("write", vault / name):
        try:
            if os.path.lexists(plain.place(name)):
                raise _exists(run)
            plain.make(f"{aside}/{_FILES}")
            lock = lock_file(plain, f"{aside}/{LOCK_FILE}", os.O_RDWR | os.O_CREAT | os.O_EXCL)
            assert lock is not None, "nobody else knows the name"
            _write_new(plain, f"{aside}/{JOURNAL}", first)
            for digest, data in files.items():
                _write_new(plain, f"{aside}/{_FILES}/{digest}", data)
            for each in (f"{aside}/{_FILES}", aside):
                sync_folder(vault / each)
            plain.make(RUNS)
            os.rename(plain.place(aside), plain.place(name))
            sync_folder(vault / RUNS)
            sync_folder(vault)
        except BaseException as error:
            if lock is not None:
                os.close(lock)
            _remove_aside(plain, aside)
            is_taken = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR)
            if isinstance(error, OSError) and error.errno in is_taken:
                raise _exists(run) from None
            raise
    return lock


def _write_new(plain: PlainFolder, name: str, data: bytes) -> None:
    file = AppendedFile(plain.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL))
    try:
        file.append(data)
    finally:
        file.close()


def _remove_aside(plain: PlainFolder, aside: str) -> None:
    # Its name decides whether a folder is there, so this must not turn success into failure.
    with contextlib.suppress(OSError, Corrupt):
        for name in list(plain.names(aside)):
            if _MADE.fullmatch(name.removeprefix(f"{aside}/")):
                plain.remove(name)
        for each in (f"{aside}/{_FILES}", aside):
            os.rmdir(plain.place(each))


def _not_found(run: str) -> NotFound:
    return NotFound(
        f'no model run "{run}" is under way', code="run-not-found", hint="`vault runs` lists them"
    )


def _exists(run: str) -> AlreadyExists:
    return AlreadyExists(
        f"there is a folder of a model run {run} already",
        code="run-exists",
        hint="give the new run another name",
    )
