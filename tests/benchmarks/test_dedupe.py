"""How long the engine of `dedupe` takes: `pytest -m benchmark tests/benchmarks/test_dedupe.py`.

What many texts share must cost no more than three times what texts cost that share nothing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from vault.dedupe.near import NearOptions, find_near_duplicates
from vault.dedupe.texts import Texts

pytestmark = pytest.mark.benchmark
ROUNDS = 5


@lru_cache(maxsize=8)
def texts(count: int, shared_words: int, own_words: int, is_shared: bool) -> Texts:
    """Return texts of so many words; the first ones are the same in all of them, or in none."""
    random = np.random.default_rng(1)
    vocabulary = np.array([f"word{number}" for number in range(8_000)])
    prompt = " ".join(random.choice(vocabulary, shared_words))
    made = []
    for _ in range(count):
        begin = prompt if is_shared else " ".join(random.choice(vocabulary, shared_words))
        made.append(f"{begin} {' '.join(random.choice(vocabulary, own_words))}")
    return Texts([pa.array(made, pa.large_string())])


@pytest.mark.parametrize("is_shared", [False, True], ids=["unrelated", "one prompt"])
@pytest.mark.parametrize("count_shared", [False, True], ids=["guarded", "count shared"])
# Alike by 0.66 and 0.77, which is nearly enough; and by 0.8, which makes one cluster of them all.
@pytest.mark.parametrize("shared_words", [120, 210, 260])
def test_texts_under_one_prompt(
    benchmark: Any, size: int, shared_words: int, count_shared: bool, is_shared: bool
) -> None:
    given = texts(size, shared_words, 30, is_shared)
    options = NearOptions(count_shared=count_shared)
    found = benchmark.pedantic(
        lambda: find_near_duplicates(given, options=options), rounds=ROUNDS, warmup_rounds=1
    )
    clusters = len(set(found.cluster.tolist()))
    are_alike = is_shared and count_shared and shared_words > 250
    assert clusters < 0.01 * size if are_alike else clusters > 0.99 * size


@pytest.mark.parametrize("is_shared", [False, True], ids=["unrelated", "one instruction"])
def test_records_under_one_instruction(benchmark: Any, size: int, is_shared: bool) -> None:
    given = texts(size, 120, 12, is_shared)
    found = benchmark.pedantic(
        lambda: find_near_duplicates(given), rounds=ROUNDS, warmup_rounds=1
    )
    assert len(set(found.cluster.tolist())) >= 0.998 * size
