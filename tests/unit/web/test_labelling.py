"""Labelling through the API of the explorer: what the page sends, and what others see."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.explorer import Answer, Running, running
from tests.support.library import Library, chat
from vault.web.app import routes_of
from vault.web.explorer import Explorer
from vault.web.listings import Scope


@pytest.fixture
def filled(library: Library) -> Library:
    library.write("a.jsonl", [chat(f"q{n}?", "an answer", topic="ab"[n % 2]) for n in range(20)])
    library.run("a.jsonl")
    (library.folder / "vault.toml").write_text(
        '[labels.quality]\nvalues = ["gold", "ok", "bad"]\nraters = 2\n'
        '[labels.topic]\nvalues = ["law", "tax"]\nkeys = ["l", "t"]\n'
    )
    return library


@pytest.fixture
def explorer(filled: Library) -> Iterator[Running]:
    with running(filled.repository) as found:
        yield found


class Person:
    """Somebody who labels in a tab of their own."""

    def __init__(self, explorer: Running, name: str) -> None:
        self._explorer = explorer
        self._session = explorer.session(name)

    def get(self, path: str) -> Any:
        """Ask for what there is."""
        return self._explorer.ask("GET", path, session=self._session).json

    def post(self, path: str, **body: Any) -> Answer:
        """Send what was done."""
        data = json.dumps({"branch": "main", **body}).encode()
        return self._explorer.ask("POST", path, session=self._session, body=data)

    def label(self, example: str, name: str, value: object, **more: object) -> Answer:
        """Label one example."""
        act = {"example": example, "name": name, "value": value, **more}
        return self.post("/api/labels", acts=[act])

    def seen(self) -> list[Any]:
        """Return the labels of each example, as the page shows them."""
        found = [each["labels"] for each in self.get("/api/examples?limit=200")["items"]]
        assert found == self.get("/api/labels")["labels"]
        return found


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.05)


def test_the_page_knows_labels_values_and_keys(filled: Library, explorer: Running) -> None:
    for question, tone in (("q0?", "warm"), ("q1?", "dry"), ("q2?", "dry")):
        filled.label(question, tone=tone, **{"quality.cleo": "gold"})
    choices = Person(explorer, "ada").get("/api/overview")["choices"]
    assert [(each["name"], each["values"], each["keys"]) for each in choices] == [
        ("quality", ["gold", "ok", "bad"], ["1", "2", "3"]),
        ("topic", ["law", "tax"], ["l", "t"]),
        ("tone", ["dry", "warm"], ["1", "2"]),
    ]


def test_a_label_is_seen_by_others_and_reaches_the_log(filled: Library, explorer: Running) -> None:
    ada, ben, ids = Person(explorer, "ada"), Person(explorer, "ben"), filled.ids()
    before = ben.get("/api/changes")["given"]
    assert ada.label(ids[3], "topic", "law").json["steps"][0]["before"] is None
    assert ben.get("/api/changes")["given"] == before + 1
    assert ben.seen()[3] == {"topic": "law"}
    _until(lambda: ben.get("/api/changes")["waiting"] == 0)
    assert filled.labels() == {"q3?": {"topic": "law"}}
    assert [each.author for each in filled.repository.operations(limit=1).items] == ["ada"]
    assert ben.seen()[3] == {"topic": "law"}


def test_votes_of_others_come_after_ones_own(filled: Library, explorer: Running) -> None:
    ada, ben, ids = Person(explorer, "ada"), Person(explorer, "ben"), filled.ids()
    ada.label(ids[0], "quality", "gold")
    assert (ada.seen()[0], ben.seen()[0]) == ({"quality.ada": "gold"}, {})
    ben.label(ids[0], "quality", "bad")
    assert ben.seen()[0] == {"quality.ada": "gold", "quality.ben": "bad"}
    query = "/api/examples?queue=quality"
    assert (ada.get(query)["total"], Person(explorer, "cleo").get(query)["total"]) == (19, 19)


def test_each_has_their_own_queue(filled: Library, explorer: Running) -> None:
    ada, ben, ids = Person(explorer, "ada"), Person(explorer, "ben"), filled.ids()
    for example in ids[:5]:
        ada.label(example, "quality", "gold")
    for example in ids[:2]:
        ben.label(example, "quality", "gold")
    ben.post("/api/labels/count", query="")
    totals = [each.get("/api/examples?queue=quality")["total"] for each in (ada, ben)]
    assert totals == [15, 18]
    ben.label(ids[2], "quality", "bad")
    ben.post("/api/labels/count", query="")
    conflicts = ada.get("/api/examples?queue=conflicts")
    assert [each["id"] for each in conflicts["items"]] == [ids[2]]


def test_undo_and_redo_through_the_page(filled: Library, explorer: Running) -> None:
    ada, ids = Person(explorer, "ada"), filled.ids()
    ada.label(ids[0], "topic", "law")
    ada.label(ids[0], "topic", "tax")
    step = ada.post("/api/labels/undo").json["steps"][0]
    assert (step["example"], step["value"], ada.seen()[0]) == (ids[0], "law", {"topic": "law"})
    assert ada.post("/api/labels/redo").json["steps"][0]["value"] == "tax"
    Person(explorer, "ben").label(ids[0], "topic", "law")
    refused = ada.post("/api/labels/undo")
    assert (refused.status, refused.json["error"]["code"]) == (409, "label-changed-since")


def test_all_that_match_are_labelled_as_counted(filled: Library, explorer: Running) -> None:
    ada = Person(explorer, "ada")
    query = "where=data.topic%20%3D%20'a'"
    ada.label(filled.ids()[0], "topic", "tax")
    counted = ada.post("/api/labels/count", query=query).json
    assert counted["total"] == 10
    wanted = {"query": query, "name": "topic", "value": "law"}
    done = ada.post("/api/labels/all", **wanted, **counted)
    assert (done.status, done.json["labelled"]) == (200, 10)
    moved = ada.post("/api/labels/all", **wanted, **counted)
    assert (moved.status, moved.json["error"]["code"]) == (409, "stage-moved")
    assert len(filled.labels()) == 10


def test_a_typed_value_means_what_the_command_line_means(
    filled: Library, explorer: Running
) -> None:
    ada, (first, *_) = Person(explorer, "ada"), filled.ids()
    ada.post("/api/labels", acts=[{"example": first, "name": "score", "typed": "3"}])
    assert ada.seen()[0] == {"score": 3}


def test_what_is_asked_wrongly_is_refused(filled: Library, explorer: Running) -> None:
    ada, (first, *_) = Person(explorer, "ada"), filled.ids()
    acts = [
        None,
        [],
        ["x"],
        [{"example": first, "name": "topic"}] * 1_001,
        [{"example": first, "name": 3, "value": "law"}],
        [{"example": first, "name": "topic", "value": ["law"]}],
        [{"example": first, "name": "topic", "typed": 3}],
    ]
    answers = [ada.post("/api/labels", acts=each) for each in acts]
    assert {(each.status, each.json["error"]["code"]) for each in answers} == {
        (400, "request-invalid")
    }
    nobody = ada.label(first, "topic", "lore")
    assert (nobody.status, nobody.json["error"]["hint"]) == (400, "vault.toml has law, tax")
    assert filled.labels() == {}


def test_reading_only_means_that_nothing_changes(filled: Library) -> None:
    with running(filled.repository, read_only=True) as explorer:
        ada = Person(explorer, "ada")
        refused = ada.label(filled.ids()[0], "topic", "law")
        assert (refused.status, refused.json["error"]["code"]) == (409, "explorer-reads-only")
        assert ada.get("/api/changes")["given"] == 0
        assert not (filled.folder / ".vault/labelling").exists()


def test_a_version_is_labelled_where_the_stage_has_the_same(filled: Library) -> None:
    filled.repository.commit("first")
    ids = filled.ids()
    filled.repository.rm([ids[0]])
    with running(filled.repository, scope=Scope("HEAD")) as explorer:
        ada = Person(explorer, "ada")
        found = ada.get("/api/examples")
        assert found["staged"] == [False] + [True] * 19
        assert ada.label(ids[0], "topic", "law").json["error"]["code"] == "example-not-there"
        ada.label(ids[1], "topic", "law")
        assert ada.get("/api/examples")["items"][1]["labels"] == {"topic": "law"}
        counted = {"query": "", "version": found["version"], "total": 20}
        refused = ada.post("/api/labels/all", name="topic", value="law", **counted)
        assert refused.json["error"]["code"] == "labels-need-the-stage"
    assert filled.labels() == {"q1?": {"topic": "law"}}


def test_at_a_commit_everything_is_read_and_nothing_labelled(filled: Library) -> None:
    filled.repository.label({"topic": "law"}, filled.ids()[:1])
    commit = filled.repository.commit("first").commit
    filled.repository.checkout(commit)
    with running(filled.repository) as explorer:
        ada = Person(explorer, "ada")
        found = ada.get("/api/examples")
        assert (found["total"], found["staged"]) == (20, [False] * 20)
        assert found["items"][0]["labels"] == {"topic": "law"}
        assert ada.get("/api/example?place=0")["example"]["labels"] == {"topic": "law"}
        assert ada.get("/api/changes")["branch"] is None
        assert ada.get("/api/compare?from=HEAD&to=STAGE")["total"] == 0
        refused = ada.label(filled.ids("HEAD")[1], "topic", "law")
        assert (refused.status, refused.json["error"]["code"]) == (409, "detached-head")


def test_another_branch_has_the_labels_of_its_own_stage(filled: Library) -> None:
    filled.repository.commit("first")
    with running(filled.repository) as explorer:
        ada, ids = Person(explorer, "ada"), filled.ids()
        ada.label(ids[0], "topic", "law")
        filled.repository.switch("other", create=True)
        assert ada.get("/api/labels?limit=1")["labels"] == [{}]
        ada.post(
            "/api/labels",
            branch="other",
            acts=[{"example": ids[0], "name": "topic", "value": "tax"}],
        )
        assert ada.seen()[0] == {"topic": "tax"}
    assert filled.labels() == {"q0?": {"topic": "tax"}}
    filled.repository.switch("main")
    assert filled.labels() == {"q0?": {"topic": "law"}}


def test_reading_goes_on_while_somebody_switches(
    filled: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.repository.commit("first")
    with running(filled.repository) as explorer:
        ada, ids = Person(explorer, "ada"), filled.ids()
        filled.repository.switch("other", create=True)
        acts = [{"example": ids[0], "name": "topic", "value": "tax"}]
        ada.post("/api/labels", branch="other", acts=acts)
        # The request has read the branch before HEAD moved, and another one has gone on since.
        monkeypatch.setattr(Explorer, "branch_to_label", lambda *_: "main")
        assert ada.get("/api/examples?limit=1")["items"][0]["labels"] == {"topic": "tax"}
        assert ada.get("/api/labels?limit=1")["labels"] == [{"topic": "tax"}]
        assert ada.get("/api/example?place=0")["example"]["labels"] == {"topic": "tax"}


HIDDEN = "secretvote"


def test_no_answer_tells_what_others_said(filled: Library) -> None:
    (filled.folder / "vault.toml").write_text("[labels.quality]\nraters = 2\n")
    filled.repository.commit("first")
    ids = filled.ids()
    filled.label("q0?", **{"quality.cleo": HIDDEN, "judge.help.quality": HIDDEN})
    filled.repository.rm(ids[5:6])
    with running(filled.repository) as explorer:
        session = explorer.session("ada")
        query = f"place=0&id={ids[0]}&example={ids[0]}&from=HEAD&to=STAGE&before=HEAD&full=1"
        routes = routes_of(explorer.server.explorer, explorer.server.sessions)
        asked = [each.path for each in routes if "GET" in (each.methods or ())]
        for path in (each for each in asked if each.startswith("/api/")):
            answer = explorer.ask("GET", f"{path}?{query}", session=session)
            assert HIDDEN.encode() not in answer.body, path
        body = json.dumps({"example": ids[0], "text": "x", "field": "messages[1].content"}).encode()
        tried = explorer.ask("POST", "/api/edit/try", session=session, body=body)
        assert tried.status == 200
        assert tried.json["labels_left"] == []
        seen = explorer.ask("GET", "/api/examples?queue=conflicts", session=session)
        assert seen.json["total"] == 0
    with running(filled.repository, shows_scores=True) as explorer:
        shown = explorer.ask("GET", "/api/examples", session=explorer.session("ada"))
        assert HIDDEN.encode() in shown.body


def test_who_settles_sees_what_the_others_said(filled: Library, explorer: Running) -> None:
    ids = filled.ids()
    for person, value in (("ben", "gold"), ("cleo", "bad")):
        Person(explorer, person).label(ids[0], "quality", value)
    dora = Person(explorer, "dora")
    assert dora.get("/api/examples?limit=1")["items"][0]["labels"] == {}
    found = dora.get("/api/examples?queue=conflicts")
    assert found["items"][0]["labels"] == {"quality.ben": "gold", "quality.cleo": "bad"}
