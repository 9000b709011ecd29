"""Deciding which examples of a model are accepted: in order, by the project's own checks.

What is accepted goes into a dataset over the one that the run began with, in a context whose
objects are thrown away; so rules, expressions and `dedupe` see it as they will see the stage.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.dataset.choosing.where import check_expression, find_matches
from vault.dataset.reading.dataset import Dataset, ids_of, store_pages
from vault.dataset.reading.id_index import IdIndex, first_of_each
from vault.dataset.reading.spoken_texts import read_spoken
from vault.dataset.reading.write_records import BlockWriter, RecordReader
from vault.formats.files.rows import row_blocks
from vault.generate.recipe.recipe import Accept
from vault.objects.digest import ID_BYTES
from vault.objects.runs import RowKeys, Runs
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.duplicates.plan.plan import plan_duplicates
from vault.operations.generating.seed_overlap import SeedOverlap
from vault.operations.imports.known_examples import KnownExamples
from vault.operations.validation.examine_rows import examine_rows
from vault.rules.kernel.any_rule import AnyRule, rules_of_examples
from vault.rules.kernel.rule import Severity
from vault.session.context import Context

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rejection:
    """The reason in one word why an example is not accepted, and what is wrong with it."""

    reason: str
    told: str


Verdict = str | Rejection
"""The id of an example that is accepted, in hexadecimal digits, or why it is not."""


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of a recipe, with the settings of `vault.toml`.

    With `same_prompt` examples are compared with those alone that have the same prompt.
    """

    accept: Accept
    rules: Sequence[AnyRule]
    comparing: Comparing
    overlap: SeedOverlap | None
    same_prompt: bool = False


@dataclass(slots=True)
class _Batch:
    """Examples to decide on: their row keys (0 where they could not be read) and verdicts.

    `dataset` has all that could be read behind what was accepted before.
    """

    keys: RowKeys
    verdicts: list[Rejection | None]
    dataset: Dataset

    def open(self) -> NDArray[np.int64]:
        """Return the places of those that nothing has rejected yet."""
        return np.flatnonzero([each is None for each in self.verdicts])

    def reject(self, places: Sequence[int], reason: str, told: str) -> None:
        for at in places:
            self.verdicts[at] = Rejection(reason, told)


