"""Every rule by its own examples, which are also its page."""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import Any

import pyarrow as pa
import pytest

from vault.formats.layouts.registry import recognise
from vault.objects.json.exchanged_values import with_values
from vault.objects.json.field_path import leaves
from vault.objects.json.strings import Steps
from vault.objects.json.text import compact_bytes
from vault.rules.codes import FAMILIES, RULES
from vault.rules.kernel.examine import Examination
from vault.rules.kernel.rule import TARGETS, Rule, Severity
from vault.rules.kernel.subject import read_subject

FAILING = [(rule, record) for rule in RULES.values() for record in rule.fails]
BEGINNING = [rule for rule in RULES.values() if rule.begins]
FIXABLE = [rule for rule in RULES.values() if rule.fix]
PASSING = [(rule, record) for rule in RULES.values() for record in rule.passes]


def of(pair: tuple[Rule, Any]) -> str:
    return pair[0].code


def examined(rule: Rule, *records: dict[str, Any]) -> list[int]:
    """Return the positions of the records in which a rule finds a fault, by the fast way."""
    kinds = [str(recognise(record)) for record in records]
    texts = pa.array([compact_bytes(record) for record in records], pa.binary()).view(pa.string())
    return [at for at, _, _ in Examination([rule]).examine(kinds, records, texts)]


@pytest.mark.parametrize("pair", FAILING, ids=of)
def test_a_rule_finds_what_its_examples_say(pair: tuple[Rule, dict[str, Any]]) -> None:
    rule, record = pair
    faults = list(rule.check(read_subject(recognise(record), record)))
    assert faults
    assert all(fault.message for fault in faults)


@pytest.mark.parametrize("pair", FAILING, ids=of)
def test_what_rules_examples_out_lets_its_own_through(pair: tuple[Rule, dict[str, Any]]) -> None:
    rule, record = pair
    assert 0 in examined(rule, record)


@pytest.mark.parametrize("pair", PASSING, ids=of)
def test_a_rule_passes_what_its_examples_say(pair: tuple[Rule, dict[str, Any]]) -> None:
    rule, record = pair
    assert list(rule.check(read_subject(recognise(record), record))) == []
    assert examined(rule, record) == []


def mended(rule: Rule, record: dict[str, Any]) -> tuple[dict[str, Any], list[Steps]]:
    """Return a record after a rule's fix, and which places it exchanged."""
    assert rule.fix is not None
    repairs = list(rule.fix(read_subject(recognise(record), record)))
    text = with_values(compact_bytes(record), {each.steps: each.value for each in repairs})
    return json.loads(text), [each.steps for each in repairs]


def places(value: Any, steps: Steps = ()) -> dict[Steps, str]:
    """Return what stands at each place of a record, in order; with its type, as 1 is not true."""
    if isinstance(value, dict):
        return dict(
            chain.from_iterable(
                places(each, (*steps, name)).items() for name, each in value.items()
            )
        )
    if isinstance(value, list):
        return dict(
            chain.from_iterable(places(each, (*steps, at)).items() for at, each in enumerate(value))
        )
    return {steps: repr(value)}


@pytest.mark.parametrize("rule", FIXABLE, ids=lambda rule: rule.code)
def test_a_fix_mends_what_its_rule_finds_and_touches_nothing_else(rule: Rule) -> None:
    mended_wholly = 0
    for record in rule.fails:
        after, touched = mended(rule, record)
        before, now = places(record), places(after)
        for steps in touched:
            assert {at: each for at, each in before.items() if at[: len(steps)] == steps}
            before, now = (
                {at: each for at, each in found.items() if at[: len(steps)] != steps}
                for found in (before, now)
            )
        assert list(before.items()) == list(now.items())
        left = list(rule.check(read_subject(recognise(after), after)))
        assert not touched or left == []
        mended_wholly += bool(touched)
    assert mended_wholly
    assert [record for record in rule.passes if mended(rule, record)[1]] == []


def test_every_fix_is_found_by_its_code() -> None:
    form = {"FORM004", "FORM007", "FORM022"}
    others = {"TOOL005", "TOOL009", "TOOL011", "TOOL019", "PREF010", "TEXT019", "TEXT020"}
    assert {rule.code for rule in FIXABLE} == form | others


def test_a_beginning_that_may_be_code_keeps_its_indentation() -> None:
    rule = RULES["TEXT019"]
    record = {"prompt": "Go on.", "completion": "\n    return 1\n"}
    assert mended(rule, record)[0]["completion"] == "    return 1"


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_a_rule_is_complete(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]{4}[0-9]{3}", rule.code)
    assert rule.code[:4] in FAMILIES
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert rule.why.endswith(".") and len(rule.why) > 40
    assert rule.fails and rule.passes
    assert set(rule.targets) <= set(TARGETS)
    assert rule.severity in Severity


def test_codes_and_names_are_given_once() -> None:
    assert len({rule.name for rule in RULES.values()}) == len(RULES)
    assert list(RULES) == sorted(RULES, key=lambda code: (list(FAMILIES).index(code[:4]), code))


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"messages": None},
        {"messages": [None, 1, [], {}]},
        {"messages": [{"role": {}, "content": {}, "tool_calls": {}}]},
        {"messages": [{"role": "user", "content": [None, [], {"type": []}]}], "tools": 3},
        {"messages": [{"role": "assistant", "tool_calls": [None, 1, {"function": []}]}]},
        {
            "messages": [{"role": "assistant", "tool_calls": [{"function": {"name": {}}}]}],
            "tools": [None, {"function": {"name": [], "parameters": []}}],
        },
        {"conversations": [{"from": [], "value": 1}, {"from": "function_call", "value": "[1"}]},
        {"conversations": [{"from": "function_call", "value": None}], "tools": "{"},
        {"instruction": {}, "output": [], "input": 1, "history": [1, [[], {}]]},
        {"chosen": None, "rejected": {}},
        {"chosen": [1], "rejected": [], "prompt": {}},
        {"input": [], "preferred_output": {}, "non_preferred_output": "x"},
        {"prompt": [], "completion": [[]]},
        {"label": True, "messages": {}},
        {"kto_tag": "yes", "messages": []},
        {"text": None},
        {"a": {"b": [1, "c", None]}},
    ],
    ids=repr,
)
def test_no_rule_stumbles_over_a_strange_record(record: dict[str, Any]) -> None:
    for kind in (
        *("chat", "sharegpt", "alpaca", "prompt-completion", "preference", "kto", "text", "raw"),
        "prompt",
        "of a later version",
    ):
        subject = read_subject(kind, record)
        for rule in RULES.values():
            assert all(isinstance(fault.message, str) for fault in rule.check(subject))
            repairs = [] if rule.fix is None else list(rule.fix(subject))
            assert all(each.steps for each in repairs)


@pytest.mark.parametrize("rule", BEGINNING, ids=lambda rule: rule.code)
def test_a_pattern_of_beginnings_matches_nowhere_else(rule: Rule) -> None:
    texts = [str(text) for record in rule.fails for _, text in leaves(record)]
    found = [
        re.search(rule.sought, f"{before}{text}") for text in texts for before in ("", "So:\n")
    ]
    assert {match.start() for match in found if match} == {0}
