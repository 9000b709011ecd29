"""What an export wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vault.objects.digest import Digest
from vault.presentation.report_html import Displayed

if TYPE_CHECKING:
    from vault.operations.exports.for_trainers.judgements import JudgedCounts
    from vault.operations.exports.mixtures.mixed_rows import MixedRows, PartFigures


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file that was written: its path, examples, and the SHA-256 of its bytes."""

    path: str
    examples: int
    sha256: str


@dataclass(frozen=True, slots=True)
class MixtureFigures:
    """The parts of a mixture, and how many examples of its versions are on no side of a split."""

    parts: tuple[PartFigures, ...]
    unassigned: int


def mixture_figures(mixed: MixedRows | None) -> MixtureFigures | None:
    """Return what is told of a mixture; None of an export without one."""
    return None if mixed is None else MixtureFigures(mixed.parts, mixed.unassigned)


@dataclass(frozen=True, slots=True)
class ExportReport(Displayed):
    """What was written, of which commit (None for the stage).

    `locked` tells whether `vault.lock` says so: not for standard output, not for files `outside`
    the repository's folder, nor where this user may not write beside the repository.
    `stage_differs` tells that HEAD was written while something else is staged, which is therefore
    not in the files. `late_members` names, by path, what JSON Lines have only after their first 8
    MB, where `datasets` has decided on columns. `mixture` tells of its parts, where there was one.
    """

    commit: Digest | None
    examples: int
    output: str
    format: str
    sha256: str | None
    files: tuple[ExportedFile, ...]
    locked: bool = False
    outside: bool = False
    stage_differs: bool = False
    late_members: Mapping[str, str] = field(default_factory=dict)
    mixture: MixtureFigures | None = None


@dataclass(frozen=True, slots=True)
class RenderSummary:
    """What rendering for a trainer loses, and what it cannot hold, in numbers of examples."""

    losses: Mapping[str, int]
    meanings: Mapping[str, str]
    unsupported: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TrainerReport(ExportReport, Displayed):
    """What was written for a trainer, in which layout, and what is not in it.

    `losses` counts the examples that lose something, by what it is (`meanings` says it in words);
    `unsupported` those that the layout cannot hold, by reason. `unassigned` are on no side and not
    written. `lines` are the records of all files. `beside` are README and configuration, `kept`
    those that were edited and left alone, `removed` files of an earlier export. `judged` is what
    became of examples by labels, where any say something of pairs or verdicts.
    """

    trainer: str = ""
    layout: str = ""
    lines: int = 0
    losses: Mapping[str, int] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)
    unsupported: Mapping[str, int] = field(default_factory=dict)
    first_unsupported: str | None = None
    unassigned: int = 0
    beside: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    judged: JudgedCounts | None = None
