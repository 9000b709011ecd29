"""Revisions: which commit a text means. Looked up as ref, commit id, then (elsewhere) example."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vault.errors import InvalidInput, NotFound
from vault.objects.digest import Digest
from vault.objects.log.view import View
from vault.session.context import Context, head_of, stage_of

STAGE = "STAGE"
HEAD = "HEAD"
_LEAST_PREFIX = 4
_STEP = re.compile(r"([~^])(\d*)")
_BASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


@dataclass(frozen=True, slots=True)
class Revision:
    """What a revision means: a commit, or the stage (which has a manifest and no commit).

    `manifest` is None for the stage of a repository in which nothing happened yet.
    """

    text: str
    commit: Digest | None
    manifest: Digest | None


def resolve(context: Context, view: View, text: str) -> Revision:
    """Return what a revision means.

    Raises NotFound (`revision-not-found`, with the nearest name; `no-commits`), InvalidInput
    (`revision-ambiguous`, `revision-invalid`), Corrupt.
    """
    if text == STAGE:
        return stage_revision(context, view)
    if ".." in text:
        raise _a_range(text)
    base = _BASE.match(text)
    steps = text[base.end() :] if base else text
    if base is None or _STEP.sub("", steps):
        raise InvalidInput(
            f'"{text}" is not a revision',
            code="revision-invalid",
            hint="use a branch, a tag, a commit id, HEAD, HEAD~1 or STAGE",
        )
    commit = _named(context, view, base.group())
    for kind, number in _STEP.findall(steps):
        commit = _step(context, commit, kind, 1 if number == "" else int(number), text)
    return Revision(text, commit, context.commit(commit).manifest)


def _a_range(text: str) -> InvalidInput:
    old, _, new = text.partition("..")
    new = new.lstrip(".")
    shown = f"`vault diff {old or HEAD}..{new or HEAD}`"
    if "..." in text:
        return InvalidInput(
            f'"{text}" has three dots, and a range has two',
            code="revision-invalid",
            hint=f"{shown} compares the two",
        )
    return InvalidInput(
        f'"{text}" is a range of two versions, which `vault diff` and `vault stats` take',
        code="revision-invalid",
        hint=f"name one version here; {shown} compares the two",
    )


def stage_revision(context: Context, view: View) -> Revision:
    """Return the stage, which is HEAD's dataset when nothing is staged."""
    stage = stage_of(view)
    if stage is not None:
        return Revision(STAGE, None, stage.manifest)
    head = head_of(view)
    return Revision(STAGE, None, None if head is None else context.commit(head).manifest)


def resolve_commit(context: Context, view: View, text: str) -> Digest:
    """Return the commit that a revision means.

    Raises InvalidInput (`commit-needed`) for the stage, which has none, and what `resolve` raises.
    """
    commit = resolve(context, view, text).commit
    if commit is None:
        raise InvalidInput(
            "the stage is a draft, and a commit is needed here",
            code="commit-needed",
            hint='`vault commit -m "..."` makes one of it',
        )
    return commit


def head_revision(context: Context, view: View) -> Revision:
    """Return HEAD. Raises NotFound (`no-commits`)."""
    return resolve(context, view, HEAD)


def ancestors(context: Context, start: Digest) -> Iterator[Digest]:
    """Yield a commit and everything it follows from, newest first, each once."""
    seen = {start}
    pending = [(context.commit(start).time, start)]
    while pending:
        pending.sort()
        _, digest = pending.pop()
        yield digest
        for parent in context.commit(digest).parents:
            if parent not in seen:
                seen.add(parent)
                pending.append((context.commit(parent).time, parent))


def tips(view: View) -> list[Digest]:
    """Return every commit that a ref, HEAD or a stage names, each once."""
    found = [*view.branches.values(), *(tag.commit for tag in view.tags.values())]
    for workspace in view.workspaces.values():
        found += [workspace.detached] if workspace.detached else []
        found += [stage.base for stage in workspace.stages.values() if stage.base]
    return list(dict.fromkeys(found))


def all_commits(context: Context, view: View) -> Iterator[Digest]:
    """Yield every commit that the view reaches, each once."""
    seen: set[Digest] = set()
    pending = tips(view)
    while pending:
        digest = pending.pop()
        if digest not in seen:
            seen.add(digest)
            yield digest
            pending.extend(context.commit(digest).parents)


def _left_commits(context: Context) -> list[Digest]:
    """Return every commit that a kept operation reaches. Costs reading the log."""
    starts = {digest for each in context.log.newest_first() for digest in tips(each.told)}
    found: dict[Digest, None] = {}
    for start in sorted(starts):
        if start not in found:
            found.update(dict.fromkeys(ancestors(context, start)))
    return list(found)


def _named(context: Context, view: View, name: str) -> Digest:
    if name == HEAD:
        head = head_of(view)
        if head is None:
            raise NotFound(
                "there is no commit yet, so HEAD has nothing to show",
                code="no-commits",
                hint='`vault commit -m "first round"` records what is staged',
            )
        return head
    branch = view.branches.get(name)  # type: ignore[call-overload]
    tag = view.tags.get(name)  # type: ignore[call-overload]
    if branch is not None:
        return Digest(branch)
    if tag is not None:
        return Digest(tag.commit)
    found = _by_prefix(context, view, name)
    if found is None:
        raise _unknown(view, name)
    return found


def _by_prefix(context: Context, view: View, prefix: str) -> Digest | None:
    if len(prefix) < _LEAST_PREFIX or not re.fullmatch(r"[0-9a-f]{4,64}", prefix):
        return None
    found = [each for each in all_commits(context, view) if each.startswith(prefix)]
    if not found:
        # A commit that a branch has left, as after a reset, is found as long as it is kept.
        found = [each for each in _left_commits(context) if each.startswith(prefix)]
    if len(found) > 1:
        raise InvalidInput(
            f'"{prefix}" begins the ids of {len(found)} commits',
            code="revision-ambiguous",
            hint=f"give more characters, such as {sorted(found)[0][:12]}",
        )
    return found[0] if found else None


def _unknown(view: View, name: str) -> NotFound:
    near = nearest_name(name, [HEAD, STAGE, *view.branches, *view.tags])
    return NotFound(
        f'no branch, tag or commit is called "{name}"',
        code="revision-not-found",
        hint=f"{near}`vault branch` and `vault tag` list names, `vault log --oneline` commits",
    )


def nearest_name(name: str, known: Sequence[str]) -> str:
    """Return `did you mean "..."? ` for the known name that is nearest, or nothing."""
    import difflib

    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f'did you mean "{near[0]}"? ' if near else ""


def _step(context: Context, commit: Digest, kind: str, number: int, text: str) -> Digest:
    if kind == "^":
        parents = context.commit(commit).parents
        if number == 0:
            return commit
        if number > len(parents):
            raise _no_parent(commit, text)
        return parents[number - 1]
    for _ in range(number):
        parents = context.commit(commit).parents
        if not parents:
            raise _no_parent(commit, text)
        commit = parents[0]
    return commit


def _no_parent(commit: Digest, text: str) -> NotFound:
    return NotFound(
        f'"{text}" goes back further than history: commit {commit[:12]} has no such parent',
        code="revision-not-found",
        hint="`vault log --oneline` lists what there is",
    )


def revision_names(view: View) -> tuple[str, ...]:
    """Return HEAD, STAGE and the names of all branches and tags, each once."""
    return tuple(dict.fromkeys([HEAD, STAGE, *sorted(view.branches), *sorted(view.tags)]))
