"""The conversation: what a trainer sees of an example, whatever format it came in.

Formats build conversations; this module turns one into its two keys and its counts. Two records
with the same conversation get the same `content_id`, however they are written. Knows nothing of
formats, files or storage. The canonical form is normative: docs/format/conversations.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import xxhash

from vault.objects.json_text import canonical_bytes

Message = Mapping[str, Any]
"""One canonical message: `role`, `content` (str, list of parts, or absent), and where it has them
`name`, `weight`, `refusal`, `tool_calls`, `call`. Keys that say nothing are absent."""

DERIVATION = 1
"""Number of the rules by which kind, conversation, keys, counts and fields follow from a record."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is trained on, in canonical form, split where the final response begins.

    `prompt` is every message before the final response, `response` the final response (the last
    message if an assistant says it, a completion, or the chosen side of a preference). `rejected`
    is the other side of a preference; `desirable` the KTO label. `text` is set for plain text,
    which has neither prompt nor response.
    """

    prompt: tuple[Message, ...] = ()
    response: tuple[Message, ...] = ()
    rejected: tuple[Message, ...] | None = None
    desirable: bool | None = None
    tools: list[Any] | None = None
    parallel_tool_calls: bool | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ConversationKeys:
    """Index keys and counts of a conversation; 64-bit keys, None where there is nothing to key.

    `turns` counts messages other than system; `chars` code points of message text; `tokens` is an
    estimate, UTF-8 bytes of message text / 4 rounded up.
    """

    content_id: int | None
    prompt_id: int | None
    turns: int
    chars: int
    tokens: int


EMPTY_KEYS = ConversationKeys(None, None, 0, 0, 0)
"""The keys of a record without a conversation."""
