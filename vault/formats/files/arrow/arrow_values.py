"""Rows of Arrow batches to JSON texts, and how large they will be before anything is made.

An Arrow array may stand for far more than it occupies: a dictionary holds a value once, however
many rows have it. So rows are measured on the array, and turned into Python objects in small
groups. Imports pyarrow and numpy: import it on use.
"""

from __future__ import annotations

import base64
import datetime
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from vault.formats.files.inputs import Binary
from vault.formats.files.records import BlockBuilder, too_long
from vault.formats.files.table_cells import list_in
from vault.objects.json.field_path import leaves

_Sizes = npt.NDArray[np.int64]
_Flags = npt.NDArray[np.bool_]
_SCALAR_BYTES = 24
_MICROSECOND = datetime.timedelta(microseconds=1)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class RowPlan:
    """How a row becomes a record.

    The text of `json_columns` is JSON already and is embedded as it is; a null in one of
    `absent_columns` means that the record lacks the key. The text of `list_columns` may be that of
    a list of messages. `binary` says what becomes of bytes that are no text.
    """

    json_columns: frozenset[str] = frozenset()
    absent_columns: frozenset[str] = frozenset()
    list_columns: frozenset[str] = frozenset()
    binary: Binary = Binary.REFUSED


def measure(array: Any) -> tuple[_Sizes, _Flags | None]:
    """Return about how many bytes of JSON each value of an array takes, and which are not finite.

    The second is None where no value is NaN or infinite. Costs as much as the array occupies.
    """
    kind = array.type
    if pt.is_dictionary(kind):
        return _of_dictionary(array)
    if pt.is_struct(kind):
        return _of_struct(array)
    if pt.is_list(kind) or pt.is_large_list(kind) or pt.is_map(kind):
        return _of_list(array)
    if pt.is_fixed_size_list(kind):
        return _of_list(array.cast(pa.list_(kind.value_type)))
    if pt.is_string(kind) or pt.is_large_string(kind) or pt.is_binary(kind):
        return _numbers(pc.binary_length(array), 1) + 3, None
    if pt.is_floating(kind):
        flags = ~pc.fill_null(pc.is_finite(array), True).to_numpy(zero_copy_only=False)
        return np.full(len(array), _SCALAR_BYTES), flags if flags.any() else None
    return np.full(len(array), _SCALAR_BYTES), None


def _numbers(array: Any, missing: int) -> _Sizes:
    numbers: _Sizes = pc.fill_null(array, missing).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def _of_dictionary(array: Any) -> tuple[_Sizes, _Flags | None]:
    if not len(array.dictionary):
        return np.full(len(array), _SCALAR_BYTES), None
    sizes, flags = measure(array.dictionary)
    indices = _numbers(array.indices, 0)
    return sizes[indices], None if flags is None else flags[indices]


def _of_struct(array: Any) -> tuple[_Sizes, _Flags | None]:
    total = np.full(len(array), 2)
    flags: _Flags | None = None
    for number in range(array.type.num_fields):
        sizes, child_flags = measure(array.field(number))
        total += sizes + len(array.type.field(number).name) + 4
        flags = _either(flags, child_flags)
    return total, flags


def _of_list(array: Any) -> tuple[_Sizes, _Flags | None]:
    # `values` is that of the whole array, even for a slice of it; the offsets say which part.
    if pt.is_map(array.type):
        sizes, flags = measure(array.keys)
        item_sizes, item_flags = measure(array.items)
        sizes, flags = sizes + item_sizes, _either(flags, item_flags)
    else:
        sizes, flags = measure(array.values)
    offsets = array.offsets.to_numpy().astype(np.int64)
    row_sizes = _between(np.append(0, np.cumsum(sizes + 1)), offsets) + 2
    if flags is None:
        return row_sizes, None
    return row_sizes, _between(np.append(0, np.cumsum(flags)), offsets) > 0


def _between(running: _Sizes, offsets: _Sizes) -> _Sizes:
    result: _Sizes = running[offsets[1:]] - running[offsets[:-1]]
    return result


def _either(one: _Flags | None, other: _Flags | None) -> _Flags | None:
    if one is None or other is None:
        return other if one is None else one
    return one | other


def add_rows(builder: BlockBuilder, batch: Any, first_line: int, plan: RowPlan, limit: int) -> None:
    """Add the rows of a batch, which must fit into memory as Python objects, to a block."""
    lines = range(first_line, first_line + batch.num_rows)
    try:
        other = _OTHERS[plan.binary]
        texts = [orjson.dumps(row, default=other, option=_OPTIONS) for row in _rows(batch, plan)]
    except Exception:
        for number, line in enumerate(lines):
            _add_row(builder, batch.slice(number, 1), line, plan, limit)
        return
    for line, text in zip(lines, texts, strict=True):
        _add_text(builder, line, text, limit)


def _add_row(builder: BlockBuilder, batch: Any, line: int, plan: RowPlan, limit: int) -> None:
    try:
        (row,) = _rows(batch, plan)
        text = orjson.dumps(row, default=_OTHERS[plan.binary], option=_OPTIONS)
    except Exception as error:
        cause = error.__cause__ or error
        code, reason = _explain(cause)
        if code == "binary-value":
            reason = f"{_binary_in(batch)} holds bytes that are no text, and JSON has no bytes"
        builder.refuse(line, code, reason, shown(batch))
    else:
        _add_text(builder, line, text, limit)


