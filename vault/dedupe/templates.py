"""Templates: the instruction that all prompts of a large cluster share, each with an input besides.

Boilerplate is what one text in twenty has. A task that makes up one in a hundred has an instruction
too, and where that is long its examples are alike by it. Families of copies must not be taken for
tasks: what copies share is their answer as well, their prompts differ in some words here and there
(a name, a date), and where each copy has another word changed, hardly any shingle is in nearly all
of them or else in hardly any.

In a small dataset few texts make the share from which on text is boilerplate. Of 425 texts, 25
copies of one are more than one in twenty: left out, what they share would hide them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dedupe.answers import answer_numbers, are_short, short_answers
from vault.dedupe.boilerplate import LEAST_TEXTS, NOTHING, SHARE, Counted, sampled_rows
from vault.dedupe.clusters import components
from vault.dedupe.shingles import (
    SET_BITS,
    SHINGLE_WORDS,
    Shingles,
    distinct,
    first_of_each,
    is_first,
    mix,
    shingle_sets,
    shingles_of,
)
from vault.dedupe.shingles_by_row import joined
from vault.dedupe.signatures import identities
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes

NEARLY_ALL = 0.9
"""Of the prompts this share has a shingle of the template; at most the rest has one of an input."""

LEAST_WORDS = 9
"""Words in a row that an input has: a name, a date or an address that differs makes no template."""

MOST_BESIDES = 0.2
"""What is neither the template's nor of an input, as a share of what is of an input."""

LEAST_ANSWERS = 3
"""Different answers that prompts have, unless all are short: those of copies are one."""

MOST_OF_CLUSTER = 64
"""Examples of a cluster that are looked at."""


FEW = 64
"""Texts: what fewer share than this, and no more than half of all, may be that of copies."""

MOSTLY = 0.5
"""Copies have at least this share of their shingles in common with others."""

ALIKE = 0.8
"""Answers of copies have at least this share of their shingles in common with half of them."""


@dataclass(frozen=True, slots=True)
class LargeCluster:
    """Some rows of a large cluster, ascending, and a number that depends on what they say alone."""

    rows: Rows
    number: int


def large_clusters(
    cluster: Rows, hashes: Hashes, numbers: Hashes | None = None
) -> list[LargeCluster]:
    """Return the clusters of LEAST_TEXTS different texts or more, largest first.

    `cluster` has the same number for rows of one cluster, `hashes` are those of the texts. Which
    rows of each are chosen depends on the texts and not on their order. `numbers` are those of
    prompts and answers, where these do not follow from the texts.
    """
    numbers = hashes if numbers is None else numbers
    order = np.argsort(cluster, kind="stable")
    starts = np.flatnonzero(is_first(cluster[order]))
    ends = np.append(starts[1:], len(order))
    found = []
    for at in np.flatnonzero(ends - starts >= LEAST_TEXTS).tolist():
        members = order[starts[at] : ends[at]]
        chosen = members[sampled_rows(hashes[members], MOST_OF_CLUSTER)]
        if len(chosen) >= LEAST_TEXTS:
            number = int(mix(np.array([np.sort(numbers[chosen]).sum()]))[0])
            found.append((-len(members), number, LargeCluster(np.sort(chosen), number)))
    found.sort(key=itemgetter(0, 1))
    return [each for _, _, each in found]


@dataclass(frozen=True, slots=True)
class Asked:
    """The shingles of the prompts of n examples, and numbers of their answers."""

    prompts: Shingles
    answers: Hashes

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.answers)

    def of(self, places: Rows) -> Asked:
        """Return some of them, in their order."""
        return Asked(self.prompts.of(places), self.answers[places])

    def between(self, first: int, end: int) -> Asked:
        """Return those from `first` to before `end`."""
        return self.of(np.arange(first, end))


def asked_in(prompts: pa.Array, answers: pa.Array) -> Asked:
    """Return what prompts and answers are compared by; a few hundred at a time, as `words_of`."""
    return Asked(shingles_of(prompts), answer_numbers(answers, short_answers(answers)))


def asked_together(parts: Sequence[Asked]) -> Asked:
    """Return several as one, one after the other."""
    answers = [np.zeros(0, np.uint64), *(each.answers for each in parts)]
    return Asked(joined([each.prompts for each in parts]), np.concatenate(answers))


def template_of(asked: Asked, without: Hashes) -> Hashes:
    """Return the shingles of the template that prompts of one cluster have, if they have one.

    The upper 48 bits of each, ascending, none that is left out already (`without`). Prompts that
    differ in nothing but case and punctuation count once.
    """
    if not _differ(asked.answers):
        return NOTHING
    shingles = asked.prompts
    identity = identities(shingles)
    different = first_of_each(identity)
    different = different[identity[different] != 0]
    count = len(different)
    if count < LEAST_TEXTS:
        return NOTHING
    shingles = shingles.of(different)
    hashes = shingles.hashes >> np.uint64(64 - SET_BITS)
    text = shingles.text_of_each()
    known, place = _numbered(hashes)
    pairs = np.sort(text * len(known) + place)
    owner, shingle = np.divmod(pairs[is_first(pairs)], len(known))
    having = np.bincount(shingle, minlength=len(known))
    counts = ~_are_among(known, without)
    is_template = counts & (having >= NEARLY_ALL * count)
    is_input = counts & (having <= (1 - NEARLY_ALL) * count)
    shared, own, between = (
        np.bincount(owner[chosen[shingle]], minlength=count)
        for chosen in (is_template, is_input, counts & ~is_template & ~is_input)
    )
    besides = int(is_template.sum()) - shared + between
    words = _words_in_a_row(is_input[place], shingles)
    has_input = float(np.median(words)) >= LEAST_WORDS
    if not has_input or np.median(besides) > MOST_BESIDES * np.median(own):
        return NOTHING
    result: Hashes = known[is_template]
    return result


