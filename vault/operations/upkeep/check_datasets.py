"""Checking datasets: everything that a manifest names, its counts, its ids and its fingerprint.

What several manifests share is checked once. Pages and label sets are kept in small caches between
manifests, since one dataset has most of them in common with the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.id_index import first_of_each
from vault.dataset.reading.labels import row_labels
from vault.objects import boilerplate, not_duplicates, split_rule, validation
from vault.objects.adoption import decode_adoptions
from vault.objects.digest import Digest
from vault.objects.fingerprint import LabelTexts, fingerprint
from vault.objects.labels.label_combinations import fingerprinted
from vault.objects.labels.label_set import (
    LabelTable,
    decode_label_table,
    is_in_order,
    rows_of_labels,
    values_of,
)
from vault.objects.manifest import Attachment, Manifest, decode_manifest
from vault.objects.quarantine import Removal, decode_quarantine, decode_removals
from vault.objects.run_page import decode_page
from vault.objects.runs import ChunkNumbers, RowKeys, Runs, key_parts
from vault.operations.upkeep.check_chunks import ChunkCheck
from vault.operations.upkeep.object_reader import ObjectReader
from vault.operations.upkeep.problems import Problems

_KEPT_PAGES = 256
_KEPT_LABEL_SETS = 64
_ATTACHMENTS: Mapping[str, Callable[[bytes], object]] = {
    boilerplate.NAME: boilerplate.decode_boilerplate,
    not_duplicates.NAME: not_duplicates.decode_judged,
    split_rule.NAME: split_rule.decode_split_rule,
    validation.NAME: validation.decode_validation,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a commit or a stage says of its dataset; `object` is where, as a problem names it.

    `fingerprint` is None of a stage that does not say it.
    """

    object: str
    examples: int
    quarantined: int
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class _Page:
    runs: Runs
    has_rows: bool


