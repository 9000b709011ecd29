"""`quarantine restore`: what was kept out becomes part of the stage, by whichever way it left."""

from __future__ import annotations

from collections.abc import Sequence

from vault.errors import InvalidInput
from vault.operations.quarantine.retry import RetryOptions, RetryReport, retry_quarantine
from vault.operations.removals.restore import RestoreReport, restore
from vault.operations.validation.quarantined_items import held_inputs
from vault.session.context import Context, draft_of


def restore_quarantined(context: Context, entries: Sequence[str]) -> RetryReport | RestoreReport:
    """Bring back examples that a rule took out, or read input again that could not be read.

    All that are named, or none. Raises InvalidInput (`entries-mixed` for some of both, and those of
    `restore` and `retry_quarantine`), NotFound (`entry-not-found`), Conflict (`detached-head`).
    """
    if entries:
        draft = draft_of(context, context.log.tip().view)
        held = held_inputs(context.store, context.manifest(draft.manifest), entries)
        examples = [each.id.hex() for each in held if each.is_example]
        if examples and len(examples) < len(held):
            raise InvalidInput(
                f"{len(examples)} of these are examples, and the others could not be read",
                code="entries-mixed",
                hint=f"restore them apart: `vault quarantine restore {examples[0][:12]}` first",
            )
        if examples:
            return restore(context, examples)
    return retry_quarantine(context, entries, RetryOptions(must_read=True))
