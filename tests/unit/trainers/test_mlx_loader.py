"""MLX-LM takes what is exported for it: `pytest -m slow`, in an environment of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.library import Library, chat
from tests.support.trainer_records import CALLING, export, late_calls, said, user
from tests.support.trainer_venv import run_loader

pytestmark = pytest.mark.slow

CALLS = [
    '<call>{"name": "get_weather", "arguments": {"city": "Oslo", "days": 2}}</call>',
    '<call>{"name": "transfer", "arguments": {"amount": 1.5, "to": "bob <b>"}}</call>',
]


def trained(library: Library) -> Any:
    """Return what MLX-LM makes of the configuration, with one step of training."""
    found = json.loads(run_loader("mlx", "run_mlx", "data/lora.yaml", folder=library.folder))
    assert (found["different"], found["cut"], found["saved"]) == (0, False, True)
    return found


def test_calls_come_to_the_template(library: Library) -> None:
    report = export(library, "mlx", chat("a?"), *CALLING)
    assert (report.layout, report.losses) == ("mlx-chat", {"reasoning": 2})
    found = trained(library)
    assert found["rows"] == {"train": 3, "valid": 0, "test": 0}
    for text, call in zip(found["texts"][1:], CALLS, strict=True):
        assert call in text
        assert '"name": "get_weather", "description": "The weather of a city."' in text
        assert "null" not in text
        assert "<think>" not in text
    # Without a mask everything is trained on, which the configuration says.
    assert found["trained"] == found["texts"]


def test_reasoning_comes_to_the_template_where_asked_for(library: Library) -> None:
    report = export(library, "mlx", *CALLING, reasoning="field")
    assert report.losses == {}
    found = trained(library)
    assert "<think>Two calls.</think>Let me look." in found["texts"][0]
    assert "<think>It worked.</think>Done." in found["texts"][1]


def test_only_last_answers_are_trained_on_with_a_mask(library: Library) -> None:
    weighted = {"messages": [user("a?"), said("first", weight=0), user("b?"), said("second")]}
    library.write("a.jsonl", [weighted, chat("c?", "third"), chat("d?", "fourth")])
    library.run("a.jsonl")
    for question, side in (("a?", "train"), ("c?", "validation"), ("d?", "test")):
        library.label(question, split=side)
    report = export(library, "mlx")
    assert (report.layout, report.losses) == ("mlx-last-turn", {})
    found = trained(library)
    assert found["rows"] == {"train": 1, "valid": 1, "test": 1}
    assert "first" in found["texts"][0]
    assert found["trained"] == ["second<|im_end|>\n"]


def test_calls_that_come_late_are_exact(library: Library) -> None:
    export(library, "mlx", *late_calls())
    found = trained(library)
    assert found["rows"]["train"] == 6_002
    for text, call in zip(found["texts"][-2:], CALLS, strict=True):
        assert call in text


def test_plain_texts_train(library: Library) -> None:
    export(library, "mlx", {"text": "one"}, {"text": "two"})
    assert trained(library)["texts"] == ["one<|im_end|>", "two<|im_end|>"]
