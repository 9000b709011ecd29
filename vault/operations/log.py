"""`log`: history, newest first. Reads commits only, so it is as fast as starting up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from vault.notebook import Displayed
from vault.objects.commit import ChangeCounts, Commit
from vault.objects.digest import Digest
from vault.objects.view import RefName, View
from vault.operations.context import Context, head_of
from vault.operations.revisions import ancestors, resolve


@dataclass(frozen=True, slots=True)
class LoggedCommit(Displayed):
    """One commit of history, with the names that stand at it.

    `notes` holds facts that arrived after the commit.
    """

    commit: Digest
    parents: tuple[Digest, ...]
    author: str
    time: str
    message: str
    meta: Mapping[str, str]
    examples: int
    counts: ChangeCounts
    quarantined: int
    fingerprint: str
    branches: tuple[RefName, ...]
    tags: tuple[RefName, ...]
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogReport(Displayed):
    """Commits, newest first, and the one that HEAD is at."""

    commits: tuple[LoggedCommit, ...]
    head: Digest | None


def log(context: Context, revision: str | None = None, *, limit: int | None = None) -> LogReport:
    """Return the history of a revision (HEAD); nothing in a repository without commits.

    The history of the stage, which is not recorded yet, is that of HEAD.

    Raises NotFound (`revision-not-found`), Corrupt.
    """
    view = context.log.tip().view
    head = head_of(view)
    start = head
    if revision is not None:
        start = resolve(context, view, revision).commit or head
    if start is None:
        return LogReport((), head)
    chosen = islice(ancestors(context, start), limit)
    commits = tuple(logged(view, digest, context.commit(digest)) for digest in chosen)
    return LogReport(commits, head)


def logged(view: View, digest: Digest, commit: Commit) -> LoggedCommit:
    """Return a commit as history shows it."""
    return LoggedCommit(
        commit=digest,
        parents=commit.parents,
        author=commit.author,
        time=commit.time,
        message=commit.message,
        meta=commit.meta,
        examples=commit.examples,
        counts=commit.counts,
        quarantined=commit.quarantined,
        fingerprint=commit.fingerprint,
        branches=tuple(name for name, at in sorted(view.branches.items()) if at == digest),
        tags=tuple(name for name, tag in sorted(view.tags.items()) if tag.commit == digest),
    )
