"""The catalogue: where each example stands, as a DuckDB database made from chunks.

Only the objects are true. The catalogue is keyed by chunk digests, which never change their
meaning, so it is brought up to date by inserting chunks that it lacks. A *generation* is built
aside, closed, fsynced and renamed; readers open the newest read-only. One that cannot be opened or
read is set aside and built again.

A generation may be a stranger's: it is opened without access to files, network and extensions, and
read only if it holds our three tables and nothing else: no view, macro or computed column.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from vault.objects.digest import ID_BYTES, Digest
from vault.plain_files import PlainFolder, temporary_name

_T = TypeVar("_T")
_SUFFIX = ".duckdb"
_GENERATION = re.compile(r"[0-9]+\.duckdb")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_COPIED_BYTES = 1 << 20
_VERSION = 1
_REACHES_NOTHING: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
}
_TABLES = [
    ("catalogue", "version", "INTEGER", None),
    ("chunks", "digest", "VARCHAR", None),
    ("chunks", "examples", "INTEGER", None),
    ("chunks", "number", "INTEGER", None),
    ("examples", "chunk", "INTEGER", None),
    ("examples", "high", "UBIGINT", None),
    ("examples", "low", "UBIGINT", None),
    ("examples", "place", "INTEGER", None),
]
_SCHEMA = f"""
    CREATE TABLE catalogue (version INTEGER);
    INSERT INTO catalogue VALUES ({_VERSION});
    CREATE TABLE chunks (number INTEGER, digest VARCHAR, examples INTEGER);
    CREATE TABLE examples (high UBIGINT, low UBIGINT, chunk INTEGER, place INTEGER);
"""

ReadIds = Callable[[Digest], pa.Array]
"""Returns the ids of a chunk, in row order, as an array of 16-byte values."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where an example stands: its id, and a row of a chunk that holds it."""

    id: bytes
    chunk: Digest
    row: int


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

        def search(connection: duckdb.DuckDBPyConnection) -> list[Located]:
            rows = connection.execute(
                """
                SELECT high, low, digest, place FROM examples JOIN chunks ON chunk = number
                WHERE high BETWEEN ? AND ?
                """,
                [_high(first), _high(last)],
            ).fetchall()
            order = {digest: position for position, digest in enumerate(chunks)}
            found = [
                Located(high.to_bytes(8, "big") + low.to_bytes(8, "big"), Digest(chunk), place)
                for high, low, chunk, place in rows
                if chunk in order
            ]
            inside = [each for each in found if first <= each.id <= last]
            return sorted(inside, key=lambda each: (each.id, order[each.chunk], each.row))

        return self._with_chunks(chunks, read_ids, search)

    def _with_chunks(
        self,
        chunks: Sequence[Digest],
        read_ids: ReadIds,
        search: Callable[[duckdb.DuckDBPyConnection], _T],
    ) -> _T:
        newest = self._newest()
        if newest is not None:
            try:
                with _opened(newest) as connection:
                    if not _missing(connection, chunks):
                        return search(connection)
                return self._renewed(newest, self._draft(newest), chunks, read_ids, search)
            except duckdb.Error:
                # Damaged, of another version, or gone: whatever it was, it can be made again.
                self._set_aside(newest)
        try:
            return self._renewed(None, self._draft(None), chunks, read_ids, search)
        except duckdb.Error:
            # Perhaps the disk is full; the answer needs none.
            return self._renewed(None, None, chunks, read_ids, search)

    def _renewed(
        self,
        newest: Path | None,
        draft: Path | None,
        chunks: Sequence[Digest],
        read_ids: ReadIds,
        search: Callable[[duckdb.DuckDBPyConnection], _T],
    ) -> _T:
        """Build the next generation in `draft` (memory), publish it, and search it."""
        connection = None
        try:
            connection = _connect(draft)
            if newest is None or draft is None:
                connection.execute(_SCHEMA)
            _insert(connection, _missing(connection, chunks), read_ids)
            result = search(connection)
        except BaseException:
            if draft is not None:
                draft.unlink(missing_ok=True)
            raise
        finally:
            if connection is not None:
                connection.close()
        if draft is not None:
            self._publish(draft)
        return result

    def _newest(self) -> Path | None:
        return max(self._generations(), default=None, key=_number)

    def _generations(self) -> list[Path]:
        """Return the files of all generations. Raises Corrupt (`foreign-file`) for a link."""
        if self._plain is None:
            return []
        found = [name for name in self._plain.names() if _GENERATION.fullmatch(name)]
        return [self._plain.path / name for name in found if self._plain.status(name)]

    def _draft(self, newest: Path | None) -> Path | None:
        """Return a new file to build in, begun as a copy of the newest; None if that fails."""
        if self._plain is None:
            return None
        draft = self._plain.path / f"draft-{temporary_name()}"
        try:
            self._plain.make()
            if newest is not None:
                with (
                    open(self._plain.open(newest.name), "rb") as source,
                    open(self._plain.open(draft.name, _NEW), "wb") as target,
                ):
                    shutil.copyfileobj(source, target, _COPIED_BYTES)
            elif not os.access(self._plain.path, os.W_OK):
                return None
        except OSError:
            return None
        return draft

    def _publish(self, draft: Path) -> None:
        assert self._plain is not None
        # Each step may lose a race or meet a full disk; the catalogue is then made another time.
        with contextlib.suppress(OSError):
            descriptor = self._plain.open(draft.name)
            os.fsync(descriptor)
            os.close(descriptor)
            older = self._generations()
            number = max(map(_number, older), default=0) + 1
            while _is_taken(self._plain.path / f"{number:08d}{_SUFFIX}"):
                number += 1
            self._plain.replace(f"{number:08d}{_SUFFIX}", draft.name)
            for each in older:
                self._plain.remove(each.name)

    def _set_aside(self, path: Path) -> None:
        assert self._plain is not None
        with contextlib.suppress(OSError):
            self._plain.replace(path.with_suffix(".damaged").name, path.name)


