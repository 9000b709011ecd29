"""One example as rules see it: its messages as they stand in the record, each with its path.

Read leniently and by kind, because a record with faults has no canonical conversation. What keeps
a message from being read at all is told in `broken`, under the name of the rule that reports it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vault.objects.conversation import Kind
from vault.objects.field_pairs import field_pair
from vault.objects.foreign.encoded_lists import decoded_list, decoded_messages, json_in
from vault.objects.foreign.layouts import FOREIGN_KINDS, read_foreign
from vault.objects.foreign.tools import tools_in
from vault.objects.json.field_path import leaves
from vault.rules.kernel.message import (
    Broken,
    Message,
    a_type,
    read_message,
    split_answers,
)

INSTRUCTIONS = frozenset({"system", "developer"})
ANSWERS = frozenset({"tool", "function"})

SIDES = (
    ("chosen", "rejected"),
    ("preferred_output", "non_preferred_output"),
    ("preferred_completion", "non_preferred_completion"),
)
"""Names of the two sides of a preference pair."""

_PLAIN_PATHS = tuple((f"messages[{at}]", f"messages[{at}].content") for at in range(64))


class Text(NamedTuple):
    """A text of a message: who says it, where it stands, and whether a model learns to say it."""

    role: str
    path: str
    text: str
    is_answer: bool


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
    broken: list[Broken] = field(default_factory=list)
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
    subject = Subject(kind, record, tools=tools_in(record))
    if subject.tools is not None and record.get("tools") is None:
        subject.tools_path = "toolConfig.tools"
    if subject.tools is None and record.get("functions") is not None:
        subject.tools, subject.tools_path = record["functions"], "functions"
    reader = _READERS.get(kind)
    if reader is not None:
        reader(subject)
        _check_tool_fields(subject)
    return subject


def _check_tool_fields(subject: Subject) -> None:
    """Tell of fields beside the messages whose type breaks the record."""
    parallel = subject.record.get("parallel_tool_calls")
    if parallel is not None and not isinstance(parallel, bool):
        _tell_type(subject, "parallel_tool_calls", "true or false", parallel)
    functions = subject.record.get("functions")
    listed = json_in(functions) if isinstance(functions, str) and functions else functions
    is_listed = isinstance(listed, list) or functions in (None, "")
    if not is_listed and subject.tools_path != "functions":
        _tell_type(subject, "functions", "a list", functions)


def _tell_type(subject: Subject, name: str, wanted: str, value: Any) -> None:
    told = f"{name} should be {wanted}, and is {a_type(value)}"
    subject.broken.append(("field-type", told, name))


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
    history = decoded_list(record.get("history"))
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
    names = ["instruction", "input"]
    if subject.kind != "preference":
        is_response = record.get("output") is None and record.get("response") is not None
        name = "response" if is_response else "output"
        subject.messages.append(_bare("assistant", record.get(name), name))
        names.append(name)
    for name in names:
        if isinstance(record.get(name), list):
            _tell_type(subject, name, "a text", record[name])


def _prompt_completion(subject: Subject) -> None:
    asked, answered = "prompt", "completion"
    if subject.record.get(asked) is None or subject.record.get(answered) is None:
        asked, answered = field_pair(subject.record) or (asked, answered)
    subject.messages = _system(subject) + _side(subject, asked, "user")
    subject.messages += _side(subject, answered, "assistant")


def _prompt(subject: Subject) -> None:
    if subject.record.get("prompt") == "" and not _system(subject):
        subject.broken.append(("messages-missing", "the prompt is empty", "prompt"))
    subject.messages = _system(subject) + _side(subject, "prompt", "user")


def _text(subject: Subject) -> None:
    text = subject.record.get("text")
    subject.messages = [_bare("assistant", text, "text")]
    if isinstance(text, list):
        _tell_type(subject, "text", "a text", text)


def _preference(subject: Subject) -> None:
    record = subject.record
    chosen, rejected = next((pair for pair in SIDES if record.get(pair[0]) is not None), SIDES[0])
    if chosen != "chosen":
        given = record.get("input")
        given = given if isinstance(given, dict) else {}
        subject.tools, subject.tools_path = given.get("tools"), "input.tools"
        subject.messages = _messages(subject, given.get("messages"), "input.messages")
    elif record.get("prompt") is not None:
        subject.messages = _system(subject) + _side(subject, "prompt", "user")
    elif record.get("messages") is not None:
        subject.messages = _system(subject) + _messages(subject, record["messages"], "messages")
    elif record.get("conversations") is not None:
        listed = record["conversations"]
        subject.messages = _system(subject) + _messages(subject, listed, "conversations")
    elif record.get("instruction") is not None:
        _alpaca(subject)
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
    else:
        told = "there is a verdict, and no answer that it is about"
        subject.broken.append(("messages-missing", told, ""))


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
    if isinstance(given, list) or decoded_messages(given) is not given:
        return _messages(subject, given, name)
    if isinstance(given, dict):
        return read_message(given, name, subject.broken)
    return [_bare(role, given, name)]


def _messages(subject: Subject, given: Any, path: str) -> list[Message]:
    listed = decoded_list(given)
    if not isinstance(listed, list):
        told = "there is nothing" if given is None else f"there is {a_type(given)}"
        told = f"{path} should be a list of messages, and {told}"
        subject.broken.append(("messages-missing", told, path))
        return []
    if listed is not given:
        subject.broken.append(("messages-encoded", _how_encoded(given, path), path))
    if not listed:
        subject.broken.append(("messages-missing", f"{path} is an empty list", path))
    broken = subject.broken
    read = (read_message(each, f"{path}[{number}]", broken) for number, each in enumerate(listed))
    return [each for messages in read for each in messages]


def _how_encoded(given: Any, path: str) -> str:
    if isinstance(given, str):
        return f"{path} holds the JSON text of a list, and should hold the list"
    return (
        f"{path} is an object of equally long lists (a datasets Sequence), not a list of messages"
    )


def _foreign(subject: Subject) -> None:
    chat = read_foreign(subject.record, Kind(subject.kind))
    if chat is None:
        told = f"the record is not what its kind, {subject.kind}, says"
        subject.broken.append(("messages-missing", told, ""))
        return
    subject.listed = True
    if chat.system not in (None, ""):
        subject.messages.append(_bare("system", chat.system, chat.system_path))
    for each in chat.messages:
        role, content = each.message["role"], each.message["content"]
        if not isinstance(role, str):
            subject.broken.append(("role-missing", "the role is not a text", each.path))
            role = ""
        whole = Message(role, content, each.path, each.content_path, each.message)
        subject.messages += split_answers(whole)
    subject.tools, subject.tools_path = chat.tools, chat.tools_path


_READERS |= dict.fromkeys(map(str, FOREIGN_KINDS), _foreign)
