"""What axolotl trains on is what a record says, or the record is refused."""

from __future__ import annotations

import pytest

from tests.support.trainer_records import refusal, render
from tests.unit.formats.test_output_formats import CALL, TOOLS, chat, said
from vault.formats.trainers.axolotl import AXOLOTL
from vault.formats.trainers.output import Loss
from vault.formats.trainers.trainer import Produced

PAIR = {"prompt": "Why?", "chosen": "So.", "rejected": "No."}
TEXT = {"type": "text", "text": "So.", "train": False}


def configuration(layout: str, *sides: str, key: str = "reasoning_content") -> str:
    """Return the configuration beside files of some sides."""
    files = {side: f"{side}.jsonl" for side in sides}
    (text,) = AXOLOTL.beside(Produced(layout, files, 3_000, "my data", "sha256-1", key)).values()
    return text


def test_weights_and_parts_stay_and_calls_have_ids_and_names() -> None:
    answer = {"role": "tool", "tool_call_id": "x", "content": "2"}
    record = chat(
        {"role": "assistant", "tool_calls": [CALL]},
        answer,
        said([TEXT], weight=0, reasoning_content="Hm."),
        tools=TOOLS,
    )
    written = render("axolotl", record)
    assert written.losses == set()
    assert written.record["tools"] == TOOLS
    assert written.record["messages"][1:] == [
        {
            "role": "assistant",
            "tool_calls": [
                {
                    "id": "call_0",
                    "type": "function",
                    "function": {"name": "add", "arguments": {"a": 1}},
                }
            ],
        },
        {"role": "tool", "content": "2", "tool_call_id": "call_0", "name": "add"},
        {"role": "assistant", "content": [TEXT], "weight": 0, "reasoning_content": "Hm."},
    ]


def test_a_weight_of_a_question_is_left_out() -> None:
    asked = {"role": "user", "content": "Why?", "weight": 0}
    written = render("axolotl", {"messages": [asked, said()]})
    assert written.record["messages"][0] == {"role": "user", "content": "Why?"}
    assert written.losses == {Loss.MEMBERS}


def test_what_axolotl_would_change_in_silence_is_refused() -> None:
    image = {"type": "image_url", "image_url": {"url": "x"}}
    assert refusal("axolotl", chat(said([image]))) == "it has a part of content that is not text"
    assert "neither 0 nor 1" in refusal("axolotl", chat(said(weight=0.5)))


def test_a_pair_is_messages_and_two_answers() -> None:
    assert render("axolotl-dpo", PAIR).record == {
        "messages": [{"role": "user", "content": "Why?"}],
        "chosen": {"role": "assistant", "content": "So."},
        "rejected": {"role": "assistant", "content": "No."},
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tools": TOOLS}, "tools, which axolotl does not read"),
        ({"chosen": [said(None, tool_calls=[CALL])]}, "not a single message with text"),
        ({"chosen": [said(""), said("So.")]}, "not a single message with text"),
        ({"prompt": [said(None, tool_calls=[CALL]), {"role": "user", "content": "?"}]}, "calls"),
    ],
)
def test_pairs_that_axolotl_reads_in_part_are_refused(
    change: dict[str, object], reason: str
) -> None:
    assert reason in refusal("axolotl-dpo", {**PAIR, **change})


def test_the_configuration_trains_on_what_was_written() -> None:
    text = configuration("axolotl", "train", key="thinking")
    assert '- path: "my data"\n  name: sha256-1\n  split: train\n' in text
    assert "message_field_training: weight" in text
    assert 'field_thinking: "thinking"' in text
    assert '    reasoning_content: "thinking"' in text
    assert "sequence_len: 1280\nexcess_length_strategy: raise\n" in text
    assert "val_set_size: 0\n" in text
    assert "test_datasets" not in text


def test_the_validation_side_is_tested_on() -> None:
    for layout in ("axolotl", "axolotl-dpo", "text"):
        text = configuration(layout, "train", "validation")
        trained, tested = text.split("test_datasets:")
        assert "split: train" in trained
        assert "split: validation" in tested
        assert ("rl: dpo" in text) == (layout == "axolotl-dpo")


def test_the_only_side_there_is_is_trained_on() -> None:
    assert 'split: "round"' in configuration("text", "round")