def _number(path: Path) -> int:
    return int(path.stem)


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _is_taken(path: Path) -> bool:
    return os.path.lexists(path) or os.path.lexists(_log_of(path))


def _connect(path: Path | None, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    place = ":memory:" if path is None else str(path)
    # A generation would have a folder of a foreseeable name beside it, which may be a link.
    aside = {"temp_directory": ""} if read_only else {}
    return duckdb.connect(place, read_only=read_only, config={**_REACHES_NOTHING, **aside})


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    if os.path.lexists(_log_of(path)):
        # A generation was closed before it got its name, so this log is nobody's of ours.
        raise duckdb.Error("the catalogue has a log beside it, which would be run")
    connection = _connect(path, read_only=True)
    try:
        _require_tables(connection)
        version = connection.execute("SELECT version FROM main.catalogue").fetchall()
        if version != [(_VERSION,)]:
            raise duckdb.Error("the catalogue is of another version")
        yield connection
    finally:
        connection.close()


def _require_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise duckdb.Error unless a database holds our tables alone: a view would be run."""
    columns = connection.execute(
        """
        SELECT table_name, column_name, data_type, column_default FROM duckdb_columns()
        WHERE NOT internal ORDER BY ALL
        """
    ).fetchall()
    (others,) = connection.execute(
        """
        SELECT (SELECT count(*) FROM duckdb_views() WHERE NOT internal)
             + (SELECT count(*) FROM duckdb_functions() WHERE NOT internal)
             + (SELECT count(*) FROM duckdb_types() WHERE NOT internal)
             + (SELECT count(*) FROM duckdb_tables() WHERE schema_name <> 'main')
        """
    ).fetchall()[0]
    if columns != _TABLES or others:
        raise duckdb.Error("the catalogue holds something that vault did not make")


def _missing(connection: duckdb.DuckDBPyConnection, chunks: Sequence[Digest]) -> list[Digest]:
    have = {digest for (digest,) in connection.execute("SELECT digest FROM chunks").fetchall()}
    return [each for each in dict.fromkeys(chunks) if each not in have]


def _insert(
    connection: duckdb.DuckDBPyConnection, chunks: Sequence[Digest], read_ids: ReadIds
) -> None:
    (count,) = connection.execute("SELECT count(*) FROM chunks").fetchall()[0]
    for number, digest in enumerate(chunks, start=int(count)):
        ids = read_ids(digest)
        rows = _halves(ids)
        connection.register("arriving", rows)
        connection.execute(f"INSERT INTO examples SELECT high, low, {number}, place FROM arriving")
        connection.unregister("arriving")
        connection.execute("INSERT INTO chunks VALUES (?, ?, ?)", [number, digest, len(ids)])


def _halves(ids: pa.Array) -> pa.Table:
    import numpy as np

    data = memoryview(ids.buffers()[1] or b"")
    start = ids.offset * ID_BYTES
    pairs = np.frombuffer(data[start : start + len(ids) * ID_BYTES], ">u8").reshape(-1, 2)
    return pa.table(
        {
            "high": pairs[:, 0].astype(np.uint64),
            "low": pairs[:, 1].astype(np.uint64),
            "place": np.arange(len(ids), dtype=np.int32),
        }
    )


def _high(each: bytes) -> int:
    return int.from_bytes(each[:8], "big")
