"""A run finds out by which step of the ladder an endpoint is asked for JSON, and keeps it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.support.billing_server import Behaviour, BillingServer, Entry
from tests.support.generated import generated, pair
from tests.support.library import Library
from vault.operations.generating.report import GenerateReport

SCHEMA = """format = "json"
[answer.schema]
type = "object"
required = ["user", "assistant"]
properties = { user = { type = "string" }, assistant = { type = "string" } }
"""
PROBE = "Say hello"


def hello_or_pair(text: str, chance: random.Random) -> str:
    """Return words to a probe, and an example to all others."""
    return "Hello there!" if text.startswith(PROBE) else pair(text, chance)


def run(
    library: Library, behaviour: Behaviour, **options: Any
) -> tuple[GenerateReport, list[Entry]]:
    """Run a recipe with a schema against a server of its own."""
    with BillingServer(behaviour) as server:
        report = generated(library, server.base_url, **{"count": 3, "format": SCHEMA, **options})
        return report, server.ledger.entries


def forms(entries: list[Entry]) -> list[str | None]:
    """Return the forms in which a server was asked, in order."""
    formats = [json.loads(each.body).get("response_format") for each in entries]
    return [None if each is None else each["type"] for each in formats]


@pytest.mark.parametrize(
    ("server", "asked"),
    [
        ({"json_schema": "enforce"}, ["json_schema"] + ["json_schema"] * 3),
        ({"json_object": "enforce"}, ["json_schema", "json_object"] + ["json_object"] * 3),
        (
            {"json_schema": "400", "json_object": "enforce"},
            ["json_schema", "json_object"] + ["json_object"] * 3,
        ),
        ({"json_schema": "400", "json_object": "400"}, ["json_schema", "json_object"] + [None] * 3),
        ({}, ["json_schema", "json_object"] + [None] * 3),
    ],
)
def test_the_best_step_that_is_enforced_is_asked(
    library: Library, server: dict[str, str], asked: list[str | None]
) -> None:
    report, entries = run(library, Behaviour(content=hello_or_pair, forms=server))
    assert forms(entries) == asked
    assert (report.accepted, report.stopped, report.requests) == (3, "done", len(asked))
    has_schema = ["JSON Schema" in each.text for each in entries]
    assert has_schema == [False] * (len(asked) - 3) + [asked[-1] != "json_schema"] * 3
    rows = library.repository.requests_of(report.run)
    assert [each.state for each in rows][-3:] == ["accepted"] * 3
    assert len(library.records()) == 3
    again = library.repository.reparse(report.run)
    assert (again.accepted, again.staged) == (3, 0)


def test_what_was_found_is_not_asked_for_again(library: Library) -> None:
    behaviour = Behaviour(content=hello_or_pair, forms={"json_schema": "400"})
    with BillingServer(behaviour) as server:
        first = generated(library, server.base_url, count=3, format=SCHEMA, max_requests=3)
        assert first.stopped == "requests"
        library.repository.resume(max_requests=9)
        generated(library, server.base_url, count=2, format=SCHEMA)
        probes = [each for each in server.ledger.entries if each.text.startswith(PROBE)]
        assert len(probes) == 2
        assert forms(server.ledger.entries)[2:] == [None] * 5


def test_a_probe_is_not_one_of_a_preview(library: Library) -> None:
    report, entries = run(library, Behaviour(content=hello_or_pair), count=2, is_preview=True)
    assert (len(report.preview), len(entries)) == (2, 4)


def test_no_schema_needs_no_probe(library: Library) -> None:
    _, entries = run(library, Behaviour(content=pair), format='format = "json"')
    assert forms(entries) == ["json_object"] * 3


def test_a_form_that_is_refused_is_not_asked_for(library: Library) -> None:
    behaviour = Behaviour(content=pair, forms={"json_object": "400"})
    report, entries = run(library, behaviour, format='format = "json"', count=60)
    assert (report.accepted, report.stopped, report.failed) == (60, "done", {"http-400": 50})
    assert set(forms(entries)[50:]) == {None}


def test_an_answer_that_is_wrong_is_asked_for_once_more(library: Library) -> None:
    def content(text: str, chance: random.Random) -> str:
        if text.startswith("That cannot be used"):
            return pair(text, chance)
        return "Sure! Here it is: {" if "cards" in text else hello_or_pair(text, chance)

    report, entries = run(library, Behaviour(content=content), count=6, in_flight=1)
    again = [each for each in entries if each.text.startswith("That cannot be used")]
    assert (report.accepted, report.rejected, len(again)) == (6, {"malformed": 2}, 2)
    messages = json.loads(again[0].body)["messages"]
    assert [each["role"] for each in messages] == ["user", "assistant", "user"]
    assert messages[1]["content"] == "Sure! Here it is: {"
    assert "the answer is no JSON" in messages[2]["content"]
    assert report.requests == 2 + 6 + 2
    kept = library.repository.reparse(report.run)
    assert (kept.accepted, kept.rejected, kept.staged) == (6, report.rejected, 0)


def test_it_is_asked_once_more_and_no_more(library: Library) -> None:
    def content(text: str, chance: random.Random) -> str:
        return "no JSON"

    report, entries = run(library, Behaviour(content=content), count=2, max_requests=6)
    again = [each for each in entries if each.text.startswith("That cannot be used")]
    assert (report.stopped, report.accepted, len(again)) == ("requests", 0, 2)
