"""Recognising, forcing and mapping formats; what is left over; costs that must not grow."""

from __future__ import annotations

import time
from typing import Any

import pytest

from vault.errors import InvalidInput
from vault.formats.layouts.faults import FormatMismatch
from vault.formats.layouts.registry import (
    Derived,
    conversation_of,
    derive,
    derive_stored,
    recognise,
)
from vault.objects.conversation import EMPTY_KEYS, Conversation, Kind, derive_keys

ASKED = {"role": "user", "content": "Hello"}
SAID = {"role": "assistant", "content": "Hi."}

RECOGNISED: list[tuple[dict[str, Any], Kind]] = [
    ({"messages": "hello"}, Kind.CHAT),
    ({"messages": None}, Kind.CHAT),
    ({"messages": [], "label": "good"}, Kind.CHAT),
    ({"messages": [], "prompt": "x", "text": "y"}, Kind.CHAT),
    ({"messages": [], "chosen": 1}, Kind.CHAT),
    ({"messages": [], "chosen": None, "rejected": None, "kto_tag": None}, Kind.CHAT),
    ({"messages": None, "text": "x"}, Kind.TEXT),
    ({"messages": [], "label": True}, Kind.KTO),
    ({"messages": [], "chosen": {}, "rejected": {}}, Kind.PREFERENCE),
    ({"conversations": 7}, Kind.SHAREGPT),
    ({"conversations": [], "kto_tag": False}, Kind.KTO),
    ({"instruction": "x", "output": "y"}, Kind.ALPACA),
    ({"instruction": "x", "response": "y"}, Kind.ALPACA),
    ({"instruction": "x"}, Kind.RAW),
    ({"instruction": "x", "chosen": "y", "rejected": "z"}, Kind.PREFERENCE),
    ({"prompt": "x", "completion": "y"}, Kind.PROMPT_COMPLETION),
    ({"prompt": "x", "completion": "y", "label": False}, Kind.KTO),
    ({"prompt": "x"}, Kind.PROMPT),
    ({"prompt": "x", "question": "y", "ground_truth": "z"}, Kind.PROMPT),
    ({"prompt": [ASKED], "answer": None}, Kind.PROMPT),
    ({"prompt": [ASKED], "answer": "y"}, Kind.RAW),
    ({"prompt": ["x"]}, Kind.RAW),
    ({"prompt": [], "text": None}, Kind.TEXT),
    ({"prompt": None, "completion": None}, Kind.PROMPT_COMPLETION),
    ({"question": "x", "answer": "y"}, Kind.PROMPT_COMPLETION),
    ({"question": "x", "answer": "y", "label": True}, Kind.KTO),
    ({"question": "x", "answer": "y", "label": "good"}, Kind.PROMPT_COMPLETION),
    ({"question": "x", "answer": "y", "text": "z"}, Kind.TEXT),
    ({"question": "x", "answer": "y", "response": "z"}, Kind.RAW),
    ({"question": "x", "answer": 7}, Kind.RAW),
    ({"messages": None, "input": "x", "output": "y"}, Kind.PROMPT_COMPLETION),
    ({"text": None, "question": "x", "answer": "y"}, Kind.PROMPT_COMPLETION),
    ({"prompt": "x", "completion": None, "response": "y"}, Kind.PROMPT_COMPLETION),
    ({"messages": None, "question": "x", "answer": "y", "label": True}, Kind.KTO),
    ({"messages": None, "prompt": "x"}, Kind.PROMPT),
    ({"prompt": "x", "completion": None}, Kind.PROMPT_COMPLETION),
    ({"prompt": "x", "chosen": None, "rejected": None}, Kind.PREFERENCE),
    ({"prompt": "x", "chosen": None}, Kind.RAW),
    ({"input": "x", "output": "y", "metadata": {"n": 1}}, Kind.PROMPT_COMPLETION),
    ({"input": "x", "output": "y", "instruction": "z"}, Kind.ALPACA),
    ({"source": "x", "target": "y"}, Kind.RAW),
    ({"prompt": "v", "inputs": "w", "targets": "x", "problem": "y", "solution": "z"}, Kind.RAW),
    ({"prompt": "x", " Completion": "y"}, Kind.RAW),
    ({"prompt": "x", "responses": ["y"]}, Kind.RAW),
    ({"prompt": "x", "solution": "y", "reference_answer": "z"}, Kind.PROMPT),
    ({"input": {}, "preferred_output": [], "non_preferred_output": []}, Kind.PREFERENCE),
    ({"preferred_completion": [], "non_preferred_completion": []}, Kind.PREFERENCE),
    ({"text": 7, "label": True}, Kind.TEXT),
    ({"label": True}, Kind.RAW),
    ({}, Kind.RAW),
]


@pytest.mark.parametrize(("record", "kind"), RECOGNISED)
def test_a_record_is_recognised_by_its_keys(record: dict[str, Any], kind: Kind) -> None:
    assert recognise(record) is kind
    assert derive(record).kind is kind


@pytest.mark.parametrize(("record", "kind"), RECOGNISED)
def test_a_recognised_record_can_be_forced_to_its_own_kind(
    record: dict[str, Any], kind: Kind
) -> None:
    assert derive(record, kind=kind) == derive(record)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.RAW])
def test_forcing_a_kind_whose_keys_are_not_there_is_refused(kind: Kind) -> None:
    with pytest.raises(FormatMismatch, match='there is "question"') as refused:
        derive({"question": "x"}, kind=kind)
    assert refused.value.code == "format-mismatch"


