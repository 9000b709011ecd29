"""Erasures: objects that were taken away on purpose, and what stands for them. Pure.

Reserved: vault reads such lists and writes none so far. Stored as one Parquet object.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from vault.errors import Corrupt
from vault.objects.digest import Digest
from vault.objects.parquet_bytes import UNREADABLE, from_parquet, to_parquet

_SCHEMA = pa.schema(
    [
        pa.field("object", pa.binary(32), nullable=False),
        pa.field("replacement", pa.binary(32)),
    ]
)


def encode_erasures(erased: Mapping[Digest, Digest | None]) -> bytes:
    """Return the bytes of a list of erased objects; each maps to what stands for it, or None."""
    columns = {
        "object": [bytes.fromhex(each) for each in erased],
        "replacement": [None if each is None else bytes.fromhex(each) for each in erased.values()],
    }
    return to_parquet(pa.Table.from_pydict(columns, schema=_SCHEMA))


def decode_erasures(data: bytes) -> dict[Digest, Digest | None]:
    """Return a list of erased objects. Raises Corrupt (`erasures-unreadable`)."""
    try:
        rows = from_parquet(data, _SCHEMA).to_pylist()
        return {Digest(each["object"].hex()): _digest(each["replacement"]) for each in rows}
    except UNREADABLE as error:
        raise Corrupt(
            f"a list of erased objects cannot be read: {error}",
            code="erasures-unreadable",
            hint="`vault fsck` tells which objects are damaged",
        ) from None


def _digest(value: bytes | None) -> Digest | None:
    return None if value is None else Digest(value.hex())
