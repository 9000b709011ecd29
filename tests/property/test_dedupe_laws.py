"""Laws of the engine: it agrees with comparing every pair, and order means nothing to it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tests.support.naive_dedupe import clusters, shingles
from vault.dedupe.near import NearOptions, find_near_duplicates
from vault.dedupe.shingles import shingle_sets
from vault.dedupe.texts import Texts

NOTHING = np.zeros(0, np.uint64)
ASCII = st.text(st.characters(max_codepoint=127), max_size=60)
WORDS = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h"]), max_size=30).map(
    " ".join
)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.lists(ASCII, max_size=8))
def test_a_text_has_as_many_shingles_as_counting_them_finds(texts: list[str]) -> None:
    found = shingle_sets(pa.array(texts, pa.string()), NOTHING).counts()
    assert found.tolist() == [len(shingles(text)) for text in texts]


@given(st.lists(WORDS | ANY, max_size=12))
def test_no_text_makes_the_engine_fail_and_twice_is_once(texts: list[str]) -> None:
    found = find_near_duplicates(Texts([pa.array(texts, pa.string())])).cluster
    kept = [text for row, text in enumerate(texts) if found[row] == row]
    again = find_near_duplicates(Texts([pa.array(kept, pa.string())])).cluster
    assert again.tolist() == list(range(len(kept)))


@given(st.lists(WORDS, max_size=14), st.randoms(use_true_random=False))
def test_the_order_of_texts_means_nothing(texts: list[str], random: object) -> None:
    order = list(range(len(texts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    options = NearOptions(count_shared=True, threshold=1.0)
    found = find_near_duplicates(Texts([pa.array(texts, pa.string())]), None, options).cluster
    assert found.tolist() == clusters(texts, 1.0)
    moved = Texts([pa.array([texts[row] for row in order], pa.string())])
    there = find_near_duplicates(moved, None, options).cluster
    for first in range(len(texts)):
        for second in range(len(texts)):
            one, other = order.index(first), order.index(second)
            assert (found[first] == found[second]) == (there[one] == there[other])
