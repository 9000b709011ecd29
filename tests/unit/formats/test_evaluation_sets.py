"""What raw records of evaluation sets ask and answer, by their names."""

from __future__ import annotations

from typing import Any

import pytest

from vault.formats.layouts.evaluation_sets import PROMPTS, texts_in, understand
from vault.formats.layouts.registry import conversation_of, recognise
from vault.objects.conversation import Conversation, Kind
from vault.objects.field_pairs import FIELD_PAIRS

USER = {"role": "user", "content": "Why?"}
ANSWER = {"role": "assistant", "content": "So."}
ALONE = Conversation((USER,))
BOTH = Conversation((USER,), (ANSWER,))

UNDERSTOOD: dict[str, tuple[dict[str, Any], Conversation]] = {
    "gsm8k": ({"question": "Why?", "answer": "So."}, BOTH),
    "mmlu": ({"question": "Why?", "choices": ["a", "b"], "answer": 1, "subject": "s"}, ALONE),
    "humaneval": (
        {"task_id": "1", "prompt": "Why?", "canonical_solution": "So.", "test": "t"},
        BOTH,
    ),
    "ifeval": ({"key": 1, "prompt": "Why?", "instruction_id_list": [], "kwargs": [{}]}, ALONE),
    "mt-bench": (
        {"question_id": 1, "turns": ["Why?", "Why not?"], "reference": []},
        Conversation((USER, {"role": "user", "content": "Why not?"})),
    ),
    "gpqa": ({"Question": "Why?", "Correct Answer": "So.", "Incorrect Answer 1": "No."}, BOTH),
    "bbh": ({"input": "Why?", "target": "So."}, BOTH),
    "truthfulqa": ({"question": "Why?", "best_answer": "So.", "correct_answers": ["So."]}, ALONE),
    "a prompt": ({"prompt": "Why?"}, ALONE),
    "messages as prompt": ({"prompt": [USER], "reward_model": {"ground_truth": "So."}}, ALONE),
    "openai evals": ({"input": [USER], "ideal": "So."}, ALONE),
    "alpaca without output": (
        {"instruction": "Sort.", "input": "b a"},
        Conversation(({"role": "user", "content": "Sort.\nb a"},)),
    ),
    "batch": ({"custom_id": "1", "body": {"model": "m", "messages": [USER]}}, ALONE),
    "batch of prompts": ({"custom_id": "1", "body": {"model": "m", "prompt": "Why?"}}, ALONE),
    "dialogue": ({"dialogue": [{"from": "human", "value": "Why?"}]}, ALONE),
}


@pytest.mark.parametrize("name", list(UNDERSTOOD))
def test_well_known_names_are_understood(name: str) -> None:
    record, expected = UNDERSTOOD[name]
    assert understand(record).conversation == expected
    kind = recognise(record)
    # What import understands already, it understands in the same way.
    assert kind is Kind.RAW or conversation_of(record, kind) == expected
    assert understand(record).choices == ()


@pytest.mark.parametrize("pair", FIELD_PAIRS)
def test_each_pair_of_the_table_is_understood(pair: tuple[str, str]) -> None:
    record = dict(zip(pair, ("Why?", "So."), strict=True))
    assert understand(record).conversation == BOTH
    assert pair[0] in PROMPTS


@pytest.mark.parametrize(
    "record",
    [
        {"n": 1},
        {},
        {"question": ""},
        {"question": 5, "answer": "So."},
        {"turns": ["Why?", 1]},
        {"turns": []},
        {"prompt": [1]},
        {"prompt": [{"content": "Why?"}]},
        {"body": {"x": 1}},
        {"body": {"body": {"prompt": "Why?"}}},
        {"body": "Why?"},
        {"dialogue": "Why?"},
        {"instruction": "Why?", "input": {"a": 1}},
    ],
)
def test_anything_else_is_not_guessed_at(record: dict[str, Any]) -> None:
    assert understand(record) == understand({})


def test_two_answers_are_ambiguous_and_the_prompt_is_not() -> None:
    told = understand({"problem": "Why?", "solution": "So.", "answer": "7"})
    assert told.conversation == ALONE
    assert told.choices == (
        {"user": "problem", "assistant": "solution"},
        {"user": "problem", "assistant": "answer"},
    )


def test_two_prompts_are_ambiguous() -> None:
    told = understand({"question": "Why?", "prompt": "Why not?", "answer": "So."})
    assert told.conversation is None
    assert [each["user"] for each in told.choices] == ["question", "prompt"]
    alone = understand({"question": "Why?", "prompt": "Why not?"})
    assert (alone.conversation, len(alone.choices)) == (None, 2)


def test_fields_with_text_are_named_as_a_mapping_names_them() -> None:
    record = {"n": 1, "doc": {"q": "Why?", "inner": {"a": "So."}}, "task": "x", "empty": " "}
    assert texts_in(record) == ("task", "doc.q", "doc.inner.a")