def _differ(answers: Hashes) -> bool:
    """Tell whether answers differ, as those of a task do; short ones need not."""
    given = distinct(answers[answers != 0])
    return len(given) >= LEAST_ANSWERS or bool(are_short(given).all())


def _numbered(hashes: Hashes) -> tuple[Hashes, NDArray[np.int64]]:
    """Return the different hashes, ascending, and for each hash its place among them."""
    order = np.argsort(hashes, kind="stable")
    begins = is_first(hashes[order])
    place = np.empty(len(hashes), np.int64)
    place[order] = np.cumsum(begins) - 1
    return hashes[order[begins]], place


def _are_among(hashes: Hashes, ordered: Hashes) -> NDArray[np.bool_]:
    """Return which hashes are among others (ascending), which may be far more."""
    if not len(ordered):
        return np.zeros(len(hashes), np.bool_)
    at = np.minimum(np.searchsorted(ordered, hashes), len(ordered) - 1)
    result: NDArray[np.bool_] = ordered[at] == hashes
    return result


def _words_in_a_row(of_input: NDArray[np.bool_], shingles: Shingles) -> NDArray[np.int64]:
    """Return for each text how many words its longest input has, by which shingles are of one.

    Each text has a shingle. Its last four only repeat its first, if there are so many. An input has
    four shingles more than words where text lies on both its sides.
    """
    overlap = SHINGLE_WORDS - 1
    counts, place = shingles.counts(), np.arange(len(of_input))
    first = np.repeat(shingles.offsets[:-1], counts)
    last = np.repeat(shingles.offsets[1:] - 1 - overlap * (counts > overlap), counts)
    none = ~of_input | (place > last)
    # The place before each run, or before its text.
    before = np.maximum(np.maximum.accumulate(np.where(none, place, -1)), first - 1)
    is_within = (before >= first) & (place < last)
    length = np.where(none, 0, place - before - overlap * is_within)
    result: NDArray[np.int64] = np.maximum.reduceat(length, shingles.offsets[:-1])
    return result


@dataclass(frozen=True, slots=True)
class Sharing:
    """Texts of a sample that consist mostly of shared shingles, and those shingles."""

    texts: Rows
    shingles: Hashes


def sharing_texts(sample: Counted, common: Hashes) -> list[Sharing]:
    """Return the texts that may be copies, connected by shingles of theirs that are `common`.

    Only where so few texts as copies may be are more than SHARE of all.
    """
    different = first_of_each(sample.identity)
    count = len(different)
    if SHARE * count >= FEW or not len(common):
        return []
    sets = sample.sets.of(different)
    number = np.minimum(np.searchsorted(common, sets.hashes), len(common) - 1)
    is_common = common[number] == sets.hashes
    having = np.bincount(number[is_common], minlength=len(common))
    is_few = is_common & ((having < FEW) & (2 * having <= count))[number]
    text = sets.text_of_each()
    shared = np.bincount(text[is_few], minlength=count)
    is_member = shared >= MOSTLY * np.maximum(sets.counts(), 1)
    kept = np.flatnonzero(is_few & is_member[text])
    text, number = text[kept], number[kept]
    first = np.full(len(common), count)
    np.minimum.at(first, number, text)
    group = components(count, first[number], text)
    found = []
    for each in np.flatnonzero(np.bincount(group[is_member]) >= LEAST_TEXTS).tolist():
        members = np.flatnonzero(is_member & (group == each))
        shingles = distinct(common[number[group[text] == each]])
        found.append(Sharing(different[members], shingles))
    return found


def are_copies(prompts: pa.Array, answers: pa.Array) -> bool:
    """Tell whether texts that share most of what they have are copies rather than a task.

    Their answers are alike, and not short: a label says nothing of where it came from. And their
    prompts have no template.
    """
    given = answers.drop_null()
    if 2 * len(given) < len(answers) or not len(given) or bool((short_answers(given) != 0).any()):
        return False
    sets = shingle_sets(given, NOTHING)
    known, having = _counted(sets)
    shared = having[np.searchsorted(known, sets.hashes)] * 2 >= len(sets)
    common = np.bincount(sets.text_of_each()[shared], minlength=len(sets))
    share = common / np.maximum(sets.counts(), 1)
    if float(np.median(share)) < ALIKE:
        return False
    return not len(template_of(asked_in(prompts, answers), NOTHING))


def _counted(sets: Shingles) -> tuple[Hashes, Rows]:
    """Return the different shingles, ascending, and how many sets have each."""
    known = distinct(sets.hashes)
    return known, np.bincount(np.searchsorted(known, sets.hashes), minlength=len(known))
