"""Templates: what all texts of a large cluster share where each has something of its own besides.

Boilerplate is what one text in twenty has. A task that makes up one in a hundred has an instruction
too, and where that is long its examples are alike by it. In a family of copies the places differ
where one was changed, so that hardly anything is in nearly all of them or else in hardly any; under
a template everything is.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from vault.dedupe.boilerplate import LEAST_TEXTS, NOTHING, Counted, sampled_rows
from vault.dedupe.shingles import is_first, mix
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes

NEARLY_ALL = 0.9
"""A share of the texts that has a shingle of the template; one of a text has at most the rest."""

LEAST_OWN = 12
"""Shingles of its own that the texts have: a name or a number that differs makes no template."""

MOST_BESIDES = 0.2
"""What is neither the template's nor a text's own, as a share of what is its own."""

MOST_OF_CLUSTER = 64
"""Texts of a cluster that are looked at…"""

MOST_READ = 1 << 14
"""… and texts of all of them together; those of the largest clusters."""


@dataclass(frozen=True, slots=True)
class LargeCluster:
    """Some rows of a large cluster, ascending, and a number that depends on their texts alone."""

    rows: Rows
    number: int


def large_clusters(cluster: Rows, hashes: Hashes) -> list[LargeCluster]:
    """Return the clusters of LEAST_TEXTS different texts or more, largest first.

    `cluster` has the same number for rows of one cluster, `hashes` are those of the texts. Which
    are chosen, and which rows of each, depends on the texts and not on their order.
    """
    order = np.argsort(cluster, kind="stable")
    starts = np.flatnonzero(is_first(cluster[order]))
    ends = np.append(starts[1:], len(order))
    found = []
    for at in np.flatnonzero(ends - starts >= LEAST_TEXTS).tolist():
        members = order[starts[at] : ends[at]]
        chosen = members[sampled_rows(hashes[members], MOST_OF_CLUSTER)]
        if len(chosen) >= LEAST_TEXTS:
            number = int(mix(np.array([np.sort(hashes[chosen]).sum()]))[0])
            found.append((-len(members), number, LargeCluster(np.sort(chosen), number)))
    found.sort(key=itemgetter(0, 1))
    ends = np.cumsum([len(each.rows) for _, _, each in found])
    return [each for _, _, each in found[: int(np.searchsorted(ends, MOST_READ, "right"))]]


def template_of(texts: Counted, without: Hashes) -> Hashes:
    """Return the shingles of the template that texts of one cluster have, if they have one.

    The upper 48 bits of each, ascending, none that is left out already (`without`). Texts that
    differ in nothing but case and punctuation count once.
    """
    order = np.argsort(texts.identity, kind="stable")
    different = np.sort(order[is_first(texts.identity[order])])
    count = len(different)
    if count < LEAST_TEXTS:
        return NOTHING
    sets = texts.sets.of(different)
    sets = sets.only(~np.isin(sets.hashes, without))
    ordered = np.sort(sets.hashes)
    starts = np.flatnonzero(is_first(ordered))
    shingles, having = ordered[starts], np.diff(np.append(starts, len(ordered)))
    template = shingles[having >= NEARLY_ALL * count]
    text, in_texts = sets.text_of_each(), having[np.searchsorted(shingles, sets.hashes)]
    shared, own = (
        np.bincount(text[chosen], minlength=count)
        for chosen in (in_texts >= NEARLY_ALL * count, in_texts <= (1 - NEARLY_ALL) * count)
    )
    # Shingles of the template that a text lacks, and those that some texts have and others not.
    besides = len(template) - shared + sets.counts() - shared - own
    own_usually = float(np.median(own))
    is_template = own_usually >= LEAST_OWN and np.median(besides) <= MOST_BESIDES * own_usually
    return template if is_template else NOTHING
