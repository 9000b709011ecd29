"""One generation of the catalogue: a DuckDB database that says where examples of some chunks stand.

It may be a stranger's: it is opened without access to files, network and extensions, and read only
if it holds our three tables and nothing else: no view, macro or computed column.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from vault.objects.digest import ID_BYTES, Digest

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


@dataclass(slots=True)
class Generation:
    """A database that is open; `chunks` are those that it knows, with their numbers of examples.

    Every method raises duckdb.Error where the database is damaged.
    """

    path: Path | None
    connection: duckdb.DuckDBPyConnection
    chunks: dict[Digest, int] = field(default_factory=dict)

    @property
    def examples(self) -> int:
        """The number of examples that it knows."""
        return sum(self.chunks.values())

    def locate(self, first: bytes, last: bytes) -> Iterable[Located]:
        """Yield the places of all ids from `first` to `last`, in no order; scans 16 bytes each."""
        rows = self.connection.execute(
            """
            SELECT high, low, digest, place FROM examples JOIN chunks ON chunk = number
            WHERE high BETWEEN ? AND ?
            """,
            [_high(first), _high(last)],
        ).fetchall()
        for high, low, chunk, place in rows:
            each = high.to_bytes(8, "big") + low.to_bytes(8, "big")
            if first <= each <= last:
                yield Located(each, Digest(chunk), place)

    def add(self, chunks: Iterable[Digest], read_ids: ReadIds) -> None:
        """Take in chunks. Raises what `read_ids` raises."""
        for digest in chunks:
            self._insert(digest, _halves(read_ids(digest)))

    def take_over(self, other: Generation) -> None:
        """Take in the chunks of another generation, without reading any of them."""
        for digest in [each for each in other.chunks if each not in self.chunks]:
            query = """
                SELECT high, low, place FROM examples JOIN chunks ON chunk = number
                WHERE digest = ? ORDER BY place
            """
            rows = other.connection.sql(query, params=[digest]).to_arrow_table()
            self._insert(digest, rows)

    def _insert(self, digest: Digest, rows: pa.Table) -> None:
        number = len(self.chunks)
        self.connection.register("arriving", rows)
        self.connection.execute(
            f"INSERT INTO examples SELECT high, low, {number}, place FROM arriving"
        )
        self.connection.unregister("arriving")
        self.connection.execute(
            "INSERT INTO chunks VALUES (?, ?, ?)", [number, digest, rows.num_rows]
        )
        self.chunks[digest] = rows.num_rows


def new_generation(path: Path | None) -> Generation:
    """Return an empty generation in a new file, or in memory. Raises duckdb.Error."""
    connection = _connect(path)
    connection.execute(_SCHEMA)
    return Generation(path, connection)


def open_generation(path: Path) -> Generation:
    """Open a generation for reading; the caller closes its connection. Raises duckdb.Error."""
    if os.path.lexists(log_of(path)):
        # A generation was closed before it got its name, so this log is nobody's of ours.
        raise duckdb.Error("the catalogue has a log beside it, which would be run")
    connection = _connect(path, read_only=True)
    try:
        _require_tables(connection)
        version = connection.execute("SELECT version FROM main.catalogue").fetchall()
        if version != [(_VERSION,)]:
            raise duckdb.Error("the catalogue is of another version")
        chunks = connection.execute("SELECT digest, examples FROM chunks").fetchall()
    except BaseException:
        connection.close()
        raise
    return Generation(path, connection, {Digest(digest): count for digest, count in chunks})


def log_of(path: Path) -> Path:
    """Return the path of the write-ahead log that DuckDB may keep beside a database."""
    return path.with_name(f"{path.name}.wal")


def _connect(path: Path | None, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    place = ":memory:" if path is None else str(path)
    # A generation would have a folder of a foreseeable name beside it, which may be a link.
    aside = {"temp_directory": ""} if read_only else {}
    return duckdb.connect(place, read_only=read_only, config={**_REACHES_NOTHING, **aside})


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


def _halves(ids: pa.Array) -> pa.Table:
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
