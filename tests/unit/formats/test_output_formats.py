"""What a format writes is the same conversation, or says what it lost, or is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.trainer_readers import chat_of_sharegpt, with_descriptions
from tests.support.trainer_records import parts_of, refusal, render
from tests.unit.formats.test_vectors import VECTORS
from vault.errors import InvalidInput
from vault.formats.layouts.registry import conversation_of, derive
from vault.formats.trainers.arrow_records import ArrowRecords
from vault.formats.trainers.conversation_parts import weighted_messages
from vault.formats.trainers.output import (
    LOSSES,
    Column,
    Loss,
    Rendered,
    RenderOptions,
    Unsupported,
    Weights,
)
from vault.formats.trainers.table import OUTPUT_FORMATS, output_format
from vault.objects.conversation import Kind
from vault.objects.json.text import canonical_bytes, parse

KINDS = {"trl-preference": Kind.PREFERENCE, "trl-kto": Kind.KTO, "text": Kind.TEXT}
# Prompts leave answers out on purpose: tests/property/test_trainer_laws.py.
PROMPTS = ("trl-prompts", "verl-prompts", "rlvr")
NAMES = [name for name in OUTPUT_FORMATS if name not in ("data", *PROMPTS)]
CASES = [(name, vector) for name in NAMES for vector in VECTORS]

CALL = {"id": "x", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
TOOLS = [{"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}]


def chat(*messages: dict[str, Any], **others: Any) -> dict[str, Any]:
    """Return a chat record."""
    return {"messages": [{"role": "user", "content": "Why?"}, *messages], **others}


def said(content: Any = "So.", **others: Any) -> dict[str, Any]:
    """Return what an assistant says."""
    return {"role": "assistant", "content": content, **others}


@pytest.mark.parametrize(("name", "vector"), CASES)
def test_a_rendering_without_losses_is_the_same_conversation(name: str, vector: str) -> None:
    record = parse(VECTORS[vector]["text"].encode())[0]
    try:
        rendered = render(name, record)
    except Unsupported as refused:
        assert refused.reason.startswith("it") or "answer" in refused.reason
        return
    if rendered.losses - {Loss.FIELDS}:
        return
    before = conversation_of(record, derive(record).kind)
    made = rendered.record
    made = chat_of_sharegpt(made) if "conversations" in made else made
    after = conversation_of(made, KINDS.get(name, derive(made).kind))
    assert before is not None and after is not None
    before = with_descriptions(before) if name == "mistral" else before
    if OUTPUT_FORMATS[name].carries.weights is Weights.PER_MESSAGE and "messages" in made:
        before = before._replace(prompt=weighted_messages(parts_of(record), before), response=())
    for side in (
        (before.prompt + before.response, after.prompt + after.response),
        (
            before.rejected or (),
            after.rejected or (),
        ),
    ):
        whole = [list(map(_nameless, messages)) for messages in side]
        assert canonical_bytes(whole[0]) == canonical_bytes(whole[1])
    assert canonical_bytes([*before[3:]]) == canonical_bytes([*after[3:]])


def _nameless(message: Any) -> dict[str, Any]:
    """Return a message without the name of the tool that answers, which TRL wants to see."""
    is_answer = message["role"] == "tool"
    return {key: each for key, each in message.items() if key != "name" or not is_answer}


def test_every_format_renders_some_vector_and_refuses_some() -> None:
    for name, layout in OUTPUT_FORMATS.items():
        rendered = refused = 0
        for vector in VECTORS.values():
            try:
                parts = parts_of(parse(vector["text"].encode())[0])
                options = RenderOptions(answer="reference_answer", verifier="math")
                record = layout.render(parts, options).record
                assert layout.columns.keys() - layout.optional <= record.keys()
                assert layout.carries.fields or record.keys() <= layout.columns.keys()
                rendered += 1
            except Unsupported:
                refused += 1
        assert rendered, name
        assert bool(refused) == (name != "data")


def test_every_loss_has_a_meaning() -> None:
    assert set(LOSSES) == set(Loss)


@pytest.mark.parametrize(
    ("name", "record", "loss"),
    [
        ("trl-chat", chat(said(), topic="x"), Loss.FIELDS),
        ("trl-chat", chat(said(weight=0)), Loss.WEIGHTS),
        ("trl-chat", chat(said(name="bot")), Loss.NAMES),
        ("trl-chat", {"messages": [{"role": "developer", "content": "x"}, said()]}, Loss.DEVELOPER),
        (
            "trl-chat",
            chat(said(), tools=TOOLS, parallel_tool_calls=False),
            Loss.PARALLEL_TOOL_CALLS,
        ),
        ("trl-chat", chat(said(mood="good")), Loss.MEMBERS),
        ("openai", chat(said(reasoning_content="Hm.")), Loss.REASONING),
    ],
)
def test_what_is_lost_is_named(name: str, record: dict[str, Any], loss: Loss) -> None:
    assert render(name, record).losses == {loss}


def test_nothing_is_lost_of_what_a_format_has() -> None:
    record = chat(said(weight=0, name="bot"), tools=TOOLS, parallel_tool_calls=False)
    assert render("openai", record) == Rendered(record)
    thinking = chat(said(reasoning_content="Hm."))
    assert render("trl-chat", thinking) == Rendered(thinking)


def test_calls_and_answers_are_in_the_style_of_each_format() -> None:
    answer = {"role": "tool", "tool_call_id": "x", "content": "2"}
    record = chat({"role": "assistant", "tool_calls": [CALL]}, answer, said("2"), tools=TOOLS)
    trl = render("trl-chat", record).record
    assert trl["messages"][1:3] == [
        {
            "role": "assistant",
            "tool_calls": [
                {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}
            ],
        },
        {"role": "tool", "content": "2", "name": "add"},
    ]
    assert trl["tools"] == TOOLS
    openai = render("openai", record).record["messages"]
    (call,) = openai[1]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {"a": 1}
    assert openai[2] == {"role": "tool", "content": "2", "tool_call_id": call["id"]}


def test_the_answers_of_a_pair_count_their_calls_from_the_prompt() -> None:
    calling = {"role": "assistant", "tool_calls": [CALL]}
    done = {"role": "tool", "tool_call_id": "x", "content": "2"}
    other = {**CALL, "function": {"name": "subtract", "arguments": "{}"}}
    record = {
        "prompt": [{"role": "user", "content": "1+1?"}],
        "chosen": [calling, done, said("2")],
        "rejected": [{**calling, "tool_calls": [other]}, done, said("0")],
    }
    rendered = render("trl-preference", record).record
    assert rendered["chosen"][1]["name"] == "add"
    assert rendered["rejected"][1]["name"] == "subtract"


def test_a_prompt_ends_with_who_asks() -> None:
    record = chat(said("First."), said("Second."))
    rendered = render("trl-prompt-completion", record).record
    assert [each["content"] for each in rendered["prompt"]] == ["Why?"]
    assert [each["content"] for each in rendered["completion"]] == ["First.", "Second."]


@pytest.mark.parametrize(
    ("name", "record", "reason"),
    [
        ("trl-chat", {"text": "x"}, "it is plain text"),
        ("trl-chat", {"x": 1}, "it has no conversation"),
        ("trl-chat", {"messages": "broken"}, "it has no conversation"),
        ("trl-chat", {"messages": []}, "it has no messages"),
        ("trl-chat", {"prompt": "a", "chosen": "b", "rejected": "c"}, "it is a preference pair"),
        ("trl-chat", {**chat(said()), "label": False}, "it is an answer with a verdict"),
        ("trl-chat", chat({"role": "critic", "content": "x"}), 'it has a message by "critic"'),
        ("trl-chat", chat(said([{"type": "image_url"}])), "it has a message whose content is a"),
        ("trl-chat", chat({"role": "assistant"}), "it has a message without content"),
        (
            "trl-chat",
            chat({"role": "assistant", "tool_calls": [{"name": "f", "arguments": "oops"}]}),
            "it calls a tool with arguments that are not an object",
        ),
        (
            "openai",
            chat({"role": "assistant", "tool_calls": [{"type": "custom", "name": "f"}]}),
            "it calls a tool that is not a function with a name",
        ),
        (
            "openai",
            chat({"role": "tool", "content": "2"}),
            "it has the answer of a tool that was not called",
        ),
        ("trl-kto", chat(said()), "it has no verdict"),
        ("trl-preference", chat(said()), "it has no rejected answer"),
        ("trl-preference", {"chosen": "b", "rejected": "c"}, "its prompt does not end with a"),
        ("trl-prompt-completion", {"messages": [said()]}, "its prompt does not end with a user"),
        ("trl-prompt-completion", chat(), "it has no answer"),
        ("text", chat(said()), "it is a conversation, which only a chat template makes"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(
    name: str, record: dict[str, Any], reason: str
) -> None:
    assert refusal(name, record).startswith(reason)


def test_an_unknown_format_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InvalidInput) as unknown:
        output_format("trl_chat")
    assert (unknown.value.code, unknown.value.hint) == (
        "output-format-unknown",
        "did you mean trl-chat?",
    )


def test_plain_messages_are_structs_and_others_json_in_every_batch() -> None:
    plain = [render("trl-chat", chat(said())).record]
    calling = [render("trl-chat", chat({"role": "assistant", "tool_calls": [CALL]})).record]
    records = ArrowRecords(OUTPUT_FORMATS["trl-chat"], has_json_type=False)
    records.add(plain)
    (column,) = records.table().columns
    assert column.to_pylist() == [plain[0]["messages"]]
    records.add(calling)
    column = records.table().column("messages")
    assert [[json.loads(each) for each in row] for row in column.to_pylist()] == [
        plain[0]["messages"],
        calling[0]["messages"],
    ]


def test_template_arguments_are_in_every_row_or_in_none() -> None:
    records = ArrowRecords(OUTPUT_FORMATS["trl-chat"], has_json_type=False)
    records.add([render("trl-chat", chat(said())).record])
    assert "chat_template_kwargs" not in records.table().column_names
    records.add([render("trl-chat", chat(said(), chat_template_kwargs={"x": 1})).record])
    column = records.table().column("chat_template_kwargs")
    assert [json.loads(each) for each in column.to_pylist()] == [{}, {"x": 1}]


def test_fields_that_a_format_carries_are_columns() -> None:
    records = ArrowRecords(OUTPUT_FORMATS["hf-chat"], has_json_type=False)
    records.add([render("hf-chat", chat(said(), topic="x")).record])
    records.add([render("hf-chat", chat(said(), grade=3)).record])
    table = records.table()
    assert table.column("topic").to_pylist() == ['"x"', None]
    assert table.column("grade").to_pylist() == [None, "3"]


def test_columns_without_records_have_their_types() -> None:
    for layout in OUTPUT_FORMATS.values():
        table = ArrowRecords(layout, has_json_type=False).table()
        assert set(table.column_names) == layout.columns.keys() - layout.optional
        assert table.num_rows == 0
        assert Column.TEXT not in layout.columns.values() or "string" in str(table.schema)


def test_a_prompt_alone_is_a_chat_that_nobody_answered() -> None:
    record = {"prompt": "Why?", "ground_truth": "So."}
    rendered = render("mlx-chat", record)
    assert rendered == Rendered(chat(), frozenset({Loss.FIELDS}))
    assert refusal("trl-chat", record) == "it has no answer"
    assert refusal("trl-prompt-completion", record) == "it has no answer"
    assert refusal("trl-preference", record) == "it has no rejected answer"


def test_reasoning_has_the_name_that_the_trainer_reads() -> None:
    thought = chat(said(reasoning_content="Hm."))
    assert render("trl-chat", chat(said(thinking="Hm."))) == Rendered(thought)
    several = render("trl-chat", chat(said(thinking="Hm.", reasoning="Ah.")))
    assert several == Rendered(chat(said()), frozenset({Loss.MEMBERS}))


def test_media_that_a_format_leaves_out_are_a_loss() -> None:
    record = chat(said(), images=["a.png"])
    assert render("trl-chat", record) == Rendered(chat(said()), frozenset({Loss.MEDIA}))
