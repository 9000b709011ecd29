"""Counts of changes in words, as status, commit, log and diff print them."""

from __future__ import annotations

from typing import Protocol

from vault.cli.show.terminal import paint
from vault.objects.commit import MOST_UNPAIRED
from vault.presentation.quantities import plural

_COLOURS = {"added": "green", "removed": "red", "changed": "cyan", "relabelled": "magenta"}

SAME_EXAMPLES = "the same examples; their order, where they are from or what was taken out differs"
"""What a stage is called that differs from its commit, and in no example."""


class Counted(Protocol):
    """What has the four counts of changes: `ChangeCounts`, and most reports."""

    @property
    def added(self) -> int:
        """Return how many examples were added."""

    @property
    def removed(self) -> int:
        """Return how many were removed."""

    @property
    def changed(self) -> int:
        """Return how many were put in the place of another."""

    @property
    def relabelled(self) -> int:
        """Return how many have other labels."""


def count_changes(counts: Counted) -> str:
    """Return `3 added, 1 changed`, without those that are zero; empty when all are.

    Where so many came and went that texts are not compared, it says so.
    """
    told = ", ".join(
        paint(f"{number:,} {word}", colour)
        for word, colour in _COLOURS.items()
        if (number := getattr(counts, word))
    )
    fewer, more = sorted((counts.added, counts.removed))
    is_much = fewer > 0 and more > MOST_UNPAIRED
    return f"{told} (edited ones may be among them)" if is_much else told


def in_quarantine(unreadable: int, examples: int) -> str:
    """Return a line that counts the quarantine: unreadable records, and examples with errors."""
    told = [
        f"{plural(unreadable, 'record')} that could not be read" if unreadable else "",
        f"{plural(examples, 'example')} with errors" if examples else "",
    ]
    return f"in quarantine: {', '.join(filter(None, told))}"
