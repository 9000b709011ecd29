"""What makes another example, although the words of the messages are the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library

ASKED = "<image>What do you see in this picture of the river? Describe it in some detail, please."
TOLD = "A small red house stands near the river, and a dog runs along the shore in the evening."
TRACES = (
    "First I look at the left half of it, where a wall of wood has been painted red",
    "Let me begin with the animal in front, which seems to chase something unseen",
    "The light comes from the west and is warm, so that it must be late in the day",
)


def pair(asked: dict[str, Any], told: dict[str, Any], **beside: Any) -> dict[str, Any]:
    messages = [{"role": "user", **asked}, {"role": "assistant", **told}]
    return {"messages": messages, **beside}


def seen(name: str) -> dict[str, Any]:
    return pair({"content": ASKED}, {"content": TOLD}, images=[name])


def in_parts(part: dict[str, Any]) -> dict[str, Any]:
    return pair({"content": [{"type": "text", "text": ASKED}, part]}, {"content": TOLD})


def called(name: str, arguments: Any) -> dict[str, Any]:
    call = {"function": {"name": name, "arguments": arguments}}
    return pair({"content": ASKED}, {"content": None, "tool_calls": [call]})


def used(given: dict[str, Any]) -> dict[str, Any]:
    part = {"type": "tool_use", "id": "t", "name": "book", "input": given}
    return pair({"content": ASKED}, {"content": [part]})


def declared(name: str) -> dict[str, Any]:
    return pair({"content": ASKED}, {"content": TOLD}, tools=[{"name": name}])


APART: dict[str, list[dict[str, Any]]] = {
    "images": [seen("a.png"), seen("b.png")],
    "an image or none": [seen("a.png"), pair({"content": ASKED}, {"content": TOLD})],
    "image parts": [
        in_parts({"type": "image_url", "image_url": {"url": f"https://example.com/{n}.png"}})
        for n in range(2)
    ],
    "parts without types": [in_parts({"image": {"source": n}}) for n in range(2)],
    "reasoning": [
        pair({"content": ASKED}, {"content": TOLD, "reasoning_content": each}) for each in TRACES
    ],
    "thinking parts": [
        pair(
            {"content": ASKED},
            {"content": [{"type": "thinking", "thinking": each}, {"type": "text", "text": TOLD}]},
        )
        for each in TRACES
    ],
    "refusals": [pair({"content": ASKED}, {"content": "", "refusal": each}) for each in TRACES],
    "calls": [called("book", {"city": "Rome"}), called("cancel", {"order": "Q-17"})],
    "calls as parts": [used({"city": "Rome"}), used({"order": "Q-17"})],
    "tools": [declared("book"), declared("cancel")],
}


@pytest.mark.parametrize("name", APART)
@pytest.mark.parametrize("options", [{}, {"exact": True}], ids=["near", "exact"])
def test_what_is_trained_on_differently_is_no_duplicate(
    tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    library = Library(tmp_path)
    library.write("a.jsonl", APART[name])
    report = library.run("a.jsonl")
    assert (report.imported, report.same_content) == (len(APART[name]), 0)
    assert library.repository.dedupe(dry_run=True, yes=True, **options).removed == 0


@pytest.mark.parametrize("name", ["images", "image parts", "tools"])
def test_a_prompt_is_its_media_and_tools_as_well(tmp_path: Path, name: str) -> None:
    library = Library(tmp_path)
    library.write("a.jsonl", APART[name])
    library.run("a.jsonl")
    for exact in (False, True):
        report = library.repository.dedupe(on="prompt", exact=exact, dry_run=True, yes=True)
        assert report.removed == 0
    assert library.repository.dedupe(on="response", dry_run=True, yes=True).removed == 1


def test_the_same_words_and_picture_are_a_duplicate(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("a.jsonl", [seen("a.png"), {**seen("a.png"), "n": 1}, seen("b.png")])
    library.run("a.jsonl")
    assert library.repository.dedupe(dry_run=True, yes=True).removed == 1


@pytest.mark.parametrize("on", ["conversation", "prompt"])
@pytest.mark.parametrize("exact", [False, True])
def test_a_reference_with_another_picture_is_no_match(tmp_path: Path, on: Any, exact: bool) -> None:
    library = Library(tmp_path)
    library.write("a.jsonl", [seen("a.png"), seen("b.png")])
    library.run("a.jsonl")
    path = library.write("eval.jsonl", [seen("b.png")])
    report = library.repository.dedupe(against=path, on=on, exact=exact, dry_run=True)
    assert report.removed == 1


def test_traces_that_lead_to_different_short_answers_conflict(tmp_path: Path) -> None:
    library = Library(tmp_path)
    thought = {"reasoning_content": TRACES[0]}
    records = [pair({"content": ASKED}, {"content": each, **thought}) for each in ("4", "5")]
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    report = library.repository.dedupe(dry_run=True)
    assert (report.removed, report.conflicts) == (0, 1)


def test_arguments_in_another_order_are_told(tmp_path: Path) -> None:
    library = Library(tmp_path)
    one, other = ({"answer": "yes", "reasoning": "so"}, {"reasoning": "so", "answer": "yes"})
    library.write("a.jsonl", [called("book", one), called("book", other), called("book", one)])
    report = library.run("a.jsonl")
    assert (report.imported, report.duplicates, report.reordered) == (1, 2, 1)
    library.write("b.jsonl", [called("book", other)])
    assert library.run("b.jsonl").reordered == 1
    assert library.run("b.jsonl", mode="replace").reordered == 1
    assert library.run("a.jsonl").reordered == 1
    library.write("c.jsonl", [called("book", json.dumps(other))])
    report = library.run("c.jsonl")
    assert (report.imported, report.same_content, report.reordered) == (1, 0, 0)


def test_other_orders_of_keys_are_not_told(tmp_path: Path) -> None:
    library = Library(tmp_path)
    record = called("book", {"city": "Rome"})
    turned = json.loads(json.dumps(record, sort_keys=True))
    library.write("a.jsonl", [record, turned, {"b": 1, "a": {"d": 1, "c": 2}}])
    library.run("a.jsonl")
    library.write("a.jsonl", [turned, {"a": {"c": 2, "d": 1}, "b": 1}])
    assert library.run("a.jsonl").reordered == 0


def test_a_record_that_was_fixed_is_not_told_as_another_order(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("a.jsonl", [{"messages": [{"role": "human", "content": "Hi"}]}])
    library.run("a.jsonl")
    library.repository.validate(fix=True)
    assert library.run("a.jsonl").reordered == 0


def test_the_pairs_that_fit_a_raw_record_are_told(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("a.jsonl", [{"a": 1}, {"problem": "2+2?", "solution": "So", "answer": "4"}])
    report = library.run("a.jsonl")
    assert report.files[0].choices == (
        {"user": "problem", "assistant": "solution"},
        {"user": "problem", "assistant": "answer"},
    )
    assert library.run("a.jsonl", format="raw").files[0].choices == ()
