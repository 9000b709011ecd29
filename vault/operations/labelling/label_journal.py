"""Labelling one by one: each label is durable at once, and many of a person are one operation.

An operation costs 56 ms and several files, too much for each key that is pressed. So a label is
written to a journal first, which takes a millisecond, and counts from then on. The journal of a
process that died is taken over by the next one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from vault.errors import Conflict, InvalidInput, NotFound, VaultError
from vault.layout import repository_folder
from vault.objects.digest import ID_BYTES
from vault.objects.labels.label_name import shown_value
from vault.objects.labels.label_set import Label, LabelValue
from vault.objects.log.view import RefName
from vault.operations.labelling.acts import (
    Act,
    Started,
    done_line,
    line_of,
)
from vault.operations.labelling.label import LabelOptions, checked_vocabularies, meant_by
from vault.operations.labelling.raters import own_label, rater_name, require_same_person
from vault.operations.labelling.standing import StageIndex
from vault.operations.labelling.vocabulary import Vocabulary, same_value, vocabularies
from vault.operations.labelling.write_acts import Outcome, Written, record_acts, seen_of
from vault.session.context import Context, draft_of, workspace_of
from vault.session.repository_format import read_format
from vault.store.journal import Journal

MOST_WAITING = 100
"""Acts that wait to be recorded, at most: then all are."""

MOST_STEPS = 1_000
"""Acts of a person that can be taken back."""

Labels = Mapping[str, LabelValue]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A label that somebody gives an example, named by its id; None takes it off.

    A text that was `typed` means what it means on the command line: `3` is a number.
    """

    example: str
    name: str
    value: LabelValue | None
    settles: bool = False
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """An act, and the value that its label had before."""

    act: Act
    before: LabelValue | None


