"""Exact duplicates: examples with the same conversation, or the same part of it, compared in full.

Whole conversations have a key in their chunk, so only records that share one are read. Two formats
of one conversation are the same; what the record says besides it does not count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.shingles import is_first
from vault.dedupe.texts import Rows, Texts
from vault.objects.conversation import Conversation
from vault.objects.json_text import canonical_bytes
from vault.objects.runs import RowKeys
from vault.operations.compared_texts import read_conversations
from vault.operations.dataset import Dataset, hashes_of

_DIGEST_BYTES = 32


def equal_conversations(dataset: Dataset, keys: RowKeys) -> Rows:
    """Return for each row the first row with the same conversation; itself without one.

    Conversations whose keys agree are compared by SHA-256 of their canonical form. Raises Corrupt.
    """
    hashes, valid = hashes_of(dataset.columns(keys, ["content_id"]), "content_id")
    suspects = _repeated(hashes, valid)
    digests = np.empty(len(suspects), f"S{_DIGEST_BYTES}").view(f"V{_DIGEST_BYTES}")
    done = 0
    for conversations in read_conversations(dataset, keys[suspects]):
        told = b"".join(map(_digest, conversations))
        end = done + len(conversations)
        digests[done:end] = np.frombuffer(told, f"V{_DIGEST_BYTES}")
        done = end
    return _first_equal(len(keys), suspects, hashes[suspects], digests)


def equal_texts(texts: Texts, is_there: NDArray[np.bool_]) -> Rows:
    """Return for each row the first row with the same text; itself where it has none, or empty."""
    hashes = texts.hashes()
    suspects = _repeated(hashes, is_there & (texts.sizes() > 0))
    told = texts.take(suspects).to_pylist()
    digests = b"".join(hashlib.sha256(each.encode()).digest() for each in told)
    there = np.frombuffer(digests, f"V{_DIGEST_BYTES}")
    return _first_equal(len(texts), suspects, hashes[suspects], there)


def _repeated(hashes: NDArray[np.uint64], valid: NDArray[np.bool_]) -> Rows:
    """Return the rows, ascending, whose hash another valid row has."""
    rows = np.flatnonzero(valid)
    order = rows[np.argsort(hashes[rows], kind="stable")]
    begins = is_first(hashes[order])
    lone = begins & np.append(begins[1:], True)
    return np.sort(order[~lone])


def _first_equal(
    count: int, rows: Rows, hashes: NDArray[np.uint64], digests: NDArray[np.void]
) -> Rows:
    first = np.arange(count)
    # The head of a digest sorts as a number; those of one key are then compared whole.
    heads = digests.view("<u8").reshape(-1, _DIGEST_BYTES // 8)
    order = np.lexsort((rows, *heads.T, hashes))
    whole = np.column_stack([hashes, heads])[order]
    begins = np.ones(len(rows), np.bool_)
    begins[1:] = (whole[1:] != whole[:-1]).any(axis=1)
    kept = rows[order][np.flatnonzero(begins)]
    first[rows[order]] = kept[np.cumsum(begins) - 1] if len(rows) else rows
    return first


def _digest(conversation: Conversation | None) -> bytes:
    told: Sequence[object] = () if conversation is None else conversation
    return hashlib.sha256(canonical_bytes(list(told))).digest()
