"""The view: every branch and tag, and each workspace's HEAD and stages. One per operation.

An operation log entry holds the whole view, so that several refs move together or not at all and
going back is reading an older entry. Needs only the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NewType, Self

from vault.errors import InvalidInput
from vault.objects.commit import ChangeCounts, read_counts
from vault.objects.digest import Digest, is_digest, read_digest

RefName = NewType("RefName", str)
"""Name of a branch or tag that passed `check_ref_name`."""

_REF_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


@dataclass(frozen=True, slots=True)
class Tag:
    """A name for a commit, with an optional message."""

    commit: Digest
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """The draft of a branch's next commit: a whole dataset, compared with `base`.

    `base` is the commit that it was drafted over (None before the first); `counts` compare the
    two. `quarantined` and `fingerprint` are of the stage's own dataset. `counts` and `fingerprint`
    are None where finding them out was left to whoever needs them.
    """

    base: Digest | None
    manifest: Digest
    examples: int
    counts: ChangeCounts | None
    quarantined: int
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Workspace:
    """What belongs to one person's copy and is never pushed: HEAD and the stages, by branch.

    Exactly one of `branch` (possibly without a commit yet) and `detached` is set.
    """

    branch: RefName | None
    detached: Digest | None = None
    stages: Mapping[RefName, Stage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """Everything that can change, at one moment."""

    branches: Mapping[RefName, Digest] = field(default_factory=dict)
    tags: Mapping[RefName, Tag] = field(default_factory=dict)
    workspaces: Mapping[str, Workspace] = field(default_factory=dict)

    def with_branch(self, name: RefName, commit: Digest) -> Self:
        """Return the view with a branch at a commit."""
        return replace(self, branches={**self.branches, name: commit})

    def with_branches(self, branches: Mapping[RefName, Digest]) -> Self:
        """Return the view with these branches instead of its own."""
        return replace(self, branches=dict(branches))

    def with_tags(self, tags: Mapping[RefName, Tag]) -> Self:
        """Return the view with these tags instead of its own."""
        return replace(self, tags=dict(tags))

    def with_workspace(self, name: str, workspace: Workspace) -> Self:
        """Return the view with one workspace replaced."""
        return replace(self, workspaces={**self.workspaces, name: workspace})


def check_ref_name(text: str) -> RefName:
    """Return a branch or tag name. Raises InvalidInput (`ref-name-invalid`)."""
    refused = (
        _REF_NAME.fullmatch(text) is None
        or ".." in text
        or "//" in text
        or text.endswith(("/", ".", ".lock"))
        or text in ("HEAD", "STAGE")
        or is_digest(text)
    )
    if refused:
        raise InvalidInput(
            f'"{text}" cannot be the name of a branch or tag',
            code="ref-name-invalid",
            hint="use letters, digits, and . _ / - after the first character, such as round-1",
        )
    return RefName(text)


def view_to_json(view: View) -> dict[str, Any]:
    """Return the view as JSON values."""
    return {
        "branches": dict(view.branches),
        "tags": {name: asdict(tag) for name, tag in view.tags.items()},
        "workspaces": {name: _workspace_json(each) for name, each in view.workspaces.items()},
    }


def _workspace_json(workspace: Workspace) -> dict[str, Any]:
    stages = {name: asdict(stage) for name, stage in workspace.stages.items()}
    return {"branch": workspace.branch, "detached": workspace.detached, "stages": stages}


def view_from_json(value: Mapping[str, Any]) -> View:
    """Return the view of these JSON values; KeyError, TypeError, ValueError if they are not one."""
    return View(
        branches={RefName(name): read_digest(each) for name, each in value["branches"].items()},
        tags={
            RefName(name): Tag(read_digest(each["commit"]), each["message"])
            for name, each in value["tags"].items()
        },
        workspaces={name: _workspace(each) for name, each in value["workspaces"].items()},
    )


def _workspace(value: Mapping[str, Any]) -> Workspace:
    return Workspace(
        branch=None if value["branch"] is None else RefName(value["branch"]),
        detached=None if value["detached"] is None else read_digest(value["detached"]),
        stages={RefName(name): _stage(each) for name, each in value["stages"].items()},
    )


def _stage(value: Mapping[str, Any]) -> Stage:
    return Stage(
        base=None if value["base"] is None else read_digest(value["base"]),
        manifest=read_digest(value["manifest"]),
        examples=int(value["examples"]),
        counts=None if value["counts"] is None else read_counts(value["counts"]),
        quarantined=int(value["quarantined"]),
        fingerprint=None if value["fingerprint"] is None else str(value["fingerprint"]),
    )
