"""The columns of an example that follow from its conversation: prompt, response, messages…"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from vault.catalogue.expressions.columns import Reference, Type
from vault.errors import VaultError
from vault.formats.layouts.chat import TOOL_FIELDS
from vault.formats.layouts.faults import FormatMismatch
from vault.formats.layouts.media import MEDIA_FIELDS
from vault.formats.layouts.registry import conversation_of
from vault.objects.conversation import (
    REASONING,
    SYSTEM_ROLES,
    Conversation,
    Kind,
    Message,
    in_order,
    texts_of,
)
from vault.objects.json.text import canonical_bytes
from vault.presentation.example_parts import call_text

BETWEEN_MESSAGES = "\n"
"""What stands between the texts of several messages in `system`, `prompt` and `response`."""

_PLAIN_ROLES = frozenset({"system", "user", "assistant", "developer"})
_NOT_PLAIN = TOOL_FIELDS | MEDIA_FIELDS | {"system"}

_SAID_BESIDE = ("refusal", "tool_calls", "call")
_MEDIA_PART = re.compile("image|audio|video|file")
# Ids that providers choose, and signatures of them, are no words.
_OF_NO_WORDS = ("type", "id", "tool_use_id", "signature", "cache_control")

_MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
ARROW_TYPES = {
    Type.TEXT: pa.string(),
    Type.TEXTS: pa.list_(pa.string()),
    Type.MESSAGES: pa.list_(_MESSAGE),
}
"""The columns that conversations make, by the type of the reference."""


def read_conversation(
    record: dict[str, Any], kind: str, mapping: Mapping[str, str] | None
) -> Conversation | None:
    """Return the conversation of a record that a chunk holds; None if raw, broken, or unknown."""
    plain = plain_messages(record, kind, mapping)
    if plain is not None:
        cut = len(plain) - (plain[-1]["role"] == "assistant")
        return Conversation(tuple(plain[:cut]), tuple(plain[cut:]))
    try:
        return conversation_of(record, Kind(kind), mapping)
    except (ValueError, FormatMismatch, VaultError):
        return None


def plain_messages(
    record: dict[str, Any], kind: str, mapping: Mapping[str, str] | None
) -> list[Message] | None:
    """Return the messages of a chat that is nothing but roles and texts; None for any other record.

    They are those of its conversation, a tenth of the time that `read_conversation` takes.
    """
    messages = record.get("messages")
    if (
        kind != Kind.CHAT
        or mapping is not None
        or type(messages) is not list
        or not messages
        or not _NOT_PLAIN.isdisjoint(record)
    ):
        return None
    try:
        for message in messages:
            if (
                type(message) is not dict
                or len(message) != 2
                or type(message["content"]) is not str
                or message["role"] not in _PLAIN_ROLES
            ):
                return None
    except (KeyError, TypeError):
        return None
    return messages


def conversation_array(
    reference: Reference, conversations: Sequence[Conversation | None]
) -> pa.Array:
    """Return a column of conversations: `system`, `prompt`, …, `messages`, `messages.role`."""
    values = [
        None if each is None or each.text is not None else _value(reference, each)
        for each in conversations
    ]
    return pa.array(values, ARROW_TYPES[reference.type])


def whole_text(message: Message) -> str:
    """Return all that a message says, one below the other, for comparing it with others.

    Its reasoning, its content with parts that are calls or answers of tools, its refusal, and what
    it calls, as JSON. Media are not told: they have no words.
    """
    content = message.get("content")
    if type(content) is str and len(message) == 2:
        return content  # nearly every message
    told = [_as_text(message[name]) for name in (REASONING,) if name in message]
    if isinstance(content, list):
        told += filter(None, map(_part_text, content))
    else:
        told.append(content or "")
    told += [_as_text(message[name]) for name in _SAID_BESIDE if name in message]
    return "\n".join(told)


def said_texts(message: Message) -> Iterator[tuple[str, str]]:
    """Yield each text of a message to search in, with where it stands: a role, or what it is of it.

    Its reasoning, content, refusal and calls, these as `name({…})`.
    """
    role = message["role"]
    if REASONING in message:
        yield f"{role} reasoning", _as_text(message[REASONING])
    yield from ((role, text) for text in texts_of(message))
    if "refusal" in message:
        yield f"{role} refusal", _as_text(message["refusal"])
    for call in message.get("tool_calls", ()):
        yield role, call_text(call)


def media_seen(conversation: Conversation) -> list[Any]:
    """Return the media of a conversation, beside its messages and among their parts, in order."""
    found: list[Any] = [] if conversation.media is None else [conversation.media]
    for message in conversation.prompt + conversation.response:
        content = message.get("content")
        if type(content) is list:
            found += [part for part in content if _is_media(part)]
    return found


def _is_media(part: Mapping[str, Any]) -> bool:
    # Some providers have no types: the first member says what the part is.
    return _MEDIA_PART.search(str(part.get("type") or next(iter(part), ""))) is not None


def _part_text(part: Mapping[str, Any]) -> str:
    texts = texts_of({"content": [part]})
    if texts or _is_media(part):
        return "".join(texts)
    return _as_text({name: each for name, each in part.items() if name not in _OF_NO_WORDS})


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return canonical_bytes(in_order(value)).decode("utf-8", "replace")


def message_text(message: Message) -> str | None:
    """Return the text of a message, None if it has none (but, for instance, tool calls)."""
    texts = texts_of(message)
    return "".join(texts) if texts else None


def _value(reference: Reference, conversation: Conversation) -> Any:
    match reference.root:
        case "system":
            return _joined(_instructions(conversation))
        case "prompt":
            asked = (each for each in conversation.prompt if each["role"] not in SYSTEM_ROLES)
            return _joined(asked)
        case "response":
            return _joined(conversation.response)
        case "chosen":
            return None if conversation.rejected is None else _joined(conversation.response)
        case "rejected":
            return _joined(conversation.rejected or ())
    messages = conversation.prompt + conversation.response
    if not reference.path:
        return [{"role": each["role"], "content": message_text(each)} for each in messages]
    if reference.path == ("role",):
        return [each["role"] for each in messages]
    return [message_text(each) for each in messages]


def _instructions(conversation: Conversation) -> Iterable[Message]:
    return (each for each in conversation.prompt if each["role"] in SYSTEM_ROLES)


def _joined(messages: Iterable[Message]) -> str | None:
    """Return the texts of messages, one below the other; None without messages."""
    texts = [message_text(each) for each in messages]
    return BETWEEN_MESSAGES.join(text or "" for text in texts) if texts else None
