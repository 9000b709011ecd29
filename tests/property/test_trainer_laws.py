"""What a format declares to carry comes back from what it writes, and the rest is a named loss."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.trainer_readers import chat_of_sharegpt, with_descriptions
from tests.support.trainer_records import parts_of
from vault.formats.layouts.registry import conversation_of, derive
from vault.formats.trainers.arrow_records import parquet_schema
from vault.formats.trainers.conversation_parts import weighted_messages
from vault.formats.trainers.output import (
    Column,
    Loss,
    OutputFormat,
    Reasoning,
    RenderOptions,
    Unsupported,
    Weights,
)
from vault.formats.trainers.plain_lines import plain_line
from vault.formats.trainers.table import OUTPUT_FORMATS, TRAINERS
from vault.objects.conversation import Conversation, Kind
from vault.objects.json.text import canonical_bytes, compact_bytes

NAMES = [name for name in OUTPUT_FORMATS if name != "data"]
PROMPTS = ("trl-prompts", "verl-prompts", "rlvr")
LAYOUTS = {
    "messages": Kind.CHAT,
    "completion": Kind.PROMPT_COMPLETION,
    "label": Kind.KTO,
    "chosen": Kind.PREFERENCE,
    "input": Kind.PREFERENCE,
    "text": Kind.TEXT,
}
texts = st.text(min_size=1, max_size=12)
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


@st.composite
def messages(draw: st.DrawFn, last: str = "assistant") -> list[dict[str, Any]]:
    """Return messages of a chat with everything that messages may say."""
    made: list[dict[str, Any]] = []
    if draw(st.booleans()):
        made.append({"role": draw(st.sampled_from(["system", "developer"])), "content": "S"})
    for _ in range(draw(st.integers(0, 2))):
        made += [{"role": "user", "content": draw(texts)}, draw(answers())]
        if "tool_calls" in made[-1]:
            made.append({"role": "tool", "tool_call_id": "x", "content": draw(texts)})
    made.append({"role": "user", "content": draw(texts)})
    if last == "assistant":
        made.append(draw(answers(calls=False)))
    return made


@st.composite
def answers(draw: st.DrawFn, calls: bool = True) -> dict[str, Any]:
    """Return what an assistant says."""
    answer: dict[str, Any] = {"role": "assistant", "content": draw(texts)}
    if draw(st.booleans()):
        answer["weight"] = draw(st.sampled_from([0, 1]))
    if draw(st.integers(0, 3)) == 0:
        answer["reasoning_content"] = draw(texts)
    if draw(st.integers(0, 3)) == 0:
        answer["name"] = "bot"
    if calls and draw(st.integers(0, 3)) == 0:
        arguments = draw(st.dictionaries(texts, st.none() | st.integers() | texts, max_size=2))
        function = {"name": "add", "arguments": compact_bytes(arguments).decode()}
        answer["tool_calls"] = [{"id": "x", "type": "function", "function": function}]
    return answer


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Return a record of any kind that has a conversation."""
    kind = draw(st.sampled_from(["chat", "preference", "kto", "prompt", "text", "completion"]))
    record: dict[str, Any]
    if kind == "text":
        return {"text": draw(texts), **draw(fields())}
    if kind == "chat":
        record = {"messages": draw(messages())}
    elif kind == "prompt":
        record = {"prompt": draw(messages("user"))}
        return {**record, **({"tools": [TOOL]} if draw(st.booleans()) else {})}
    else:
        record = {"prompt": draw(messages("user"))}
        answer = draw(answers(calls=False))
        if kind == "preference":
            other = {"role": "assistant", "content": answer["content"] + "!"}
            record |= {"chosen": [answer], "rejected": [other]}
        else:
            record["completion"] = [answer]
            record |= {"label": draw(st.booleans())} if kind == "kto" else {}
    if draw(st.booleans()):
        record |= {"tools": [TOOL]}
    if draw(st.booleans()):
        record |= {"parallel_tool_calls": draw(st.booleans())}
    return record | draw(fields())


