"""verl and open-instruct: columns of plain texts, with the true answer and what checks it."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from tests.support.trainer_records import parts_of, refusal, render
from tests.unit.formats.test_output_formats import CALL, TOOLS, chat, said
from vault.formats.trainers.output import Loss, Rendered, RenderOptions, Unsupported
from vault.formats.trainers.rlvr import RLVR
from vault.formats.trainers.table import output_format
from vault.formats.trainers.trainer import Produced
from vault.formats.trainers.unsloth import UNSLOTH
from vault.formats.trainers.verl import VERL

ASKED = [{"role": "user", "content": "1+1?"}]
BOTH = {"train": "train.parquet", "validation": "validation.parquet"}


def verified(name: str, record: dict[str, Any], **options: Any) -> Rendered:
    """Render a record with options."""
    return output_format(name).render(parts_of(record), RenderOptions(**options))


def test_rlvr_takes_answer_and_verifier_from_fields() -> None:
    record = {"prompt": ASKED, "ground_truth": "2", "dataset": "math"}
    assert verified("rlvr", record) == Rendered(
        {"messages": ASKED, "ground_truth": "2", "dataset": "math"}
    )


@pytest.mark.parametrize(
    ("answer", "written"), [("2", "2"), (2, "2"), (["2", "two"], '["2","two"]'), (1.50, "1.5")]
)
def test_the_answer_is_a_text_from_the_named_field(answer: Any, written: str) -> None:
    record = {"prompt": ASKED, "reply": answer, "topic": "sums"}
    made = verified("rlvr", record, answer="reply", verifier="math")
    assert made.record["ground_truth"] == written
    assert made.record["dataset"] == "math"
    assert made.losses == {Loss.FIELDS}
    prompt = verified("verl-prompts", record, answer="reply", verifier="math").record
    assert prompt["reward_model"] == {"style": "rule", "ground_truth": written}


@pytest.mark.parametrize("name", ["rlvr", "verl-prompts"])
def test_prompts_without_answer_or_verifier_are_refused(name: str) -> None:
    with pytest.raises(Unsupported, match=r"no answer in a field .reply."):
        verified(name, {"prompt": ASKED, "reply": None}, answer="reply", verifier="math")
    with pytest.raises(Unsupported, match="no verifier in a field"):
        verified(name, {"prompt": ASKED, "ground_truth": "2"})


@pytest.mark.parametrize("name", ["rlvr", "verl-prompts"])
def test_an_answer_that_is_a_message_is_told_as_such(name: str) -> None:
    record = {"prompt": ASKED, "completion": [{"role": "assistant", "content": "2"}]}
    with pytest.raises(Unsupported, match=r"field .completion. is read as a message"):
        verified(name, record, answer="completion", verifier="math")


def test_a_name_of_its_own_goes_before_the_verifier_for_all() -> None:
    record = {"prompt": ASKED, "ground_truth": "2", "dataset": "math", "data_source": "mine"}
    assert verified("rlvr", record, verifier="x").record["dataset"] == "math"
    assert verified("verl-prompts", record, verifier="x").record["data_source"] == "mine"


def test_a_record_of_verl_comes_out_as_it_was() -> None:
    record = {
        "data_source": "openai/gsm8k",
        "prompt": ASKED,
        "ability": "math",
        "reward_model": {"style": "model", "ground_truth": "2"},
    }
    made = verified("verl-prompts", {**record, "topic": "sums", "level": 3})
    assert made.losses == set()
    assert made.record.pop("extra_info") == {"fields": '{"topic":"sums","level":3}'}
    assert made.record == record


def test_answers_are_left_out_of_prompts() -> None:
    record = chat(said("2"), ground_truth="2", dataset="math")
    assert verified("rlvr", record).record["messages"] == [{"role": "user", "content": "Why?"}]


def test_verl_learns_whether_to_think_and_no_other_argument() -> None:
    made = render("verl-sft", chat(said(), chat_template_kwargs={"enable_thinking": False}))
    assert made.record["enable_thinking"] is False
    assert made.losses == set()
    more = {"enable_thinking": True, "date": "today"}
    made = render("verl-sft", chat(said(), chat_template_kwargs=more))
    assert made.record["enable_thinking"] is True
    assert made.losses == {Loss.TEMPLATE_ARGUMENTS}


@pytest.mark.parametrize("name", ["verl-sft", "rlvr", "verl-prompts"])
def test_tools_have_no_place_in_columns_of_fixed_members(name: str) -> None:
    assert refusal(name, chat(said(), tools=TOOLS)).startswith("it has tools")
    called = chat({"role": "assistant", "tool_calls": [CALL]}, {"role": "user", "content": "?"})
    assert "tool" in refusal(name, {"messages": [*called["messages"], said()]})


def test_weights_and_reasoning_are_lost_and_named() -> None:
    record = chat(said(weight=0, reasoning_content="Hm."))
    assert render("verl-sft", record).losses == {Loss.WEIGHTS, Loss.REASONING}
    made = verified("verl-sft", record, reasoning="tags").record
    assert made["messages"][1]["content"].startswith("<think>")


@pytest.mark.parametrize("trainer", [VERL, RLVR])
def test_the_readme_names_both_files_and_the_length(trainer: Any) -> None:
    for layout in trainer.layouts():
        usage = trainer.usage(Produced(layout, BOTH, 3_000, "my data"))
        assert "my data/train.parquet" in usage
        assert "my data/validation.parquet" in usage
        assert "1280" in usage


def test_verl_is_given_a_validation_file_where_it_wants_one() -> None:
    alone = {"train": "train.parquet"}
    chats = VERL.usage(Produced("verl-sft", alone, 3_000, "data"))
    prompts = VERL.usage(Produced("verl-prompts", alone, 3_000, "data"))
    assert "val_files" not in chats
    assert "data.val_files=data/train.parquet" in prompts


def test_the_script_for_unsloth_is_python_and_names_the_sides() -> None:
    for layout in UNSLOTH.layouts():
        for files in (BOTH, {"train": "train.jsonl"}, {"round": "round.jsonl"}):
            (script,) = UNSLOTH.beside(Produced(layout, files, 3_000, 'my "data"')).values()
            values = {
                each.targets[0].id: ast.literal_eval(each.value)  # type: ignore[attr-defined]
                for each in ast.parse(script).body
                if isinstance(each, ast.Assign)
            }
            assert values["FOLDER"] == 'my "data"'
            assert values["MAX_LENGTH"] == 1_280
            assert ('sides["validation"]' in script) == ("validation" in files)
            assert f"sides[{json.dumps(min(files))}]" in script
