"""From texts to clusters of near-duplicates: what is asked of an engine, and how it is used."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.bands import BandKeys, pair_rows
from vault.dedupe.boilerplate import NOTHING, common_shingles
from vault.dedupe.clusters import TOLERANCE, Edges, components, connect, sorted_best_first
from vault.dedupe.comparisons import NOTHING_VERIFIED, Comparisons, Verified
from vault.dedupe.engine import Engine, LocalEngine
from vault.dedupe.scratch import IN_MEMORY, Scratch
from vault.dedupe.settled import Settled
from vault.dedupe.shingles import is_first, mix
from vault.dedupe.signatures import Signed, sign
from vault.dedupe.similarity import ShingleSets, Similarities, estimates, sets_of
from vault.dedupe.texts import Rows, Texts, TextsByRow
from vault.dedupe.words import Hashes
from vault.processes.memory import give_back_memory

_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class NearOptions:
    """How near-duplicates are looked for.

    `count_shared` counts boilerplate as any other text, `boilerplate` says what it is (None finds
    it); so many `threads` sign and compare, and large arrays are taken from `scratch`.
    """

    threshold: float = 0.8
    count_shared: bool = False
    boilerplate: Hashes | None = None
    threads: int = 1
    scratch: Scratch = field(default=IN_MEMORY)


@dataclass(frozen=True, slots=True)
class Apart:
    """What keeps examples out of one cluster, a number for each: None where nothing does.

    `answers` are those of `short_answers`, 0 for a long one: examples with different ones are
    conflicts at most. Examples of different `within` are never compared.
    """

    answers: Hashes | None = None
    within: Hashes | None = None

    def arrays(self, count: int) -> tuple[Hashes, Hashes]:
        """Return both as arrays of `count` numbers."""
        none = np.zeros(count, np.uint64)
        spread = none if self.within is None else mix(self.within.copy())
        return none if self.answers is None else self.answers, spread


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of texts from before: it saves time, and changes no answer.

    `keys` are the band keys of the texts, for the plan of the threshold; `settled` the candidates
    of other texts at the threshold; `verified` pairs that were compared under this boilerplate.
    """

    keys: BandKeys | None = None
    settled: Settled | None = None
    verified: Verified = NOTHING_VERIFIED


@dataclass(frozen=True, slots=True)
class SimilarPairs:
    """Pairs of rows, and how alike the texts of each pair are."""

    first: Rows
    second: Rows
    similarity: Similarities


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """Which of n texts are near-duplicates.

    `cluster` has the smallest row of each row's cluster, `boilerplate` the shingles that were left
    out. `conflicts` are near-duplicates but for their short answers, which differ. `settled` and
    `comparisons` are what another time can go on from.
    """

    cluster: Rows
    conflicts: SimilarPairs
    boilerplate: Hashes
    settled: Settled
    comparisons: Comparisons
    _group: _Groups
    _edges: Edges
    _likely: Rows
    _nearly: tuple[Rows, Rows]

    def related(self) -> Rows:
        """Return a number that rows share if pairs connect them that are nearly alike enough.

        Clusters and conflicts are among them. So are pairs whose estimate fell short a little.
        """
        first, second = self._nearly
        return components(len(self._group.row), first, second)[self._group.of_row]

    def still_known(self, changed: NDArray[np.bool_]) -> Known:
        """Return the candidates and similarities that stay valid when more boilerplate is left out.

        `changed` marks the rows that it is left out of.
        """
        group = np.searchsorted(self._group.number, self.settled.numbers)
        rows = self._group.row[group]
        stays = ~changed[rows]
        settled, rows = self.settled.only(stays), rows[stays]
        verified = self.comparisons.verified_among(rows[settled.first], rows[settled.second])
        return Known(None, settled, verified)

    def similarity(self, first: Rows, second: Rows) -> Similarities:
        """Return the true similarity of pairs of rows; the rows of a pair are of one cluster."""
        left, right = self._group.of_row[first], self._group.of_row[second]
        result = np.ones(len(first), np.float64)
        differ = np.flatnonzero(left != right)
        rows = self._group.row
        one, other = rows[left[differ]], rows[right[differ]]
        result[differ] = self.comparisons.similarity(one, other)
        return result

    def nearest(self, rows: Rows, keepers: Rows) -> Nearest:
        """Return for each of some rows how similar its keeper is, and the most similar row of all.

        `keepers` are other rows of the same clusters. Of all that were compared, these are weighed:
        the keeper, the best edge that was verified, and the one with the best estimate.
        """
        group, of_keeper = self._group.of_row[rows], self._group.of_row[keepers]
        to_keeper = self.similarity(rows, keepers)
        nearest, best = keepers.copy(), to_keeper.copy()
        other, similarity = self._best_edges()
        better = np.flatnonzero(similarity[group] > best)
        nearest[better] = self._group.row[other[group[better]]]
        best[better] = similarity[group[better]]
        likely = self._likely[group]
        unknown = np.flatnonzero((likely >= 0) & (likely != other[group]) & (likely != of_keeper))
        there = self._group.row[likely[unknown]]
        found = self.similarity(rows[unknown], there)
        better = np.flatnonzero(found > best[unknown])
        nearest[unknown[better]], best[unknown[better]] = there[better], found[better]
        twin = self._group.twin_of(rows)
        has_twin = (twin >= 0) & (best < 1)
        nearest[has_twin], best[has_twin] = twin[has_twin], 1.0
        return Nearest(to_keeper, nearest, best)

    def _best_edges(self) -> tuple[Rows, Similarities]:
        """Return for each group the other end of its best edge and its similarity; -1 and 0."""
        other = np.full(len(self._group.row), -1)
        similarity = np.zeros(len(other), np.float64)
        ends = np.concatenate([self._edges.first, self._edges.second])
        opposite = np.concatenate([self._edges.second, self._edges.first])
        both = np.tile(self._edges.similarity, 2)
        # Of several assignments to one place the last stays: the best edge comes last.
        order = np.argsort(both, kind="stable")
        other[ends[order]] = opposite[order]
        similarity[ends[order]] = both[order]
        return other, similarity


