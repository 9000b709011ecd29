"""`label`: say something about examples. Never rewrites them; versioned with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np

from vault.dataset.changing.stage import Staged, change_and_count
from vault.dataset.changing.write_labels import LabelChange, with_label_changes
from vault.dataset.choosing.chosen_rows import chosen_rows, require_choice
from vault.dataset.choosing.suggest_names import label_missing
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import label_names, label_of_each
from vault.errors import InvalidInput
from vault.objects.labels.label_name import AGREED, check_writable_name
from vault.objects.labels.label_set import SPLIT, LabelValue
from vault.objects.manifest import Manifest
from vault.objects.runs import RowKeys
from vault.operations.labelling.raters import only_different, rater_of, resolve, vote
from vault.operations.labelling.vocabulary import Vocabulary, vocabularies
from vault.presentation.report_html import Displayed
from vault.session.context import Context, Draft
from vault.session.trial import trial_of


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """How labels are written.

    `person` is who says so (by default the author); `note` is kept with each label. Where
    `vault.toml` wants several raters, `resolve` writes the label itself instead of a vote. `typed`
    says that texts were typed, so that `3` is a number unless the vocabulary has it as text.
    """

    person: str | None = None
    note: str | None = None
    resolve: bool = False
    typed: bool = False
    dry_run: bool = False


class LabelArguments(TypedDict, total=False):
    """Fields of `LabelOptions`."""

    person: str | None
    note: str | None
    resolve: bool
    typed: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class FileCounts:
    """What a file of labels held: of `records`, how many could not be used.

    `unknown` name no example of the stage, `first_unknown` is the first such key; `unread` could
    not be read or have no key, `first_unread` says where and why.
    """

    path: str
    records: int
    unknown: int = 0
    first_unknown: str | None = None
    unread: int = 0
    first_unread: str | None = None


@dataclass(frozen=True, slots=True)
class LabelReport(Displayed):
    """Of `examples` that were meant, on how many a label changed (`labelled`).

    `names` are the labels that were written. With several raters, `agreed` examples got the label
    itself because enough people agree, and on `differing` they do not and nobody settled it.
    `file` is there if the labels stood in one.
    """

    examples: int
    labelled: int
    unchanged: int
    names: tuple[str, ...]
    agreed: int
    differing: int
    staged: Staged
    dry_run: bool = False
    file: FileCounts | None = None


@dataclass(slots=True)
class Counts:
    """What came of labels that were written."""

    examples: int = 0
    labelled: int = 0
    names: tuple[str, ...] = ()
    agreed: int = 0
    differing: int = 0


def label_examples(
    context: Context,
    values: Mapping[str, LabelValue],
    options: LabelOptions,
    *,
    remove: Sequence[str] = (),
    examples: Sequence[str] = (),
    where: Sequence[str] = (),
) -> LabelReport:
    """Give labels to examples of the stage, and take those named by `remove` off them.

    Examples are named by the beginnings of their ids, or by expressions that must all hold. A side
    of a split may be taken off, so that it is drawn again, and is not given by hand. Costs
    reading the label sets of their chunks, and writing what changed: 3 ms a chunk. Raises
    InvalidInput (`labels-missing`, `label-name-invalid`, `label-not-yours`, `label-twice`,
    `label-value-unknown`, `note-reserved`, `person-invalid`, and as `chosen_rows`), Conflict
    (`rater-name-taken`, `detached-head`), NotFound (`label-not-found` of one to take off).
    """
    declared = vocabularies(context.folder)
    known = checked_vocabularies(declared, list(values), options, remove=remove)
    require_choice(examples, where)
    meant: dict[str, LabelValue | None] = dict.fromkeys(remove)
    meant |= {name: meant_by(known[name], value, options) for name, value in values.items()}
    with trial_of(context, is_trial=options.dry_run) as trial:

        def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, Counts]:
            _require_labels(dataset, [each for each in remove if each not in declared])
            rows = np.sort(chosen_rows(context, dataset, examples, where))
            said = [said_of(context, options, *each, rows) for each in meant.items()]
            manifest, counts = labelled(dataset, said, known, options)
            counts.examples = len(rows)
            return manifest, counts

        staged, counts = change_and_count(trial, change)
    return report_of(counts, staged, options)


def _require_labels(dataset: Dataset, names: Sequence[str]) -> None:
    """Raise NotFound (`label-not-found`) for a label that nobody has, of those to take off."""
    known = label_names(dataset) if names else set()
    for name in names:
        if name not in known and all(rater_of(name, each) is None for each in known):
            raise label_missing(name, known)


def report_of(counts: Counts, staged: Staged, options: LabelOptions) -> LabelReport:
    """Return the report of labels that were written."""
    return LabelReport(
        counts.examples,
        counts.labelled,
        counts.examples - counts.labelled,
        counts.names,
        counts.agreed,
        counts.differing,
        staged,
        options.dry_run,
    )


def checked_vocabularies(
    declared: Mapping[str, Vocabulary],
    given: Sequence[str],
    options: LabelOptions,
    *,
    remove: Sequence[str] = (),
) -> dict[str, Vocabulary]:
    """Return what `vault.toml` declares of labels that are to be given or taken off, by name.

    Raises what `label_examples` raises for names and the note.
    """
    names = [*given, *remove]
    if not names:
        raise InvalidInput(
            "nothing says which label",
            code="labels-missing",
            hint='name it and its value: vault label quality=gold --where "turns > 2"',
        )
    twice = next((each for each in names if names.count(each) > 1), None)
    if twice is not None:
        raise InvalidInput(
            f'the label "{twice}" is named twice',
            code="label-twice",
            hint="give each label one value",
        )
    if options.note == AGREED:
        raise InvalidInput(
            f'the note "{AGREED}" marks labels that people agree on',
            code="note-reserved",
            hint="write another note",
        )
    if options.person is not None and not options.person.strip():
        raise InvalidInput(
            f'"{options.person}" names nobody',
            code="person-invalid",
            hint="say who labels: --as NAME",
        )
    for name in names:
        # A side is not given by hand, but may be taken off: then it is drawn again.
        if name != SPLIT or name in given:
            _check_writable(name, declared)
    return {name: declared.get(name, Vocabulary(name)) for name in names}


def said_of(
    context: Context, options: LabelOptions, name: str, value: LabelValue | None, rows: RowKeys
) -> LabelChange:
    """Return one value of a label for rows, as the person of a call says it; None takes it off."""
    person, time = options.person or context.intent.author, context.intent.time
    place = np.zeros(len(rows), np.int64)
    return LabelChange(name, rows, (value,), place, person, time, options.note)


def labelled(
    dataset: Dataset,
    said: Sequence[LabelChange],
    known: Mapping[str, Vocabulary],
    options: LabelOptions,
) -> tuple[Manifest, Counts]:
    """Return the manifest of a dataset after labels, as votes where several people rate.

    What is so already is not written again. Raises Conflict (`rater-name-taken`), InvalidInput
    (`person-invalid`), Corrupt.
    """
    counts = Counts()
    changes: list[LabelChange] = []
    for each in said:
        vocabulary = known[each.name]
        if vocabulary.raters == 1:
            now = label_of_each(dataset, each.keys, each.name.__eq__).get(each.name)
            change = only_different(each, now)
            changes += [change] if len(change.keys) else []
            continue
        outcome = (
            resolve(dataset, each, vocabulary)
            if options.resolve
            else vote(dataset, each, vocabulary, each.author)
        )
        changes += outcome.changes
        counts.agreed += outcome.agreed
        counts.differing += outcome.differing
    counts.names = tuple(dict.fromkeys(each.name for each in changes))
    if not changes:
        return dataset.manifest, counts
    counts.labelled = len(np.unique(np.concatenate([each.keys for each in changes])))
    return with_label_changes(dataset, changes), counts


def meant_by(vocabulary: Vocabulary, value: LabelValue, options: LabelOptions) -> LabelValue:
    """Return the value that is meant, which the vocabulary allows.

    Raises InvalidInput (`label-value-unknown`, `label-value-invalid`).
    """
    if options.typed and isinstance(value, str):
        return vocabulary.typed(value)
    return vocabulary.check(value)


def _check_writable(name: str, declared: Mapping[str, Vocabulary]) -> None:
    check_writable_name(name)
    for each in declared.values():
        rater = rater_of(each.name, name)
        if each.raters > 1 and rater is not None:
            raise InvalidInput(
                f'"{name}" is what {rater} says of {each.name}',
                code="label-not-yours",
                hint=f"label {each.name} --as {rater}",
            )
