"""Records of no known layout, read by a mapping from roles to fields.

`{"user": "question", "assistant": "answer"}` says that the field `question` holds what the user
says. The user gave the mapping, so a record that lacks a field is told to the user.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vault.errors import InvalidInput
from vault.formats.layouts.faults import FormatMismatch, shown_keys
from vault.formats.layouts.messages import canonical_messages, split_response
from vault.objects.conversation import Conversation

ROLES = ("system", "user", "assistant")
"""Roles that a field can be mapped to, in the order of messages; only system may be absent."""

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
    if "user" not in mapping and "assistant" not in mapping:
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
    messages = []
    for role in ROLES:
        content = _field(record, mapping[role]) if role in mapping else None
        if content is None or content is _ABSENT or (role == "system" and content == ""):
            continue
        messages.append({"role": role, "content": content})
    return Conversation(*split_response(canonical_messages(messages)))


def _field(record: dict[str, Any], path: str) -> Any:
    if path in record:
        return record[path]
    value: Any = record
    for name in path.split("."):
        if type(value) is not dict or name not in value:
            return _ABSENT
        value = value[name]
    return value