@dataclass(slots=True)
class Acceptance:
    """The examples accepted so far, over the dataset that a run began with.

    `context` is one whose objects are thrown away (`trial_of`). `source` is that of the examples.
    """

    context: Context
    dataset: Dataset
    checks: Checks
    source: str
    _known: IdIndex = field(default_factory=IdIndex)
    _removed: frozenset[bytes] = frozenset()

    def __post_init__(self) -> None:
        """Read the ids that are there, and those that were removed deliberately."""
        known = KnownExamples(self.dataset, frozenset())
        self._known, self._removed = known.index, known.removed()

    def add(self, records: Sequence[Record], ids: Collection[str]) -> list[bool]:
        """Take in those of some records that were accepted before; return which they are."""
        batch = self._written(records)
        is_kept = [each in ids for each in self._decided(batch)]
        self._keep(batch.keys[np.flatnonzero(is_kept)])
        return is_kept

    def decide(self, records: Sequence[Record]) -> list[Verdict]:
        """Return for each record its id if it is accepted, else why not; of two alike one stays.

        Costs the checks of each record, and one comparison of all examples. Raises InvalidInput
        (`expression-invalid` …), NotFound (`field-unknown`), Corrupt.
        """
        if not records:
            return []
        batch = self._written(records)
        accept = self.checks.accept
        if accept.rules:
            self._apply_rules(batch)
        if accept.where is not None:
            self._apply_where(batch, accept.where)
        if self.checks.overlap is not None:
            self._apply_overlap(batch, self.checks.overlap)
        if accept.near_duplicates:
            self._apply_near(batch)
        self._keep(batch.keys[batch.open()])
        return self._decided(batch)

    def _decided(self, batch: _Batch) -> list[Verdict]:
        open_ = batch.open()
        ids = iter(_hex_ids(batch.dataset, batch.keys[open_]))
        return [next(ids) if each is None else each for each in batch.verdicts]

    def _written(self, records: Sequence[Record]) -> _Batch:
        """Store records as rows; reject those that cannot be read, and that are there already."""
        batch = _Batch(np.zeros(len(records), np.uint64), [None] * len(records), self.dataset)
        writer = BlockWriter(self.context.store)
        reader = RecordReader(self.source)
        wanted: list[int] = []
        parts = []
        start = 0
        for block in row_blocks(records):
            found = writer.read(block, reader)
            refused = {each.line + start: each.reason for each in found.refused}
            for at, reason in refused.items():
                batch.reject([at], "unreadable", reason)
            places = [at for at in range(start, start + found.line_count) if at not in refused]
            fresh = self._fresh(batch, places, np.frombuffer(found.ids, f"V{ID_BYTES}"))
            wanted += [at for at, is_new in zip(places, fresh.tolist(), strict=True) if is_new]
            parts += writer.keep(fresh, 1)
            start += found.line_count
        chunks = writer.finish()
        runs = [(chunks[each.chunk], each.first, each.rows) for each in parts]
        batch.keys[wanted] = Runs.build(self.dataset.numbers, runs).keys()
        batch.dataset = self._with(batch.keys[wanted])
        return batch

    def _fresh(
        self, batch: _Batch, places: Sequence[int], ids: NDArray[np.void]
    ) -> NDArray[np.bool_]:
        known, _ = self._known.find(ids)
        again = known | ~first_of_each(ids)
        removed = np.array([each.tobytes() in self._removed for each in ids], np.bool_)
        for at, is_again, is_removed in zip(places, again, removed, strict=True):
            if is_removed:
                batch.reject([at], "removed-before", "this example was removed deliberately")
            elif is_again:
                batch.reject([at], "duplicate", "this example is there already")
        return ~again & ~removed

    def _with(self, keys: RowKeys) -> Dataset:
        """Return the dataset with rows appended."""
        runs = Runs.from_keys(self.dataset.numbers, np.concatenate([self.dataset.keys(), keys]))
        pages = store_pages(self.context.store, runs)
        manifest = replace(self.dataset.manifest, pages=pages)
        return Dataset(self.context.store, manifest, numbers=self.dataset.numbers)

    def _keep(self, keys: RowKeys) -> None:
        if len(keys):
            self.dataset = self._with(keys)
            self._known.add(ids_of(self.dataset.columns(keys, ["id"])), keys)

    def _apply_rules(self, batch: _Batch) -> None:
        open_ = batch.open()
        keys = batch.keys[open_]
        place = dict(zip(_hex_ids(batch.dataset, keys), open_.tolist(), strict=True))
        rules = rules_of_examples(self.checks.rules)
        for examined in examine_rows(batch.dataset, keys, rules):
            for each in examined.findings:
                if each.severity == Severity.ERROR and each.id is not None:
                    told = f"{each.code} {each.name}: {each.message}"
                    batch.reject([place[each.id]], "rule", told)

    def _apply_where(self, batch: _Batch, expression: str) -> None:
        open_ = batch.open()
        if len(open_):
            keys = batch.keys[open_]
            # A member that no answer has is missing in all of them, and no reason to end the run.
            checked = check_expression(expression)
            mask = find_matches(self.context, batch.dataset, keys, checked).mask
            batch.reject(open_[~mask].tolist(), "where", f"does not satisfy {expression}")

    def _apply_overlap(self, batch: _Batch, overlap: SeedOverlap) -> None:
        open_ = batch.open()
        if not len(open_):
            return
        said = _said(batch.dataset, batch.keys[open_])
        for at, texts in zip(open_.tolist(), said, strict=True):
            found = next(filter(None, map(overlap.found_in, texts)), None)
            if found is not None:
                batch.reject([at], "seed-overlap", f'has words of a seed: "{found[:80]}"')

    def _apply_near(self, batch: _Batch) -> None:
        """Reject what `dedupe` would call a duplicate, until it would call nothing one.

        More than once, since what is left out may change which text most examples share.
        """
        while len(open_ := batch.open()):
            dataset = self._with(batch.keys[open_])
            plan = plan_duplicates(
                self.context,
                dataset,
                self.checks.comparing,
                same_prompt=self.checks.same_prompt,
            )
            first = len(plan.keys) - len(open_)
            removed, keeper = plan.removed, plan.keeper[plan.removed]
            worse = set()
            for row, other in zip(removed.tolist(), keeper.tolist(), strict=True):
                # Whichever of the two dedupe would keep, the one that came later is not new.
                later, earlier = max(row, other), min(row, other)
                if later >= first:
                    worse.add((later - first, earlier))
            if not worse:
                return
            for place, earlier in sorted(worse):
                other = _hex_ids(dataset, plan.keys[[earlier]])[0][:12]
                batch.reject([int(open_[place])], "near-duplicate", f"is nearly {other}")


def _hex_ids(dataset: Dataset, keys: RowKeys) -> list[str]:
    return [each.tobytes().hex() for each in ids_of(dataset.columns(keys, ["id"]))]


def _said(dataset: Dataset, keys: RowKeys) -> Iterator[list[str]]:
    """Yield the texts of the messages of each row."""
    for spoken in read_spoken(dataset, keys):
        for start, end in zip(spoken.offsets[:-1], spoken.offsets[1:], strict=True):
            yield spoken.texts.slice(int(start), int(end - start)).to_pylist()
