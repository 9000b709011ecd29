"""Cells of tables that hold text alone: which text is a list, and what a cell cannot say.

A CSV cell is text. Of columns that make a conversation, a cell that is the JSON text of a list (or
Python's notation of one, as pandas writes it) is that list: nothing else could be meant. In columns
for verdicts the words true and false are those values. Any other cell is read as text, so that
"007" stays as it is. What vault exports and would not be read back so
is named in the cell of the column `_vault`: `{"cells": {"n": "json"}}`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from vault.formats.files.columns import Column, ColumnPlan, ColumnType, plan_columns, read_record
from vault.objects.json.member import EXPORT_MEMBER
from vault.objects.json.text import UnreadableJson, parse

CELLS = "cells"
"""Member of `_vault`: how cells are to be read that are not text, by the names of their columns."""

JSON, NULL, ABSENT, TEXT = "json", "null", "absent", "text"
"""Ways to read a cell: as JSON; as null; as no field at all; as text that looks like a list."""

LISTS = frozenset({"messages", "conversations", "history", "tools", "functions"})
"""Columns that hold lists: any list in them is read."""

MESSAGES = frozenset(
    {
        "chosen",
        "rejected",
        "prompt",
        "completion",
        "preferred_output",
        "non_preferred_output",
        "preferred_completion",
        "non_preferred_completion",
    }
)
"""Columns that hold text or messages: only a list of messages is read."""

CONVERSATION_COLUMNS = LISTS | MESSAGES

VERDICTS = frozenset({"label", "kto_tag"})
"""Columns in which the words true and false are verdicts."""

CELLS_TO_READ = CONVERSATION_COLUMNS | VERDICTS | {EXPORT_MEMBER}
"""Columns without which every cell is text."""

_NO_JSON = object()
_SPEAKERS = ("role", "from")
_MOST_PYTHON_CHARACTERS = 1 << 20


def may_be_read(cell: str) -> bool:
    """Tell quickly whether a cell of CELLS_TO_READ may be anything but text: few are."""
    return cell.startswith(("[", "{")) or cell.lower() in ("true", "false")


def value_in(name: str, cell: str) -> bytes | None:
    """Return the JSON of what a cell of a column means, a list or a verdict; None if it is text."""
    if name in VERDICTS:
        word = cell.lower()
        return word.encode() if word in ("true", "false") else None
    return list_in(name, cell)


def list_in(name: str, cell: str) -> bytes | None:
    """Return the JSON text of the list that a cell of a column holds, None if it is text."""
    if cell[:1] != "[" or name not in CONVERSATION_COLUMNS:
        return None
    value = _json_in(cell)
    if value is _NO_JSON:
        return _in_python_notation(name, cell)
    if type(value) is not list or not _is_meant(name, value):
        return None
    # As it was written: a number keeps its digits. A raw line end there is white space.
    return cell.replace("\r", " ").replace("\n", " ").encode()


def _json_in(cell: str) -> Any:
    try:
        return orjson.loads(cell)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        pass
    try:
        return parse(cell.encode())[0]  # numbers that no double holds
    except (UnreadableJson, UnicodeEncodeError):
        return _NO_JSON


def _in_python_notation(name: str, cell: str) -> bytes | None:
    if cell[:2] not in ("[{", "[[") or len(cell) > _MOST_PYTHON_CHARACTERS:
        return None
    try:
        value = ast.literal_eval(cell)
        return orjson.dumps(value) if _is_meant(name, value) else None
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _is_meant(name: str, value: Any) -> bool:
    if name in LISTS:
        return True
    return bool(value) and all(
        type(each) is dict and any(key in each for key in _SPEAKERS) for each in value
    )


def record_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the record of a row: texts, and JSON that is not text as fragments for orjson."""
    record: dict[str, Any] = dict(cells)
    ways = _ways(cells.get(EXPORT_MEMBER))
    for name, cell in cells.items():
        way = ways.get(name)
        if way is None:
            found = value_in(name, cell)
            if found is not None:
                record[name] = orjson.Fragment(found)
        elif way == ABSENT:
            del record[name]
        elif way == NULL:
            record[name] = None
        elif way == JSON and _is_json(cell):
            record[name] = orjson.Fragment(cell.replace("\r", " ").replace("\n", " ").encode())
    return record


def _ways(cell: str | None) -> Mapping[str, Any]:
    if not cell:
        return {}
    try:
        told = orjson.loads(cell)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return {}
    ways = told.get(CELLS) if type(told) is dict else None
    return ways if type(ways) is dict else {}


def _is_json(cell: str) -> bool:
    try:
        parse(cell.encode())
    except (UnreadableJson, UnicodeEncodeError):
        return False
    return True


def unlike_text(text: bytes, columns: Sequence[str]) -> dict[str, str]:
    """Return how the cells of a record are to be read that would be read as something else.

    Raises what `read_record` raises.
    """
    record = read_record(text)
    found = ((each, _way_of(each, record[each]) if each in record else ABSENT) for each in columns)
    return {name: way for name, way in found if way is not None}


def _way_of(name: str, value: Any) -> str | None:
    """Return how a cell with this value is to be read, None if it is read so anyway."""
    if value is None:
        return NULL
    if type(value) is str:
        return None if value_in(name, value) is None else TEXT
    if type(value) is bool and name in VERDICTS:
        return None
    is_list = type(value) is list and name in CONVERSATION_COLUMNS
    return None if is_list and _is_meant(name, value) else JSON


def plan_cells(texts: Iterable[bytes]) -> tuple[ColumnPlan, bool]:
    """Return the columns that records need in a file of texts, and whether any cell is marked.

    If so, `_vault` is among the columns. Raises what `plan_columns` raises.
    """
    plan = plan_columns(texts, is_other=_is_unlike_text)
    own = [each for each in plan.columns if each.name != EXPORT_MEMBER]
    if not plan.holds_others and not any(each.is_absent for each in own):
        return plan, False
    marks = Column(EXPORT_MEMBER, ColumnType.JSON, True)
    return ColumnPlan((*own, marks)), True


def _is_unlike_text(name: str, value: Any) -> bool:
    return name != EXPORT_MEMBER and _way_of(name, value) is not None


def own_columns(plan: ColumnPlan) -> tuple[str, ...]:
    """Return the names of the columns that are fields of the records."""
    return tuple(name for name in plan.names if name != EXPORT_MEMBER)
