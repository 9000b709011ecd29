"""Label sets: what was said about the rows of one chunk, as a Parquet object. Pure.

A label set is whole: changing one label of a chunk writes the chunk's set again (a few bytes a
labelled row). Values are JSON scalars: text, number, or true and false.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson
import pyarrow as pa

from vault.errors import Corrupt
from vault.objects.parquet_bytes import UNREADABLE, from_parquet, to_parquet

LabelValue = str | int | float | bool

SPLIT = "split"
"""The label that says which side of a split an example is on."""

_SCHEMA = pa.schema(
    [
        pa.field("row", pa.uint32(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("value", pa.string(), nullable=False),
        pa.field("author", pa.string(), nullable=False),
        pa.field("time", pa.string(), nullable=False),
        pa.field("note", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Label:
    """One thing said of one example: a name and a value, by whom, when (ISO 8601), and why."""

    name: str
    value: LabelValue
    author: str
    time: str
    note: str | None = None


LabelSet = dict[int, dict[str, Label]]
"""Labels by row of the chunk, then by name."""


def encode_labels(labels: LabelSet) -> bytes:
    """Return the bytes of a label set, sorted by row and name."""
    flat = [(row, labels[row][name]) for row in sorted(labels) for name in sorted(labels[row])]
    columns = {
        "row": [row for row, _ in flat],
        "name": [label.name for _, label in flat],
        "value": [orjson.dumps(label.value).decode() for _, label in flat],
        "author": [label.author for _, label in flat],
        "time": [label.time for _, label in flat],
        "note": [label.note for _, label in flat],
    }
    return to_parquet(pa.Table.from_pydict(columns, schema=_SCHEMA))


def decode_labels(data: bytes) -> LabelSet:
    """Return a label set. Raises Corrupt (`labels-unreadable`)."""
    result: LabelSet = {}
    try:
        rows = from_parquet(data, _SCHEMA).to_pylist()
        for each in rows:
            value = orjson.loads(each["value"])
            label = Label(each["name"], value, each["author"], each["time"], each["note"])
            result.setdefault(each["row"], {})[label.name] = label
    except UNREADABLE as error:
        raise _unreadable(error) from None
    return result


def decode_label_columns(data: bytes) -> pa.Table:
    """Return a label set as columns `row`, `name` and `value` (JSON), sorted by row and name.

    For reading many: no object is made of each. Raises Corrupt (`labels-unreadable`).
    """
    try:
        return from_parquet(data, _SCHEMA, ["row", "name", "value"])
    except UNREADABLE as error:
        raise _unreadable(error) from None


def _unreadable(error: BaseException) -> Corrupt:
    return Corrupt(
        f"a label set cannot be read: {error}",
        code="labels-unreadable",
        hint="`vault fsck` tells which objects are damaged",
    )


def values_only(labels: Iterable[Label]) -> dict[str, LabelValue]:
    """Return name to value, sorted by name."""
    return {label.name: label.value for label in sorted(labels, key=lambda label: label.name)}
