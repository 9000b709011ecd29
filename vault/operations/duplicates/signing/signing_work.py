"""Who reads, counts and signs the rows of a dataset: this process, unless others are at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vault.catalogue.index.array_files import Arrays
from vault.dataset.reading.compared_texts import ComparedTexts, Held
from vault.dataset.reading.dataset_texts import DatasetTexts
from vault.dataset.reading.kept_columns import ChunkColumns
from vault.dedupe.bands import plan_for
from vault.dedupe.boilerplate import Counted, counted
from vault.dedupe.engine import Engine, LocalEngine, MakeSets
from vault.dedupe.scratch import Scratch
from vault.dedupe.similarity import ShingleSets, sets_of
from vault.dedupe.texts import Rows, Texts
from vault.dedupe.words import Hashes
from vault.operations.duplicates.signing.cached_signatures import LessLeftOut, kept_signed, turned
from vault.operations.duplicates.signing.templates_of_clusters import templates_in
from vault.processes.threads import THREADS
from vault.progress import Progress


class ExampleWork(Protocol):
    """Does what costs per example. Each method may raise Corrupt and StorageFailed."""

    def read(self, rows: Rows) -> Arrays:
        """Return what rows are compared by: `hash`, `answer`, `held` and `digest` of each."""
        ...

    def count(self, rows: Rows, hashes: Hashes) -> Counted:
        """Return the sets of the texts of rows (ascending), whose hashes are these."""
        ...

    def templates(self, clusters: Sequence[Rows], without: Hashes) -> list[Hashes]:
        """Return the template of each cluster of rows, empty where it has none."""
        ...

    def engine(
        self,
        columns: ChunkColumns,
        group: str,
        without: Hashes,
        threshold: float,
        meanwhile: Callable[[], object],
        less: LessLeftOut | None,
    ) -> Engine:
        """Return what compares all rows at a threshold; signs those that are not signed.

        Signatures are kept in `group` of `columns`, and may be taken over from `less`. `meanwhile`
        is called if the texts of all are at hand then.
        """
        ...


class LocalWork:
    """The work of this process; large arrays are taken from `scratch`."""

    def __init__(self, texts: DatasetTexts, *, progress: Progress, scratch: Scratch) -> None:
        self._texts = texts
        self._progress = progress
        self._scratch = scratch

    def read(self, rows: Rows) -> Arrays:
        """Return what rows are compared by, and hold their texts from then on."""
        return columns_of(self._texts.read(rows, progress=self._progress, scratch=self._scratch))

    def count(self, rows: Rows, hashes: Hashes) -> Counted:
        """Return the sets of the texts of rows."""
        return counted(self._texts.take(rows), hashes)

    def templates(self, clusters: Sequence[Rows], without: Hashes) -> list[Hashes]:
        """Return the template of each cluster of rows, empty where it has none."""
        return templates_in(self._texts.dataset, self._texts.keys, clusters, without)

    def engine(
        self,
        columns: ChunkColumns,
        group: str,
        without: Hashes,
        threshold: float,
        meanwhile: Callable[[], object],
        less: LessLeftOut | None,
        make_sets: MakeSets | None = None,
    ) -> Engine:
        """Return what compares all rows; signs those that are not signed.

        `make_sets` is for whoever holds the texts elsewhere.
        """

        def texts(rows: Rows) -> Texts:
            held = self._texts.held_or_read(rows, progress=self._progress, scratch=self._scratch)
            if 2 * len(rows) > len(columns):
                meanwhile()
            return held

        def sets(rows: Rows, own: NDArray[np.uint32]) -> ShingleSets:
            return sets_of(self._texts, rows, own=own, without=without, scratch=self._scratch)

        plan = plan_for(threshold)
        signed, kept = kept_signed(
            columns, group, texts, plan, without=without, scratch=self._scratch, less=less
        )
        keys = turned(kept, len(signed), slice(0, plan.bands))
        return LocalEngine(
            make_sets or sets,
            signed,
            keys,
            threshold=threshold,
            threads=THREADS,
            scratch=self._scratch,
        )


def columns_of(read: ComparedTexts) -> Arrays:
    """Return the columns that the catalogue keeps of texts: 74 bytes each."""
    return {
        "hash": read.texts.hashes(),
        "answer": read.answers,
        "held": read.held,
        "digest": read.digests,
        "media": read.media,
        "tools": read.tools,
        "given": read.given,
    }


def has(held: NDArray[np.uint8], what: Held) -> NDArray[np.bool_]:
    """Tell which examples have all of this, by the bits that are kept of each."""
    result: NDArray[np.bool_] = (held & what.value) == what.value
    return result
