"""`branch`: lines of history. A branch is a name that moves along with each commit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vault.errors import AlreadyExists, Conflict, NotFound
from vault.objects.digest import Digest
from vault.objects.log.view import RefName, Stage, View, check_ref_name
from vault.presentation.report_html import Displayed
from vault.session.context import WORKSPACE, Context, workspace_of
from vault.session.recording import record, writing
from vault.session.revisions import HEAD, ancestors, nearest_name, resolve_commit


@dataclass(frozen=True, slots=True)
class NamedBranch:
    """A branch: its name, its commit (None before the first), whether HEAD is on it.

    `staged` tells whether changes are staged there: the current ones, or some that are parked.
    """

    name: RefName
    commit: Digest | None
    current: bool
    staged: bool


@dataclass(frozen=True, slots=True)
class BranchReport(Displayed):
    """Branches, by name; `detached` is the commit that HEAD is at where it is on none of them."""

    branches: tuple[NamedBranch, ...]
    detached: Digest | None = None


def list_branches(context: Context) -> BranchReport:
    """Return all branches, sorted by name; the current one also before its first commit."""
    view = context.log.tip().view
    workspace = workspace_of(view)
    names = {*view.branches, *([] if workspace.branch is None else [workspace.branch])}
    named = tuple(_named(view, name) for name in sorted(names))
    return BranchReport(named, workspace.detached)


def make_branch(context: Context, name: str, revision: str | None = None) -> BranchReport:
    """Make a branch at a commit (HEAD's) and return it; HEAD stays where it is.

    Raises AlreadyExists (`branch-exists`, `ref-name-taken`), InvalidInput (`ref-name-invalid`,
    `commit-needed`), NotFound (`revision-not-found`, `no-commits`).
    """
    checked = check_ref_name(name)

    def change(view: View) -> tuple[View, BranchReport]:
        refuse_taken(view, checked)
        commit = resolve_commit(context, view, revision or HEAD)
        made = view.with_branch(checked, commit)
        return made, BranchReport((_named(made, checked),))

    with writing(context):
        return record(context, change)


def delete_branch(context: Context, name: str, *, force: bool = False) -> BranchReport:
    """Delete a branch and return it as it was.

    Refused unless `force` when something would go with it: commits that nothing else leads to, or
    staged changes. Raises NotFound (`branch-not-found`), Conflict (`branch-current`,
    `branch-not-merged`, `branch-has-stage`).
    """

    def change(view: View) -> tuple[View, BranchReport]:
        key = existing_branch(view, name)
        workspace = workspace_of(view)
        if workspace.branch == key:
            raise Conflict(
                f'HEAD is on "{name}", so it cannot be deleted',
                code="branch-current",
                hint="`vault switch` to another branch first",
            )
        if not force:
            _refuse_loss(context, view, key, workspace.stages.get(key))
        left = {each: at for each, at in view.branches.items() if each != key}
        stages = {each: stage for each, stage in workspace.stages.items() if each != key}
        changed = view.with_branches(left).with_workspace(
            WORKSPACE, replace(workspace, stages=stages)
        )
        return changed, BranchReport((_named(view, key),))

    with writing(context):
        return record(context, change)


def rename_branch(context: Context, old: str | None, new: str) -> BranchReport:
    """Give a branch (the current one) another name; its stage and HEAD go along.

    Raises NotFound (`branch-not-found`), AlreadyExists (`branch-exists`, `ref-name-taken`),
    InvalidInput (`ref-name-invalid`), Conflict (`detached-head`).
    """
    checked = check_ref_name(new)

    def change(view: View) -> tuple[View, BranchReport]:
        workspace = workspace_of(view)
        was = workspace.branch if old is None else existing_branch(view, old)
        if was is None:
            raise Conflict(
                "HEAD is at a commit, not on a branch, so there is none to rename",
                code="detached-head",
                hint=f"`vault branch -m OLD {new}` renames another one",
            )
        if was != checked:
            refuse_taken(view, checked)
        named = {was: checked}
        stages = {named.get(each, each): stage for each, stage in workspace.stages.items()}
        branch = None if workspace.branch is None else named.get(workspace.branch, workspace.branch)
        branches = {named.get(each, each): at for each, at in view.branches.items()}
        changed = view.with_branches(branches).with_workspace(
            WORKSPACE, replace(workspace, branch=branch, stages=stages)
        )
        return changed, BranchReport((_named(changed, checked),))

    with writing(context):
        return record(context, change)


def existing_branch(view: View, name: str) -> RefName:
    """Return the name of a branch that there is. Raises NotFound (`branch-not-found`)."""
    key = RefName(name)
    known = {*view.branches, workspace_of(view).branch}
    if key not in known:
        near = nearest_name(name, [str(each) for each in known if each is not None])
        raise NotFound(
            f'there is no branch "{name}"',
            code="branch-not-found",
            hint=f"{near}`vault branch` lists them, `vault switch -c {name}` makes this one",
        )
    return key


def refuse_taken(view: View, name: RefName) -> None:
    """Raise AlreadyExists for a name that a branch (`branch-exists`) or a tag has."""
    if name in view.branches or workspace_of(view).branch == name:
        raise AlreadyExists(
            f'there is a branch "{name}" already',
            code="branch-exists",
            hint=f"`vault switch {name}` goes there, `vault reset REV` moves it from there",
        )
    if name in view.tags:
        raise AlreadyExists(
            f'"{name}" is a tag, and one name cannot mean two versions',
            code="ref-name-taken",
            hint=f"choose another name, or delete the tag with `vault tag -d {name}`",
        )


def _named(view: View, name: RefName) -> NamedBranch:
    workspace = workspace_of(view)
    return NamedBranch(
        name, view.branches.get(name), workspace.branch == name, name in workspace.stages
    )


def _refuse_loss(context: Context, view: View, name: RefName, stage: Stage | None) -> None:
    forced = f"`vault branch -D {name}` deletes it all the same"
    if stage is not None:
        raise Conflict(
            f'changes are staged on "{name}" that would be lost',
            code="branch-has-stage",
            hint=f"`vault switch {name}` takes them up; {forced}",
        )
    commit = view.branches[name]
    others = [at for each, at in view.branches.items() if each != name]
    others += [tag.commit for tag in view.tags.values()]
    detached = workspace_of(view).detached
    others += [] if detached is None else [detached]
    if not any(commit in set(ancestors(context, each)) for each in dict.fromkeys(others)):
        raise Conflict(
            f'"{name}" has commits that no other branch or tag leads to',
            code="branch-not-merged",
            hint=f"`vault tag NAME {name}` keeps them; {forced}",
        )
