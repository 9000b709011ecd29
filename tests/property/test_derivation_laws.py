"""Laws of what follows from a record, for records of every shape, sound or not."""

from __future__ import annotations

import json
import random
import unittest.mock
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vault.formats.layouts.faults import FormatMismatch
from vault.formats.layouts.registry import Derived, conversation_of, derive, recognise
from vault.objects.conversation import ORDERED_MEMBERS, SYSTEM_ROLES, Kind, texts_of
from vault.objects.json.text import parse

TOP = [
    "messages",
    "conversations",
    "instruction",
    "input",
    "output",
    "response",
    "system",
    "history",
    "prompt",
    "completion",
    "chosen",
    "rejected",
    "preferred_output",
    "non_preferred_output",
    "preferred_completion",
    "non_preferred_completion",
    "label",
    "kto_tag",
    "text",
    "tools",
    "functions",
    "parallel_tool_calls",
    "other",
    "question",
    "answer",
    "image",
    "images",
]
INNER = [
    "role",
    "content",
    "from",
    "value",
    "name",
    "weight",
    "tool_calls",
    "function_call",
    "tool_call_id",
    "call",
    "id",
    "type",
    "function",
    "arguments",
    "text",
    "refusal",
    "reasoning",
    "reasoning_content",
    "input",
    "messages",
    "tools",
]
WORDS = [
    "user",
    "assistant",
    "system",
    "developer",
    "tool",
    "function",
    "human",
    "gpt",
    "observation",
    "function_call",
    "text",
    "a",
    "Hello",
    "é",
    "[]",
    "{}",
    "[{}]",
    "f",
]

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.just(1 << 70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(WORDS),
    st.sampled_from(['{"name":"f","arguments":{}}', '[{"name":"f"}]', '{"a":1e400}', ""]),
    st.text(max_size=5),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.sampled_from(INNER) | st.text(max_size=3), children, max_size=4)
    ),
    max_leaves=12,
)
ROLES = st.sampled_from(["system", "developer", "user", "assistant", "tool", "function", "critic"])
CALL = st.fixed_dictionaries(
    {"function": st.fixed_dictionaries({"name": st.sampled_from("fg"), "arguments": SCALARS})},
    optional={"id": st.sampled_from("xy"), "type": st.just("function")},
)
PART = st.fixed_dictionaries({"type": st.sampled_from(["text", "image"])}) | st.fixed_dictionaries(
    {"type": st.just("text"), "text": st.text(max_size=5)}
)
MESSAGE = st.fixed_dictionaries(
    {"role": ROLES},
    optional={
        "content": st.none() | st.text(max_size=8) | st.lists(PART, max_size=3),
        "tool_calls": st.lists(CALL, max_size=2),
        "tool_call_id": st.sampled_from("xyz"),
        "name": st.sampled_from("fg"),
        "weight": st.integers(0, 1),
        "function_call": CALL.map(lambda call: call["function"]),
    },
)
TURN = st.fixed_dictionaries(
    {
        "from": st.sampled_from(["human", "gpt", "system", "observation"]),
        "value": st.text(max_size=8),
    }
)
TEXT = st.text(max_size=8)
MESSAGES = st.lists(MESSAGE, max_size=4)
SIDE = TEXT | MESSAGES
SOUND = st.one_of(
    st.fixed_dictionaries({"messages": MESSAGES}, optional={"label": st.booleans()}),
    st.fixed_dictionaries({"conversations": st.lists(TURN, max_size=4)}),
    st.fixed_dictionaries({"instruction": TEXT, "output": TEXT}, optional={"input": TEXT}),
    st.fixed_dictionaries(
        {"prompt": SIDE, "completion": SIDE}, optional={"kto_tag": st.just(True)}
    ),
    st.fixed_dictionaries({"chosen": SIDE, "rejected": SIDE}, optional={"prompt": SIDE}),
    st.fixed_dictionaries({"text": TEXT}),
)
BROKEN = st.dictionaries(st.sampled_from(TOP) | st.text(max_size=3), ANYTHING, max_size=6)
BROKEN |= st.fixed_dictionaries({"messages": st.lists(MESSAGE | ANYTHING, max_size=3)})
BROKEN |= st.fixed_dictionaries({"conversations": st.lists(TURN | ANYTHING, max_size=3)})
RECORDS = SOUND | BROKEN
MAPPINGS = st.sampled_from(
    [{"user": "prompt", "assistant": "text"}, {"assistant": "a.b"}, {"user": "messages.content"}]
)


def keys(derived: Derived) -> tuple[Any, ...]:
    return (derived.content_id, derived.prompt_id, derived.turns, derived.chars, derived.tokens)


@given(RECORDS)
def test_any_object_has_a_kind_and_consistent_keys(record: dict[str, Any]) -> None:
    derived = derive(record)
    assert derived.kind is recognise(record)
    if derived.content_id is None:
        assert keys(derived) == (None, None, 0, 0, 0)
    if derived.fields is not None:
        assert set(json.loads(derived.fields)) <= set(record)
        assert derived.kind is not Kind.RAW


