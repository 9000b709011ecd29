"""`rm`: take examples out of the stage. They stay out until they are brought back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vault.dataset.changing.edit import rearranged
from vault.dataset.changing.stage import Staged, change_and_count
from vault.dataset.choosing.by_id_prefix import rows_named
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.removals import removals_for, with_removals
from vault.errors import InvalidInput
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
    if bool(examples) == bool(where):
        raise _named_wrongly(bool(examples))

    def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, int]:
        keys = dataset.keys()
        if examples:
            rows = rows_named(dataset, keys, examples, where="the stage")
        else:
            from vault.dataset.choosing.saved_filters import satisfying

            rows = satisfying(context, dataset, keys, where)
        if not len(rows):
            return dataset.manifest, 0
        manifest = rearranged(dataset, keys, keys[only_in(keys, rows)])
        # A program types nothing, and the ids say themselves which examples were meant.
        words = [REASON, *(word for each in where for word in ("--where", each))] if where else []
        removals = removals_for(context, dataset, rows, REASON, words=words)
        return with_removals(context.store, manifest, removals), len(rows)

    staged, removed = change_and_count(context, change)
    return RemoveReport(removed, staged)


def _named_wrongly(both: bool) -> InvalidInput:
    if both:
        return InvalidInput(
            "examples are named by their ids or by an expression, not by both",
            code="examples-or-where",
            hint="leave out the ids or --where",
        )
    return InvalidInput(
        "it is not said which examples",
        code="examples-missing",
        hint='name them by their ids, or by an expression: --where "tokens > 4000"',
    )
