"""Counting in a process of its own: the same answers and errors, and the newest question first."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from tests.support.explorer import running
from tests.support.library import Library, chat
from vault.errors import Conflict, InvalidExpression
from vault.presentation.report_json import json_document
from vault.web import explorer as explorer_module
from vault.web.counting import AskedStats, Counter


@pytest.fixture
def filled(library: Library) -> Library:
    rows = [chat(f"q{n}?", topic="ab"[n % 2]) for n in range(9)]
    for row in rows:
        row["messages"].insert(0, {"role": "system", "content": "Be brief."})
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    return library


@pytest.fixture
def counter(filled: Library) -> Iterator[Counter]:
    found = Counter(filled.folder)
    yield found
    found.close()


def test_another_process_counts_the_same(filled: Library, counter: Counter) -> None:
    for where in ((), ("data.topic = 'a'",)):
        told = counter.stats("ada", AskedStats(None, where=where))
        assert json_document(told) == json_document(filled.repository.stats(None, where=where))
    more = counter.stats("ada", AskedStats("STAGE", "STAGE", full=True))
    assert more.before.roles == more.roles == filled.repository.stats(full=True).roles
    told = counter.system_prompt("ada", None, "Be brief.")
    assert told == filled.repository.system_prompt_of("Be brief.")
    assert counter.system_prompt("ada", None, "another") is None


def test_an_error_leaves_the_process_at_work(counter: Counter) -> None:
    with pytest.raises(InvalidExpression):
        counter.stats("ada", AskedStats(None, where=("data.topic =",)))
    assert counter.stats("ada", AskedStats(None)).examples == 9


def test_a_process_that_died_is_started_anew(filled: Library, counter: Counter) -> None:
    counter.stats("ada", AskedStats(None))
    assert counter._child is not None
    os.kill(counter._child.pid, 9)
    counter._child._process.wait()
    filled.repository.rm(where="data.topic = 'a'")
    assert counter.stats("ada", AskedStats(None)).examples == 4


def test_only_the_newest_question_of_a_person_is_answered(counter: Counter) -> None:
    refused: list[str] = []

    def ask() -> None:
        try:
            counter.stats("ada", AskedStats(None))
        except Conflict as error:
            refused.append(error.code)

    with counter._lock:
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for each in threads:
            each.start()
        while counter._newest.get(("ada", "stats")) != 3:
            pass
    for each in threads:
        each.join()
    assert refused == ["count-superseded"] * 2


def test_many_examples_are_counted_apart(filled: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer_module, "APART_FROM", 5)
    with running(filled.repository) as explorer:
        session = explorer.session()
        told = explorer.ask("GET", "/api/stats?where=data.topic%20%3D%20'a'", session=session).json
        assert told["examples"] == 5
        system = explorer.ask("GET", "/api/system?place=0", session=session).json["system"]
        assert (system["number"], system["examples"]) == (1, 9)
