"""Groups of a list: clusters by their label, and answers by their prompt."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.drafting import label
from tests.support.library import Library, chat
from vault.errors import InvalidInput, NotFound
from vault.operations.queries.groups import CLUSTER, MOST_MEMBERS, PROMPT


def _pair(prompt: str) -> dict[str, Any]:
    return {"prompt": prompt, "chosen": "yes, indeed", "rejected": "no"}


@pytest.fixture
def filled(library: Library) -> Library:
    rows: list[Any] = [chat(f"q{n % 4}?", f"answer {n}") for n in range(6)]
    rows += [_pair("q9?"), _pair("q1?"), {"text": "alone"}, chat("q8?")]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    return library


def _sizes(library: Library, by: str, **chosen: Any) -> list[tuple[str, int]]:
    groups = library.repository.groups(library.repository.browse(**chosen), by)
    return [(each.row.question, each.size) for each in groups.page(0, 200)]


def test_prompts_with_several_answers_are_listed_in_order(filled: Library) -> None:
    assert _sizes(filled, PROMPT) == [("q0?", 2), ("q1?", 3), ("q9?", 1)]
    assert _sizes(filled, PROMPT, where="line < 3") == []
    assert _sizes(filled, PROMPT, where="kind = 'preference'") == [("q9?", 1), ("q1?", 1)]


def test_an_example_leads_to_its_prompt(filled: Library) -> None:
    groups = filled.repository.groups(filled.repository.browse(), PROMPT)
    ids = filled.ids()
    assert [groups.place_of(each) for each in ids] == [0, 1, -1, -1, 0, 1, 2, 1, -1, -1]
    assert [groups.place_of(each) for each in ("", "zz", "00" * 16, ids[0][:8])] == [-1] * 4
    assert {each.example.id for each in groups.shown(1).members} == {ids[1], ids[5], ids[7]}


def test_clusters_begin_with_the_largest_and_the_named(filled: Library) -> None:
    ids = filled.ids()
    named = {n: {"cluster": ids[3][:12]} for n in (1, 2, 3)}
    label(filled.repository, {0: {"cluster": "x"}, 9: {"cluster": "x"}, **named})
    assert _sizes(filled, CLUSTER) == [("q1?", 3), ("q0?", 2)]
    groups = filled.repository.groups(filled.repository.browse(), CLUSTER)
    shown = groups.shown(0, compares=True)
    assert [each.example.id for each in shown.members] == [ids[3], ids[1], ids[2]]
    first, second, _ = (each.diff for each in shown.members)
    assert first is None
    assert second is not None
    assert [each.change for each in second.turns] == ["changed", "changed"]


def test_many_members_are_cut_and_counted(library: Library) -> None:
    library.write("a.jsonl", [chat("q?", f"answer {n}") for n in range(MOST_MEMBERS + 5)])
    library.run("a.jsonl")
    groups = library.repository.groups(library.repository.browse(), PROMPT)
    shown = groups.shown(0)
    assert (len(shown.members), shown.left_out) == (MOST_MEMBERS, 5)


@pytest.mark.parametrize("by", [CLUSTER, PROMPT])
def test_an_empty_list_has_no_groups(library: Library, by: str) -> None:
    groups = library.repository.groups(library.repository.browse(), by)
    assert (len(groups), groups.page(0, 10), groups.place_of("00" * 16)) == (0, (), -1)
    with pytest.raises(NotFound) as told:
        groups.shown(0)
    assert told.value.code == "group-not-there"


def test_an_unknown_grouping_is_refused(filled: Library) -> None:
    with pytest.raises(InvalidInput) as told:
        filled.repository.groups(filled.repository.browse(), "mood")
    assert told.value.code == "group-unknown"
