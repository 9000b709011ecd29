"""What every verb is given: the store, the log, and who acts when."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vault.errors import Conflict, Corrupt
from vault.objects.commit import Commit, decode_commit
from vault.objects.digest import Digest
from vault.objects.log.view import RefName, Stage, View, Workspace
from vault.progress import Progress
from vault.session.expression_cache import ColumnCache
from vault.store.object_store import ObjectStore
from vault.store.operation_log import Intent, OperationLog

if TYPE_CHECKING:
    from vault.objects.manifest import Manifest

WORKSPACE = "default"
"""The workspace of a repository's own folder; the log has room for others."""


@dataclass(frozen=True, slots=True)
class Context:
    """An open repository and the circumstances of one call.

    `folder` holds `.vault` and `vault.toml` (None for a repository in memory); paths of sources
    are relative to it. `intent` says who acts, when, and by which command line. `columns` keeps
    what expressions have read. `records` is False in a dry run, of which no operation is recorded.
    """

    store: ObjectStore
    log: OperationLog
    folder: Path | None
    intent: Intent
    progress: Progress
    _commits: dict[Digest, Commit] = field(default_factory=dict)
    columns: ColumnCache = field(default_factory=ColumnCache)
    records: bool = True

    def commit(self, digest: Digest) -> Commit:
        """Return a commit by its id, read once. Raises Corrupt."""
        found = self._commits.get(digest)
        if found is None:
            found = self._commits[digest] = decode_commit(self.store.get(digest))
        return found

    def manifest(self, digest: Digest | None) -> Manifest:
        """Return a manifest; the empty one for None. Raises Corrupt."""
        from vault.objects.manifest import Manifest, decode_manifest

        return Manifest() if digest is None else decode_manifest(self.store.get(digest))


@dataclass(frozen=True, slots=True)
class Draft:
    """Where the next commit is drafted: the branch, its commit, and what is staged over it.

    `manifest` is the staged dataset, else the branch's, else None (nothing yet).
    """

    branch: RefName
    head: Digest | None
    stage: Stage | None
    manifest: Digest | None


def seconds_of(time: str) -> float | None:
    """Return a recorded time in seconds since 1970, None for a text that is not one."""
    try:
        read = datetime.fromisoformat(time)
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def workspace_of(view: View) -> Workspace:
    """Return this repository's workspace. Raises Corrupt (`workspace-missing`)."""
    found = view.workspaces.get(WORKSPACE)
    if found is None:
        raise Corrupt(
            f'the newest operation has no workspace "{WORKSPACE}"',
            code="workspace-missing",
            hint="`vault fsck` lists everything that is damaged",
        )
    return found


def head_of(view: View) -> Digest | None:
    """Return the commit that HEAD is at, or None before the first."""
    workspace = workspace_of(view)
    if workspace.branch is None:
        return workspace.detached
    return view.branches.get(workspace.branch)


def stage_of(view: View) -> Stage | None:
    """Return what is staged on the current branch, or None."""
    workspace = workspace_of(view)
    return None if workspace.branch is None else workspace.stages.get(workspace.branch)


def draft_of(context: Context, view: View, branch: RefName | None = None) -> Draft:
    """Return where changes of a branch (that of HEAD) are staged.

    Raises Conflict (`detached-head`).
    """
    workspace = workspace_of(view)
    branch = branch or workspace.branch
    if branch is None:
        raise Conflict(
            "HEAD is at a commit, not on a branch, so there is no stage to change",
            code="detached-head",
            hint="`vault switch -c NAME` makes a branch here",
        )
    head = view.branches.get(branch)
    stage = workspace.stages.get(branch)
    if stage is not None:
        manifest: Digest | None = stage.manifest
    else:
        manifest = None if head is None else context.commit(head).manifest
    return Draft(branch, head, stage, manifest)


def on_branch(view: View, branch: RefName) -> View:
    """Return the view with HEAD on a branch; stages stay where they are."""
    workspace = workspace_of(view)
    return view.with_workspace(WORKSPACE, replace(workspace, branch=branch, detached=None))


def with_stage(view: View, branch: RefName, stage: Stage | None) -> View:
    """Return the view with a branch's stage replaced, or emptied."""
    workspace = workspace_of(view)
    stages = {name: each for name, each in workspace.stages.items() if name != branch}
    if stage is not None:
        stages[branch] = stage
    return view.with_workspace(WORKSPACE, replace(workspace, stages=stages))
