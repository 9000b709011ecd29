"""What an output format is: columns, and how a record is rendered, with what is lost on the way.

A renderer is a pure function from the parts of one record to a new record. It names every loss, and
refuses what the format cannot hold: nothing is guessed. The formats are in `output_formats`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from vault.objects.conversation import Conversation


class Loss(StrEnum):
    """Something that a record said and that its rendering does not."""

    FIELDS = "fields"
    MEDIA = "media"
    WEIGHTS = "weights"
    NAMES = "names"
    DEVELOPER = "developer"
    PARALLEL_TOOL_CALLS = "parallel-tool-calls"
    MEMBERS = "members"


LOSSES: Mapping[Loss, str] = {
    Loss.FIELDS: "fields beside the conversation are left out",
    Loss.MEDIA: "images, videos and sounds beside the messages are left out",
    Loss.WEIGHTS: "weights of messages are left out, so that all are trained on",
    Loss.NAMES: "names of speakers are left out",
    Loss.DEVELOPER: "developer messages become system messages",
    Loss.PARALLEL_TOOL_CALLS: "whether tools may be called in parallel is left out",
    Loss.MEMBERS: "other members of messages and calls are left out",
}
"""What each loss means, for people."""


class Unsupported(Exception):
    """A record that the format cannot hold; `reason` says what it is."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RecordParts:
    """A record as renderers take it: its JSON text, its conversation, and what else it holds.

    `conversation` is None of a raw or broken record. `fields` is the JSON text of an object with
    the other fields, None if there are none (and of a raw record).
    """

    text: bytes
    conversation: Conversation | None
    fields: bytes | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A record in another format, and what it does not say any more."""

    record: dict[str, Any]
    losses: frozenset[Loss] = frozenset()


class Column(Enum):
    """What a member of the rendered records holds; tables are made by it, and never by guessing."""

    TEXT = "text"
    YES_NO = "yes or no"
    MESSAGES = "messages"
    JSON = "json"


Render = Callable[[RecordParts], Rendered]
"""Renders one record. Raises Unsupported."""


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A format that records can be written in: its name, what it is for, and its members.

    Members in `optional` are absent where a record has no use for them.
    """

    name: str
    meaning: str
    columns: Mapping[str, Column]
    render: Render
    optional: frozenset[str] = field(default_factory=frozenset)
