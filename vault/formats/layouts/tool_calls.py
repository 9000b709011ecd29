"""Tool calls, tool answers and tool schemas in canonical form.

Ids of calls are chosen by whoever made the data, so they are replaced by the order of the calls;
arguments written as JSON text become the object that they say. One conversation keeps one
`content_id` whichever layout carried its tools. Normative: docs/format/conversations.md.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from vault.formats.layouts.faults import BrokenStructure
from vault.objects.foreign.encoded_lists import json_in
from vault.objects.foreign.tools import declared_tools


class Calls:
    """The tool calls of one conversation so far, and which of them have been answered.

    Each operation costs the same however many calls there are, so that no record is slow to read.
    """

    __slots__ = ("_answered", "_count", "_last_by_id", "_waiting")

    def __init__(self) -> None:
        self._count = 0
        self._answered: set[int] = set()
        self._last_by_id: dict[str, int] = {}
        # Ordinals that may be unanswered, by ("id", id), ("name", name) and ("any", "").
        self._waiting: dict[tuple[str, str], deque[int]] = {}

    def fork(self) -> Calls:
        """Return a copy, for another continuation of the same prompt."""
        other = Calls()
        other._count = self._count
        other._answered = set(self._answered)
        other._last_by_id = dict(self._last_by_id)
        other._waiting = {key: deque(queue) for key, queue in self._waiting.items()}
        return other

    def add(self, call_id: Any, name: Any) -> int:
        """Record a call and return its ordinal."""
        ordinal = self._count
        self._count += 1
        self._waiting.setdefault(("any", ""), deque()).append(ordinal)
        if isinstance(name, str):
            self._waiting.setdefault(("name", name), deque()).append(ordinal)
        if isinstance(call_id, str):
            self._waiting.setdefault(("id", call_id), deque()).append(ordinal)
            self._last_by_id[call_id] = ordinal
        return ordinal

    def answer_by_id(self, call_id: Any) -> int | None:
        """Return the first unanswered call with this id, else the last with it, else None."""
        if not isinstance(call_id, str):
            return None
        waiting = self._answer(("id", call_id), last=False)
        return self._last_by_id.get(call_id) if waiting is None else waiting

    def answer_next(self, name: Any) -> int | None:
        """Return the earliest unanswered call, of this name unless the name is None."""
        if name is None:
            return self._answer(("any", ""), last=False)
        return self._answer(("name", name), last=False) if isinstance(name, str) else None

    def answer_last(self, name: Any) -> int | None:
        """Return the last unanswered call of this name."""
        return self._answer(("name", name), last=True) if isinstance(name, str) else None

    def _answer(self, key: tuple[str, str], *, last: bool) -> int | None:
        queue = self._waiting.get(key)
        while queue:
            ordinal = queue.pop() if last else queue.popleft()
            if ordinal not in self._answered:
                self._answered.add(ordinal)
                return ordinal
        return None


def canonical_call(call: Any, calls: Calls) -> dict[str, Any]:
    """Return `{"id": ordinal, "name", "arguments"}` and whatever else the call says.

    Accepts `{"id", "type", "function": {"name", "arguments"}}` and the bare
    `{"name", "arguments"}`. Raises BrokenStructure if the call is not an object.
    """
    if not isinstance(call, dict):
        raise BrokenStructure("a tool call is not an object")
    said = {key: value for key, value in call.items() if value is not None}
    call_id = said.pop("id", None)
    if said.get("type") == "function":
        del said["type"]
    function = said.pop("function", None)
    if isinstance(function, dict):
        named = {key: value for key, value in function.items() if value is not None}
        for key in ("name", "arguments"):
            if key in named and key not in said:
                said[key] = named.pop(key)
        if named:
            said["function"] = named
    elif function is not None:
        said["function"] = function
    if isinstance(said.get("arguments"), str):
        said["arguments"] = _object_or_text(said["arguments"])
    said["id"] = calls.add(call_id, said.get("name"))
    return said


def canonical_tools(tools: Any, functions: Any) -> list[Any] | None:
    """Return the tool schemas of a record in one list, None if there are none.

    `tools` is a list or its JSON text, of OpenAI's or other makers' schemas; `functions` the legacy
    list of bare schemas; either may be None. Raises BrokenStructure if either is something else.
    """
    listed = [_canonical_tool(each.tool) for each in declared_tools(_listed(tools))]
    listed += [_canonical_tool(function) for function in _listed(functions)]
    return listed or None


def _listed(tools: Any) -> list[Any]:
    if tools is None or tools == "":
        return []
    if isinstance(tools, str):
        tools = json_in(tools)
    if not isinstance(tools, list):
        raise BrokenStructure("tools are not a list")
    return tools


def _canonical_tool(tool: Any) -> Any:
    if not isinstance(tool, dict):
        return tool
    tool = _without_nulls(tool)
    if tool.get("type", "function") != "function":
        return tool
    if isinstance(tool.get("function"), dict):
        return {"type": "function", **tool, "function": _without_nulls(tool["function"])}
    if isinstance(tool.get("name"), str) and "function" not in tool:
        schema = {key: value for key, value in tool.items() if key != "type"}
        return {"type": "function", "function": schema}
    return tool


def _without_nulls(value: dict[str, Any]) -> dict[str, Any]:
    # Files that went through a table have every member that any other tool has, as null.
    return {key: each for key, each in value.items() if each is not None}


def _object_or_text(arguments: str) -> Any:
    value = json_in(arguments) if arguments.lstrip()[:1] == "{" else None
    return value if isinstance(value, dict) else arguments