@dataclass(frozen=True, slots=True)
class Nearest:
    """How similar the keeper of some rows is; the row most similar to each, and how similar."""

    to_keeper: Similarities
    row: Rows
    similarity: Similarities


@dataclass(frozen=True, slots=True)
class _Groups:
    """Texts that are equal but for case and punctuation: `row` stands for each group.

    Groups are numbered by what is in them: whatever the order of rows, that of groups is the same.
    """

    number: Hashes
    row: Rows
    of_row: Rows
    last: Rows

    def twin_of(self, rows: Rows) -> Rows:
        """Return another row of the same group for each row, -1 where there is none."""
        group = self.of_row[rows]
        first, last = self.row[group], self.last[group]
        return np.where(first != rows, first, np.where(last != rows, last, -1))


def find_near_duplicates(
    texts: Texts, apart: Apart | None = None, options: NearOptions | None = None
) -> NearDuplicates:
    """Return the clusters of texts whose true similarity reaches the threshold.

    The clusters do not depend on the order of the texts. Linear in their number: 25 µs a text of
    950 characters, and 1 KB of memory besides the texts.
    """
    options = options or NearOptions()
    if options.count_shared:
        without = NOTHING
    else:
        known = options.boilerplate
        without = common_shingles(texts) if known is None else known
    signed = sign(texts, without=without, threads=options.threads, scratch=options.scratch)
    return cluster_signed(texts, signed, apart, without=without, options=options)


def cluster_signed(
    texts: TextsByRow,
    signed: Signed,
    apart: Apart | None = None,
    *,
    without: Hashes,
    options: NearOptions,
    known: Known | None = None,
) -> NearDuplicates:
    """Return the clusters of texts that are signed already; see `find_near_duplicates`.

    Texts are read only where a pair must be compared that is not `known`.
    """
    known = known or Known()

    def make_sets(rows: Rows, own: NDArray[np.uint32]) -> ShingleSets:
        return sets_of(texts, rows, own=own, without=without, scratch=options.scratch)

    engine = LocalEngine(
        make_sets,
        signed,
        known.keys,
        threshold=options.threshold,
        threads=options.threads,
        scratch=options.scratch,
    )
    return cluster_by(engine, apart, without=without, threshold=options.threshold, known=known)


