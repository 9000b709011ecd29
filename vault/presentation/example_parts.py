"""The texts of an example in order: its messages under their roles, its other fields by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from vault.objects.foreign.parts import Part as ForeignPart


_Read = Callable[[str, Mapping[str, Any]], Iterator["Part"]]

_REASONING = ("reasoning_content", "reasoning", "thinking")
_ROLES = ("role", "from")
_CONTENTS = ("content", "value")
_TEXTS = ("text", "value")
_MESSAGE_LISTS = ("messages", "conversations", "conversation", "prompt")


class Part(NamedTuple):
    """One text of a record: a message under its role, or a field under its dotted name."""

    label: str
    text: str
    is_message: bool = False


class DifferingPart(NamedTuple):
    """The texts under one label of two records; one of them is empty where its record has none."""

    label: str
    old: str
    new: str


def parts_of(record: object) -> list[Part]:
    """Return the texts of a record in its order; values that are no text as JSON."""
    return list(_parts("", record))


def spoken_parts(record: object) -> list[Part]:
    """Return what is said in a record, for reading: reasoning, answers, calls as `name({…})`.

    Ids and the like are left out. A record without messages has the parts of `parts_of`.
    """
    said = list(_parts("", record, _spoken))
    if not any(each.is_message for each in said) and isinstance(record, Mapping):
        from vault.objects.foreign.layouts import find_foreign

        found = find_foreign(record)
        if found is not None:
            return [part for each in found.chat.messages for part in _spoken("", each.message)]
    return said


def differing_parts(old_record: object, new_record: object) -> Iterator[DifferingPart]:
    """Yield the parts in which two records differ, in their order.

    Parts between the same equal neighbours are paired by label.
    """
    from difflib import SequenceMatcher

    old, new = parts_of(old_record), parts_of(new_record)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        came = list(new[c:d])
        for part in old[a:b]:
            twin = next((each for each in came if each.label == part.label), None)
            if twin is not None:
                came.remove(twin)
            yield DifferingPart(part.label, part.text, "" if twin is None else twin.text)
        for part in came:
            yield DifferingPart(part.label, "", part.text)


def _parts(name: str, value: object, read: _Read | None = None) -> Iterator[Part]:
    read = _message if read is None else read
    if isinstance(value, Mapping) and name and _is_message(value):
        yield from read(f"{name} ", value)
    elif isinstance(value, Mapping):
        if not value and name:
            yield Part(name, "{}")
        for key, inner in value.items():
            yield from _parts(f"{name}.{key}" if name else str(key), inner, read)
    elif isinstance(value, (list, tuple)) and value and all(map(_is_message, value)):
        shown = "" if name in _MESSAGE_LISTS else f"{name} "
        for message in value:
            yield from read(shown, message)
    else:
        yield Part(name or "value", _text(value))


def _is_message(value: object) -> bool:
    return isinstance(value, Mapping) and any(isinstance(value.get(name), str) for name in _ROLES)


def _message(before: str, message: Mapping[str, Any]) -> Iterator[Part]:
    role_name = next(name for name in _ROLES if isinstance(message.get(name), str))
    role = before + str(message[role_name])
    content_name = next((name for name in _CONTENTS if name in message), None)
    if content_name is not None and message[content_name] is not None:
        yield Part(role, _text(message[content_name]), True)
    for name, value in message.items():
        if name not in (role_name, content_name):
            yield Part(f"{role} {name}", _text(value), content_name is None)


def _spoken(before: str, message: Mapping[str, Any]) -> Iterator[Part]:
    from vault.objects.foreign.parts import read_part

    role_name = next(name for name in _ROLES if isinstance(message.get(name), str))
    role = before + str(message[role_name])
    content = next((message[name] for name in _CONTENTS if message.get(name) is not None), None)
    told = [(role, read_part(part)) for part in content] if isinstance(content, list) else []
    for name in _REASONING:
        if message.get(name):
            yield Part(f"{role} reasoning", _text(message[name]), True)
    if any(part is not None for _, part in told):
        for (_, part), each in zip(told, content or (), strict=True):
            yield _spoken_part(role, part, each)
    elif isinstance(content, str) and message[role_name] == "function_call":
        yield Part(role, f"→ {content}", True)
    elif content is not None:
        yield Part(role, _text(content), True)
    if message.get("refusal"):
        yield Part(f"{role} refusal", _text(message["refusal"]), True)
    listed, legacy = message.get("tool_calls"), message.get("function_call")
    for call in (*(listed if isinstance(listed, list) else ()), *((legacy,) if legacy else ())):
        yield Part(role, f"→ {call_text(call)}", True)


def _spoken_part(role: str, part: ForeignPart | None, written: object) -> Part:
    from vault.objects.foreign.parts import Meaning

    if part is None:
        return Part(role, _text([written]), True)
    if part.meaning is Meaning.CALL:
        return Part(role, f"→ {call_text(part.value)}", True)
    if part.meaning is Meaning.ANSWER:
        return Part("tool", _text(part.value["content"]), True)
    is_thought = part.meaning is Meaning.REASONING
    return Part(f"{role} reasoning" if is_thought else role, str(part.value), True)


def call_text(call: object) -> str:
    """Return a call of a tool for reading, such as `weather({"city": "Graz"})`."""
    if not isinstance(call, Mapping):
        return _text(call)
    inner = call.get("function")
    function = inner if isinstance(inner, Mapping) else call
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        given = {} if arguments is None else arguments
        arguments = json.dumps(given, ensure_ascii=False, default=str)
    return f"{function.get('name')}({arguments})"


def _is_text(value: object) -> bool:
    # Only what has nothing to show but its text: a picture's description is not all of it.
    return (
        isinstance(value, Mapping)
        and len(value) == 2
        and value.get("type") == "text"
        and any(isinstance(value.get(key), str) for key in _TEXTS)
    )


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)) and value and all(map(_is_text, value)):
        return "\n".join(str(next(each[key] for key in _TEXTS if key in each)) for each in value)
    from vault.objects.json.text import compact_bytes

    return compact_bytes(value).decode("utf-8", "replace")
