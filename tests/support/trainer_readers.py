"""Records for trainers, read as the trainers read them, for comparison with what was exported."""

from __future__ import annotations

import json
import re
from typing import Any

from vault.objects.conversation import Conversation

_THOUGHT = re.compile(r"<think>\n(.*?)\n</think>\n\n", re.DOTALL)
_CALLS = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
_BETWEEN_RESULTS = "\n</tool_response>\n<tool_response>\n"


def chat_of_sharegpt(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record for LLaMA-Factory as chat, preference or KTO with OpenAI's messages.

    A call is found as its formatter finds it: in `<tool_call>`, else the whole text.
    """
    messages: list[dict[str, Any]] = []
    if record["system"]:
        messages.append({"role": "system", "content": record["system"]})
    for turn in record["conversations"]:
        messages += _messages(turn)
    beside = {"tools": record["tools"]} if record["tools"] else {}
    if "chosen" in record:
        sides = {name: _messages(record[name]) for name in ("chosen", "rejected")}
        return {"prompt": messages, **sides, **beside}
    if "kto_tag" in record:
        answer = messages[-1:]
        label = record["kto_tag"]
        return {"prompt": messages[:-1], "completion": answer, "label": label, **beside}
    return {"messages": messages, **beside}


def _messages(turn: dict[str, str]) -> list[dict[str, Any]]:
    assert turn.keys() == {"from", "value"}
    speaker, value = turn["from"], turn["value"]
    if speaker == "human":
        return [{"role": "user", "content": value}]
    if speaker == "observation":
        return [{"role": "tool", "content": each} for each in value.split(_BETWEEN_RESULTS)]
    message: dict[str, Any] = {"role": "assistant"}
    calls = None
    if speaker == "function_call":
        found = _CALLS.search(value)
        calls = json.loads(value if found is None else found[1])
        value = "" if found is None else value.replace(found[0], "")
        message["tool_calls"] = calls
    thought = _THOUGHT.match(value)
    if thought is not None:
        message["reasoning_content"] = thought[1]
        value = value[thought.end() :]
    if calls is not None and value:
        assert value.endswith("\n")
        value = value[:-1]
    return [{**message, "content": value}]


def with_descriptions(conversation: Conversation) -> Conversation:
    """Return a conversation whose tools have the description and parameters of one without any."""
    if conversation.tools is None:
        return conversation
    told = {"description": "", "parameters": {"type": "object", "properties": {}}}
    tools = [{**each, "function": {**told, **each["function"]}} for each in conversation.tools]
    return conversation._replace(tools=tools)
