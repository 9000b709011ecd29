"""Editing through the API of the explorer: tried as it is typed, then saved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.explorer import Running, asked, running
from tests.support.library import Library, chat


@pytest.fixture
def filled(library: Library) -> Library:
    library.write("a.jsonl", [chat(f"q{n}?", f"answer {n}.") for n in range(3)])
    library.run("a.jsonl")
    library.repository.commit("first")
    return library


@pytest.fixture
def explorer(filled: Library) -> Iterator[Running]:
    with running(filled.repository) as found:
        yield found


def _edit(explorer: Running, example: str, text: str, **more: object) -> tuple[int, Any]:
    is_saved = more.pop("save", False)
    body = {"branch": "main", "example": example, "field": "messages[1].content", "text": text}
    answer = asked(
        explorer, "/api/edit" if is_saved else "/api/edit/try", "ada", **{**body, **more}
    )
    return answer.status, answer.json


def test_what_is_typed_is_tried_and_then_saved(filled: Library, explorer: Running) -> None:
    example = filled.ids()[1]
    status, tried = _edit(explorer, example, "another.")
    assert (status, tried["what"]) == (200, "response")
    assert tried["difference"] == [["", "answer 1", "another"], [".", "", ""]]
    assert filled.records("STAGE") == filled.records("HEAD")
    _, saved = _edit(explorer, example, "another.", save=True)
    assert saved["id"] == tried["id"] == filled.ids()[1]
    assert filled.records()[1]["messages"][1]["content"] == "another."
    assert filled.repository.operations(limit=1).items[0].author == "ada"


def test_the_rules_say_what_is_wrong_with_it(filled: Library, explorer: Running) -> None:
    _, tried = _edit(explorer, filled.ids()[1], "")
    assert any(each["severity"] == "error" for each in tried["findings"])


def test_an_edit_that_cannot_be_made_changes_nothing(filled: Library, explorer: Running) -> None:
    first, second, _ = filled.ids()
    cases = [
        _edit(explorer, first, "{", field=None, save=True),
        _edit(explorer, first, "x", field="messages[9].content", save=True),
        _edit(explorer, "f" * 32, "x", save=True),
        _edit(explorer, first, "x", branch="other", save=True),
        _edit(explorer, first, json.dumps(filled.records()[1]), field=None, save=True),
        _edit(explorer, first, 3, save=True),  # type: ignore[arg-type]
    ]
    assert [(status, answer["error"]["code"]) for status, answer in cases] == [
        (400, "record-invalid"),
        (400, "text-not-found"),
        (404, "example-not-there"),
        (409, "branch-switched"),
        (409, "example-exists"),
        (400, "request-invalid"),
    ]
    assert filled.records("STAGE") == filled.records("HEAD")
    assert second == filled.ids()[1]


def test_reading_only_edits_nothing(filled: Library) -> None:
    with running(filled.repository, read_only=True) as explorer:
        status, answer = _edit(explorer, filled.ids()[0], "x", save=True)
        assert (status, answer["error"]["code"]) == (409, "explorer-reads-only")
