"""TRL and `datasets` take what is exported for them: `pytest -m slow`, in an own environment."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.library import Library, chat
from tests.support.trainer_venv import run_loader

pytestmark = pytest.mark.slow

NAMES = {"get_weather": {"city": "Oslo", "days": 2}, "transfer": {"amount": 1.5, "to": "bob"}}


@pytest.fixture
def library(tmp_path: Any) -> Library:
    return Library(tmp_path)


def calling(name: str, **others: Any) -> dict[str, Any]:
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
        **others,
    }


TOOLS = [calling("get_weather"), calling("transfer", chat_template_kwargs={"x": True})]
PAIRS = [{"prompt": f"q{n}", "chosen": "good", "rejected": "bad"} for n in range(3)]
VERDICTS = [{"prompt": f"q{n}", "completion": f"a{n}", "label": n % 2 == 0} for n in range(4)]
PROMPTS = [
    {
        "prompt": [{"role": "user", "content": f"{n}+1"}],
        "ground_truth": str(n),
        "mixed": n or "zero",
    }
    for n in range(4)
]
MEDIA = [
    {**chat("What is it?"), "images": ["1"], "tags": ["a", "2"]},
    {**chat("And?"), "images": [], "score": 0.5},
]

DATES = [
    {
        **chat(f"{n}?"),
        "day": f"2024-05-0{n}",
        "at": f"2024-05-0{n}T10:00:00Z",
        "tags": ["2024-05-01"],
    }
    for n in range(1, 4)
]
DAYS = [
    {"prompt": f"{n}?", "day": "2024-05-01", "ground_truth": each} for n, each in enumerate("a1")
]
TEXTS = [{"text": "2024-05-01"}, {"text": "2024-06-01 10:00"}]


def export(library: Library, trainer: str, *records: dict[str, Any]) -> None:
    """Import some records and export them into the folder `data`."""
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    library.repository.export("STAGE", output=str(library.folder / "data"), trainer=trainer)


def loaded(library: Library) -> Any:
    """Return what `datasets` makes of the folder."""
    return json.loads(run_loader("trl", "load_folder", "data", folder=library.folder))


def trained(library: Library, command: str) -> Any:
    """Return what TRL makes of the configuration, with one step of training."""
    return json.loads(
        run_loader("trl", "run_trl", command, f"data/{command}.yaml", folder=library.folder)
    )


@pytest.mark.parametrize("trainer", ["trl", "hf"])
def test_calls_that_come_late_load_exactly(library: Library, trainer: str) -> None:
    plain = [chat(f"{n} {'x' * 2000}", "y" * 2000) for n in range(6_000)]
    export(library, trainer, *plain, *TOOLS)
    assert (library.folder / "data/train.jsonl").stat().st_size > 24_000_000
    assert loaded(library) == {"rows": {"train": 6_002}, "different": 0}


@pytest.mark.parametrize("trainer", ["trl", "hf"])
@pytest.mark.parametrize("records", [TOOLS, PAIRS, VERDICTS, PROMPTS, MEDIA, DATES, DAYS, TEXTS])
def test_every_layout_loads_exactly(
    library: Library, trainer: str, records: list[dict[str, Any]]
) -> None:
    export(library, trainer, *records)
    assert loaded(library) == {"rows": {"train": len(records)}, "different": 0}


def test_the_version_that_is_there_is_loaded(library: Library) -> None:
    export(library, "trl", chat("a"))
    assert loaded(library)["different"] == 0
    library.repository.discard()
    export(library, "trl", chat("b"))
    assert loaded(library) == {"rows": {"train": 1}, "different": 0}


def test_sft_trains_on_every_answer_of_a_chat(library: Library) -> None:
    export(library, "trl", chat("a?"), *TOOLS)
    found = trained(library, "sft")
    assert (found["splits"], found["rows"]) == ({"train": 3}, 3)
    assert found["longest"] <= 3 * found["max_length"]
    assert (
        '{"name": "get_weather", "arguments": {"city": "Oslo", "days": 2}}' in found["trained"][1]
    )
    assert "Done." in found["trained"][1]
    assert "It worked." in found["trained"][1]
    assert "a?" not in found["trained"][0]
    assert found["loss"] > 0


def test_a_view_says_which_turns_trl_trains_on(library: Library) -> None:
    export(library, "trl", chat("a?"), *TOOLS)
    masked = trained(library, "sft")["trained"]
    listing = library.repository.browse()
    assert len(masked) == len(listing) == 3
    for place, text in enumerate(masked):
        conversation = listing.whole(place).conversation or {}
        messages = [*conversation["prompt"], *conversation["response"]]
        turns = listing.seen_by(place, "trl").turns
        for message, turn in zip(messages, turns, strict=True):
            spoken = message.get("content") or message["tool_calls"][0]["name"]
            assert (spoken in text) == turn.is_learnt


def test_a_chat_that_would_stop_the_training_is_left_out(library: Library) -> None:
    library.write("a.jsonl", [{"messages": [{"role": "system", "content": "s"}]}, *TOOLS])
    library.run("a.jsonl")
    path = str(library.folder / "data")
    library.repository.export("STAGE", output=path, trainer="trl", skip_unsupported=True)
    found = trained(library, "sft")
    assert (found["rows"], found["loss"] > 0) == (2, True)


def test_sft_trains_on_completions_alone(library: Library) -> None:
    weighted = chat("a?", "first")
    weighted["messages"][1]["weight"] = 0
    weighted["messages"] += chat("b?", "second")["messages"]
    export(library, "trl", chat("c?", "third"), weighted)
    for number, side in enumerate(["train", "validation"]):
        library.label(["c?", "a?"][number], split=side)
    library.repository.export("STAGE", output=str(library.folder / "data"), trainer="trl")
    found = trained(library, "sft")
    assert found["splits"] == {"train": 1, "validation": 1}
    assert "third" in found["trained"][0]


@pytest.mark.parametrize(("command", "records"), [("dpo", PAIRS), ("kto", VERDICTS)])
def test_preferences_train(library: Library, command: str, records: list[dict[str, Any]]) -> None:
    export(library, "trl", *records)
    found = trained(library, command)
    assert found["rows"] == len(records)
    assert found["loss"] > 0
