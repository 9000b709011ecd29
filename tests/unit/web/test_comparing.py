"""Comparing and bringing back through the API of the explorer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.explorer import Answer, Running, asked, running
from tests.support.library import Library, chat
from vault.web.listings import Scope


@pytest.fixture
def filled(library: Library) -> Library:
    library.write("a.jsonl", [chat(f"q{n}?", "an answer", topic="ab"[n % 2]) for n in range(20)])
    library.run("a.jsonl")
    library.repository.commit("first")
    library.repository.tag("v1", "HEAD")
    library.repository.rm([library.id_of("q3?")])
    (library.folder / "vault.toml").write_text("[labels.tone]\nraters = 2\n")
    return library


@pytest.fixture
def explorer(filled: Library) -> Iterator[Running]:
    with running(filled.repository) as found:
        yield found


def code(answer: Answer) -> tuple[int, Any]:
    return answer.status, answer.json["error"]["code"]


def test_changes_come_by_pages_of_one_version(filled: Library, explorer: Running) -> None:
    first = asked(explorer, "/api/compare?limit=10").json
    assert (first["from"], first["to"]) == (filled.repository.log().head, "STAGE")
    assert (first["total"], first["counts"]["removed"], first["unchanged"]) == (1, 1, 19)
    filled.repository.rm([filled.id_of("q4?")])
    version = first["version"]
    kept = asked(explorer, f"/api/compare?version={version}").json
    assert (kept["version"], kept["total"]) == (version, 1)
    assert asked(explorer, "/api/compare").json["total"] == 2
    shown = asked(explorer, f"/api/compare/change?place=0&version={version}").json
    assert shown["change"]["removal"]["reason"] == "rm"
    # Another pair of versions does not get the answer of this one.
    other = asked(explorer, f"/api/compare?from=STAGE&to=v1&version={version}").json
    assert (other["total"], other["counts"]["added"]) == (2, 2)


def test_names_and_commits_are_offered(filled: Library, explorer: Running) -> None:
    found = asked(explorer, "/api/revisions").json
    assert found["names"] == ["HEAD", "STAGE", "main", "v1"]
    assert [each["message"] for each in found["commits"]] == ["first"]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/api/compare?from=nothing", (404, "revision-not-found")),
        ("/api/compare?to=%3Cb%3E", (400, "revision-invalid")),
        ("/api/compare?change=moved", (400, "change-unknown")),
        ("/api/compare?offset=x", (400, "number-invalid")),
        ("/api/compare/change?place=1", (404, "change-not-there")),
        ("/api/compare/change", (404, "change-not-there")),
        ("/api/gone?limit=1e9", (400, "number-invalid")),
        ("/api/gone/item?place=99999", (404, "gone-not-there")),
        ("/api/gone/item", (404, "gone-not-there")),
    ],
)
def test_nonsense_is_refused_by_its_code(
    explorer: Running, path: str, wanted: tuple[int, str]
) -> None:
    assert code(asked(explorer, path)) == wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ({"id": "ffff" * 8}, (404, "example-not-found")),
        ({"id": "../../x"}, (404, "example-not-found")),
        ({"id": 7}, (400, "request-invalid")),
        ({"id": "ffff" * 8, "is_input": True}, (404, "entry-not-found")),
        ({"id": "ffff" * 8, "branch": "other"}, (409, "branch-switched")),
        ({"id": "ffff" * 8, "branch": None}, (400, "request-invalid")),
    ],
)
def test_nonsense_brings_nothing_back(
    filled: Library, explorer: Running, body: dict[str, Any], wanted: tuple[int, str]
) -> None:
    before = filled.repository.version_of()
    assert code(asked(explorer, "/api/gone/back", **{"branch": "main", **body})) == wanted
    assert filled.repository.version_of() == before


def test_what_comes_back_is_recorded_after_labels(filled: Library, explorer: Running) -> None:
    gone = asked(explorer, "/api/gone").json
    assert gone["reasons"] == {"rm": 1}
    act = {"example": filled.id_of("q5?"), "name": "quality", "value": "gold"}
    assert asked(explorer, "/api/labels", branch="main", acts=[act]).status == 200
    wanted = gone["items"][0]["id"]
    answer = asked(explorer, "/api/gone/back", "ben", branch="main", id=wanted).json
    assert answer["report"]["restored"] == 1
    authors = [each.author for each in filled.repository.operations(limit=2).items]
    assert authors == ["ben", "ada"]
    assert asked(explorer, "/api/gone").json["total"] == 0
    assert asked(explorer, f"/api/gone?version={gone['version']}").json["total"] == 1
    assert "q3?" in filled.questions()


def test_reading_only_brings_nothing_back(filled: Library) -> None:
    with running(filled.repository, read_only=True) as explorer:
        gone = asked(explorer, "/api/gone").json
        answer = asked(explorer, "/api/gone/back", branch="main", id=gone["items"][0]["id"])
        assert code(answer) == (409, "explorer-reads-only")
        assert asked(explorer, "/api/compare").json["total"] == 1


def test_a_version_shows_what_is_gone_of_it(filled: Library) -> None:
    with running(filled.repository, scope=Scope("v1")) as explorer:
        assert asked(explorer, "/api/gone").json["total"] == 0


def test_the_scope_narrows_what_is_compared(filled: Library) -> None:
    with running(filled.repository, scope=Scope(where=("data.topic = 'a'",))) as explorer:
        found = asked(explorer, "/api/compare").json
        assert (found["total"], found["unchanged"]) == (0, 10)
        assert found["where"] == ["data.topic = 'a'"]


def test_labels_of_others_stay_hidden_when_compared(filled: Library, explorer: Running) -> None:
    example = filled.id_of("q5?")
    act = {"example": example, "name": "tone", "value": "dry"}
    assert asked(explorer, "/api/labels", branch="main", acts=[act]).status == 200
    shown = {}
    for person in ("ada", "ben"):
        found = asked(explorer, "/api/compare/change?change=relabelled&place=0", person).json
        shown[person] = [each["name"] for each in found["change"]["labels"]]
        text = json.dumps(found) + json.dumps(asked(explorer, "/api/compare", person).json)
        assert ("dry" in text) == (person == "ada")
    assert shown == {"ada": ["tone.ada"], "ben": []}
