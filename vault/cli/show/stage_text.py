"""How the stage stands, as the commands that change it say it."""

from __future__ import annotations

from typing import Protocol

from vault.cli.show.count_text import Counted, count_changes
from vault.presentation.quantities import plural


class StagedCounts(Counted, Protocol):
    """What has the counts of a stage and its size."""

    @property
    def examples(self) -> int:
        """Return how many examples the next commit would have."""


NOT_COMPARED = "too many have no partner to compare texts: edited ones count as added and removed"
"""What is said where a comparison did not look for alike texts."""


def stage_line(staged: StagedCounts, *, would: bool = False) -> str:
    """Return one line on what is staged now, or would be, compared with the last commit."""
    changes = count_changes(staged)
    if not changes:
        nothing = "nothing would be staged" if would else "nothing is staged"
        return f"{nothing} any more; {plural(staged.examples, 'example')}"
    verb = "would be staged" if would else "staged"
    return f"{verb}: {changes}; the next commit would have {plural(staged.examples, 'example')}"
