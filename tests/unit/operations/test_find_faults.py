"""Finding faults: however many processes look, they find the same; and none is left behind."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from tests.support.library import Library, chat
from vault.dataset.listed import open_revision
from vault.errors import StorageFailed
from vault.objects.runs import key_parts
from vault.operations.validation import run_rules as searching
from vault.operations.validation.examine_rows import Finding
from vault.processes.child import ChildProcess
from vault.rules.codes import RULES
from vault.rules.selection import RuleSelection, selected_rules

ROWS = 300


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[ChildProcess]:
    """The children that were started; a small dataset is a large one."""
    monkeypatch.setattr(searching, "CHUNKS_FOR_WORKERS", 1)
    monkeypatch.setattr(searching, "_STRETCH", 40)
    found: list[ChildProcess] = []
    start = ChildProcess.__init__

    def recorded(self: ChildProcess, *arguments: Any) -> None:
        start(self, *arguments)
        found.append(self)

    monkeypatch.setattr(ChildProcess, "__init__", recorded)
    return found


@pytest.fixture
def faulty(library: Library) -> Library:
    """A library with faults of several families in places that are known."""
    records = [chat(f"q{n}", "It is, as I said, of the") for n in range(ROWS)]
    for n in range(0, ROWS, 7):
        records[n]["messages"][1]["content"] = f"Write to jo{n}@firm.io, {'and so on ' * 9}and"
    for n in range(0, ROWS, 11):
        records[n]["messages"].append({"role": "assistant", "content": "Twice."})
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    mapped = [{"question": f"m{n}", "reply": "Call\x00us."} for n in range(50)]
    library.write("b.jsonl", mapped)
    library.run("b.jsonl", mapping={"user": "question", "assistant": "reply"})
    return library


def found(library: Library, workers: int, codes: tuple[str, ...] = ()) -> list[Finding]:
    """Return what is found in the stage by so many processes."""
    context = library.repository._context()
    _, dataset = open_revision(context, None)
    rules = selected_rules(RuleSelection(codes, severity={"SAFE001": "error"}))
    return list(searching.find_faults(context, dataset, rules, workers=workers))


def test_what_is_found_does_not_depend_on_how_many_look(
    faulty: Library, started: list[ChildProcess]
) -> None:
    alone = found(faulty, 1)
    assert started == []

    assert found(faulty, 2) == alone
    assert found(faulty, 3) == alone
    assert len(started) == 5
    assert all(each.has_ended for each in started)
    assert [each.line for each in alone if each.source == "b.jsonl"] == list(range(1, 51))
    severities = {each.code: each.severity for each in alone}
    assert severities["SAFE001"] == "error"  # what was chosen, not what stands in the table
    assert len([each for each in alone if each.code == "SAFE001"]) == len(range(0, ROWS, 7))


def test_few_chunks_are_looked_at_in_this_process(
    faulty: Library, started: list[ChildProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = faulty.repository._context()
    chunks = set(key_parts(open_revision(context, None)[1].keys())[0].tolist())
    monkeypatch.setattr(searching, "CHUNKS_FOR_WORKERS", len(chunks) + 1)
    assert found(faulty, 2)
    assert started == []


def test_a_rule_that_is_not_of_the_table_stays_in_this_process(
    faulty: Library, started: list[ChildProcess]
) -> None:
    context = faulty.repository._context()
    _, dataset = open_revision(context, None)
    from dataclasses import replace

    own = replace(RULES["TURN001"], code="TEAM001")
    list(searching.find_faults(context, dataset, [own], workers=2))
    assert started == []


def test_a_child_that_is_killed_ends_the_search(
    faulty: Library, started: list[ChildProcess]
) -> None:
    context = faulty.repository._context()
    _, dataset = open_revision(context, None)
    rules = selected_rules(RuleSelection())
    search = searching.find_faults(context, dataset, rules, workers=2)
    next(search)
    for each in started:
        os.kill(each.pid, signal.SIGKILL)
    with pytest.raises(StorageFailed) as caught:
        list(search)
    assert caught.value.code == "worker-died"
    assert all(each.has_ended for each in started)


def test_a_search_that_is_given_up_leaves_no_process(
    faulty: Library, started: list[ChildProcess]
) -> None:
    context = faulty.repository._context()
    _, dataset = open_revision(context, None)
    search = searching.find_faults(context, dataset, selected_rules(RuleSelection()), workers=2)
    next(search)
    assert len(started) == 2
    search.close()
    assert all(each.has_ended for each in started)


def test_children_take_stretches_of_equal_length_in_turn() -> None:
    for count, wanted in ((1, 2), (5, 4), (100_000, 2), (300_000, 3), (98_305, 3)):
        stretches = searching._stretches(count, wanted)
        assert len(stretches) % wanted == 0
        assert [first for first, _ in stretches[1:]] == [last for _, last in stretches[:-1]]
        assert (stretches[0][0], stretches[-1][1]) == (0, count)
        lengths = [last - first for first, last in stretches]
        assert max(lengths) - min(lengths) <= 1 and max(lengths) <= searching._STRETCH
