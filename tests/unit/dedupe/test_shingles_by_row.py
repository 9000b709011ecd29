"""Shingles that are held are those of the texts, in whatever order they are asked for."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from vault.dedupe.boilerplate import NOTHING
from vault.dedupe.scratch import IN_MEMORY
from vault.dedupe.shingles import shingles_of
from vault.dedupe.shingles_by_row import ShingledRows, ShinglesByRow
from vault.dedupe.signatures import sign
from vault.dedupe.texts import Texts

TEXTS = pa.array(
    [" ".join(f"word{at * step % 97}" for at in range(step)) for step in range(40)] + ["", None],
    pa.large_string(),
)


def held(*shares: list[int]) -> ShinglesByRow:
    shingles = ShinglesByRow(len(TEXTS), IN_MEMORY)
    for rows in shares:
        own = np.array(rows, np.int64)
        shingles.add(own, Texts([TEXTS.take(pa.array(own))]))
    return shingles


def test_what_is_held_is_what_the_texts_have() -> None:
    shingles = held(list(range(20, 42)), [], list(range(5)))
    assert np.flatnonzero(shingles.holds(np.arange(42))).tolist() == [*range(5), *range(20, 42)]
    for rows in ([0, 1, 30, 41], [41, 3, 20, 4, 3], [], [25], [4, 2, 0]):
        found = shingles.of(np.array(rows, np.int64))
        expected = shingles_of(TEXTS.take(pa.array(rows, pa.int64())))
        assert found.hashes.tolist() == expected.hashes.tolist()
        assert found.offsets.tolist() == expected.offsets.tolist()


def test_signatures_from_held_shingles_are_those_of_the_texts() -> None:
    rows = np.arange(len(TEXTS))
    without = np.sort(shingles_of(TEXTS.slice(30, 1)).hashes >> np.uint64(16))
    for left_out in (NOTHING, without):
        found = sign(ShingledRows(held(rows.tolist()), rows), without=left_out)
        expected = sign(Texts([TEXTS]), without=left_out)
        assert np.array_equal(found.minima[rows], expected.minima[rows])
        assert found.identity.tolist() == expected.identity.tolist()
        assert found.own.tolist() == expected.own.tolist()
