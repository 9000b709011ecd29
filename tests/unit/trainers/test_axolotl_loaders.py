"""axolotl takes what is exported for it: `pytest -m slow`, in an own environment."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.library import Library, chat
from tests.support.trainer_venv import run_loader

pytestmark = pytest.mark.slow

NAMES = {"get_weather": {"city": "Oslo", "days": 2}, "transfer": {"amount": 1.5, "to": "bob"}}
PAIRS = [{"prompt": f"q{n}", "chosen": "good", "rejected": "bad"} for n in range(3)]


@pytest.fixture
def library(tmp_path: Any) -> Library:
    return Library(tmp_path)


def calling(name: str) -> dict[str, Any]:
    """Return a chat that calls a tool."""
    call = {"id": "x", "type": "function", "function": {"name": name, "arguments": NAMES[name]}}
    properties = {each: {"type": "string"} for each in NAMES[name]}
    schema = {"name": name, "parameters": {"type": "object", "properties": properties}}
    return {
        "messages": [
            {"role": "user", "content": f"{name}?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "x", "content": "ok"},
            {"role": "assistant", "content": "Done.", "reasoning_content": "It worked."},
        ],
        "tools": [{"type": "function", "function": schema}],
    }


def weighted() -> dict[str, Any]:
    """Return a chat that trains on the second of its answers alone."""
    first, second = chat("a?", "first")["messages"], chat("b?", "second")["messages"]
    return {"messages": [first[0], {**first[1], "weight": 0}, *second]}


TEXTS = [{"text": "2024-05-01"}, {"text": "2024-06-01 10:00"}]
TOOLS = [calling("get_weather"), calling("transfer")]


def export(library: Library, *records: dict[str, Any], **options: Any) -> None:
    """Import some records and export them into the folder `data`."""
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    library.repository.export(
        "STAGE", output=str(library.folder / "data"), trainer="axolotl", **options
    )


def loaded(library: Library) -> Any:
    """Return what axolotl's loader makes of the folder."""
    return json.loads(
        run_loader("axolotl", "load_axolotl", "data/axolotl.yaml", folder=library.folder)
    )


def trained(library: Library) -> Any:
    """Return what `axolotl train` makes of the configuration, with one step of training."""
    return json.loads(
        run_loader("axolotl", "run_axolotl", "data/axolotl.yaml", folder=library.folder)
    )


def test_calls_that_come_late_load_exactly(library: Library) -> None:
    plain = [chat(f"{n} {'x' * 2000}", "y" * 2000) for n in range(6_000)]
    export(library, *plain, weighted(), *TOOLS)
    assert (library.folder / "data/train.jsonl").stat().st_size > 24_000_000
    assert loaded(library) == {"rows": {"train": 6_003}, "different": 0}


@pytest.mark.parametrize("records", [TOOLS, PAIRS, [weighted(), *TOOLS], TEXTS])
def test_every_layout_loads_exactly(library: Library, records: list[dict[str, Any]]) -> None:
    export(library, *records)
    assert loaded(library) == {"rows": {"train": len(records)}, "different": 0}


def test_both_sides_of_a_split_are_loaded(library: Library) -> None:
    export(library, chat("a?"), *TOOLS)
    for content, side in {
        "a?": "train",
        "get_weather?": "train",
        "transfer?": "validation",
    }.items():
        library.label(content, split=side)
    library.repository.export("STAGE", output=str(library.folder / "data"), trainer="axolotl")
    assert loaded(library) == {"rows": {"train": 2, "validation": 1}, "different": 0}
    assert len(trained(library)["rows"]) == 3


def test_chats_train_on_what_has_a_weight(library: Library) -> None:
    parts = [
        {"type": "text", "text": "masked", "train": False},
        {"type": "text", "text": " shown", "train": True},
    ]
    in_parts = chat("c?")
    in_parts["messages"][1]["content"] = parts
    export(library, weighted(), *TOOLS, in_parts)
    found = trained(library)
    assert found["loss"] > 0
    told = {each["text"].split("<|im_start|>user\n")[1][:2]: each for each in found["rows"]}
    assert len(found["rows"]) == 4
    assert "first" in told["a?"]["text"]
    assert "first" not in told["a?"]["trained"]
    assert "second" in told["a?"]["trained"]
    assert "masked shown" in told["c?"]["text"]
    assert "shown" in told["c?"]["trained"]
    assert "masked" not in told["c?"]["trained"]
    call = '{"name": "get_weather", "arguments": {"city": "Oslo", "days": 2}}'
    assert call in told["ge"]["trained"]
    assert '"name": "get_weather"' in told["ge"]["text"]
    assert "<think>\nIt worked.\n</think>" in told["ge"]["text"]
    # The opening tag is in every answer of this template, and axolotl masks what all have.
    assert "It worked.\n</think>" in told["ge"]["trained"]
    assert "null" not in told["ge"]["text"] + told["tr"]["text"]


def test_reasoning_of_another_name_is_trained_on(library: Library) -> None:
    export(library, *TOOLS, reasoning_key="thinking")
    assert all("It worked." in each["trained"] for each in trained(library)["rows"])


def test_preferences_train(library: Library) -> None:
    export(library, *PAIRS)
    found = trained(library)
    assert found["loss"] > 0
    assert {each["chosen"].split("<")[0] for each in found["rows"]} == {"good"}
    assert {each["rejected"].split("<")[0] for each in found["rows"]} == {"bad"}
    assert sorted(each["prompt"].split("user\n")[1][:2] for each in found["rows"]) == [
        "q0",
        "q1",
        "q2",
    ]


def test_plain_texts_train(library: Library) -> None:
    export(library, *TEXTS)
    texts = sorted(each["trained"] for each in trained(library)["rows"])
    assert [each.removesuffix("<|im_end|>") for each in texts] == ["2024-05-01", "2024-06-01 10:00"]


def test_a_new_version_is_not_taken_from_the_cache(library: Library) -> None:
    export(library, chat("a"))
    assert loaded(library)["different"] == 0
    library.repository.discard()
    export(library, chat("b"))
    assert loaded(library) == {"rows": {"train": 1}, "different": 0}
