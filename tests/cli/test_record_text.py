"""Records and long texts as a terminal shows them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.cli.show.record_text import excerpt_lines, full_lines
from vault.cli.show.terminal import display_width
from vault.cli.show.wrapped_text import Piece, wrap
from vault.presentation.example_parts import differing_parts, parts_of


@pytest.mark.parametrize(
    ("record", "parts"),
    [
        (
            {"messages": [{"role": "user", "content": "a", "name": "x"}], "meta": {"by": {"n": 1}}},
            [("user", "a"), ("user name", "x"), ("meta.by.n", "1")],
        ),
        (
            {"conversations": [{"from": "human", "value": "a"}], "system": "s"},
            [("human", "a"), ("system", "s")],
        ),
        (
            {"chosen": {"role": "assistant", "content": "a"}, "score": 0.5},
            [("chosen assistant", "a"), ("score", "0.5")],
        ),
        (
            {"prompt": "p", "rejected": [{"role": "assistant", "content": "a"}]},
            [("prompt", "p"), ("rejected assistant", "a")],
        ),
        (
            {"messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": 1}]}]},
            [("assistant tool_calls", '[{"id":1}]')],
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]},
            [("user", "a")],
        ),
        ({"tags": ["a"], "none": {}}, [("tags", '["a"]'), ("none", "{}")]),
        ("text", [("value", "text")]),
    ],
)
def test_a_record_is_its_messages_and_fields(record: object, parts: list[tuple[str, str]]) -> None:
    assert [(part.label, part.text) for part in parts_of(record)] == parts


def test_two_records_differ_in_parts_that_are_paired_by_label() -> None:
    old = {"messages": [{"role": "user", "content": "a"}, {"role": "tool", "content": "b"}], "n": 1}
    new = {"messages": [{"role": "user", "content": "c"}], "n": 1, "m": 2}
    parts = [("user", "a", "c"), ("tool", "b", ""), ("m", "", "2")]
    assert list(differing_parts(old, new)) == parts
    assert list(differing_parts(old, old)) == []


def test_an_excerpt_has_one_line_a_message_and_not_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    messages = [{"role": "system", "content": "be kind"}]
    messages += [{"role": "user", "content": f"line {n}\n{'x' * 90}"} for n in range(8)]
    lines = list(excerpt_lines({"messages": messages, "topic": "t"}))
    assert lines[0] == "    user  line 0 " + "x" * 22 + "…"
    assert len(lines) == 7 and lines[-1] == "    … 2 more"
    only = list(excerpt_lines({"messages": messages[:1]}))
    assert only == ["    system  be kind"]


def test_a_whole_record_keeps_its_lines_and_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    record = {"messages": [{"role": "user", "content": "one\n  two\n\nthree \x1b[2J"}]}
    assert list(full_lines(record)) == ["  user: one", "    two", "  ", "  three \\x1b[2J"]


def test_lines_break_between_words_and_not_at_a_change() -> None:
    pieces = [
        Piece("the price is "),
        Piece("[-old-]", "red"),
        Piece("{+new+}", "green"),
        Piece("."),
    ]
    assert list(wrap(pieces, indent="  ", width=24)) == ["  the price is", "  [-old-]{+new+}."]


@given(st.text("ab \n", max_size=80), st.integers(22, 40))
def test_wrapping_loses_no_word_and_keeps_the_width(text: str, width: int) -> None:
    lines = list(wrap([Piece(text)], indent="  ", width=width))
    assert " ".join(lines).split() == text.split()
    room = width - 2
    for line in lines:
        assert display_width(line) <= width or (len(line.split()) == 1 and len(line.strip()) > room)
