"""Nulls that a table put into a record: checks, and fixes that take them out.

A table gives every object of a column the members of all others, as null: a tool the parameters of
every other tool, a call the arguments of every other call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vault.objects.json.exchanged_values import REMOVED
from vault.rules.families.tools.tool_checks import (
    Call,
    calls_of,
    declared_parameters,
    function_of,
    parsed,
    tools_of,
)
from vault.rules.kernel.message import steps_of
from vault.rules.kernel.rule import Fault, Repair, shown
from vault.rules.kernel.subject import Subject
from vault.rules.recognisers.json_schema import mismatches

# Members of a schema whose value may well be null.
_MAY_BE_NULL = frozenset({"const", "default", "example"})
_TABLES = ("properties", "patternProperties", "$defs", "definitions")

Steps = tuple[str | int, ...]


def nulls_in_schema(schema: Any, before: Steps = ()) -> Iterator[Steps]:
    """Yield where members of a schema are null that no schema has so, outermost first."""
    if isinstance(schema, list):
        for number, inner in enumerate(schema):
            if isinstance(inner, (dict, list)):
                yield from nulls_in_schema(inner, (*before, number))
    if not isinstance(schema, dict):
        return
    for name, inner in schema.items():
        here = (*before, name)
        if inner is None and name not in _MAY_BE_NULL:
            yield here
        elif name in _TABLES and isinstance(inner, dict):
            for key, each in inner.items():
                if each is None:
                    yield (*here, key)
                else:
                    yield from nulls_in_schema(each, (*here, key))
        elif isinstance(inner, (dict, list)) and name not in ("enum", "examples", *_MAY_BE_NULL):
            yield from nulls_in_schema(inner, here)


def without_nulls_in_schemas(subject: Subject) -> Iterator[Repair]:
    """Take out what is null in the parameters of tools."""
    if not isinstance(subject.tools, list):
        return
    for path, tool in tools_of(subject):
        function = function_of(tool)
        schema = None if function is None else function.get("parameters")
        inner = "function" in tool if isinstance(tool, dict) else False
        before = (*steps_of(path), *(("function",) if inner else ()), "parameters")
        for steps in nulls_in_schema(schema):
            told = f"{shown(str(steps[-1]))} was null, as a table writes it, and is gone"
            yield Repair((*before, *steps), REMOVED, told)


def padded_arguments(subject: Subject) -> Iterator[Fault]:
    """Report arguments that hold a null under a name that the tool does not declare."""
    known = declared_parameters(subject)
    for each in calls_of(subject):
        schema = known.get(each.name) if isinstance(each.name, str) else None
        value = parsed(each.arguments)
        if isinstance(value, dict) and isinstance(schema, dict):
            names = _properties(schema)
            nulls = [key for key, one in value.items() if one is None and names.get(key) is None]
            if nulls:
                told = f"{shown(nulls[0])} is null, and {shown(each.name)} does not declare it"
                yield Fault(f"{told}: a table padded the call", each.path)


def without_padded_arguments(subject: Subject) -> Iterator[Repair]:
    """Take out arguments that are null, need not be there, and may not be null."""
    known = declared_parameters(subject)
    for each in calls_of(subject):
        schema = known.get(each.name) if isinstance(each.name, str) else None
        value = parsed(each.arguments)
        if isinstance(value, dict) and isinstance(schema, dict) and each.path.endswith("]"):
            yield from _without(each, value, schema)


def _without(call: Call, value: dict[str, Any], schema: Mapping[str, Any]) -> Iterator[Repair]:
    names, required = _properties(schema), schema.get("required")
    needed = required if isinstance(required, list) else []
    padded = [
        key
        for key, one in value.items()
        if one is None
        and key not in needed
        and (names.get(key) is None or any(mismatches(None, names[key])))
    ]
    if not padded:
        return
    is_inner = isinstance(call.said.get("function"), dict)
    steps = (*steps_of(call.path), *(("function",) if is_inner else ()), "arguments")
    listed = ", ".join(map(shown, padded[:3]))
    told = f"{listed} {'was' if len(padded) == 1 else 'were'} null, as a table writes it: gone"
    if isinstance(call.arguments, str):
        kept = {key: one for key, one in value.items() if key not in padded}
        yield Repair(steps, _as_text(kept), told)
    else:
        for key in padded:
            yield Repair((*steps, key), REMOVED, told)


def _as_text(arguments: dict[str, Any]) -> str:
    import json

    return json.dumps(arguments, ensure_ascii=False)


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}
