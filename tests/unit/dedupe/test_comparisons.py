"""How alike pairs are: what is computed, what is ruled out before, what is known from before."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from tests.support.naive_dedupe import similarity
from vault.dedupe.boilerplate import NOTHING
from vault.dedupe.comparisons import NOTHING_VERIFIED, Comparisons, Verified
from vault.dedupe.engine import LocalEngine
from vault.dedupe.near import NearOptions, find_near_duplicates
from vault.dedupe.scratch import IN_MEMORY
from vault.dedupe.shingles import shingle_sets
from vault.dedupe.signatures import sign
from vault.dedupe.similarity import ShingleSets, bounds_of, sets_of
from vault.dedupe.texts import Texts


def sharing_a_prompt(count: int, own_words: int) -> list[str]:
    """Return texts of 120 words that all share and some of their own."""
    prompt = " ".join(f"shared{at}" for at in range(120))
    return [
        f"{prompt} " + " ".join(f"own{number * own_words + at}" for at in range(own_words))
        for number in range(count)
    ]


def pairs_of(count: int) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.triu_indices(count, 1)
    return first.astype(np.int64), second.astype(np.int64)


def comparisons(texts: list[str], verified: Verified = NOTHING_VERIFIED) -> Comparisons:
    given = Texts([pa.array(texts, pa.large_string())])
    signed = sign(given, without=NOTHING)
    # The threshold of an engine is that of its candidates, which nobody asks for here.
    engine = LocalEngine(
        lambda rows, own: sets_of(given, rows, own=own, without=NOTHING, scratch=IN_MEMORY),
        signed,
        threshold=0.8,
    )
    return Comparisons(engine, verified)


def prepared(texts: list[str], threshold: float, verified: Verified) -> Comparisons:
    """Return comparisons of all pairs of texts, which are so many that bounds are made."""
    result = comparisons(texts, verified)
    none = np.zeros(0, np.int64)
    result.prepare(pairs_of(len(texts)), (none, none), threshold)
    return result


TEXTS = [
    *(sharing_a_prompt(8, 20)),
    *(sharing_a_prompt(8, 60)),
    *(f"{text} {'more ' * at}" for at, text in enumerate(sharing_a_prompt(6, 3))),
    "one two three four five six",
    "one",
    "",
]


def test_no_pair_is_more_alike_than_its_bound() -> None:
    sets = ShingleSets(np.arange(len(TEXTS)), shingle_sets(pa.array(TEXTS), NOTHING))
    pairs = pairs_of(len(TEXTS))
    truth = sets.similarity(*pairs)
    at_most = bounds_of(sets, len(TEXTS), IN_MEMORY).at_most(*pairs)
    assert (at_most >= truth - 1e-12).all()
    # And it is worth having: nearly all of what one text alone has leaves a trace.
    assert (at_most - truth).mean() < 0.02


def test_a_row_of_which_nothing_is_known_may_be_like_any_other() -> None:
    rows = np.arange(0, len(TEXTS), 2)
    sets = ShingleSets(rows, shingle_sets(pa.array([TEXTS[row] for row in rows]), NOTHING))
    at_most = bounds_of(sets, len(TEXTS), IN_MEMORY).at_most(
        np.array([0, 1, 8]), np.array([1, 3, 22])
    )
    assert at_most.tolist()[:2] == [1.0, 1.0]
    assert at_most[2] < 1


@pytest.mark.parametrize("threshold", [0.5, 0.8])
def test_what_reaches_the_threshold_is_told_exactly_and_all_else_as_less(threshold: float) -> None:
    first, second = pairs_of(len(TEXTS))
    truth = np.array([similarity(TEXTS[a], TEXTS[b]) for a, b in zip(first, second, strict=True)])
    is_near = truth >= threshold
    assert 20 < is_near.sum() < len(truth) - 20
    found = prepared(TEXTS, threshold, NOTHING_VERIFIED).similarity_from(threshold, first, second)
    assert np.allclose(found[is_near], truth[is_near])
    assert (found[~is_near] < threshold).all()


def test_a_bound_that_was_kept_is_no_similarity_for_a_lower_threshold() -> None:
    first, second = pairs_of(len(TEXTS))
    high = prepared(TEXTS, 0.9, NOTHING_VERIFIED)
    high.similarity_from(0.9, first, second)
    assert (high.verified().similarity < 0).sum() > 20
    low = prepared(TEXTS, 0.6, high.verified())
    found = low.similarity_from(0.6, first, second)
    fresh = prepared(TEXTS, 0.6, NOTHING_VERIFIED).similarity_from(0.6, first, second)
    is_near = fresh >= 0.6
    assert is_near.sum() > 20
    assert found[is_near].tolist() == fresh[is_near].tolist()
    assert (found[~is_near] < 0.6).all()
    # What is exact now is known from then on: asked again, nothing is compared.
    again = prepared(TEXTS, 0.6, low.verified())
    again.similarity_from(0.6, first, second)
    assert not again.is_more_known


def test_an_exact_similarity_is_never_a_bound() -> None:
    first, second = pairs_of(len(TEXTS))
    once = prepared(TEXTS, 0.8, NOTHING_VERIFIED)
    once.similarity_from(0.8, first, second)
    again = comparisons(TEXTS, once.verified())
    assert (
        again.similarity(first, second).tolist()
        == comparisons(TEXTS).similarity(first, second).tolist()
    )


def test_texts_that_share_a_prompt_are_hardly_ever_compared_in_full() -> None:
    texts = sharing_a_prompt(2_000, 30)
    found = find_near_duplicates(Texts([pa.array(texts)]), options=NearOptions(count_shared=True))
    known = found.comparisons.verified().similarity
    assert len(set(found.cluster.tolist())) == len(texts)
    assert len(known) > 5 * len(texts)
    assert (known >= 0).sum() < len(texts) / 100
