"""`reset`: move the current branch to another commit."""

from __future__ import annotations

from dataclasses import dataclass

from vault.dataset.changing.stage import stage_and_count
from vault.objects.commit import ChangeCounts
from vault.objects.digest import Digest
from vault.objects.log.view import RefName, View
from vault.operations.history.staged_counts import staged_counts
from vault.presentation.report_html import Displayed
from vault.session.context import Context, draft_of, with_stage
from vault.session.recording import record, writing
from vault.session.revisions import resolve_commit


@dataclass(frozen=True, slots=True)
class ResetReport(Displayed):
    """Where the branch was and is, and how the stage compares with it now.

    `has_stage` tells a stage whose counts are all zero (another order, other sources) from none.
    """

    branch: RefName
    commit: Digest
    before: Digest | None
    staged: ChangeCounts
    has_stage: bool


def reset(context: Context, revision: str, *, hard: bool = False) -> ResetReport:
    """Move the current branch to a commit.

    What was staged (the branch's dataset where nothing was) stays staged over that commit; `hard`
    empties the stage instead. Raises Conflict (`detached-head`), InvalidInput (`commit-needed`),
    and what `resolve` raises.
    """

    def change(view: View) -> tuple[View, ResetReport]:
        draft = draft_of(context, view)
        commit = resolve_commit(context, view, revision)
        moved = view.with_branch(draft.branch, commit)
        if hard or draft.manifest is None:
            moved = with_stage(moved, draft.branch, None)
        elif commit != draft.head:
            again = draft_of(context, moved)
            moved, _ = stage_and_count(context, moved, again, context.manifest(draft.manifest))
        stage = draft_of(context, moved).stage
        counts = staged_counts(context, stage)
        return moved, ResetReport(draft.branch, commit, draft.head, counts, stage is not None)

    with writing(context):
        return record(context, change)
