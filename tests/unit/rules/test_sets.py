"""Rules about sets as a whole, by their own examples, and by what makes them hold their tongue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from vault.formats.layouts.registry import conversation_of, recognise
from vault.objects.conversation import Kind
from vault.objects.json.text import canonical_bytes, compact_bytes
from vault.rules.codes import SET_RULES
from vault.rules.families.sample_records import answered
from vault.rules.kernel.examine import Examination
from vault.rules.kernel.set_facts import SetGathering, SetPart, joined_parts, number_of
from vault.rules.kernel.set_rule import SetFault, SetRule
from vault.rules.kernel.subject import read_subject

FAILING = [(rule, each) for rule in SET_RULES.values() for each in rule.fails]
PASSING = [(rule, each) for rule in SET_RULES.values() for each in rule.passes]
PARTS = 3


def of(pair: tuple[SetRule, Any]) -> str:
    return pair[0].code


def part_of(records: Sequence[dict[str, Any]]) -> SetPart:
    """Return the facts of records, gathered as a whole validation does."""
    gathering = SetGathering()
    kinds = [str(recognise(record)) for record in records]
    texts = pa.array(list(map(compact_bytes, records)), pa.binary()).view(pa.string())
    Examination([]).examine(kinds, records, texts, gathering=gathering)
    prompts = []
    for record, kind in zip(records, kinds, strict=True):
        asked = conversation_of(record, Kind(kind), None)
        prompts.append(0 if asked is None else number_of(canonical_bytes(asked.prompt).decode()))
    size = sum(len(text.as_py()) + 1 for text in texts)
    return gathering.part(kinds, np.array(prompts, np.uint64), size)


def faults(rule: SetRule, records: Sequence[dict[str, Any]], target: str | None) -> list[SetFault]:
    """Return what a rule finds in records whose facts are gathered in several parts."""
    step = max(1, len(records) // PARTS)
    parts = [part_of(records[first : first + step]) for first in range(0, len(records), step)]
    return list(rule.check(joined_parts(parts), target))


def targets(rule: SetRule) -> Iterable[str | None]:
    return rule.targets or (None,)


@pytest.mark.parametrize("pair", FAILING, ids=of)
def test_a_rule_finds_what_its_sets_say(pair: tuple[SetRule, Any]) -> None:
    rule, records = pair
    found = [fault for target in targets(rule) for fault in faults(rule, records, target)]
    assert found
    assert all(fault.message for fault in found)
    assert all(fault.at is None or 0 <= fault.at < len(records) for fault in found)


@pytest.mark.parametrize("pair", PASSING, ids=of)
def test_a_rule_passes_what_its_sets_say(pair: tuple[SetRule, Any]) -> None:
    rule, records = pair
    if rule.code == "SETS002":
        assert faults(rule, records, "gemini") == []
    else:
        assert [fault for target in targets(rule) for fault in faults(rule, records, target)] == []


def test_every_rule_has_a_set_that_passes_and_those_of_small_sets_one_that_fails() -> None:
    assert all(rule.passes for rule in SET_RULES.values())
    assert [rule.code for rule in SET_RULES.values() if not rule.fails] == ["SETS003", "SETS004"]


def test_too_many_examples_and_too_large_files_are_told() -> None:
    none = part_of([])
    zeros = np.zeros(1_000_001, np.uint64)
    many = replace(none, openings=zeros, answers=zeros, prompts=zeros)
    assert [fault.message for fault in SET_RULES["SETS003"].check(many, "gemini")] == [
        "1,000,001 examples, and gemini takes 1,000,000"
    ]
    assert list(SET_RULES["SETS003"].check(many, "fireworks")) == []
    assert list(SET_RULES["SETS003"].check(many, None)) == []
    large = joined_parts([part_of([answered("x" * 1000)])])
    object.__setattr__(large, "size_bytes", 600 * 10**6)
    assert [fault.message for fault in SET_RULES["SETS004"].check(large, "openai")] == [
        "600 MB of JSON Lines, and openai takes 512"
    ]
    assert list(SET_RULES["SETS004"].check(large, "gemini")) == []


def test_contradicting_labels_point_at_the_first_example_of_each() -> None:
    asked = "Where is it?"
    records = [answered(label, asked) for label in ("graz", "graz", "vienna", "Graz", "linz")]
    records.insert(0, answered("graz", "And the other one?"))
    found = faults(SET_RULES["SETS006"], records, None)
    assert [fault.at for fault in found] == [1, 3, 5]
    assert found[0].message == '"graz", and the same question has 2 other answers elsewhere'


def test_a_set_of_numbers_has_no_classes() -> None:
    records = [answered(str(n), f"What is {n}?") for n in range(100)]
    assert faults(SET_RULES["SETS007"], records, None) == []


def test_the_side_that_was_rejected_is_no_answer_of_the_set() -> None:
    records = [
        {"prompt": f"Is {n} even?", "chosen": "yes", "rejected": f"no, it is not {n}"}
        for n in range(4)
    ]
    part = part_of(records)
    assert set(part.answers.tolist()) == {number_of("yes")}


def test_plain_chats_are_gathered_as_all_others_are() -> None:
    records = [answered("yes"), answered("It is on its way and will be there by tomorrow noon.")]
    records.append({"messages": [{"role": "system", "content": "Hm."}, *records[0]["messages"]]})
    slow = SetGathering()
    for record in records:
        slow.add(read_subject("chat", record))
    quick = part_of(records)
    told = slow.part(["chat"] * 3, quick.prompts, quick.size_bytes)
    assert told.openings.tolist() == quick.openings.tolist()
    assert told.answers.tolist() == quick.answers.tolist()
    assert told.texts == quick.texts
    assert (told.with_instruction, told.without_instruction) == (1, 2)
    assert (quick.with_instruction, quick.without_instruction) == (1, 2)


def test_labels_near_another_are_told_where_they_stand() -> None:
    labels = ["bank_fees", "groceries"] * 20 + ["bank fees", "grocereis", "Groceries.", "rent"]
    records = [answered(label, f"What is payment {n}?") for n, label in enumerate(labels)]
    found = faults(SET_RULES["SETS012"], records, None)
    assert sorted(fault.at or 0 for fault in found) == [40, 41, 42]


def test_labels_that_differ_by_a_number_are_different_labels() -> None:
    records = [answered(f"level_{n % 3}", f"What is level {n}?") for n in range(90)]
    records += [answered(each, f"And {each}?") for each in ("unpaid", "paid") * 9]
    assert faults(SET_RULES["SETS012"], records, None) == []


def test_a_label_that_no_prompt_offers_is_told() -> None:
    asked = "Is payment {} for rent or for food?"
    labels = ["rent", "food"] * 20 + ["holiday"]
    records = [answered(label, asked.format(n)) for n, label in enumerate(labels)]
    assert [fault.at for fault in faults(SET_RULES["SETS013"], records, None)] == [40]
