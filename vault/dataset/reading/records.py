"""The records of a dataset as JSON texts, in any order, in bounded memory.

In dataset order every chunk is decoded about once, a few ahead by threads. An order that jumps
about (a shuffle) would decode every chunk again and again, so the texts are first spilled to a
temporary file and then read from there.
"""

from __future__ import annotations

import mmap
import tempfile
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from itertools import chain, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vault.dataset.reading.dataset import Dataset, records_of
from vault.objects.chunk import Rows
from vault.objects.digest import Digest
from vault.objects.runs import ChunkNumbers, RowKeys, inverse_of, key_parts
from vault.processes.threads import in_threads
from vault.store.object_store import ObjectStore

WINDOW = 32_768
"""Records handed out at once, at most."""

_LEAST_WINDOW = 1_024
_WINDOW_CHUNKS = 4
_KEPT_CHUNKS = 6
_MOST_VISITS = 3
_SPILLED_BYTES = 32 << 20


def record_arrays(dataset: Dataset, keys: RowKeys) -> Iterator[pa.StringArray]:
    """Yield the JSON texts of rows, in the order of `keys`, in arrays of at most WINDOW.

    Memory is bounded by a few chunks (8 MB of text each), whatever the order. Raises Corrupt.
    """
    windows = _windows(keys)
    if _jumps_about(windows):
        yield from _spilled(dataset, keys)
    else:
        yield from _by_window(dataset, windows)


def numbered_arrays(dataset: Dataset, keys: RowKeys) -> Iterator[tuple[int, pa.StringArray]]:
    """Yield the arrays of `record_arrays`, each with the place of its first row among `keys`."""
    start = 0
    for array in record_arrays(dataset, keys):
        yield start, array
        start += len(array)


def record_texts(dataset: Dataset, keys: RowKeys) -> Iterator[bytes]:
    """Yield the JSON text of each row, in the order of `keys`."""
    for array in record_arrays(dataset, keys):
        yield from array.cast(pa.binary()).to_pylist()


def joined_lines(array: pa.StringArray) -> memoryview:
    """Return the texts of an array, each ended by LF, as one buffer."""
    if not len(array):
        return memoryview(b"")
    end, nothing = (pa.scalar(each, pa.large_string()) for each in ("\n", ""))
    lines = pc.binary_join_element_wise(array.cast(pa.large_string()), end, nothing)
    return memoryview(lines.buffers()[2])


def _visited(window: RowKeys) -> list[int]:
    """Return the numbers of the chunks that a window has rows of, ascending."""
    chunk, _ = key_parts(window)
    # Rows of a chunk mostly follow one another: few are left to sort.
    return sorted(set(chunk[np.diff(chunk, prepend=-1) != 0].tolist()))


def _by_window(dataset: Dataset, windows: list[RowKeys]) -> Iterator[pa.StringArray]:
    visits = Counter(chain.from_iterable(map(_visited, windows)))
    chunks = _Chunks(dataset.store, visits)
    yield from in_threads(lambda window: _window(dataset, chunks, window), windows)


class _Chunks:
    """Decoded records of the chunks used last; each is decoded by one thread only.

    Of a chunk that one window alone visits, only the row groups of its rows are decoded.
    """

    def __init__(self, store: ObjectStore, visits: Counter[int]) -> None:
        self._store = store
        self._visits = visits
        self._lock = threading.Lock()
        self._held: OrderedDict[Digest, Future[pa.StringArray]] = OrderedDict()

    def rows(self, numbers: ChunkNumbers, number: int, rows: Rows) -> pa.StringArray:
        """Return the texts of some rows of a chunk, in any order."""
        chunk = numbers.digest(number)
        if self._visits[number] == 1 and bool((rows[1:] >= rows[:-1]).all()):
            return records_of(self._store, chunk, rows)
        return _rows(self._texts(chunk), rows)

    def _texts(self, chunk: Digest) -> pa.StringArray:
        with self._lock:
            future = self._held.get(chunk)
            is_mine = future is None
            if future is None:
                future = self._held[chunk] = Future()
                while len(self._held) > _KEPT_CHUNKS:
                    self._held.popitem(last=False)
            self._held.move_to_end(chunk)
        if is_mine:
            try:
                future.set_result(records_of(self._store, chunk))
            except BaseException as error:
                future.set_exception(error)
        return future.result()


