"""What an output format is: columns, what it carries, and how a record is rendered in it.

A renderer is a pure function from the parts of one record to a new record. It names every loss, and
refuses what the format cannot hold: nothing is guessed. The formats are in `table`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from vault.objects.conversation import Conversation

TEMPLATE_ARGUMENTS = "chat_template_kwargs"
"""The field of a record whose members a chat template gets as arguments."""


REASONING_KEY = "reasoning_content"
"""The usual name of the field of a message for the reasoning before its answer."""


ENABLE_THINKING = "enable_thinking"
"""The argument of chat templates that verl reads of a record's own."""


class Loss(StrEnum):
    """Something that a record said and that its rendering does not."""

    FIELDS = "fields"
    MEDIA = "media"
    WEIGHTS = "weights"
    EARLIER_TURNS = "earlier-turns"
    NAMES = "names"
    DEVELOPER = "developer"
    PARALLEL_TOOL_CALLS = "parallel-tool-calls"
    REASONING = "reasoning"
    TEMPLATE_ARGUMENTS = "template-arguments"
    MEMBERS = "members"
    DECIMALS = "decimals"


LOSSES: Mapping[Loss, str] = {
    Loss.FIELDS: "fields beside the conversation are left out",
    Loss.MEDIA: "images, videos and sounds beside the messages are left out",
    Loss.WEIGHTS: "weights of messages are left out, so that all are trained on",
    Loss.EARLIER_TURNS: "answers before the last are not trained on",
    Loss.NAMES: "names of speakers are left out",
    Loss.DEVELOPER: "developer messages become system messages",
    Loss.PARALLEL_TOOL_CALLS: "whether tools may be called in parallel is left out",
    Loss.REASONING: "the reasoning before answers is left out",
    Loss.TEMPLATE_ARGUMENTS: "arguments of the chat template are left out",
    Loss.MEMBERS: "other members of messages and calls are left out",
    Loss.DECIMALS: "`datasets` rounds numbers to ten decimal places as it loads them",
}
"""What each loss means, for people."""


class Unsupported(Exception):
    """A record that the format cannot hold; `reason` says what it is."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Weights(Enum):
    """How a format says which answers are trained on."""

    PER_MESSAGE = "per message"
    LAST_ONLY = "the last answer only"
    NONE = "none"


class Learnt(StrEnum):
    """The messages of a conversation that the loss is computed on, in the explorer's words."""

    ALL = "everything, questions too"
    ANSWERS = "every answer"
    WEIGHTED = "every answer whose weight is not 0"
    COMPLETION = "what follows the last question"
    LAST = "the last message"
    SIDES = "both answers of the pair"
    NOTHING = "no message: answers are sampled and rewarded"
    UNSAID = "what the training is set to"


class Reasoning(StrEnum):
    """Where the reasoning before an answer goes: a field, `<think>` tags in the text, nowhere."""

    FIELD = "field"
    TAGS = "tags"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Carried:
    """What a format carries of a conversation; what it does not is a loss, or refused.

    `roles` are those that it knows, None for any. `members` are further members of messages, None
    for all. `reasoning` lists the ways to write reasoning, the usual one first, and `reasoning_key`
    is the usual name of the field. `parts` allows content that is a list of parts. `fields` keeps
    what stands beside the conversation, as further columns.
    """

    weights: Weights = Weights.NONE
    roles: frozenset[str] | None = frozenset({"system", "user", "assistant", "tool"})
    members: frozenset[str] | None = frozenset()
    reasoning: tuple[Reasoning, ...] = (Reasoning.DROP, Reasoning.TAGS)
    reasoning_key: str = REASONING_KEY
    parts: bool = False
    tools: bool = True
    parallel_tool_calls: bool = False
    template_arguments: bool = False
    media: bool = False
    fields: bool = False

    def may_lose(self) -> frozenset[Loss]:
        """Return every loss that a rendering in the usual way may have."""
        members = self.members
        lost = {
            Loss.FIELDS: not self.fields,
            Loss.MEDIA: not self.media,
            Loss.WEIGHTS: self.weights is not Weights.PER_MESSAGE,
            Loss.EARLIER_TURNS: self.weights is Weights.LAST_ONLY,
            Loss.NAMES: members is not None and "name" not in members,
            Loss.DEVELOPER: self.roles is not None and "developer" not in self.roles,
            Loss.PARALLEL_TOOL_CALLS: not self.parallel_tool_calls,
            Loss.REASONING: self.reasoning[0] is Reasoning.DROP,
            Loss.TEMPLATE_ARGUMENTS: not self.template_arguments and not self.fields,
            Loss.MEMBERS: True,  # two reasonings in one message are in no format
        }
        return frozenset(loss for loss, is_lost in lost.items() if is_lost)


@dataclass(frozen=True, slots=True)
class RecordParts:
    """A record as renderers take it: its JSON text, its conversation, and what else it holds.

    `conversation` is None of a raw or broken record. `fields` is the JSON text of an object with
    the other fields, None if there are none (and of a raw record). `is_completion` tells that the
    record names its answer, so that no message of the prompt is trained on.
    """

    text: bytes
    conversation: Conversation | None
    fields: bytes | None = None
    is_completion: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """A record in another format, and what it does not say any more."""

    record: dict[str, Any]
    losses: frozenset[Loss] = frozenset()


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """How records are rendered, where a format leaves the choice; None for its usual way.

    `answer` is the field that holds the true answer to a prompt, and `verifier` the name of what
    checks answers, for records that do not name one.
    """

    reasoning: Reasoning | None = None
    reasoning_key: str | None = None
    answer: str | None = None
    verifier: str | None = None


class Column(Enum):
    """What a member of the rendered records holds; tables are made by it, and never by guessing."""

    TEXT = "text"
    YES_NO = "yes or no"
    MESSAGES = "messages"
    JSON = "json"
    JSON_LIST = "list of json"


Render = Callable[[RecordParts, RenderOptions], Rendered]
"""Renders one record. Raises Unsupported."""

RenderTurns = Callable[[RecordParts, RenderOptions], Sequence[Rendered]]
"""Renders one record as one for each answer that is trained on. Raises Unsupported."""


class PlainShape(Enum):
    """How a format lays out chats of messages with role and text alone, without fields beside."""

    MESSAGES = "messages"
    ANSWERED = "messages with an answer"
    ONE_ANSWER = "messages with one answer, the last"
    LAST_APART = "prompt and completion"
    TURNS = "turns of two sides, the system message apart"
    ONE_TURN = "a turn of each side, the system message apart"


_USUAL = RenderOptions()


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A format that records can be written in: its name, what it is for, and its members.

    Members in `optional` are absent where a record has no use for them. `plain` is the shape
    of messages of system, user and assistant that hold a role and a text, if they are written so.
    `texts` names the members of columns that are objects of texts alone: in Parquet they are plain
    structs. `learns` says what the trainer computes the loss on, as the files beside configure it.
    """

    name: str
    meaning: str
    columns: Mapping[str, Column]
    carries: Carried
    render_with: Render
    optional: frozenset[str] = field(default_factory=frozenset)
    turns: RenderTurns | None = None
    plain: PlainShape | None = None
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    learns: Learnt = Learnt.UNSAID

    def render(self, parts: RecordParts, options: RenderOptions = _USUAL) -> Rendered:
        """Return a record in this format. Raises Unsupported."""
        return self.render_with(parts, options)
