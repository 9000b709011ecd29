"""True similarities of rows: looked up where a pair was compared before, else from their texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vault.dedupe.clusters import TOLERANCE, components
from vault.dedupe.engine import Engine
from vault.dedupe.shingles import is_first, mix
from vault.dedupe.similarity import Similarities
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes

_NO_PAIRS = np.zeros(0, np.uint64)
_NO_SIMILARITIES = np.zeros(0, np.float64)


@dataclass(frozen=True, slots=True)
class Verified:
    """Pairs of texts that were compared, each as one number (ascending), and how alike they are.

    Holds for one boilerplate, whatever the threshold. 16 bytes a pair.
    """

    pair: Hashes
    similarity: Similarities

    def look_up(self, pair: Hashes) -> Similarities:
        """Return the similarity of pairs, NaN where it is not known."""
        result = np.full(len(pair), np.nan)
        if len(self.pair):
            at = np.minimum(np.searchsorted(self.pair, pair), len(self.pair) - 1)
            is_known = self.pair[at] == pair
            result[is_known] = self.similarity[at[is_known]]
        return result

    def and_more(self, others: list[Verified]) -> Verified:
        """Return these pairs and others, each once."""
        if not others:
            return self
        pair = np.concatenate([self.pair, *(each.pair for each in others)])
        order = np.argsort(pair, kind="stable")
        order = order[is_first(pair[order])]
        similarity = np.concatenate([self.similarity, *(each.similarity for each in others)])
        return Verified(pair[order], similarity[order])


NOTHING_VERIFIED = Verified(_NO_PAIRS, _NO_SIMILARITIES)


def pair_numbers(first: Hashes, second: Hashes) -> Hashes:
    """Return a number of each pair of identities, whichever comes first."""
    return mix(np.minimum(first, second) + mix(np.maximum(first, second)))


class Comparisons:
    """Compares rows; what it finds out it knows from then on."""

    def __init__(self, engine: Engine, verified: Verified = NOTHING_VERIFIED) -> None:
        self._engine = engine
        self._identity = engine.identity
        self._verified = verified
        self._found: list[Verified] = []

    def prepare(
        self, connecting: tuple[Rows, Rows], others: tuple[Rows, Rows], threshold: float
    ) -> None:
        """Read the texts that will be needed, all at once.

        All pairs of `others` will be compared; of `connecting` those whose rows are not connected
        yet by pairs that are known. Where another is asked for all the same, it is read then.
        """
        first, second = connecting
        pairs = [np.concatenate(each) for each in zip(connecting, others, strict=True)]
        known = self._known(first, second)
        near = known >= threshold - TOLERANCE
        joined = components(len(self._identity), first[near], second[near])
        is_open = np.isnan(known) & (joined[first] != joined[second])
        wanted = np.zeros(len(self._identity), np.bool_)
        wanted[first[is_open]] = wanted[second[is_open]] = True
        first, second = others
        is_open = np.isnan(self._known(first, second))
        wanted[first[is_open]] = wanted[second[is_open]] = True
        self._engine.prepare(np.flatnonzero(wanted), *pairs)

    def similarity(self, first: Rows, second: Rows) -> Similarities:
        """Return the true similarity of pairs of rows; 0 where either has nothing to compare."""
        result = self._known(first, second)
        unknown = np.flatnonzero(np.isnan(result))
        if not len(unknown):
            return result
        left, right = first[unknown], second[unknown]
        result[unknown] = self._engine.similarity(left, right)
        pair = pair_numbers(self._identity[left], self._identity[right])
        order = np.argsort(pair, kind="stable")
        self._found.append(Verified(pair[order], result[unknown][order]))
        return result

    def verified(self) -> Verified:
        """Return every pair that is known by now."""
        return self._verified.and_more(self._found)

    @property
    def is_more_known(self) -> bool:
        """Tell whether anything was compared that was not known before."""
        return bool(self._found)

    def _known(self, first: Rows, second: Rows) -> Similarities:
        if not len(self._verified.pair):
            return np.full(len(first), np.nan)
        return self._verified.look_up(pair_numbers(self._identity[first], self._identity[second]))