def _window(dataset: Dataset, chunks: _Chunks, keys: RowKeys) -> pa.StringArray:
    chunk, row = key_parts(keys)
    if bool((chunk == chunk[0]).all()):
        return chunks.rows(dataset.numbers, int(chunk[0]), row)
    order = np.argsort(chunk, kind="stable")
    bounds = np.flatnonzero(np.diff(chunk[order], prepend=-1, append=-1)).tolist()
    parts = [
        chunks.rows(dataset.numbers, int(chunk[order[start]]), row[order[start:end]])
        for start, end in pairwise(bounds)
    ]
    together = pa.concat_arrays(parts)
    is_ordered = bool((np.diff(order) == 1).all())
    return together if is_ordered else together.take(pa.array(inverse_of(order)))


def _rows(texts: pa.StringArray, rows: Rows) -> pa.Array:
    if bool((np.diff(rows) == 1).all()):
        return texts.slice(int(rows[0]), len(rows))
    return texts.take(pa.array(rows))


def _windows(keys: RowKeys) -> list[RowKeys]:
    """Cut row keys where a window has enough rows, or would need another chunk in memory.

    Rows of one chunk that follow one another are handed out without being copied, so a window also
    ends before another chunk once it is worth its while.
    """
    chunk, _ = key_parts(keys)
    ends = np.append(np.flatnonzero(np.diff(chunk)) + 1, len(keys)).tolist()
    windows = []
    first = start = 0
    held: set[int] = set()
    for end in ends if len(keys) else []:
        number = int(chunk[start])
        is_full = len(held) == _WINDOW_CHUNKS or start - first >= _LEAST_WINDOW
        # Never within a chunk: threads would wait for one another to decode it.
        if number not in held and is_full and start > first:
            windows.append(keys[first:start])
            first, held = start, set()
        held.add(number)
        while end - first >= WINDOW:
            windows.append(keys[first : first + WINDOW])
            first += WINDOW
            held = {number}
        start = end
    if first < len(keys):
        windows.append(keys[first:])
    return windows


def _jumps_about(windows: list[RowKeys]) -> bool:
    """Tell whether going window by window would decode chunks many times over."""
    kept: OrderedDict[int, None] = OrderedDict()
    seen: set[int] = set()
    decoded = 0
    for numbers in map(_visited, windows):
        for number in numbers:
            decoded += number not in kept
            seen.add(number)
            kept[number] = None
            kept.move_to_end(number)
            if len(kept) > _KEPT_CHUNKS:
                kept.popitem(last=False)
    return len(seen) > _KEPT_CHUNKS and decoded > _MOST_VISITS * len(seen)


def _spilled(dataset: Dataset, keys: RowKeys) -> Iterator[pa.StringArray]:
    order = np.argsort(keys, kind="stable")
    length = np.empty(len(keys), np.int64)
    with tempfile.TemporaryFile() as file:
        done = 0
        for array in _by_window(dataset, _windows(keys[order])):
            offsets = np.frombuffer(array.buffers()[1], np.int32)[array.offset :][: len(array) + 1]
            file.write(memoryview(array.buffers()[2])[int(offsets[0]) : int(offsets[-1])])
            length[order[done : done + len(array)]] = np.diff(offsets)
            done += len(array)
        file.flush()
        start = np.empty(len(keys), np.int64)
        start[order] = np.cumsum(length[order]) - length[order]
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as spilled:
            for first, last in _spilled_windows(length):
                window = slice(first, last)
                texts = [
                    spilled[at : at + size]
                    for at, size in zip(
                        start[window].tolist(), length[window].tolist(), strict=True
                    )
                ]
                yield pa.array(texts, pa.binary()).view(pa.string())


def _spilled_windows(
    length: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> Iterator[tuple[int, int]]:
    ends = np.cumsum(length)
    first = 0
    while first < len(length):
        before = int(ends[first - 1]) if first else 0
        last = int(np.searchsorted(ends, before + _SPILLED_BYTES, side="right"))
        last = min(max(last, first + 1), first + WINDOW)
        yield first, last
        first = last
