"""`discard`: empty the stage, so that the branch's own dataset is staged again."""

from __future__ import annotations

from dataclasses import dataclass

from vault.objects.commit import ChangeCounts
from vault.objects.log.view import RefName, View
from vault.operations.history.staged_counts import staged_counts
from vault.presentation.report_html import Displayed
from vault.session.context import Context, draft_of, with_stage
from vault.session.recording import record, writing


@dataclass(frozen=True, slots=True)
class DiscardReport(Displayed):
    """The branch whose stage was emptied, and what had been staged there.

    `discarded` is None if nothing was; `staged` compares the stage as it is now with the commit.
    """

    branch: RefName
    staged: ChangeCounts
    discarded: ChangeCounts | None


def discard(context: Context) -> DiscardReport:
    """Empty the stage of the current branch. Raises Conflict (`detached-head`)."""

    def change(view: View) -> tuple[View, DiscardReport]:
        draft = draft_of(context, view)
        counts = None if draft.stage is None else staged_counts(context, draft.stage)
        report = DiscardReport(draft.branch, ChangeCounts(), counts)
        return with_stage(view, draft.branch, None), report

    with writing(context):
        return record(context, change)