def _add_text(builder: BlockBuilder, line: int, text: bytes, limit: int) -> None:
    if len(text) > limit:
        builder.refuse(line, "too-long", too_long(limit), text)
    else:
        builder.add(line, text)


def shown(batch: Any) -> bytes:
    """Return a row that cannot be a record as text for people to read."""
    try:
        row = batch.to_pylist()[0]
        return json.dumps(row, default=str, ensure_ascii=False).encode("utf-8", "replace")
    except Exception:
        return b""


def _explain(error: BaseException) -> tuple[str, str]:
    if isinstance(error, _BinaryValue):
        return "binary-value", ""
    if isinstance(error, UnicodeDecodeError):
        return "invalid-utf8", f"invalid UTF-8: {error.reason}"
    if isinstance(error, KeyError):
        return "duplicate-key", "a map has the same key twice"
    return "unsupported-value", f"a value has no JSON form: {error}"


class _BinaryValue(Exception):
    pass


_OPTIONS = orjson.OPT_NON_STR_KEYS


def _other(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        text = _text_in(value)
        if text is None:
            raise _BinaryValue
        return text
    if isinstance(value, datetime.timedelta):
        return f"PT{Decimal(value // _MICROSECOND).scaleb(-6).normalize():f}S"
    raise TypeError(f"it is a {type(value).__name__}")


def _with_base64(value: Any) -> Any:
    if isinstance(value, bytes) and _text_in(value) is None:
        return base64.b64encode(value).decode("ascii")
    return _other(value)


_OTHERS = {Binary.REFUSED: _other, Binary.BASE64: _with_base64, Binary.OMIT: _other}


def _text_in(value: bytes) -> str | None:
    """Return the text that bytes are: writers forget to say that a column is text."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


def _without_bytes(value: Any) -> Any:
    """Return a value without what is bytes and no text, at any depth."""
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if not _is_binary(each)}
        return {name: _without_bytes(each) for name, each in kept.items()}
    if isinstance(value, list):
        return [_without_bytes(each) for each in value if not _is_binary(each)]
    return value


def _is_binary(value: Any) -> bool:
    return isinstance(value, bytes) and _text_in(value) is None


def _binary_in(batch: Any) -> str:
    """Return the path of the first value of a row that is bytes and no text."""
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        for path, value in leaves({name: column.to_pylist(maps_as_pydicts="lossy")[0]}):
            if _is_binary(value):
                return path
    return "a value"


def _rows(batch: Any, plan: RowPlan) -> list[dict[str, Any]]:
    names = batch.schema.names
    columns = [
        _values(batch.column(number), name in plan.json_columns)
        for number, name in enumerate(names)
    ]
    for number, name in enumerate(names):
        if name in plan.list_columns:
            columns[number] = [_list_or_text(name, value) for value in columns[number]]
    if not columns:
        return [{} for _ in range(batch.num_rows)]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    if plan.binary is Binary.OMIT:
        rows = [_without_bytes(row) for row in rows]
    for name in plan.absent_columns.intersection(names):
        for row in rows:
            if row[name] is None:
                del row[name]
    return rows


def _values(column: Any, is_json: bool) -> list[Any]:
    if pt.is_dictionary(column.type):
        column = column.dictionary_decode()  # three times faster than looking up each value
    values: list[Any] = _to_microseconds(column).to_pylist(maps_as_pydicts="strict")
    if is_json:
        return [value if value is None else _embedded(value) for value in values]
    return values


def _list_or_text(name: str, value: Any) -> Any:
    found = list_in(name, value) if type(value) is str else None
    return value if found is None else orjson.Fragment(found)


def _holds_nanoseconds(kind: Any) -> bool:
    if pt.is_timestamp(kind) or pt.is_duration(kind):
        return bool(kind.unit == "ns")
    if pt.is_struct(kind) or pt.is_list(kind) or pt.is_large_list(kind):
        return any(_holds_nanoseconds(kind.field(at).type) for at in range(kind.num_fields))
    return False


def _embedded(text: str) -> orjson.Fragment:
    # A raw line end in valid JSON is white space, and would end the record in JSON Lines.
    return orjson.Fragment(text.replace("\n", " ").encode())


def _to_microseconds(column: Any) -> Any:
    """Return a column whose times Python can hold, at any depth: those to the nanosecond as text.

    Lengths of time are cut off to microseconds.
    """
    kind = column.type
    if not _holds_nanoseconds(kind):
        return column
    if pt.is_struct(kind):
        inner = [_to_microseconds(each) for each in column.flatten()]
        names = [kind.field(number).name for number in range(kind.num_fields)]
        return pa.StructArray.from_arrays(inner, names, mask=column.is_null())
    if pt.is_list(kind) or pt.is_large_list(kind):
        # Without the rows around a slice, which a list keeps.
        column = pc.take(column, pa.array(np.arange(len(column))))
        make = pa.ListArray if pt.is_list(kind) else pa.LargeListArray
        values = _to_microseconds(column.values)
        return make.from_arrays(column.offsets, values, mask=column.is_null())
    if pt.is_duration(kind):
        return column.cast(pa.duration("us"), safe=False)
    try:
        return column.cast(pa.timestamp("us", column.type.tz))
    except pa.ArrowInvalid:
        zone = "UTC" if column.type.tz else None
        text = column.cast(pa.timestamp("ns", zone)).cast(pa.string())
        return pc.replace_substring(text, " ", "T", max_replacements=1)
