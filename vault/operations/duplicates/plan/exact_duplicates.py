"""Exact duplicates: examples with the same conversation, or the same part of it, compared in full.

Whole conversations have a key in their chunk, so only records that share one are read. Two formats
of one conversation are the same; what the record says besides it does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.compared_texts import (
    DIGEST_BYTES,
    conversation_digest,
    read_conversations,
)
from vault.dataset.reading.dataset import Dataset, hashes_of
from vault.dedupe.shingles import is_first
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes
from vault.objects.runs import RowKeys

DigestsOf = Callable[[Rows], NDArray[np.uint8]]
"""Returns the SHA-256 of what is compared of rows: 32 bytes each."""


def equal_conversations(dataset: Dataset, keys: RowKeys, digests: DigestsOf | None = None) -> Rows:
    """Return for each row the first row with the same conversation; itself without one.

    Conversations whose keys agree are compared by the SHA-256 of their canonical form; they are
    read unless `digests` knows them. Raises Corrupt.
    """
    hashes, valid = hashes_of(dataset.columns(keys, ["content_id"]), "content_id")
    suspects = _repeated(hashes, valid)
    if digests is not None:
        told = digests(suspects)
    else:
        told = _as_array(_digests(dataset, keys[suspects]))
    return _first_equal(len(keys), suspects, hashes[suspects], told)


def equal_in(
    dataset: Dataset,
    keys: RowKeys,
    other: Dataset,
    other_keys: RowKeys,
    digests: tuple[DigestsOf, DigestsOf] | None = None,
) -> Rows:
    """Return for each row the place among `other_keys` of an equal conversation, -1 for none.

    Conversations whose keys agree are compared as `equal_conversations` does. Raises Corrupt.
    """
    mine, valid = hashes_of(dataset.columns(keys, ["content_id"]), "content_id")
    theirs, is_theirs = hashes_of(other.columns(other_keys, ["content_id"]), "content_id")
    rows = np.flatnonzero(valid & np.isin(mine, theirs[is_theirs]))
    there = np.flatnonzero(is_theirs & np.isin(theirs, mine[rows]))
    if digests is None:
        own, others = _digests(dataset, keys[rows]), _digests(other, other_keys[there])
    else:
        own, others = _each(digests[0](rows)), _each(digests[1](there))
    return _first_known(len(keys), (rows, own), (there, others))


def equal_texts_in(
    hashes: Hashes,
    is_filled: NDArray[np.bool_],
    other: Hashes,
    digests: tuple[DigestsOf, DigestsOf],
) -> Rows:
    """Return for each text the row of an equal one among others, -1 for none, or an empty text.

    `hashes` and `other` are those of the texts; where they agree digests are compared.
    """
    rows = np.flatnonzero(is_filled & np.isin(hashes, other))
    there = np.flatnonzero(np.isin(other, hashes[rows]))
    own, others = _each(digests[0](rows)), _each(digests[1](there))
    return _first_known(len(hashes), (rows, own), (there, others))


def equal_texts(hashes: Hashes, is_there: NDArray[np.bool_], digests: DigestsOf) -> Rows:
    """Return for each row the first row with the same text; itself where nothing is there."""
    suspects = _repeated(hashes, is_there)
    return _first_equal(len(hashes), suspects, hashes[suspects], digests(suspects))


def _repeated(hashes: NDArray[np.uint64], valid: NDArray[np.bool_]) -> Rows:
    """Return the rows, ascending, whose hash another valid row has."""
    rows = np.flatnonzero(valid)
    order = rows[np.argsort(hashes[rows], kind="stable")]
    begins = is_first(hashes[order])
    lone = begins & np.append(begins[1:], True)
    return np.sort(order[~lone])


def _first_equal(
    count: int, rows: Rows, hashes: NDArray[np.uint64], digests: NDArray[np.uint8]
) -> Rows:
    first = np.arange(count)
    # The head of a digest sorts as a number; those of one key are then compared whole.
    heads = digests.view("<u8")
    order = np.lexsort((rows, *heads.T, hashes))
    whole = np.column_stack([hashes, heads])[order]
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = (whole[1:] != whole[:-1]).any(axis=1)
    kept = rows[order][np.flatnonzero(begins)]
    first[rows[order]] = kept[np.cumsum(begins) - 1] if len(rows) else rows
    return first


def _first_known(
    count: int, mine: tuple[Rows, Iterable[bytes]], theirs: tuple[Rows, Iterable[bytes]]
) -> Rows:
    """Return for each of `count` rows their first row with the same digest, -1 for none."""
    known: dict[bytes, int] = {}
    for row, digest in zip(theirs[0].tolist(), theirs[1], strict=True):
        known.setdefault(digest, row)
    result = np.full(count, -1)
    result[mine[0]] = [known.get(each, -1) for each in mine[1]]
    return result


def _digests(dataset: Dataset, keys: RowKeys) -> Iterator[bytes]:
    for conversations in read_conversations(dataset, keys):
        yield from map(conversation_digest, conversations)


def _each(digests: NDArray[np.uint8]) -> Iterator[bytes]:
    data = digests.tobytes()
    return (data[at : at + DIGEST_BYTES] for at in range(0, len(data), DIGEST_BYTES))


def _as_array(digests: Iterable[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST_BYTES)
