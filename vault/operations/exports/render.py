"""Examples in a named format: for a training library, or to learn what the format would lose."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from vault.dataset.reading.dataset import Dataset
from vault.errors import InvalidInput
from vault.formats.trainers.arrow_records import ArrowRecords
from vault.formats.trainers.output import LOSSES, Loss, OutputFormat, Unsupported
from vault.formats.trainers.table import output_format
from vault.objects.runs import RowKeys
from vault.operations.exports.record_parts import record_parts
from vault.presentation.report_html import Displayed
from vault.session.optional_library import optional_library

if TYPE_CHECKING:
    import datasets

_BATCH = 4_096


@dataclass(frozen=True, slots=True)
class FormatReport(Displayed):
    """What a format makes of some examples.

    `losses` counts the examples that lose something, by what it is (`meanings` says it in words);
    `unsupported` counts those that the format cannot hold, by reason, and `first_unsupported` is
    the id of the first of them.
    """

    format: str
    examples: int
    rendered: int
    losses: Mapping[str, int]
    unsupported: Mapping[str, int]
    first_unsupported: str | None
    meanings: Mapping[str, str]


class _Rendering:
    """Renders examples and counts what is lost; batches may be dropped as they come."""

    def __init__(self, layout: OutputFormat) -> None:
        self._layout = layout
        self._losses: Counter[Loss] = Counter()
        self._unsupported: Counter[str] = Counter()
        self._first: str | None = None
        self._rendered = 0

    def batches(self, dataset: Dataset, keys: RowKeys) -> Iterator[list[dict[str, Any]]]:
        """Yield the records of rows in the format, without those that it cannot hold."""
        batch: list[dict[str, Any]] = []
        for example_id, parts in record_parts(dataset, keys):
            try:
                rendered = self._layout.render(parts)
            except Unsupported as refused:
                self._unsupported[refused.reason] += 1
                self._first = self._first or example_id
                continue
            self._losses.update(rendered.losses)
            self._rendered += 1
            batch.append(rendered.record)
            if len(batch) == _BATCH:
                yield batch
                batch = []
        yield batch

    def report(self) -> FormatReport:
        """Return what was counted so far."""
        return FormatReport(
            format=self._layout.name,
            examples=self._rendered + self._unsupported.total(),
            rendered=self._rendered,
            losses={str(each): self._losses[each] for each in Loss if self._losses[each]},
            unsupported=dict(self._unsupported.most_common()),
            first_unsupported=self._first,
            meanings={str(each): LOSSES[each] for each in Loss if self._losses[each]},
        )


def examine_format(dataset: Dataset, keys: RowKeys, name: str) -> FormatReport:
    """Return what a format makes of some examples: renders them all and keeps none.

    Raises InvalidInput (`output-format-unknown`), Corrupt.
    """
    rendering = _Rendering(output_format(name))
    for _ in rendering.batches(dataset, keys):
        pass
    return rendering.report()


def hugging_face_dataset(
    dataset: Dataset, keys: RowKeys, name: str, *, skip_unsupported: bool, about: str
) -> datasets.Dataset:
    """Return examples in a named format as a `datasets.Dataset`, which is in memory.

    Its description is `about`, and what the format left out. Raises InvalidInput
    (`output-format-unknown`, `library-missing`, `format-unsupported`), Corrupt.
    """
    layout = output_format(name)
    library = optional_library("datasets", install="pip install 'dataset-vault[hf]'")
    rendering = _Rendering(layout)
    has_json_type = hasattr(library, "Json") and hasattr(pa, "json_")
    records = ArrowRecords(layout, has_json_type=has_json_type)
    refuses = False
    for batch in rendering.batches(dataset, keys):
        refuses = refuses or bool(not skip_unsupported and rendering.report().unsupported)
        if not refuses:
            records.add(batch)
    report = rendering.report()
    if refuses:
        raise _unsupported(report)
    info = library.DatasetInfo(description="\n".join([about, *_left_out(report)]))
    table = records.table()
    # Without one, `datasets` makes its own by pickling the table: four times its size in memory.
    return library.Dataset(table, info=info, fingerprint=_content_digest(table))


def _content_digest(table: pa.Table) -> str:
    """Return a digest of a table's types and bytes: equal tables, equal caches in `datasets`."""
    digest = hashlib.sha256(str(table.schema).encode())
    for column in table.columns:
        for array in column.chunks:
            for buffer in array.buffers():
                size = 0 if buffer is None else buffer.size
                digest.update(size.to_bytes(8, "big"))
                if buffer is not None:
                    digest.update(buffer)
    return digest.hexdigest()[:32]


def _left_out(report: FormatReport) -> Iterator[str]:
    yield f"Rendered as {report.format}: {report.rendered:,} of {report.examples:,} examples."
    for name, count in report.losses.items():
        yield f"In {count:,} of them, {report.meanings[name]}."
    for reason, count in report.unsupported.items():
        yield f"{count:,} are not in it, each because {reason}."


def _unsupported(report: FormatReport) -> InvalidInput:
    count = sum(report.unsupported.values())
    reason = next(iter(report.unsupported))
    first = report.first_unsupported or ""
    return InvalidInput(
        f"{count:,} of {report.examples:,} examples cannot be rendered as {report.format}, most "
        f"often because {reason}; the first is {first[:12]}",
        code="format-unsupported",
        hint="leave them out with skip_unsupported=True, or choose another format",
    )
