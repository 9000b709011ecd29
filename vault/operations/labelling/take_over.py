"""Taking over labels of an explorer that died before it recorded them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

from vault.layout import repository_folder
from vault.objects.log.view import RefName
from vault.operations.labelling.acts import Act, Kept, Started, line_of, read_lines
from vault.operations.labelling.label_journal import record_acts
from vault.operations.labelling.standing import StageIndex
from vault.operations.labelling.write_acts import Written
from vault.session.context import Context, workspace_of
from vault.store.journal import Journal


@dataclass(frozen=True, slots=True)
class TakenOver:
    """Labels that were recorded for an explorer that died, and journals that were left.

    A journal is left, by its path, whose branch is no longer there.
    """

    counts: Written
    left: tuple[str, ...] = ()


def take_over(context: Context) -> TakenOver:
    """Record what journals hold whose explorers have died; each journal is then removed.

    Costs looking at a folder where there is none. Raises Corrupt (`journal-damaged`), and what
    `write_acts` raises.
    """
    if context.folder is None:
        return TakenOver(Written())
    counts = Written()
    left = []
    for journal in Journal.abandoned(repository_folder(context.folder)):
        try:
            acts = _unrecorded(context, read_lines(journal.lines(), str(journal.path)))
            branches = dict.fromkeys(RefName(each.branch) for each in acts)
            if not all(_is_there(context, branch) for branch in branches):
                left.append(str(journal.path))
                continue
            for branch in branches:
                own = [each for each in acts if each.branch == branch]
                mark = partial(_mark, journal)
                counts = counts.plus(record_acts(context, own, StageIndex(branch), branch, mark))
            journal.remove()
        finally:
            journal.close()
    return TakenOver(counts, tuple(left))


def _mark(journal: Journal, started: Started) -> None:
    journal.append([line_of(started)])


def _is_there(context: Context, branch: RefName) -> bool:
    view = context.log.tip().view
    workspace = workspace_of(view)
    return branch in view.branches or branch in workspace.stages or branch == workspace.branch


def _unrecorded(context: Context, kept: Kept) -> Sequence[Act]:
    """Return the acts that are in no operation.

    A process may die between recording an operation and noting that it did: such an operation is
    looked for in the log by what the mark before it says.
    """
    if not kept.started:
        return kept.acts
    oldest = min(each.after for each in kept.started)
    later = takewhile(lambda entry: entry.number > oldest, context.log.newest_first())
    recorded = [(entry.author, entry.time, entry.number) for entry in later]
    done = {
        (mark.person, mark.number)
        for mark in kept.started
        if any((mark.person, mark.time) == each[:2] and each[2] > mark.after for each in recorded)
    }
    return [
        act
        for act in kept.acts
        if not any(act.person == person and act.number <= number for person, number in done)
    ]
