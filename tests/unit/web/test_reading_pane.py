"""The API of the reading pane: one example at a place of a list, each answer asked for apart."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request

from tests.support.explorer import Answer, Running, asked, running
from tests.support.library import Library, chat
from vault.formats.trainers.table import TRAINERS
from vault.operations.queries.browse import Listing
from vault.web.reading_pane import ReadingPane

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
ROUTES = ("trainer", "findings", "system", "picture")


@pytest.fixture
def explorer(library: Library) -> Iterator[Running]:
    url = "data:text/html;base64," + base64.b64encode(PNG).decode()
    parts = [{"type": "image_url", "image_url": {"url": url}}]
    picture: dict[str, Any] = {"messages": [{"role": "user", "content": parts}]}
    system = chat("q?", "As an AI language model, I count ninety.")
    system["messages"].insert(0, {"role": "system", "content": "Be kind."})
    library.write("a.jsonl", [system, picture])
    library.run("a.jsonl")
    with running(library.repository) as found:
        yield found


def ask(explorer: Running, path: str) -> Answer:
    return asked(explorer, f"/api/{path}")


def test_each_answer_is_of_the_example_at_a_place(explorer: Running) -> None:
    seen = ask(explorer, "trainer?place=0&target=openai").json
    assert [each["is_learnt"] for each in seen["turns"]] == [False, False, True]
    found = ask(explorer, "findings?place=0").json
    assert [(each["code"], each["turn"]) for each in found["findings"]] == [("TEXT004", 2)]
    system = ask(explorer, "system?place=0").json
    assert (system["is_counting"], system["system"]["examples"]) == (False, 1)
    assert ask(explorer, "system?place=1").json["system"] is None


def test_all_targets_are_listed(explorer: Running) -> None:
    assert [each["name"] for each in ask(explorer, "targets").json["targets"]] == list(TRAINERS)


def test_a_picture_has_the_type_of_its_bytes(explorer: Running) -> None:
    answer = ask(explorer, "picture?place=1&turn=0&part=0")
    assert (answer.status, answer.body) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["cache-control"] == "no-store"
    assert ask(explorer, "picture?place=1&turn=0&part=1").status == 400
    assert ask(explorer, "picture?place=0&turn=0&part=0").status == 400


@pytest.mark.parametrize("route", ROUTES)
def test_a_place_that_is_not_there_is_told(explorer: Running, route: str) -> None:
    for place in ("", "?place=2", "?place=-1"):
        answer = ask(explorer, f"{route}{place}")
        assert (answer.status, answer.json["error"]["code"]) == (404, "example-not-there")
    assert ask(explorer, f"{route}?place=x").json["error"]["code"] == "number-invalid"


@pytest.mark.parametrize("route", ROUTES)
def test_another_example_at_the_place_is_told(
    library: Library, explorer: Running, route: str
) -> None:
    first, second = library.ids()
    for name in (second, "", "x"):
        answer = ask(explorer, f"{route}?place=0&id={name}")
        assert (answer.status, answer.json["error"]["code"]) == (404, "example-not-there")
    answer = ask(explorer, f"{route}?place=0&id={first}&target=trl")
    assert answer.status == (400 if route == "picture" else 200)


def test_an_unknown_target_is_told(explorer: Running) -> None:
    answer = ask(explorer, "trainer?place=0&target=tlr")
    assert (answer.status, answer.json["error"]["code"]) == (400, "trainer-unknown")


def test_one_thread_counts_system_prompts(library: Library, explorer: Running) -> None:
    request = Request({"type": "http", "query_string": b"place=0", "headers": []})
    listing = library.repository.browse()
    within: list[Any] = []

    def count(request: Request, listing: Listing, text: str) -> Any:
        # While this one counts, somebody else asks.
        if not within:
            within.append(pane.system(request))
        return library.repository.system_prompt_of(text)

    pane = ReadingPane(lambda _: listing, lambda _: library.repository, count)
    assert pane.system(request)["system"].examples == 1
    assert within == [{"is_counting": True, "system": None}]
