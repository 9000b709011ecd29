"""Fingerprints: one number for a set of examples and their labels, whatever the order or layout.

Ids are sorted into 4,096 buckets by their first 12 bits. A bucket's digest is SHA-256 over the
number of its ids (8 bytes, big-endian), the ids in ascending order, and for each labelled example,
in the same order, its id and the canonical JSON of its labels followed by LF. The fingerprint is
SHA-256 over all bucket digests in order. Normative: docs/format/commits.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.objects.digest import ID_BYTES
from vault.objects.json.text import canonical_bytes

BUCKETS = 4_096
_PARTS = 32


def fingerprint(ids: NDArray[np.void], labels: Mapping[bytes, Mapping[str, Any]]) -> str:
    """Return the fingerprint, 64 hex digits, of distinct ids and the labels of some of them.

    `ids` is an array of 16-byte values in any order. Costs 0.15 s for a million; beyond that it
    goes part by part, so that memory grows with the ids alone.
    """
    pairs = ids.view(">u8").reshape(-1, 2)
    top = ids.view(np.uint8).reshape(-1, ID_BYTES)[:, 0] // (256 // _PARTS)
    labelled = _labels_by_bucket(labels)
    whole = hashlib.sha256()
    per_part = BUCKETS // _PARTS
    for part in range(_PARTS):
        chosen = _sorted_pairs(pairs[np.flatnonzero(top == part)])
        for digest in _bucket_digests(chosen, part * per_part, per_part, labelled):
            whole.update(digest)
    return whole.hexdigest()


def _bucket_digests(
    ordered: NDArray[np.uint64], first: int, count: int, labelled: Mapping[int, list[bytes]]
) -> Iterator[bytes]:
    """Yield the digests of `count` buckets from `first` on, which hold these sorted ids."""
    bucket = (ordered[:, 0] >> np.uint64(52)).astype(np.int64)
    ends = np.searchsorted(bucket, np.arange(first, first + count), side="right").tolist()
    data = memoryview(ordered.astype(">u8").tobytes())
    start = 0
    for number, end in enumerate(ends, start=first):
        digest = hashlib.sha256((end - start).to_bytes(8, "big"))
        digest.update(data[start * ID_BYTES : end * ID_BYTES])
        for line in labelled.get(number, ()):
            digest.update(line)
        yield digest.digest()
        start = end


def _sorted_pairs(pairs: NDArray[Any]) -> NDArray[np.uint64]:
    native = pairs.astype(np.uint64)
    ordered = native[np.argsort(native[:, 0], kind="stable")]
    if len(ordered) > 1 and bool((ordered[1:, 0] == ordered[:-1, 0]).any()):
        # Two ids share 64 bits: once in 10^7 million-example datasets, so the slow way is fine.
        ordered = native[np.lexsort((native[:, 1], native[:, 0]))]
    return ordered


def _labels_by_bucket(labels: Mapping[bytes, Mapping[str, Any]]) -> dict[int, list[bytes]]:
    result: dict[int, list[bytes]] = {}
    for each in sorted(labels):
        line = each + canonical_bytes(dict(labels[each])) + b"\n"
        result.setdefault(int.from_bytes(each[:2], "big") >> 4, []).append(line)
    return result
