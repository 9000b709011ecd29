"""The seam for what costs: finding candidates and comparing texts, here or on other machines.

`near` decides what is asked for and in which order. So clusters, edges and neighbours are the same
whoever does the work, as long as the answers are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.bands import BandKeys, band_keys, plan_for
from vault.dedupe.scratch import IN_MEMORY, Scratch
from vault.dedupe.settled import Comparable, Settled, find_candidates
from vault.dedupe.shingles import is_first
from vault.dedupe.signatures import Signed
from vault.dedupe.similarity import Bounds, ShingleSets, Similarities, bounds_of
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes

_PAIRS_WORTH_BOUNDS = 2
"""Where rows are compared more often than this, most of them in vain, their bounds pay."""

MakeSets = Callable[[Rows, NDArray[np.uint32]], ShingleSets]
"""Returns the sets of some rows (ascending), told how many shingles each text has at most."""


class Engine(Protocol):
    """Looks for near-duplicates among n texts, one boilerplate left out, at one threshold."""

    @property
    def identity(self) -> Hashes:
        """A number for each text that equal texts share, 0 for a text without a word."""
        ...

    @property
    def own(self) -> NDArray[np.uint32]:
        """How many shingles each text has that are not boilerplate, repeated ones included."""
        ...

    def candidates(
        self, numbers: Hashes, rows: Rows, within: Hashes, known: Settled | None
    ) -> Settled:
        """Return the candidates among different texts, as `find_candidates`.

        `numbers` (ascending) stand for the texts that `rows` hold; those of different `within`,
        which has a number for each of the n texts, share no bucket.
        """
        ...

    def prepare(self, rows: Rows, first: Rows, second: Rows, open_pairs: int) -> None:
        """Read the texts of rows (ascending), which are about to be compared.

        Mostly with those that a pair of `first` and `second` connects them with, at any remove;
        `open_pairs` is how many pairs may have to be compared.
        """
        ...

    def at_most(self, first: Rows, second: Rows) -> Similarities | None:
        """Return what the similarity of pairs of rows is at most, None where that is not known."""
        ...

    def similarity(self, first: Rows, second: Rows) -> Similarities:
        """Return the true similarity of pairs of rows, read before or not."""
        ...


class LocalEngine:
    """An engine in this process, which has sets of shingles made where texts are to be compared.

    `keys` are the band keys of the texts where they are known. So many threads work with them, and
    large arrays are taken from `scratch`.
    """

    def __init__(
        self,
        make_sets: MakeSets,
        signed: Signed,
        keys: BandKeys | None = None,
        *,
        threshold: float,
        threads: int = 1,
        scratch: Scratch = IN_MEMORY,
    ) -> None:
        self._make_sets = make_sets
        self._signed = signed
        self._keys = keys
        self._threshold = threshold
        self._threads = threads
        self._scratch = scratch
        self._sets: ShingleSets | None = None
        self._bounds: Bounds | None = None

    @property
    def identity(self) -> Hashes:
        """A number for each text that equal texts share."""
        return self._signed.identity

    @property
    def own(self) -> NDArray[np.uint32]:
        """How many shingles each text has that are not boilerplate."""
        return self._signed.own

    def candidates(
        self, numbers: Hashes, rows: Rows, within: Hashes, known: Settled | None
    ) -> Settled:
        """Return the candidates among different texts."""
        minima, keys = self._signed.minima, self._keys
        if keys is None:
            keys = band_keys(minima, plan_for(self._threshold), np.arange(len(self._signed)))
        texts = Comparable(numbers, rows, kept_apart(keys, within), minima)
        return find_candidates(texts, self._threshold, known, threads=self._threads)

    def prepare(self, rows: Rows, first: Rows, second: Rows, open_pairs: int) -> None:
        """Read the texts of rows that are about to be compared."""
        self._read(rows)
        if open_pairs > _PAIRS_WORTH_BOUNDS * len(rows) and self._sets is not None:
            self._bounds = bounds_of(self._sets, len(self.identity), self._scratch)

    def at_most(self, first: Rows, second: Rows) -> Similarities | None:
        """Return what pairs reach at most, None where it is not worth knowing."""
        if self._bounds is None or not len(first):
            return None
        return self._bounds.at_most(first, second, self._threads)

    def similarity(self, first: Rows, second: Rows) -> Similarities:
        """Return the true similarity of pairs of rows; texts that were not read are read now."""
        have = np.zeros(0, np.int64) if self._sets is None else self._sets.rows
        self._read(np.setdiff1d(rows_of_pairs(first, second), have, assume_unique=True))
        assert self._sets is not None
        return self._sets.similarity(first, second, self._threads)

    def _read(self, rows: Rows) -> None:
        """Make the sets of rows (ascending) that are not there yet."""
        if not len(rows):
            return
        made = self._make_sets(rows, self._signed.own)
        self._sets = made if self._sets is None else self._sets.joined(made, self._scratch)


def kept_apart(keys: BandKeys, within: Hashes) -> BandKeys:
    """Return band keys of which those of different `within`, a number for each text, differ.

    Those that are not to meet then share no bucket, so that none is too full of others.
    """
    return keys ^ within.astype(np.uint32) if within.any() else keys


def rows_of_pairs(first: Rows, second: Rows) -> Rows:
    """Return the rows of pairs, ascending, each once."""
    rows = np.sort(np.concatenate([first, second]))
    return rows[is_first(rows)]