class LabelJournal:
    """Takes labels of several people for the stage of a branch, until it is closed.

    Threads may share it. `context` opens a call: a new one for each, so that it has the time.
    """

    def __init__(self, context: Callable[[], Context], journal: Journal, branch: RefName) -> None:
        self.branch = branch
        self.index = StageIndex(branch)
        self.number = 0
        self.written = Written()
        self._context = context
        self._journal = journal
        self._lock = threading.Lock()
        self._recording = threading.Lock()
        self._waiting: list[Step] = []
        self._done: dict[str, list[Step]] = {}
        self._undone: dict[str, list[Step]] = {}
        self._checked: set[tuple[str, str]] = set()
        self._people: dict[str, str] = {}
        self._marks: set[tuple[str, str]] = set()

    @property
    def waiting(self) -> int:
        """Return the number of acts that are not recorded yet."""
        return len(self._waiting)

    def is_due(self) -> bool:
        """Return whether enough acts wait to record them at once."""
        return self.waiting >= MOST_WAITING

    def labels(self, examples: Sequence[str]) -> list[Labels | None]:
        """Return the labels of examples, with what waits; None of one that is not staged."""
        with self._lock:
            waiting = list(self._waiting)
        staged = self.index.labels(self._context(), examples)
        found = _laid_over(dict(zip(examples, staged, strict=True)), waiting)
        return [found[each] for each in examples]

    def give(self, person: str, wanted: Sequence[Wanted]) -> tuple[Step, ...]:
        """Give labels to examples of the stage; they are durable when this returns.

        Raises InvalidInput (`labels-missing`, `label-name-invalid`, `label-not-yours`,
        `label-value-unknown`, `label-value-invalid`, `example-invalid`, `person-invalid`,
        `format-too-new`), NotFound (`example-not-there`), Conflict (`branch-switched`,
        `rater-name-taken`), StorageFailed.
        """
        context = self._context()
        checked = self._checked_wanted(context, person, wanted)
        with self._lock:
            steps = self._steps(context, person, checked)
            self._append(steps)
            kept = [*self._done.get(person, ()), *steps]
            self._done[person] = kept[-MOST_STEPS:]
            self._undone[person] = []
        return steps

    def undo(self, person: str) -> Step:
        """Take back the last act of a person: the label gets the value that it had before.

        Raises NotFound (`no-label-to-undo`), Conflict (`branch-switched`; `label-changed-since`:
        then the act is left out, and the one before it is next).
        """
        if not self._done.get(person):
            raise NotFound("there is nothing of yours to take back", code="no-label-to-undo")
        return self._inverse(person, self._done, self._undone)

    def redo(self, person: str) -> Step:
        """Do again what a person took back last.

        Raises NotFound (`no-label-to-redo`), and Conflict as `undo` does.
        """
        if not self._undone.get(person):
            raise NotFound("there is nothing of yours to do again", code="no-label-to-redo")
        return self._inverse(person, self._undone, self._done)

    def require_branch(self) -> None:
        """Raise Conflict (`branch-switched`) where HEAD is not on the branch of the journal."""
        _require_branch(self._context(), self.branch)

    def record(self) -> Written:
        """Record all acts that wait, one operation for each person.

        The acts of somebody for whom that fails stay in the journal, and the first failure is
        raised after the others are recorded: what `write_acts` raises.
        """
        with self._recording:
            with self._lock:
                acts = [each.act for each in self._waiting]
                marks = set(self._marks)
            if not acts:
                return Written()
            outcome = record_acts(self._context(), acts, self.index, self.branch, self._mark, marks)
            with self._lock:
                self._forget(acts, outcome)
            if outcome.failures:
                raise outcome.failures[0]
            return outcome.counts

    def close(self) -> None:
        """Record what waits, and remove the journal; it stays for the next one if that fails.

        No thread may give labels any more.
        """
        try:
            self.record()
        except VaultError:
            self._journal.close()
            raise
        self._journal.remove()

    def _forget(self, acts: Sequence[Act], outcome: Outcome) -> None:
        """Take the acts that are recorded off the journal; its lock is held."""
        last = acts[-1].number
        self.written = self.written.plus(outcome.counts)
        self._marks |= {(each.person, each.time) for each in acts}
        self._waiting = [
            each
            for each in self._waiting
            if each.act.number > last or each.act.person not in outcome.people
        ]
        if self._waiting:
            self._journal.append([done_line(person, last) for person in outcome.people])
        else:
            self._journal.clear()
            self._marks = set()

    def _mark(self, started: Started) -> None:
        with self._lock:
            self._journal.append([line_of(started)])

    def _append(self, steps: Sequence[Step]) -> None:
        """Write steps to the journal; its lock is held."""
        self._journal.append([line_of(each.act) for each in steps])
        self._waiting += steps
        self.number += len(steps)

    def _checked_wanted(
        self, context: Context, person: str, wanted: Sequence[Wanted]
    ) -> list[tuple[Wanted, Vocabulary]]:
        # A server may be open for days, in which another program may have upgraded the repository.
        read_format(context.store.backend)
        _require_branch(context, self.branch)
        declared = vocabularies(context.folder)
        checked = []
        for each in wanted:
            _check_id(each.example)
            known = checked_vocabularies(declared, [each.name], LabelOptions(person=person))
            vocabulary = known[each.name]
            options = LabelOptions(person=person, typed=each.typed)
            value = None if each.value is None else meant_by(vocabulary, each.value, options)
            label = own_label(vocabulary, person, settles=each.settles)
            if label != each.name:
                self._require_own_name(context, person, label)
            checked.append((replace(each, value=value), vocabulary))
        return checked

    def _require_own_name(self, context: Context, person: str, label: str) -> None:
        """Raise Conflict (`rater-name-taken`) if somebody else's votes have the same name."""
        other = self._people.setdefault(rater_name(person), person)
        if other != person:
            raise Conflict(
                f"{other} labels here, too, and your votes would have the same name: {label}",
                code="rater-name-taken",
                hint="open the explorer by another name: vault ui --name NAME",
            )
        if (person, label) not in self._checked:
            require_same_person(self.index.stage(context), label, person)
            self._checked.add((person, label))

    def _steps(
        self, context: Context, person: str, checked: Sequence[tuple[Wanted, Vocabulary]]
    ) -> tuple[Step, ...]:
        now, staged = self._now(context, [each.example for each, _ in checked])
        steps: list[Step] = []
        for (each, vocabulary), labels in zip(checked, now, strict=True):
            if labels is None:
                raise NotFound(
                    f"the example {each.example[:12]} is not on the stage of {self.branch}",
                    code="example-not-there",
                    hint="look at the list anew: examples have come or gone",
                )
            label = own_label(vocabulary, person, settles=each.settles)
            number = self.number + len(steps) + 1
            act = Act(
                number,
                person,
                context.intent.time,
                self.branch,
                each.example,
                each.name,
                label,
                each.value,
                each.settles,
                seen_of(staged[each.example].get(label)),
            )
            steps.append(Step(act, labels.get(label)))
            _set(labels, label, each.value)
        return tuple(steps)

    def _now(
        self, context: Context, examples: Sequence[str]
    ) -> tuple[list[dict[str, LabelValue] | None], dict[str, Mapping[str, Label]]]:
        """Return all labels of examples, with what waits, and those that are staged.

        Of one example that is asked for twice it is the same dictionary; None where it is not
        staged. The lock is held.
        """
        distinct = list(dict.fromkeys(examples))
        staged = dict(zip(distinct, self.index.labels(context, distinct), strict=True))
        found = _laid_over(staged, self._waiting)
        there = {each: own for each, own in staged.items() if own is not None}
        return [found[each] for each in examples], there

    def _inverse(
        self, person: str, taken: dict[str, list[Step]], given: dict[str, list[Step]]
    ) -> Step:
        context = self._context()
        read_format(context.store.backend)
        _require_branch(context, self.branch)
        with self._lock:
            step = taken[person].pop()
            act = step.act
            (labels,), staged = self._now(context, [act.example])
            if labels is None or not same_value(labels.get(step.act.label), act.value):
                now = None if labels is None else labels.get(step.act.label)
                raise Conflict(
                    f"{step.act.label} of {act.example[:12]} is "
                    f"{'taken off' if now is None else shown_value(now)} since: it stays so",
                    code="label-changed-since",
                )
            back = replace(
                act,
                number=self.number + 1,
                time=context.intent.time,
                value=step.before,
                seen=seen_of(staged[act.example].get(act.label)),
            )
            inverse = Step(back, act.value)
            self._append([inverse])
            given.setdefault(person, []).append(inverse)
        return inverse


