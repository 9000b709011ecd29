"""A trainer's view of an example: the lines that `export --for` writes, and the learnt turns.

The lines come from the export itself (`rendered_lines`), so that a view cannot say anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from vault.dataset.reading.conversations import whole_text
from vault.dataset.reading.dataset import Dataset
from vault.errors import InvalidInput
from vault.formats.trainers.conversation_parts import is_trained
from vault.formats.trainers.learnt_messages import learnt_messages
from vault.formats.trainers.output import LOSSES, Learnt, Loss, RecordParts, Unsupported
from vault.formats.trainers.plain_records import RAW
from vault.formats.trainers.table import OUTPUT_FORMATS, TRAINERS, trainer_named
from vault.formats.trainers.trainer import FAMILIES, Trainer
from vault.objects.conversation import REASONING, Conversation, Kind, Message
from vault.objects.json.record import read_record
from vault.objects.runs import RowKeys
from vault.operations.exports.export_options import ExportOptions
from vault.operations.exports.for_trainers.trainer_plan import with_layout
from vault.operations.exports.record_parts import record_rows
from vault.operations.exports.rendered_lines import RenderedLines

_BYTES_PER_TOKEN = 4
"""As the column `tokens` is estimated."""

_NAMED = frozenset({"role", "content", "name", "weight", "tool_calls", "tool_call_id", "call"})
_OUTPUT = "data"


@dataclass(frozen=True, slots=True)
class TrainerTarget:
    """A trainer or provider that an example can be seen as: `cuts` after so many tokens."""

    name: str
    meaning: str
    cuts: int | None


@dataclass(frozen=True, slots=True)
class SeenTurn:
    """A message as a trainer takes it: `is_learnt` None where nobody says; what it loses, by name.

    Messages are those of the prompt, the response and the rejected answer, one after the other.
    """

    is_learnt: bool | None
    losses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CutPlace:
    """The estimated place where a trainer cuts: a message, and a member of it.

    `kept` are the UTF-16 units of that member that are left, None where it is no text.
    """

    turn: int
    member: str
    kept: int | None


@dataclass(frozen=True, slots=True)
class TrainerView:
    """An example as the files for a trainer hold it.

    `records` are its lines, none where `unsupported` says why; `hint` is what to do then. `losses`
    has what each loss means, by name. `learns` says in words which messages are learnt. `length` is
    the number of tokens after which the trainer cuts unless `setting` says otherwise; `cuts` has a
    place for each side of a pair that is longer.
    """

    target: str
    layout: str | None
    meaning: str
    learns: str
    records: tuple[Any, ...]
    losses: Mapping[str, str]
    turns: tuple[SeenTurn, ...]
    length: int | None
    setting: str
    cuts: tuple[CutPlace, ...]
    unsupported: str | None = None
    hint: str | None = None


def targets() -> tuple[TrainerTarget, ...]:
    """Return every target of `export --for`."""
    return tuple(
        TrainerTarget(name, each.meaning, None if each.cuts is None else each.cuts.tokens)
        for name, each in TRAINERS.items()
    )


class TrainerViews:
    """Sees examples of some rows as trainers do, each with the layout that an export of all has.

    The layout is decided once a target and family of kinds, which may cost reading conversations of
    several answers. Threads may share it.
    """

    def __init__(self, dataset: Dataset, keys: RowKeys) -> None:
        self._dataset = dataset
        self._keys = keys
        self._decided: dict[tuple[str, str], ExportOptions] = {}

    def view(self, place: int, target: str) -> TrainerView:
        """Return the example at a place as a target's files hold it.

        Raises InvalidInput (`trainer-unknown`), Corrupt.
        """
        trainer = trainer_named(target)
        keys = self._keys[place : place + 1]
        (rows,) = record_rows(self._dataset, keys)
        parts = rows.parts(0)
        try:
            options = self._options(trainer, rows.kinds[0])
        except InvalidInput as refused:
            return _refused(trainer, parts, refused.message, refused.hint)
        if options.layout == RAW:
            return _seen(trainer, parts, RAW, (read_record(parts.text),), frozenset())
        lines = RenderedLines(options)
        written = [line for some, _ in lines.batches(self._dataset, keys) for line in some]
        if lines.counts.unsupported:
            (reason,) = lines.counts.unsupported
            hint = "`export --skip-unsupported` leaves it out"
            return _refused(trainer, parts, f"{options.layout} cannot hold it: {reason}", hint)
        records = tuple(map(read_record, written))
        losses = frozenset(loss for loss, count in lines.counts.losses.items() if count)
        return _seen(trainer, parts, str(options.layout), records, losses)

    def _options(self, trainer: Trainer, kind: str) -> ExportOptions:
        """Return the options of an export of all rows of the kind's family."""
        family = FAMILIES[Kind(kind)]
        found = self._decided.get((trainer.name, family))
        if found is None:
            alike = [str(each) for each, of in FAMILIES.items() if of is family]
            kinds = self._dataset.columns(self._keys, ["kind"]).column("kind").cast(pa.string())
            is_alike = pc.is_in(kinds, pa.array(alike)).to_numpy()
            options = ExportOptions(_OUTPUT, trainer=trainer.name)
            found = with_layout(self._dataset, self._keys[is_alike], options, trainer)
            self._decided[trainer.name, family] = found
        return found


