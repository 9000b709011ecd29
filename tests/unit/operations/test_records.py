"""How records are gathered: windows of rows that threads decode beside one another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.drafting import dataset_of
from tests.support.library import Library
from vault.dataset.reading.records import WINDOW, _windows, record_arrays
from vault.objects.runs import key_parts


def keys_of(runs: list[tuple[int, int, int]]) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Return row keys of (chunk, first row, rows)."""
    parts = [
        (np.uint64(chunk) << np.uint64(32)) + np.arange(first, first + rows, dtype=np.uint64)
        for chunk, first, rows in runs
    ]
    return np.concatenate(parts)


def test_chunks_that_alternate_share_a_window_so_that_no_thread_waits_for_another() -> None:
    runs = [(chunk, at * 300, 300) for at in range(20) for chunk in (0, 1)]
    windows = _windows(keys_of([*runs, (2, 0, 3_000), (3, 0, 3_000)]))
    held = [set(key_parts(each)[0].tolist()) for each in windows]
    assert held == [{0, 1}, {2}, {3}]
    assert [len(each) for each in windows] == [12_000, 3_000, 3_000]


def test_windows_have_every_row_in_order_and_no_more_than_they_may() -> None:
    keys = keys_of([(0, 0, 100_000), (1, 5, 10), (0, 100_000, 7), (5, 0, 40_000)])
    windows = _windows(keys)
    assert np.concatenate(windows).tolist() == keys.tolist()
    assert max(map(len, windows)) <= WINDOW


@pytest.mark.parametrize("order", ["in order", "some", "backwards", "shuffled"])
def test_texts_come_in_the_order_that_was_asked_for(order: str, tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("a.jsonl", [{"n": number} for number in range(3_000)])
    library.run("a.jsonl")
    dataset = dataset_of(library.repository)
    keys = dataset.keys()
    chosen = {
        "in order": keys,
        "some": keys[5:2_900:3],
        "backwards": keys[::-1],
        "shuffled": keys[np.random.default_rng(1).permutation(len(keys))],
    }[order]
    texts = [text for each in record_arrays(dataset, chosen) for text in each.to_pylist()]
    assert texts == [f'{{"n": {key & 0xFFFF}}}' for key in chosen.tolist()]