@st.composite
def fields(draw: st.DrawFn) -> dict[str, Any]:
    """Return what stands beside a conversation."""
    made: dict[str, Any] = {}
    if draw(st.booleans()):
        made["topic"] = draw(texts)
    if draw(st.booleans()):
        # Prompts whose answers are verified are refused without these.
        made |= {"ground_truth": draw(texts), "dataset": "math", "data_source": "math"}
    if draw(st.booleans()):
        made["chat_template_kwargs"] = {"enable_thinking": draw(st.booleans())}
    return made


def read_back(record: dict[str, Any]) -> Conversation:
    """Return the conversation that vault reads in a written record."""
    if "conversations" in record:
        record = chat_of_sharegpt(record)
    kind = next((LAYOUTS[name] for name in record if name in LAYOUTS), Kind.PROMPT)
    kind = Kind.KTO if "label" in record else kind
    kind = Kind.PREFERENCE if "chosen" in record else kind
    found = conversation_of(record, kind)
    assert found is not None
    return found


def shown(conversation: Conversation, layout: OutputFormat, losses: frozenset[Loss]) -> Any:
    """Return a conversation without what a format writes in another way, or named as lost."""
    dropped = {"weight"} if layout.carries.weights is not Weights.PER_MESSAGE else set()
    dropped |= {"weight"} if Loss.WEIGHTS in losses else set()
    dropped |= {"name"} if Loss.NAMES in losses else set()
    dropped |= {"reasoning"} if Loss.REASONING in losses else set()

    def told(message: Any) -> dict[str, Any]:
        role = message["role"]
        # Answers of tools have the name of the tool where a trainer wants it.
        left = dropped | ({"name"} if role == "tool" else set())
        kept = {name: each for name, each in message.items() if name not in left}
        if Loss.DEVELOPER in losses and role == "developer":
            kept["role"] = "system"
        if not kept.get("content", "x"):
            del kept["content"]
        return kept

    sides = (conversation.prompt + conversation.response, conversation.rejected or ())
    told_sides = [[told(each) for each in side] for side in sides]
    if layout.name == "mistral":
        conversation = with_descriptions(conversation)
    parallel = None if Loss.PARALLEL_TOOL_CALLS in losses else conversation.parallel_tool_calls
    beside = [conversation.tools, conversation.desirable, conversation.text, parallel]
    return canonical_bytes([told_sides, beside])


@pytest.mark.parametrize("name", NAMES)
@given(record=records())
def test_what_is_not_named_as_lost_comes_back(name: str, record: dict[str, Any]) -> None:
    layout = OUTPUT_FORMATS[name]
    parts = parts_of(record)
    try:
        rendered = layout.render(parts)
    except Unsupported:
        return
    assert rendered.losses <= layout.carries.may_lose()
    before, after = parts.conversation, read_back(rendered.record)
    assert before is not None
    if name in PROMPTS:
        before = before._replace(response=(), rejected=None, desirable=None)
        while before.prompt and before.prompt[-1]["role"] == "assistant":
            before = before._replace(prompt=before.prompt[:-1])
    if layout.carries.weights is Weights.PER_MESSAGE and "messages" in rendered.record:
        before = before._replace(prompt=weighted_messages(parts, before), response=())
    assert shown(after, layout, rendered.losses) == shown(before, layout, rendered.losses)


@pytest.mark.parametrize("name", NAMES)
@given(record=records())
def test_what_stands_beside_is_carried_or_lost(name: str, record: dict[str, Any]) -> None:
    layout = OUTPUT_FORMATS[name]
    try:
        rendered = layout.render(parts_of(record))
    except Unsupported:
        return
    carries = layout.carries
    if "topic" in record:
        beside = json.loads(rendered.record.get("extra_info", {}).get("fields", "{}"))
        is_carried = carries.fields or name == "verl-prompts"
        assert ("topic" in rendered.record or "topic" in beside) == is_carried
        assert (Loss.FIELDS in rendered.losses) != is_carried
    if "chat_template_kwargs" in record:
        is_carried = carries.fields or carries.template_arguments or name == "verl-sft"
        told = {"chat_template_kwargs", "enable_thinking"}
        assert bool(told & rendered.record.keys()) == is_carried
        assert (Loss.TEMPLATE_ARGUMENTS in rendered.losses) != is_carried
    known = rendered.record.keys() & layout.columns.keys()
    assert layout.columns.keys() - layout.optional <= known
    assert carries.fields or known == rendered.record.keys()


