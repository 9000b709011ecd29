"""Laws of comparing two records: nothing is lost, nothing is made up, and the cost has a bound."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.library import chat
from vault.presentation.example_parts import parts_of
from vault.presentation.record_diff import (
    AROUND_CHARS,
    MOST_CHARS,
    MOST_PARTS,
    ComparedPart,
    record_diff,
)

TEXTS = st.lists(st.sampled_from(["a", "b", " ", "\n", "word", "“", "x" * 90]), max_size=30).map(
    "".join
)
RECORDS = st.one_of(
    st.fixed_dictionaries(
        {
            "messages": st.lists(
                st.fixed_dictionaries(
                    {"role": st.sampled_from(["user", "assistant"]), "content": TEXTS}
                ),
                max_size=5,
            ),
            "note": TEXTS,
        }
    ),
    st.dictionaries(st.sampled_from("abcd"), TEXTS | st.integers() | st.lists(TEXTS), max_size=4),
)


def _text(part: ComparedPart, side: str) -> str:
    return "".join(piece.text for piece in part.pieces if piece.kind in ("same", side))


@given(RECORDS, RECORDS)
def test_pieces_make_up_the_texts_of_both_sides(old: Any, new: Any) -> None:
    diff = record_diff(old, new)
    parts = [*diff.turns, *diff.fields]
    for record, side, other in ((old, "removed", "added"), (new, "added", "removed")):
        told = [(each.label, _text(each, side)) for each in parts if each.change != other]
        texts = [(each.label, each.text) for each in parts_of(record)]
        for each in told:
            texts.remove(each)
        assert len(texts) == diff.same_left_out
    assert diff.left_out == 0


@given(RECORDS)
def test_a_record_differs_from_itself_in_nothing(record: Any) -> None:
    diff = record_diff(record, record)
    assert {each.change for each in diff.turns} <= {"same"}
    assert diff.fields == ()


def test_words_of_a_changed_turn_are_told() -> None:
    diff = record_diff(chat("one two?", "yes indeed", a=1), chat("one two?", "no indeed", a=2))
    assert [each.change for each in diff.turns] == ["same", "changed"]
    pieces = [("removed", "yes"), ("added", "no"), ("same", " indeed")]
    assert [tuple(each) for each in diff.turns[1].pieces] == pieces
    assert [each.label for each in diff.fields] == ["a"]


def test_a_difference_deep_in_a_long_text_is_found() -> None:
    long = "x" * 5_000_000
    (part,) = record_diff({"text": long + "b" + long}, {"text": long + "c" + long}).turns
    around = [("same", AROUND_CHARS), ("skipped", 7), ("same", AROUND_CHARS)]
    kinds = [*around, ("removed", 1), ("added", 1), *around]
    assert [(kind, len(text)) for kind, text in part.pieces] == kinds
    assert part.pieces[1].text == str(len(long) - 2 * AROUND_CHARS)


def test_what_is_too_much_is_counted() -> None:
    turns = [{"role": "user", "content": "hm" if n % 2 else f"turn {n}"} for n in range(4_000)]
    others = [{**each, "content": each["content"].replace("turn", "step")} for each in turns]
    fields = {f"c{n}": n for n in range(1_000)}
    diff = record_diff(
        {"messages": turns, **fields}, {"messages": others, **dict.fromkeys(fields, -1)}
    )
    assert (len(diff.turns), len(diff.fields)) == (MOST_PARTS, MOST_PARTS)
    assert diff.left_out == 4_000 // 2 + 1_000 - 2 * MOST_PARTS
    assert diff.same_left_out == 4_000 // 2


def test_texts_that_share_nothing_are_cut_and_called_so() -> None:
    old, new = ("".join(f"{letter}{n} " for n in range(90_000)) for letter in "ab")
    (part,) = record_diff({"text": old}, {"text": new}).turns
    assert part.is_coarse
    assert sum(len(each.text) for each in part.pieces) < 3 * MOST_CHARS
