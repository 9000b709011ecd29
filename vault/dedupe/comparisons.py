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

    Of some it is only known what their similarity does not exceed, which stands here as a negative
    number. Holds for one boilerplate, whatever the threshold. 16 bytes a pair.
    """

    pair: Hashes
    similarity: Similarities

    def look_up(self, pair: Hashes, least: float) -> Similarities:
        """Return the similarity of pairs, NaN where it is not known.

        Where all that is known is that it does not reach `least` it is a negative number.
        """
        result = np.full(len(pair), np.nan)
        if len(self.pair):
            at = np.minimum(np.searchsorted(self.pair, pair), len(self.pair) - 1)
            found = self.similarity[at]
            is_known = (self.pair[at] == pair) & ((found >= 0) | (-found < least))
            result[is_known] = found[is_known]
        return result

    def only(self, pair: Hashes) -> Verified:
        """Return the similarities of some pairs, in any order, as far as they are known."""
        if not len(self.pair):
            return self
        wanted = np.sort(pair)
        wanted = wanted[is_first(wanted)]
        at = np.minimum(np.searchsorted(self.pair, wanted), len(self.pair) - 1)
        kept = at[self.pair[at] == wanted]
        return Verified(self.pair[kept], self.similarity[kept])

    def and_more(self, others: list[Verified]) -> Verified:
        """Return these pairs and others, each once, as the last of them knows it."""
        if not others:
            return self
        latest = [*reversed(others), self]
        pair = np.concatenate([each.pair for each in latest])
        order = np.argsort(pair, kind="stable")
        order = order[is_first(pair[order])]
        similarity = np.concatenate([each.similarity for each in latest])
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
        self._is_more_known = False

    def prepare(
        self, connecting: tuple[Rows, Rows], others: tuple[Rows, Rows], threshold: float
    ) -> None:
        """Read the texts that will be needed, all at once.

        All pairs of `others` will be compared; of `connecting` those whose rows are not connected
        yet by pairs that are known. Where another is asked for all the same, it is read then.
        """
        first, second = connecting
        one, two = (np.concatenate(each) for each in zip(connecting, others, strict=True))
        known = self._known(first, second, threshold - TOLERANCE)
        near = known >= threshold - TOLERANCE
        joined = components(len(self._identity), first[near], second[near])
        is_open = np.isnan(known) & (joined[first] != joined[second])
        wanted = np.zeros(len(self._identity), np.bool_)
        wanted[first[is_open]] = wanted[second[is_open]] = True
        open_pairs = int(is_open.sum())
        first, second = others
        is_open = np.isnan(self._known(first, second))
        wanted[first[is_open]] = wanted[second[is_open]] = True
        self._engine.prepare(np.flatnonzero(wanted), one, two, open_pairs)

    def similarity(self, first: Rows, second: Rows) -> Similarities:
        """Return the true similarity of pairs of rows; 0 where either has nothing to compare."""
        result = self._known(first, second)
        unknown = np.flatnonzero(np.isnan(result))
        if len(unknown):
            result[unknown] = self._compared(first[unknown], second[unknown])
        return result

    def similarity_from(self, least: float, first: Rows, second: Rows) -> Similarities:
        """Return the true similarity of pairs that reach `least`, of others a lower number."""
        least -= TOLERANCE
        result = self._known(first, second, least)
        unknown = np.flatnonzero(np.isnan(result))
        left, right = first[unknown], second[unknown]
        at_most = self._engine.at_most(left, right)
        if at_most is not None:
            falls_short = at_most < least
            result[unknown[falls_short]] = -at_most[falls_short]
            self._learn(left[falls_short], right[falls_short], -at_most[falls_short])
            unknown = unknown[~falls_short]
        if len(unknown):
            result[unknown] = self._compared(first[unknown], second[unknown])
        return result

    def _compared(self, left: Rows, right: Rows) -> Similarities:
        result = self._engine.similarity(left, right)
        self._learn(left, right, result)
        return result

    def _learn(self, first: Rows, second: Rows, similarity: Similarities) -> None:
        pair = pair_numbers(self._identity[first], self._identity[second])
        order = np.argsort(pair, kind="stable")
        self._is_more_known = True
        self._found.append(Verified(pair[order], similarity[order]))

    def verified(self) -> Verified:
        """Return every pair that is known by now."""
        self._verified, self._found = self._verified.and_more(self._found), []
        return self._verified

    def verified_among(self, first: Rows, second: Rows) -> Verified:
        """Return the similarities of pairs of rows that are known so far."""
        pairs = pair_numbers(self._identity[first], self._identity[second])
        return self.verified().only(pairs)

    @property
    def is_more_known(self) -> bool:
        """Tell whether anything was compared that was not known before."""
        return self._is_more_known

    def _known(self, first: Rows, second: Rows, least: float = 0) -> Similarities:
        if not len(self._verified.pair):
            return np.full(len(first), np.nan)
        pair = pair_numbers(self._identity[first], self._identity[second])
        return self._verified.look_up(pair, least)
