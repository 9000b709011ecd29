"""Pages of runs: how a manifest's order of examples is cut, stored and read.

Pages end where the run itself says so (a content-defined cut), so an edit changes the page it is
in and leaves its neighbours as they were, however many runs it adds. Pure; needs pyarrow.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from vault.errors import Corrupt
from vault.objects.digest import Digest
from vault.objects.parquet_bytes import UNREADABLE, from_parquet, to_parquet
from vault.objects.runs import ChunkNumbers, Runs

LEAST_RUNS = 1_024
MOST_RUNS = 8_192
"""A page has at most this many runs, and at least LEAST_RUNS unless it is the last."""

_CUT_MASK = np.uint64(2_047)
_MIX = np.uint64(0x9E37_79B9_7F4A_7C15)

_SCHEMA = pa.schema(
    [
        pa.field("chunk", pa.binary(32), nullable=False),
        pa.field("first", pa.uint32(), nullable=False),
        pa.field("rows", pa.uint32(), nullable=False),
    ]
)


def cut_pages(runs: Runs) -> list[Runs]:
    """Return the runs in consecutive pages; the same runs give the same pages anywhere."""
    pages = []
    start = 0
    candidates = np.flatnonzero(_cut_here(runs))
    while start < len(runs):
        place = np.searchsorted(candidates, start + LEAST_RUNS - 1)
        end = int(candidates[place]) + 1 if place < len(candidates) else len(runs)
        end = min(end, start + MOST_RUNS, len(runs))
        cut = slice(start, end)
        pages.append(Runs(runs.numbers, runs.chunk[cut], runs.first[cut], runs.rows[cut]))
        start = end
    return pages


def _cut_here(runs: Runs) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    # The chunk's own digest decides, never its number: numbers differ between repositories.
    heads = np.array(
        [int(runs.numbers.digest(number)[:16], 16) for number in range(len(runs.numbers))],
        np.uint64,
    )
    mixed = (heads[runs.chunk] ^ runs.first.astype(np.uint64)) * _MIX
    return np.asarray((mixed >> np.uint64(40)) & _CUT_MASK == 0)


def encode_page(runs: Runs) -> bytes:
    """Return the bytes of one page: about 2.5 bytes a run."""
    digests = [bytes.fromhex(runs.numbers.digest(number)) for number in range(len(runs.numbers))]
    used, place = np.unique(runs.chunk, return_inverse=True)
    chunk = pa.DictionaryArray.from_arrays(
        pa.array(place, pa.int32()),
        pa.array([digests[number] for number in used.tolist()], pa.binary(32)),
    ).cast(pa.binary(32))
    table = pa.Table.from_arrays(
        [chunk, pa.array(runs.first, pa.uint32()), pa.array(runs.rows, pa.uint32())], schema=_SCHEMA
    )
    return to_parquet(
        table,
        use_dictionary=["chunk"],
        column_encoding={"first": "DELTA_BINARY_PACKED", "rows": "DELTA_BINARY_PACKED"},
    )


def decode_page(data: bytes, numbers: ChunkNumbers) -> Runs:
    """Return the runs of one page, their chunks numbered by `numbers`. Raises Corrupt."""
    try:
        table = from_parquet(data, _SCHEMA)
        chunk = table.column("chunk").dictionary_encode().combine_chunks()
        named = [numbers.number(Digest(each.hex())) for each in chunk.dictionary.to_pylist()]
        return Runs(
            numbers,
            np.array(named, np.int64)[chunk.indices.to_numpy()],
            table.column("first").to_numpy().astype(np.int64),
            table.column("rows").to_numpy().astype(np.int64),
        )
    except UNREADABLE as error:
        raise Corrupt(
            f"a page of runs cannot be read: {error}",
            code="page-unreadable",
            hint="`vault fsck` tells which objects are damaged",
        ) from None
