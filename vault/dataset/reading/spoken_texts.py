"""The messages of examples, one by one: in these the questions of another side are looked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from vault.dataset.reading.compared_texts import read_records_with_kinds
from vault.dataset.reading.conversations import read_conversation, whole_text
from vault.dataset.reading.dataset import Dataset
from vault.dedupe.coverage.search import Spoken
from vault.objects.conversation import SYSTEM_ROLES, Conversation, Kind
from vault.objects.runs import RowKeys

_PLAIN_ROLES = frozenset({"system", "user", "assistant"})

Said = tuple[list[str], int]
"""The messages of an example, system messages left out, and how many of them are its prompt."""


def read_spoken(
    dataset: Dataset, keys: RowKeys, understood: Mapping[int, Conversation] | None = None
) -> Iterator[Spoken]:
    """Yield what is said in rows, in their order, some thousands of rows at a time.

    `understood` are conversations of raw records, by the places of their rows among `keys`. A row
    without a conversation says nothing. Costs reading the records: 8 µs a row. Raises Corrupt.
    """
    done = 0
    for records, kinds, roles in read_records_with_kinds(dataset, keys):
        said = [
            (_plain(record) if kind == Kind.CHAT and at not in roles else None)
            or said_in(read_conversation(record, kind, roles.get(at)))
            for at, (record, kind) in enumerate(zip(records, kinds, strict=True))
        ]
        for row, conversation in (understood or {}).items():
            if done <= row < done + len(said) and not said[row - done][0]:
                said[row - done] = said_in(conversation)
        done += len(said)
        yield spoken_of(said)


def spoken_of(said: list[Said]) -> Spoken:
    """Return what some examples say as arrays."""
    texts = pa.array(chain.from_iterable(each for each, _ in said), pa.large_string())
    counts = np.array([len(each) for each, _ in said], np.int64)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return Spoken(texts, offsets, np.array([asked for _, asked in said], np.int64))


def said_in(conversation: Conversation | None) -> Said:
    """Return the messages of a conversation; both answers of a preference; plain text is asked."""
    if conversation is None:
        return [], 0
    if conversation.text is not None:
        return [conversation.text], 1
    asked = [whole_text(each) for each in conversation.prompt if each["role"] not in SYSTEM_ROLES]
    answers = (*conversation.response, *(conversation.rejected or ()))
    return asked + [whole_text(each) for each in answers], len(asked)


def _plain(record: dict[str, Any]) -> Said | None:
    """Return the messages of a chat of roles and texts only, as nearly all are; None of others."""
    texts, role = [], ""
    try:
        for message in record["messages"]:
            content, role = message["content"], message["role"]
            if len(message) != 2 or type(content) is not str or role not in _PLAIN_ROLES:
                return None
            if role != "system":
                texts.append(content)
    except (KeyError, TypeError):
        return None
    if not texts:
        return None
    return texts, len(texts) - (role == "assistant")
