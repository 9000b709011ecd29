"""`switch` and `checkout` without a file: move HEAD to another branch, or to a commit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vault.errors import Conflict, InvalidInput, NotFound
from vault.objects.commit import ChangeCounts
from vault.objects.digest import Digest
from vault.objects.log.view import RefName, View, Workspace, check_ref_name
from vault.operations.history.branches import existing_branch, refuse_taken
from vault.operations.history.staged_counts import staged_counts
from vault.presentation.report_html import Displayed
from vault.session.context import (
    WORKSPACE,
    Context,
    head_of,
    on_branch,
    stage_of,
    with_stage,
    workspace_of,
)
from vault.session.recording import record, writing
from vault.session.revisions import HEAD, resolve, resolve_commit

PREVIOUS = "-"
"""What stands for the branch that HEAD was on before."""


@dataclass(frozen=True, slots=True)
class SwitchReport(Displayed):
    """Where HEAD is now, and where it was.

    `branch` is None at a commit, `commit` None before the first. `staged` compares the stage that
    was taken up with the commit, `parked` names the branch on which changes stayed staged, and
    `moved` tells whether HEAD was anywhere else before.
    """

    branch: RefName | None
    commit: Digest | None
    message: str | None
    staged: ChangeCounts
    parked: RefName | None
    before: RefName | Digest | None
    created: bool
    moved: bool


def switch(
    context: Context, name: str, *, create: bool = False, take_stage: bool = False
) -> SwitchReport:
    """Go to a branch: what is staged stays parked where it is, and what was parked there is staged.

    `-` is the branch that HEAD was on before. `create` makes the branch at HEAD first;
    `take_stage` brings along what is staged (before the first commit it always comes along). Raises
    NotFound (`branch-not-found`, `no-previous-branch`), AlreadyExists (`branch-exists`,
    `ref-name-taken`), InvalidInput (`ref-name-invalid`, `switch-names-commit`, `take-stage-alone`).
    """
    if take_stage and not create:
        raise InvalidInput(
            f'"{name}" may have a stage of its own, so nothing can be brought along',
            code="take-stage-alone",
            hint="`vault switch -c NEW --take-stage` goes to a new branch with what is staged",
        )

    def change(view: View) -> tuple[View, SwitchReport]:
        if create:
            made = _created(view, check_ref_name(name), take_stage=take_stage)
            return made, _report(context, view, made, created=True)
        wanted = _previous(context, view) if name == PREVIOUS else name
        _refuse_commit(context, view, wanted)
        moved = on_branch(view, existing_branch(view, wanted))
        return moved, _report(context, view, moved, created=False)

    with writing(context):
        return record(context, change)


def checkout(context: Context, revision: str | None = None) -> SwitchReport:
    """Move HEAD: to a branch by its name, else to a commit, off any branch. Writes no file.

    Raises Conflict (`stage-in-the-way`) when changes are staged where HEAD is, InvalidInput
    (`commit-needed`) for the stage, and what `resolve` raises.
    """

    def change(view: View) -> tuple[View, SwitchReport]:
        name = revision or HEAD
        if name == HEAD and head_of(view) is None:
            return view, _report(context, view, view, created=False)
        commit = resolve_commit(context, view, name)
        moved = _moved(view, name, commit)
        if moved != view:
            _refuse_stage(view, name)
        return moved, _report(context, view, moved, created=False)

    with writing(context):
        return record(context, change)


def _previous(context: Context, view: View) -> str:
    """Return the branch that HEAD was on last, other than now, and that is still there."""
    now = workspace_of(view).branch
    for entry in context.log.newest_first():
        workspace = entry.told.workspaces.get(WORKSPACE)
        branch = None if workspace is None else workspace.branch
        if branch is not None and branch != now and branch in view.branches:
            return branch
    raise NotFound(
        "HEAD was on no other branch before",
        code="no-previous-branch",
        hint="`vault branch` lists those there are",
    )


def _moved(view: View, name: str, commit: Digest) -> View:
    if name == HEAD:
        return view
    if name in view.branches:
        return on_branch(view, RefName(name))
    workspace = replace(workspace_of(view), branch=None, detached=commit)
    return view.with_workspace(WORKSPACE, workspace)


def _created(view: View, name: RefName, *, take_stage: bool) -> View:
    refuse_taken(view, name)
    head, before = head_of(view), workspace_of(view).branch
    if head is None:
        # There is no commit to begin a branch at: the one that nothing was recorded on is renamed.
        stage = stage_of(view)
        assert before is not None, "HEAD is at a commit or on a branch"
        return with_stage(on_branch(with_stage(view, before, None), name), name, stage)
    made = on_branch(view.with_branch(name, head), name)
    stage = stage_of(view)
    if take_stage and before is not None and stage is not None:
        made = with_stage(with_stage(made, before, None), name, stage)
    return made


def _refuse_commit(context: Context, view: View, name: str) -> None:
    """Explain that only branches can be switched to, where the name is another revision."""
    if name in view.branches or name == workspace_of(view).branch:
        return
    try:
        found = resolve(context, view, name)
    except (NotFound, InvalidInput):
        return
    if found.commit is not None:
        raise InvalidInput(
            f'"{name}" is not a branch',
            code="switch-names-commit",
            hint=f"`vault checkout {name}` goes to that commit, "
            f"`vault branch NAME {name}` makes a branch there",
        )


def _refuse_stage(view: View, name: str) -> None:
    if stage_of(view) is not None:
        raise Conflict(
            "changes are staged that are not committed",
            code="stage-in-the-way",
            hint="`vault commit` records them, `vault discard` drops them, "
            "`vault switch BRANCH` leaves them parked here",
        )


def _report(context: Context, before: View, after: View, *, created: bool) -> SwitchReport:
    was, now = workspace_of(before), workspace_of(after)
    commit, stage = head_of(after), stage_of(after)
    left = was.branch if was.branch != now.branch else None
    return SwitchReport(
        branch=now.branch,
        commit=commit,
        message=None if commit is None else context.commit(commit).message,
        staged=staged_counts(context, stage),
        parked=left if left is not None and left in now.stages else None,
        before=_place(was),
        created=created,
        moved=_place(was) != _place(now),
    )


def _place(workspace: Workspace) -> RefName | Digest | None:
    return workspace.branch if workspace.branch is not None else workspace.detached
