"""Near-duplicates found slowly and plainly: what the engine must agree with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np

_WORD = re.compile(r"[a-z0-9_]+")


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return the shingles of an ASCII text."""
    words = _WORD.findall(text.lower())
    if not words:
        return frozenset()
    if len(words) < 5:
        return frozenset([tuple(words)])
    return frozenset(tuple(words[at : at + 5]) for at in range(len(words) - 4))


def similarity(first: str, second: str) -> float:
    """Return the Jaccard similarity of two texts; 0 for one without words."""
    return _jaccard(shingles(first), shingles(second))


def clusters(texts: Sequence[str], threshold: float) -> list[int]:
    """Return the smallest row of each text's cluster, from comparing every pair."""
    smallest = list(range(len(texts)))
    for (first, second), found in _similarities(tuple(texts)).items():
        if found >= threshold - 1e-12:
            one, other = sorted((smallest[first], smallest[second]))
            smallest = [one if each == other else each for each in smallest]
    return smallest


@lru_cache(maxsize=4)
def _similarities(texts: tuple[str, ...]) -> dict[tuple[int, int], float]:
    """Return the similarity of every pair of rows, the smaller row first."""
    sets = [shingles(text) for text in texts]
    pairs = combinations(range(len(texts)), 2)
    return {(one, other): _jaccard(sets[one], sets[other]) for one, other in pairs}


def _jaccard(left: frozenset[tuple[str, ...]], right: frozenset[tuple[str, ...]]) -> float:
    return len(left & right) / len(left | right) if left and right else 0.0


def corpus(count: int, seed: int = 1) -> list[str]:
    """Return texts of 30 to 60 words, of which a third are edits of others."""
    random = np.random.default_rng(seed)
    vocabulary = [f"w{number}" for number in range(2_000)]
    texts: list[str] = []
    while len(texts) < count:
        if texts and random.random() < 0.35:
            words = texts[int(random.integers(len(texts)))].split()
            for _ in range(int(random.integers(0, 3))):
                words[int(random.integers(len(words)))] = str(random.choice(vocabulary))
        else:
            words = [str(each) for each in random.choice(vocabulary, int(random.integers(30, 60)))]
        texts.append(" ".join(words))
    return texts