class DatasetCheck:
    """Checks one manifest after another; the parts that they share are checked once."""

    def __init__(self, reader: ObjectReader, problems: Problems) -> None:
        self._reader = reader
        self._problems = problems
        self._chunks = ChunkCheck(reader, problems)
        self._numbers = ChunkNumbers()
        self._page = lru_cache(_KEPT_PAGES)(self._read_page)
        self._labels = lru_cache(_KEPT_LABEL_SETS)(self._read_labels)
        self._lengths: dict[Digest, int | None] = {}
        self._attached: set[Digest] = set()

    def check(self, digest: Digest, claims: Sequence[Claim]) -> None:
        """Check a dataset, and what was claimed of it."""
        data = self._reader.read(digest, "a manifest")
        if data is None:
            return
        with self._problems.caught(digest):
            manifest = decode_manifest(data)
            self._check_counts(digest, manifest, claims)
            self._check_lists(digest, manifest)
            if manifest.adopted is not None:
                self._length(manifest.adopted, "a list of adopted rows", decode_adoptions)
            for name, attached in manifest.attachments.items():
                self._check_attachment(name, attached)
            if manifest.conflicts is not None:
                self._reader.check(manifest.conflicts, "a list of conflicts")
            for chunk, sets in manifest.labels.items():
                self._check_base(sets[0])
                for each in sets:
                    self._check_labels(chunk, each)
            keys = self._keys(digest, manifest)
            if keys is not None:
                self._check_examples(digest, manifest, keys, claims)

    def _check_counts(self, digest: Digest, manifest: Manifest, claims: Sequence[Claim]) -> None:
        for claim in claims:
            for name in ("examples", "quarantined"):
                said, found = getattr(claim, name), getattr(manifest, name)
                if said != found:
                    message = f"it says {said} {name}, and its dataset {digest} says {found}"
                    self._problems.add(f"{name}-count-wrong", claim.object, message)

    def _check_attachment(self, name: str, attached: Attachment) -> None:
        for each in attached.names:
            self._reader.check(each, f'named by the attachment "{name}"')
        digest = attached.object
        if digest in self._attached:
            return
        self._attached.add(digest)
        data = self._reader.read(digest, f'the attachment "{name}"')
        # Of one that a later version made nothing but its digest can be checked.
        decode = _ATTACHMENTS.get(name)
        if data is not None and decode is not None:
            with self._problems.caught(digest):
                decode(data)

    def _check_lists(self, digest: Digest, manifest: Manifest) -> None:
        removed = [self._removals(each) for each in manifest.removals]
        quarantined = [self._quarantine(each) for each in manifest.quarantine]
        counts = (
            ("removed", manifest.removed, removed),
            ("quarantined", manifest.quarantined, quarantined),
        )
        for name, said, lengths in counts:
            found = [each for each in lengths if each is not None]
            if len(found) == len(lengths) and sum(found) != said:
                message = f"it says {said} {name}, and its lists have {sum(found)}"
                self._problems.add(f"{name}-count-wrong", digest, message)

    def _removals(self, digest: Digest) -> int | None:
        return self._length(digest, "a list of removals", self._decode_removals)

    def _decode_removals(self, data: bytes) -> list[Removal]:
        """Return removals whose examples can be brought back; tells of others. Raises Corrupt."""
        removals = decode_removals(data)
        for removal in removals:
            noted = removal.place()
            place = None if noted is None else self._chunks.place(noted[0])
            if noted is not None and place is not None and noted[1] >= place[1]:
                message = f"it says row {noted[1]} of the {place[1]} rows of chunk {noted[0]}"
                self._problems.add("removal-outside-chunk", removal.id.hex(), message)
        return removals

    def _quarantine(self, digest: Digest) -> int | None:
        return self._length(digest, "quarantine", decode_quarantine)

    def _length(
        self, digest: Digest, what: str, decode: Callable[[bytes], list[Any]]
    ) -> int | None:
        if digest not in self._lengths:
            self._lengths[digest] = None
            data = self._reader.read(digest, what)
            if data is not None:
                with self._problems.caught(digest):
                    self._lengths[digest] = len(decode(data))
        return self._lengths[digest]

    def _read_page(self, digest: Digest) -> _Page | None:
        data = self._reader.read(digest, "a page of runs")
        if data is None:
            return None
        with self._problems.caught(digest):
            runs = decode_page(data, self._numbers)
            return _Page(runs, self._has_rows(digest, runs))
        return None

    def _has_rows(self, page: Digest, runs: Runs) -> bool:
        """Check the runs of a page against their chunks; tell whether every row is there."""
        if not bool((runs.rows > 0).all()):
            self._problems.add("run-empty", page, "it has a run without rows")
        whole = True
        for number in np.unique(runs.chunk).tolist():
            chunk = self._numbers.digest(number)
            place = self._chunks.place(chunk)
            end = int((runs.first + runs.rows)[runs.chunk == number].max())
            if place is not None and end > place[1]:
                message = f"a run ends at row {end} of the {place[1]} rows of chunk {chunk}"
                self._problems.add("run-outside-chunk", page, message)
            whole = whole and place is not None and end <= place[1]
        return whole

    def _read_labels(self, digest: Digest) -> LabelTable | None:
        data = self._reader.read(digest, "a label set")
        if data is None:
            return None
        with self._problems.caught(digest):
            table = decode_label_table(data)
            if not all(isinstance(each, str | int | float) for each in values_of(table)):
                message = "a value of it is no text, no number and neither true nor false"
                self._problems.add("label-value-wrong", digest, message)
            if not is_in_order(table):
                message = "its entries are not sorted by row and name, or one is there twice"
                self._problems.add("labels-out-of-order", digest, message)
            return table
        return None

    def _readable_labels(self, digest: Digest) -> LabelTable:
        table = self._labels(digest)
        assert table is not None, "fingerprints are of datasets whose label sets can be read"
        return table

    def _check_base(self, digest: Digest) -> None:
        labels = self._labels(digest)
        if labels is not None and labels.column("value").null_count:
            message = "it is the base set of a chunk, and has entries that take labels off"
            self._problems.add("label-base-wrong", digest, message)

    def _check_labels(self, chunk: Digest, digest: Digest) -> None:
        labels = self._labels(digest)
        place = self._chunks.place(chunk)
        last = -1 if labels is None else int(rows_of_labels(labels).max(initial=-1))
        if place is not None and last >= place[1]:
            message = f"it has a label for row {last}, and chunk {chunk} has {place[1]} rows"
            self._problems.add("label-outside-chunk", digest, message)

    def _keys(self, digest: Digest, manifest: Manifest) -> RowKeys | None:
        """Return the row keys of a dataset, or None if not every row can be read."""
        found = []
        for number, reference in enumerate(manifest.pages, 1):
            page = self._page(reference.page)
            if page is None:
                continue
            said, has = reference.examples, page.runs.examples
            if said != has:
                message = f"it says that page {number} has {said} examples, and it has {has}"
                self._problems.add("page-count-wrong", digest, message)
            if page.has_rows:
                found.append(page.runs)
        if len(found) < len(manifest.pages):
            return None
        return Runs.concatenate(self._numbers, found).keys()

    def _check_examples(
        self, digest: Digest, manifest: Manifest, keys: RowKeys, claims: Sequence[Claim]
    ) -> None:
        ids = self._ids(keys)
        twice = _repeated(ids)
        if twice:
            message = f"{twice} of its {len(ids)} examples occur in it before"
            self._problems.add("example-twice", digest, message)
        found = self._fingerprints(manifest, keys, ids)
        if found is None:
            return
        for claim in claims:
            if claim.fingerprint not in (None, *found):
                message = f"its dataset {digest} has the fingerprint {found[0]}"
                self._problems.add("fingerprint-wrong", claim.object, message)

    def _fingerprints(
        self, manifest: Manifest, keys: RowKeys, ids: NDArray[np.void]
    ) -> tuple[str, ...] | None:
        """Return the fingerprint of a dataset, and the one that 0.1 recorded if it is another.

        None if a label set cannot be read.
        """
        if any(self._labels(each) is None for sets in manifest.labels.values() for each in sets):
            return None
        dataset = Dataset(self._reader.store, manifest, numbers=self._numbers)
        labels = row_labels(dataset, keys, self._readable_labels)
        counted, all_of_them = fingerprinted(labels), fingerprinted(labels, counts_own=True)
        texts = [counted] if counted == all_of_them else [counted, all_of_them]
        return tuple(fingerprint(ids, LabelTexts(labels.place, each)) for each in texts)

    def _ids(self, keys: RowKeys) -> NDArray[np.void]:
        number, row = key_parts(keys)
        starts = np.zeros(len(self._numbers), np.int64)
        for each in np.unique(number).tolist():
            place = self._chunks.place(self._numbers.digest(each))
            assert place is not None, "runs of unreadable chunks give no keys"
            starts[each] = place[0]
        return self._chunks.ids_at(starts[number] + row)


def _repeated(ids: NDArray[np.void]) -> int:
    """Return how many ids occur earlier in the array."""
    high = np.sort(np.frombuffer(ids.tobytes(), np.uint64)[::2])
    if not bool((high[1:] == high[:-1]).any()):
        return 0
    return int(len(ids) - first_of_each(ids).sum())
