"""Which columns a table needs to hold a set of records, and of what type each is.

A column whose values are all texts, integers, floats or booleans keeps them as they are; any other
holds JSON texts. Knows nothing of the files that tables are written to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson

from vault.errors import InvalidInput
from vault.formats.limits import MAX_COLUMNS
from vault.objects.json.text import might_be_inexact, parse

_MAX_INT = (1 << 63) - 1
_MIN_INT = -(1 << 63)


class ColumnType(Enum):
    """What a column holds besides nulls."""

    STRING = "string"
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Column:
    """A key of the records; `is_absent` where some records lack it.

    In a JSON column the text `null` is a null, and nothing is an absent key; in any other column
    nothing is whichever of the two occurs, never both.
    """

    name: str
    type: ColumnType
    is_absent: bool


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """The columns of a table, in the order in which keys first appear in the records.

    `holds_others` tells whether any record holds a value of the kind that was looked for.
    """

    columns: tuple[Column, ...]
    holds_others: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)


@dataclass(slots=True)
class _Seen:
    types: set[ColumnType]
    count: int = 0
    nulls: int = 0


def plan_columns(
    texts: Iterable[bytes], *, is_other: Callable[[str, Any], bool] | None = None
) -> ColumnPlan:
    """Return the columns that records need; one pass, as cheap as parsing them.

    `is_other` is asked of keys and values until it says yes; the plan tells whether it did.
    Raises InvalidInput (`too-many-columns`) for more than 10,000 different keys, and what
    `read_record` raises.
    """
    seen: dict[str, _Seen] = {}
    total = 0
    holds_others = False
    for text in texts:
        total += 1
        for key, value in read_record(text).items():
            column = seen.get(key)
            if column is None:
                column = seen[key] = _new_column(seen)
            column.count += 1
            if value is None:
                column.nulls += 1
            else:
                column.types.add(_type_of(value))
            if is_other is not None and not holds_others:
                holds_others = is_other(key, value)
    columns = tuple(_column(name, column, total) for name, column in seen.items())
    return ColumnPlan(columns, holds_others)


def _new_column(seen: dict[str, _Seen]) -> _Seen:
    if len(seen) >= MAX_COLUMNS:
        raise InvalidInput(
            f"the records have more than {MAX_COLUMNS:,} different keys, too many for a table",
            code="too-many-columns",
            hint="export to a file that ends in .jsonl",
        )
    return _Seen(set())


def _column(name: str, seen: _Seen, total: int) -> Column:
    is_absent = seen.count < total
    (type_,) = seen.types if len(seen.types) == 1 else (ColumnType.JSON,)
    if is_absent and seen.nulls:
        type_ = ColumnType.JSON
    return Column(name, type_, is_absent)


_TYPES = {
    str: ColumnType.STRING,
    int: ColumnType.INTEGER,
    float: ColumnType.FLOAT,
    bool: ColumnType.BOOLEAN,
}


def _type_of(value: Any) -> ColumnType:
    type_ = _TYPES.get(type(value), ColumnType.JSON)
    if type_ is ColumnType.INTEGER and not _MIN_INT <= value <= _MAX_INT:
        return ColumnType.JSON
    return type_


def read_record(text: bytes) -> dict[str, Any]:
    """Return the value of a record, exactly.

    Raises InvalidInput (`not-an-object`) if it is none, and UnreadableJson or orjson's
    JSONDecodeError if it is no JSON: records from a repository are both.
    """
    value = parse(text)[0] if might_be_inexact(text) else orjson.loads(text)
    if not isinstance(value, dict):
        raise InvalidInput("a record is not a JSON object", code="not-an-object")
    return value


def no_columns() -> InvalidInput:
    """Return the error for records without a single key among them, of which no table is made."""
    return InvalidInput(
        "the records have no keys, so they make no table",
        code="no-columns",
        hint="export to a file that ends in .jsonl",
    )