def test_a_forced_kind_wins_over_the_recognised_one() -> None:
    record = {"messages": [ASKED, SAID], "text": "Hello Hi."}
    assert derive(record).kind is Kind.CHAT
    as_text = derive(record, kind=Kind.TEXT)
    assert (as_text.kind, as_text.chars) == (Kind.TEXT, 9)
    as_raw = derive(record, kind=Kind.RAW)
    assert (as_raw.content_id, as_raw.fields) == (None, None)


def test_a_mapping_reads_nested_fields_and_names_with_dots() -> None:
    nested = derive(
        {"qa": {"q": "Hello", "a": "Hi."}}, mapping={"user": "qa.q", "assistant": "qa.a"}
    )
    dotted = derive({"qa.q": "Hello", "qa.a": "Hi."}, mapping={"user": "qa.q", "assistant": "qa.a"})
    chat = derive({"messages": [ASKED, SAID]})
    assert nested.content_id == dotted.content_id == chat.content_id
    assert (nested.fields, dotted.fields) == (b'{"qa":{"q":"Hello","a":"Hi."}}', None)


@pytest.mark.parametrize("record", [{"q": {"z": "x"}}, {"q": {"z": "x"}, "a": None}, {"a": "x"}])
def test_a_record_without_a_mapped_field_is_refused(record: dict[str, Any]) -> None:
    with pytest.raises(FormatMismatch, match=r'no field "(a|q\.z)"') as refused:
        derive(record, mapping={"user": "q.z", "assistant": "a"})
    assert refused.value.code == "field-missing"


def test_a_mapped_system_field_may_be_absent() -> None:
    mapping = {"system": "s", "user": "q", "assistant": "a"}
    plain = derive({"q": "Hello", "a": "Hi."}, mapping=mapping)
    assert plain == derive({"q": "Hello", "a": "Hi.", "s": None}, mapping=mapping)
    assert plain.turns == 2


@pytest.mark.parametrize("mapping", [{"robot": "a"}, {"user": ""}, {"system": "s"}, {}])
def test_an_impossible_mapping_is_an_error_of_the_arguments(mapping: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as refused:
        derive({"a": "x"}, mapping=mapping)
    assert refused.value.code == "invalid-mapping"


def test_fields_keep_the_order_and_numbers_of_the_record() -> None:
    record = {"z": 1 << 70, "messages": [ASKED], "a": {"y": 1.0, "b": "é"}}
    assert derive(record).fields == '{"z":1180591620717411303424,"a":{"y":1.0,"b":"é"}}'.encode()


def test_reading_a_record_leaves_it_as_it_was() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    answer = {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "x"}]}
    messages = [ASKED, {"role": "assistant", "content": "", "tool_calls": [call]}, answer]
    record = {"messages": messages, "tools": "[]", "system": "Be brief.", "other": 1}
    before = repr(record)
    derive(record)
    assert repr(record) == before


def test_the_conversation_of_a_record_is_what_its_keys_are_made_of() -> None:
    record = {"messages": [ASKED, SAID]}
    conversation = conversation_of(record, Kind.CHAT)
    assert conversation == Conversation((ASKED,), (SAID,))
    assert derive_keys(conversation).content_id == derive(record).content_id
    assert conversation_of({"a": 1}, Kind.RAW) is None


def test_nothing_said_has_no_keys() -> None:
    for nothing in (Conversation(), Conversation(text=""), Conversation(rejected=())):
        assert derive_keys(nothing) == EMPTY_KEYS


def test_a_record_with_very_many_tool_calls_is_not_slow() -> None:
    count = 20_000
    calls = [{"id": "same", "function": {"name": "f", "arguments": ""}} for _ in range(count)]
    answers = [{"role": "tool", "tool_call_id": "same", "content": ""} for _ in range(count)]
    started = time.perf_counter()
    derived = derive({"messages": [{"role": "assistant", "tool_calls": calls}, *answers]})
    assert derived.turns == count + 1
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize("stored", ["raw", "of a later version", "chat", "preference"])
def test_a_stored_kind_that_does_not_hold_is_recognised_anew(stored: str) -> None:
    question = {"question": "2+2?", "answer": "4"}
    assert Derived(*derive_stored(question, stored, None)) == derive(question)


@pytest.mark.parametrize("stored", ["raw", "chat", "text", "prompt-completion"])
def test_a_stored_kind_whose_fields_are_null_does_not_hold(stored: str) -> None:
    question = {"messages": None, "text": None, "prompt": None, "completion": "4"}
    question |= {"question": "2+2?", "answer": "4"}
    assert Derived(*derive_stored(question, stored, None)) == derive(question)
    assert derive_stored({"messages": None}, "chat", None)[0] is Kind.CHAT


def test_a_stored_kind_stands_for_the_format() -> None:
    question = {"question": "2+2?", "answer": "4"}
    assert derive_stored({"a": 1}, "raw", None)[0] is Kind.RAW
    both = {"messages": [ASKED, SAID], "text": "Hello Hi."}
    assert derive_stored(both, "text", None)[0] is Kind.TEXT
    mapped = derive_stored(question, "chat", {"user": "question", "assistant": "answer"})
    assert (mapped[0], mapped[1]) == (Kind.CHAT, derive(question).content_id)


@pytest.mark.parametrize("record", [each for each, _ in RECOGNISED])
def test_a_stored_record_derives_what_it_did(record: dict[str, Any]) -> None:
    derived = derive(record)
    assert Derived(*derive_stored(record, derived.kind, None)) == derived
