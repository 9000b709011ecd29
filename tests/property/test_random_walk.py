"""Random walks of commands beside a small model of what a repository is.

The model knows records, in order, with their source; what was removed; refs, stages, and what each
command changed. Where a command may place examples in several right ways (`restore`, `revert`) the
model says what must be there and takes the order over.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings, target
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.repositories import chat, new_backend, opened, write_lines
from vault.errors import AnswerIsNo, Conflict, InvalidInput, NotFound, VaultError
from vault.objects.digest import example_id
from vault.objects.json.text import canonical_bytes
from vault.repository import Repository

NUMBERS = range(8)
ANSWERS = ("yes", "no")
SOURCES = ("a.jsonl", "b.jsonl")
NAMES = ("main", "one", "two")


@dataclass(frozen=True)
class Row:
    """An example: which question, which answer, the source that it belongs to, and a label."""

    number: int
    answer: str
    source: str
    quality: str | None = None

    @property
    def record(self) -> dict[str, Any]:
        return chat(self.number, self.answer)

    @property
    def id(self) -> str:
        return example_id(canonical_bytes(self.record)).hex()


@dataclass(frozen=True)
class Data:
    """A dataset: its examples in order, and the ids of those that stay out.

    `edited` has for each id that was edited the one that it became; `reverted` ids went with a
    revert, and may be written again.
    """

    rows: tuple[Row, ...] = ()
    removed: frozenset[str] = frozenset()
    edited: frozenset[tuple[str, str]] = frozenset()
    reverted: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        # What came back is neither any more.
        known = frozenset(pair for pair in self.edited if pair[0] in self.removed)
        object.__setattr__(self, "edited", known)
        object.__setattr__(self, "reverted", self.reverted & self.removed)

    @property
    def stays_out(self) -> frozenset[str]:
        return self.removed - {old for old, _ in self.edited} - self.reverted

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(row.id for row in self.rows)

    def became(self, example: str) -> str:
        """Return the id of what an example was edited into, and that again."""
        into = dict(self.edited)
        while example in into:
            example = into[example]
        return example

    def without(self, gone: set[str]) -> Data:
        """Return the data without examples that were taken out."""
        rows = tuple(row for row in self.rows if row.id not in gone)
        edited = frozenset(pair for pair in self.edited if pair[0] not in gone)
        return Data(rows, self.removed | gone, edited, self.reverted - gone)


@dataclass(frozen=True)
class State:
    """Everything that can change. `stages` holds only what differs from the branch's commit."""

    branches: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, Data] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    branch: str | None = "main"
    detached: str | None = None

    @property
    def head(self) -> str | None:
        return self.detached if self.branch is None else self.branches.get(self.branch)


