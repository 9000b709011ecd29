"""What examples are compared by: the texts of their conversations, and their final answers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dedupe.answers import short_answers
from vault.dedupe.scratch import IN_MEMORY, Scratch
from vault.dedupe.texts import Rows, Texts
from vault.dedupe.words import Hashes
from vault.objects.conversation import SYSTEM_ROLES, Conversation, Kind, Message
from vault.objects.field_path import leaves
from vault.objects.json_text import canonical_bytes, parse_quickly
from vault.objects.runs import RowKeys
from vault.operations.conversation_columns import message_text, read_conversation
from vault.operations.dataset import Dataset
from vault.operations.read_examples import roles_at
from vault.operations.records import record_arrays
from vault.progress import Progress

DIGEST_BYTES = 32
"""Bytes of the digest of a conversation."""

_DESIRABLE = {None: 0, True: 1, False: 2}
_CALLS = ("tool_calls", "call")


class Part(StrEnum):
    """Which part of a conversation is compared."""

    CONVERSATION = "conversation"
    PROMPT = "prompt"
    RESPONSE = "response"


@dataclass(frozen=True, slots=True)
class ComparedTexts:
    """The texts of examples, and for each a number of its final answer if that is short, else 0.

    `is_there` tells which examples have such a text at all: raw records have none. `digests` tell
    which are equal: those of whole conversations, or of the texts where a part is compared.
    """

    texts: Texts
    answers: Hashes
    is_there: NDArray[np.bool_]
    digests: NDArray[np.uint8]


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
    answers: list[Hashes] = []
    there: list[NDArray[np.bool_]] = []
    digests = bytearray()

    def read() -> Iterator[pa.Array]:
        for conversations in read_conversations(dataset, keys):
            told = [text_and_answer(each, part) for each in conversations]
            given = pa.array([answer for _, answer in told], pa.large_string())
            answers.append(_answer_numbers(conversations, given))
            there.append(np.array([text is not None for text, _ in told], np.bool_))
            if part is Part.CONVERSATION:
                digests.extend(b"".join(map(conversation_digest, conversations)))
            else:
                digests.extend(b"".join(_text_digest(text) for text, _ in told))
            progress.advance(len(conversations))
            yield pa.array([text for text, _ in told], pa.large_string())

    progress.start("reading", len(keys))
    texts = scratch.texts(read())
    progress.finish()
    return ComparedTexts(
        texts,
        np.concatenate([np.zeros(0, np.uint64), *answers]),
        np.concatenate([np.zeros(0, np.bool_), *there]),
        np.frombuffer(digests, np.uint8).reshape(-1, DIGEST_BYTES),
    )


class DatasetTexts:
    """The texts that rows of a dataset are compared by, read from its chunks when asked for."""

    def __init__(self, dataset: Dataset, keys: RowKeys, part: Part) -> None:
        self._dataset = dataset
        self._keys = keys
        self._part = part
        self._place = np.full(len(keys), -1)
        self._held = Texts([])

    def read(self, rows: Rows, *, progress: Progress, scratch: Scratch) -> ComparedTexts:
        """Return what rows are compared by, and hold their texts instead of others.

        Raises Corrupt.
        """
        self._place = np.full(len(self._keys), -1)
        self._held = Texts([])
        return self.read_more(rows, progress=progress, scratch=scratch)

    def read_more(self, rows: Rows, *, progress: Progress, scratch: Scratch) -> ComparedTexts:
        """Return what rows are compared by, and hold their texts besides others. Raises Corrupt."""
        keys = self._keys[rows]
        room = scratch.beside(self._held.size_bytes())
        found = read_compared_texts(
            self._dataset, keys, self._part, progress=progress, scratch=room
        )
        self._place[rows] = len(self._held) + np.arange(len(rows))
        self._held = self._held.followed_by(found.texts)
        return found

    def held(self, rows: Rows) -> Texts | None:
        """Return the texts of rows if they are held one after the other, in this order."""
        place = self._place[rows]
        first = int(place[0]) if len(place) else 0
        last = first + len(place)
        is_held = first >= 0 and np.array_equal(place, np.arange(first, last))
        return self._held.between(first, last) if is_held else None

    def held_or_read(
        self, rows: Rows, *, progress: Progress, scratch: Scratch, besides: bool = False
    ) -> Texts:
        """Return the texts of rows; what is not held is read, as `read` or `read_more` do.

        Raises Corrupt.
        """
        held = self.held(rows)
        if held is not None:
            return held
        read = self.read_more if besides else self.read
        return read(rows, progress=progress, scratch=scratch).texts

    def take(self, rows: Rows) -> pa.LargeStringArray:
        """Return the texts of some rows, ascending. Raises Corrupt."""
        place = self._place[rows]
        order = np.argsort(place, kind="stable")
        absent = order[: int((place < 0).sum())]
        # Chunk by chunk, whatever the order of the dataset.
        absent = absent[np.argsort(self._keys[rows[absent]], kind="stable")]
        order = np.concatenate([absent, order[len(absent) :]])
        parts = [
            pa.array([text_and_answer(each, self._part)[0] for each in some], pa.large_string())
            for some in read_conversations(self._dataset, self._keys[rows[absent]])
        ]
        parts.append(self._held.take(place[order[len(absent) :]]))
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        return pa.concat_arrays(parts).take(pa.array(back))


def read_conversations(dataset: Dataset, keys: RowKeys) -> Iterator[Sequence[Conversation | None]]:
    """Yield the conversations of rows in their order, some thousands at a time; None for raw."""
    for records, kinds, roles in _read_records(dataset, keys):
        yield [
            read_conversation(record, kind, roles.get(at))
            for at, (record, kind) in enumerate(zip(records, kinds, strict=True))
        ]


def read_whole_texts(dataset: Dataset, keys: RowKeys) -> Iterator[pa.Array]:
    """Yield the text of each row, in order: of its conversation, else all values of its record."""
    for records, kinds, roles in _read_records(dataset, keys):
        texts = [
            _plain_text(record, kind)
            or _whole_text(record, read_conversation(record, kind, roles.get(at)))
            for at, (record, kind) in enumerate(zip(records, kinds, strict=True))
        ]
        yield pa.array(texts, pa.large_string())


def _plain_text(record: dict[str, Any], kind: str) -> str | None:
    """Return the text of a chat of roles and texts only, as nearly all are; None of any other."""
    texts = []
    try:
        for message in record["messages"] if kind == Kind.CHAT else ():
            content = message["content"]
            if len(message) != 2 or type(content) is not str:
                return None
            if message["role"] not in SYSTEM_ROLES:
                texts.append(content)
    except (KeyError, TypeError):
        return None
    return "\n".join(texts)


def _whole_text(record: dict[str, Any], conversation: Conversation | None) -> str | None:
    if conversation is None:
        return "\n".join(str(value) for _, value in leaves(record))
    return text_and_answer(conversation, Part.CONVERSATION)[0]


def _read_records(
    dataset: Dataset, keys: RowKeys
) -> Iterator[tuple[list[dict[str, Any]], list[str], Mapping[int, Mapping[str, str]]]]:
    """Yield records of rows in order, their kinds, and by position how fields were mapped."""
    done = 0
    for array in record_arrays(dataset, keys):
        own = keys[done : done + len(array)]
        done += len(array)
        columns = dataset.columns(own, ["kind", "source"])
        kinds = columns.column("kind").to_pylist()
        roles = roles_at(dataset, own, columns)
        records = [parse_quickly(text) for text in array.cast(pa.binary()).to_pylist()]
        yield records, kinds, roles


def conversation_digest(conversation: Conversation | None) -> bytes:
    """Return the SHA-256 of the canonical form of a conversation, whatever format it came in."""
    told: Sequence[object] = () if conversation is None else conversation
    return hashlib.sha256(canonical_bytes(list(told))).digest()


def _text_digest(text: str | None) -> bytes:
    return hashlib.sha256((text or "").encode()).digest()


def text_and_answer(conversation: Conversation | None, part: Part) -> tuple[str | None, str | None]:
    """Return the text to compare, and the final answer; None where there is none.

    System messages are left out: they are mostly the same everywhere. What an answer calls is
    part of it, and both answers of a preference are.
    """
    if conversation is None:
        return None, None
    if conversation.text is not None:
        return (conversation.text, None) if part is Part.CONVERSATION else (None, None)
    asked = _joined(each for each in conversation.prompt if each["role"] not in SYSTEM_ROLES)
    answer = _joined((*conversation.response, *(conversation.rejected or ())))
    if part is Part.PROMPT:
        return asked, answer
    if part is Part.RESPONSE:
        return answer, None
    return "\n".join(each for each in (asked, answer) if each is not None), answer


def _joined(messages: Iterable[Message]) -> str | None:
    texts: list[str] = []
    for message in messages:
        content = message.get("content")
        texts.append(content if type(content) is str else message_text(message) or "")
        for name in _CALLS:
            if name in message:
                texts.append(_called(message[name]))
    return "\n".join(texts) if texts else None


def _called(value: Any) -> str:
    return canonical_bytes(value).decode("utf-8", "replace")


def _answer_numbers(conversations: Sequence[Conversation | None], answers: pa.Array) -> Hashes:
    """Return the numbers of short answers; whether an answer is desirable is part of it."""
    numbers = short_answers(answers)
    wanted = [0 if each is None else _DESIRABLE[each.desirable] for each in conversations]
    if any(wanted):
        numbers += np.array(wanted, np.uint64) << np.uint64(62)
    return numbers