def _seen(
    trainer: Trainer,
    parts: RecordParts,
    layout: str,
    records: tuple[Any, ...],
    losses: frozenset[Loss],
) -> TrainerView:
    known = OUTPUT_FORMATS.get(layout)
    learns = Learnt.UNSAID if known is None else known.learns
    turns: tuple[SeenTurn, ...] = ()
    cuts: tuple[CutPlace, ...] = ()
    if parts.conversation is not None:
        messages = _messages(parts.conversation)
        learnt = _learnt(parts, parts.conversation, learns) or (None,) * len(messages)
        turns = tuple(
            SeenTurn(is_learnt, _losses_of(message, losses, is_learnt))
            for message, is_learnt in zip(messages, learnt, strict=True)
        )
        if trainer.cuts is not None:
            cuts = tuple(_cuts(parts.conversation, trainer.cuts.tokens, losses))
    return TrainerView(
        target=trainer.name,
        layout=layout,
        meaning=trainer.meaning if known is None else known.meaning,
        learns=str(learns),
        records=records,
        losses={str(each): LOSSES[each] for each in Loss if each in losses},
        turns=turns,
        length=None if trainer.cuts is None else trainer.cuts.tokens,
        setting="" if trainer.cuts is None else trainer.cuts.setting,
        cuts=cuts,
    )


def _refused(trainer: Trainer, parts: RecordParts, told: str, hint: str | None) -> TrainerView:
    messages = () if parts.conversation is None else _messages(parts.conversation)
    return TrainerView(
        target=trainer.name,
        layout=None,
        meaning=trainer.meaning,
        learns="",
        records=(),
        losses={},
        turns=tuple(SeenTurn(False, ()) for _ in messages),
        length=None,
        setting="",
        cuts=(),
        unsupported=told,
        hint=hint,
    )


def _messages(conversation: Conversation) -> Sequence[Message]:
    if conversation.text is not None:
        return ({"role": "", "content": conversation.text},)
    rejected = conversation.rejected or ()
    return (*conversation.prompt, *conversation.response, *rejected)


def _learnt(
    parts: RecordParts, conversation: Conversation, learns: Learnt
) -> tuple[bool, ...] | None:
    try:
        return learnt_messages(parts, conversation, learns)
    except Unsupported:
        return None


def _losses_of(
    message: Message, losses: frozenset[Loss], is_learnt: bool | None
) -> tuple[str, ...]:
    """Return the losses of a record that concern a message."""
    concerned = {
        Loss.REASONING: REASONING in message,
        Loss.NAMES: "name" in message and message["role"] != "tool",
        Loss.DEVELOPER: message["role"] == "developer",
        Loss.WEIGHTS: "weight" in message,
        Loss.EARLIER_TURNS: is_learnt is False and is_trained(message),
        Loss.MEMBERS: bool(message.keys() - _NAMED - {REASONING}),
    }
    return tuple(str(loss) for loss, is_so in concerned.items() if is_so and loss in losses)


def _cuts(conversation: Conversation, tokens: int, losses: frozenset[Loss]) -> Iterator[CutPlace]:
    """Yield where each side of a conversation goes beyond so many tokens."""
    messages = _messages(conversation)
    asked = len(conversation.prompt)
    end = asked + len(conversation.response)
    sides = [range(end)] if conversation.text is None else [range(1)]
    if conversation.rejected is not None:
        sides.append([*range(asked), *range(end, len(messages))])  # type: ignore[arg-type]
    found: list[CutPlace] = []
    for side in sides:
        place = _cut(messages, side, tokens * _BYTES_PER_TOKEN, losses)
        if place is not None and place not in found:
            found.append(place)
            yield place


def _cut(
    messages: Sequence[Message], side: Sequence[int], room: int, losses: frozenset[Loss]
) -> CutPlace | None:
    for turn in side:
        for member, text in _texts(messages[turn], losses):
            data = text.encode("utf-8", "replace")
            if len(data) > room:
                kept = len(data[:room].decode("utf-8", "ignore").encode("utf-16-le")) // 2
                return CutPlace(turn, member, kept if member in (REASONING, "content") else None)
            room -= len(data)
    return None


def _texts(message: Message, losses: frozenset[Loss]) -> Iterator[tuple[str, str]]:
    """Yield the texts that count against the length; dropped texts do not."""
    thought, content = message.get(REASONING), message.get("content")
    if isinstance(thought, str) and Loss.REASONING not in losses:
        yield REASONING, thought
    if isinstance(content, str):
        yield "content", content
    named = {REASONING, "content"} if isinstance(content, str) else {REASONING}
    others = {name: value for name, value in message.items() if name not in named}
    yield "others", whole_text(others)
