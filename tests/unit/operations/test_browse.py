"""Browsing: pages of examples in an order, and one of them whole."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.library import Library, chat
from vault.errors import InvalidInput, NotFound
from vault.operations.queries.browse import MOST_ROWS, SORTS
from vault.operations.queries.shown_example import ALL_CHARS, PREVIEW_CHARS, WHOLE_CHARS


@pytest.fixture
def filled(library: Library) -> Library:
    rows = [chat(f"q{n}?", "x" * (n * 37 % 50), topic="ab"[n % 2]) for n in range(500)]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    return library


@pytest.mark.parametrize("sort", SORTS)
def test_pages_give_every_example_once(filled: Library, sort: str) -> None:
    listing = filled.repository.browse(sort=sort)
    rows = [row for offset in range(0, 500, 90) for row in listing.page(offset, 90)]
    assert (len(listing), listing.of) == (500, 500)
    assert sorted(row.id for row in rows) == sorted(filled.ids())
    values = [getattr(row, sort.removeprefix("-"), 0) for row in rows]
    if sort in ("tokens", "turns"):
        assert values == sorted(values)
    if sort.startswith("-"):
        assert values == sorted(values, reverse=True)
    if sort == "dataset":
        assert [row.question for row in rows] == [f"q{n}?" for n in range(500)]


def test_another_seed_is_another_order(filled: Library) -> None:
    orders = [
        [row.id for row in filled.repository.browse(sort="random", seed=seed).page(0, 50)]
        for seed in (0, 0, 1)
    ]
    assert orders[0] == orders[1] != orders[2]


def test_a_page_has_an_end(filled: Library) -> None:
    listing = filled.repository.browse(["data.topic = 'b'"])
    assert (len(listing), listing.of) == (250, 500)
    assert len(listing.page(0, 10_000)) == MOST_ROWS
    assert [len(listing.page(*each)) for each in ((240, 50), (250, 5), (-3, 2), (0, -1))] == [
        10,
        0,
        2,
        0,
    ]


def test_a_text_is_looked_for_in_any_case(filled: Library) -> None:
    listing = filled.repository.browse(["data.topic = 'a'"], text="Q12", sort="-tokens")
    found = {row.question for row in listing.page(0, 99)}
    assert found == {f"q{n}?" for n in (12, 120, 122, 124, 126, 128)}
    assert filled.repository.grep("q12", ignore_case=True).examples == 11


def test_the_version_changes_with_examples_and_labels(filled: Library) -> None:
    repository = filled.repository
    before = repository.browse().version
    assert repository.version_of() == before
    repository.label({"quality": "gold"}, where="line = 1")
    assert repository.version_of() != before


def test_rows_say_what_is_asked_and_answered(library: Library) -> None:
    call = {"id": "x", "type": "function", "function": {"name": "add", "arguments": "{}"}}
    tools = [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "last" * 100},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    ]
    records: list[Any] = [
        {"messages": tools},
        {"prompt": "p", "chosen": "good", "rejected": "bad"},
        {"text": "plain"},
        {"anything": ["else"]},
        {"messages": [{"role": "system", "content": "alone"}]},
    ]
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    rows = library.repository.browse().page(0, 9)
    told = [(row.question, row.answer) for row in rows]
    assert told[0][0] == ("last" * 100)[:PREVIEW_CHARS]
    assert '"add"' in told[0][1]
    assert told[1:] == [
        ("p", "good"),
        ("plain", ""),
        ('{"anything":["else"]}', ""),
        ("alone", ""),
    ]


def test_an_example_is_whole_with_what_stands_beside(library: Library) -> None:
    library.write("a.jsonl", [chat("q?", "a" * (WHOLE_CHARS + 7), meta={"x": 1}), {"raw": 1}])
    library.run("a.jsonl")
    listing = library.repository.browse()
    cut, whole = listing.whole(0), listing.whole(0, clips=False)
    assert (cut.clipped, whole.clipped) == (7, 0)
    assert cut.conversation is not None
    assert whole.conversation is not None
    assert len(cut.conversation["response"][0]["content"]) == WHOLE_CHARS
    assert len(whole.conversation["response"][0]["content"]) == WHOLE_CHARS + 7
    assert cut.fields == {"meta": {"x": 1}}
    raw = listing.whole(1)
    assert (raw.conversation, raw.data, raw.fields) == (None, {"raw": 1}, {})
    for place in (-1, 2):
        with pytest.raises(NotFound) as caught:
            listing.whole(place)
        assert caught.value.code == "example-not-there"


def test_many_long_texts_are_cut_together(library: Library) -> None:
    fields = {f"field{n}": "a" * WHOLE_CHARS for n in range(100)}
    library.write("a.jsonl", [chat("q?", "a", **fields), {"raw": [*fields.values()]}])
    library.run("a.jsonl")
    listing = library.repository.browse()
    for place in (0, 1):
        cut, whole = listing.whole(place), listing.whole(place, clips=False)
        texts = list(cut.fields.values()) or cut.data["raw"]
        shown = sum(map(len, texts))
        assert shown <= ALL_CHARS + 100 * PREVIEW_CHARS
        assert cut.clipped == 100 * WHOLE_CHARS - shown
        assert {len(text) for text in texts} >= {WHOLE_CHARS, PREVIEW_CHARS}
        assert whole.clipped == 0


def test_an_unknown_order_is_refused(filled: Library) -> None:
    with pytest.raises(InvalidInput) as caught:
        filled.repository.browse(sort="length")
    assert caught.value.code == "sort-unknown"


def test_nothing_is_browsed_where_there_is_nothing(library: Library) -> None:
    listing = library.repository.browse(sort="-tokens")
    assert (len(listing), listing.of, listing.page(0, 5)) == (0, 0, ())


def test_a_label_orders_numbers_before_texts_and_none_last(filled: Library) -> None:
    values = {"q3?": 0.5, "q4?": True, "q5?": "b", "q6?": -2, "q7?": "a", "q8?": 10}
    for question, value in values.items():
        filled.label(question, score=value)
    browse = filled.repository.browse
    listed = [row.question for row in browse(sort="labels.score").page(0, 8)]
    assert listed == ["q6?", "q3?", "q8?", "q4?", "q7?", "q5?", "q0?", "q1?"]
    listed = [row.question for row in browse(sort="-labels.score").page(0, 8)]
    assert listed == ["q5?", "q7?", "q4?", "q8?", "q3?", "q6?", "q0?", "q1?"]
    assert [row.question for row in browse(sort="labels.nobody").page(0, 2)] == ["q0?", "q1?"]
    with pytest.raises(InvalidInput, match="cannot be sorted"):
        browse(sort="labels.No'Name")


@pytest.mark.parametrize(
    ("written", "sought"),
    [
        ('"caf\\u00e9"', "CAFÉ"),
        ('"\\u0061bc"', "ABC"),
        ('"and\\/or"', "and/or"),
        ('"\\u212aelvin"', "kelvin"),
        ('"ki\\u017f\\u017f"', "kiss"),
        ('"a\\u000ab"', "a\nb"),
        ('"x\\"y"', 'x"y'),
    ],
)
def test_a_text_is_found_however_it_is_written(library: Library, written: str, sought: str) -> None:
    path = library.folder / "a.jsonl"
    turn = '{"messages":[{"role":"user","content":%s},{"role":"assistant","content":"z"}]}\n'
    path.write_text(turn % written + turn % '"other"', encoding="utf-8")
    library.run("a.jsonl")
    assert [row.line for row in library.repository.browse(text=sought).page(0, 9)] == [1]
