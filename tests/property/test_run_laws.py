"""Laws of runs and their pages: keys and runs are one thing, and an edit changes one page."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.laws import share_of_examples
from vault.errors import Corrupt
from vault.objects.digest import Digest
from vault.objects.run_page import LEAST_RUNS, MOST_RUNS, cut_pages, decode_page, encode_page
from vault.objects.runs import ChunkNumbers, RowKeys, Runs, key_parts, only_in


def digest(number: int) -> Digest:
    return Digest(hashlib.sha256(str(number).encode()).hexdigest())


_triples = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 30_000), st.integers(1, 200)), max_size=40
).map(lambda runs: [(digest(chunk), first, rows) for chunk, first, rows in runs])
_keys = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), unique=True, max_size=60).map(
    lambda pairs: np.array([chunk << 32 | row for chunk, row in pairs], np.uint64)
)


def six_chunks() -> ChunkNumbers:
    return ChunkNumbers(digest(number) for number in range(6))


def same(a: Runs, b: Runs) -> bool:
    return a.triples() == b.triples()


@given(keys=_keys)
def test_keys_become_runs_and_keys_again(keys: RowKeys) -> None:
    runs = Runs.from_keys(six_chunks(), keys)
    assert runs.keys().tolist() == keys.tolist()
    assert runs.examples == len(keys)
    assert same(Runs.from_keys(runs.numbers, runs.keys()), runs)


@given(triples=_triples)
def test_runs_become_the_fewest_runs_of_the_same_rows(
    triples: list[tuple[Digest, int, int]],
) -> None:
    runs = Runs.build(ChunkNumbers(), triples)
    rows = [(chunk, first + at) for chunk, first, count in triples for at in range(count)]
    chunk, row = key_parts(runs.keys())
    assert [
        (runs.numbers.digest(c), r) for c, r in zip(chunk.tolist(), row.tolist(), strict=True)
    ] == rows
    fewest = Runs.from_keys(runs.numbers, runs.keys())
    breaks = sum(a[0] != b[0] or a[1] + 1 != b[1] for a, b in pairwise(rows))
    assert len(fewest) == (breaks + 1 if rows else 0)


@given(triples=_triples)
def test_a_page_is_read_as_it_was_written(triples: list[tuple[Digest, int, int]]) -> None:
    runs = Runs.build(ChunkNumbers(), triples)
    data = encode_page(runs)
    # Another table, with other numbers for the same chunks.
    other = decode_page(data, ChunkNumbers([digest(99), digest(3)]))
    assert same(other, runs)
    assert encode_page(other) == data


@given(a=_keys, b=_keys)
def test_rows_that_only_one_side_has(a: RowKeys, b: RowKeys) -> None:
    expected = [at for at, key in enumerate(a.tolist()) if key not in set(b.tolist())]
    assert only_in(a, b).tolist() == expected


def scattered(count: int, seed: int) -> Runs:
    """Return runs of one row each, with gaps, over many chunks."""
    generator = np.random.default_rng(seed)
    rows = np.cumsum(generator.integers(2, 9, count))
    keys = ((rows >> 15).astype(np.uint64) << np.uint64(32)) | (rows & 32_767).astype(np.uint64)
    numbers = ChunkNumbers(digest(number) for number in range(int(rows[-1] >> 15) + 2))
    return Runs.from_keys(numbers, keys)


@share_of_examples(0.15)
@given(count=st.integers(1, 60_000), seed=st.integers(0, 99))
def test_pages_are_the_runs_cut_within_limits(count: int, seed: int) -> None:
    runs = scattered(count, seed)
    pages = cut_pages(runs)
    assert same(Runs.concatenate(runs.numbers, pages), runs)
    assert all(LEAST_RUNS <= len(page) <= MOST_RUNS for page in pages[:-1])
    assert 1 <= len(pages[-1]) <= MOST_RUNS


@share_of_examples(0.15)
@given(seed=st.integers(0, 99), place=st.floats(0, 1), width=st.integers(1, 40))
def test_a_local_edit_changes_few_pages(seed: int, place: float, width: int) -> None:
    runs = scattered(60_000, seed)
    keys = runs.keys()
    at = int(place * (len(keys) - width))
    edited = np.delete(keys, np.arange(at, at + width))
    before = {encode_page(page) for page in cut_pages(runs)}
    after = [encode_page(page) for page in cut_pages(Runs.from_keys(runs.numbers, edited))]
    assert len(before) > 10
    assert sum(page not in before for page in after) <= 4


def test_no_runs_have_no_pages() -> None:
    assert cut_pages(Runs.empty(ChunkNumbers())) == []


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_what_is_no_page_is_corrupt(data: bytes) -> None:
    with pytest.raises(Corrupt):
        decode_page(data, ChunkNumbers())
