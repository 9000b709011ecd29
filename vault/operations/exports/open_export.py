"""The version that an export is of: opened to be written, and as the lock tells of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from vault.dataset.choosing.saved_filters import satisfying
from vault.dataset.reading.dataset import Dataset, open_dataset
from vault.dataset.reading.labels import keys_with_label, split_of_each
from vault.errors import InvalidInput
from vault.objects.digest import Digest
from vault.objects.labels.label_name import CHOICE
from vault.objects.log.view import View
from vault.objects.manifest import refuse_conflicts
from vault.objects.runs import RowKeys
from vault.operations.exports.export_options import (
    ExportOptions,
    refuse_choices_beside_mixture,
)
from vault.operations.exports.lock_entry import LockEntry, request_of
from vault.operations.exports.targets import Target, on_side
from vault.operations.exports.written import WRITER_VERSION, Written
from vault.presentation.quantities import plural
from vault.session.context import Context, workspace_of
from vault.session.revisions import HEAD, Revision, resolve

if TYPE_CHECKING:
    from vault.operations.exports.for_trainers.judgements import Judgements
    from vault.operations.exports.mixtures.mixed_rows import MixedRows
    from vault.operations.exports.mixtures.mixture import Mixture
    from vault.operations.exports.mixtures.versions import Version

_EXTRAS = ("id", "labels")


@dataclass(frozen=True, slots=True)
class OpenedExport:
    """A revision that is opened to be written, and the rows that satisfy what was asked for.

    Of a mixture `mixed` has the rows, of this and other versions, all to be read by `dataset`. What
    labels say of the rows is in `judged`, where a trainer is told.
    """

    revision: Revision
    dataset: Dataset
    keys: RowKeys
    mixed: MixedRows | None = None
    judged: Judgements | None = None


def open_export(context: Context, revision: str | None, options: ExportOptions) -> OpenedExport:
    """Return the rows of a revision (HEAD) that an export chooses its own from.

    Raises NotFound (`revision-not-found`, `no-commits`), InvalidInput (`extras-unknown`,
    `option-not-for-mix`, and those of `matching_keys`, `mixed_rows` and `judgements_of`), Conflict
    (`conflicts-unresolved`), Corrupt.
    """
    unknown = [each for each in options.extras if each not in _EXTRAS]
    if unknown:
        raise InvalidInput(
            f'an export cannot carry "{unknown[0]}"', code="extras-unknown", hint="use id, labels"
        )
    refuse_choices_beside_mixture(options)
    opened = resolve(context, context.log.tip().view, revision or HEAD)
    dataset = open_dataset(context.store, opened.manifest)
    refuse_conflicts(dataset.manifest, "export")
    if options.mixture is not None:
        mixed = _mixed(context, opened, dataset, options.mixture)
        mixed, judged = _judged_mixture(dataset, mixed, options)
        return OpenedExport(opened, dataset, np.concatenate([*mixed.sides.values()]), mixed, judged)
    keys = satisfying(context, dataset, dataset.keys(), options.where)
    judged = _judged(dataset, keys, options)
    return OpenedExport(opened, dataset, keys if judged is None else judged.keys, judged=judged)


def _judged(dataset: Dataset, keys: RowKeys, options: ExportOptions) -> Judgements | None:
    if options.trainer in (None, "raw") or options.prompts_only:
        return None
    # On use: plain exports load no trainers.
    from vault.operations.exports.for_trainers.judgements import judgements_of

    wanted = options.selection.split
    if options.mixture is None and wanted is not None:
        # What is told of labels is then of this side alone. No pair is of two sides.
        keys = on_side(keys, split_of_each(dataset, keys), wanted)
    return judgements_of(dataset, keys, options)


def _judged_mixture(
    dataset: Dataset, mixed: MixedRows, options: ExportOptions
) -> tuple[MixedRows, Judgements | None]:
    """Return a mixture without the ties of its held-out sides, and what labels say of its rows.

    What labels say must not change the sizes of parts. Raises InvalidInput (`option-not-for-mix`).
    """
    keys = np.unique(np.concatenate([*mixed.sides.values()]))
    judged = _judged(dataset, keys, options)
    if judged is None or not judged.counts.undecided:
        return mixed, judged
    (training, drawn), *held = mixed.sides.items()
    ties = len(np.setdiff1d(drawn, judged.keys))
    if ties:
        raise InvalidInput(
            f"{plural(ties, 'pair')} of the mixture {'is a tie' if ties == 1 else 'are ties'} by "
            "the label choice",
            code="option-not-for-mix",
            hint="add `where = \"labels.choice != 'tie'\"` to the parts",
        )
    left = {name: rows[np.isin(rows, judged.keys)] for name, rows in held}
    return replace(mixed, sides={training: drawn, **left}), judged


def _mixed(context: Context, opened: Revision, dataset: Dataset, mixture: Mixture) -> MixedRows:
    """Return the rows of a mixture, whose parts then name commits."""
    # On use: most exports have no mixture.
    from vault.operations.exports.mixtures.mixed_rows import mixed_rows
    from vault.operations.exports.mixtures.versions import read_version

    view = context.log.tip().view
    exported = read_version(opened.text, dataset)
    found: dict[str | None, Version] = {opened.commit: exported}
    parts = []
    for part in mixture.parts:
        revision = opened if part.revision is None else resolve(context, view, part.revision)
        if revision.commit is None and part.revision is not None:
            raise InvalidInput(
                f'the part "{part.name}" is of the stage, which nothing could write again',
                code="mix-invalid",
                hint="commit it, or leave out `revision` and export the stage",
            )
        if revision.commit not in found:
            other = open_dataset(context.store, revision.manifest, numbers=dataset.numbers)
            refuse_conflicts(other.manifest, "export")
            if len(keys_with_label(other, CHOICE)):
                raise InvalidInput(
                    f'examples of the part "{part.name}" have the label {CHOICE}, which is read of '
                    "the version that is exported alone",
                    code="option-not-for-mix",
                    hint="leave out `revision`, or export that version",
                )
            found[revision.commit] = read_version(revision.text, other)
        parts.append((replace(part, revision=part.revision and revision.commit), revision.commit))
    pinned = replace(mixture, parts=tuple(part for part, _ in parts))
    return mixed_rows(context, pinned, [found[commit] for _, commit in parts], exported)


def lock_entry(
    context: Context, source: OpenedExport, target: Target, options: ExportOptions, written: Written
) -> LockEntry:
    """Return what the lock says of a file that was written."""
    opened = source.revision
    tip = context.log.tip()
    commit = opened.commit
    return LockEntry(
        written.sha256,
        commit,
        examples=written.examples,
        branch=_branch(tip.view, opened),
        bytes=written.size_bytes,
        content=written.content,
        fingerprint=None if commit is None else context.commit(commit).fingerprint,
        format=target.layout.value,
        repository=tip.entry.repository,
        tag=None if commit is None else _tag_at(tip.view, commit, opened.text),
        writer=WRITER_VERSION,
        request=request_of(with_mixture(options, source), target.side),
        lines=_lines_of(written),
    )


def with_mixture(options: ExportOptions, opened: OpenedExport) -> ExportOptions:
    """Return options whose mixture, if any, names commits, so that it stays the same."""
    return options if opened.mixed is None else replace(options, mixture=opened.mixed.mixture)


def _lines_of(written: Written) -> int | None:
    """Return how many records a file has, where that are not as many as its examples."""
    counts = written.rendering
    return None if counts is None or counts.lines == written.examples else counts.lines


def _branch(view: View, opened: Revision) -> str | None:
    """Return the branch that was named, or that HEAD is on; None of what never moves."""
    if opened.commit is None:
        return None
    name = workspace_of(view).branch if opened.text == HEAD else opened.text
    return next((str(each) for each in view.branches if each == name), None)


def _tag_at(view: View, commit: Digest, typed: str) -> str | None:
    """Return the tag that was typed, else the first one at a commit by name, None without one."""
    names = sorted(name for name, tag in view.tags.items() if tag.commit == commit)
    return typed if typed in names else next(iter(names), None)