def cluster_by(
    engine: Engine,
    apart: Apart | None = None,
    *,
    without: Hashes,
    threshold: float,
    known: Known | None = None,
) -> NearDuplicates:
    """Return the clusters of the texts of an engine, whose boilerplate and threshold are these.

    Holds some 150 bytes a text and 40 a candidate pair, whatever the engine holds besides.
    """
    known = known or Known()
    count = len(engine.identity)
    answers, within = (apart or Apart()).arrays(count)
    groups = _grouped(engine.identity, answers * _ODD + within)
    rows = groups.row
    settled, first, second = _candidates(engine, groups, within, known)
    together = within[rows[first]] == within[rows[second]]
    first, second = first[together], second[together]
    give_back_memory()  # pairs of all bands took more than anything that comes
    comparisons = Comparisons(engine, known.verified)
    one, other = answers[rows[first]], answers[rows[second]]
    alike = np.flatnonzero(one == other)
    both = np.flatnonzero((one != other) & (one != 0) & (other != 0))
    doubts = _doubts(len(rows), first[both], second[both])
    connecting = rows[first[alike]], rows[second[alike]]
    comparisons.prepare(connecting, (rows[doubts[0]], rows[doubts[1]]), threshold)
    component, edges = connect(
        len(rows),
        first[alike],
        second[alike],
        compare=lambda one, two: comparisons.similarity_from(threshold, rows[one], rows[two]),
        threshold=threshold,
    )
    smallest = np.full(len(rows), count)
    np.minimum.at(smallest, component, rows)
    conflicts = _conflicts(*doubts, rows, comparisons, threshold)
    likely = _likeliest(len(rows), first[alike], second[alike])
    cluster = smallest[component][groups.of_row]
    return NearDuplicates(
        cluster, conflicts, without, settled, comparisons, groups, edges, likely, (first, second)
    )


def _grouped(identity: Hashes, apart: Hashes) -> _Groups:
    """Group rows of one identity that nothing keeps apart; a text without a word stays alone."""
    number = mix(identity + apart * _ODD)
    order = np.argsort(number, kind="stable")
    begins = is_first(number[order]) | (identity[order] == 0)
    starts = np.flatnonzero(begins)
    of_row = np.empty(len(number), np.int64)
    of_row[order] = np.cumsum(begins) - 1
    ends = np.append(starts[1:], len(number)) - 1
    row = order[starts]
    return _Groups(number[row], row, of_row, order[ends] if len(order) else order)


def _candidates(
    engine: Engine, groups: _Groups, within: Hashes, known: Known
) -> tuple[Settled, Rows, Rows]:
    """Return the candidates to go on from, and as pairs of groups, best estimates first."""
    compared = np.flatnonzero(engine.own[groups.row] > 0)
    numbers, rows = groups.number[compared], groups.row[compared]
    settled = engine.candidates(numbers, rows, within, known.settled)
    order = sorted_best_first(estimates(settled.agreed))
    return settled, compared[settled.first[order]], compared[settled.second[order]]


def _likeliest(count: int, first: Rows, second: Rows) -> Rows:
    """Return for each group the other of its first pair, -1 for none; pairs are best first."""
    none = len(first)
    turn = np.arange(none)[::-1]
    as_first, as_second = np.full(count, none), np.full(count, none)
    # Of several assignments to one place the last stays: the first pair comes last.
    as_first[first[::-1]] = turn
    as_second[second[::-1]] = turn
    result = np.full(count, -1)
    own = np.flatnonzero(as_first < as_second)
    result[own] = second[as_first[own]]
    own = np.flatnonzero(as_second < as_first)
    result[own] = first[as_second[own]]
    return result


def _doubts(count: int, first: Rows, second: Rows) -> tuple[Rows, Rows]:
    """Return of pairs of groups, best first, the likeliest one of each group, ascending."""
    other = _likeliest(count, first, second)
    one = np.flatnonzero(other >= 0)
    one, other = np.minimum(one, other[one]), np.maximum(one, other[one])
    pairs = np.sort(one.astype(np.uint64) << np.uint64(32) | other.astype(np.uint64))
    return pair_rows(pairs[is_first(pairs)])


def _conflicts(
    one: Rows, other: Rows, rows: Rows, comparisons: Comparisons, threshold: float
) -> SimilarPairs:
    """Return those of some pairs of groups that are near but for their answers."""
    similarity = comparisons.similarity(rows[one], rows[other])
    near = similarity >= threshold - TOLERANCE
    one, other = rows[one[near]], rows[other[near]]
    return SimilarPairs(np.minimum(one, other), np.maximum(one, other), similarity[near])
