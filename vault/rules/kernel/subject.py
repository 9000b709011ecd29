"""One example as rules see it: its messages as they stand in the record, each with its path.

Read leniently and by kind, because a record with faults has no canonical conversation. What keeps
a message from being read at all is told in `broken`, under the name of the rule that reports it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vault.objects.field_pairs import field_pair
from vault.objects.json.field_path import leaves

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
"""Roles that some trainer or provider knows."""

INSTRUCTIONS = frozenset({"system", "developer"})
ANSWERS = frozenset({"tool", "function"})

SIDES = (
    ("chosen", "rejected"),
    ("preferred_output", "non_preferred_output"),
    ("preferred_completion", "non_preferred_completion"),
)
"""Names of the two sides of a preference pair."""

_SPEAKERS = {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "model": "assistant",
    "function_call": "assistant",
    "observation": "tool",
}
_PLAIN_PATHS = tuple((f"messages[{at}]", f"messages[{at}].content") for at in range(64))
_TEXT_FIELDS = ("text", "value", "thinking", "reasoning")


class Text(NamedTuple):
    """A text of a message: who says it, where it stands, and whether a model learns to say it."""

    role: str
    path: str
    text: str
    is_answer: bool


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
        if self.said.get("from") == "function_call" or self.said.get("role") == "function_call":
            called = read_json(self.content) if isinstance(self.content, str) else self.content
            return called if isinstance(called, list) else [called]
        if isinstance(self.content, list) and self.role == "assistant":
            parts = [part for part in self.content if isinstance(part, dict)]
            called = [part.get("value") for part in parts if part.get("type") == "tool_call"]
            if called:
                return [read_json(each) if isinstance(each, str) else each for each in called]
        listed = self.said.get("tool_calls")
        legacy = self.said.get("function_call")
        found = list(listed) if isinstance(listed, list) else []
        return found if legacy is None else [*found, legacy]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the path and text of each text of the message: content, parts, arguments."""
        if isinstance(self.content, str):
            yield self.content_path, self.content
        elif isinstance(self.content, list):
            for number, part in enumerate(self.content):
                if isinstance(part, dict):
                    for name in _TEXT_FIELDS:
                        if isinstance(part.get(name), str):
                            yield f"{self.content_path}[{number}].{name}", part[name]
        for number, call in enumerate(self.calls() if self.said else ()):
            inner = call.get("function", call) if isinstance(call, dict) else None
            arguments = inner.get("arguments") if isinstance(inner, dict) else None
            if arguments and not isinstance(arguments, str):
                arguments = json.dumps(arguments, ensure_ascii=False, default=str)
            if arguments:
                yield f"{self.path}.tool_calls[{number}].arguments", arguments


@dataclass(slots=True)
class Subject:
    """An example to look at: `messages` with the answer last, `rejected` the other side of a pair.

    `tools` is the record's own field, unparsed. `listed` says whether the record holds a list of
    messages with roles, so that their order can be wrong. `broken` has (rule's name, message,
    path) of what could not be read.
    """

    kind: str
    record: dict[str, Any]
    messages: list[Message] = field(default_factory=list)
    rejected: list[Message] = field(default_factory=list)
    answer: list[Message] = field(default_factory=list)
    tools: Any = None
    tools_path: str = "tools"
    listed: bool = False
    broken: list[tuple[str, str, str]] = field(default_factory=list)
    _texts: list[Text] | None = field(default=None, compare=False)

    def texts(self) -> Sequence[Text]:
        """Return every text of the example; for a record without messages, all its texts."""
        found = self._texts
        if found is None:
            found = [
                Text(each.role, path, text, each.role == "assistant")
                for each in (*self.messages, *self.rejected)
                for path, text in each.texts()
            ]
            if not found and not self.messages:
                every = leaves(self.record)
                found = [Text("", path, text, False) for path, text in every if type(text) is str]
            self._texts = found
        return found

    def answers(self) -> list[Text]:
        """Return the texts that a model learns to say."""
        return [each for each in self.texts() if each.is_answer]


def read_plain(record: dict[str, Any]) -> Subject:
    """Return what `read_subject` makes of a plain chat (see `kernel.plain`), but sooner."""
    messages = [
        Message(said["role"], said["content"], path, content_path, said)
        for (path, content_path), said in zip(_PLAIN_PATHS, record["messages"], strict=False)
    ]
    for number in range(len(_PLAIN_PATHS), len(record["messages"])):
        said, path = record["messages"][number], f"messages[{number}]"
        messages.append(Message(said["role"], said["content"], path, f"{path}.content", said))
    texts = [
        Text(each.role, each.content_path, each.content, each.role == "assistant")
        for each in messages
    ]
    return Subject("chat", record, messages, listed=True, _texts=texts)


def read_subject(kind: str, record: dict[str, Any]) -> Subject:
    """Return a record of a kind as rules see it; never raises."""
    subject = Subject(kind, record, tools=record.get("tools"))
    if subject.tools is None and record.get("functions") is not None:
        subject.tools, subject.tools_path = record["functions"], "functions"
    reader = _READERS.get(kind)
    if reader is not None:
        reader(subject)
    return subject


