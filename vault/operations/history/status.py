"""`status`: the branch, what is staged, what is in quarantine. Reads the log and little else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault.layout import RUNS, repository_folder
from vault.objects.commit import ChangeCounts
from vault.objects.digest import Digest
from vault.objects.log.view import RefName, View
from vault.operations.history.staged_counts import staged_counts
from vault.presentation.report_html import Displayed
from vault.session.context import Context, head_of, stage_of, workspace_of

if TYPE_CHECKING:
    from vault.operations.model_runs.open_runs import UnfinishedRun


@dataclass(frozen=True, slots=True)
class StatusReport(Displayed):
    """Where the repository stands.

    `branch` is None when HEAD is detached, `commit` None before the first one. `examples` and
    `quarantined` are of the stage (HEAD's when nothing is staged); of what is in quarantine,
    `unreadable` is input that could not be read, the rest examples with errors. `has_stage` tells a
    stage whose counts are all zero (another order, other sources, other removals) from none.
    `parked` names other branches on which changes are staged. `unfinished` are model runs that may
    go on.
    """

    branch: RefName | None
    commit: Digest | None
    message: str | None
    examples: int
    staged: ChangeCounts
    quarantined: int
    unreadable: int
    has_stage: bool
    parked: tuple[RefName, ...] = ()
    unfinished: tuple[UnfinishedRun, ...] = ()


def status(context: Context) -> StatusReport:
    """Return where the repository stands.

    Reads one log entry, at most one commit and one manifest, and the reasons of removals if there
    are any; compares the stage if nobody did before.
    """
    return status_of(context, context.log.tip().view)


def status_of(context: Context, view: View) -> StatusReport:
    """Return where the repository stands with a view."""
    workspace = workspace_of(view)
    head, stage = head_of(view), stage_of(view)
    commit = None if head is None else context.commit(head)
    if stage is not None:
        examples, unreadable, root = stage.examples, stage.quarantined, stage.manifest
    elif commit is not None:
        examples, unreadable, root = commit.examples, commit.quarantined, commit.manifest
    else:
        examples, unreadable, root = 0, 0, None
    return StatusReport(
        branch=workspace.branch,
        commit=head,
        message=None if commit is None else commit.message,
        examples=examples,
        staged=staged_counts(context, stage),
        quarantined=unreadable + _with_errors(context, root),
        unreadable=unreadable,
        has_stage=stage is not None,
        parked=tuple(sorted(name for name in workspace.stages if name != workspace.branch)),
        unfinished=_unfinished(context, view),
    )


def _with_errors(context: Context, root: Digest | None) -> int:
    manifest = context.manifest(root)
    if not manifest.removed:
        return 0
    from vault.operations.validation.quarantined_items import count_quarantined_examples

    return count_quarantined_examples(context.store, manifest)


def _unfinished(context: Context, view: View) -> tuple[UnfinishedRun, ...]:
    """Return the model runs that may go on: those whose folder is in this copy."""
    if context.folder is None or not view.runs:
        return ()
    folder = repository_folder(context.folder) / RUNS
    ended = ("finished", "cancelled")
    names = (run for run, each in view.runs.items() if each.state not in ended)
    if not any((folder / run).is_dir() for run in names):
        return ()
    from vault.operations.model_runs.open_runs import unfinished

    return tuple(unfinished(context, view))
