"""The lines of a file for a trainer: records rendered, with what is lost counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vault.dataset.reading.dataset import Dataset, ids_of
from vault.formats.trainers.output import (
    ENABLE_THINKING,
    TEMPLATE_ARGUMENTS,
    Column,
    Loss,
    OutputFormat,
    Reasoning,
    RecordParts,
    Rendered,
    RenderOptions,
    Unsupported,
)
from vault.formats.trainers.plain_lines import plain_line
from vault.formats.trainers.table import output_format, trainer_named
from vault.objects.conversation import Kind
from vault.objects.json.text import compact_bytes
from vault.objects.runs import RowKeys
from vault.operations.exports.export_options import ExportOptions
from vault.operations.exports.for_trainers.judgements import Changed, Judgements
from vault.operations.exports.for_trainers.loaded_values import (
    TextKind,
    changes_numbers,
    text_kind,
)
from vault.operations.exports.record_parts import RecordRows, record_rows

LIST_OF_TEXTS = "list of texts"
"""The type of a list that holds texts alone."""

_CHAT = str(Kind.CHAT)
_DATES = {TextKind.DATE}


@dataclass(slots=True)
class RenderCounts:
    """What came of rendering some examples; grows as they are rendered.

    `losses` and `unsupported` count examples, `lines` the records written, `longest` is the bytes
    of the longest. `types` are the JSON types met in each column that the format does not name.
    `texts` are the kinds of texts met in each column of texts, for targets that `datasets` loads,
    and `dates_alone` the columns in which all texts of a file are dates.
    """

    examples: int = 0
    lines: int = 0
    longest: int = 0
    losses: Counter[Loss] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    first_unsupported: str | None = None
    types: dict[str, set[str]] = field(default_factory=dict)
    texts: dict[str, set[TextKind]] = field(default_factory=dict)
    dates_alone: set[str] = field(default_factory=set)
    met: set[str] = field(default_factory=set)

    def add(self, other: RenderCounts) -> None:
        """Add what came of other examples."""
        self.examples += other.examples
        self.lines += other.lines
        self.longest = max(self.longest, other.longest)
        self.losses.update(other.losses)
        self.unsupported.update(other.unsupported)
        self.first_unsupported = self.first_unsupported or other.first_unsupported
        self.met |= other.met
        for name, types in other.types.items():
            self.types.setdefault(name, set()).update(types)
        for name, kinds in other.texts.items():
            self.texts.setdefault(name, set()).update(kinds)
        self.dates_alone |= {name for name, kinds in other.texts.items() if kinds == _DATES}

    def is_text(self, name: str) -> bool:
        """Tell whether a column can be declared as text: not where `datasets` may change dates."""
        kinds = self.texts.get(name, set())
        return TextKind.DATE not in kinds or TextKind.JSON in kinds


class RenderedLines:
    """Renders rows of a dataset as lines, without those that the format cannot hold."""

    def __init__(self, options: ExportOptions, judged: Judgements | None = None) -> None:
        self._layout: OutputFormat = output_format(str(options.layout))
        self._options = RenderOptions(
            None if options.reasoning is None else Reasoning(options.reasoning),
            options.reasoning_key,
            options.answer,
            options.verifier,
        )
        self._splits = options.split_turns and self._layout.turns is not None
        self._fills = options.template_arguments
        self._judged = judged
        self._change: Callable[[int, RecordParts], Changed] | None = None
        is_plain = not self._splits and not self._fills and judged is None
        self._plain = self._layout.plain if is_plain else None
        self._only = options.fields or None
        trainer = options.trainer
        self._is_loaded = trainer is not None and trainer_named(trainer).declares_features
        self._first: int | None = None
        self.counts = RenderCounts()

    def batches(self, dataset: Dataset, keys: RowKeys) -> Iterator[tuple[list[bytes], list[int]]]:
        """Yield lines without line feeds, and the position in `keys` of the row of each."""
        if self._judged is not None:
            self._change = self._judged.changes(dataset, keys)
        for rows in record_rows(dataset, keys):
            lines: list[bytes] = []
            places: list[int] = []
            self._render(rows, lines, places)
            self.counts.lines += len(lines)
            self.counts.longest = max(self.counts.longest, max(map(len, lines), default=0))
            yield lines, places
        if self._first is not None:
            row = keys[self._first : self._first + 1]
            self.counts.first_unsupported = ids_of(dataset.columns(row, ["id"]))[0].tobytes().hex()

    def _render(self, rows: RecordRows, lines: list[bytes], places: list[int]) -> None:
        plain, first = self._plain, rows.first
        mapped = rows.mapped()
        fields_lost = 0
        for at, (text, kind) in enumerate(zip(rows.texts, rows.kinds, strict=True)):
            if kind == _CHAT and plain is not None and at not in mapped:
                line, has_fields = plain_line(text, plain)
                if line is not None:
                    fields_lost += has_fields
                    lines.append(line)
                    places.append(first + at)
                    continue
            made = self._slowly(rows, at)
            lines += (compact_bytes(each.record) for each in made)
            places += [first + at] * len(made)
        self.counts.losses[Loss.FIELDS] += fields_lost
        self.counts.examples += len(set(places)) if self._splits else len(places)

    def _slowly(self, rows: RecordRows, at: int) -> Sequence[Rendered]:
        parts = rows.parts(at, self._only)
        is_less = False
        if self._change is not None:
            changed = self._change(rows.first + at, parts)
            parts, is_less = changed.parts, changed.loses_fields
        try:
            if self._splits and self._layout.turns is not None:
                made = self._layout.turns(parts, self._options)
            else:
                made = (self._layout.render(parts, self._options),)
            if self._fills and ENABLE_THINKING in self._layout.columns:
                _require_thinking(made)
            is_rounded = self._is_loaded and changes_numbers([each.record for each in made])
        except Unsupported as refused:
            self.counts.unsupported[refused.reason] += 1
            if self._first is None:
                self._first = rows.first + at
            return ()
        lost = {loss for each in made for loss in each.losses}
        lost |= {Loss.FIELDS} if is_less else set()
        self.counts.losses.update(lost | {Loss.DECIMALS} if is_rounded else lost)
        for each in made:
            if self._fills and TEMPLATE_ARGUMENTS in self._layout.columns:
                each.record.setdefault(TEMPLATE_ARGUMENTS, {})
            self._note_columns(each.record)
        return made

    def _note_columns(self, record: dict[str, Any]) -> None:
        for name, value in record.items():
            column = self._layout.columns.get(name)
            if column is None:
                types = self.counts.types.setdefault(name, set())
                if value is not None and value != []:
                    types.add(_type_of(value))
            else:
                self.counts.met.add(name)
            if self._is_loaded and type(value) is str and column in (None, Column.TEXT):
                self.counts.texts.setdefault(name, set()).add(text_kind(value))


def _require_thinking(made: Sequence[Rendered]) -> None:
    if any(ENABLE_THINKING not in each.record for each in made):
        raise Unsupported(f"it does not say {ENABLE_THINKING}, and other examples do")


def written_keys(
    dataset: Dataset, keys: RowKeys, options: ExportOptions, judged: Judgements | None = None
) -> RowKeys:
    """Return the key of the row that each line of a file is from. Costs rendering all of them.

    Of a file for no trainer these are `keys`.
    """
    if options.layout is None or options.trainer in (None, "raw"):
        return keys
    places: list[int] = []
    for _, more in RenderedLines(options, judged).batches(dataset, keys):
        places += more
    return keys[np.array(places, np.int64)]


def _type_of(value: Any) -> str:
    kind = type(value)
    if kind is list and all(type(each) is str for each in value):
        is_date = any(text_kind(each) is TextKind.DATE for each in value)
        return "json" if is_date else LIST_OF_TEXTS
    if kind is int:
        return "int64" if -(1 << 63) <= value < 1 << 63 else "json"
    return {str: "string", bool: "bool", float: "float64"}.get(kind, "json")