def open_label_journal(context: Callable[[], Context]) -> LabelJournal:
    """Return a journal for labels of the branch that HEAD is on; `context` opens a call.

    Raises Conflict (`detached-head`), StorageFailed.
    """
    opened = context()
    if opened.folder is None:
        raise ValueError("a repository in memory has no journals")
    branch = draft_of(opened, opened.log.tip().view).branch
    return LabelJournal(context, Journal.create(repository_folder(opened.folder)), branch)


def _laid_over(
    staged: Mapping[str, Mapping[str, Label] | None], waiting: Sequence[Step]
) -> dict[str, dict[str, LabelValue] | None]:
    """Return the labels of examples, by id, as they are with acts that wait."""
    found = {
        example: None if own is None else {name: each.value for name, each in own.items()}
        for example, own in staged.items()
    }
    for step in waiting:
        labels = found.get(step.act.example)
        if labels is not None:
            _set(labels, step.act.label, step.act.value)
    return found


def _require_branch(context: Context, branch: RefName) -> None:
    now = workspace_of(context.log.tip().view).branch
    if now != branch:
        raise Conflict(
            f"the repository is on {'no branch' if now is None else now} now, "
            f"and these labels are for {branch}",
            code="branch-switched",
            hint=f"`vault switch {branch}`, or load the page again to go on there",
        )


def _check_id(example: str) -> None:
    if len(example) != 2 * ID_BYTES or not set(example) <= set("0123456789abcdef"):
        raise InvalidInput(
            f'"{example}" is not the id of an example',
            code="example-invalid",
            hint="give all of its digits",
        )


def _set(labels: dict[str, LabelValue], name: str, value: LabelValue | None) -> None:
    if value is None:
        labels.pop(name, None)
    else:
        labels[name] = value
