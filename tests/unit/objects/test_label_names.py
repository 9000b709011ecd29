"""Names and values of labels as people type them."""

from __future__ import annotations

import pytest

from vault.errors import InvalidInput
from vault.objects.labels.exported import exported_labels
from vault.objects.labels.label_name import (
    check_label_name,
    check_writable_name,
    is_for_people,
    is_label_name,
    slug,
    value_of,
)
from vault.objects.labels.label_set import is_label_value


@pytest.mark.parametrize("name", ["quality", "a", "_group", "judge.help.score", "q2.anna_m"])
def test_small_letters_digits_and_dots_make_a_name(name: str) -> None:
    assert is_label_name(name)
    assert check_label_name(name) == name


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Quality", "did you mean quality?"),
        ("is good", "did you mean is_good?"),
        ("a..b", "did you mean a.b?"),
        ("2nd", "did you mean p2nd?"),
        ("größe", "did you mean gro_e?"),
        ("", "use small letters, digits and _"),
        ("品質", "use small letters, digits and _"),
    ],
)
def test_another_name_is_refused_with_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_label_name(name)
    assert caught.value.code == "label-name-invalid"
    assert str(caught.value.hint).startswith(hint)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("split", "`vault split` writes it, and `vault label --remove split` takes"),
        ("cluster", "`vault dedupe --mark` writes it"),
        ("judge.help.score", "it is kept for verdicts of judges"),
        ("eval.small", "it is kept for evaluation results, which `vault score` writes"),
        ("_group", "vault keeps names that begin with _ for itself"),
        ("judge", None),
        ("quality", None),
        ("splits", None),
    ],
)
def test_what_commands_write_people_do_not(name: str, why: str | None) -> None:
    assert is_for_people(name) == (why is None)
    if why is None:
        assert check_writable_name(name) == name
        return
    with pytest.raises(InvalidInput, match=f"is not written by hand: {why}") as caught:
        check_writable_name(name)
    assert caught.value.code == "label-not-yours"


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("gold", True), (True, True), (0, True), (-1.5, True), (2**64 - 1, True), (-(2**63), True),
        (2**64, False), (-(2**63) - 1, False), (float("inf"), False), (float("nan"), False),
        ([1], False), (None, False), ({}, False), ("\ud800", False),
    ],
)  # fmt: skip
def test_a_label_is_what_json_can_hold(value: object, is_one: bool) -> None:
    assert is_label_value(value) == is_one


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-7", -7),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("007", "007"),
        ("1_000", "1_000"),
        ("1,5", "1,5"),
        ("nan", "nan"),
        ("Infinity", "Infinity"),
        ("1e999", "1e999"),
        (" 3", " 3"),
        ("٣", "٣"),
        ("+49", "+49"),
        ("4915112345678901234", "4915112345678901234"),
        ("0.12345678901234567", "0.12345678901234567"),
        ("gold", "gold"),
        ("", ""),
    ],
)
def test_a_text_means_a_number_only_if_none_is_changed(text: str, value: object) -> None:
    found = value_of(text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ("anna", "anna"),
        ("Anna Müller", "anna_muller"),
        ("Ben O'Neil <ben@example.org>", "ben_o_neil"),
        ("<ben@example.org>", "ben_example_org"),
        ("4eyes", "p4eyes"),
        ("李雷", ""),
    ],
)
def test_a_person_is_one_part_of_a_name(person: str, name: str) -> None:
    assert slug(person) == name


def test_only_labels_of_people_and_the_split_are_taken_back() -> None:
    labels = {
        "quality": "gold", "split": "train", "quality.anna": True, "stars": 0.5,
        "_group": "a", "cluster": "b", "judge.help.score": 1, "eval.m": 2,
        "Größe": 1, "list": [1], "none": None, "big": 2**70, "empty": "",
    }  # fmt: skip
    taken = b'{"quality":"gold","quality.anna":true,"split":"train","stars":0.5}'
    assert exported_labels({"labels": labels}) == taken
    assert exported_labels('{"labels":{"a":1}}') == b'{"a":1}'
    for side in ("../../etc", 5, "", "a/b", ".x", "unassigned"):
        assert exported_labels({"labels": {"split": side}}) is None


@pytest.mark.parametrize("member", [None, 3, "", "{", "[]", {"labels": []}, {"labels": {}}, {}])
def test_what_is_no_member_of_an_export_has_no_labels(member: object) -> None:
    assert exported_labels(member) is None
