"""The conversation: what a trainer sees of an example, whatever format it came in.

Formats build conversations; this module turns one into its two keys and its counts. Two records
with the same conversation get the same `content_id`, however they are written. Knows nothing of
formats, files or storage. The canonical form is normative: docs/format/conversations.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import xxhash

from vault.objects.json.text import InOrder, canonical_bytes

Message = Mapping[str, Any]
"""One canonical message: `role`, `content` (str, list of parts, or absent), and where it has them
`name`, `weight`, `refusal`, `reasoning`, `tool_calls`, `call`. Keys that say nothing are absent."""

DERIVATION = 3
"""Number of the rules by which kind, conversation, keys, counts and fields follow from a record."""

SYSTEM_ROLES = frozenset({"system", "developer"})
"""Roles of instructions: they are no turns, and alone they are no prompt."""

REASONING = "reasoning"
"""The member of a canonical message that holds what was thought before the answer."""

ORDERED_MEMBERS = frozenset({"arguments", "args", "input", "parameters", "json"})
"""Members of calls, and of parts that are calls or answers of tools, whose objects a chat template
writes out as JSON in their own order of keys: what a model learns to write."""


class Kind(StrEnum):
    """The layout that a record came in, recognised by its keys; `RAW` is any other object."""

    CHAT = "chat"
    SHAREGPT = "sharegpt"
    ALPACA = "alpaca"
    PROMPT_COMPLETION = "prompt-completion"
    PROMPT = "prompt"
    PREFERENCE = "preference"
    KTO = "kto"
    GEMINI = "gemini"
    COMPLETION = "completion"
    RESPONSES = "responses"
    CHATGPT = "chatgpt"
    CLAUDE = "claude"
    TEXT = "text"
    RAW = "raw"


# Both values are named tuples rather than frozen dataclasses, which cost three times as much to
# build: a microsecond of the four that every imported record has.
class Conversation(NamedTuple):
    """What is trained on, in canonical form, split where the final response begins.

    `prompt` is every message before the final response, `response` the final response (the last
    message if an assistant says it, a completion, or the chosen side of a preference). `rejected`
    is the other side of a preference; `desirable` the KTO label. `text` is set for plain text,
    which has neither prompt nor response. `media` are the record's lists of `images`, `videos` and
    `audios`, those that are not empty; None if there are none.
    """

    prompt: tuple[Message, ...] = ()
    response: tuple[Message, ...] = ()
    rejected: tuple[Message, ...] | None = None
    desirable: bool | None = None
    tools: list[Any] | None = None
    parallel_tool_calls: bool | None = None
    text: str | None = None
    media: dict[str, list[Any]] | None = None


class ConversationKeys(NamedTuple):
    """Index keys and counts of a conversation; 64-bit keys, None where there is nothing to key.

    `turns` counts messages other than system and developer; `chars` code points of message text;
    `tokens` is an estimate, UTF-8 bytes of message text / 4 rounded up.
    """

    content_id: int | None
    prompt_id: int | None
    turns: int
    chars: int
    tokens: int


EMPTY_KEYS = ConversationKeys(None, None, 0, 0, 0)
"""The keys of a record without a conversation."""


def derive_keys(conversation: Conversation) -> ConversationKeys:
    """Return the keys and counts of a conversation; EMPTY_KEYS if it holds no message and no text.

    Keys are XXH3-64: of the prompt part for `prompt_id`, of prompt part, line feed and response
    part for `content_id`. Costs 1 µs for a kilobyte of plain messages.
    """
    text, prompt, rejected = conversation.text, conversation.prompt, conversation.rejected
    if text is not None:
        return _keys_of_text(conversation, text)
    if not prompt and not conversation.response and not rejected:
        return EMPTY_KEYS
    prompt_part, response_part = conversation_parts(conversation)
    state = xxhash.xxh3_64(prompt_part)
    prompt_id = state.intdigest() if _asks(prompt) else None
    state.update(b"\n" + response_part)
    turns, chars, size_bytes = _count(prompt + conversation.response)
    if rejected:
        _, more_chars, more_bytes = _count(rejected)
        chars += more_chars
        size_bytes += more_bytes
    return ConversationKeys(state.intdigest(), prompt_id, turns, chars, (size_bytes + 3) // 4)


def conversation_parts(conversation: Conversation) -> tuple[bytes, bytes]:
    """Return the prompt part and the response part of a conversation, which keys are hashes of.

    Canonical JSON, but for values whose order of keys counts; two conversations are the same if
    both parts are. Plain text is a prompt part, and its response part is empty.
    """
    prompt, response, rejected, desirable, tools, parallel_tool_calls, text, media = conversation
    asked: dict[str, Any] = {"messages": _written(prompt)} if text is None else {"text": text}
    if media is not None:
        asked["media"] = media
    if text is not None:
        return canonical_bytes(asked), b""
    if tools is not None:
        asked["tools"] = [_tool_in_order(each) for each in tools]
    if parallel_tool_calls is not None:
        asked["parallel_tool_calls"] = parallel_tool_calls
    answered: dict[str, Any] = {"messages": _written(response)}
    if rejected is not None:
        answered["rejected"] = _written(rejected)
    if desirable is not None:
        answered["desirable"] = desirable
    return canonical_bytes(asked), canonical_bytes(answered)


def in_order(value: Any) -> Any:
    """Return messages, or a part of one, for `canonical_bytes` to write with the order that counts.

    The values of ORDERED_MEMBERS keep the order of keys that they have, all else is sorted. What
    holds none of them is returned as it is.
    """
    if type(value) is dict:
        result = value
        for name, each in value.items():
            if each and (type(each) is dict or type(each) is list):
                result = value.copy() if result is value else result
                result[name] = InOrder(each) if name in ORDERED_MEMBERS else in_order(each)
        return result
    return [in_order(each) for each in value] if isinstance(value, (list, tuple)) else value


def _written(messages: tuple[Message, ...]) -> Any:
    for message in messages:
        if len(message) != 2 or type(message.get("content")) is not str:
            return in_order(messages)
    return messages


def _tool_in_order(tool: Any) -> Any:
    """Return a schema whose members, and those of its function, are sorted, and no others."""
    if type(tool) is not dict:
        return tool
    result = _members_in_order(tool)
    if type(tool.get("function")) is dict:
        result["function"] = _members_in_order(tool["function"])
    return result


def _members_in_order(schema: dict[str, Any]) -> dict[str, Any]:
    result = schema.copy()
    for name, each in schema.items():
        if type(each) is dict or type(each) is list:
            result[name] = InOrder(each)
    return result


def _keys_of_text(conversation: Conversation, text: str) -> ConversationKeys:
    if not text:
        return EMPTY_KEYS
    content_id = xxhash.xxh3_64_intdigest(conversation_parts(conversation)[0])
    return ConversationKeys(content_id, None, 0, len(text), (_size_bytes(text) + 3) // 4)


def _asks(prompt: tuple[Message, ...]) -> bool:
    if prompt and prompt[-1]["role"] not in SYSTEM_ROLES:
        return True  # nearly always, and a generator costs as much as hashing the prompt
    return any(message["role"] not in SYSTEM_ROLES for message in prompt)


def _count(messages: tuple[Message, ...]) -> tuple[int, int, int]:
    """Return turns, code points and UTF-8 bytes of messages."""
    turns = chars = size_bytes = 0
    for message in messages:
        if message["role"] not in SYSTEM_ROLES:
            turns += 1
        text = message.get("content")
        if type(text) is not str:
            text = "".join(texts_of(message))
        length = len(text)
        chars += length
        size_bytes += length if text.isascii() else _size_bytes(text)
    return turns, chars, size_bytes


def texts_of(message: Message) -> list[str]:
    """Return the texts of one canonical message: its content, or the text parts of its content."""
    content = message.get("content")
    if isinstance(content, str):
        return [content]
    if not isinstance(content, list):
        return []
    parts = [part for part in content if part.get("type") == "text"]
    texts = [part.get("text", part.get("value")) for part in parts]
    return [text for text in texts if isinstance(text, str)]


def _size_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
