"""How long the engine of `dedupe` takes: `pytest -m benchmark tests/benchmarks/test_dedupe.py`.

What many texts share must cost no more than three times what texts cost that share nothing. Beside
it runs what people would write with datasketch, on the same texts.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from datasketch import MinHash, MinHashLSH

from vault.dedupe.answers import short_answers
from vault.dedupe.near import Apart, NearOptions, find_near_duplicates
from vault.dedupe.texts import Texts

pytestmark = pytest.mark.benchmark
ROUNDS = 5
BANKING = Path(__file__).resolve().parents[3] / "shared" / "data" / "banking77" / "train.csv"
WORD = re.compile(r"\w+")


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
    found = benchmark.pedantic(lambda: find_near_duplicates(given), rounds=ROUNDS, warmup_rounds=1)
    assert len(set(found.cluster.tolist())) >= 0.998 * size


@lru_cache(maxsize=1)
def banking77() -> tuple[Texts, Apart]:
    """Return the 10,003 messages of banking77 after its 77 intents, and the intent of each."""
    if not BANKING.is_file():
        pytest.skip("the data are not here")
    with BANKING.open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    intents = ", ".join(sorted({intent for _, intent in rows}))
    made = [f"Which of these? {intents}\n{text}\n{intent}" for text, intent in rows]
    answers = short_answers(pa.array([intent for _, intent in rows]))
    return Texts([pa.array(made, pa.large_string())]), Apart(answers)


def unrelated_to_banking77() -> tuple[Texts, Apart]:
    """Return as many texts of as many words, which have nothing in common."""
    given, apart = banking77()
    words = np.mean([len(WORD.findall(each)) for each in given.block(0, 100).to_pylist()])
    return texts(len(given), round(words) - 12, 12, False), apart


@pytest.mark.parametrize("given", [unrelated_to_banking77, banking77])
def test_messages_after_a_list_of_intents(benchmark: Any, given: Any) -> None:
    messages, apart = given()
    found = benchmark.pedantic(
        lambda: find_near_duplicates(messages, apart), rounds=ROUNDS, warmup_rounds=1
    )
    assert len(set(found.cluster.tolist())) >= 9_900


@lru_cache(maxsize=1)
def planted(count: int) -> tuple[str, ...]:
    """Return texts of 150 words, every third of them another one with up to eight words changed."""
    random = np.random.default_rng(7)
    vocabulary = np.array([f"word{number}" for number in range(32_000)])
    made: list[str] = []
    for at in range(count):
        words = random.choice(vocabulary, 150)
        if at % 3 == 2:
            words = np.array(made[int(random.integers(at))].split())
            changed = random.integers(0, len(words), int(random.integers(9)))
            words[changed] = random.choice(vocabulary, len(changed))
        made.append(" ".join(words))
    return tuple(made)


def clusters_of_datasketch(given: tuple[str, ...]) -> int:
    """Return how many clusters datasketch finds, as its manual says; nothing is verified."""
    shingles = []
    for text in given:
        words = WORD.findall(text.lower())
        shingles.append([" ".join(words[at : at + 5]).encode() for at in range(len(words) - 4)])
    signed = list(MinHash.bulk(shingles, num_perm=128))
    index = MinHashLSH(threshold=0.8, num_perm=128)
    with index.insertion_session() as session:
        for row, each in enumerate(signed):
            session.insert(row, each)
    parent = list(range(len(given)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = row = parent[parent[row]]
        return row

    for row, each in enumerate(signed):
        for other in index.query(each):
            parent[root(other)] = root(row)
    return len({root(row) for row in range(len(given))})


def clusters_of_vault(given: tuple[str, ...]) -> int:
    """Return how many clusters vault finds, every pair of them verified."""
    texts_of = Texts([pa.array(given, pa.large_string())])
    return len(set(find_near_duplicates(texts_of).cluster.tolist()))


@pytest.mark.parametrize("clusters_of", [clusters_of_vault, clusters_of_datasketch])
def test_beside_datasketch(benchmark: Any, size: int, clusters_of: Any) -> None:
    given = planted(size)
    found = benchmark.pedantic(lambda: clusters_of(given), rounds=3, warmup_rounds=1)
    assert 0.6 * size < found < 0.9 * size
