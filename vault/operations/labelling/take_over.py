"""Taking over labels of an explorer that died before it recorded them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

from vault.dataset.reading.dataset import open_dataset
from vault.dataset.reading.id_index import NOWHERE
from vault.dataset.reading.labels import labels_of_rows
from vault.errors import Conflict, Corrupt, InvalidInput
from vault.layout import repository_folder
from vault.objects.labels.label_set import value_text
from vault.objects.log.entry import Entry
from vault.objects.log.view import RefName
from vault.operations.labelling.acts import Act, Kept, Started, last_of_each, line_of, read_lines
from vault.operations.labelling.standing import StageIndex
from vault.operations.labelling.write_acts import Written, record_acts, seen_of
from vault.session.context import Context, draft_of
from vault.store.journal import Journal


@dataclass(frozen=True, slots=True)
class TakenOver:
    """Labels that were recorded for explorers that died, and journals that were left, and why."""

    counts: Written
    left: tuple[LeftJournal, ...] = ()

    def told(self) -> tuple[str, ...]:
        """Return lines that tell what became of the labels, none where there were none."""
        counts = self.counts
        lines = [
            (counts.written, "recorded {:,} labels of an explorer that died"),
            (counts.overtaken, "left out {:,} labels of it that somebody changed since"),
            (counts.gone, "left out {:,} labels of it for examples that are not staged any more"),
        ]
        told = [line.format(count) for count, line in lines if count]
        told += [f"left {each.path}: {each.message}; {each.hint}" for each in self.left]
        return tuple(told)


@dataclass(frozen=True, slots=True)
class LeftJournal:
    """A journal whose labels could not be recorded: its path, what is wrong and what helps."""

    path: str
    message: str
    hint: str | None


def take_over(context: Context) -> TakenOver:
    """Record what journals hold whose explorers have died; each journal is then removed.

    One that cannot be recorded, such as for a branch that is gone, is left where it is. Costs
    looking at a folder where there is none. Raises StorageFailed, Corrupt (`foreign-file`).
    """
    if context.folder is None:
        return TakenOver(Written())
    counts = Written()
    left = []
    for journal in Journal.abandoned(repository_folder(context.folder)):
        try:
            counts = counts.plus(_recorded(context, journal))
            journal.remove()
        except (Conflict, InvalidInput, Corrupt) as error:
            left.append(LeftJournal(str(journal.path), error.message, error.hint))
        finally:
            journal.close()
    return TakenOver(counts, tuple(left))


def _recorded(context: Context, journal: Journal) -> Written:
    counts = Written()
    acts = _unrecorded(context, read_lines(journal.lines(), str(journal.path)))
    for branch in dict.fromkeys(RefName(each.branch) for each in acts):
        own = [each for each in acts if each.branch == branch]
        outcome = record_acts(context, own, StageIndex(branch), branch, partial(_mark, journal))
        if outcome.failures:
            raise outcome.failures[0]
        counts = counts.plus(outcome.counts)
    return counts


def _mark(journal: Journal, started: Started) -> None:
    journal.append([line_of(started)])


def _unrecorded(context: Context, kept: Kept) -> Sequence[Act]:
    """Return the acts that are in no operation.

    A process may die between recording an operation and noting that it did: such an operation is
    looked for in the log by what the mark before it says, and by the labels that it left.
    """
    if not kept.started:
        return kept.acts
    oldest = min(each.after for each in kept.started)
    later = list(takewhile(lambda entry: entry.number > oldest, context.log.newest_first()))
    done: dict[str, int] = {}
    for mark in kept.started:
        acts = last_of_each([each for each in kept.acts if _is_marked(each, mark)])
        if acts and any(_is_of(each, mark) and _left(context, each, acts) for each in later):
            done[mark.person] = max(mark.number, done.get(mark.person, 0))
    return [each for each in kept.acts if each.number > done.get(each.person, 0)]


def _is_marked(act: Act, mark: Started) -> bool:
    return act.person == mark.person and act.number <= mark.number


def _is_of(entry: Entry, mark: Started) -> bool:
    is_same = (entry.author, entry.command, entry.time) == (mark.person, mark.command, mark.time)
    return is_same and entry.number > mark.after


def _left(context: Context, entry: Entry, acts: Sequence[Act]) -> bool:
    """Return whether the stage after an operation has a label of these acts, with its time.

    Where they only take labels off, that none of them is there any more.
    """
    view = context.log.view_at(entry)
    index = StageIndex(RefName(acts[0].branch))
    draft = draft_of(context, view, RefName(acts[0].branch))
    dataset = index.same(open_dataset(context.store, draft.manifest))
    rows = index.find(dataset, [each.example for each in acts])
    labels = labels_of_rows(dataset, rows[rows != NOWHERE])
    found = [
        labels.get(row, {}).get(act.label) for act, row in zip(acts, rows.tolist(), strict=True)
    ]
    if all(each.value is None for each in acts):
        return all(each is None for each in found)
    return any(
        label is not None and seen_of(label) == (value_text(act.value), act.person, act.time)
        for act, label in zip(acts, found, strict=True)
        if act.value is not None
    )
