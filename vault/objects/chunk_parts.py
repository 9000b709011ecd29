"""Parts of a records object: byte ranges that can be checked without the rest. Pure.

An object is checked against its digest as a whole. Whoever has only a range of it, a row group of a
remote's or of a file too large to read for one row, checks it against the part that the chunk
names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from vault.objects.digest import Digest, digest_of, read_digest


class ObjectPart(NamedTuple):
    """A byte range of an object, and the SHA-256 of its bytes."""

    offset: int
    length: int
    sha256: Digest


def parts_of(data: bytes) -> tuple[ObjectPart, ...]:
    """Return the parts of a Parquet object: one for each row group, in order, then the footer.

    They tile the object: the first begins at its first byte, the last ends at its last. Costs
    hashing the object, 0.6 ms a megabyte.
    """
    metadata = pq.read_metadata(pa.BufferReader(data))
    ends = [_end_of(metadata.row_group(each)) for each in range(metadata.num_row_groups)]
    starts = [0, *ends]
    view = memoryview(data)
    return tuple(
        ObjectPart(start, end - start, digest_of(view[start:end]))
        for start, end in zip(starts, [*ends, len(data)], strict=True)
    )


def _end_of(group: Any) -> int:
    columns = [group.column(each) for each in range(group.num_columns)]
    return int(max(_start_of(each) + each.total_compressed_size for each in columns))


def _start_of(column: Any) -> int:
    offsets = (column.dictionary_page_offset, column.data_page_offset)
    return int(min(each for each in offsets if each is not None))


def read_part(value: Any) -> ObjectPart:
    """Return a part from its JSON list; ValueError or TypeError if it is none."""
    offset, length, sha256 = value
    return ObjectPart(int(offset), int(length), read_digest(sha256))


def wrong_part(data: bytes, parts: Sequence[ObjectPart]) -> ObjectPart | None:
    """Return the first part that is not of this object, or does not begin where one ends."""
    end = 0
    for part in parts:
        held = memoryview(data)[part.offset : part.offset + part.length]
        is_next = part.offset == end and len(held) == part.length > 0
        if not is_next or hashlib.sha256(held).hexdigest() != part.sha256:
            return part
        end += part.length
    return None if end == len(data) or not parts else parts[-1]
