"""Schemas of tools as Anthropic, Bedrock and Gemini write them, as OpenAI's functions."""

from __future__ import annotations

from typing import Any, NamedTuple


class Declared(NamedTuple):
    """A tool as OpenAI's chat declares it, and where it stands in what another maker wrote."""

    place: str
    tool: Any


def declared_tools(tools: list[Any]) -> list[Declared]:
    """Return the tools of a list, those of other makers in OpenAI's form, in their order.

    Gemini puts several functions into one entry. What is of no known form is returned as it is.
    """
    found: list[Declared] = []
    for number, tool in enumerate(tools):
        found += _declared(f"[{number}]", tool)
    return found


def tools_in(record: dict[str, Any]) -> Any:
    """Return the value of the field that declares the tools of a record: Bedrock's is an object."""
    config = record.get("toolConfig")
    if record.get("tools") is None and type(config) is dict:
        return config.get("tools")
    return record.get("tools")


def _declared(place: str, tool: Any) -> list[Declared]:
    if type(tool) is not dict:
        return [Declared(place, tool)]
    for name in ("functionDeclarations", "function_declarations"):
        listed = tool.get(name)
        if type(listed) is list:
            return [
                Declared(f"{place}.{name}[{number}]", _function(each, "parameters"))
                for number, each in enumerate(listed)
            ]
    spec = tool.get("toolSpec")
    if type(spec) is dict:
        schema = spec.get("inputSchema")
        inner = schema.get("json") if type(schema) is dict else schema
        spec = {name: each for name, each in spec.items() if name != "inputSchema"}
        return [Declared(f"{place}.toolSpec", _function({**spec, "parameters": inner}))]
    if "input_schema" in tool and type(tool.get("name")) is str:
        return [Declared(place, _function(tool, "input_schema"))]
    return [Declared(place, tool)]


def _function(said: Any, schema: str = "parameters") -> Any:
    if type(said) is not dict:
        return said
    function = {
        "parameters" if name == schema else name: each
        for name, each in said.items()
        if each is not None and name not in ("type", "cache_control")
    }
    return {"type": "function", "function": function}
