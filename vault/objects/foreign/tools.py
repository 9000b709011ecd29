"""Schemas of tools as Anthropic, Bedrock and Gemini write them, as OpenAI's functions."""

from __future__ import annotations

from typing import Any, NamedTuple


class Declared(NamedTuple):
    """A tool as OpenAI's chat declares it, and where it and its schema stand as it is written."""

    place: str
    tool: Any
    schema_place: str


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
        return [Declared(place, tool, place)]
    for name in ("functionDeclarations", "function_declarations"):
        listed = tool.get(name)
        if type(listed) is list:
            return [
                Declared(at, _function(each, "parameters"), f"{at}.parameters")
                for number, each in enumerate(listed)
                for at in (f"{place}.{name}[{number}]",)
            ]
    spec = tool.get("toolSpec")
    if type(spec) is dict:
        schema = spec.get("inputSchema")
        inner = schema.get("json") if type(schema) is dict else schema
        spec = {name: each for name, each in spec.items() if name != "inputSchema"}
        at = f"{place}.toolSpec"
        within = ".json" if type(schema) is dict else ""
        schema_place = f"{at}.inputSchema{within}"
        return [Declared(at, _function({**spec, "parameters": inner}), schema_place)]
    if "input_schema" in tool and type(tool.get("name")) is str:
        return [Declared(place, _function(tool, "input_schema"), f"{place}.input_schema")]
    within = ".function" if type(tool.get("function")) is dict else ""
    return [Declared(place, tool, f"{place}{within}.parameters")]


def _function(said: Any, schema: str = "parameters") -> Any:
    if type(said) is not dict:
        return said
    function = {
        "parameters" if name == schema else name: each
        for name, each in said.items()
        if each is not None and name not in ("type", "cache_control")
    }
    return {"type": "function", "function": function}
