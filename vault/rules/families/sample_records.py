"""Short ways to write the records that rules carry as examples."""

from __future__ import annotations

from typing import Any


def user(content: Any, **others: Any) -> dict[str, Any]:
    """Return a message of a user."""
    return {"role": "user", "content": content, **others}


def assistant(content: Any, **others: Any) -> dict[str, Any]:
    """Return a message of an assistant."""
    return {"role": "assistant", "content": content, **others}


def system(content: Any, **others: Any) -> dict[str, Any]:
    """Return a system message."""
    return {"role": "system", "content": content, **others}


def chat(*messages: Any, **others: Any) -> dict[str, Any]:
    """Return a chat record of these messages."""
    return {"messages": list(messages), **others}


def answered(answer: str, question: str = "Where is my parcel?") -> dict[str, Any]:
    """Return a chat record of a question and this answer."""
    return chat(user(question), assistant(answer))


ASK = user("Where is my parcel?")
TOLD = assistant("It arrives on Tuesday.")
PLAIN = chat(ASK, TOLD)

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city"],
        },
    },
}


def call(
    arguments: Any = '{"city": "Graz"}', *, name: str = "weather", call_id: Any = "call_1"
) -> dict[str, Any]:
    """Return a tool call as OpenAI writes it; an id of None leaves it out."""
    function = {"name": name, "arguments": arguments}
    made: dict[str, Any] = {"type": "function", "function": function}
    return made if call_id is None else {"id": call_id, **made}


def calling(*calls: Any, content: Any = None, **others: Any) -> dict[str, Any]:
    """Return an assistant's message that calls tools."""
    return assistant(content, tool_calls=list(calls), **others)


def result(call_id: Any = "call_1", content: Any = "18 °C, sunny") -> dict[str, Any]:
    """Return a tool's answer."""
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def tooled(*messages: Any, tools: Any = (WEATHER,), **others: Any) -> dict[str, Any]:
    """Return a chat record with a tool for the weather."""
    tools = list(tools) if isinstance(tools, tuple) else tools
    return {"messages": list(messages), "tools": tools, **others}


WEATHER_ASKED = user("What is the weather in Graz?")
WEATHER_TOLD = assistant("It is 18 °C and sunny in Graz.")
TOOL_PLAIN = tooled(WEATHER_ASKED, calling(call()), result(), WEATHER_TOLD)
"""A whole use of a tool without a fault: the call's content is null, as OpenAI writes it."""
