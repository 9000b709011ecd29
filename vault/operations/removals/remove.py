"""`rm`: take examples out of the stage. They stay out until they are brought back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vault.dataset.changing.edit import rearranged
from vault.dataset.changing.stage import Staged, change_and_count
from vault.dataset.choosing.chosen_rows import chosen_rows, require_choice
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.removals import removals_for, with_removals
from vault.objects.manifest import Manifest
from vault.objects.runs import only_in
from vault.presentation.report_html import Displayed
from vault.session.context import Context, Draft

REASON = "rm"
"""The reason that removals by hand have."""


@dataclass(frozen=True, slots=True)
class RemoveReport(Displayed):
    """How many examples were taken out, and how the stage now stands."""

    removed: int
    staged: Staged


def remove_examples(
    context: Context, examples: Sequence[str] = (), *, where: Sequence[str] = ()
) -> RemoveReport:
    """Take examples out of the stage: named by the beginnings of their ids, or by expressions.

    All of the expressions must hold.

    Importing them again leaves them out, unless they are readmitted. Raises InvalidInput
    (`examples-missing`, `examples-or-where`, `example-ambiguous`, `example-invalid`, and those of
    expressions), NotFound (`example-not-there`), Conflict (`detached-head`).
    """
    require_choice(examples, where)

    def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, int]:
        rows = chosen_rows(context, dataset, examples, where)
        if not len(rows):
            return dataset.manifest, 0
        keys = dataset.keys()
        manifest = rearranged(dataset, keys, keys[only_in(keys, rows)])
        # A program types nothing, and the ids say themselves which examples were meant.
        words = [REASON, *(word for each in where for word in ("--where", each))] if where else []
        removals = removals_for(context, dataset, rows, REASON, words=words)
        return with_removals(context.store, manifest, removals), len(rows)

    staged, removed = change_and_count(context, change)
    return RemoveReport(removed, staged)
