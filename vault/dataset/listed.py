"""Examples as lists show them: the record as text, and what is known beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset
from vault.dataset.reading.labels import labels_of_each
from vault.dataset.reading.records import WINDOW, record_arrays
from vault.objects.json.record import read_record
from vault.objects.json.text import compact_bytes
from vault.objects.runs import RowKeys
from vault.session.context import Context
from vault.session.revisions import STAGE, Revision, resolve

_FIRST = 64


@dataclass(frozen=True, slots=True)
class ListedExample:
    """One example: its record as JSON text, as it was imported, and what is known of it."""

    id: str
    kind: str
    labels: Mapping[str, object]
    data: bytes
    source: str
    line: int

    @property
    def record(self) -> Any:
        """Return the record as a JSON value; `data` is its text as it was imported."""
        return read_record(self.data)

    def to_json(self) -> dict[str, Any]:
        """Return the example with its record as a JSON value."""
        return {**self._head(), "data": self.record}

    def json_line(self) -> bytes:
        """Return the same as one line of JSON, the record as it was imported."""
        return compact_bytes(self._head())[:-1] + b',"data":' + self.data + b"}\n"

    def _head(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "labels": dict(self.labels),
            "source": self.source,
            "line": self.line,
        }


def open_revision(context: Context, revision: str | None) -> tuple[Revision, Dataset]:
    """Return a revision (the stage) and its dataset. Raises what `resolve` raises."""
    opened = resolve(context, context.log.tip().view, revision or STAGE)
    return opened, open_dataset(context.store, opened.manifest)


def listed(dataset: Dataset, keys: RowKeys) -> Iterator[ListedExample]:
    """Yield examples by their row keys, in bounded memory."""
    # A first small batch, so that showing a few of thousands reads little.
    bounds = [0, *range(min(_FIRST, len(keys)), len(keys), WINDOW), len(keys)]
    for start, end in pairwise(bounds):
        if start < end:
            yield from _batch(dataset, keys[start:end])


def _batch(dataset: Dataset, keys: RowKeys) -> Iterator[ListedExample]:
    table = dataset.columns(keys, ["id", "kind", "source", "line"])
    kinds, sources, lines = (table.column(name).to_pylist() for name in ("kind", "source", "line"))
    ids = [each.tobytes().hex() for each in ids_of(table)]
    labels = labels_of_each(dataset, keys)
    texts = (
        text for array in record_arrays(dataset, keys) for text in array.cast("binary").to_pylist()
    )
    for each in zip(ids, kinds, labels, texts, sources, lines, strict=True):
        yield ListedExample(*each)
