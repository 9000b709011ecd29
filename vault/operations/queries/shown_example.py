"""Examples as they are shown: a line of a list, or the whole of one to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vault.dataset.reading.conversations import message_text
from vault.dataset.reading.examples import Example
from vault.objects.chunk_rows import Made
from vault.objects.conversation import SYSTEM_ROLES, Conversation, Message
from vault.objects.json.text import compact_bytes
from vault.operations.queries.pictures import PicturePlace, picture_places

PREVIEW_CHARS = 200
WHOLE_CHARS = 20_000
"""Characters of a text that are shown of an example, unless all are asked for."""
ALL_CHARS = 400_000
"""Characters of all its texts together, but for the first PREVIEW_CHARS of each."""

_NOT_ASKING = frozenset({*SYSTEM_ROLES, "assistant", "tool"})


@dataclass(frozen=True, slots=True)
class Row:
    """An example as a list shows it: what is asked and what is answered, cut to a line."""

    id: str
    kind: str
    source: str
    line: int
    turns: int
    tokens: int
    labels: Mapping[str, object]
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Whole:
    """An example to be read: messages as a trainer sees them, and what stands beside them.

    `conversation` is None of a record without one; `data` is the record then, and None otherwise.
    `fields` are what the record holds beside its conversation, `pictures` where it holds pictures.
    `made` is what made it, if a model run did: run, model and request. `clipped` counts the
    characters that were left out of long texts.
    """

    id: str
    kind: str
    source: str
    line: int
    round: str | None
    turns: int
    chars: int
    tokens: int
    labels: Mapping[str, object]
    conversation: Mapping[str, Any] | None
    fields: Mapping[str, Any]
    data: Any
    made: Mapping[str, Any] | None
    clipped: int
    pictures: tuple[PicturePlace, ...]


def row_of(example: Example) -> Row:
    """Return an example as a list shows it."""
    question, answer = _heads(example)
    return Row(
        example.id,
        example.kind,
        example.source,
        example.line,
        example.turns,
        example.tokens,
        example.labels,
        question[:PREVIEW_CHARS],
        answer[:PREVIEW_CHARS],
    )


def _heads(example: Example) -> tuple[str, str]:
    """Return what an example asks last and what it answers first."""
    conversation = example.conversation
    if conversation is None:
        return compact_bytes(example.data)[: 4 * PREVIEW_CHARS].decode("utf-8", "ignore"), ""
    if conversation.text is not None:
        return conversation.text, ""
    asked = [each for each in conversation.prompt if each["role"] not in _NOT_ASKING]
    return _said(asked[::-1] or conversation.prompt), _said(conversation.response)


def _said(messages: Sequence[Message]) -> str:
    for each in messages:
        text = message_text(each)
        if text:
            return text
        if "tool_calls" in each:
            return compact_bytes(each["tool_calls"]).decode("utf-8", "replace")
    return ""


def whole_of(
    example: Example, fields: Mapping[str, Any], made: Made | None, *, clips: bool
) -> Whole:
    """Return an example to be read, with the fields beside its conversation; cut if it `clips`."""
    clip = Clip(clips)
    conversation = example.conversation
    told = None if conversation is None else clip.value(_told(conversation))
    data = clip.value(example.data) if conversation is None else None
    return Whole(
        example.id,
        example.kind,
        example.source,
        example.line,
        example.round,
        example.turns,
        example.chars,
        example.tokens,
        example.labels,
        told,
        {} if conversation is None else clip.value(fields),
        data,
        None if made is None else made._asdict(),
        clip.left,
        () if conversation is None else tuple(picture_places(conversation)),
    )


def _told(conversation: Conversation) -> dict[str, Any]:
    return {name: value for name, value in conversation._asdict().items() if value is not None}


class Clip:
    """Cuts long texts in JSON values if it `clips`, and counts what is left out."""

    def __init__(self, clips: bool) -> None:
        self._clips = clips
        self._room = ALL_CHARS
        self.left = 0

    def value(self, value: Any) -> Any:
        """Return a value with every text cut."""
        if isinstance(value, str):
            return self._cut(value) if self._clips else value
        if isinstance(value, Mapping):
            return {name: self.value(each) for name, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(each) for each in value]
        return value

    def _cut(self, text: str) -> str:
        shown = text[: min(WHOLE_CHARS, max(self._room, PREVIEW_CHARS))]
        self._room -= len(shown)
        self.left += len(text) - len(shown)
        return shown
