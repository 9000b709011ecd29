"""Copies in a small dataset, where few texts make the share from which on text is boilerplate.

Of 425 texts, 25 copies of one are more than one in twenty: left out as boilerplate, what they share
would hide them. A task of as many examples shares as much, but not its answers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from vault.dedupe.answers import short_answers
from vault.dedupe.boilerplate import LEAST_TEXTS, NOTHING, SHARE, Counted
from vault.dedupe.clusters import components
from vault.dedupe.shingles import Shingles, distinct, first_of_each, shingle_sets
from vault.dedupe.templates import template_of
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes

FEW = 64
"""Texts: what fewer share than this, and no more than half of all, may be that of copies."""

MOSTLY = 0.5
"""Copies have at least this share of their shingles in common with others."""

ALIKE = 0.8
"""Answers of copies have at least this share of their shingles in common with half of them."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """Some texts of a sample that mostly consist of what they share, and these shingles."""

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
    return float(np.median(share)) >= ALIKE and not len(template_of(prompts, answers, NOTHING))


def _counted(sets: Shingles) -> tuple[Hashes, Rows]:
    """Return the different shingles, ascending, and how many sets have each."""
    known = distinct(sets.hashes)
    return known, np.bincount(np.searchsorted(known, sets.hashes), minlength=len(known))
