"""Files for MLX-LM: one layout for all lines, files by its names, and what it trains on."""

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
from vault.dataset.choosing.select import Selection
from vault.errors import InvalidInput
from vault.formats.trainers.output import Loss, Reasoning, RenderOptions, Unsupported
from vault.formats.trainers.table import output_format


def test_messages_and_tools_are_as_a_template_takes_them() -> None:
    tools = [tool("add", parameters={"type": "object"})]
    messages = [user(), calls("add", a=1), result("add", "1"), said()]
    made = render("mlx-chat", {"messages": messages, "tools": tools})
    assert made.losses == set()
    assert made.record["tools"] == tools
    call = {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}
    assert made.record["messages"][1:3] == [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "1", "name": "add"},
    ]


def test_reasoning_is_left_out_and_counted_unless_asked_for() -> None:
    record = {"messages": [user(), said(reasoning_content="Hm.")]}
    made = render("mlx-last-turn", record)
    assert made.losses == {Loss.REASONING}
    assert made.record["messages"] == [user(), said()]
    asked = render("mlx-last-turn", record, RenderOptions(Reasoning.FIELD))
    assert asked.record["messages"][1] == said(reasoning_content="Hm.")
    assert asked.losses == set()


def test_only_the_last_message_is_trained_on_with_a_mask() -> None:
    record = {"messages": [user(), said(weight=0), user(), said()]}
    assert render("mlx-last-turn", record).losses == set()
    assert render("mlx-chat", record).losses == {Loss.WEIGHTS}
    completion = [calls("add"), result("add", "1"), said()]
    answered = {"prompt": [user()], "completion": completion}
    assert render("mlx-last-turn", answered).losses == {Loss.EARLIER_TURNS}
    assert "does not end with an answer" in refusal(
        "mlx-last-turn", {**answered, "completion": completion[:2]}
    )


def test_each_trained_turn_is_a_chat_when_split() -> None:
    record = {"messages": [user("a"), said("b"), user("c"), said("d", weight=0), user("e"), said()]}
    layout = output_format("mlx-last-turn")
    assert layout.turns is not None
    made = layout.turns(parts_of(record), RenderOptions())
    assert [len(each.record["messages"]) for each in made] == [2, 6]
    with pytest.raises(Unsupported):
        layout.turns(parts_of({"messages": [user(), said(), said()]}), RenderOptions())


def configured(library: Library) -> list[str]:
    """Return the lines of the configuration."""
    return (library.folder / "data/lora.yaml").read_text(encoding="utf-8").splitlines()


def test_files_have_the_names_that_it_looks_for(library: Library) -> None:
    library.write("a.jsonl", [chat(f"q{n}") for n in range(9)])
    library.run("a.jsonl")
    for number in range(9):
        side = "validation" if number == 0 else "test" if number < 3 else "train"
        library.label(f"q{number}", split=side)
    report = export(library, "mlx")
    assert report.layout == "mlx-last-turn"
    assert {each.path.rpartition("/")[2]: each.examples for each in report.files} == {
        "test.jsonl": 2,
        "train.jsonl": 6,
        "valid.jsonl": 1,
    }
    lines = configured(library)
    assert {"train: true", 'data: "data"', "test: true", "mask_prompt: true"} <= {*lines}
    assert "max_seq_length: 512" in lines
    assert [each.partition("  #")[0] for each in lines if "  # " in each][-2:] == [
        "batch_size: 1",
        "iters: 6",
    ]


def test_sides_of_one_file_name_are_refused(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), chat("b")])
    library.run("a.jsonl")
    for question, side in (("a", "valid"), ("b", "validation")):
        library.label(question, split=side)
    with pytest.raises(InvalidInput) as caught:
        export(library, "mlx")
    assert caught.value.code == "split-name-invalid"
    assert export(library, "mlx", selection=Selection(split="valid")).examples == 1


def test_a_side_is_written_again_by_the_lock(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), chat("b")])
    library.run("a.jsonl")
    for question, side in (("a", "train"), ("b", "validation")):
        library.label(question, split=side)
    library.repository.commit("one")
    library.repository.export(output=str(library.folder / "data"), trainer="mlx")
    path = library.folder / "data/valid.jsonl"
    before = path.read_bytes()
    path.unlink()
    library.repository.export_locked()
    assert path.read_bytes() == before


def test_a_batch_is_no_larger_than_the_file(library: Library) -> None:
    export(library, "mlx", *(chat(f"q{n}") for n in range(3)))
    told = ("batch", "iters", "test")
    assert [each for each in configured(library) if each.startswith(told)] == [
        "batch_size: 3  # at most the examples of the smallest file",
        "iters: 1  # one pass over 3 examples",
    ]


@pytest.mark.parametrize(
    ("record", "layout", "mask"),
    [
        ({"messages": [user(), said(), user(), said()]}, "mlx-chat", ["mask_prompt: false"]),
        ({"text": "a"}, "text", []),
    ],
)
def test_there_is_no_mask_where_more_is_trained_on(
    library: Library, record: dict[str, Any], layout: str, mask: list[str]
) -> None:
    assert export(library, "mlx", record).layout == layout
    assert [each for each in configured(library) if each.startswith("mask_prompt")] == mask


def test_split_turns_are_trained_on_one_by_one(library: Library) -> None:
    record = {"messages": [user("a"), said("b"), user("c"), said("d")]}
    report = export(library, "mlx", record, split_turns=True)
    assert (report.layout, report.lines, report.losses) == ("mlx-last-turn", 2, {})
    text = (library.folder / "data/train.jsonl").read_text(encoding="utf-8")
    assert [len(json.loads(each)["messages"]) for each in text.splitlines()] == [2, 4]
    assert "iters: 1  # one pass over 2 examples" in configured(library)
