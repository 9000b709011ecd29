"""A dataset opened for reading: the runs of a manifest, and columns and records by row key.

Everything read passes the object store, so every byte was checked against its digest. Chunks are
fetched and decoded by a few threads, since hashing and decompressing release the interpreter lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.objects.chunk import DERIVED, decode_chunk, decode_facts, decode_records
from vault.objects.conversation import DERIVATION
from vault.objects.digest import ID_BYTES, Digest
from vault.objects.manifest import Manifest, PageReference, decode_manifest
from vault.objects.run_page import cut_pages, decode_page, encode_page
from vault.objects.runs import ChunkNumbers, RowKeys, Runs, inverse_of, key_parts
from vault.processes.threads import in_threads
from vault.store.object_store import ObjectStore


class Dataset:
    """The examples of one manifest, in order.

    Row keys of datasets that were opened with the same `numbers` can be compared.
    """

    def __init__(
        self, store: ObjectStore, manifest: Manifest, *, numbers: ChunkNumbers | None = None
    ) -> None:
        self.store = store
        self.manifest = manifest
        self.numbers = ChunkNumbers() if numbers is None else numbers

    def runs(self, *, without: frozenset[Digest] = frozenset()) -> Runs:
        """Return all runs, or those of pages not in `without`."""
        wanted = [each.page for each in self.manifest.pages if each.page not in without]
        pages = [decode_page(self.store.get(page), self.numbers) for page in wanted]
        return Runs.concatenate(self.numbers, pages)

    def keys(self) -> RowKeys:
        """Return the row key of every example, in order."""
        return self.runs().keys()

    def by_chunk(self, names: Sequence[str]) -> Iterator[tuple[RowKeys, pa.Table]]:
        """Yield the row keys and columns of the examples, chunk by chunk, in no dataset order.

        Each chunk is read once and a few are in memory at a time, whatever the order of runs.
        """
        runs = self.runs()
        order = np.argsort(runs.chunk, kind="stable")
        bounds = np.flatnonzero(np.diff(runs.chunk[order], prepend=-1, append=-1)).tolist()

        def read(part: tuple[int, int]) -> tuple[RowKeys, pa.Table]:
            own = order[part[0] : part[1]]
            one = Runs(self.numbers, runs.chunk[own], runs.first[own], runs.rows[own])
            keys = np.sort(one.keys())
            return keys, gather(self.store, self.numbers, keys, names)

        return in_threads(read, pairwise(bounds))

    def ids(self) -> NDArray[np.void]:
        """Return the ids of all examples, in no dataset order: 16 bytes each."""
        result = np.empty(self.manifest.examples, f"V{ID_BYTES}")
        done = 0
        for keys, table in self.by_chunk(["id"]):
            result[done : done + len(keys)] = ids_of(table)
            done += len(keys)
        return result

    def columns(self, keys: RowKeys, names: Sequence[str]) -> pa.Table:
        """Return chunk columns of these rows, in the order of `keys`; each chunk is read once."""
        return gather(self.store, self.numbers, keys, names)


def open_dataset(
    store: ObjectStore, manifest: Digest | None, *, numbers: ChunkNumbers | None = None
) -> Dataset:
    """Open the dataset of a stored manifest; None is the empty dataset."""
    root = Manifest() if manifest is None else decode_manifest(store.get(manifest))
    return Dataset(store, root, numbers=numbers)


def store_pages(store: ObjectStore, runs: Runs) -> tuple[PageReference, ...]:
    """Store runs as pages and return the references for a manifest."""
    return tuple(
        PageReference(store.put(encode_page(page)), page.examples) for page in cut_pages(runs)
    )


def gather(
    store: ObjectStore, numbers: ChunkNumbers, keys: RowKeys, names: Sequence[str]
) -> pa.Table:
    """Return chunk columns of rows, in the order of `keys`; each chunk is fetched once."""
    order = np.argsort(keys, kind="stable")
    chunk, row = key_parts(keys[order])
    bounds = np.flatnonzero(np.diff(chunk, prepend=-1, append=-1))
    parts = list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))

    def fetch(part: tuple[int, int]) -> pa.Table:
        start, end = part
        digest = numbers.digest(int(chunk[start]))
        return chunk_table(store, digest, names, rows=row[start:end])

    tables = list(in_threads(fetch, parts))
    if not tables:
        from vault.objects.chunk import CHUNK_SCHEMA

        return pa.schema([CHUNK_SCHEMA.field(name) for name in names]).empty_table()
    table = pa.concat_tables(tables).combine_chunks()
    if bool((np.diff(order) == 1).all()):
        return table
    return table.take(pa.array(inverse_of(order)))


def chunk_table(
    store: ObjectStore,
    chunk: Digest,
    names: Sequence[str],
    *,
    data: bytes | None = None,
    rows: NDArray[np.int64] | None = None,
    as_dictionaries: bool = False,
) -> pa.Table:
    """Return columns of a chunk as the present derivation sees it, in the order of `names`.

    They are read from the chunk object by `decode_chunk`; only the DERIVED columns of a chunk of
    another derivation come from `derived_table`. `data` is the chunk object where the caller has
    it already. Raises Corrupt.
    """
    data = store.get(chunk) if data is None else data
    derived = [name for name in names if name in DERIVED]
    facts = decode_facts(data) if derived else None
    if facts is None or facts.derivation == DERIVATION:
        return decode_chunk(data, names, as_dictionaries=as_dictionaries, rows=rows)
    from vault.dataset.reading.derived_chunks import derived_table

    table = derived_table(
        store, chunk, data, facts, derived, as_dictionaries=as_dictionaries, rows=rows
    )
    own = [name for name in names if name not in DERIVED]
    if own:
        stored = decode_chunk(data, own, as_dictionaries=as_dictionaries, rows=rows)
        for name in own:
            table = table.append_column(stored.field(name), stored.column(name))
    return table.select(list(names))


def ids_of(table: pa.Table, column: str = "id") -> NDArray[np.void]:
    """Return an id column as an array of 16-byte values."""
    array = table.column(column).combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], array.type)
    start = array.offset * ID_BYTES
    data = b"" if not len(array) else array.buffers()[1]
    length = len(array) * ID_BYTES
    return np.frombuffer(memoryview(data)[start : start + length], dtype=f"V{ID_BYTES}")


def hashes_of(table: pa.Table, column: str) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return a 64-bit key column and which rows have a key (others are 0)."""
    array = table.column(column)
    valid = np.asarray(array.is_valid().to_numpy(zero_copy_only=False), np.bool_)
    return array.fill_null(0).to_numpy().astype(np.uint64, copy=False), valid


def records_of(
    store: ObjectStore, chunk: Digest, rows: NDArray[np.int64] | None = None
) -> pa.StringArray:
    """Return the JSON texts of all rows of a chunk, or of some, which are ascending."""
    return decode_records(store.get(decode_facts(store.get(chunk)).records), rows)
