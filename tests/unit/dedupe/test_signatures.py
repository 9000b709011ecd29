"""Signatures are those of datasketch, and shingles are sets of five words."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash

from tests.support.naive_dedupe import corpus, similarity
from tests.support.naive_dedupe import shingles as naive_shingles
from vault.dedupe import signatures
from vault.dedupe.shingles import (
    Shingles,
    distinct,
    having_any,
    left_out,
    shingle_sets,
    shingles_of,
)
from vault.dedupe.signatures import Before, Minima, minima_of, sign, to_datasketch
from vault.dedupe.similarity import agreements, estimates, sketches
from vault.dedupe.texts import Texts

NOTHING = np.zeros(0, np.uint64)
TEXTS = [*corpus(40), "", "one", "two words", "five words make one shingle", "?", "今天天气很好"]


def test_signatures_are_those_of_datasketch_bit_for_bit() -> None:
    shingles = shingles_of(pa.array(TEXTS))
    found = minima_of(shingles)
    for row in range(len(TEXTS)):
        own = shingles.hashes[shingles.offsets[row] : shingles.offsets[row + 1]]
        expected = MinHash(128, seed=1, hashfunc=int)
        expected.update_batch((own & np.uint64(0xFFFF_FFFF)).tolist())
        assert np.array_equal(found[row], expected.hashvalues), TEXTS[row]


def test_signing_does_not_wait_for_datasketch_to_be_imported() -> None:
    code = (
        "import sys; import pyarrow as pa; from vault.dedupe.shingles import shingles_of; "
        "from vault.dedupe.signatures import minima_of; "
        "minima_of(shingles_of(pa.array(['a text']))); "
        "print([each for each in ('datasketch', 'scipy') if each in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_datasketch_can_go_on_with_them() -> None:
    minima = minima_of(shingles_of(pa.array(["a b c d e f g h", "a b c d e f g x", ""])))
    first, second, empty = to_datasketch(minima)
    assert first.jaccard(second) == np.mean(minima[0] == minima[1])
    assert empty.is_empty()
    first.merge(second)


def test_shingles_are_sets_of_five_words_in_a_row() -> None:
    sets = shingle_sets(pa.array(TEXTS[:44]), NOTHING)
    assert sets.counts().tolist() == [len(naive_shingles(text)) for text in TEXTS[:44]]


def test_signing_takes_blocks_threads_and_arrays_of_any_size() -> None:
    texts = [f"text number {number} of a great many others" for number in range(1_500)]
    whole = sign(Texts([pa.array(texts)]), without=NOTHING)
    cut = [pa.array(texts[:1]), pa.array([], pa.string()), pa.array(texts[1:1_100])]
    parts = Texts([*cut, pa.array(texts[1_100:])])
    again = sign(parts, without=NOTHING, threads=3)
    every = np.arange(1_500)
    assert np.array_equal(whole.minima[every], again.minima[every])
    assert np.array_equal(whole.identity, again.identity)
    assert np.array_equal(parts.hashes(), Texts([pa.array(texts)]).hashes())


def test_what_is_left_out_is_not_signed() -> None:
    both = shingles_of(pa.array(["a b c d e f g", "c d e f g"]))
    second = np.unique(both.hashes[both.offsets[1] :] >> np.uint64(16))
    left = left_out(both, second)
    assert left.counts()[1] == 0
    assert np.array_equal(
        np.unique(left.hashes), np.unique(shingles_of(pa.array(["a b c d e f"])).hashes)
    )


def test_signatures_stay_where_nothing_more_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = Texts([pa.array(TEXTS, pa.string())])
    less, more = (shingle_sets(pa.array(TEXTS[at : at + 1]), NOTHING).hashes for at in (3, 7))
    every = np.union1d(less, more)
    before = sign(texts, without=less)
    signed = 0

    def counting(shingles: Shingles) -> Minima:
        nonlocal signed
        signed += len(shingles)
        return minima_of(shingles)

    expected = sign(texts, without=every)
    monkeypatch.setattr(signatures, "minima_of", counting)
    found = sign(texts, without=every, before=Before(before, np.setdiff1d(more, less)), threads=2)
    rows = np.arange(len(TEXTS))
    changed = int((before.own != expected.own).sum())
    assert 0 < signed == changed < len(TEXTS) // 2
    assert np.array_equal(found.minima[rows], expected.minima[rows])
    assert found.identity.tolist() == expected.identity.tolist()
    assert found.own.tolist() == expected.own.tolist()


@pytest.mark.parametrize("count", [1, 700, 200_000])
def test_what_is_left_out_is_found_among_few_and_many(count: int) -> None:
    random = np.random.default_rng(count)
    some = distinct(random.integers(0, 1 << 48, count, dtype=np.uint64))
    # Neighbours of what is there, as well as anything else.
    near = (random.choice(some, 3_000) + random.integers(0, 2, 3_000).astype(np.uint64)) << 16
    hashes = np.concatenate([near, random.integers(0, 1 << 64, 3_000, dtype=np.uint64)])
    shingles = Shingles(hashes, np.arange(0, len(hashes) + 1, 4))
    is_there = np.isin(hashes >> np.uint64(16), some)
    assert 0 < is_there.sum() < len(hashes)
    assert left_out(shingles, some).hashes.tolist() == hashes[~is_there].tolist()
    texts = np.flatnonzero(is_there.reshape(-1, 4).any(axis=1))
    assert having_any(shingles, some).tolist() == texts.tolist()


def test_estimates_are_near_the_truth() -> None:
    texts = corpus(300)
    minima = minima_of(shingles_of(pa.array(texts)))
    first, second = (np.arange(0, 299), np.arange(1, 300))
    found = estimates(agreements(sketches(minima, np.arange(300)), first, second))
    agrees = (minima[first].astype(np.uint8) == minima[second].astype(np.uint8)).mean(axis=1)
    assert np.allclose(found, agrees)
    true = [similarity(texts[one], texts[one + 1]) for one in range(299)]
    assert np.abs(found - true).max() < 0.2
