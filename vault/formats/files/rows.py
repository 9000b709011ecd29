"""Records that a program has as Python values: to JSON texts, in blocks like those of a file.

A value that JSON does not have is refused with its place in the record. Tuples are lists, any
mapping is an object, and Decimals are numbers, as they come out of reading. Values of numpy are
what they hold, and times and dates ISO 8601 texts, as they are read from Parquet.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from vault.formats.files.records import BlockBuilder, RecordTexts, too_long
from vault.formats.limits import BLOCK_BYTES, MAX_RECORD_BYTES
from vault.objects.json.text import MAX_DEPTH, UnreadableJson, compact_bytes

_PLAIN = frozenset({str, bool, type(None)})
_KEPT_CHARACTERS = 60


def row_blocks(
    rows: Iterable[Any],
    *,
    block_bytes: int = BLOCK_BYTES,
    max_record_bytes: int = MAX_RECORD_BYTES,
) -> Iterator[RecordTexts]:
    """Yield the blocks of some rows, which are taken as they are needed; `line` counts rows.

    What is no record is in the blocks, refused: `not-an-object`, `not-json` (a value that JSON does
    not have), `not-finite`, `lone-surrogate`, `too-deep`, `too-long`. Raises what `rows` raises.
    """
    builder = BlockBuilder(block_bytes)
    line = 0
    for line, row in enumerate(rows, start=1):
        try:
            text = row_text(row)
        except UnreadableJson as error:
            builder.refuse(line - 1, error.code, error.reason, _described(row))
        else:
            if len(text) > max_record_bytes:
                builder.refuse(line - 1, "too-long", too_long(max_record_bytes), text)
            else:
                builder.add(line - 1, text)
        if builder.is_full:
            yield builder.take(line)
    if not builder.is_empty:
        yield builder.take(line)


def rows_of_table(given: Any) -> Iterable[Any]:
    """Return the rows of a DataFrame (pandas, polars) or Arrow table as dicts; anything else as is.

    What is not there in a column of pandas (NaN, NaT, NA) is null.
    """
    if hasattr(given, "iter_rows") and hasattr(given, "columns"):
        rows: Iterable[Any] = given.iter_rows(named=True)
        return rows
    if hasattr(given, "to_batches") and hasattr(given, "schema"):
        return (row for batch in given.to_batches() for row in batch.to_pylist())
    if hasattr(given, "itertuples") and hasattr(given, "columns"):
        return _rows_of_frame(given)
    return given  # type: ignore[no-any-return]


def _rows_of_frame(frame: Any) -> Iterator[dict[str, Any]]:
    names = [str(name) for name in frame.columns]
    for row in frame.itertuples(index=False, name=None):
        yield {
            name: None if _is_missing(value) else value
            for name, value in zip(names, row, strict=True)
        }


def _is_missing(value: Any) -> bool:
    """Tell whether a value is one that pandas has for nothing: none of them equals itself."""
    if value is None or type(value).__name__ == "NAType":
        return True
    is_scalar = isinstance(value, float | datetime.datetime)
    return is_scalar and bool(value != value)


def row_text(row: Any) -> bytes:
    """Return a row as JSON without spaces, keys in their order. Raises UnreadableJson."""
    if not isinstance(row, Mapping):
        raise UnreadableJson("not-an-object", f"the record is {_kind(row)}, not a mapping")
    value = _checked(row, "", 1)
    try:
        return compact_bytes(value)
    except UnicodeEncodeError:
        reason = "a string holds half of a surrogate pair, which no UTF-8 file can keep"
        raise UnreadableJson("lone-surrogate", reason) from None


def _checked(value: Any, path: str, level: int) -> Any:
    """Return a value made of what JSON has, or raise; `path` is where it stands."""
    kind = type(value)
    if kind in _PLAIN or kind is int:
        return value
    if kind is float:
        if not math.isfinite(value):
            reason = f"{_at(path)} is {value}, which is no JSON number; None is null"
            raise UnreadableJson("not-finite", reason)
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise UnreadableJson("not-finite", f"{_at(path)} is {value}, which is no JSON number")
        return value
    if level > MAX_DEPTH:
        raise UnreadableJson("too-deep", f"nested deeper than {MAX_DEPTH} levels")
    if kind is list or kind is tuple:
        return [_checked(each, f"{path}[{at}]", level + 1) for at, each in enumerate(value)]
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return _time(value, path)
    if kind.__module__ == "numpy":
        return _checked(value.tolist(), path, level)
    if isinstance(value, Mapping):
        return {
            _key(name, path): _checked(each, f"{path}.{name}", level + 1)
            for name, each in value.items()
        }
    raise UnreadableJson("not-json", f"{_at(path)} is {_kind(value)}, which JSON does not have")


def _time(value: datetime.datetime | datetime.date | datetime.time, path: str) -> str:
    if value != value:  # NaT, which pandas has for a time that is not there
        raise UnreadableJson("not-finite", f"{_at(path)} is NaT; None says that nothing is there")
    return value.isoformat()


def _key(name: Any, path: str) -> str:
    if type(name) is not str:
        place = f"a key in {_at(path)}" if path else "a key of the record"
        raise UnreadableJson("not-json", f"{place} is {_kind(name)}, not a text")
    return name


def _at(path: str) -> str:
    shown = path.removeprefix(".")
    return shown if len(shown) <= _KEPT_CHARACTERS else shown[:_KEPT_CHARACTERS] + "…"


def _kind(value: Any) -> str:
    kind = type(value)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    return f"a value of type {name}"


def _described(row: Any) -> bytes:
    """Return what quarantine keeps of a row: JSON where it can, Python's text for the rest."""
    text = f"{_kind(row)}, whose text cannot be had"
    # A class of the caller's own may raise anything when it is asked for its text.
    with contextlib.suppress(Exception):
        text = repr(row)
    with contextlib.suppress(Exception):
        text = json.dumps(row, default=repr, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")
