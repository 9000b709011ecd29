"""What `stats` reports: the figures of a version, and of the one before it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Self

from vault.objects.validation import RuleCount
from vault.operations.statistics.figures import Figures, LabelFigure
from vault.operations.statistics.moved import MovedField
from vault.presentation.report_html import Displayed


@dataclass(frozen=True, slots=True)
class KeptFindings:
    """What the rules found when somebody validated exactly this version; by rule."""

    errors: int
    warnings: int
    examples_with_errors: int
    items: tuple[RuleCount, ...]


@dataclass(frozen=True, slots=True)
class VersionFigures(Figures):
    """The figures of a version, or of the part of it that expressions choose.

    `revision` is as typed, `commit` is None for the stage. `tokenizer` is the file that tokens were
    counted with, None for an estimate. `same_conversation` counts the examples whose conversation
    an earlier one has. `findings` are None where nobody validated, and of a part. `by` has figures
    of the values of a field, those with most examples first, `values` says how many there are; both
    are empty unless a field was named.
    """

    revision: str
    commit: str | None
    tokenizer: str | None
    same_conversation: int
    findings: KeptFindings | None
    by: Mapping[str, Figures]
    values: int


@dataclass(frozen=True, slots=True)
class StatsReport(VersionFigures, Displayed):
    """The figures of a version; of two, those of the second, and the first is `before`.

    `moved` are the fields of two versions, the one that moved most first; `field` is that of `by`.
    `is_part` tells that expressions chose the examples. `html` is the page that was written.
    """

    before: VersionFigures | None
    moved: tuple[MovedField, ...]
    field: str | None
    is_part: bool
    html: str | None

    def without_labels(self, names: Collection[str]) -> Self:
        """Return the report without some labels."""
        if not names:
            return self
        moved = [each for each in self.moved if each.field.removeprefix("labels.") not in names]
        before = self.before
        if before is not None:
            before = replace(before, labels=_others(before, names))
        labels = _others(self, names)
        return replace(self, labels=labels, before=before, moved=tuple(moved))


def _others(figures: Figures, names: Collection[str]) -> tuple[LabelFigure, ...]:
    return tuple(each for each in figures.labels if each.name not in names)
