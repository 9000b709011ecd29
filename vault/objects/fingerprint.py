"""Fingerprints: one number for a set of examples and their labels, whatever the order or layout.

Ids are sorted into 4,096 buckets by their first 12 bits. A bucket's digest is SHA-256 over the
number of its ids (8 bytes, big-endian), the ids in ascending order, and for each labelled example,
in the same order, its id and the canonical JSON of its labels followed by LF. The fingerprint is
SHA-256 over all bucket digests in order. Normative: docs/format/commits.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.objects.digest import ID_BYTES

BUCKETS = 4_096
_PARTS = 32
_SHIFT = np.uint64(52)


@dataclass(frozen=True, slots=True)
class LabelTexts:
    """The labels of some ids as canonical JSON: id `i` has `texts[place[i]]`, b"" for none."""

    place: NDArray[np.int64]
    texts: Sequence[bytes]


def fingerprint(ids: NDArray[np.void], labels: LabelTexts | None = None) -> str:
    """Return the fingerprint, 64 hex digits, of distinct ids and the labels of some of them.

    `ids` is an array of 16-byte values in any order; `labels` has a text for each. Costs 0.15 s for
    a million, and as much again if all are labelled; beyond that it goes part by part, so that
    memory grows with the ids alone.
    """
    top = ids.view(np.uint8).reshape(-1, ID_BYTES)[:, 0] // (256 // _PARTS)
    lines = None if labels is None or not any(labels.texts) else _Lines(ids, labels)
    whole = hashlib.sha256()
    for part in range(_PARTS):
        own = np.flatnonzero(top == part)
        order, high = _sorted_places(ids[own])
        first = part * (BUCKETS // _PARTS)
        after = np.arange(first + 1, first + 1 + BUCKETS // _PARTS, dtype=np.uint64)
        # The last number of each bucket; that of the very last wraps around to all ones.
        ends = np.searchsorted(high, (after << _SHIFT) - np.uint64(1), side="right")
        own = own[order]
        said = None if lines is None else lines.of(own, ends)
        for digest in _bucket_digests(memoryview(ids[own].tobytes()), ends.tolist(), said):
            whole.update(digest)
    return whole.hexdigest()


def _bucket_digests(
    data: memoryview, ends: list[int], said: Iterator[memoryview] | None
) -> Iterator[bytes]:
    """Yield the digest of each bucket, whose ids end in `data` at these places."""
    start = 0
    for end in ends:
        digest = hashlib.sha256((end - start).to_bytes(8, "big"))
        digest.update(data[start * ID_BYTES : end * ID_BYTES])
        if said is not None:
            digest.update(next(said))
        yield digest.digest()
        start = end


class _Lines:
    """The lines of labelled examples, joined for a part of the ids at a time."""

    def __init__(self, ids: NDArray[np.void], labels: LabelTexts) -> None:
        self._ids = ids
        self._place = labels.place
        self._is_said = np.array([bool(each) for each in labels.texts], np.bool_)
        self._texts = pa.array([each + b"\n" for each in labels.texts], pa.large_binary())

    def of(self, order: NDArray[np.int64], ends: NDArray[np.int64]) -> Iterator[memoryview]:
        """Yield for each bucket the lines of its ids, which end at these places of `order`."""
        # Imported on use: loading it takes longer than the fingerprint of 100,000 unlabelled ids.
        import pyarrow.compute as pc

        is_labelled = self._is_said[self._place[order]]
        chosen = order[is_labelled]
        ids = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(ID_BYTES), len(chosen), [None, pa.py_buffer(self._ids[chosen].tobytes())]
        )
        texts = self._texts.take(pa.array(self._place[chosen]))
        nothing = pa.scalar(b"", pa.large_binary())
        lines = pc.binary_join_element_wise(ids.cast(pa.large_binary()), texts, nothing)
        offsets = np.zeros(1, np.int64)
        data = memoryview(b"")
        if len(chosen):
            offsets = np.frombuffer(lines.buffers()[1], np.int64)[: len(chosen) + 1]
            data = memoryview(lines.buffers()[2])
        # So many of the ids up to each end are labelled.
        counts = np.concatenate([np.zeros(1, np.int64), np.cumsum(is_labelled)])[ends]
        start = 0
        for end in offsets[counts].tolist():
            yield data[start:end]
            start = end


def _sorted_places(ids: NDArray[np.void]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return the order of ids, and their first 64 bits in that order."""
    pairs = ids.view(">u8").reshape(-1, 2)
    high = pairs[:, 0].astype(np.uint64)
    order = np.argsort(high)
    first = high[order]
    if bool((first[1:] == first[:-1]).any()):
        # Two ids share 64 bits: once in 10^7 million-example datasets, so the slow way is fine.
        order = np.lexsort((pairs[:, 1].astype(np.uint64), high))
    return order, high[order]
