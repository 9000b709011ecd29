"""Adoptions: rows that a dataset counts to another source than the one they were read from.

A chunk says for ever where its rows first came from. When a file takes over a whole dataset, rows
that it shares with earlier files are kept where they are and *adopted*: from then on replacing that
file's source replaces them too. Pure; stored as one Parquet object of row ranges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from vault.errors import Corrupt
from vault.objects.digest import Digest
from vault.objects.parquet_bytes import UNREADABLE, from_parquet, to_parquet

_SCHEMA = pa.schema(
    [
        pa.field("chunk", pa.binary(32), nullable=False),
        pa.field("first", pa.uint32(), nullable=False),
        pa.field("rows", pa.uint32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Adoption:
    """Consecutive rows of a chunk and the source that they belong to in a dataset."""

    chunk: Digest
    first: int
    rows: int
    source: str


def encode_adoptions(adoptions: Sequence[Adoption]) -> bytes:
    """Return the bytes of an adoptions object, in the order given; later ranges win."""
    columns = {
        "chunk": [bytes.fromhex(each.chunk) for each in adoptions],
        "first": [each.first for each in adoptions],
        "rows": [each.rows for each in adoptions],
        "source": [each.source for each in adoptions],
    }
    return to_parquet(pa.Table.from_pydict(columns, schema=_SCHEMA))


def decode_adoptions(data: bytes) -> list[Adoption]:
    """Return the adoptions of an object. Raises Corrupt (`adoptions-unreadable`)."""
    try:
        rows = from_parquet(data, _SCHEMA).to_pylist()
        return [
            Adoption(Digest(each["chunk"].hex()), each["first"], each["rows"], each["source"])
            for each in rows
        ]
    except UNREADABLE as error:
        raise Corrupt(
            f"a list of adopted rows cannot be read: {error}",
            code="adoptions-unreadable",
            hint="`vault fsck` tells which objects are damaged",
        ) from None
