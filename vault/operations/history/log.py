"""`log`: history, newest first. Reads commits only, so it is as fast as starting up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from vault.dataset.reading.validation_results import MovedRule, attached_validation, moved_rules
from vault.objects.commit import ChangeCounts, Commit
from vault.objects.digest import Digest
from vault.objects.log.view import RefName, View
from vault.objects.note import decode_note
from vault.objects.validation import Validation
from vault.presentation.report_html import Displayed
from vault.session.context import Context, head_of
from vault.session.revisions import ancestors, resolve


@dataclass(frozen=True, slots=True)
class LoggedCommit(Displayed):
    """One commit of history, with the names that stand at it.

    `notes` holds facts that arrived after the commit. `validation` is what the rules had found in
    its dataset, and `moved` which of them found more or less in its parent's: both only where that
    was asked for and somebody had validated.
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
    validation: Validation | None = None
    moved: tuple[MovedRule, ...] = ()


@dataclass(frozen=True, slots=True)
class LogReport(Displayed):
    """Commits, newest first, and the one that HEAD is at."""

    commits: tuple[LoggedCommit, ...]
    head: Digest | None


def log(
    context: Context, revision: str | None = None, *, limit: int | None = None, stat: bool = False
) -> LogReport:
    """Return the history of a revision (HEAD); nothing in a repository without commits.

    The history of the stage, which is not recorded yet, is that of HEAD. `stat` also tells what the
    rules found, which reads the manifest of each commit.

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
    names = NamesAt(context, view)
    commits = (logged(names, digest, context.commit(digest)) for digest in chosen)
    if stat:
        commits = (_with_validation(context, each) for each in commits)
    return LogReport(tuple(commits), head)


def _with_validation(context: Context, logged: LoggedCommit) -> LoggedCommit:
    now = _validation(context, logged.commit)
    before = _validation(context, logged.parents[0]) if logged.parents else None
    return replace(logged, validation=now, moved=moved_rules(before, now))


def _validation(context: Context, digest: Digest) -> Validation | None:
    return attached_validation(context, context.commit(digest).manifest)


class NamesAt:
    """What a view says of commits: the branches and tags that stand at each, sorted, and notes."""

    def __init__(self, context: Context, view: View) -> None:
        self.branches = _by_commit((name, at) for name, at in view.branches.items())
        self.tags = _by_commit((name, tag.commit) for name, tag in view.tags.items())
        self._context = context
        self._notes = view.notes

    def notes(self, commit: Digest) -> dict[str, str]:
        """Return what was noted of a commit, by key; nothing for notes of a later vault.

        Raises Corrupt.
        """
        found = self._notes.get(commit)
        facts = None if found is None else decode_note(self._context.store.get(found))
        return {key: fact.value for key, fact in (facts or {}).items()}


def _by_commit(names: Iterable[tuple[RefName, Digest]]) -> dict[Digest, tuple[RefName, ...]]:
    found: dict[Digest, list[RefName]] = {}
    for name, commit in sorted(names):
        found.setdefault(commit, []).append(name)
    return {commit: tuple(own) for commit, own in found.items()}


def logged(names: NamesAt, digest: Digest, commit: Commit) -> LoggedCommit:
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
        branches=names.branches.get(digest, ()),
        tags=names.tags.get(digest, ()),
        notes=names.notes(digest),
    )
