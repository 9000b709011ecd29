"""`Snapshot`: one version of a dataset, or a part of it, opened for reading."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from vault.errors import NotFound
from vault.objects.manifest import refuse_conflicts

if TYPE_CHECKING:
    import datasets
    import pandas as pd
    import pyarrow as pa

    from vault.dataset.reading.dataset import Dataset
    from vault.dataset.reading.examples import Example
    from vault.objects.digest import Digest
    from vault.objects.runs import RowKeys
    from vault.operations.exports.render import FormatReport
    from vault.session.context import Context
    from vault.session.revisions import Revision

_SHOWN = 5


class Snapshot:
    """Examples of one version, in order: all of them, or those that were chosen.

    What it holds never changes, whatever is committed or staged afterwards. `where`, `split`,
    `sample`, `shuffle` and slices return other snapshots, which can be chosen from again. Costs 8
    bytes of memory an example; records are read when they are asked for. Reading raises Corrupt.
    """

    __slots__ = ("_context", "_dataset", "_keys", "_revision")

    def __init__(
        self, context: Context, revision: Revision, dataset: Dataset, keys: RowKeys
    ) -> None:
        self._context = context
        self._revision = revision
        self._dataset = dataset
        self._keys = keys

    @property
    def revision(self) -> str:
        """The revision that was opened, as it was given."""
        return self._revision.text

    @property
    def commit(self) -> Digest | None:
        """The id of the commit, 64 hex digits; None of the stage."""
        return self._revision.commit

    @property
    def fingerprint(self) -> str:
        """What two snapshots share exactly when they hold the same examples with the same labels.

        64 hex digits, whatever the order. That of a part is computed from its ids and labels: 0.2 s
        a million.
        """
        if self.commit is not None and len(self) == self._dataset.manifest.examples:
            return self._context.commit(self.commit).fingerprint
        from vault.dataset.reading.fingerprints import fingerprint_of_rows

        return fingerprint_of_rows(self._dataset, self._keys)

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self._keys)

    def __iter__(self) -> Iterator[Example]:
        """Yield the examples in order; a few thousand are in memory at a time."""
        from vault.dataset.reading.examples import read_examples

        return read_examples(self._dataset, self._keys)

    @overload
    def __getitem__(self, at: SupportsIndex) -> Example: ...

    @overload
    def __getitem__(self, at: slice) -> Snapshot: ...

    def __getitem__(self, at: SupportsIndex | slice) -> Example | Snapshot:
        """Return the example at a position, or the snapshot of a slice.

        An example costs reading a chunk: iterate to read many. Raises IndexError.
        """
        if isinstance(at, slice):
            return self._part(self._keys[at])
        position = operator.index(at)
        if not -len(self) <= position < len(self):
            raise IndexError(f"there is no example {position}: the snapshot has {len(self)}")
        first = position % len(self)
        return next(iter(self._part(self._keys[first : first + 1])))

    def where(self, expression: str) -> Snapshot:
        """Return the examples for which an expression is true, in the same order.

        Expressions are those of `--where`: `labels.quality = 'gold' AND turns > 2`. Raises
        InvalidExpression (`expression-invalid`, `expression-refused`, `column-unknown`,
        `function-unknown`, `name-unknown`), InvalidInput (`expression-too-slow`).
        """
        from vault.dataset.choosing.where import matching_mask

        mask = matching_mask(self._context, self._dataset, self._keys, expression)
        return self._part(self._keys[mask])

    def split(self, name: str) -> Snapshot:
        """Return the examples on one side of the split. Raises NotFound (`split-not-found`)."""
        from vault.dataset.reading.labels import split_of_each

        sides = split_of_each(self._dataset, self._keys)
        chosen = self._keys[:0] if sides is None else self._keys[sides.on(name)]
        if not len(chosen):
            known = [] if sides is None else [each for each in sides.used() if each is not None]
            raise NotFound(
                f'no example is in the split "{name}"',
                code="split-not-found",
                hint=f"there are {', '.join(known)}" if known else "nothing is split here",
            )
        return self._part(chosen)

    def sample(self, n: int, *, seed: int = 0) -> Snapshot:
        """Return `n` examples in their order: the same ones for the same seed, anywhere.

        Smaller samples are parts of larger ones. Raises InvalidInput (`sample-invalid`).
        """
        from vault.dataset.choosing.select import Selection, select

        chosen = Selection(sample=n, seed=seed)
        return self._part(select(self._dataset, self._keys, chosen))

    def shuffle(self, *, seed: int = 0) -> Snapshot:
        """Return all examples in an order that follows from the seed and their ids alone."""
        from vault.dataset.choosing.select import Selection, select

        chosen = Selection(shuffle=True, seed=seed)
        return self._part(select(self._dataset, self._keys, chosen))

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table, one row an example.

        Columns: `id` (32 hex digits), `kind`, `data` (the record's JSON text as it was imported),
        `labels` (a JSON object), `source`, `line`, `round`, `turns`, `chars`, `tokens`. Records are
        text because an inferred struct would invent nulls and mix types. Raises Conflict
        (`conflicts-unresolved`), as the other ways out do.
        """
        from vault.operations.exports.tables import arrow_table

        refuse_conflicts(self._dataset.manifest, "hand out")
        return arrow_table(self._dataset, self._keys)

    def to_pandas(self) -> pd.DataFrame:
        """Return a pandas DataFrame with the columns of `to_arrow`.

        `data` and `labels` are Python dicts here. Raises InvalidInput (`library-missing`) if pandas
        is not installed.
        """
        from vault.operations.exports.tables import pandas_frame

        refuse_conflicts(self._dataset.manifest, "hand out")
        return pandas_frame(self._dataset, self._keys)

    def to_hf(self, format: str, *, skip_unsupported: bool = False) -> datasets.Dataset:
        """Return a `datasets.Dataset` of Hugging Face, with the records in a named format.

        Formats: `trl-chat`, `trl-prompt-completion`, `trl-preference`, `trl-kto`, `trl-prompts`,
        `openai`, `text`, `data` (the record as JSON text) and the other layouts of targets
        (docs/reference/trainers.md). The columns are the format's own, never inferred: messages
        are role and content where no message says more, else JSON. The description says what the
        format left out, as `losses` does before. Everything is in memory. Raises InvalidInput
        (`output-format-unknown`; `format-unsupported` if the format cannot hold an example, unless
        such are to be skipped; `library-missing` if `datasets` is not installed).
        """
        from vault.operations.exports.render import hugging_face_dataset

        refuse_conflicts(self._dataset.manifest, "hand out")
        place = "the stage" if self.commit is None else f"commit {self.commit}"
        return hugging_face_dataset(
            self._dataset,
            self._keys,
            format,
            skip_unsupported=skip_unsupported,
            about=f"From {place}, fingerprint {self.fingerprint}.",
        )

    def minhashes(self) -> Sequence[Any]:
        """Return a `datasketch.MinHash` of each example, in order, to go on with in that library.

        They are made from words of the conversation without system messages, five in a row:
        `MinHash(128, seed=1, hashfunc=int)`. What many examples share counts. An example without a
        conversation has an empty one. About 1 KB and 30 µs an example. What they hold is kept, with
        that of `dedupe --count-shared`: another time takes a third of that.
        """
        from vault.operations.duplicates.minhashes import minhashes

        return minhashes(self._context, self._dataset, self._keys)

    def losses(self, format: str) -> FormatReport:
        """Return what a named format of `to_hf` would lose, and which examples it cannot hold.

        Raises InvalidInput (`output-format-unknown`).
        """
        from vault.operations.exports.render import examine_format

        return examine_format(self._dataset, self._keys, format)

    def _part(self, keys: RowKeys) -> Snapshot:
        return Snapshot(self._context, self._revision, self._dataset, keys)

    def __repr__(self) -> str:
        place = self.revision if self.commit is None else f"{self.revision} ({self.commit[:12]})"
        return f"<Snapshot of {place}: {len(self):,} examples>"

    def _repr_html_(self) -> str:
        from vault.presentation.report_html import grid_of

        rows = [
            (each.id[:12], each.kind, each.labels, str(each.data)[:500])
            for each in islice(self[:_SHOWN], _SHOWN)
        ]
        columns = ("id", "kind", "labels", "data")
        return grid_of(repr(self).strip("<>"), columns, rows, len(self))
