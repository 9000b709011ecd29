"""LLaMA-Factory takes what is exported for it: `pytest -m slow`, in an environment of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.library import Library, chat
from tests.support.trainer_records import CALLING, export, late_calls, said, user
from tests.support.trainer_venv import run_loader

pytestmark = pytest.mark.slow

CALLS = [
    '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo", "days": 2}}\n</tool_call>\n'
    '<tool_call>\n{"name": "transfer", "arguments": {"city": "Oslo", "days": 2}}\n</tool_call>',
    '<tool_call>\n{"name": "transfer", "arguments": {"amount": 1.5, "to": "bob <b>"}}\n'
    "</tool_call>",
]


def trained(library: Library, stage: str = "sft") -> Any:
    """Return what LLaMA-Factory makes of the configuration, with one step of training."""
    config = f"data/{stage}.yaml"
    found = json.loads(
        run_loader("llamafactory", "run_llamafactory", config, folder=library.folder)
    )
    assert found["loss"] > 0
    assert not found["cut"]
    return found


def test_calls_and_reasoning_are_trained_on(library: Library) -> None:
    report = export(library, "llamafactory", chat("a?"), *CALLING)
    assert (report.layout, report.losses) == ("llamafactory", {})
    found = trained(library)
    assert (found["rows"], found["evaluated"]) == (3, None)
    first, second, third = (each["labels"] for each in found["trained"])
    assert first == "<think>\n\n</think>\n\nYes.<|im_end|>\n"
    assert f"<think>\nTwo calls.\n</think>\n\nLet me look.\n{CALLS[0]}<|im_end|>" in second
    assert CALLS[1] in third
    assert "<think>\nIt worked.\n</think>\n\nDone.<|im_end|>" in third
    texts = [each["input_ids"] for each in found["texts"]]
    # In the order of the calls, though the second answered first.
    joined = "<tool_response>\ncold\n</tool_response>\n<tool_response>\nhot\n</tool_response>"
    assert joined in texts[1]
    assert texts[2].startswith("<|im_start|>system\nYou are a bank.")
    assert "null" not in "".join(texts)


def test_calls_that_come_late_are_exact(library: Library) -> None:
    export(library, "llamafactory", *late_calls())
    assert (library.folder / "data/train.jsonl").stat().st_size > 24_000_000
    found = trained(library)
    assert found["rows"] == 6_002
    *_, second, third = (each["labels"] for each in found["trained"])
    assert CALLS[0] in second
    assert CALLS[1] in third
    assert "null" not in found["texts"][-1]["input_ids"]


def test_only_last_answers_are_trained_on_with_a_mask(library: Library) -> None:
    weighted = {"messages": [user("a?"), said("first", weight=0), user("b?"), said("second")]}
    library.write("a.jsonl", [chat("c?", "third"), weighted])
    library.run("a.jsonl")
    for question, side in (("c?", "validation"), ("a?", "train")):
        library.label(question, split=side)
    report = export(library, "llamafactory")
    assert (report.layout, report.losses) == ("llamafactory-last-turn", {})
    found = trained(library)
    assert (found["rows"], found["evaluated"]) == (1, 1)
    assert "first" in found["texts"][0]["input_ids"]
    assert found["trained"][0]["labels"].endswith("second<|im_end|>\n")
    assert "first" not in found["trained"][0]["labels"]


def test_split_turns_are_trained_on_one_by_one(library: Library) -> None:
    record = {"messages": [user("a?"), said("first"), user("b?"), said("second")]}
    export(library, "llamafactory", record, split_turns=True)
    found = trained(library)
    assert ["first" in each["labels"] for each in found["trained"]] == [True, False]
    assert ["second" in each["labels"] for each in found["trained"]] == [False, True]


def test_nothing_that_is_written_is_dropped(library: Library) -> None:
    odd = [
        {"messages": [user("1"), user("2"), said()]},
        {"messages": [user("1"), said(), said()]},
        {"messages": [user("1"), said(), user("2")]},
    ]
    report = export(library, "llamafactory", *odd, *CALLING, skip_unsupported=True)
    assert (report.examples, sum(report.unsupported.values())) == (2, 3)
    assert trained(library)["rows"] == report.examples


def test_the_version_that_is_there_is_loaded(library: Library) -> None:
    export(library, "llamafactory", chat("a?", "first"))
    assert "first" in trained(library)["trained"][0]["labels"]
    library.repository.discard()
    export(library, "llamafactory", chat("a?", "after"))
    assert "after" in trained(library)["trained"][0]["labels"]


def test_pairs_train(library: Library) -> None:
    pairs = [
        {"prompt": [user(f"q{n}")], "chosen": [said("good")], "rejected": [said("bad")]}
        for n in range(3)
    ]
    calling, answers = CALLING[1]["messages"], [said("Done."), said("No.")]
    pairs.append(
        {
            "prompt": calling[:-1],
            "chosen": answers[:1],
            "rejected": answers[1:],
            "tools": CALLING[1]["tools"],
        }
    )
    export(library, "llamafactory", *pairs)
    found = trained(library, "dpo")
    assert found["rows"] == 4
    for each, told in zip(
        found["trained"], [("good", "bad")] * 3 + [("Done.", "No.")], strict=True
    ):
        assert each["chosen_labels"].endswith(f"{told[0]}<|im_end|>\n")
        assert each["rejected_labels"].endswith(f"{told[1]}<|im_end|>\n")
    assert CALLS[1] in found["texts"][-1]["chosen_input_ids"]


def test_verdicts_train(library: Library) -> None:
    verdicts = [{"prompt": f"q{n}", "completion": f"a{n}", "label": n % 2 == 0} for n in range(4)]
    export(library, "llamafactory", *verdicts)
    found = trained(library, "kto")
    assert (found["rows"], found["verdicts"]) == (4, [True, False, True, False])
    for number, each in enumerate(found["trained"]):
        assert each["labels"].endswith(f"a{number}<|im_end|>\n")
