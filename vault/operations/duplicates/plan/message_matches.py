"""Which examples hold a text of a reference as one of their messages, or as all of them.

Plain text says nothing of who asks, so it is compared with each message and with the whole. A
prompt that stands alone may be the first of several turns. Texts are read and signed each time:
nothing is kept of single messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dataset.reading.compared_texts import Part, read_conversations
from vault.dataset.reading.conversations import message_text
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.judged_pairs import CONTAINED, EXACT, NEAR
from vault.dedupe.near import NearOptions
from vault.dedupe.reference import Matches, match_near, match_runs
from vault.dedupe.similarity import Similarities
from vault.dedupe.texts import Rows, Texts
from vault.objects.conversation import SYSTEM_ROLES, Conversation
from vault.objects.runs import RowKeys


class Piece(NamedTuple):
    """A text of a reference, and the place of its record."""

    row: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """For each row its match or -1, how similar they are, and the reason for a removal."""

    row: Rows
    similarity: Similarities
    reasons: NDArray[np.str_]

    @classmethod
    def none_of(cls, count: int) -> Found:
        """Return that none of so many rows has a match."""
        return cls(np.full(count, -1), np.zeros(count, np.float64), np.full(count, EXACT))

    def or_else(self, other: Found) -> Found:
        """Return these matches, and those of another where there is none."""
        has = self.row >= 0
        return Found(
            np.where(has, self.row, other.row),
            np.where(has, self.similarity, other.similarity),
            np.where(has, self.reasons, other.reasons),
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """How texts are compared: equal ones only, near ones, or those with a run of so many words."""

    options: NearOptions
    exact: bool = False
    words: int | None = None

    def match(self, texts: Texts, others: Texts) -> Matches:
        """Return for each text a near one of the others, or one that shares a run of words."""
        if self.exact:
            return Matches.none_of(len(texts))
        if self.words is None:
            return match_near(texts, others, options=self.options)
        shared = self.options.count_shared
        return match_runs(texts, others, words=self.words, count_shared=shared)

    @property
    def reason(self) -> str:
        """Why an example goes that is not equal."""
        return NEAR if self.words is None else CONTAINED


def match_messages(
    dataset: Dataset,
    keys: RowKeys,
    pieces: list[Piece],
    comparison: Comparison,
    *,
    part: Part,
    asked_alone: bool = False,
) -> tuple[Found, NDArray[np.bool_]]:
    """Return which rows hold one of some texts as a message, and which hold any text at all.

    Only messages of `part` count, of prompts `asked_alone` those of users. The best match is taken:
    an equal one, else the most similar, else the first. Raises Corrupt, StorageFailed.
    """
    known: dict[str, int] = {}
    for piece in pieces:
        known.setdefault(piece.text, piece.row)
    rows: list[int] = []
    equal: list[int] = []

    def read() -> Iterator[pa.Array]:
        first = 0
        for conversations in read_conversations(dataset, keys):
            said = [messages_of(each, part, asked_alone=asked_alone) for each in conversations]
            rows.extend(first + at for at, texts in enumerate(said) for _ in texts)
            flat = [text for texts in said for text in texts]
            equal.extend(known.get(text, -1) for text in flat)
            first += len(said)
            yield pa.array(flat, pa.large_string())

    texts = comparison.options.scratch.texts(read())
    others = Texts([pa.array([each.text for each in pieces], pa.large_string())])
    matches = comparison.match(texts, others)
    place = np.array([*(each.row for each in pieces), -1])
    row = np.array(rows, np.int64)
    is_equal = np.array(equal, np.int64) >= 0
    each = Found(
        np.where(is_equal, equal, place[matches.row]),
        np.where(is_equal, 1.0, matches.similarity),
        np.where(is_equal, EXACT, comparison.reason),
    )
    has_text = np.zeros(len(keys), np.bool_)
    has_text[row] = True
    return _best_of_each(len(keys), row, each), has_text


def _best_of_each(count: int, row: Rows, found: Found) -> Found:
    """Return the best match of each row, of those of its texts."""
    matched = np.flatnonzero(found.row >= 0)
    worse = (found.reasons != EXACT)[matched]
    order = np.lexsort((found.row[matched], -found.similarity[matched], worse, row[matched]))
    matched = matched[order]
    first = matched[np.flatnonzero(np.diff(row[matched], prepend=-1))]
    place = np.full(count, -1)
    place[row[first]] = first
    others = Found(
        np.append(found.row, -1), np.append(found.similarity, 0.0), np.append(found.reasons, EXACT)
    )
    return Found(others.row[place], others.similarity[place], others.reasons[place])


def messages_of(
    conversation: Conversation | None, part: Part, *, asked_alone: bool = False
) -> list[str]:
    """Return the texts of an example that plain text is compared with: messages, and the whole."""
    if conversation is None:
        return []
    if conversation.text is not None:
        return [conversation.text] if conversation.text else []
    answers = (*conversation.response, *(conversation.rejected or ()))
    messages = [each for each in conversation.prompt if each["role"] not in SYSTEM_ROLES]
    if asked_alone:
        messages = [each for each in messages if each["role"] == "user"]
    elif part is Part.RESPONSE:
        messages = list(answers)
    elif part is Part.CONVERSATION:
        messages += answers
    texts = [text for each in messages if (text := message_text(each))]
    return [*texts, "\n".join(texts)] if len(texts) > 1 and not asked_alone else texts