@given(RECORDS, st.sampled_from(list(Kind)) | st.none(), MAPPINGS | st.none())
def test_nothing_but_a_mismatch_is_ever_raised(
    record: dict[str, Any], kind: Kind | None, mapping: dict[str, str] | None
) -> None:
    try:
        derived = derive(record, kind=kind, mapping=mapping)
    except FormatMismatch as mismatch:
        assert mismatch.code in {"format-mismatch", "field-missing"}
        assert kind is not None or mapping is not None
    else:
        assert derived.kind is (kind or recognise(record) if mapping is None else Kind.CHAT)


@given(SOUND, ANYTHING)
def test_metadata_changes_neither_keys_nor_counts(record: dict[str, Any], said: Any) -> None:
    assert keys(derive({"metadata": said, **record, "score": 1})) == keys(derive(record))


@given(RECORDS, st.integers(0, 2**32))
def test_writing_a_record_differently_changes_nothing(record: dict[str, Any], seed: int) -> None:
    plain, canonical = parse(json.dumps(record).encode())
    chance = random.Random(seed)
    indent = chance.choice([None, 1])
    again = json.dumps(shuffled(record, chance), indent=indent, ensure_ascii=chance.random() < 0.5)
    other, other_canonical = parse(again.encode())
    assert canonical == other_canonical
    assert keys(derive(plain)) == keys(derive(other))


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        # Order counts inside these: the next law is about them.
        kept = ORDERED_MEMBERS | {"tools", "functions", "value"}
        pairs = [
            (key, item if key in kept else shuffled(item, chance)) for key, item in value.items()
        ]
        chance.shuffle(pairs)
        return dict(pairs)
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


@given(st.dictionaries(st.text(max_size=3), SCALARS, min_size=2, max_size=4))
def test_the_order_of_arguments_is_content(arguments: dict[str, Any]) -> None:
    turned = dict(reversed(arguments.items()))

    def called(given: dict[str, Any]) -> Derived:
        call = {"function": {"name": "f", "arguments": given}}
        return derive({"messages": [{"role": "assistant", "tool_calls": [call]}]})

    def declared(given: dict[str, Any]) -> Derived:
        tool = {"name": "f", "parameters": {"properties": given}}
        return derive({"messages": [{"role": "user", "content": "Hi"}], "tools": [tool]})

    assert called(arguments).content_id != called(turned).content_id
    assert declared(arguments).prompt_id != declared(turned).prompt_id


KIND_1_FIELDS = [*TOP, "question", "answer", "query", "inputs", "targets", "reference_answer"]


@given(
    st.dictionaries(
        st.sampled_from(KIND_1_FIELDS), st.none() | st.booleans() | TEXT | MESSAGES, max_size=6
    )
)
def test_a_kind_that_names_alone_tell_is_recognised_by_them_alone(record: dict[str, Any]) -> None:
    """Derivation 1 looked at no values: what names of fields that hold something tell stands.

    Only where they tell nothing, values decide before names of null fields do.
    """
    present = {name: value for name, value in record.items() if value is not None}
    with unittest.mock.patch(
        "vault.formats.layouts.registry._kind_by_values", return_value=Kind.RAW
    ):
        before, by_names = recognise(record), recognise(present)
    if by_names is Kind.RAW:
        assert recognise(record) in (recognise(present), before)
    else:
        assert recognise(record) is by_names is before


@given(RECORDS)
def test_counts_equal_a_naive_recount(record: dict[str, Any]) -> None:
    derived = derive(record)
    conversation = conversation_of(record, derived.kind)
    if conversation is None:
        return
    messages = conversation.prompt + conversation.response
    said = [text for message in messages for text in texts_of(message)]
    said += [text for message in conversation.rejected or () for text in texts_of(message)]
    said += [conversation.text or ""]
    text = "".join(said)
    assert derived.turns == sum(message["role"] not in SYSTEM_ROLES for message in messages)
    assert derived.chars == len(text)
    assert derived.tokens == -(-len(text.encode()) // 4)


@given(MESSAGES)
def test_a_conversation_in_canonical_parts_is_one_in_any_layout(
    messages: list[dict[str, Any]],
) -> None:
    as_chat = derive({"messages": messages})
    as_sharegpt = derive({"conversations": messages})
    assert keys(as_chat) == keys(as_sharegpt)
    if messages and messages[-1]["role"] == "assistant":
        split = derive({"prompt": messages[:-1], "completion": messages[-1:]})
        assert keys(as_chat) == keys(split)


_PLAIN_MESSAGES = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["system", "user", "assistant", "developer", "tool", "critic"]),
            "content": st.one_of(st.text(max_size=12), st.none()),
        }
    ),
    max_size=5,
)


@given(
    messages=_PLAIN_MESSAGES,
    others=st.dictionaries(
        st.sampled_from(["metadata", "id", "tools", "system", "label", "chosen", "prompt"]),
        st.one_of(st.none(), st.booleans(), st.text(max_size=5), st.just([])),
        max_size=3,
    ),
)
def test_the_fast_path_of_plain_chat_derives_what_the_general_path_does(
    messages: list[dict[str, object]], others: dict[str, object]
) -> None:
    record: dict[str, object] = {"messages": messages, **others}
    fast = derive(record)
    with unittest.mock.patch("vault.formats.layouts.registry.derive_plain", return_value=None):
        assert derive(record) == fast