class Walk(RuleBasedStateMachine):
    """One repository, its model, and the model's past."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.backend = new_backend()
        self.state = State()
        self.commits: dict[str, Data] = {}
        self.parents: dict[str, str | None] = {}
        self.past: list[tuple[State, State]] = []
        self.future: list[tuple[State, State]] = []
        self.steps = 0

    @property
    def repository(self) -> Repository:
        return opened(self.backend, self.path)

    # What the model knows

    def committed(self, commit: str | None) -> Data:
        return Data() if commit is None else self.commits[commit]

    @property
    def staged(self) -> Data:
        state = self.state
        if state.branch is None:
            return self.committed(state.detached)
        return state.stages.get(state.branch, self.committed(state.head))

    def with_staged(self, data: Data) -> State:
        assert self.state.branch is not None
        return replace(self.state, stages={**self.state.stages, self.state.branch: data})

    # What the repository says

    def tip(self) -> int:
        return self.repository._log.tip().number

    def read(self, revision: str = "STAGE") -> list[tuple[int, str, str, str | None]]:
        target_file = self.path / "out.jsonl"
        with suppress(FileNotFoundError):
            target_file.unlink()
        self.repository.export(revision, output=str(target_file), extras=("id", "labels"))
        lines = [json.loads(line) for line in target_file.read_text().splitlines()]
        members = [each["_vault"] for each in lines]
        labels = [each["labels"].get("quality") for each in members]
        return [
            (line["key"], line["messages"][1]["content"], own["id"], label)
            for line, own, label in zip(lines, members, labels, strict=True)
        ]

    def sides(self) -> dict[str, str]:
        items = self.repository.head(100).items
        return {each.id: str(each.labels["split"]) for each in items if "split" in each.labels}

    def act(self, do: Callable[[Repository], Any], after: State) -> None:
        """Run a command that leads to `after`, and note it if it was recorded."""
        before, number = self.state, self.tip()
        do(self.repository)
        self.note(before, after, self.tip() - number)

    def note(self, before: State, after: State, recorded: int) -> None:
        assert recorded in (0, 1)
        if not recorded:
            assert self.seen(before) == self.seen(after), "a change that no operation holds"
        if recorded:
            self.past.append((before, after))
            self.future.clear()
        self.state = after
        self.steps += 1

    def seen(self, state: State) -> State:
        """Return a state without stages that hold what their branch holds anyway."""
        stages = {
            name: data
            for name, data in state.stages.items()
            if data != self.committed(state.branches.get(name))
        }
        return replace(state, stages=stages)

    def refused(self, do: Callable[[Repository], Any], *kinds: type[VaultError]) -> None:
        """Run a command that must be refused, and change nothing."""
        number = self.tip()
        with pytest.raises(kinds or (VaultError,)):
            do(self.repository)
        assert self.tip() == number

    def write(self, rows: Sequence[tuple[int, str]], source: str) -> str:
        return write_lines(self.path / source, [chat(number, answer) for number, answer in rows])

    # Imports

    files = st.lists(
        st.tuples(st.sampled_from(NUMBERS), st.sampled_from(ANSWERS)), min_size=1, max_size=5
    )

    @rule(rows=files, source=st.sampled_from(SOURCES), readmit=st.booleans())
    def append(self, rows: list[tuple[int, str]], source: str, readmit: bool) -> None:
        path = self.write(rows, source)
        do = lambda r: r.import_files([path], readmit=readmit, workers=1)  # noqa: E731
        if self.state.branch is None:
            return self.refused(do, Conflict)
        data = self.staged
        came = self.came(rows, source, data, readmit)
        fresh = tuple(row for row in came if row.id not in data.ids)
        removed = data.removed - {row.id for row in came} if readmit else data.removed
        self.act(do, self.with_staged(replace(data, rows=data.rows + fresh, removed=removed)))

    @rule(rows=files, source=st.sampled_from(SOURCES), everything=st.booleans())
    def replace(self, rows: list[tuple[int, str]], source: str, everything: bool) -> None:
        path = self.write(rows, source)
        mode = "replace-all" if everything else "replace"
        do = lambda r: r.import_files([path], mode=mode, workers=1)  # noqa: E731
        if self.state.branch is None:
            return self.refused(do, Conflict)
        data = self.staged
        came = self.came(rows, source, data, False)
        came = tuple({row.id: row for row in came}.values())
        if everything:
            return self.act(do, self.with_staged(replace(data, rows=came)))
        others = [row for row in data.rows if row.source != source]
        places = [at for at, row in enumerate(data.rows) if row.source == source]
        first = places[0] if places else len(others)
        listed = [row for row in came if row.id not in {other.id for other in others}]
        arranged = (*others[:first], *listed, *others[first:])
        self.act(do, self.with_staged(replace(data, rows=arranged)))

    def came(
        self, rows: Sequence[tuple[int, str]], source: str, data: Data, readmit: bool
    ) -> tuple[Row, ...]:
        """Return the rows of a file that are not kept out, each record once.

        What was edited is what it became, which may be in the file, too.
        """
        said = {row.id: row for row in data.rows}
        read = {row.id: row for row in (Row(number, answer, source) for number, answer in rows)}
        barred = set() if readmit else data.removed - {old for old, _ in data.edited}
        result = []
        for each, row in read.items():
            became = each if readmit or each in said else data.became(each)
            if became in said:
                result.append(replace(said[became], source=source))
            elif became not in barred:
                result.append(row)
        return tuple(result)

    @rule(rows=files, source=st.sampled_from(SOURCES))
    def update(self, rows: list[tuple[int, str]], source: str) -> None:
        path = self.write(rows, source)
        do = lambda r: r.import_files([path], mode="update", key="key", workers=1)  # noqa: E731
        if self.state.branch is None:
            return self.refused(do, Conflict)
        data = self.staged
        came = self.came(rows, source, data, False)
        numbers = [row.number for row in came]
        there = [row.number for row in data.rows]
        if len(set(numbers)) < len(numbers) or any(there.count(number) > 1 for number in numbers):
            return self.refused(do, InvalidInput)
        by_number = {row.number: row for row in came if row.id not in data.ids}
        arranged = [
            replace(by_number.pop(row.number), source=row.source)
            if row.number in by_number
            else row
            for row in data.rows
        ]
        self.act(do, self.with_staged(replace(data, rows=(*arranged, *by_number.values()))))

    # Taking out and bringing back

    @precondition(lambda self: self.state.branch is not None and self.staged.rows)
    @rule(choice=st.sets(st.integers(0, 50), min_size=1, max_size=3))
    def rm(self, choice: set[int]) -> None:
        data = self.staged
        gone = {data.rows[at % len(data.rows)].id for at in choice}
        after = self.with_staged(data.without(gone))
        self.act(lambda r: r.rm(sorted(gone)), after)

    @precondition(lambda self: self.state.branch is not None)
    @rule(seed=st.integers(0, 2))
    def split(self, seed: int) -> None:
        before = self.sides()
        do = lambda r: r.split({"train": 0.5, "test": 0.5}, seed=seed)  # noqa: E731
        self.act(do, self.with_staged(self.staged))
        after = self.sides()
        assert before.items() <= after.items()
        assert len(after) == len(self.staged.ids)

    @precondition(lambda self: self.state.branch is not None and self.commits)
    @rule(choice=st.integers(0, 1000))
    def restore(self, choice: int) -> None:
        commit = sorted(self.commits)[choice % len(self.commits)]
        origin, data = self.commits[commit], self.staged
        if not origin.rows:
            return
        wanted = origin.rows[choice // 7 % len(origin.rows)]
        rows = {row.id: row for row in (*data.rows, wanted)}
        before, number = self.state, self.tip()
        report = self.repository.restore([wanted.id], revision=commit)
        found = self.read()
        lost = set(data.ids) - {each[2] for each in found}
        # Only what the example had been edited into may have given way to it.
        assert {rows[each].number for each in lost} <= {wanted.number}
        assert len(lost) == report.exchanged
        assert {each[2] for each in found} == {*data.ids, wanted.id} - lost
        kept = [each for each in data.ids if each not in lost]
        assert [each[2] for each in found if each[2] in set(kept)] == kept
        if wanted.id in data.ids:
            rows = {row.id: row for row in data.rows}
        back = tuple(rows[each[2]] for each in found)
        after = replace(data, rows=back, removed=data.removed - {wanted.id})
        if wanted.id in data.ids:
            again = replace(rows[wanted.id], quality=wanted.quality)
            after = replace(
                data, rows=tuple(again if row.id == wanted.id else row for row in data.rows)
            )
        self.note(before, self.with_staged(after), self.tip() - number)

    @precondition(lambda self: self.state.branch is not None and self.commits)
    @rule(choice=st.integers(0, 1000))
    def revert(self, choice: int) -> None:
        commit = sorted(self.commits)[choice % len(self.commits)]
        new, old = self.commits[commit], self.committed(self.parents[commit])
        data = self.staged
        added, gone = set(new.ids) - set(old.ids), set(old.ids) - set(new.ids)
        before, number = self.state, self.tip()
        try:
            self.repository.revert(commit)
        except AnswerIsNo:
            assert not added & set(data.ids)
            return
        labels = {each[2]: each[3] for each in self.read()}
        found = list(labels)
        assert set(data.ids) - added <= set(found) <= (set(data.ids) - added) | gone
        if added <= set(data.ids):
            assert set(found) == (set(data.ids) - added) | gone
        rows = {row.id: row for row in (*old.rows, *data.rows)}
        now, then = ({row.id: row.quality for row in each.rows} for each in (new, old))
        relabelled = {each for each in now.keys() & then.keys() if now[each] != then[each]}
        for row in data.rows:
            assert row.id in relabelled or labels.get(row.id, row.quality) == row.quality
        rows = {each: replace(row, quality=labels.get(each)) for each, row in rows.items()}
        removed = (data.removed | (set(data.ids) & added)) - (set(found) - set(data.ids))
        left = data.without(set(data.ids) & added)
        back = replace(
            left,
            rows=tuple(rows[each] for each in found),
            removed=frozenset(removed),
            reverted=left.reverted | (set(data.ids) & added),
        )
        after = self.with_staged(back)
        self.note(before, after, self.tip() - number)

    @precondition(lambda self: self.state.branch is not None and self.staged.rows)
    @rule(
        choice=st.integers(0, 50),
        answer=st.sampled_from((*ANSWERS, "typed")),
        copy=st.booleans(),
    )
    def edit(self, choice: int, answer: str, copy: bool) -> None:
        data = self.staged
        at = choice % len(data.rows)
        old = data.rows[at]
        new = replace(old, answer=answer, quality=None)
        do = lambda r: r.edit(old.id[:12], new.record, copy=copy)  # noqa: E731
        if new.id == old.id and not copy:
            return self.act(do, self.state)
        if new.id in data.ids or new.id in data.stays_out:
            return self.refused(do, Conflict)
        rows = (*data.rows[: at + copy], new, *data.rows[at + 1 :])
        if not copy:
            data = data.without({old.id})
            data = replace(data, edited=data.edited | {(old.id, new.id)})
        removed = data.removed - {new.id}
        self.act(do, self.with_staged(replace(data, rows=rows, removed=removed)))

    @precondition(lambda self: self.state.branch is not None and self.staged.rows)
    @rule(
        choice=st.sets(st.integers(0, 50), min_size=1, max_size=4),
        value=st.sampled_from(("gold", "bad", None)),
    )
    def label(self, choice: set[int], value: str | None) -> None:
        data = self.staged
        chosen = {data.rows[at % len(data.rows)].id for at in choice}
        rows = tuple(replace(row, quality=value) if row.id in chosen else row for row in data.rows)
        values: dict[str, Any] = {} if value is None else {"quality": value}
        remove = ["quality"] if value is None else []
        do = lambda r: r.label(values, sorted(chosen), remove=remove)  # noqa: E731
        if remove and not any(row.quality for row in data.rows):
            return self.refused(do, NotFound)
        self.act(do, self.with_staged(replace(data, rows=rows)))

    # Commits and refs

    @precondition(lambda self: self.state.branch is not None)
    @rule(amend=st.booleans(), empty=st.booleans())
    def commit(self, amend: bool, empty: bool) -> None:
        data, head, branch = self.staged, self.state.head, self.state.branch
        assert branch is not None
        do = partial(_commit, amend=amend and head is not None, empty=empty)
        before, number = self.state, self.tip()
        try:
            report = do(self.repository)
        except AnswerIsNo:
            assert data.rows == self.committed(head).rows
            assert not empty
            return
        parent = self.parents[head] if amend and head is not None else head
        self.commits[report.commit] = data
        self.parents[report.commit] = parent
        stages = {name: each for name, each in before.stages.items() if name != branch}
        branches = {**before.branches, branch: report.commit}
        self.note(before, replace(before, branches=branches, stages=stages), self.tip() - number)

    @rule(name=st.sampled_from(("v1", "v2")), delete=st.booleans())
    def tag(self, name: str, delete: bool) -> None:
        tags = dict(self.state.tags)
        if delete:
            if name not in tags:
                return self.refused(lambda r: r.delete_tag(name))
            del tags[name]
            return self.act(lambda r: r.delete_tag(name), replace(self.state, tags=tags))
        if self.state.head is None:
            return self.refused(lambda r: r.tag(name))
        tags[name] = self.state.head
        self.act(lambda r: r.tag(name, replace=True), replace(self.state, tags=tags))

    @precondition(lambda self: self.commits)
    @rule(choice=st.integers(0, 1000), value=st.sampled_from(("m1", "m2", None)))
    def note_fact(self, choice: int, value: str | None) -> None:
        commit = sorted(self.commits)[choice % len(self.commits)]
        notes = {each: said for each, said in self.state.notes.items() if each != commit}
        if value is not None:
            notes[commit] = value
            do = lambda r: r.note(commit, {"model": value})  # noqa: E731
        elif commit not in self.state.notes:
            return self.refused(lambda r: r.note(commit, {}, remove=["model"]))
        else:
            do = lambda r: r.note(commit, {}, remove=["model"])  # noqa: E731
        self.act(do, replace(self.state, notes=notes))

    @rule(name=st.sampled_from(NAMES))
    def branch_off(self, name: str) -> None:
        state = self.state
        if name in state.branches or name == state.branch or state.head is None:
            return self.refused(lambda r: r.branch(name))
        branches = {**state.branches, name: state.head}
        self.act(lambda r: r.branch(name), replace(state, branches=branches))

    @rule(name=st.sampled_from(NAMES), create=st.booleans(), take=st.booleans())
    def switch(self, name: str, create: bool, take: bool) -> None:
        state = self.state
        exists = name in state.branches or name == state.branch
        do = lambda r: r.switch(name, create=create, take_stage=create and take)  # noqa: E731
        if create == exists:
            return self.refused(do)
        stages = dict(state.stages)
        branches = dict(state.branches)
        if create and state.head is not None:
            branches[name] = state.head
        if create and state.branch in stages and (take or state.head is None):
            stages[name] = stages.pop(str(state.branch))
        after = replace(state, branches=branches, stages=stages, branch=name, detached=None)
        self.act(do, after)

    @precondition(lambda self: self.state.branch is not None and self.staged.rows)
    @rule(answer=st.sampled_from(ANSWERS))
    def rm_where(self, answer: str) -> None:
        data = self.staged
        gone = {row.id for row in data.rows if row.answer == answer}
        after = self.with_staged(data.without(gone))
        self.act(lambda r: r.rm(where=f"response = '{answer}'"), after)

    @rule(name=st.sampled_from(NAMES))
    def rename_branch(self, name: str) -> None:
        state = self.state
        taken = name in state.branches and name != state.branch
        if state.branch is None or taken:
            return self.refused(lambda r: r.rename_branch(name))
        named = {state.branch: name}
        branches = {named.get(each, each): at for each, at in state.branches.items()}
        stages = {named.get(each, each): data for each, data in state.stages.items()}
        after = replace(state, branches=branches, stages=stages, branch=name)
        self.act(lambda r: r.rename_branch(name), after)

    @rule(name=st.sampled_from(NAMES))
    def delete_branch(self, name: str) -> None:
        state = self.state
        if name == state.branch or name not in state.branches:
            return self.refused(lambda r: r.delete_branch(name, force=True))
        branches = {each: at for each, at in state.branches.items() if each != name}
        stages = {each: data for each, data in state.stages.items() if each != name}
        after = replace(state, branches=branches, stages=stages)
        self.act(lambda r: r.delete_branch(name, force=True), after)

    @precondition(lambda self: self.commits)
    @rule(choice=st.integers(0, 1000))
    def checkout(self, choice: int) -> None:
        commit = sorted(self.commits)[choice % len(self.commits)]
        if self.repository.status().has_stage:
            return self.refused(lambda r: r.checkout(commit), Conflict)
        after = replace(self.state, branch=None, detached=commit)
        self.act(lambda r: r.checkout(commit), after)

    @precondition(lambda self: self.commits and self.state.branch is not None)
    @rule(choice=st.integers(0, 1000), hard=st.booleans())
    def reset(self, choice: int, hard: bool) -> None:
        commit = sorted(self.commits)[choice % len(self.commits)]
        state, data = self.state, self.staged
        nothing = state.head is None and state.branch not in state.stages
        branches = {**state.branches, str(state.branch): commit}
        stages = {name: each for name, each in state.stages.items() if name != state.branch}
        if not hard and not nothing:
            stages[str(state.branch)] = data
        after = replace(state, branches=branches, stages=stages)
        self.act(lambda r: r.reset(commit, hard=hard), after)

    @precondition(lambda self: self.state.branch is not None)
    @rule()
    def discard(self) -> None:
        stages = {n: each for n, each in self.state.stages.items() if n != self.state.branch}
        before, number = self.state, self.tip()
        self.repository.discard()
        after = replace(before, stages=stages)
        if self.tip() == number:
            assert self.staged.rows == self.committed(before.head).rows
            self.state = after
        else:
            self.note(before, after, 1)

    # Going back, and looking after

    @rule(times=st.integers(1, 4))
    def undo(self, times: int) -> None:
        for _ in range(times):
            if not self.past:
                return self.refused(lambda r: r.undo(), AnswerIsNo)
            step = self.past.pop()
            self.repository.undo()
            self.future.append(step)
            self.state = step[0]

    @rule(times=st.integers(1, 3))
    def redo(self, times: int) -> None:
        for _ in range(times):
            if not self.future:
                return self.refused(lambda r: r.redo(), AnswerIsNo)
            step = self.future.pop()
            self.repository.redo()
            self.past.append(step)
            self.state = step[1]

    @rule()
    def collect_garbage(self) -> None:
        self.repository.gc(undo_days=1)

    @invariant()
    def the_stage_is_the_model_s(self) -> None:
        if self.steps == 0:
            return
        found = self.read() if self.state.head or self.state.stages else []
        assert [(each[2], each[3]) for each in found] == [
            (row.id, row.quality) for row in self.staged.rows
        ]
        status = self.repository.status()
        assert (status.branch, status.commit) == (self.state.branch, self.state.head)
        if self.staged.rows != self.committed(self.state.head).rows:
            assert status.has_stage

    @invariant()
    def refs_and_removals_are_the_model_s(self) -> None:
        view = self.repository._log.tip().view
        assert dict(view.branches) == dict(self.state.branches)
        assert {name: tag.commit for name, tag in view.tags.items()} == dict(self.state.tags)
        said = {each: self.repository.note(each).items for each in self.state.notes}
        assert {each: items[0].value for each, items in said.items()} == dict(self.state.notes)
        assert view.notes.keys() == self.state.notes.keys()
        removed = {each.id for each in self.repository.removed().items}
        assert removed == self.staged.removed

    def teardown(self) -> None:
        for commit in self.commits:
            with suppress(VaultError):  # one that was amended away and collected
                assert [each[2] for each in self.read(commit)] == list(self.commits[commit].ids)
        for commit in {*self.state.branches.values(), *self.state.tags.values()}:
            assert [each[2] for each in self.read(commit)] == list(self.commits[commit].ids)
        assert self.repository.fsck().problems == ()
        target(float(len(self.past)))
        self.folder.cleanup()


def _commit(repository: Repository, *, amend: bool, empty: bool) -> Any:
    return repository.commit(None if amend else "next", amend=amend, allow_empty=empty)


class Forgetful(Walk):
    """A model that lets removed examples come back: it is wrong, and walks must find out."""

    def came(
        self, rows: Sequence[tuple[int, str]], source: str, data: Data, readmit: bool
    ) -> tuple[Row, ...]:
        return super().came(rows, source, data, True)


def _walk(walks: int, steps: int, machine: type[Walk] = Walk, **others: Any) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=walks,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
            **others,
        ),
    )


def test_walks_of_commands_agree_with_the_model() -> None:
    _walk(settings().max_examples // 5, 20)


def test_a_model_that_is_wrong_is_found_out() -> None:
    # Without shrinking: that it fails is enough, by a difference or by a refusal that is due.
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        _walk(200, 20, Forgetful, phases=[Phase.generate], database=None, print_blob=False)


@pytest.mark.slow
def test_long_walks_of_commands_agree_with_the_model() -> None:
    _walk(settings().max_examples, 50)