def read_json(text: str) -> Any:
    """Return the value of a JSON text, or None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _chat(subject: Subject) -> None:
    subject.listed = True
    subject.messages = _system(subject) + _messages(
        subject, subject.record.get("messages"), "messages"
    )


def _sharegpt(subject: Subject) -> None:
    subject.listed = True
    listed = subject.record.get("conversations")
    subject.messages = _system(subject) + _messages(subject, listed, "conversations")


def _alpaca(subject: Subject) -> None:
    record = subject.record
    subject.messages = _system(subject)
    history = record.get("history")
    for number, pair in enumerate(history if isinstance(history, list) else ()):
        if isinstance(pair, (list, tuple)) and len(pair) == 2:
            for role, at in (("user", 0), ("assistant", 1)):
                subject.messages.append(_bare(role, pair[at], f"history[{number}][{at}]"))
        else:
            told = f"entry {number} of the history is not a pair of question and answer"
            subject.broken.append(("field-type", told, f"history[{number}]"))
    if history is not None and not isinstance(history, list):
        subject.broken.append(("field-type", "the history is not a list", "history"))
    subject.messages.append(_bare("user", record.get("instruction"), "instruction"))
    given = record.get("input")
    if given not in (None, ""):
        subject.messages.append(_bare("user", given, "input"))
    if record.get("chosen") is None:
        name = "output" if "output" in record else "response"
        subject.messages.append(_bare("assistant", record.get(name), name))


def _prompt_completion(subject: Subject) -> None:
    asked, answered = "prompt", "completion"
    if subject.record.get(asked) is None or subject.record.get(answered) is None:
        asked, answered = field_pair(subject.record) or (asked, answered)
    subject.messages = _system(subject) + _side(subject, asked, "user")
    subject.messages += _side(subject, answered, "assistant")


def _prompt(subject: Subject) -> None:
    subject.messages = _system(subject) + _side(subject, "prompt", "user")


def _text(subject: Subject) -> None:
    subject.messages = [_bare("assistant", subject.record.get("text"), "text")]


def _preference(subject: Subject) -> None:
    record = subject.record
    chosen, rejected = next((pair for pair in SIDES if record.get(pair[0]) is not None), SIDES[0])
    if chosen != "chosen":
        given = record.get("input")
        given = given if isinstance(given, dict) else {}
        subject.tools, subject.tools_path = given.get("tools"), "input.tools"
        subject.messages = _messages(subject, given.get("messages"), "input.messages")
    elif record.get("messages") is not None:
        subject.messages = _system(subject) + _messages(subject, record["messages"], "messages")
    elif record.get("conversations") is not None:
        listed = record["conversations"]
        subject.messages = _system(subject) + _messages(subject, listed, "conversations")
    elif record.get("instruction") is not None:
        _alpaca(subject)
    elif record.get("prompt") is not None:
        subject.messages = _system(subject) + _side(subject, "prompt", "user")
    subject.answer = _side(subject, chosen, "assistant")
    subject.messages = subject.messages + subject.answer
    subject.rejected = _side(subject, rejected, "assistant")


def _kto(subject: Subject) -> None:
    for name, read in (
        ("messages", _chat),
        ("conversations", _sharegpt),
        ("instruction", _alpaca),
        ("completion", _prompt_completion),
    ):
        if subject.record.get(name) is not None:
            read(subject)
            return
    if field_pair(subject.record) is not None:
        _prompt_completion(subject)


_READERS: dict[str, Callable[[Subject], None]] = {
    "chat": _chat,
    "sharegpt": _sharegpt,
    "alpaca": _alpaca,
    "prompt-completion": _prompt_completion,
    "prompt": _prompt,
    "preference": _preference,
    "kto": _kto,
    "text": _text,
}


def _system(subject: Subject) -> list[Message]:
    system = subject.record.get("system")
    return [] if system is None or system == "" else [_bare("system", system, "system")]


def _bare(role: str, content: Any, path: str) -> Message:
    return Message(role, content, path, path)


def _side(subject: Subject, name: str, role: str) -> list[Message]:
    given = subject.record.get(name)
    if isinstance(given, list):
        return _messages(subject, given, name)
    if isinstance(given, dict):
        found = _message(subject, given, name)
        return [] if found is None else [found]
    return [_bare(role, given, name)]


def _messages(subject: Subject, listed: Any, path: str) -> list[Message]:
    if not isinstance(listed, list):
        told = "there is nothing" if listed is None else f"there is a {type_name(listed)}"
        told = f"{path} should be a list of messages, and {told}"
        subject.broken.append(("messages-missing", told, path))
        return []
    if not listed:
        subject.broken.append(("messages-missing", f"{path} is an empty list", path))
    found = (_message(subject, each, f"{path}[{number}]") for number, each in enumerate(listed))
    return [each for each in found if each is not None]


def _message(subject: Subject, said: Any, path: str) -> Message | None:
    if not isinstance(said, dict):
        told = f"a message should be an object, and this is a {type_name(said)}"
        subject.broken.append(("message-not-object", told, path))
        return None
    role_name = "from" if said.get("from") is not None else "role"
    content_name = "value" if said.get("value") is not None else "content"
    if content_name == "content" and "content" not in said and "value" in said:
        content_name = "value"
    role = said.get(role_name)
    if role_name == "from" and said.get("role") is not None:
        told = 'the message has both "from" and "role"'
        subject.broken.append(("two-spellings", told, path))
    if content_name == "value" and said.get("content") is not None:
        told = 'the message has both "value" and "content"'
        subject.broken.append(("two-spellings", told, path))
    if not isinstance(role, str):
        told = "the message has no role" if role is None else "the role is not a text"
        subject.broken.append(("role-missing", told, path))
        role = ""
    named = _SPEAKERS.get(role, role)
    return Message(named, said.get(content_name), path, f"{path}.{content_name}", said)


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
