"""What tasks do on other machines for `dedupe`: each reads what it needs from the repository.

Rows travel as row keys, whose chunks are numbered as `Source.numbers` has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.catalogue.index.array_files import ArrayFiles, Arrays
from vault.dataset.reading.compared_texts import Part, read_compared_texts
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.dataset_texts import DatasetTexts
from vault.dataset.reading.kept_columns import ChunkColumns
from vault.dedupe.bands import BandPlan, Pairs, Tags, candidate_pairs, keys_of_large, tagged
from vault.dedupe.boilerplate import Counted, counted
from vault.dedupe.scratch import IN_MEMORY
from vault.dedupe.settled import Large, likely_pairs
from vault.dedupe.shingles import Shingles, is_first
from vault.dedupe.similarity import ShingleSets, Similarities, sets_of
from vault.dedupe.texts import Rows, Texts
from vault.dedupe.words import Hashes
from vault.errors import StorageFailed
from vault.objects.manifest import decode_manifest, encode_manifest
from vault.objects.runs import ChunkNumbers, RowKeys
from vault.operations.duplicates.signing.cached_signatures import (
    LessLeftOut,
    kept_signed,
    keys_by,
    signatures_by,
    turned,
)
from vault.operations.duplicates.signing.signing_work import columns_of
from vault.operations.duplicates.signing.templates_of_clusters import templates_in
from vault.progress import silent
from vault.store.backend import Backend
from vault.store.object_store import ObjectStore

_U = np.uint64


@dataclass(frozen=True, slots=True)
class Source:
    """Where a task finds a dataset, and which part of its conversations is compared."""

    backend: Backend
    catalogue: Path
    manifest: bytes
    numbers: ChunkNumbers
    part: Part

    def dataset(self) -> Dataset:
        """Open the dataset."""
        manifest = decode_manifest(self.manifest)
        return Dataset(ObjectStore(self.backend), manifest, numbers=self.numbers)

    def columns(self, keys: RowKeys) -> ChunkColumns:
        """Open what is kept of some rows in the catalogue."""
        return ChunkColumns(ArrayFiles(self.catalogue), self.dataset(), keys)


def source_of(dataset: Dataset, catalogue: Path, part: Part) -> Source:
    """Return where tasks find a dataset that is open here."""
    manifest = encode_manifest(dataset.manifest)
    return Source(dataset.store.backend, catalogue, manifest, dataset.numbers, part)


def read_rows(source: Source, keys: RowKeys) -> Arrays:
    """Return what rows are compared by: 50 bytes each. Raises Corrupt."""
    return columns_of(read_compared_texts(source.dataset(), keys, source.part, progress=silent))


def count_rows(source: Source, keys: RowKeys, hashes: Hashes) -> Counted:
    """Return the sets of the texts of rows, whose hashes are these. Raises Corrupt."""
    texts = DatasetTexts(source.dataset(), keys, source.part)
    return counted(texts.take(np.arange(len(keys))), hashes)


def templates_of_rows(source: Source, clusters: Sequence[RowKeys], without: Hashes) -> list[Hashes]:
    """Return the template of each cluster, empty where it has none. Raises Corrupt."""
    ends = np.cumsum([0, *map(len, clusters)])
    rows = [np.arange(first, end) for first, end in pairwise(ends.tolist())]
    return templates_in(source.dataset(), np.concatenate(clusters), rows, without)


def sign_rows(
    source: Source,
    keys: RowKeys,
    group: str,
    without: Hashes,
    plan: BandPlan,
    less: LessLeftOut | None,
) -> tuple[Hashes, NDArray[np.uint32]]:
    """Sign rows that are not signed, keep that, and return the identity and size of every row.

    Raises Corrupt.
    """
    dataset = source.dataset()

    def texts(rows: Rows) -> Texts:
        return read_compared_texts(dataset, keys[rows], source.part, progress=silent).texts

    columns = source.columns(keys)
    signed, _ = kept_signed(
        columns, group, texts, plan, without=without, scratch=IN_MEMORY, less=less
    )
    return signed.identity, signed.own


def pairs_of_bands(
    source: Source,
    keys: RowKeys,
    within: NDArray[np.uint32] | None,
    group: str,
    plan: BandPlan,
    bands: slice,
    cuts: Pairs,
) -> list[Any]:
    """Return the pairs of places among `keys` that meet in some bands, cut at `cuts`, ascending.

    After them comes a `Large`: the buckets of many texts. Raises StorageFailed (`catalogue-full`).
    """
    kept = keys_by(source.columns(keys), group, plan, _refuse)
    large = Large([], [])

    def each_band() -> Iterator[Tags]:
        places = np.arange(len(keys))
        found = turned(kept, len(keys), bands)
        for band, own in enumerate(found, bands.start):
            tags = tagged(own if within is None else own ^ within, places)
            large.add(band, keys_of_large(tags))
            yield tags

    pairs = candidate_pairs(each_band())
    return [*np.split(pairs, np.searchsorted(pairs, cuts)), large]


def likely_of(
    source: Source, keys: RowKeys, group: str, threshold: float, *parts: Pairs
) -> tuple[Pairs, NDArray[np.uint8]]:
    """Return pairs of places among `keys` whose estimate is not too low, and how many agree.

    Raises StorageFailed (`catalogue-full`).
    """
    pairs = np.sort(np.concatenate([np.zeros(0, np.uint64), *parts]))
    pairs = pairs[is_first(pairs)]
    if not len(pairs):
        return pairs, np.zeros(0, np.uint8)
    places = np.sort(np.concatenate([pairs >> _U(32), pairs & _U(0xFFFF_FFFF)])).astype(np.int64)
    places = places[is_first(places)]
    minima = signatures_by(source.columns(keys[places]), group, _refuse)["minima"]
    rows = np.zeros(len(keys), np.int64)
    rows[places] = np.arange(len(places))
    return likely_pairs(pairs, minima, rows, threshold)


def sets_of_rows(
    source: Source,
    keys: RowKeys,
    rows: Rows,
    own: NDArray[np.uint32],
    without: Hashes,
    bounds: Rows,
) -> list[ShingleSets]:
    """Return the sets of rows with these keys, cut at `bounds`; ascending in each part.

    `own` says how many shingles each has at most. Raises Corrupt.
    """
    texts = DatasetTexts(source.dataset(), keys, source.part)
    every = np.arange(len(keys))
    sets = sets_of(texts, every, own=own, without=without, scratch=IN_MEMORY).sets
    return [
        ShingleSets(rows[first:last], sets.of(every[first:last]))
        for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    ]


def joined_sets(*parts: ShingleSets) -> ShingleSets:
    """Return the sets of all rows, which must be different ones, as one."""
    rows = np.concatenate([each.rows for each in parts])
    order = np.argsort(rows, kind="stable")
    counts = np.concatenate([each.sets.counts() for each in parts])
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    hashes = np.concatenate([each.sets.hashes for each in parts])
    return ShingleSets(rows[order], Shingles(hashes, offsets).of(order))


def compare_rows(first: Rows, second: Rows, *sets: ShingleSets) -> Similarities:
    """Return the true similarity of pairs of rows, all of which are in some of the sets."""
    held = sets[0] if len(sets) == 1 else joined_sets(*sets)
    return held.similarity(first, second)


def _refuse(rows: Rows) -> Arrays:
    raise StorageFailed(
        f"what was kept of {len(rows)} examples is not in the catalogue: is its disk full?",
        code="catalogue-full",
        hint="free some space (`df .vault/catalogue`) and run the command again",
    )


def merged_large(parts: Sequence[Large]) -> Large:
    """Return the large buckets of consecutive bands as one."""
    return Large(
        [band for each in parts for band in each.band], [key for each in parts for key in each.key]
    )
