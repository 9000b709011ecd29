"""Files for LLaMA-Factory: turns that its converter keeps, and what stands beside them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.library import Library, chat
from tests.support.trainer_records import (
    calls,
    export,
    parts_of,
    refusal,
    render,
    result,
    said,
    tool,
    user,
)
from vault.formats.trainers.output import Loss, PlainShape, Reasoning, RenderOptions
from vault.formats.trainers.plain_lines import plain_line
from vault.formats.trainers.table import output_format
from vault.objects.json.text import compact_bytes
from vault.operations.exports.for_trainers.companions import is_as_written

PAIR = {"prompt": [user()], "chosen": [said("good")], "rejected": [said("bad")]}


def turns(*messages: dict[str, Any], name: str = "llamafactory") -> list[tuple[str, str]]:
    """Return the turns that messages become."""
    written = render(name, {"messages": [*messages]}).record["conversations"]
    return [(each["from"], each["value"]) for each in written]


def why(*messages: dict[str, Any]) -> str:
    """Return why messages cannot be written."""
    return refusal("llamafactory", {"messages": [*messages]})


def test_every_record_has_the_same_members_of_texts() -> None:
    tools = [tool("add", parameters={"type": "object", "properties": {}})]
    plain = render("llamafactory", {"messages": [user(), said()]}).record
    assert plain == {
        "conversations": [{"from": "human", "value": "Why?"}, {"from": "gpt", "value": "So."}],
        "system": "",
        "tools": "",
    }
    asked = {"role": "system", "content": "S"}
    full = render("llamafactory", {"messages": [asked, user(), said()], "tools": tools}).record
    assert (full["system"], json.loads(full["tools"])) == ("S", tools)
    assert full["conversations"] == plain["conversations"]


def test_calls_are_a_turn_and_their_results_one() -> None:
    made = turns(
        user(),
        calls("add", "sub", a=1),
        result("sub", "second"),
        result("add", "first"),
        said(),
    )
    assert [each for each, _ in made] == ["human", "function_call", "observation", "gpt"]
    assert json.loads(made[1][1]) == [
        {"name": "add", "arguments": {"a": 1}},
        {"name": "sub", "arguments": {"a": 1}},
    ]
    # Without ids the place says which call is answered.
    assert made[2][1] == "first\n</tool_response>\n<tool_response>\nsecond"


def test_text_and_reasoning_before_calls_stand_before_a_tag() -> None:
    record = {"messages": [user(), calls("add", content="Let me see.") | {"reasoning": "Hm."}]}
    (_, call) = render("llamafactory", record).record["conversations"]
    assert call == {
        "from": "function_call",
        "value": "<think>\nHm.\n</think>\n\nLet me see.\n"
        '<tool_call>[{"name":"add","arguments":{}}]</tool_call>',
    }
    dropped = render("llamafactory", record, RenderOptions(Reasoning.DROP))
    assert dropped.losses == {Loss.REASONING}
    value = dropped.record["conversations"][1]["value"]
    assert value == 'Let me see.\n<tool_call>[{"name":"add","arguments":{}}]</tool_call>'


def test_arguments_hold_no_words_that_a_template_looks_for() -> None:
    ((_, _), (_, value)) = turns(user(), calls("add", a="<tool_call>x</tool_call>"))
    assert "<" not in value
    assert json.loads(value)[0]["arguments"] == {"a": "<tool_call>x</tool_call>"}


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([user(), user("And?"), said()], "in a row"),
        ([user(), said(), said("Or so.")], "in a row"),
        ([said(), user(), said()], "does not begin"),
        ([user(), said(), user()], "does not end with an answer"),
        ([user(), calls("add"), result("add", "1"), user(), said()], "in a row"),
        ([user(), said(), {"role": "system", "content": "x"}, user(), said()], "system message"),
        ([{"role": "system", "content": ""}, user(), said()], "empty system message"),
        ([user(), calls("add", "sub"), result("sub", "1"), said()], "not one answer each"),
        ([user(), calls("add"), result("add", "1"), result("add", "2"), said()], "not one answer"),
        ([user(), said(), {"role": "tool", "content": "x", "tool_call_id": "y"}], "not called"),
        ([user(), calls("add", content="<tool_call>")], "<tool_call>"),
        ([user("Fill in {{idx}}."), said()], "{{idx}}"),
        (
            [user(), calls("a", "b"), result("a", "</tool_response>"), result("b", ""), said()],
            "</tool_response>",
        ),
        ([user(), said([{"type": "text", "text": "a"}, {"type": "x"}])], "list of parts"),
    ],
)
def test_what_the_converter_would_drop_is_refused(
    messages: list[dict[str, Any]], reason: str
) -> None:
    assert reason in why(*messages)


def test_a_tool_may_answer_without_a_call() -> None:
    made = turns(user(), said(), {"role": "tool", "content": "1"}, said())
    assert made[2] == ("observation", "1")


def test_only_the_last_message_is_trained_on_with_a_mask() -> None:
    record = {"messages": [user(), said(weight=0), user(), said()]}
    assert render("llamafactory-last-turn", record).losses == set()
    assert render("llamafactory", record).losses == {Loss.WEIGHTS}
    completion = [calls("add"), result("add", "1"), said()]
    answered = {"prompt": [user()], "completion": completion}
    assert render("llamafactory-last-turn", answered).losses == {Loss.EARLIER_TURNS}
    assert render("llamafactory", answered).losses == set()


def test_each_trained_turn_is_a_conversation_when_split() -> None:
    record = {"messages": [user("a"), said("b"), user("c"), said("d", weight=0), user("e"), said()]}
    layout = output_format("llamafactory-last-turn")
    assert layout.turns is not None
    made = layout.turns(parts_of(record), RenderOptions())
    assert [len(each.record["conversations"]) for each in made] == [2, 6]
    assert [each.losses for each in made] == [set(), set()]


def test_a_pair_has_a_turn_on_each_side() -> None:
    record = render("llamafactory-dpo", PAIR).record
    assert record == {
        "conversations": [{"from": "human", "value": "Why?"}],
        "chosen": {"from": "gpt", "value": "good"},
        "rejected": {"from": "gpt", "value": "bad"},
        "system": "",
        "tools": "",
    }
    calling = {**PAIR, "chosen": [calls("add")]}
    assert render("llamafactory-dpo", calling).record["chosen"]["from"] == "function_call"
    longer = {**PAIR, "chosen": [calls("add"), result("add", "1"), said()]}
    assert "single message" in refusal("llamafactory-dpo", longer)


def test_a_verdict_is_a_member_and_needs_an_answer() -> None:
    record = {"prompt": [user()], "completion": [said()], "label": False}
    made = render("llamafactory-kto", record).record
    assert (made["kto_tag"], len(made["conversations"])) == (False, 2)
    assert "empty" in refusal("llamafactory-kto", {**record, "completion": [said("")]})


def read(library: Library, name: str) -> str:
    """Return a file of the export."""
    return (library.folder / "data" / name).read_text(encoding="utf-8")


def test_data_sets_are_listed_with_columns_and_tags(library: Library) -> None:
    report = export(library, "llamafactory", chat("a"))
    assert (report.layout, report.losses) == ("llamafactory-last-turn", {})
    (name, entry), *others = json.loads(read(library, "dataset_info.json")).items()
    assert (name, others) == ("data-train", [])
    assert len(entry.pop("written by vault, sha256")) == 64
    assert entry == {
        "file_name": "train.jsonl",
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "system": "system", "tools": "tools"},
        "tags": {
            "role_tag": "from",
            "content_tag": "value",
            "user_tag": "human",
            "assistant_tag": "gpt",
            "observation_tag": "observation",
            "function_tag": "function_call",
            "system_tag": "system",
        },
    }
    assert "llamafactory-cli train data/sft.yaml" in read(library, "README.md")
    configured = read(library, "sft.yaml").splitlines()
    assert {"stage: sft", "val_size: 0", "mask_history: true", "cutoff_len: 512"} <= {*configured}
    assert not [each for each in configured if each.startswith("eval_")]


@pytest.mark.parametrize(
    ("record", "stage", "more"),
    [
        (PAIR, "dpo", {"ranking": True}),
        ({"prompt": "a", "completion": "b", "label": True}, "kto", {}),
    ],
)
def test_preferences_have_a_stage_of_their_own(
    library: Library, record: dict[str, Any], stage: str, more: dict[str, Any]
) -> None:
    export(library, "llamafactory", record)
    (entry,) = json.loads(read(library, "dataset_info.json")).values()
    assert {name: entry.get(name) for name in more} == more
    assert entry["columns"].keys() >= ({"chosen", "rejected"} if stage == "dpo" else {"kto_tag"})
    assert f"stage: {stage}\n" in read(library, f"{stage}.yaml")
    assert "mask_history" not in read(library, f"{stage}.yaml")


def test_every_side_is_a_data_set(library: Library) -> None:
    two = {"messages": [user("b"), said(), user(), said()]}
    library.write("a.jsonl", [chat("a"), two])
    library.run("a.jsonl")
    for question, side in (("a", "validation"), ("b", "train")):
        library.label(question, split=side)
    assert export(library, "llamafactory").layout == "llamafactory"
    entries = json.loads(read(library, "dataset_info.json"))
    assert {name: each["file_name"] for name, each in entries.items()} == {
        "data-train": "train.jsonl",
        "data-validation": "validation.jsonl",
    }
    configured = read(library, "sft.yaml")
    assert 'dataset: "data-train"\neval_dataset: "data-validation"\n' in configured
    assert "mask_history" not in configured


def test_an_edited_list_of_data_sets_stays(library: Library) -> None:
    export(library, "llamafactory", chat("a"))
    path = library.folder / "data/dataset_info.json"
    assert is_as_written(str(path))
    assert export(library, "llamafactory").kept == ()
    path.write_text(path.read_text().replace("data-train", "mine"))
    assert not is_as_written(str(path))
    assert export(library, "llamafactory").kept == (str(path),)
    assert '"mine"' in path.read_text()


@pytest.mark.parametrize(
    ("messages", "shapes"),
    [
        ([user(), said()], {"TURNS", "ONE_TURN", "ONE_ANSWER"}),
        ([{"role": "system", "content": "S"}, user(), said()], {"TURNS", "ONE_TURN", "ONE_ANSWER"}),
        ([user(), said(), user(), said()], {"TURNS"}),
        ([user(), user(), said()], {"ONE_ANSWER"}),
        ([user("{{idx}}"), said()], {"ONE_ANSWER"}),
        ([user()], set()),
    ],
)
def test_plain_chats_go_the_short_way(messages: list[dict[str, Any]], shapes: set[str]) -> None:
    text = compact_bytes({"messages": messages})
    tried = [PlainShape.TURNS, PlainShape.ONE_TURN, PlainShape.ONE_ANSWER]
    assert {each.name for each in tried if plain_line(text, each)[0] is not None} == shapes
