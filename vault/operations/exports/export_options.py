"""Options of an export."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Required, TypedDict

from vault.dataset.choosing.select import Selection


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Where to write, which examples, and what of each.

    `output` is a file by its ending, a folder (no ending), or `-`. Only examples that satisfy all
    expressions of `where` are written, and of those the `selection`. `fields` keeps these top-level
    fields of each record; `extras` adds `_vault` with `id`, `labels` or both; `force` overwrites a
    file that was edited since vault wrote it, or that vault did not write.
    """

    output: str
    selection: Selection = field(default_factory=Selection)
    where: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    force: bool = False


class ExportArguments(TypedDict, total=False):
    """Fields of `ExportOptions` but for the expressions."""

    output: Required[str]
    selection: Selection
    fields: tuple[str, ...]
    extras: tuple[str, ...]
    force: bool
