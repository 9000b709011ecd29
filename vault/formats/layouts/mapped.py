"""Records of no known layout, read by a mapping from roles to fields.

`{"user": "question", "assistant": "answer"}` says that the field `question` holds what the user
says; a path leads through objects and lists, as in `choices.0.message`. The user gave the mapping,
so a record that lacks a field is told to the user.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vault.errors import InvalidInput
from vault.formats.layouts.faults import FormatMismatch, shown_keys
from vault.formats.layouts.messages import split_response
from vault.formats.layouts.prompt_completion import listed_messages
from vault.formats.layouts.tool_calls import Calls
from vault.objects.conversation import Conversation, Message
from vault.objects.foreign.encoded_lists import decoded_list, is_message

ROLES = ("system", "messages", "user", "assistant")
"""What a field can be mapped to, in the order of messages; only system may be absent.

`messages` is a whole list of them.
"""

_ABSENT = object()


def check_mapping(mapping: Mapping[str, str]) -> None:
    """Raise InvalidInput (`invalid-mapping`) unless the mapping names known roles and fields."""
    for role, path in mapping.items():
        if role not in ROLES:
            known = ", ".join(ROLES)
            message = f'"{role}" is not a role that a field can be mapped to'
            raise InvalidInput(message, code="invalid-mapping", hint=f"use one of {known}")
        if not path:
            raise InvalidInput(f'no field is named for "{role}"', code="invalid-mapping")
    if mapping.keys().isdisjoint(("messages", "user", "assistant")):
        hint = "map user, assistant, or both, as in user=question"
        message = "the mapping names neither user nor assistant"
        raise InvalidInput(message, code="invalid-mapping", hint=hint)


def fields_of(record: dict[str, Any], mapping: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the mapped fields at the top level of the record."""
    return frozenset(path for path in mapping.values() if path in record)


def require_fields(record: dict[str, Any], mapping: Mapping[str, str]) -> None:
    """Raise FormatMismatch (`field-missing`) if a mapped field is absent or null, save system's."""
    for role, path in mapping.items():
        if role != "system" and _field(record, path) in (None, _ABSENT):
            reason = f'no field "{path}", which is mapped to {role}; there is {shown_keys(record)}'
            raise FormatMismatch("field-missing", reason)


def read(record: dict[str, Any], mapping: Mapping[str, str]) -> Conversation:
    """Return the conversation that the mapping finds in a record; raises BrokenStructure."""
    calls = Calls()
    messages: list[Message] = []
    for role in ROLES:
        content = _field(record, mapping[role]) if role in mapping else None
        if content is None or content is _ABSENT or (role == "system" and content == ""):
            continue
        messages += listed_messages(_said(role, content), calls)
    return Conversation(*split_response(messages))


def _said(role: str, content: Any) -> Any:
    """Return the list of messages that a mapped field holds: a message keeps its own role."""
    if role == "messages":
        return decoded_list(content)
    return [content if is_message(content) else {"role": role, "content": content}]


def _field(record: dict[str, Any], path: str) -> Any:
    if path in record:
        return record[path]
    value: Any = record
    for name in path.split("."):
        if type(value) is dict and name in value:
            value = value[name]
        elif type(value) is list and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return _ABSENT
    return value
