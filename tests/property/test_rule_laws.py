"""Laws of rules: the quick look at plain chats agrees with the rules of structure."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from vault.formats.layouts.registry import conversation_of, derive, recognise
from vault.objects.conversation import Kind
from vault.rules.codes import RULES
from vault.rules.kernel.plain import plain_texts
from vault.rules.kernel.rule import Severity, Trigger
from vault.rules.kernel.subject import read_plain, read_subject

TEXTS = st.sampled_from(["", " ", "Hi", "What is it?", "\n", "yes", "null"])
CONTENTS = TEXTS | st.none() | st.sampled_from([[], 1, [{"type": "text", "text": "Hi"}]])
ROLES = st.sampled_from(["system", "developer", "user", "assistant", "tool", "bot", None])
ODD = st.fixed_dictionaries(
    {"role": ROLES, "content": CONTENTS},
    optional={"weight": st.sampled_from([0, 1, 2]), "name": TEXTS, "tool_calls": CONTENTS},
)
USUAL = st.lists(st.sampled_from(["Hi", "Why?", "So."]), min_size=2, max_size=6).map(
    lambda texts: [
        {"role": ("user", "assistant")[at % 2], "content": text} for at, text in enumerate(texts)
    ]
)
RECORDS = st.fixed_dictionaries(
    {"messages": USUAL | st.lists(ODD | st.none(), max_size=4) | CONTENTS},
    optional={
        "tools": CONTENTS,
        "text": TEXTS,
        "system": TEXTS,
        "images": st.just(["a.png"]),
        "source": TEXTS,
    },
)


@given(RECORDS)
def test_no_rule_of_structure_finds_a_fault_in_a_plain_chat(record: dict[str, Any]) -> None:
    kind = recognise(record)
    if plain_texts(kind, record) is None:
        return
    subject = read_subject(kind, record)
    for rule in RULES.values():
        if rule.trigger is Trigger.STRUCTURE:
            assert list(rule.check(subject)) == [], rule.code


@given(RECORDS)
def test_the_quick_look_sees_the_same_texts_as_the_slow_one(record: dict[str, Any]) -> None:
    texts = plain_texts(recognise(record), record)
    if texts is not None:
        subject = read_subject("chat", record)
        assert texts == [each.text for each in subject.texts()]
        quick = read_plain(record)
        assert quick == subject
        assert quick.texts() == subject.texts()
        assert texts[::-2] == [each.text for each in reversed(subject.answers())]


def test_the_quick_look_reads_chats_of_any_length() -> None:
    turns = [{"role": ("user", "assistant")[at % 2], "content": f"turn {at}"} for at in range(150)]
    subject = read_subject("chat", {"messages": turns})
    assert read_plain({"messages": turns}) == subject
    assert read_plain({"messages": turns}).texts() == subject.texts()


@given(USUAL, st.booleans())
def test_a_usual_chat_is_plain(messages: list[dict[str, Any]], with_system: bool) -> None:
    if len(messages) % 2:
        messages = messages[:-1]
    system = [{"role": "system", "content": "Be brief."}] if with_system else []
    assert plain_texts("chat", {"messages": system + messages, "source": "a"}) is not None


VALUES = (
    CONTENTS
    | USUAL
    | st.lists(ODD | st.none() | TEXTS, max_size=3)
    | st.sampled_from([True, False, 0, {}, {"role": "user"}, {"role": ["user"], "content": ["Hi"]}])
    | st.sampled_from(
        [[{"from": "human", "value": "Hi"}], [{"from": "function_call", "value": "x"}]]
    )
    | st.sampled_from(['[{"role": "user"}]', "[1]", [["Hi", "Hello."]], [["Hi"]], {"messages": []}])
)
FIELDS = (
    *("messages", "conversations", "prompt", "completion", "instruction", "input", "output"),
    *("chosen", "rejected", "preferred_output", "non_preferred_output", "text", "history"),
    *("system", "tools", "functions", "parallel_tool_calls", "label", "kto_tag"),
)
ANY_RECORD = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5)


@settings(max_examples=settings().max_examples * 5)
@given(ANY_RECORD)
def test_no_known_kind_without_a_conversation_passes_unsaid(record: dict[str, Any]) -> None:
    kind = recognise(record)
    conversation = conversation_of(record, kind)
    if kind is Kind.RAW or (conversation is not None and derive(record).content_id is not None):
        return
    subject = read_subject(kind, record)
    found = [
        rule.code
        for rule in RULES.values()
        if rule.severity is Severity.ERROR and not rule.targets and any(rule.check(subject))
    ]
    assert found
