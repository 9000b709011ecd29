"""Quarantine and removals: what was kept out or taken out, and why, as Parquet objects. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from vault.errors import Corrupt
from vault.objects.digest import ID_BYTES, Digest, is_digest
from vault.objects.parquet_bytes import UNREADABLE, from_parquet, to_parquet

_QUARANTINE_SCHEMA = pa.schema(
    [
        pa.field("id", pa.binary(ID_BYTES), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("line", pa.uint64(), nullable=False),
        pa.field("code", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("raw", pa.binary(), nullable=False),
        pa.field("size_bytes", pa.uint64(), nullable=False),
        pa.field("sha256", pa.binary(32), nullable=False),
    ]
)
_REMOVAL_SCHEMA = pa.schema(
    [
        pa.field("id", pa.binary(ID_BYTES), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string()),
        pa.field("command", pa.string(), nullable=False),
        pa.field("time", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """Bytes of a source that are not an example.

    `raw` is all of them, or the first 64 KiB where `size_bytes` passes 64 MiB; `sha256` is over
    all of them. The id is the first 16 bytes of SHA-256(source ‖ 0 ‖ line ‖ 0 ‖ sha256), the line
    in decimal digits, so the same line of the same source is one entry however often it is read.
    """

    source: str
    line: int
    code: str
    reason: str
    raw: bytes
    size_bytes: int
    sha256: bytes

    @property
    def id(self) -> bytes:
        """Return the entry's id: 16 bytes."""
        text = self.source.encode() + b"\0" + str(self.line).encode() + b"\0" + self.sha256
        return hashlib.sha256(text).digest()[:ID_BYTES]


@dataclass(frozen=True, slots=True)
class Removal:
    """An example that was taken out deliberately and stays out until it is readmitted.

    `reason` is a word such as `near-duplicate`; `detail` JSON with what belongs to it, among it
    where the example is stored (`chunk` and `row`), so that it can be brought back.
    """

    id: bytes
    reason: str
    detail: str | None
    command: str
    time: str

    def details(self) -> dict[str, Any]:
        """Return what `detail` says, nothing if it is not a JSON object."""
        return details_of(self.detail)

    def place(self) -> tuple[Digest, int] | None:
        """Return the chunk and row where the example is stored, None where that was not noted."""
        said = self.details()
        chunk, row = said.get("chunk"), said.get("row")
        if not isinstance(chunk, str) or not is_digest(chunk):
            return None
        return (Digest(chunk), row) if type(row) is int and row >= 0 else None

    def arguments(self) -> Digest | None:
        """Return the object with what was typed to take it out, None where that was not noted."""
        said = self.details().get("arguments")
        return Digest(said) if isinstance(said, str) and is_digest(said) else None


def details_of(detail: str | None) -> dict[str, Any]:
    """Return what the detail of a removal says, nothing if it is not a JSON object."""
    try:
        value = json.loads(detail or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def encode_quarantine(entries: Sequence[QuarantineEntry]) -> bytes:
    """Return the bytes of a quarantine object, entries in the order given."""
    return _encode(entries, _QUARANTINE_SCHEMA)


def decode_quarantine(data: bytes) -> list[QuarantineEntry]:
    """Return the entries of a quarantine object. Raises Corrupt (`quarantine-unreadable`)."""
    names = [name for name in _QUARANTINE_SCHEMA.names if name != "id"]
    return [
        QuarantineEntry(**{name: row[name] for name in names})
        for row in _rows(data, _QUARANTINE_SCHEMA, _quarantine_unreadable)
    ]


def encode_removals(removals: Sequence[Removal]) -> bytes:
    """Return the bytes of a removals object, in the order given."""
    return _encode(removals, _REMOVAL_SCHEMA)


def decode_removals(data: bytes) -> list[Removal]:
    """Return the removals of an object. Raises Corrupt (`removals-unreadable`)."""
    return [Removal(**row) for row in _rows(data, _REMOVAL_SCHEMA, _removals_unreadable)]


def count_reasons(data: bytes) -> Counter[str]:
    """Return how many removals of an object have each reason; reads that column alone.

    Raises Corrupt (`removals-unreadable`).
    """
    try:
        table = from_parquet(data, _REMOVAL_SCHEMA, ["reason"])
    except UNREADABLE as error:
        raise _removals_unreadable(error) from None
    return Counter(table.column("reason").to_pylist())


def _encode(rows: Sequence[Any], schema: pa.Schema) -> bytes:
    columns = {name: [getattr(row, name) for row in rows] for name in schema.names}
    return to_parquet(pa.Table.from_pydict(columns, schema=schema))


def _rows(
    data: bytes, schema: pa.Schema, unreadable: Callable[[Exception], Corrupt]
) -> list[dict[str, Any]]:
    try:
        rows = from_parquet(data, schema).to_pylist()
    except UNREADABLE as error:
        raise unreadable(error) from None
    return [dict(row) for row in rows]


def _quarantine_unreadable(error: Exception) -> Corrupt:
    return Corrupt(f"a stored quarantine cannot be read: {error}", code="quarantine-unreadable")


def _removals_unreadable(error: Exception) -> Corrupt:
    return Corrupt(f"a stored list of removals cannot be read: {error}", code="removals-unreadable")
