"""Signatures: 128 minima of a text's shingles under 128 permutations, as datasketch has them.

Two signatures agree in about as many places as the sets of shingles have in common (Broder 1997).
They are those of `datasketch.MinHash(128, seed=1, hashfunc=int)` over the low 32 bits of each
shingle, bit for bit, so that people can go on with that library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.scratch import IN_MEMORY, Scratch
from vault.dedupe.shingles import Shingles, having_any, left_out, mix, shingles_of
from vault.dedupe.texts import Rows, Texts, cut_blocks
from vault.dedupe.words import Hashes
from vault.processes.threads import do_each

PERMUTATIONS = 128
SEED = 1

Minima = NDArray[np.uint32]
"""Signatures of n texts: n rows of 128 minima, all 2^32 - 1 for a text with nothing to compare."""

_EMPTY = np.uint32(0xFFFF_FFFF)
_AT_ONCE = 4
_BLOCKS_A_TASK = 32
_u = np.uint32


class MinimaByRow(Protocol):
    """Signatures that are looked up by row: an array of them, or several that lie apart."""

    def __getitem__(self, rows: Rows, /) -> Minima:
        """Return the signatures of some rows, in their order."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What n texts are compared by: their signatures, and a number that equal texts share.

    `identity` is 0 for a text without a word. `own` counts shingles that are not boilerplate; a
    text with none is compared with nothing. 524 bytes a text.
    """

    minima: MinimaByRow
    identity: Hashes
    own: NDArray[np.uint32]

    def __len__(self) -> int:
        """Return the number of texts."""
        return len(self.identity)


@dataclass(frozen=True, slots=True)
class Before:
    """The same texts, signed when less was left out of them; `more` is left out now besides."""

    signed: Signed
    more: Hashes


class Signable(Protocol):
    """Texts that are signed block by block."""

    def __len__(self) -> int:
        """Return the number of texts."""

    def blocks(self) -> list[tuple[int, int]]:
        """Return where to cut them."""

    def shingles(self, first: int, last: int) -> Shingles:
        """Return the shingles of a block."""


@dataclass(frozen=True, slots=True)
class _OfTexts:
    texts: Texts

    def __len__(self) -> int:
        return len(self.texts)

    def blocks(self) -> list[tuple[int, int]]:
        return cut_blocks(self.texts.sizes())

    def shingles(self, first: int, last: int) -> Shingles:
        return shingles_of(self.texts.block(first, last))


def sign(
    texts: Texts | Signable,
    *,
    without: Hashes,
    before: Before | None = None,
    threads: int = 1,
    scratch: Scratch = IN_MEMORY,
) -> Signed:
    """Return the signatures of texts, the boilerplate `without` left out of them.

    9 µs a text of 950 characters on one core, half of that for its shingles. `identity` does count
    the boilerplate. Signatures from `before` stay where nothing more is left out.
    """
    source = _OfTexts(texts) if isinstance(texts, Texts) else texts
    count = len(source)
    minima: Minima = scratch.array((count, PERMUTATIONS), np.uint32)
    identity = np.zeros(count, np.uint64)
    own = np.zeros(count, np.uint32)
    blocks = source.blocks()

    def work(at: int) -> None:
        for first, last in blocks[at : at + _BLOCKS_A_TASK]:
            shingles = source.shingles(first, last)
            rows = np.arange(first, last)
            if before is None:
                identity[rows] = identities(shingles)
            else:
                identity[rows] = before.signed.identity[rows]
                own[rows] = before.signed.own[rows]
                minima[first:last] = before.signed.minima[rows]
                changed = having_any(shingles, before.more)
                shingles, rows = shingles.of(changed), rows[changed]
            shingles = left_out(shingles, without)
            own[rows] = shingles.counts()
            minima[rows] = minima_of(shingles)

    do_each(work, range(0, len(blocks), _BLOCKS_A_TASK), threads)
    return Signed(minima, identity, own)


def identities(shingles: Shingles) -> Hashes:
    """Return a number of each text that depends on its shingles alone, 0 for none."""
    result = np.zeros(len(shingles), np.uint64)
    has = np.flatnonzero(shingles.counts())
    if len(has):
        sums = np.add.reduceat(shingles.hashes, shingles.offsets[has])
        result[has] = mix(sums) | np.uint64(1)
    return result


def minima_of(shingles: Shingles) -> Minima:
    """Return the signatures of texts. Fastest for a few hundred: they stay in the cache."""
    result = np.full((len(shingles), PERMUTATIONS), _EMPTY)
    has = np.flatnonzero(shingles.counts())
    if not len(has):
        return result
    hashes = _spread(shingles.hashes.astype(np.uint32))
    starts = shingles.offsets[has]
    factors, terms = permutations()
    found = np.empty((PERMUTATIONS, len(has)), np.uint32)
    permuted = np.empty((_AT_ONCE, len(hashes)), np.uint32)
    for first in range(0, PERMUTATIONS, _AT_ONCE):
        own = slice(first, first + _AT_ONCE)
        np.multiply(hashes, factors[own, None], out=permuted)
        permuted += terms[own, None]
        np.minimum.reduceat(permuted, starts, axis=1, out=found[own])
    result[has] = found.T
    return result


def _spread(hashes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Spread the bits as datasketch does first: the 32-bit finaliser of MurmurHash3."""
    hashes ^= hashes >> _u(16)
    hashes *= _u(0x85EBCA6B)
    hashes ^= hashes >> _u(13)
    hashes *= _u(0xC2B2AE35)
    hashes ^= hashes >> _u(16)
    return hashes


@lru_cache(maxsize=1)
def permutations() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the factors and terms of the permutations `factor * hash + term` modulo 2^32.

    Drawn as `datasketch.MinHash` draws them. Not by it: importing it takes 0.5 s, most of that for
    scipy, in each process that signs.
    """
    drawn = np.random.RandomState(SEED)
    factors = drawn.randint(0, 1 << 31, PERMUTATIONS, np.uint32) * _u(2) + _u(1)
    return factors, drawn.randint(0, 1 << 32, PERMUTATIONS, np.uint32)


def to_datasketch(minima: Minima) -> Sequence[Any]:
    """Return signatures as `datasketch.MinHash` objects, to go on with in that library."""
    from datasketch import MinHash

    shared = permutations()
    return [
        MinHash(
            PERMUTATIONS,
            seed=SEED,
            hashfunc=int,
            hashvalues=each,
            permutations=shared,
            scheme="affine32",
        )
        for each in minima
    ]
