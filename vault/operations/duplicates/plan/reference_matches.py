"""Which examples of a dataset match one of a reference: equal, near, or with words in common.

What is made of the chunks of the repository is kept in its catalogue, as `dedupe` does, and under
the same names: another time nothing is signed. A file is read and signed each time, and so are the
records of `partial_references`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vault.catalogue.index.array_files import ArrayFiles
from vault.dataset.reading.compared_texts import (
    Held,
    Part,
    read_compared_texts,
    told_apart,
)
from vault.dataset.reading.dataset import Dataset, hashes_of, ids_of
from vault.dataset.reading.dataset_texts import DatasetTexts
from vault.dataset.reading.judged_pairs import CONTAINED, EXACT, NEAR
from vault.dedupe.bands import plan_for
from vault.dedupe.boilerplate import NOTHING, common_in
from vault.dedupe.near import NearOptions
from vault.dedupe.reference import Matches, SignedTexts, match_signed
from vault.dedupe.texts import Rows, Texts
from vault.dedupe.words import Hashes
from vault.objects.conversation import Kind
from vault.objects.runs import RowKeys
from vault.operations.duplicates.plan.exact_duplicates import equal_in, equal_texts_in
from vault.operations.duplicates.plan.leave_out_templates import templates_of, without_templates
from vault.operations.duplicates.plan.message_matches import (
    Comparison,
    Found,
    Piece,
    match_messages,
)
from vault.operations.duplicates.plan.near_clusters import Comparing, near_options
from vault.operations.duplicates.plan.partial_references import (
    HeldTexts,
    PartialReferences,
    SomeReferences,
    partial_references,
)
from vault.operations.duplicates.plan.reference import ComparedWith, Reference
from vault.operations.duplicates.signing.cached_signatures import turned
from vault.operations.duplicates.signing.compared_examples import (
    ComparedExamples,
    array_files,
    counted_together,
    read_compared_examples,
)
from vault.operations.duplicates.signing.signing_work import LocalWork, columns_of, has
from vault.progress import Progress
from vault.session.context import Context

LEAST_REFERENCES = 3
"""What is alike by the text of one or two reference examples only was made from these."""

_SAMPLE = "counted-against"
_MAYBE_PARTIAL = (Kind.ALPACA, Kind.PROMPT_COMPLETION, Kind.PROMPT, Kind.TEXT)


@dataclass(frozen=True, slots=True)
class Matched:
    """The matches of the rows of a dataset, and what was compared of both sides.

    `is_compared` tells which rows of the dataset have a text that any of the reference was compared
    with; `compared_with` counts the records of the reference.
    """

    found: Found
    is_compared: NDArray[np.bool_]
    compared_with: ComparedWith


def match_reference(
    context: Context,
    dataset: Dataset,
    reference: Reference,
    comparing: Comparing,
    containment: int | None,
) -> Matched:
    """Return for each row of a dataset the place of a row of the reference that it matches.

    Reads no text where only whole conversations that are equal are looked for, but of records that
    may have a prompt alone. Raises Corrupt, StorageFailed.
    """
    others = ArrayFiles(None) if reference.is_file else array_files(context)
    run = _Run(
        context,
        _Side(dataset, dataset.keys(), array_files(context)),
        _Side(reference.dataset, reference.dataset.keys(), others, _SAMPLE),
        comparing,
        near_options(context, comparing),
        containment,
    )
    stored = run.stored()
    partial = partial_references(reference, run.theirs.keys, stored.held, comparing.on)
    found, is_compared = stored.found, stored.is_compared
    for part, some in partial.parts(comparing.on):
        matches, has_text = run.partial(part, some)
        found, is_compared = found.or_else(matches), is_compared | has_text
    for matches, has_text in run.messages(partial):
        found, is_compared = found.or_else(matches), is_compared | has_text
    found = found.or_else(_same_records(run.mine, run.theirs))
    return Matched(found, is_compared, _counts(stored, partial, comparing.on))


def _counts(stored: _Stored, partial: PartialReferences, part: Part) -> ComparedWith:
    apart = np.zeros(len(stored.held), np.bool_)
    prompts = {each.row for each in (*partial.asked, *partial.first_asked)}
    prompts.update(partial.prompts.rows.tolist())
    texts = {each.row for each in partial.pieces}
    for rows in (prompts, texts, partial.answers.rows.tolist()):
        apart[list(rows)] = True
    both = prompts & set(partial.conversations.rows.tolist())
    whole = int((stored.is_other & ~apart).sum()) + len(partial.conversations) - len(both)
    alone = 0 if part is Part.PROMPT else len(prompts) - len(both)
    whole += 0 if part is not Part.PROMPT else len(prompts)
    return ComparedWith(part.value, whole, alone, len(partial.answers), len(texts), len(both))


@dataclass(frozen=True, slots=True)
class _Stored:
    """What was found among the records as they are stored, and what either side has.

    `held` are the bits of `Held` of the reference, `is_other` tells which of it were compared.
    """

    found: Found
    is_compared: NDArray[np.bool_]
    is_other: NDArray[np.bool_]
    held: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Side:
    """Rows of a dataset, and where what is made of them is kept."""

    dataset: Dataset
    keys: RowKeys
    files: ArrayFiles
    sample: str = "counted"

    def read(self, context: Context, part: Part, options: NearOptions) -> _Read:
        """Return what the rows are compared by; reads those that nothing is kept of."""
        texts = DatasetTexts(self.dataset, self.keys, part)
        work = LocalWork(texts, progress=context.progress, scratch=options.scratch)
        examples = read_compared_examples(
            context, self.dataset, self.keys, part, work, files=self.files, sample=self.sample
        )
        return _Read(self, texts, examples, context.progress)


@dataclass(frozen=True, slots=True)
class _Read:
    """Rows of a dataset that were read, or of which it is known what was read."""

    side: _Side
    texts: DatasetTexts
    examples: ComparedExamples
    progress: Progress

    def signed(self, part: Part, without: Hashes, options: NearOptions) -> SignedTexts:
        """Return the rows with their signatures; makes those that are not kept."""

        def texts(rows: Rows) -> Texts:
            return self.texts.held_or_read(rows, progress=self.progress, scratch=options.scratch)

        plan = plan_for(options.threshold)
        signed, keys = self.examples.signed(texts, without, plan, options.scratch)
        answers = told_apart(self.examples.answers, self.examples.media, part)
        bands = turned(keys, len(signed), slice(0, plan.bands))
        return SignedTexts(self.texts, signed, bands, answers)


@dataclass(frozen=True, slots=True)
class _Run:
    """One comparison of a dataset with a reference."""

    context: Context
    mine: _Side
    theirs: _Side
    comparing: Comparing
    options: NearOptions
    words: int | None

    def stored(self) -> _Stored:
        """Compare records as they are stored, by the part that is asked for."""
        part = self.comparing.on
        if self.words is not None:
            return self._contained()
        if self.comparing.exact and part is Part.CONVERSATION:
            return self._equal_conversations()
        own, other = (
            each.read(self.context, part, self.options) for each in (self.mine, self.theirs)
        )
        digests = own.examples.digests, other.examples.digests
        if part is Part.CONVERSATION:
            equal = equal_in(
                self.mine.dataset, self.mine.keys, self.theirs.dataset, self.theirs.keys, digests
            )
        else:
            filled = own.examples.is_filled
            equal = equal_texts_in(own.examples.hashes, filled, other.examples.hashes, digests)
        found = _equal(equal)
        is_other = other.examples.is_filled
        if not self.comparing.exact and is_other.any():
            found = _together(equal, self._near(own, other, part), NEAR)
        is_compared = own.examples.is_filled & is_other.any()
        return _Stored(found, is_compared, is_other, other.examples.held)

    def _equal_conversations(self) -> _Stored:
        mine, theirs = self.mine, self.theirs
        equal = equal_in(mine.dataset, mine.keys, theirs.dataset, theirs.keys)
        is_mine, is_theirs = (
            hashes_of(each.dataset.columns(each.keys, ["content_id"]), "content_id")[1]
            for each in (mine, theirs)
        )
        # Only these can have a prompt alone, or be plain text: others are answered.
        table = theirs.dataset.columns(theirs.keys, ["kind", "turns"])
        kinds = pc.is_in(table.column("kind"), pa.array([each.value for each in _MAYBE_PARTIAL]))
        is_odd = table.column("turns").to_numpy() % 2 == 1
        rows = np.flatnonzero(is_odd | kinds.to_numpy(zero_copy_only=False))
        some = _Side(theirs.dataset, theirs.keys[rows], theirs.files, theirs.sample)
        held = np.full(len(theirs.keys), (Held.ASKS | Held.PROMPT | Held.ANSWER).value, np.uint8)
        held[rows] = some.read(self.context, Part.CONVERSATION, self.options).examples.held
        return _Stored(_equal(equal), is_mine & is_theirs.any(), is_theirs, held)

    def _contained(self) -> _Stored:
        """Compare by runs of words: all texts are read, and nothing is signed."""
        part = self.comparing.on
        own, other = (
            read_compared_texts(
                each.dataset,
                each.keys,
                part,
                progress=self.context.progress,
                scratch=self.options.scratch,
            )
            for each in (self.mine, self.theirs)
        )
        digests = (lambda rows: own.digests[rows]), (lambda rows: other.digests[rows])
        if part is Part.CONVERSATION:
            mine, theirs = self.mine, self.theirs
            equal = equal_in(mine.dataset, mine.keys, theirs.dataset, theirs.keys, digests)
        else:
            told = columns_of(own)
            filled = has(told["held"], Held.TEXT)
            equal = equal_texts_in(told["hash"], filled, other.texts.hashes(), digests)
        found = self._comparison().match(own.texts, other.texts)
        is_other = has(other.held, Held.TEXT)
        is_compared = has(own.held, Held.TEXT) & is_other.any()
        return _Stored(_together(equal, found, CONTAINED), is_compared, is_other, other.held)

    def partial(self, part: Part, some: SomeReferences) -> tuple[Found, NDArray[np.bool_]]:
        """Compare records by a part that may not be the one that is asked for."""
        other = some.read(part)
        own = self.mine.read(self.context, part, self.options)
        digests = own.examples.digests, other.digests
        filled = own.examples.is_filled
        equal = equal_texts_in(own.examples.hashes, filled, other.hashes, digests)
        found = _equal(equal)
        if self.words is not None:
            # A run of words counts wherever it stands in the part that is asked for.
            texts = DatasetTexts(self.mine.dataset, self.mine.keys, self.comparing.on)
            every = np.arange(len(self.mine.keys))
            read = texts.held_or_read(
                every, progress=self.context.progress, scratch=self.options.scratch
            )
            matches = self._comparison().match(read, other.read.texts)
            found = _together(equal, matches, CONTAINED)
        elif not self.comparing.exact:
            found = _together(equal, self._near(own, other, part), NEAR)
        place = np.append(some.rows, -1)
        return Found(place[found.row], found.similarity, found.reasons), filled

    def messages(self, partial: PartialReferences) -> list[tuple[Found, NDArray[np.bool_]]]:
        """Compare plain texts, and questions with those of conversations of several turns."""
        every = np.arange(len(self.mine.keys))
        found = []
        if partial.pieces:
            found.append(self._messages(every, partial.pieces, asked_alone=False))
        if partial.first_asked:
            found.append(self._messages(every, partial.first_asked, asked_alone=True))
        if partial.asked and (self.words is None or any(map(self._is_short, partial.asked))):
            rows = every if self.words is not None else self._of_several_messages()
            found.append(self._messages(rows, partial.asked, asked_alone=True))
        return found

    def _is_short(self, piece: Piece) -> bool:
        return self.words is not None and len(piece.text.split()) < self.words

    def _of_several_messages(self) -> Rows:
        """Return the rows whose prompt is not their only question: others were compared by it."""
        table = self.mine.dataset.columns(self.mine.keys, ["kind", "turns"])
        is_text = pc.equal(table.column("kind"), Kind.TEXT.value).to_numpy(zero_copy_only=False)
        rows: Rows = np.flatnonzero(is_text | (table.column("turns").to_numpy() > 2))
        return rows

    def _messages(
        self, rows: Rows, pieces: tuple[Piece, ...], *, asked_alone: bool
    ) -> tuple[Found, NDArray[np.bool_]]:
        found, has_text = match_messages(
            self.mine.dataset,
            self.mine.keys[rows],
            list(pieces),
            self._comparison(),
            part=self.comparing.on,
            asked_alone=asked_alone,
        )
        whole = Found.none_of(len(self.mine.keys))
        reasons = whole.reasons.astype("U32")
        whole.row[rows], whole.similarity[rows], reasons[rows] = (
            found.row,
            found.similarity,
            found.reasons,
        )
        is_compared = np.zeros(len(self.mine.keys), np.bool_)
        is_compared[rows] = has_text
        return Found(whole.row, whole.similarity, reasons), is_compared

    def _comparison(self) -> Comparison:
        return Comparison(self.options, self.comparing.exact, self.words)

    def _near(self, mine: _Read, theirs: _Read | HeldTexts, part: Part) -> Matches:
        options = self.options

        def compare(without: Hashes) -> Matches:
            own, other = (each.signed(part, without, options) for each in (mine, theirs))
            return match_signed(
                own, other, without=without, threshold=options.threshold, scratch=options.scratch
            )

        def templates(found: Matches, without: Hashes) -> Hashes:
            # An evaluation set has the same instructions: all training examples of a task would go.
            alone = -1 - np.arange(len(found.row))
            cluster = np.where(found.references >= LEAST_REFERENCES, found.cluster, alone)
            return templates_of(mine.examples, [cluster], without)

        if self.comparing.count_shared:
            return compare(NOTHING)
        others = theirs if isinstance(theirs, HeldTexts) else theirs.examples
        boilerplate = common_in(counted_together(mine.examples, others))
        return without_templates(boilerplate, compare, templates)


def _same_records(mine: _Side, theirs: _Side) -> Found:
    """Match raw records that are the same: without a conversation nothing else can be equal."""
    found = Found.none_of(len(mine.keys))
    others = _raw_records(theirs)
    if others:
        for name, row in _raw_records(mine).items():
            found.row[row] = others.get(name, -1)
        found.similarity[found.row >= 0] = 1.0
    return found


def _raw_records(side: _Side) -> dict[bytes, int]:
    kinds = side.dataset.columns(side.keys, ["kind"]).column("kind")
    rows = np.flatnonzero(pc.equal(kinds, Kind.RAW.value).to_numpy(zero_copy_only=False))
    ids = ids_of(side.dataset.columns(side.keys[rows], ["id"]))
    return {each.tobytes(): row for each, row in zip(ids, rows.tolist(), strict=True)}


def _equal(equal: Rows) -> Found:
    return Found(equal, (equal >= 0).astype(np.float64), np.full(len(equal), EXACT))


def _together(equal: Rows, found: Matches, reason: str) -> Found:
    """Return what matches in one way or the other; what is equal is that first."""
    is_equal = equal >= 0
    return Found(
        np.where(is_equal, equal, found.row),
        np.where(is_equal, 1.0, found.similarity),
        np.where(is_equal, EXACT, reason),
    )
