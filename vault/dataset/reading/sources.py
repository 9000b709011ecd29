"""Which source the rows of a dataset belong to: where they were read, unless adopted since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset
from vault.objects.adoption import Adoption, decode_adoptions, encode_adoptions
from vault.objects.digest import Digest
from vault.objects.runs import ROW_BITS, RowKeys, Runs, in_both, only_in

Claims = Sequence[tuple[str, RowKeys]]
"""Rows that from now on belong to a source, for each of some sources; no row twice."""


def rows_of_source(dataset: Dataset, keys: RowKeys, source: str) -> NDArray[np.bool_]:
    """Tell for each row whether it belongs to a source. Costs reading the sources of its chunks."""
    own = _read_from(dataset, keys, source)
    if dataset.manifest.adopted is None:
        return own
    order = np.argsort(keys, kind="stable")
    for owner, first, last in _adopted_ranges(dataset, keys[order]):
        own[order[first:last]] = owner == source
    return own


def counts_of_sources(dataset: Dataset, keys: RowKeys) -> dict[str, int]:
    """Return how many rows belong to each source."""
    if dataset.manifest.adopted is not None:
        return dict(Counter(source_of_each(dataset, keys)))
    column = dataset.columns(keys, ["source"]).column("source").cast(pa.string())
    return {str(each["values"]): each["counts"] for each in column.value_counts().to_pylist()}


def source_of_each(dataset: Dataset, keys: RowKeys) -> list[str]:
    """Return the source that each row belongs to."""
    sources: list[str] = dataset.columns(keys, ["source"]).column("source").to_pylist()
    if dataset.manifest.adopted is not None:
        order = np.argsort(keys, kind="stable")
        for owner, first, last in _adopted_ranges(dataset, keys[order]):
            for place in order[first:last].tolist():
                sources[place] = owner
    return sources


def adopted_after(
    dataset: Dataset, keys: RowKeys, arranged: RowKeys, claims: Claims
) -> Digest | None:
    """Return the adoptions that hold once a dataset of rows `keys` has become `arranged`.

    A row that leaves loses its adoption: if it ever comes back, it belongs to the file that brings
    it. Stores them sorted, so that equal adoptions are one object; None if there are none.
    """
    if dataset.manifest.adopted is None and not claims:
        return None
    claimed = np.concatenate([np.zeros(0, np.uint64), *(rows for _, rows in claims)])
    both = in_both(keys, arranged)
    staying = both[only_in(both, claimed)]
    result = _kept_adoptions(dataset, staying)
    for source, rows in claims:
        foreign = np.sort(rows[~_read_from(dataset, rows, source)])
        result += _adoptions(dataset, foreign, source)
    if not result:
        return None
    return dataset.store.put(encode_adoptions(sorted(result, key=lambda a: (a.chunk, a.first))))


def _kept_adoptions(dataset: Dataset, staying: RowKeys) -> list[Adoption]:
    if dataset.manifest.adopted is None:
        return []
    owner = np.full(len(staying), -1)
    numbers: dict[str, int] = {}
    for source, first, last in _adopted_ranges(dataset, staying):
        owner[first:last] = numbers.setdefault(source, len(numbers))
    return [
        each
        for source, number in numbers.items()
        for each in _adoptions(dataset, staying[owner == number], source)
    ]


def _adoptions(dataset: Dataset, ordered: RowKeys, source: str) -> list[Adoption]:
    return [
        Adoption(chunk, first, rows, source)
        for chunk, first, rows in Runs.from_keys(dataset.numbers, ordered).triples()
    ]


def _adopted_ranges(dataset: Dataset, ordered: RowKeys) -> Iterator[tuple[str, int, int]]:
    """Yield each adoption's source, and where its rows begin and end among ordered row keys.

    Costs two searches for all of them: there may be one for every few rows.
    """
    if dataset.manifest.adopted is None:
        return
    adoptions = decode_adoptions(dataset.store.get(dataset.manifest.adopted))
    chunks = [dataset.numbers.number(each.chunk) for each in adoptions]
    starts = np.array(chunks, np.uint64) << np.uint64(ROW_BITS)
    starts += np.array([each.first for each in adoptions], np.uint64)
    ends = starts + np.array([each.rows for each in adoptions], np.uint64)
    first, last = (np.searchsorted(ordered, each).tolist() for each in (starts, ends))
    for adoption, begin, end in zip(adoptions, first, last, strict=True):
        yield adoption.source, begin, end


def _read_from(dataset: Dataset, keys: RowKeys, source: str) -> NDArray[np.bool_]:
    table: pa.Table = dataset.columns(keys, ["source"])
    return np.array(pc.equal(table.column("source"), source).to_numpy(), np.bool_)
