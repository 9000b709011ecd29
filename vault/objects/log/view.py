"""The view: every name in a repository, and each workspace's HEAD and stages. One per operation.

An entry of the operation log holds the whole view or what changed in it, so that several refs move
together or not at all, and going back is reading an older view. Needs only the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple, NewType, Self

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


class Run(NamedTuple):
    """A run of a model: the object that keeps its answers, once it has one, and how it stands.

    `names` are further objects that are kept for its sake, such as the manifest of its seeds.
    """

    object: Digest | None
    state: str
    names: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """Everything that can change, at one moment.

    `notes` maps a commit to an object with what was found out about it later. `runs` and `erased`
    stand apart: what was paid for is not lost, and what was erased does not come back, because
    something else is taken back (`undoable`). `erased` maps names to lists of erased objects.
    """

    branches: Mapping[RefName, Digest] = field(default_factory=dict)
    tags: Mapping[RefName, Tag] = field(default_factory=dict)
    workspaces: Mapping[str, Workspace] = field(default_factory=dict)
    notes: Mapping[Digest, Digest] = field(default_factory=dict)
    runs: Mapping[str, Run] = field(default_factory=dict)
    erased: Mapping[str, Digest] = field(default_factory=dict)

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

    def with_run(self, name: str, run: Run) -> Self:
        """Return the view with one model run added or replaced."""
        return replace(self, runs={**self.runs, name: run})

    def undoable(self) -> Self:
        """Return what of the view `undo` takes back: everything but runs and erasures."""
        return replace(self, runs={}, erased={})

    def with_lasting(self, other: View) -> Self:
        """Return the view with the runs and erasures of another one."""
        return replace(self, runs=other.runs, erased=other.erased)


def check_ref_name(text: str) -> RefName:
    """Return a branch or tag name. Raises InvalidInput (`ref-name-invalid`)."""
    if not is_ref_name(text):
        raise InvalidInput(
            f'"{text}" cannot be the name of a branch or tag',
            code="ref-name-invalid",
            hint="use letters, digits, and . _ / - after the first character, such as round-1",
        )
    return RefName(text)


def stages_of(view: View) -> Iterator[Stage]:
    """Yield every stage of every workspace."""
    for workspace in view.workspaces.values():
        yield from workspace.stages.values()


def objects_named(view: View) -> Iterator[Digest]:
    """Yield the objects that notes, runs and erasures name."""
    yield from view.notes.values()
    yield from view.erased.values()
    for run in view.runs.values():
        yield from run.names
        if run.object is not None:
            yield run.object


def is_ref_name(text: str) -> bool:
    """Tell whether a text can be the name of a branch or tag."""
    return not (
        _REF_NAME.fullmatch(text) is None
        or ".." in text
        or "//" in text
        or text.endswith(("/", ".", ".lock"))
        or text in ("HEAD", "STAGE")
        or is_digest(text)
    )


def view_to_json(view: View) -> dict[str, Any]:
    """Return the view as JSON values."""
    return {part: part_to_json(part, getattr(view, part)) for part in PARTS}


def view_from_json(value: Mapping[str, Any]) -> View:
    """Return the view of these JSON values; KeyError, TypeError, ValueError if they are not one.

    Entries of version 1 have no notes, runs and erasures.
    """
    said = {"notes": {}, "runs": {}, "erased": {}, **value}
    return View(**{part: part_from_json(part, said[part]) for part in PARTS})


def part_to_json(part: str, values: Mapping[Any, Any]) -> dict[str, Any]:
    """Return one part of a view, such as its tags, as JSON values."""
    write = _PARTS[part].write
    return {name: write(each) for name, each in values.items()}


def part_from_json(part: str, values: Mapping[str, Any]) -> dict[Any, Any]:
    """Return one part of a view; errors as `view_from_json`."""
    read_name, read, _ = _PARTS[part]
    return {read_name(name): read(each) for name, each in values.items()}


def _tag_json(tag: Tag) -> dict[str, Any]:
    return {"commit": tag.commit, "message": tag.message}


def _workspace_json(workspace: Workspace) -> dict[str, Any]:
    stages = {name: asdict(stage) for name, stage in workspace.stages.items()}
    return {"branch": workspace.branch, "detached": workspace.detached, "stages": stages}


def _run_json(run: Run) -> dict[str, Any]:
    return {"names": list(run.names), "object": run.object, "state": run.state}


def _name(value: object) -> RefName:
    """Return a name that stands in a stored view: it may be a stranger's."""
    if not isinstance(value, str) or not is_ref_name(value):
        raise ValueError(f"{value!r} is not the name of a branch or tag")
    return RefName(value)


def _tag(value: Mapping[str, Any]) -> Tag:
    message = value["message"]
    if not isinstance(message, str | None):
        raise ValueError("the message of a tag is no text")
    return Tag(read_digest(value["commit"]), message)


def _workspace(value: Mapping[str, Any]) -> Workspace:
    branch, detached = value["branch"], value["detached"]
    if (branch is None) == (detached is None):
        raise ValueError("a workspace is on a branch or at a commit, and not both")
    return Workspace(
        branch=None if branch is None else _name(branch),
        detached=None if detached is None else read_digest(detached),
        stages={_name(name): _stage(each) for name, each in value["stages"].items()},
    )


def _stage(value: Mapping[str, Any]) -> Stage:
    return Stage(
        base=None if value["base"] is None else read_digest(value["base"]),
        manifest=read_digest(value["manifest"]),
        examples=int(value["examples"]),
        counts=None if value["counts"] is None else read_counts(value["counts"]),
        quarantined=int(value["quarantined"]),
        fingerprint=None if value["fingerprint"] is None else read_digest(value["fingerprint"]),
    )


def _run(value: Mapping[str, Any]) -> Run:
    return Run(
        object=None if value["object"] is None else read_digest(value["object"]),
        state=str(value["state"]),
        names=tuple(read_digest(each) for each in value["names"]),
    )


class _Part(NamedTuple):
    """How the names of one part of a view are read, and what they stand for is read and written."""

    read_name: Callable[[str], Any]
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


_PARTS: Mapping[str, _Part] = {
    "branches": _Part(_name, read_digest, str),
    "tags": _Part(_name, _tag, _tag_json),
    "workspaces": _Part(str, _workspace, _workspace_json),
    "notes": _Part(read_digest, read_digest, str),
    "runs": _Part(str, _run, _run_json),
    "erased": _Part(str, read_digest, str),
}

PARTS = tuple(_PARTS)
"""The parts of a view: attributes of it, and members of its JSON."""
