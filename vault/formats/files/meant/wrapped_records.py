"""One object around all records, and tables of pandas: refused, with the command to type."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from vault.errors import InvalidInput
from vault.formats.layouts.registry import derive_values
from vault.objects.conversation import Kind

_DEPTH = 3
"""Objects in one another, at most, around the list of records."""

_OF_MESSAGES = frozenset({"role", "from", "author", "sender", "type", "finish_reason"})
"""Members of messages, parts and choices, which stand in lists within a record."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_not_wrapped(head: bytes, path: str) -> None:
    """Raise InvalidInput (`records-wrapped`) if a file is one object around its records.

    `head` is all of the file. An object that any layout reads is a record, and so is one without a
    list of objects in it. Costs parsing the object.
    """
    try:
        value = orjson.loads(head)
    except orjson.JSONDecodeError:
        return
    if not isinstance(value, dict) or not value:
        return
    found = _as_pandas_writes(value) or _list_within(value)
    if found is None:
        return
    told, query = found
    raise InvalidInput(
        f"{path} is one object {told}",
        code="records-wrapped",
        hint=f"write one record on each line: jq -c {shlex.quote(query)} {shlex.quote(path)} "
        "> records.jsonl; --format raw takes the object as it is",
    )


def _as_pandas_writes(value: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what a table of pandas is, and the query that gives its rows."""
    inside = list(value.values())
    if all(isinstance(each, dict) and each and _are_numbers(each) for each in inside):
        keys = [list(each) for each in inside]
        if all(each == keys[0] for each in keys):
            return (
                f"of {len(keys)} columns with {len(keys[0])} rows, as pandas writes it by columns",
                ". as $t | [$t[]][0] | keys_unsorted[] as $i | $t | map_values(.[$i])",
            )
    if _are_numbers(value) and all(isinstance(each, dict) for each in inside):
        return f"of {len(inside)} rows by number, as pandas writes it by index", ".[]"
    columns, data = value.get("columns"), value.get("data")
    if value.keys() == {"schema", "data"} and isinstance(data, list):
        return f"of {len(data)} rows below their schema, as pandas writes a table", ".data[]"
    if (
        value.keys() <= {"columns", "index", "data"}
        and isinstance(columns, list)
        and isinstance(data, list)
        and all(isinstance(each, list) and len(each) == len(columns) for each in data)
    ):
        return (
            f"of {len(columns)} columns and {len(data)} rows, as pandas writes it split",
            ".columns as $c | .data[] | [$c, .] | transpose | map({(.[0]): .[1]}) | add",
        )
    return None


def _are_numbers(value: Mapping[str, Any]) -> bool:
    return all(key.isdecimal() for key in value)


def _list_within(value: dict[str, Any]) -> tuple[str, str] | None:
    """Return the longest list of objects in an object that is no record, and its query."""
    if derive_values(value, None, None)[0] is not Kind.RAW:
        return None
    lists = list(_lists(value, ()))
    if not lists:
        return None
    path, records = max(lists, key=lambda each: len(each[1]))
    count = "1 object" if len(records) == 1 else f"{len(records)} objects"
    parts = (f".{name}" if _NAME.fullmatch(name) else f".[{json.dumps(name)}]" for name in path)
    query = "".join(parts)
    return f'whose field "{".".join(path)}" is a list of {count}', f"{query}[]"


def _lists(
    value: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    for name, each in value.items():
        if isinstance(each, list) and each and all(map(_may_be_record, each)):
            yield (*path, name), each
        elif isinstance(each, dict) and len(path) < _DEPTH:
            yield from _lists(each, (*path, name))


def _may_be_record(value: Any) -> bool:
    """Return whether a value is an object that is no message and no part of one."""
    return isinstance(value, dict) and _OF_MESSAGES.isdisjoint(value)
