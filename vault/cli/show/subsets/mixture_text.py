"""The parts of a mixture as text: how much of each was written, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.show.subsets.stats_text import grid, name_of
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.exports.export_report import MixtureFigures

_HEAD = ("part", "written", "different", "of", "tokens, about")


def mixture_lines(report: MixtureFigures) -> Iterator[str]:
    """Yield a table of the parts, and a line for each thing that was left out."""
    rows = [list(_HEAD)]
    for each in report.parts:
        numbers = (each.examples, each.distinct, each.available, each.tokens)
        rows.append([name_of(each.name), *(f"{number:,}" for number in numbers)])
    yield from grid(rows)
    for each in report.parts:
        if each.overlap:
            examples = plural(each.overlap, "example")
            yield f"{examples} of {name_of(each.name)} left to the parts that had them already"
        if each.held_out:
            examples = plural(each.held_out, "example")
            yield f"{examples} of {name_of(each.name)} left out: what they ask is held out"
