"""The texts of an example in order: its messages under their roles, its other fields by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

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


def _parts(name: str, value: object) -> Iterator[Part]:
    if isinstance(value, Mapping) and name and _is_message(value):
        yield from _message(f"{name} ", value)
    elif isinstance(value, Mapping):
        if not value and name:
            yield Part(name, "{}")
        for key, inner in value.items():
            yield from _parts(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, (list, tuple)) and value and all(map(_is_message, value)):
        shown = "" if name in _MESSAGE_LISTS else f"{name} "
        for message in value:
            yield from _message(shown, message)
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
