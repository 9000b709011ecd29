"""`commit`: record the stage as the branch's next commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from vault.dataset.reading.validation_results import with_validation
from vault.errors import AnswerIsNo, Conflict, InvalidInput
from vault.objects.commit import ChangeCounts, Commit, encode_commit
from vault.objects.digest import Digest
from vault.objects.log.view import RefName, Stage, View
from vault.objects.manifest import Manifest, encode_manifest, refuse_conflicts
from vault.objects.validation import Validation
from vault.operations.history.staged_counts import staged_counts
from vault.operations.validation.commit_gate import (
    check_named_rules,
    gate_of,
    pass_gate,
    recalled,
    skipped_by_gate,
)
from vault.plain_files import read_plain
from vault.presentation.report_html import Displayed
from vault.session.context import Context, Draft, draft_of, with_stage
from vault.session.recording import record, writing


@dataclass(frozen=True, slots=True)
class CommitOptions:
    """How to commit: facts to keep with it, in place of the last commit, even if nothing changed.

    `verify` lets the gate of vault.toml check what is staged.
    """

    meta: Mapping[str, str] = field(default_factory=dict)
    amend: bool = False
    allow_empty: bool = False
    verify: bool = True


@dataclass(frozen=True, slots=True)
class CommitReport(Displayed):
    """The commit that was made, its branch, and how it differs from its parent.

    `quarantined` counts input that could not be read. `skipped` are rules that the gate left out,
    because they are code of the project.
    """

    commit: Digest
    branch: RefName
    parents: tuple[Digest, ...]
    examples: int
    added: int
    removed: int
    changed: int
    relabelled: int
    quarantined: int
    fingerprint: str
    message: str
    skipped: tuple[str, ...] = ()


def commit_stage(
    context: Context, message: str | None, options: CommitOptions = CommitOptions()
) -> CommitReport:
    """Record the stage as it is now; what others stage meanwhile stays staged.

    Where examples are labelled, costs reading all ids and labels for the fingerprint; a comparison
    if nobody counted the changes before; with a gate what `validate` costs, unless it ran over just
    this. What the rules found is kept with the commit. Raises AnswerIsNo (`nothing-to-commit`,
    `validate-gate`), InvalidInput (`message-missing`, `nothing-to-amend`, `config-invalid`),
    Conflict (`detached-head`; `conflicts-unresolved`; `branch-moved` where another commit came
    before an amended one), StorageFailed, Corrupt.
    """
    with writing(context):
        draft = draft_of(context, context.log.tip().view)
        _check(draft, message, options)
        made = _make(context, draft, message, options)
        digest = context.store.put(encode_commit(made))

        def change(view: View) -> tuple[View, CommitReport]:
            now = draft_of(context, view)
            if now.head != draft.head or now.branch != draft.branch:
                if options.amend:
                    raise _moved(draft)
                # Another commit came first: record the stage as it now is, over that one.
                _check(now, message, options)
                again = _make(context, now, message, options)
                renewed = context.store.put(encode_commit(again))
                return _published(context, view, now, now.stage, renewed, again)
            return _published(context, view, now, draft.stage, digest, made)

        report = record(context, change)
    return replace(report, skipped=skipped_by_gate(context) if options.verify else ())


def _team_settings(context: Context) -> bytes | None:
    """Return the text of vault.toml, None where there is none."""
    if context.folder is None:
        return None
    try:
        return read_plain(context.folder / "vault.toml")
    except FileNotFoundError:
        return None


def _check(draft: Draft, message: str | None, options: CommitOptions) -> None:
    if options.amend and draft.head is None:
        raise InvalidInput(
            "there is no commit to amend",
            code="nothing-to-amend",
            hint='`vault commit -m "first round"` makes the first one',
        )
    if message is not None and not message.strip():
        raise InvalidInput(
            "the message is empty", code="message-missing", hint='write `-m "second round"`'
        )
    if message is None and not options.amend:
        raise InvalidInput(
            "a commit needs a message", code="message-missing", hint='write `-m "second round"`'
        )
    reworded = options.amend and (message is not None or options.meta)
    if draft.stage is None and not options.allow_empty and not reworded:
        raise AnswerIsNo(
            "nothing is staged, so there is nothing to commit",
            code="nothing-to-commit",
            hint="`vault import FILE` stages examples; --allow-empty commits all the same",
        )


def _moved(draft: Draft) -> Conflict:
    # The commit that came first was told to its author as done: amending must not take it away.
    return Conflict(
        f'another commit was made on "{draft.branch}" before this one was amended',
        code="branch-moved",
        hint="`vault log` shows it; amend again if it is the one you mean",
    )


def _make(context: Context, draft: Draft, message: str | None, options: CommitOptions) -> Commit:
    manifest = draft.manifest
    if manifest is None:
        manifest = context.store.put(encode_manifest(Manifest()))
    root = context.manifest(manifest)
    refuse_conflicts(root, "commit")
    amended = context.commit(draft.head) if options.amend and draft.head else None
    if amended is not None:
        parents = amended.parents
        counts = amended.counts
        if draft.stage is not None:
            counts = _counts_over(context, parents, manifest)
        meta = {**amended.meta, **options.meta}
        text = amended.message if message is None else message
    else:
        parents = () if draft.head is None else (draft.head,)
        counts = staged_counts(context, draft.stage)
        meta = dict(options.meta)
        text = message or ""
    fingerprint = _fingerprint(context, draft, root)
    validation = _validation(context, draft, root, options)
    if validation is not None:
        root = with_validation(context.store, root, validation)
        manifest = context.store.put(encode_manifest(root))
    written = _team_settings(context)
    settings = None if written is None else context.store.put(written)
    return Commit(
        manifest=manifest,
        parents=parents,
        author=context.intent.author,
        time=context.intent.time,
        message=text,
        examples=root.examples,
        counts=counts,
        quarantined=root.quarantined,
        fingerprint=fingerprint,
        settings=settings,
        meta=meta,
    )


def _validation(
    context: Context, draft: Draft, root: Manifest, options: CommitOptions
) -> Validation | None:
    """Return what the rules find in what is staged, None if nobody asked them. May refuse it."""
    if draft.stage is None:
        return None
    gate = gate_of(context) if options.verify else None
    if gate is None:
        if options.verify:
            check_named_rules(context)
        return recalled(context, root)
    return pass_gate(context, gate, root)


def _counts_over(context: Context, parents: tuple[Digest, ...], manifest: Digest) -> ChangeCounts:
    from vault.dataset.comparing.compare import count_changes
    from vault.dataset.comparing.past import Past

    base = context.commit(parents[0]).manifest if parents else None
    return count_changes(context.store, base, manifest, past=Past(context, parents[:1])).counts


def _fingerprint(context: Context, draft: Draft, manifest: Manifest) -> str:
    # What 0.1 said of labels counted those of vault's own.
    if not manifest.labels:
        if draft.stage is None and draft.head is not None:
            return context.commit(draft.head).fingerprint
        if draft.stage is not None and draft.stage.fingerprint is not None:
            return draft.stage.fingerprint
    from vault.dataset.reading.dataset import Dataset
    from vault.dataset.reading.fingerprints import fingerprint_of

    return fingerprint_of(Dataset(context.store, manifest))


def _published(
    context: Context,
    view: View,
    draft: Draft,
    committed: Stage | None,
    digest: Digest,
    commit: Commit,
) -> tuple[View, CommitReport]:
    moved = view.with_branch(draft.branch, digest)
    left = _left_on_stage(context, draft.stage, committed, digest, commit)
    report = CommitReport(
        commit=digest,
        branch=draft.branch,
        parents=commit.parents,
        examples=commit.examples,
        added=commit.counts.added,
        removed=commit.counts.removed,
        changed=commit.counts.changed,
        relabelled=commit.counts.relabelled,
        quarantined=commit.quarantined,
        fingerprint=commit.fingerprint,
        message=commit.message,
    )
    return with_stage(moved, draft.branch, left), report


def _left_on_stage(
    context: Context,
    now: Stage | None,
    committed: Stage | None,
    digest: Digest,
    commit: Commit,
) -> Stage | None:
    """Return what was staged after the commit read the stage, drafted over the commit."""
    if now is None or now == committed or now.manifest == commit.manifest:
        return None
    from vault.dataset.comparing.compare import count_appended

    counts = count_appended(context.store, commit.manifest, now.manifest)
    return replace(now, base=digest, counts=counts)
