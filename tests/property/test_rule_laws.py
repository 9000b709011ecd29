"""Laws of rules: the quick look at plain chats agrees with the rules of structure."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vault.formats.layouts.registry import recognise
from vault.rules.codes import RULES
from vault.rules.kernel.plain import plain_texts
from vault.rules.kernel.rule import Trigger
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
