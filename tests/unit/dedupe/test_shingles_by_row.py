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
        shingles.add(own, Texts([TEXTS.take(pa.array(own))]), np.zeros(len(own), np.int64))
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


PROMPTS = ["", "Why?", "Why is it so?", "Çe n'est pas – vrai, oui", "数字を数えて", "one two " * 9]


def test_prompts_have_the_shingles_of_their_texts_alone() -> None:
    pairs = [(asked, told) for asked in PROMPTS for told in ("", "Yes.", "because of that, " * 4)]
    texts = pa.array([f"{asked}\n{told}" for asked, told in pairs], pa.large_string())
    rows = np.arange(len(pairs))
    asked = np.array([len(each.encode()) for each, _ in pairs])
    shingles = ShinglesByRow(len(pairs), IN_MEMORY)
    shingles.add(rows[7:], Texts([texts.slice(7)]), asked[7:])
    shingles.add(rows[:7], Texts([texts.slice(0, 7)]), asked[:7])
    assert shingles.of(rows).hashes.tolist() == shingles_of(texts).hashes.tolist()
    turned = rows[::-1]
    found = shingles.prompts(turned)
    expected = shingles_of(pa.array([pairs[row][0] for row in turned], pa.large_string()))
    assert found.hashes.tolist() == expected.hashes.tolist()
    assert found.offsets.tolist() == expected.offsets.tolist()
