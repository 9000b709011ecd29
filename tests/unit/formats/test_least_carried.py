"""What each format carries at least, by the facts of its trainer: a larger loss fails here.

The laws hold a format to what it declares. This holds the declaration to what the trainer takes, by
docs and sources of trainers and providers, and not by what is written today.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.trainer_readers import chat_of_sharegpt
from tests.support.trainer_records import parts_of, said, user
from vault.formats.layouts.registry import conversation_of
from vault.formats.trainers.output import (
    Loss,
    Reasoning,
    RenderOptions,
    Weights,
)
from vault.formats.trainers.table import OUTPUT_FORMATS
from vault.objects.conversation import Kind

BESIDE = {Loss.FIELDS, Loss.PARALLEL_TOOL_CALLS, Loss.MEDIA}
"""Columns are exact: a trainer refuses others, or looks at none.

TRL and LLaMA-Factory take media too, as files that an export would have to copy.
"""
NO_WEIGHTS = {Loss.WEIGHTS}
LAST_ONLY = {Loss.WEIGHTS, Loss.EARLIER_TURNS}
SPEAKERS = {Loss.NAMES, Loss.DEVELOPER}
NO_ARGUMENTS = {Loss.TEMPLATE_ARGUMENTS}
NO_REASONING = {Loss.REASONING}


@dataclass(frozen=True)
class Least:
    """What a format must carry: losses that it may have, and features that it must have."""

    losses: set[Loss]
    tools: bool = True
    ways: tuple[Reasoning, ...] = (Reasoning.DROP, Reasoning.TAGS)
    parts: bool = False
    weights: Weights = Weights.NONE

    def may_lose(self) -> set[Loss]:
        """Return all losses that the format may have."""
        # Two reasonings in one message are in no layout.
        return {Loss.MEMBERS} | self.losses


ALL_WAYS = (Reasoning.FIELD, Reasoning.TAGS, Reasoning.DROP)
EACH = Weights.PER_MESSAGE
LAST = Weights.LAST_ONLY
_TRL = BESIDE | SPEAKERS
_LLAMAFACTORY = BESIDE | SPEAKERS | NO_ARGUMENTS
_MLX = BESIDE | SPEAKERS | NO_ARGUMENTS | NO_REASONING
_OPENAI = {Loss.FIELDS, Loss.MEDIA, Loss.DEVELOPER} | NO_ARGUMENTS | NO_REASONING
# verl gets Parquet of structs, in which tools would get members that are null.
_STRUCTS = BESIDE | SPEAKERS | NO_WEIGHTS | NO_ARGUMENTS | NO_REASONING

LEAST = {
    "trl-chat": Least(_TRL | NO_WEIGHTS, ways=ALL_WAYS),
    "trl-prompt-completion": Least(_TRL | LAST_ONLY, ways=ALL_WAYS, weights=LAST),
    "trl-preference": Least(_TRL | NO_WEIGHTS, ways=ALL_WAYS),
    "trl-kto": Least(_TRL | NO_WEIGHTS, ways=ALL_WAYS),
    "trl-prompts": Least(_TRL - {Loss.FIELDS} | NO_WEIGHTS, ways=ALL_WAYS),
    "axolotl": Least(
        BESIDE | {Loss.DEVELOPER} | NO_ARGUMENTS, ways=ALL_WAYS, parts=True, weights=EACH
    ),
    # `chat_template.default` takes role and content alone.
    "axolotl-dpo": Least(_MLX | NO_WEIGHTS, tools=False),
    "verl-sft": Least(_STRUCTS, tools=False),
    "verl-prompts": Least(_STRUCTS, tools=False),
    "rlvr": Least(_STRUCTS, tools=False),
    "openai": Least(_OPENAI, parts=True, weights=EACH),
    "openai-dpo": Least(_OPENAI | NO_WEIGHTS),
    "together": Least(BESIDE | SPEAKERS | NO_ARGUMENTS, ways=ALL_WAYS, parts=True, weights=EACH),
    "together-dpo": Least(BESIDE | SPEAKERS | NO_ARGUMENTS | NO_WEIGHTS, ways=ALL_WAYS),
    # Whether Fireworks trains on a field for reasoning is not documented.
    "fireworks": Least(_MLX, ways=ALL_WAYS, weights=EACH),
    "fireworks-dpo": Least(_MLX | NO_WEIGHTS, ways=ALL_WAYS),
    "llamafactory": Least(_LLAMAFACTORY | NO_WEIGHTS),
    "llamafactory-last-turn": Least(_LLAMAFACTORY | LAST_ONLY, weights=LAST),
    "llamafactory-dpo": Least(_LLAMAFACTORY | NO_WEIGHTS),
    "llamafactory-kto": Least(_LLAMAFACTORY | NO_WEIGHTS),
    "mlx-chat": Least(_MLX | NO_WEIGHTS, ways=ALL_WAYS),
    "mlx-last-turn": Least(_MLX | LAST_ONLY, ways=ALL_WAYS, weights=LAST),
    "mistral": Least(_MLX, weights=EACH),
    "hf-chat": Least(set(), ways=ALL_WAYS, parts=True, weights=EACH),
    "hf-preference": Least(set(), ways=ALL_WAYS, parts=True, weights=EACH),
    "hf-kto": Least(set(), ways=ALL_WAYS, parts=True, weights=EACH),
    "hf-prompt": Least(set(), ways=ALL_WAYS, parts=True, weights=EACH),
    # A text has no messages; what stands beside it is left out.
    "text": Least(_STRUCTS, tools=False),
    "data": Least(NO_REASONING, parts=True, weights=EACH),
}
"""By the sources and pages of each trainer, not by its writer."""

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": name,
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
    for name in ("weather", "time")
]
CALLS = [
    {"id": f"call0000{at}", "type": "function", "function": {"name": name, "arguments": "{}"}}
    for at, name in enumerate(("weather", "time"))
]
CALLED = [
    {"role": "system", "content": "Be brief."},
    user(),
    {"role": "assistant", "content": "Let me look.", "tool_calls": CALLS},
    {"role": "tool", "tool_call_id": "call00000", "content": "cold"},
    {"role": "tool", "tool_call_id": "call00001", "content": "late"},
]
PLAIN = [{"role": "system", "content": "Be brief."}, user()]
KINDS = {"preference": Kind.PREFERENCE, "dpo": Kind.PREFERENCE, "kto": Kind.KTO}
VERIFIED = {"ground_truth": "4", "dataset": "math", "data_source": "math"}


def record_for(name: str, least: Least) -> dict[str, Any]:
    """Return a record that says all that a format must carry, and nothing else."""
    prompt = CALLED if least.tools else PLAIN
    beside: dict[str, Any] = {"tools": TOOLS} if least.tools else {}
    if Loss.PARALLEL_TOOL_CALLS not in least.losses:
        beside["parallel_tool_calls"] = True
    if Loss.TEMPLATE_ARGUMENTS not in least.losses:
        beside["chat_template_kwargs"] = {"enable_thinking": True}
    if Loss.FIELDS not in least.losses:
        beside["topic"] = "weather"
    if name == "text":
        return {"text": "A text."}
    if name in ("verl-prompts", "rlvr"):
        used = "dataset" if name == "rlvr" else "data_source"
        return {"prompt": prompt, "ground_truth": "4", used: VERIFIED[used], **beside}
    if name in ("trl-prompts", "hf-prompt"):
        return {"prompt": prompt, **beside}
    answer = said()
    if Loss.REASONING not in least.losses:
        answer["reasoning_content"] = "It is cold."
    if Loss.NAMES not in least.losses:
        answer["name"] = "bot"
    kind = KINDS.get(name.split("-")[-1])
    if kind is Kind.PREFERENCE:
        return {"prompt": prompt, "chosen": [answer], "rejected": [said("No.")], **beside}
    if kind is Kind.KTO:
        return {"prompt": prompt, "completion": [answer], "label": True, **beside}
    before = [{**each, **weight_of(each, least)} for each in prompt]
    return {"messages": [*before, answer], **beside}


def weight_of(message: dict[str, Any], least: Least) -> dict[str, Any]:
    """Return the weight of an answer before the last, where the format can say that it has none."""
    has_weight = message["role"] == "assistant" and least.weights is not Weights.NONE
    return {"weight": 0} if has_weight else {}


def test_the_table_has_every_format() -> None:
    assert LEAST.keys() == OUTPUT_FORMATS.keys()


@pytest.mark.parametrize("name", LEAST)
def test_no_format_declares_more_losses_than_its_trainer_has(name: str) -> None:
    carries, least = OUTPUT_FORMATS[name].carries, LEAST[name]
    assert carries.may_lose() <= least.may_lose()
    assert carries.tools >= least.tools
    assert carries.parts >= least.parts
    assert carries.weights is least.weights
    assert {*carries.reasoning} >= {*least.ways}


@pytest.mark.parametrize("name", LEAST)
def test_what_the_trainer_takes_is_written_without_any_loss(name: str) -> None:
    record = record_for(name, LEAST[name])
    made = OUTPUT_FORMATS[name].render(parts_of(record))
    assert made.losses == set()
    if name in ("data", "text", "rlvr", "verl-prompts"):
        return
    written = made.record
    if "conversations" in written:
        written = chat_of_sharegpt(written)
    kinds = {"chosen": Kind.PREFERENCE, "label": Kind.KTO, "completion": Kind.PROMPT_COMPLETION}
    kinds |= {"input": Kind.PREFERENCE, "messages": Kind.CHAT, "prompt": Kind.PROMPT}
    found = conversation_of(written, next(kinds[each] for each in kinds if each in written))
    before = parts_of(record).conversation
    assert found is not None
    assert before is not None
    assert [_said(each) for each in found.prompt + found.response] == [
        _said(each) for each in before.prompt + before.response
    ]
    assert found.tools == before.tools
    assert found.parallel_tool_calls == before.parallel_tool_calls
    assert {"topic", "chat_template_kwargs"} & record.keys() <= written.keys()


def _said(message: Any) -> dict[str, Any]:
    """Return a message without what formats say of it elsewhere: weights, and names of tools."""
    left = {"weight", "name"} if message["role"] == "tool" else {"weight"}
    return {name: each for name, each in message.items() if name not in left}


@pytest.mark.parametrize("name", [each for each in LEAST if LEAST[each].weights is EACH])
def test_weights_are_written_where_the_trainer_reads_them(name: str) -> None:
    if name == "data":
        return
    record = record_for(name, LEAST[name])
    made = OUTPUT_FORMATS[name].render(parts_of(record)).record
    said_before = [each for each in made.get("messages", []) if each["role"] == "assistant"]
    assert "messages" not in made or [each.get("weight", 1) for each in said_before] == [0, 1]


@pytest.mark.parametrize("name", LEAST)
def test_reasoning_can_be_kept_in_every_layout_of_messages(name: str) -> None:
    if name in ("data", "text", "trl-prompts", "verl-prompts", "rlvr", "hf-prompt"):
        return
    record = record_for(name, LEAST[name])
    for side in ("messages", "completion", "chosen"):
        if side in record:
            record[side][-1]["reasoning_content"] = "It is cold."
    for way in LEAST[name].ways:
        made = OUTPUT_FORMATS[name].render(parts_of(record), RenderOptions(way))
        is_kept = "It is cold." in str(made.record)
        assert is_kept == (way is not Reasoning.DROP)
        assert (Loss.REASONING in made.losses) != is_kept
