"""Records of a reference that are no conversation with prompt and answer as they are stored.

A prompt alone is compared with prompts and an answer alone with answers, whichever part is asked
for; plain text is compared with messages; a raw record as `vault.formats.layouts.evaluation_sets`
understands it. Comparing these with whole conversations would find none of them, word for word as
they may be there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.compared_texts import (
    ComparedTexts,
    Held,
    Part,
    compared_part,
    compared_texts_of,
    read_conversations,
    told_apart,
)
from vault.dataset.reading.dataset import Dataset
from vault.dedupe.bands import band_keys, plan_for
from vault.dedupe.boilerplate import Counted, counted, sampled_rows
from vault.dedupe.near import NearOptions
from vault.dedupe.reference import SignedTexts
from vault.dedupe.signatures import sign
from vault.dedupe.texts import Rows
from vault.dedupe.words import Hashes
from vault.objects.conversation import SYSTEM_ROLES, Conversation
from vault.objects.runs import RowKeys
from vault.operations.duplicates.plan.message_matches import Piece
from vault.operations.duplicates.plan.reference import Reference
from vault.operations.duplicates.signing.signing_work import has


@dataclass(frozen=True, slots=True)
class SomeReferences:
    """Some records of a reference by their places, and what each asks and answers."""

    rows: Rows
    conversations: tuple[Conversation, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def read(self, part: Part) -> HeldTexts:
        """Return what they are compared by."""
        return HeldTexts(self.rows, compared_texts_of(self.conversations, part))


@dataclass(frozen=True, slots=True)
class HeldTexts:
    """What some records of a reference are compared by, in memory; `rows` are their places."""

    rows: Rows
    read: ComparedTexts

    @property
    def hashes(self) -> Hashes:
        """The hashes of the texts."""
        return self.read.texts.hashes()

    def digests(self, rows: Rows) -> NDArray[np.uint8]:
        """Return the digests of some of them."""
        return self.read.digests[rows]

    def counted(self) -> Counted:
        """Return the sample of the texts that shingles are counted in."""
        rows = sampled_rows(self.hashes)
        return counted(self.read.texts.take(rows), self.hashes[rows])

    def signed(self, part: Part, without: Hashes, options: NearOptions) -> SignedTexts:
        """Return the texts with their signatures."""
        texts = self.read.texts
        made = sign(texts, without=without, threads=options.threads, scratch=options.scratch)
        keys = band_keys(made.minima, plan_for(options.threshold), np.arange(len(texts)))
        answers = told_apart(self.read.answers, self.read.media, part)
        return SignedTexts(texts, made, keys, answers)


@dataclass(frozen=True, slots=True)
class PartialReferences:
    """What is compared apart: `conversations` by the part asked for, others by what is there.

    `pieces` are plain texts, which any message may hold; `first_asked` what is asked first in a
    prompt of several messages by users, `asked` what is asked in a prompt of one.
    """

    conversations: SomeReferences
    prompts: SomeReferences
    answers: SomeReferences
    pieces: tuple[Piece, ...]
    first_asked: tuple[Piece, ...]
    asked: tuple[Piece, ...]

    def parts(self, part: Part) -> Iterator[tuple[Part, SomeReferences]]:
        """Yield what is compared by which part of conversations."""
        for each, some in (
            (part, self.conversations),
            (Part.PROMPT, self.prompts),
            (Part.RESPONSE, self.answers),
        ):
            if len(some):
                yield each, some


def partial_references(
    reference: Reference, keys: RowKeys, held: NDArray[np.uint8], part: Part
) -> PartialReferences:
    """Return the records that are compared apart; `held` has the bits of `Held` of each record.

    Reads those. Raises Corrupt.
    """
    alone = has(held, Held.PROMPT) & ~has(held, Held.ANSWER) & (part is not Part.RESPONSE)
    answers = has(held, Held.ANSWER) & ~has(held, Held.ASKS) & (part is Part.CONVERSATION)
    rows = np.flatnonzero(alone | answers | has(held, Held.PLAIN))
    stored = _conversations(reference.dataset, keys, rows)
    found: dict[str, list[tuple[int, Conversation]]] = {
        name: [] for name in ("both", "prompt", "answer", "plain")
    }
    for row, conversation in stored:
        # With prompts compared, a stored prompt is among the others already.
        found[_what(conversation)].append((row, conversation))
    asked = list(found["prompt"])
    if part is Part.PROMPT:
        found["prompt"] = []
    for row, conversation in reference.understood.items():
        what = _what(conversation)
        if what == "both" and part is Part.CONVERSATION:
            # Who trains on the question with another answer trains on the evaluation all the same.
            found[what].append((row, conversation))
            conversation, what = Conversation(conversation.prompt), "prompt"
        if what == "prompt" and part is Part.RESPONSE:
            continue
        found[what].append((row, conversation))
        asked += [(row, conversation)] if what == "prompt" else []
    plain = tuple(Piece(row, each.text or "") for row, each in found["plain"])
    single, several = _first_questions(asked)
    both, prompts, alone_answers = (_some(found[name]) for name in ("both", "prompt", "answer"))
    return PartialReferences(both, prompts, alone_answers, plain, several, single)


def _what(conversation: Conversation) -> str:
    held = compared_part(conversation, Part.CONVERSATION).held
    if held & Held.PLAIN:
        return "plain"
    if held & Held.PROMPT and not held & Held.ANSWER:
        return "prompt"
    return "answer" if held & Held.ANSWER and not held & Held.ASKS else "both"


def _conversations(
    dataset: Dataset, keys: RowKeys, rows: Rows
) -> Iterator[tuple[int, Conversation]]:
    done = 0
    for some in read_conversations(dataset, keys[rows]):
        for row, each in zip(rows[done : done + len(some)].tolist(), some, strict=True):
            if each is not None:
                yield row, each
        done += len(some)


def _some(found: list[tuple[int, Conversation]]) -> SomeReferences:
    found.sort(key=lambda each: each[0])
    rows = np.array([row for row, _ in found], np.int64)
    return SomeReferences(rows, tuple(each for _, each in found))


def _first_questions(
    asked: list[tuple[int, Conversation]],
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    single: list[Piece] = []
    several: list[Piece] = []
    for row, conversation in sorted(asked, key=lambda each: each[0]):
        messages = [each for each in conversation.prompt if each["role"] not in SYSTEM_ROLES]
        if any(each["role"] != "user" for each in messages):
            continue  # a conversation that goes on, whose first words may be anyone's
        told = compared_part(Conversation(tuple(messages[:1])), Part.PROMPT).text
        if told:
            (single if len(messages) == 1 else several).append(Piece(row, told))
    return tuple(single), tuple(several)
