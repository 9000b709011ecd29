"""Clusters and answers through the API of the explorer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.explorer import Running, asked, running
from tests.support.library import Library, chat


@pytest.fixture
def filled(library: Library) -> Library:
    rows: list[Any] = [chat("Name a bird.", each) for each in ("A wren.", "A crow.", "A rook.")]
    rows += [{"prompt": "Name a fish.", "chosen": "A carp.", "rejected": "A pike."}]
    rows += [chat("Question?")]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    return library


@pytest.fixture
def explorer(filled: Library) -> Iterator[Running]:
    with running(filled.repository) as found:
        yield found


def _texts(explorer: Running, person: str, place: int) -> list[str]:
    found = asked(explorer, f"/api/answers/one?place={place}", person).json
    return [each["messages"][0]["content"] for each in found["answers"]]


def test_answers_have_an_order_for_each_person(explorer: Running) -> None:
    people = ["ada", "ben", "cleo", "dora", "emil", "fay", "gus"]
    for place in (0, 1):
        orders = {person: _texts(explorer, person, place) for person in people}
        assert len({tuple(each) for each in orders.values()}) > 1
        assert len({tuple(sorted(each)) for each in orders.values()}) == 1
        assert _texts(explorer, "ada", place) == orders["ada"]


def test_sides_of_a_pair_are_answers(explorer: Running) -> None:
    found = asked(explorer, "/api/answers/one?place=1").json
    assert found["prompt"] == [{"role": "user", "content": "Name a fish."}]
    sides = {each["side"]: each["messages"][0]["content"] for each in found["answers"]}
    assert sides == {"chosen": "A carp.", "rejected": "A pike."}
    assert found["answers"][0]["diff"] is None
    assert found["answers"][1]["diff"]["turns"][0]["change"] == "changed"


def test_prompts_come_by_pages_of_one_version(filled: Library, explorer: Running) -> None:
    first = asked(explorer, "/api/answers?limit=1").json
    assert (first["total"], len(first["items"])) == (2, 1)
    filled.repository.rm([filled.ids()[0]])
    again = asked(explorer, f"/api/answers/one?place=0&version={first['version']}").json
    assert (again["version"], len(again["answers"])) == (first["version"], 3)
    assert [each["is_staged"] for each in again["answers"]].count(False) == 1
    assert len(asked(explorer, "/api/answers/one?place=0").json["answers"]) == 2


def test_an_example_is_taken_out_of_its_cluster(library: Library) -> None:
    tips = "Sleep well, walk every day, eat slowly, call a friend, read a book and drink water."
    rows = [chat(f"{tips} Is it true{each}?", tips) for each in (" now", " then")]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    library.repository.dedupe(threshold=0.6, mark=True)
    with running(library.repository) as explorer:
        found = asked(explorer, "/api/clusters").json
        assert [each["size"] for each in found["items"]] == [2]
        shown = asked(explorer, f"/api/clusters/one?place=0&version={found['version']}").json
        wanted = shown["members"][1]["example"]["id"]
        assert asked(explorer, "/api/gone/out", branch="main", id=wanted).status == 200
        assert wanted not in library.ids()
        kept = asked(explorer, f"/api/clusters/one?place=0&version={found['version']}").json
        assert [each["is_staged"] for each in kept["members"]] == [True, False]
        answer = asked(explorer, "/api/gone/out", branch="main", id=wanted)
        assert (answer.status, answer.json["error"]["code"]) == (404, "example-not-there")
        assert asked(explorer, "/api/gone/back", branch="main", id=wanted).status == 200
        assert wanted in library.ids()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/answers/one", "group-not-there"),
        ("/api/answers/one?place=2", "group-not-there"),
        ("/api/answers?where=(", "expression-invalid"),
        ("/api/clusters?sort=mood", "sort-unknown"),
        ("/api/clusters/one?place=0", "group-not-there"),
        ("/api/clusters?offset=1.5", "number-invalid"),
    ],
)
def test_nonsense_is_refused_by_its_code(explorer: Running, path: str, code: str) -> None:
    answer = asked(explorer, path)
    assert answer.status in (400, 404)
    assert answer.json["error"]["code"] == code


def test_an_example_leads_to_its_prompt(filled: Library, explorer: Running) -> None:
    ids = filled.ids()
    for example, place in ((ids[2], 0), (ids[3], 1), (ids[4], -1), ("<b>", -1)):
        assert asked(explorer, f"/api/answers/place?id={example}").json["place"] == place


def test_reading_only_takes_nothing_out(filled: Library) -> None:
    with running(filled.repository, read_only=True) as explorer:
        answer = asked(explorer, "/api/gone/out", branch="main", id=filled.ids()[0])
        assert (answer.status, answer.json["error"]["code"]) == (409, "explorer-reads-only")
        found = asked(explorer, "/api/answers/one?place=0").json
        assert [each["is_staged"] for each in found["answers"]] == [False] * 3
