"""Recording acts: the labels that a person gave one by one become one operation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from vault.dataset.changing.stage import change_stage
from vault.dataset.changing.write_labels import LabelChange
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.id_index import NOWHERE
from vault.dataset.reading.labels import labels_of_rows
from vault.errors import Conflict, VaultError
from vault.objects.labels.label_set import Label, value_text
from vault.objects.log.view import RefName
from vault.objects.manifest import Manifest
from vault.objects.runs import RowKeys
from vault.operations.labelling.acts import Act, Seen, Started, last_of_each
from vault.operations.labelling.label import LabelOptions, labelled
from vault.operations.labelling.standing import StageIndex
from vault.operations.labelling.vocabulary import Vocabulary, vocabularies
from vault.session.context import Context, Draft, workspace_of


@dataclass(frozen=True, slots=True)
class Written:
    """Acts that were recorded, and those that no longer apply.

    `gone` are of examples that left the stage since; `overtaken` are of labels that somebody wrote
    since by other means, which count instead.
    """

    written: int = 0
    gone: int = 0
    overtaken: int = 0

    def plus(self, other: Written) -> Written:
        """Return both together."""
        return Written(
            self.written + other.written,
            self.gone + other.gone,
            self.overtaken + other.overtaken,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of recording acts: people whose acts are recorded, and the failures of others."""

    counts: Written
    people: tuple[str, ...]
    failures: tuple[VaultError, ...]


def record_acts(
    context: Context,
    acts: Sequence[Act],
    index: StageIndex,
    branch: RefName,
    mark: Callable[[Started], None],
    own: Collection[tuple[str, str]] = (),
) -> Outcome:
    """Record acts of several people, one operation for each; `mark` is called before each.

    `own` is as in `write_acts`. One person's failure does not hold up the others.
    """
    counts, people, failures = Written(), [], []
    last = last_of_each(acts)
    for person in dict.fromkeys(each.person for each in acts):
        theirs = [each for each in last if each.person == person]
        try:
            counts = counts.plus(_record_theirs(context, theirs, index, branch, mark, own))
            people.append(person)
        except VaultError as error:
            failures.append(error)
    return Outcome(counts, tuple(people), tuple(failures))


def _record_theirs(
    context: Context,
    acts: Sequence[Act],
    index: StageIndex,
    branch: RefName,
    mark: Callable[[Started], None],
    own: Collection[tuple[str, str]],
) -> Written:
    if not acts:
        return Written()  # others have said something of the same labels since
    intent = replace(context.intent, author=acts[0].person)
    after = context.log.newest().number
    mark(Started(intent.author, acts[-1].number, after, intent.command, intent.time))
    return write_acts(replace(context, intent=intent), acts, index, branch, own)


def write_acts(
    context: Context,
    acts: Sequence[Act],
    index: StageIndex,
    branch: RefName,
    own: Collection[tuple[str, str]] = (),
) -> Written:
    """Record acts of one person, the author, on the stage of a branch as one operation.

    `own` are authors and times of labels that come from the same journal. Costs an operation, and
    reading the label sets of their chunks. Raises Conflict (`branch-gone`, `rater-name-taken`),
    StorageFailed, Corrupt.
    """
    declared = vocabularies(context.folder)

    def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, Written]:
        require_branch_there(context, branch)
        dataset = index.same(dataset)
        rows = index.find(dataset, [each.example for each in acts])
        stays = _still_meant(dataset, rows, acts, own)
        gone = int((rows == NOWHERE).sum())
        chosen = [
            (act, int(row)) for act, row, is_so in zip(acts, rows, stays, strict=True) if is_so
        ]
        for settles, each in groupby(chosen, key=lambda pair: pair[0].settles):
            manifest = _with_labels(context, dataset, list(each), declared, settles=settles)
            dataset = Dataset(dataset.store, manifest, numbers=dataset.numbers)
        written = Written(len(chosen), gone, len(acts) - gone - len(chosen))
        return dataset.manifest, written

    return change_stage(context, change, branch)


def require_branch_there(context: Context, branch: RefName) -> None:
    """Raise Conflict (`branch-gone`) unless there is a branch, or HEAD is about to begin it."""
    view = context.log.tip().view
    workspace = workspace_of(view)
    if branch not in {*view.branches, *workspace.stages, workspace.branch}:
        raise Conflict(
            f"labels wait for the branch {branch}, which is gone",
            code="branch-gone",
            hint=f"`vault branch {branch}` makes it again; `vault commit` there records them",
        )


def _with_labels(
    context: Context,
    dataset: Dataset,
    chosen: Sequence[tuple[Act, int]],
    declared: dict[str, Vocabulary],
    *,
    settles: bool,
) -> Manifest:
    said = []
    # A label has the time of its act, so that of two explorers the later act counts.
    groups = dict.fromkeys((act.name, act.time) for act, _ in chosen)
    for name, time in groups:
        own = {row: act for act, row in chosen if (act.name, act.time) == (name, time)}
        rows = np.array(list(own), np.uint64)
        values = tuple(each.value for each in own.values())
        place = np.arange(len(rows))
        said.append(LabelChange(name, rows, values, place, context.intent.author, time))
    known = {name: declared.get(name, Vocabulary(name)) for name, _ in groups}
    return labelled(dataset, said, known, LabelOptions(resolve=settles))[0]


def _still_meant(
    dataset: Dataset, rows: RowKeys, acts: Sequence[Act], own: Collection[tuple[str, str]]
) -> list[bool]:
    """Return for each act whether it counts: its example is staged, its label unchanged since.

    A label that the person saw, that comes from the same journal, or that is older than the act
    does not stand against it.
    """
    standing = labels_of_rows(dataset, rows[rows != NOWHERE])
    result = []
    for act, row in zip(acts, rows.tolist(), strict=True):
        if row == int(NOWHERE):
            result.append(False)
            continue
        label = standing.get(row, {}).get(act.label)
        result.append(
            label is None
            or seen_of(label) == act.seen
            or (label.author, label.time) in own
            or label.time < act.time
        )
    return result


def seen_of(label: Label | None) -> Seen | None:
    """Return the value, author and time of a label, as an act keeps them."""
    return None if label is None else (value_text(label.value), label.author, label.time)