@pytest.mark.parametrize("name", NAMES)
@given(record=records(), way=st.sampled_from(Reasoning))
def test_reasoning_goes_where_it_was_wanted(
    name: str, record: dict[str, Any], way: Reasoning
) -> None:
    layout = OUTPUT_FORMATS[name]
    if way not in layout.carries.reasoning:
        return
    try:
        rendered = layout.render(parts_of(record), RenderOptions(way, "thought"))
    except Unsupported:
        return
    text = compact_bytes(rendered.record)
    assert way is Reasoning.FIELD or b'"thought":' not in text
    assert way is Reasoning.TAGS or b"<think>" not in text
    assert b"reasoning_content" not in text
    assert way is Reasoning.DROP or Loss.REASONING not in rendered.losses


@given(record=records())
def test_each_trained_turn_is_one_record(record: dict[str, Any]) -> None:
    layout = OUTPUT_FORMATS["trl-prompt-completion"]
    parts = parts_of(record)
    assert layout.turns is not None
    try:
        made = layout.turns(parts, RenderOptions())
    except Unsupported:
        return
    conversation = parts.conversation
    assert conversation is not None
    said = conversation.response if parts.is_completion else conversation.prompt
    said = said if parts.is_completion else (*said, *conversation.response)
    trained = [each for each in said if each["role"] == "assistant" and each.get("weight", 1) != 0]
    assert len(made) == len(trained)
    for each, answer in zip(made, trained, strict=True):
        assert each.record["completion"][0].get("content") == answer.get("content")
        assert Loss.EARLIER_TURNS not in each.losses
        assert Loss.WEIGHTS not in each.losses


WAYS: dict[str, Callable[[Any], bytes]] = {
    "compact": compact_bytes,
    "spaced": lambda record: json.dumps(record, ensure_ascii=False).encode(),
    "escaped": lambda record: json.dumps(record).encode(),
    "over lines": lambda record: json.dumps(record, indent=1, ensure_ascii=False).encode(),
}


@given(record=records(), way=st.sampled_from(list(WAYS)))
def test_the_short_way_writes_the_same_bytes(record: dict[str, Any], way: str) -> None:
    text = WAYS[way](record)
    if derive(record).kind is not Kind.CHAT:
        return
    for layout in OUTPUT_FORMATS.values():
        if layout.plain is None:
            continue
        line, has_fields = plain_line(text, layout.plain)
        if line is not None:
            rendered = layout.render(parts_of(record))
            assert line == compact_bytes(rendered.record)
            assert rendered.losses == ({Loss.FIELDS} if has_fields else set())


PLAIN = '{"messages":[{"role":"user","content":%s},{"role":"assistant","content":"b"}]%s}'


@pytest.mark.parametrize(
    "text",
    [
        PLAIN % (r'"\\ \" \n \t \u0001 \/ \u00e9"', ""),
        PLAIN % (r'"\b\f\r"', ""),
        PLAIN % ('"a"', ',"tools":[]'),
        PLAIN % ('"a"', r',"to\u006fls":[{}]'),
        PLAIN % ('"a"', ',"messages":[{"role":"user","content":"other"}]'),
        PLAIN % ('"a"', ',"x":"messages"'),
        PLAIN % ('"a"', ' , "x" : [1, {"y": 2.50}]'),
        PLAIN % ('"a","name":"n"', ""),
        PLAIN % ('"a"', ',"chat_template_kwargs":{"a":1}'),
        PLAIN % ('"a"', ',"text":"b"'),
    ],
)
def test_the_short_way_sees_what_is_not_plain(text: str) -> None:
    record = json.loads(text)
    for layout in OUTPUT_FORMATS.values():
        if layout.plain is None:
            continue
        line, has_fields = plain_line(text.encode(), layout.plain)
        if line is not None:
            rendered = layout.render(parts_of(record))
            assert line == compact_bytes(rendered.record)
            assert rendered.losses == ({Loss.FIELDS} if has_fields else set())


