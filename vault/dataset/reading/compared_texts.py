"""What examples are compared by: the texts of their conversations, and their final answers."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray

from vault.dataset.reading.conversations import (
    media_seen,
    plain_messages,
    read_conversation,
    whole_text,
)
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.examples import roles_at
from vault.dataset.reading.records import record_arrays
from vault.dedupe.answers import answer_numbers, short_answers
from vault.dedupe.scratch import IN_MEMORY, Scratch
from vault.dedupe.texts import Rows, Texts
from vault.dedupe.words import Hashes
from vault.objects.conversation import (
    REASONING,
    SYSTEM_ROLES,
    Conversation,
    Message,
    conversation_parts,
)
from vault.objects.json.record import read_record_quickly
from vault.objects.json.text import canonical_bytes
from vault.objects.runs import RowKeys
from vault.processes.child import without_collector
from vault.progress import Progress

DIGEST_BYTES = 32
"""Bytes of the digest of a conversation."""

_DESIRABLE = {None: 0, True: 1, False: 2}
_VERDICT_BIT = np.uint64(62)


class Part(StrEnum):
    """Which part of a conversation is compared."""

    CONVERSATION = "conversation"
    PROMPT = "prompt"
    RESPONSE = "response"


class Held(IntFlag):
    """What an example has to compare, whichever part of it is compared."""

    PART = 1  # the part that is compared, perhaps empty
    TEXT = 2  # that part is not empty
    PROMPT = 4  # a prompt that is not empty
    ANSWER = 8  # an answer that is not empty
    ASKS = 16  # any message that is no answer, system messages aside
    PLAIN = 32  # plain text


# Numbers, not flags: combining flags costs more than reading a message.
_EMPTY, _FILLED = int(Held.PART), int(Held.PART | Held.TEXT)
_ASKS, _ASKED = int(Held.ASKS), int(Held.ASKS | Held.PROMPT)
_ANSWERED, _PLAIN = int(Held.ANSWER), int(Held.PLAIN)


@dataclass(frozen=True, slots=True)
class ComparedTexts:
    """The texts of examples, and for each a number of its final answer if that is short, else 0.

    `held` are bits of what each example has, of `Held`: raw records have nothing. `digests` tell
    which are equal: those of whole conversations, or of the texts (and a prompt's media) where a
    part is compared. `media` and `tools` are numbers of the media and of the declared tools of
    each, 0 for none: with other ones the same words are another example. `asked` tells how many
    bytes of each text are its prompt, and `given` are numbers of the answers (`answer_numbers`).
    """

    texts: Texts
    answers: Hashes
    held: NDArray[np.uint8]
    digests: NDArray[np.uint8]
    media: Hashes
    tools: Hashes
    asked: Rows
    given: Hashes


def read_compared_texts(
    dataset: Dataset,
    keys: RowKeys,
    part: Part,
    *,
    progress: Progress,
    scratch: Scratch = IN_MEMORY,
) -> ComparedTexts:
    """Return what rows are compared by, in their order: 10 µs a row, and the texts in `scratch`.

    Raises Corrupt.
    """
    told = _Told(part)

    def read() -> Iterator[pa.Array]:
        for some in _compared_of_each(dataset, keys, part):
            yield told.texts(some)
            progress.advance(len(some))

    progress.start("reading", len(keys))
    with without_collector():
        texts = scratch.texts(read())
    progress.finish()
    return told.compared(texts)


def compared_texts_of(conversations: Sequence[Conversation | None], part: Part) -> ComparedTexts:
    """Return what conversations in memory are compared by."""
    told = _Told(part)
    texts = told.texts([_compared(each, part) for each in conversations])
    return told.compared(Texts([texts]))


def read_prompts_and_answers(
    dataset: Dataset, keys: RowKeys
) -> Iterator[list[tuple[str | None, str | None]]]:
    """Yield the prompt and the final answer of rows in order, None where there is none."""
    for some in read_parts(dataset, keys, Part.PROMPT):
        yield [(told.text, told.answer) for told, _, _ in some]


class _Compared(NamedTuple):
    """Text, digest and counts by which one example is compared with others."""

    told: ComparedPart
    digest: bytes
    media: int = 0
    tools: int = 0
    wanted: int = 0


_Plain = tuple[list[Message], list[Message]]


def read_parts(
    dataset: Dataset, keys: RowKeys, part: Part
) -> Iterator[list[tuple[ComparedPart, Conversation | None, _Plain | None]]]:
    """Yield what rows are compared by, in their order, some thousands at a time.

    Each with its conversation, or else with the messages of its prompt and response if they are
    nothing but roles and texts. Raises Corrupt.
    """
    for records, kinds, roles in read_records_with_kinds(dataset, keys):
        some: list[tuple[ComparedPart, Conversation | None, _Plain | None]] = []
        for at, (record, kind) in enumerate(zip(records, kinds, strict=True)):
            mapping = roles.get(at)
            messages = plain_messages(record, kind, mapping)
            if messages is None:
                conversation = read_conversation(record, kind, mapping)
                some.append((compared_part(conversation, part), conversation, None))
            else:
                is_answered = messages[-1]["role"] == "assistant"
                cut = len(messages) - is_answered
                plain = messages[:cut], messages[cut:]
                some.append((_plain_part(*plain, part), None, plain))
        yield some


def _compared_of_each(dataset: Dataset, keys: RowKeys, part: Part) -> Iterator[list[_Compared]]:
    for some in read_parts(dataset, keys, part):
        yield [
            _compared(conversation, part, told)
            if plain is None
            else _Compared(told, _plain_digest(told, plain, part))
            for told, conversation, plain in some
        ]


def _compared(
    conversation: Conversation | None, part: Part, told: ComparedPart | None = None
) -> _Compared:
    told = compared_part(conversation, part) if told is None else told
    media = 0 if conversation is None else number_of(media_seen(conversation))
    if part is Part.CONVERSATION:
        digest = conversation_digest(conversation)
    else:
        digest = _text_digest(told.text, 0 if part is Part.RESPONSE else media)
    if conversation is None:
        return _Compared(told, digest, media)
    tools, wanted = number_of(conversation.tools), _DESIRABLE[conversation.desirable]
    return _Compared(told, digest, media, tools, wanted)


def _plain_part(prompt: list[Message], response: list[Message], part: Part) -> ComparedPart:
    """Return what `compared_part` does of a conversation of plain messages."""
    texts = [each["content"] for each in prompt if each["role"] not in SYSTEM_ROLES]
    asked = "\n".join(texts) if texts else None
    told = response[0]["content"] if response else None
    return _part_of(asked, told, told, part)


def _plain_digest(told: ComparedPart, plain: _Plain, part: Part) -> bytes:
    if part is not Part.CONVERSATION:
        return _text_digest(told.text, 0)
    parts = (canonical_bytes({"messages": each}) for each in plain)
    return hashlib.sha256(b"\n".join(parts)).digest()


class _Told:
    """Gathers what examples are compared by, while their texts go elsewhere."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._answers: list[Hashes] = []
        self._held = bytearray()
        self._digests: list[bytes] = []
        self._media = array("Q")
        self._tools = array("Q")
        self._asked = array("q")
        self._given: list[Hashes] = []

    def texts(self, some: Sequence[_Compared]) -> pa.Array:
        """Return the texts of some examples."""
        told = [each.told for each in some]
        given = pa.array([each.answer for each in told], pa.large_string())
        short = short_answers(given)
        self._given.append(answer_numbers(given, short))
        self._answers.append(_with_verdicts(short, [each.wanted for each in some]))
        self._held.extend([each.held for each in told])
        self._digests.append(b"".join([each.digest for each in some]))
        self._media.extend([each.media for each in some])
        self._tools.extend([each.tools for each in some])
        self._asked.extend([each.asked for each in told])
        return pa.array([each.text for each in told], pa.large_string())

    def compared(self, texts: Texts) -> ComparedTexts:
        """Return all that was gathered, with the texts."""
        return ComparedTexts(
            texts,
            np.concatenate([np.zeros(0, np.uint64), *self._answers]),
            np.frombuffer(self._held, np.uint8),
            np.frombuffer(b"".join(self._digests), np.uint8).reshape(-1, DIGEST_BYTES),
            np.frombuffer(self._media, np.uint64),
            np.frombuffer(self._tools, np.uint64),
            np.frombuffer(self._asked, np.int64),
            np.concatenate([np.zeros(0, np.uint64), *self._given]),
        )


def read_conversations(dataset: Dataset, keys: RowKeys) -> Iterator[Sequence[Conversation | None]]:
    """Yield the conversations of rows in their order, some thousands at a time; None for raw."""
    for records, kinds, roles in read_records_with_kinds(dataset, keys):
        yield [
            read_conversation(record, kind, roles.get(at))
            for at, (record, kind) in enumerate(zip(records, kinds, strict=True))
        ]


def read_records_with_kinds(
    dataset: Dataset, keys: RowKeys
) -> Iterator[tuple[list[dict[str, Any]], list[str], Mapping[int, Mapping[str, str]]]]:
    """Yield records of rows in order, their kinds, and by position how fields were mapped."""
    done = 0
    for texts in record_arrays(dataset, keys):
        own = keys[done : done + len(texts)]
        done += len(texts)
        columns = dataset.columns(own, ["kind", "source"])
        kinds = columns.column("kind").to_pylist()
        roles = roles_at(dataset, own, columns)
        records = [read_record_quickly(text) for text in texts.cast(pa.binary()).to_pylist()]
        yield records, kinds, roles


def conversation_digest(conversation: Conversation | None) -> bytes:
    """Return the SHA-256 of both parts of a conversation, whatever format it came in."""
    parts = (b"",) if conversation is None else conversation_parts(conversation)
    return hashlib.sha256(b"\n".join(parts)).digest()


def number_of(value: Any) -> int:
    """Return a number of media or declared tools that equal ones share; 0 for none."""
    return 0 if not value else xxhash.xxh3_64_intdigest(canonical_bytes(value)) | 1


def _text_digest(text: str | None, media: int) -> bytes:
    told = hashlib.sha256((text or "").encode())
    if media:
        told.update(media.to_bytes(8, "little"))
    return told.digest()


class ComparedPart(NamedTuple):
    """The text to compare of one example and its final answer, None where there is none.

    The answer is without its reasoning, which the text has. The first `asked` bytes of the text are
    the prompt.
    """

    text: str | None
    answer: str | None
    held: int
    asked: int = 0


def compared_part(conversation: Conversation | None, part: Part) -> ComparedPart:
    """Return what one example is compared by.

    System messages are left out: they are mostly the same everywhere. What an answer calls and its
    reasoning are part of it, and both answers of a preference are.
    """
    if conversation is None:
        return ComparedPart(None, None, 0)
    plain = conversation.text
    if plain is not None:
        if part is not Part.CONVERSATION:
            return ComparedPart(None, None, _PLAIN if plain else 0)
        return ComparedPart(plain, None, _PLAIN | _FILLED if plain else _EMPTY)
    asked = _joined(each for each in conversation.prompt if each["role"] not in SYSTEM_ROLES)
    answers = (*conversation.response, *(conversation.rejected or ()))
    told = answer = _joined(answers)
    if any(REASONING in each for each in answers):
        # An answer is as short as what it comes to: two traces that lead to 4 and to 5 conflict.
        answer = _joined(map(_without_reasoning, answers))
    return _part_of(asked, told, answer, part)


def _part_of(asked: str | None, told: str | None, answer: str | None, part: Part) -> ComparedPart:
    held = (0 if asked is None else _ASKED if asked else _ASKS) | (_ANSWERED if told else 0)
    text = told if part is Part.RESPONSE else asked
    if part is Part.CONVERSATION:
        text = "\n".join(each for each in (asked, told) if each is not None)
    held |= 0 if text is None else _FILLED if text else _EMPTY
    if part is Part.RESPONSE:
        return ComparedPart(text, None, held)
    return ComparedPart(text, answer, held, _size_bytes(asked) if asked else 0)


def text_and_answer(conversation: Conversation | None, part: Part) -> tuple[str | None, str | None]:
    """Return the text to compare, and the final answer; None where there is none."""
    told = compared_part(conversation, part)
    return told.text, told.answer


def _joined(messages: Iterable[Message]) -> str | None:
    texts = [whole_text(message) for message in messages]
    return "\n".join(texts) if texts else None


def _without_reasoning(message: Message) -> Message:
    return {name: each for name, each in message.items() if name != REASONING}


def _size_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _with_verdicts(short: Hashes, wanted: Sequence[int]) -> Hashes:
    """Return the numbers of short answers; whether an answer is desirable is part of it."""
    return short + (np.array(wanted, np.uint64) << _VERDICT_BIT) if any(wanted) else short


def told_apart(answers: Hashes, media: Hashes, part: Part) -> Hashes:
    """Return a number of each example; one of a reference with another number is no match of it.

    Short answers count in whole conversations, whether or not they are desirable, and media
    wherever the prompt does. Declared tools do not: an evaluation set seldom has any.
    """
    none = np.zeros(len(answers), np.uint64)
    told = answers & ((np.uint64(1) << _VERDICT_BIT) - np.uint64(1))
    return (told if part is Part.CONVERSATION else none) ^ (
        none if part is Part.RESPONSE else media
    )
