"""The catalogue: where each example stands, in DuckDB databases made from chunks.

Only the objects are true. The catalogue is keyed by chunk digests, which never change their
meaning, so it is brought up to date by a further *generation* that holds the chunks it lacks, and
takes over the one before unless that is large: a million examples are not copied for the sake of
one chunk. A generation is built aside, closed, fsynced and renamed; readers open all read-only. One
that cannot be opened or read is set aside, and what it held is read again.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

import duckdb

from vault.catalogue.index.generation import (
    Generation,
    Located,
    ReadIds,
    log_of,
    new_generation,
    open_generation,
)
from vault.objects.digest import Digest
from vault.plain_files import PlainFolder, temporary_name

MOST_GENERATIONS = 2
"""Each that is opened costs 40 ms, so there is a large one, and one that grows beside it."""

MUCH_LARGER = 8
"""How many times the examples of the small generation the large one has, or they become one."""

_SUFFIX = ".duckdb"
_GENERATION = re.compile(r"[0-9]+\.duckdb")
_LEFTOVER = re.compile(r"[0-9]+\.damaged|draft-[0-9]+-[0-9a-f]+(?:\.damaged|\.wal)?")


class Catalogue:
    """The catalogue of one repository; `folder` None keeps it in memory."""

    def __init__(self, folder: Path | None) -> None:
        self._plain = None if folder is None else PlainFolder(folder)

    def locate(
        self, first: bytes, last: bytes, chunks: Sequence[Digest], read_ids: ReadIds
    ) -> list[Located]:
        """Return the places of all ids from `first` to `last` (16 bytes each) in some chunks.

        Sorted by id, then by the order of `chunks`. Costs reading the ids of chunks that the
        catalogue has not seen, then a scan of 16 bytes an example. Raises what `read_ids` raises.
        """
        order = {digest: position for position, digest in enumerate(chunks)}
        found: set[Located] = set()
        with ExitStack() as opened:
            generations = self._open_all(opened)
            broken = None
            while broken != []:
                while missing := _missing(generations, chunks):
                    generations.append(self._grown(opened, generations, missing, read_ids))
                broken = [each for each in generations if not _add_found(found, each, first, last)]
                for each in broken:
                    self._give_up(generations, each)
        inside = [each for each in found if each.chunk in order]
        return sorted(inside, key=lambda each: (each.id, order[each.chunk], each.row))

    def remove_leftovers(self, before_seconds: float) -> None:
        """Remove damaged generations and drafts of dead processes that are older than a time.

        Seconds since 1970. Raises Corrupt (`foreign-file`) for a link.
        """
        if self._plain is None:
            return
        for name in [*filter(_LEFTOVER.fullmatch, self._plain.names())]:
            with contextlib.suppress(OSError):
                if self._plain.status(name).st_mtime < before_seconds:
                    self._plain.remove(name)

    def _open_all(self, opened: ExitStack) -> list[Generation]:
        """Open all generations, oldest first; those that cannot be are set aside."""
        generations = []
        for path in sorted(self._paths(), key=_number):
            try:
                generation = open_generation(path)
            except duckdb.Error:
                # Damaged, of another version, or gone: whatever it was, it can be made again.
                self._set_aside(path)
            else:
                opened.callback(generation.connection.close)
                generations.append(generation)
        return generations

    def _grown(
        self,
        opened: ExitStack,
        generations: list[Generation],
        missing: Sequence[Digest],
        read_ids: ReadIds,
    ) -> Generation:
        """Return a generation with the chunks that are missing, which takes over small ones."""
        draft = self._draft()
        if draft is not None:
            try:
                return self._built(opened, generations, draft, missing, read_ids)
            except duckdb.Error:
                # Perhaps the disk is full; the answer needs none.
                draft.unlink(missing_ok=True)
        made = new_generation(None)
        opened.callback(made.connection.close)
        made.add(missing, read_ids)
        return made

    def _built(
        self,
        opened: ExitStack,
        generations: list[Generation],
        draft: Path,
        missing: Sequence[Digest],
        read_ids: ReadIds,
    ) -> Generation:
        made = new_generation(draft)
        try:
            made.add(missing, read_ids)
            small = []
            for number, each in reversed([*enumerate(generations, 1)]):
                if number < MOST_GENERATIONS and each.examples >= MUCH_LARGER * made.examples:
                    break
                try:
                    made.take_over(each)
                except duckdb.Error:
                    self._give_up(generations, each)
                else:
                    small.append(each)
        except BaseException:
            made.connection.close()
            draft.unlink(missing_ok=True)
            raise
        made.connection.close()
        generation = open_generation(draft)
        opened.callback(generation.connection.close)
        self._publish(draft, [each.path for each in small if each.path is not None])
        return generation

    def _paths(self) -> list[Path]:
        """Return the files of all generations. Raises Corrupt (`foreign-file`) for a link."""
        if self._plain is None:
            return []
        found = [name for name in self._plain.names() if _GENERATION.fullmatch(name)]
        return [self._plain.path / name for name in found if self._plain.status(name)]

    def _draft(self) -> Path | None:
        """Return the path of a new file to build in; None where there can be none."""
        if self._plain is None:
            return None
        try:
            self._plain.make()
        except OSError:
            return None
        if not os.access(self._plain.path, os.W_OK):
            return None
        return self._plain.path / f"draft-{temporary_name()}"

    def _publish(self, draft: Path, taken_over: Iterable[Path]) -> None:
        assert self._plain is not None
        # Each step may lose a race or meet a full disk; the catalogue is then made another time.
        with contextlib.suppress(OSError):
            descriptor = self._plain.open(draft.name)
            os.fsync(descriptor)
            os.close(descriptor)
            number = max(map(_number, self._paths()), default=0) + 1
            while _is_taken(self._plain.path / f"{number:08d}{_SUFFIX}"):
                number += 1
            self._plain.replace(f"{number:08d}{_SUFFIX}", draft.name)
            for each in taken_over:
                self._plain.remove(each.name)

    def _give_up(self, generations: list[Generation], broken: Generation) -> None:
        generations.remove(broken)
        self._set_aside(broken.path)

    def _set_aside(self, path: Path | None) -> None:
        if path is None or self._plain is None:
            return
        with contextlib.suppress(OSError):
            self._plain.replace(path.with_suffix(".damaged").name, path.name)


def _missing(generations: Iterable[Generation], chunks: Sequence[Digest]) -> list[Digest]:
    known = {digest for each in generations for digest in each.chunks}
    return [each for each in dict.fromkeys(chunks) if each not in known]


def _add_found(found: set[Located], generation: Generation, first: bytes, last: bytes) -> bool:
    """Add what a generation finds; False if it cannot be read."""
    try:
        found.update(generation.locate(first, last))
    except (duckdb.Error, OverflowError, AttributeError):
        return False
    return True


def _number(path: Path) -> int:
    return int(path.stem)


def _is_taken(path: Path) -> bool:
    return os.path.lexists(path) or os.path.lexists(log_of(path))