MEMBERS = {
    "system": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "weight", "refusal", "audio", "tool_calls"},
    "tool": {"role", "content", "tool_call_id", "name"},
}
"""What OpenAI's schema of a line for fine-tuning knows, by role."""


@pytest.mark.parametrize("name", ["openai", "openai-dpo"])
@given(record=records())
def test_lines_for_openai_are_as_its_schema_says(name: str, record: dict[str, Any]) -> None:
    try:
        written = OUTPUT_FORMATS[name].render(parts_of(record)).record
    except Unsupported:
        return
    asked = written if name == "openai" else written["input"]
    assert asked.keys() <= {"messages", "tools", "parallel_tool_calls"}
    said = [*asked["messages"]]
    for side in ("preferred_output", "non_preferred_output"):
        said += written.get(side, [])
        assert len(written.get(side, ["one"])) == 1
    assert said
    for message in said:
        assert message.keys() <= MEMBERS[message["role"]]
        assert message.get("weight", 1) in (0, 1)
        for call in message.get("tool_calls", []):
            assert call.keys() == {"id", "type", "function"}
            assert isinstance(json.loads(call["function"]["arguments"]), dict)


@pytest.mark.parametrize("name", ["verl-sft", "verl-prompts", "rlvr"])
@given(record=records())
def test_what_is_for_parquet_is_held_exactly_by_its_columns(
    name: str, record: dict[str, Any]
) -> None:
    layout = OUTPUT_FORMATS[name]
    try:
        written = layout.render(parts_of(record), RenderOptions(verifier="math")).record
    except Unsupported:
        return
    schema = parquet_schema(layout, has_thinking="enable_thinking" in written)
    (read,) = pa.Table.from_pylist([written], schema).to_pylist()
    assert {key: each for key, each in read.items() if each is not None} == written


def test_every_target_writes_formats_that_there_are() -> None:
    for trainer in TRAINERS.values():
        assert all(each in OUTPUT_FORMATS or each == "raw" for each in trainer.layouts())


def test_every_format_says_what_its_columns_are() -> None:
    for layout in OUTPUT_FORMATS.values():
        assert layout.optional <= layout.columns.keys()
        assert set(layout.columns.values()) <= set(Column)
        assert (
            layout.carries.tools == ("tools" in layout.columns)
            or "-dpo" in layout.name
            or (layout.name == "data")
        )


SIDES = ({"human", "observation"}, {"gpt", "function_call"})
"""Who may speak at odd and at even positions: LLaMA-Factory leaves out any other conversation."""


@pytest.mark.parametrize("name", [each for each in NAMES if each.startswith("llamafactory")])
@given(record=records())
def test_turns_are_in_an_order_that_llamafactory_keeps(name: str, record: dict[str, Any]) -> None:
    try:
        written = OUTPUT_FORMATS[name].render(parts_of(record)).record
    except Unsupported:
        return
    assert written.keys() == OUTPUT_FORMATS[name].columns.keys()
    turns = written["conversations"]
    assert len(turns) % 2 == (name == "llamafactory-dpo")
    for place, turn in enumerate(turns):
        assert turn["from"] in SIDES[place % 2]
    beside = [written[side] for side in ("chosen", "rejected") if side in written]
    assert all(each["from"] in SIDES[1] for each in beside)
    texts = [written["system"], written["tools"], *(each["value"] for each in (*turns, *beside))]
    assert all(type(each) is str for each in texts)


@given(record=records())
def test_messages_for_mistral_are_as_its_validator_says(record: dict[str, Any]) -> None:
    try:
        written = OUTPUT_FORMATS["mistral"].render(parts_of(record)).record
    except Unsupported:
        return
    messages = written["messages"]
    assert messages[-1]["role"] == "assistant"
    called: set[str] = set()
    for message in messages:
        assert message.keys() <= {"role", "content", "weight", "tool_calls", "tool_call_id"}
        for call in message.get("tool_calls", []):
            assert re.fullmatch("[a-zA-Z0-9]{9}", call["id"])
            assert call["id"] not in called
            assert isinstance(call["function"]["arguments"], str)
            called.add(call["id"])
        assert message.get("tool_call_id") in called | {None}
    for tool in written.get("tools", []):
        assert tool["function"].keys() >= {"name", "description", "parameters"}
