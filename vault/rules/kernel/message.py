"""One message as rules see it, and how messages are read leniently out of a record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from vault.objects.foreign.parts import Meaning, read_part
from vault.objects.foreign.thoughts import split_thought

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
"""Roles that some trainer or provider knows."""

Broken = tuple[str, str, str]
"""What could not be read: the name of the rule that reports it, the message, the path."""

_SPEAKERS = {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "observation": "tool",
}
_TEXT_FIELDS = ("text", "value", "thinking", "reasoning")
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


@dataclass(slots=True)
class Message:
    """One message: its canonical role, and what the record says under `path`.

    `content` is whatever stands there; `said` the message's object (empty for a bare text).
    """

    role: str
    content: Any
    path: str
    content_path: str
    said: dict[str, Any] = field(default_factory=dict)

    def calls(self) -> list[Any]:
        """Return the tool calls as they are written, of OpenAI, ShareGPT or parts of content."""
        if self.is_function_call:
            text = without_thought(self.content)
            called = read_json(text) if isinstance(text, str) else text
            return called if isinstance(called, list) else [called]
        if isinstance(self.content, list) and self.role == "assistant":
            called = [each for part in self.content for each in _calls_in(part)]
            if called:
                return called
        listed = self.said.get("tool_calls")
        legacy = self.said.get("function_call")
        found = list(listed) if isinstance(listed, list) else []
        return found if legacy is None else [*found, legacy]

    @property
    def is_function_call(self) -> bool:
        """Tell whether all of the message is a call, as in ShareGPT."""
        return "function_call" in (self.said.get("from"), self.said.get("role"))

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the path and text of each text of the message: content, parts, arguments."""
        if isinstance(self.content, str):
            yield self.content_path, self.content
        elif isinstance(self.content, list):
            for number, part in enumerate(self.content):
                yield from _texts_in(part, f"{self.content_path}[{number}]")
        for number, call in enumerate(self.calls() if self.said else ()):
            inner = call.get("function", call) if isinstance(call, dict) else None
            arguments = inner.get("arguments") if isinstance(inner, dict) else None
            if arguments and not isinstance(arguments, str):
                arguments = json.dumps(arguments, ensure_ascii=False, default=str)
            if arguments:
                yield f"{self.path}.tool_calls[{number}].arguments", arguments


def without_thought(content: Any) -> Any:
    """Return the content of a function call without the reasoning before it."""
    return split_thought(content)[1] or content


def _calls_in(part: Any) -> Iterator[Any]:
    if isinstance(part, dict) and part.get("type") == "tool_call":
        value = part.get("value")
        yield read_json(value) if isinstance(value, str) else value
        return
    found = read_part(part)
    if found is not None and found.meaning is Meaning.CALL:
        yield found.value


def _texts_in(part: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(part, dict):
        return
    named = [name for name in _TEXT_FIELDS if isinstance(part.get(name), str)]
    for name in named:
        yield f"{path}.{name}", part[name]
    found = None if named else read_part(part)
    if found is not None and isinstance(found.value, str):
        yield path, found.value


def read_message(said: Any, path: str, broken: list[Broken]) -> list[Message]:
    """Return a message of a list, or several where its parts are answers of tools.

    None of what is no object. Adds what could not be read to `broken`.
    """
    if not isinstance(said, dict):
        told = f"a message should be an object, and this is {a_type(said)}"
        broken.append(("message-not-object", told, path))
        return []
    role_name = "from" if said.get("from") is not None else "role"
    content_name = "value" if said.get("value") is not None else "content"
    if content_name == "content" and "content" not in said and "value" in said:
        content_name = "value"
    role = said.get(role_name)
    if role_name == "from" and said.get("role") is not None:
        told = 'the message has both "from" and "role"'
        broken.append(("two-spellings", told, path))
    if content_name == "value" and said.get("content") is not None:
        told = 'the message has both "value" and "content"'
        broken.append(("two-spellings", told, path))
    if not isinstance(role, str):
        told = f"the message has no role{_speaker(said)}" if role is None else _ROLE_NO_TEXT
        broken.append(("role-missing", told, path))
        role = ""
    named = _SPEAKERS.get(role, role)
    whole = Message(named, said.get(content_name), path, f"{path}.{content_name}", said)
    return split_answers(whole)


_ROLE_NO_TEXT = "the role is not a text"
# Where LangChain, PaLM and Claude's export say who speaks.
_SPEAKER_NAMES = ("type", "author", "sender", "speaker")
_WORDS = ("human", "ai", "user", "assistant", "bot", "system", "tool", "constructor")


def _speaker(said: dict[str, Any]) -> str:
    """Return who speaks by another member than the role, as the end of a sentence."""
    for name in _SPEAKER_NAMES:
        word = said.get(name)
        if isinstance(word, str) and word.lower() in _WORDS:
            ways = {"type": ", as LangChain writes it"}
            return f'; "{name}" is "{word}"{ways.get(name, "")}'
    return ""


def split_answers(message: Message) -> list[Message]:
    """Return a message without its parts that are answers of tools, and these as messages."""
    if not isinstance(message.content, list):
        return [message]
    read = [read_part(part) for part in message.content]
    answers = [
        Message("tool", found.value["content"], at, f"{at}{_answer_place(part)}", found.value)
        for number, (found, part) in enumerate(zip(read, message.content, strict=True))
        if found is not None and found.meaning is Meaning.ANSWER
        for at in (f"{message.content_path}[{number}]",)
    ]
    if not answers:
        return [message]
    return answers if len(answers) == len(read) else [*answers, message]


def _answer_place(part: dict[str, Any]) -> str:
    """Return what leads from a part to what a tool answered, if that stands there as it is."""
    if part.get("type") is not None:
        return ".content"
    return ".toolResult.content" if part.get("toolResult") is not None else ""


def steps_of(path: str) -> tuple[str | int, ...]:
    """Return a path of `Message` as steps; names in it are those that readers of records know."""
    return tuple(int(number) if number else name for number, name in _STEP.findall(path))


def read_json(text: str) -> Any:
    """Return the value of a JSON text, or None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def a_type(value: Any) -> str:
    """Return what people call a value of this type: a text, an object, null."""
    word = type_name(value)
    if word in ("null", "true or false"):
        return word
    return f"{'an' if word == 'object' else 'a'} {word}"


def type_name(value: Any) -> str:
    """Return what people call the type of a JSON value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list):
        return "list"
    return "object" if isinstance(value, dict) else "number"
