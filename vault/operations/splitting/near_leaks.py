"""Near-duplicates on two sides of a split, or in training data and an evaluation set.

Text that many share is left out as `dedupe` and `split` leave it out, and short answers that differ
keep nothing apart: what `split` keeps together on one side is what is found here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.compared_texts import Part, compared_texts_of
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.dataset_texts import DatasetTexts
from vault.dedupe.bands import BandKeys, band_keys, plan_for
from vault.dedupe.boilerplate import NOTHING
from vault.dedupe.reference import Matches, SignedTexts, match_signed
from vault.dedupe.shingles import mix
from vault.dedupe.signatures import Signed, sign
from vault.dedupe.texts import Rows, Texts
from vault.dedupe.words import Hashes
from vault.objects.conversation import Conversation
from vault.objects.runs import RowKeys
from vault.operations.duplicates.plan.near_clusters import Comparing, near_clusters, near_options
from vault.operations.duplicates.signing.compared_examples import (
    ComparedExamples,
    read_compared_examples,
)
from vault.operations.duplicates.signing.signing_work import LocalWork
from vault.session.context import Context

_MANY_AT_ONCE = 1 << 14


class NearSearch:
    """Near-duplicates among the rows of a dataset, and between them and other conversations.

    Made once for a dataset: reads and signs the rows that nothing is kept of, and finds clusters.
    Raises Corrupt, StorageFailed.
    """

    def __init__(
        self, context: Context, dataset: Dataset, keys: RowKeys, comparing: Comparing
    ) -> None:
        self._context, self._dataset, self._keys = context, dataset, keys
        self._comparing = comparing
        self._options = near_options(context, comparing)
        self._texts = DatasetTexts(dataset, keys, comparing.on)
        work = LocalWork(self._texts, progress=context.progress, scratch=self._options.scratch)
        self._compared = read_compared_examples(context, dataset, keys, comparing.on, work)
        self._beside = _numbers_beside(self._compared, comparing.on)
        found = near_clusters(context, dataset, keys, comparing)
        self._cluster = found.cluster
        self._without = NOTHING if found.boilerplate is None else found.boilerplate
        plan = plan_for(comparing.threshold)
        self._signed, self._bands = self._compared.signed(
            self._read, self._without, plan, self._options.scratch
        )

    @property
    def is_filled(self) -> NDArray[np.bool_]:
        """Which rows have a text to compare."""
        return self._compared.is_filled

    def between(self, first: Rows, second: Rows) -> Matches:
        """Return for each of the `second` rows the place among the `first` of a near-duplicate."""
        theirs = np.flatnonzero(np.isin(self._cluster[second], self._cluster[first]))
        ours = np.flatnonzero(np.isin(self._cluster[first], self._cluster[second[theirs]]))
        found = self._match(
            self._signed_rows(second[theirs], self._beside[second[theirs]]),
            self._signed_rows(first[ours], self._beside[first[ours]]),
        )
        result = Matches.none_of(len(second))
        result.row[theirs] = np.append(ours, -1)[found.row]
        result.similarity[theirs] = found.similarity
        return result

    def in_reference(self, first: Rows, conversations: Sequence[Conversation | None]) -> Matches:
        """Return for each conversation the place among the `first` rows of a near-duplicate."""
        part, options = self._comparing.on, self._options
        read = compared_texts_of(conversations, part)
        made = sign(read.texts, without=self._without, scratch=options.scratch)
        plan = plan_for(self._comparing.threshold)
        keys = band_keys(made.minima, plan, np.arange(len(conversations)))
        theirs = SignedTexts(read.texts, made, keys, _media(read.media, part))
        # An evaluation set seldom declares tools: they keep nothing apart.
        media = _media(self._compared.media[first], part)
        return self._match(theirs, self._signed_rows(first, media))

    def _match(self, mine: SignedTexts, theirs: SignedTexts) -> Matches:
        return match_signed(
            mine,
            theirs,
            without=self._without,
            threshold=self._comparing.threshold,
            scratch=self._options.scratch,
        )

    def _signed_rows(self, rows: Rows, apart: Hashes) -> SignedTexts:
        texts = DatasetTexts(self._dataset, self._keys[rows], self._comparing.on)
        signed = self._signed
        some = Signed(_Some(signed, rows), signed.identity[rows], signed.own[rows])
        return SignedTexts(texts, some, self._keys_of(rows), apart)

    def _keys_of(self, rows: Rows) -> BandKeys:
        bands = plan_for(self._comparing.threshold).bands
        keys = np.empty((bands, len(rows)), np.uint32)
        for at in range(0, len(rows), _MANY_AT_ONCE):
            some = rows[at : at + _MANY_AT_ONCE]
            keys[:, at : at + len(some)] = self._bands[some].T
        return keys

    def _read(self, rows: Rows) -> Texts:
        return self._texts.held_or_read(
            rows, progress=self._context.progress, scratch=self._options.scratch
        )


class _Some:
    """The signatures of some rows, by their places among these."""

    def __init__(self, signed: Signed, rows: Rows) -> None:
        self._minima, self._rows = signed.minima, rows

    def __getitem__(self, places: Rows) -> NDArray[np.uint32]:
        """Return the signatures of the rows at some places."""
        return self._minima[self._rows[places]]


def _numbers_beside(compared: ComparedExamples, part: Part) -> Hashes:
    """Return a number of the media and tools of each row: with other ones nothing is alike."""
    result = np.zeros(len(compared.media), np.uint64)
    if part is not Part.RESPONSE:
        for each in (compared.media, compared.tools):
            if each.any():
                result = mix(result.copy()) + each
    return result


def _media(numbers: Hashes, part: Part) -> Hashes:
    return np.zeros(len(numbers), np.uint64) if part is Part.RESPONSE else numbers
