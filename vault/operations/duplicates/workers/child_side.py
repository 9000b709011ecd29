"""One process of several that `dedupe` works in: what it reads it holds, and what follows it makes.

The process that was started by a person is one of them, its children are the others. A child is
told rows by the stretches that they are in, because what is sent must fit into a pipe while it is
at work; what it makes of many it leaves in the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.catalogue.index.array_files import Arrays
from vault.dataset.reading.compared_texts import ComparedTexts, read_compared_texts
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.dataset_texts import DatasetTexts
from vault.dedupe.bands import BandPlan
from vault.dedupe.boilerplate import NOTHING, Counted, counted_in
from vault.dedupe.scratch import IN_MEMORY, Scratch
from vault.dedupe.shingles import Shingles, as_sets, left_out, ranges, shingles_of
from vault.dedupe.shingles_by_row import ShingledRows, ShinglesByRow, joined
from vault.dedupe.templates import Asked, asked_together
from vault.dedupe.texts import Rows, Texts, cut_blocks
from vault.dedupe.words import Hashes
from vault.objects.runs import RowKeys, inverse_of
from vault.operations.duplicates.signing.cached_signatures import LessLeftOut, kept_signed
from vault.operations.duplicates.signing.signing_work import columns_of
from vault.operations.duplicates.signing.templates_of_clusters import (
    read_asked,
    templates_among,
)
from vault.operations.duplicates.workers.cluster_tasks import Source
from vault.processes.child import answer_parent
from vault.processes.memory import give_back_memory
from vault.progress import silent


class TextHolder:
    """Holds the shingles of rows that it has read; others it reads in passing.

    Rows are places in the dataset. Shingles that `scratch` has no memory for lie in files. Each
    method may raise Corrupt and StorageFailed, and none returns None, which a pipe cannot tell from
    its end.
    """

    def __init__(self, source: Source, dataset: Dataset, keys: RowKeys, scratch: Scratch) -> None:
        self._source = source
        self._dataset = dataset
        self._keys = keys
        self._held = ShinglesByRow(len(keys), scratch)
        self._given = np.zeros(len(keys), np.uint64)
        self._without = NOTHING
        self._less: LessLeftOut | None = None

    def read(self, rows: Rows) -> Arrays:
        """Return what rows are compared by, 50 bytes each, and hold their shingles."""
        return columns_of(self._hold(rows))

    def count(self, rows: Rows, hashes: Hashes) -> Counted:
        """Return the sets of the texts of rows, whose hashes are these."""
        return counted_in(self._shingles(rows), hashes)

    def leave_out(self, without: Hashes, less: LessLeftOut | None) -> int:
        """Leave out some boilerplate from now on; return how many shingles that are.

        `less` tells where rows are signed with less left out.
        """
        self._without, self._less = without, less
        give_back_memory()
        return len(without)

    def sign(self, rows: Rows, group: str, plan: BandPlan) -> int:
        """Sign rows, keep that in the catalogue, hold their shingles; return how many they are.

        No other process may sign rows of the same chunks meanwhile.
        """

        def shingled(places: Rows) -> ShingledRows:
            wanted = rows[places]
            self._hold(wanted[~self._held.holds(wanted)])
            return ShingledRows(self._held, wanted)

        columns = self._source.columns(self._keys[rows])
        without, less = self._without, self._less
        kept_signed(columns, group, shingled, plan, without=without, scratch=IN_MEMORY, less=less)
        return len(rows)

    def asked(self, rows: Rows) -> Asked:
        """Return what the prompts and answers of rows are compared by."""
        is_held = self._held.holds(rows)
        held, others = rows[is_held], rows[~is_held]
        found = Asked(self._held.prompts(held), self._given[held])
        if not len(others):
            return found
        found = asked_together([found, read_asked(self._dataset, self._keys[others])])
        return found.of(inverse_of(np.argsort(~is_held, kind="stable")))

    def templates(
        self, rows: Rows, sizes: Sequence[int], asked: Asked, without: Hashes
    ) -> list[Hashes]:
        """Return the templates of clusters, whose rows and prompts stand one after the other."""
        assert len(rows) == len(asked)
        return templates_among(asked, sizes, without)

    def sets(self, rows: Rows) -> Shingles:
        """Return the sets of shingles of rows, at most 65,536."""
        return as_sets(left_out(self._shingles(rows), self._without))

    def _shingles(self, rows: Rows) -> Shingles:
        is_held = self._held.holds(rows)
        if is_held.all():
            return self._held.of(rows)
        texts = DatasetTexts(self._dataset, self._keys, self._source.part)
        passing = Texts([texts.take(rows[~is_held])])
        blocks = cut_blocks(passing.sizes())
        parts = [shingles_of(passing.block(*block)) for block in blocks]
        found = joined([*parts, self._held.of(rows[is_held])])
        return found.of(inverse_of(np.argsort(is_held, kind="stable")))

    def _hold(self, rows: Rows) -> ComparedTexts:
        """Read rows, and hold their shingles from then on."""
        keys, part = self._keys[rows], self._source.part
        found = read_compared_texts(self._dataset, keys, part, progress=silent)
        self._held.add(rows, found.texts, found.asked)
        self._given[rows] = found.given
        return found


@dataclass(frozen=True, slots=True)
class Stretches:
    """Rows as a child is told them: where stretches of them begin, and how long these are."""

    begins: NDArray[np.uint32]
    sizes: NDArray[np.uint32]

    def rows(self) -> Rows:
        """Return the rows."""
        return ranges(self.begins.astype(np.int64), self.sizes.astype(np.int64))


def stretches_of(rows: Rows) -> Stretches:
    """Return rows in their order, as few stretches as there are."""
    first = np.ones(len(rows), np.bool_)
    first[1:] = np.diff(rows) != 1
    begins = np.flatnonzero(first)
    sizes = np.diff(np.append(begins, len(rows)))
    return Stretches(rows[begins].astype(np.uint32), sizes.astype(np.uint32))


def serve() -> None:
    """Be a child: hold texts and do what the parent asks, until it asks no more."""
    answer_parent(answers)


def answers(messages: Iterator[Any]) -> Iterator[Any]:
    """Yield the answer to each message but the first, which tells where the dataset is."""
    begun = next(messages, None)
    if begun is None:
        return  # the parent is gone
    source, scratch = begun
    dataset = source.dataset()
    holder = TextHolder(source, dataset, dataset.keys(), scratch)
    for name, *arguments in messages:
        given = [each.rows() if isinstance(each, Stretches) else each for each in arguments]
        yield getattr(holder, name)(*given)
