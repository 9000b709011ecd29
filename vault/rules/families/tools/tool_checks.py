"""Checks of tools, their calls and the answers to them; `tool` makes rules of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from vault.objects.foreign.tools import declared_tools
from vault.rules.kernel.message import Message, a_type, read_json, steps_of, without_thought
from vault.rules.kernel.rule import Fault, shown
from vault.rules.kernel.subject import Subject
from vault.rules.recognisers.json_schema import mismatches, schema_faults

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MISTRAL_ID = re.compile(r"[A-Za-z0-9]{9}")
_MOST_TOLD = 3
_MOST_CALLS = 1_000


class Call(NamedTuple):
    """A tool call as it is written: where, its parts, and the message that makes it."""

    path: str
    said: Any
    name: Any
    arguments: Any
    call_id: Any
    message: Message


def calls_of(subject: Subject) -> Iterator[Call]:
    """Yield every call of the example."""
    for message in (*subject.messages, *subject.rejected):
        listed = message.said.get("tool_calls")
        count = len(listed) if isinstance(listed, list) else 0
        for number, said in enumerate(message.calls()):
            path = f"{message.path}.tool_calls[{number}]"
            if number >= count:
                path = f"{message.path}.function_call"
            if count == 0 and message.said.get("function_call") is None:
                path = message.content_path
            inner = said if isinstance(said, dict) else {}
            function = inner.get("function")
            function = function if isinstance(function, dict) else inner
            yield Call(
                path,
                said,
                function.get("name"),
                function.get("arguments"),
                inner.get("id"),
                message,
            )


def tools_of(subject: Subject) -> list[tuple[str, Any]]:
    """Return the path and the value of every declared tool, also of a list in a JSON text.

    Tools of Anthropic, Bedrock and Gemini are in OpenAI's form.
    """
    tools = subject.tools
    if isinstance(tools, str):
        tools = read_json(tools)
    if not isinstance(tools, list):
        return []
    return [(f"{subject.tools_path}{each.place}", each.tool) for each in declared_tools(tools)]


def function_of(tool: Any) -> dict[str, Any] | None:
    """Return name, description and parameters of a tool; None if it declares no function."""
    if not isinstance(tool, dict) or tool.get("type", "function") not in ("function", None):
        return None
    function = tool.get("function")
    if isinstance(function, dict):
        return function
    return tool if isinstance(tool.get("name"), str) else None


def declared_parameters(subject: Subject) -> dict[str, Any]:
    """Return the parameters of each declared tool by its name."""
    functions = [function_of(tool) for _, tool in tools_of(subject)]
    return {
        each["name"]: each.get("parameters")
        for each in functions
        if each is not None and isinstance(each.get("name"), str)
    }


def bad_tools(subject: Subject) -> Iterator[Fault]:
    """Report tools that are no list."""
    tools = subject.tools
    if isinstance(tools, str) and tools.strip():
        tools = read_json(tools)
        if tools is None:
            yield Fault("tools are a text that is not JSON", subject.tools_path)
            return
    if tools not in (None, "") and not isinstance(tools, list):
        yield Fault(f"tools should be a list, and are {a_type(tools)}", subject.tools_path)


def bad_tool(subject: Subject) -> Iterator[Fault]:
    """Report declared tools without a function or a name."""
    for path, tool in tools_of(subject):
        kind = tool.get("type", "function") if isinstance(tool, dict) else None
        if kind not in ("function", None) and isinstance(kind, str):
            continue
        function = function_of(tool)
        if function is None or not isinstance(function.get("name"), str):
            yield Fault("a tool should be a function with a name", path)


def bad_tool_name(subject: Subject) -> Iterator[Fault]:
    """Report names of tools that providers refuse."""
    for path, tool in tools_of(subject):
        name = (function_of(tool) or {}).get("name")
        if isinstance(name, str) and not _NAME.fullmatch(name):
            yield Fault(f"the name {shown(name)} is not 1 to 64 of A-Z a-z 0-9 _ -", path)


def repeated_tool(subject: Subject) -> Iterator[Fault]:
    """Report names that two tools have."""
    seen: set[str] = set()
    for path, tool in tools_of(subject):
        name = (function_of(tool) or {}).get("name")
        if isinstance(name, str):
            if name in seen:
                yield Fault(f"two tools are called {shown(name)}", path)
            seen.add(name)


def bad_schema(subject: Subject) -> Iterator[Fault]:
    """Report parameters that are no JSON Schema of an object."""
    for path, tool in tools_of(subject):
        function = function_of(tool)
        schema = None if function is None else function.get("parameters")
        if schema is None:
            continue
        for where, message in schema_faults(schema):
            told = f"{where.lstrip('.')}: {message}".lstrip(": ")
            padded = (
                f"{told}: a table padded the schema with null" if _is_null(schema, where) else told
            )
            yield Fault(padded, f"{path}.parameters")
        if isinstance(schema, dict) and schema.get("type", "object") != "object":
            yield Fault("parameters should be of the type object", f"{path}.parameters")


def _is_null(schema: Any, where: str) -> bool:
    """Tell whether what stands at a path of `schema_faults` is null, as tables pad schemas."""
    for step in steps_of(where):
        if isinstance(schema, dict):
            schema = schema.get(str(step))
        elif isinstance(schema, list) and isinstance(step, int):
            schema = schema[step]
    return schema is None


def bad_call(subject: Subject) -> Iterator[Fault]:
    """Report calls that cannot be read."""
    for message in (*subject.messages, *subject.rejected):
        listed = message.said.get("tool_calls")
        if listed is not None and not isinstance(listed, list):
            told = f"tool calls should be a list, and are {a_type(listed)}"
            yield Fault(told, f"{message.path}.tool_calls")
    for each in calls_of(subject):
        if _is_after_thought(each.message):
            yield Fault(
                "reasoning stands before the call; only LLaMA-Factory reads it so", each.path
            )
        if not isinstance(each.said, dict):
            told = "the text of the function call is not JSON"
            is_text = each.said is None and isinstance(each.message.content, str)
            other = f"a call should be an object, not {a_type(each.said)}"
            yield Fault(told if is_text else other, each.path)
        elif not isinstance(each.name, str) or not each.name:
            yield Fault("the call names no function", each.path)


def _is_after_thought(message: Message) -> bool:
    return message.is_function_call and without_thought(message.content) is not message.content


def undefined_tool(subject: Subject) -> Iterator[Fault]:
    """Report calls of tools that are not declared."""
    known = declared_parameters(subject)
    for each in calls_of(subject) if known else ():
        if isinstance(each.name, str) and each.name and each.name not in known:
            listed = ", ".join(list(known)[:5])
            yield Fault(f"calls {shown(each.name)}; declared are {shown(listed, 80)}", each.path)


def undeclared_tools(subject: Subject) -> Iterator[Fault]:
    """Report calls in a record that declares no tools at all."""
    found = next(calls_of(subject), None)
    if found is not None and not tools_of(subject):
        yield Fault("tools are called, and none is declared", found.path)


def arguments_not_json(subject: Subject) -> Iterator[Fault]:
    """Report arguments whose text is not JSON."""
    for each in calls_of(subject):
        if isinstance(each.arguments, str) and parsed(each.arguments) is UNREADABLE:
            yield Fault(f"the arguments are not JSON: {shown(each.arguments)}", each.path)


def arguments_not_object(subject: Subject) -> Iterator[Fault]:
    """Report arguments that are something else than an object."""
    for each in calls_of(subject):
        if not isinstance(each.said, dict) or not isinstance(each.name, str):
            continue
        value = parsed(each.arguments)
        if value is not UNREADABLE and not isinstance(value, dict):
            there = "there are none" if each.arguments is None else f"are {a_type(value)}"
            yield Fault(f"arguments should be an object, and {there}", each.path)


def arguments_off_schema(subject: Subject) -> Iterator[Fault]:
    """Report arguments that do not satisfy what the tool declares."""
    declared = declared_parameters(subject).items()
    known = {
        name: schema
        for name, schema in declared
        if schema is not None and next(schema_faults(schema), None) is None
    }
    for each in islice(calls_of(subject), _MOST_CALLS) if known else ():
        schema = known.get(each.name) if isinstance(each.name, str) else None
        value = parsed(each.arguments)
        if schema is None or not isinstance(value, dict):
            continue
        for number, (where, message) in enumerate(mismatches(value, schema)):
            if number < _MOST_TOLD:
                yield Fault(f"{shown(each.name)}: {where or 'the arguments'} {message}", each.path)


UNREADABLE = object()
"""The value of arguments that cannot be read."""


def parsed(arguments: Any) -> Any:
    """Return the value of arguments, also of a JSON text; UNREADABLE if that is none."""
    if not isinstance(arguments, str):
        return arguments
    value = read_json(arguments)
    return UNREADABLE if value is None and arguments.strip() != "null" else value


def call_without_id(subject: Subject) -> Iterator[Fault]:
    """Report calls without an id."""
    for each in calls_of(subject):
        is_named = isinstance(each.call_id, str) and bool(each.call_id)
        if each.path.endswith("]") and isinstance(each.said, dict) and not is_named:
            yield Fault("the call has no id", each.path)


def parallel_calls(subject: Subject) -> Iterator[Fault]:
    """Report several calls at once where the record says that there are none."""
    if subject.record.get("parallel_tool_calls") is False:
        for message in subject.messages:
            if len(message.calls()) > 1:
                told = f"{len(message.calls())} calls at once, and parallel_tool_calls is false"
                yield Fault(told, message.path)


def legacy_call(subject: Subject) -> Iterator[Fault]:
    """Report the retired way of calling functions."""
    for message in subject.messages:
        if message.said.get("function_call") is not None or message.said.get("role") == "function":
            yield Fault("function_call was replaced by tool_calls", message.path)


def stranger_calls(subject: Subject) -> Iterator[Fault]:
    """Report calls by others than the assistant."""
    for each in calls_of(subject):
        if each.message.role != "assistant":
            yield Fault(f"a message of the role {each.message.role} calls a tool", each.path)


def mistral_id(subject: Subject) -> Iterator[Fault]:
    """Report ids that Mistral refuses."""
    for each in calls_of(subject):
        if isinstance(each.call_id, str) and not _MISTRAL_ID.fullmatch(each.call_id):
            yield Fault(f"the id {shown(each.call_id)} is not 9 letters and digits", each.path)


def undescribed_tool(subject: Subject) -> Iterator[Fault]:
    """Report tools without a description or parameters."""
    for path, tool in tools_of(subject):
        function = function_of(tool) or {}
        for name in ("description", "parameters"):
            if function and not function.get(name):
                yield Fault(f"the tool has no {name}", path)


def content_and_calls(subject: Subject) -> Iterator[Fault]:
    """Report messages that say something and call a tool at once."""
    for message in subject.messages:
        if message.said.get("tool_calls") and message.content:
            yield Fault("the message has both content and tool calls", message.path)


def arguments_as_object(subject: Subject) -> Iterator[Fault]:
    """Report arguments that are an object instead of its JSON text."""
    for each in calls_of(subject):
        if isinstance(each.arguments, (dict, list)) and each.path.endswith("]"):
            yield Fault("arguments should be a JSON text, and are a value", each.path)


def arguments_as_text(subject: Subject) -> Iterator[Fault]:
    """Report arguments that are a JSON text instead of an object."""
    for each in calls_of(subject):
        if isinstance(each.arguments, str) and each.path.endswith("]"):
            yield Fault("arguments should be an object, and are a text", each.path)


def tools_as_value(subject: Subject) -> Iterator[Fault]:
    """Report tools that are a list instead of its JSON text, in the layouts of LLaMA-Factory."""
    tools = subject.record.get("tools")
    if subject.kind in ("sharegpt", "alpaca") and tools and not isinstance(tools, str):
        yield Fault(f"tools should be the JSON text of a list, and are {a_type(tools)}", "tools")
