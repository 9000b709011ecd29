"""Leaks that were planted are found, one of each kind, and none in clean data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest

from tests.support.drafting import ids, label
from tests.support.library import Library, chat
from tests.unit.operations.test_foreign_chunks import rewritten
from vault.errors import InvalidInput, NotFound
from vault.operations.splitting.leak_report import Leak, LeakReport
from vault.operations.splitting.protected_files import protected_files

ROBE = (
    "A robe takes two bolts of blue fiber and half as many bolts of white fiber. How many bolts in "
    "total does the robe take if the tailor wastes a quarter of a bolt of either?"
)
OTHERS = [
    chat("How do I change the address of an order that I have paid for?", "Under My orders."),
    chat("Which of the lamps can be dimmed with the old remote control?", "The round ones."),
    chat("Does the kettle switch itself off when no water is left in it?", "Yes, at once."),
]


def split(library: Library, sides: Mapping[str, Sequence[Any]]) -> None:
    """Import records and put them on sides; "" is no side."""
    records = [(side, each) for side, some in sides.items() for each in some]
    library.write("all.jsonl", [each for _, each in records])
    assert library.run("all.jsonl").imported == len(records)
    named = {at: {"split": side} for at, (side, _) in enumerate(records) if side}
    label(library.repository, named)


def told(report: LeakReport) -> list[tuple[str, str | None, str, int]]:
    """Return what leaks without the examples."""
    return [(str(each.kind), each.a, each.b, each.examples) for each in report.leaks]


def only(report: LeakReport) -> Leak:
    """Return the one leak that there is."""
    (leak,) = report.leaks
    return leak


def test_clean_sides_have_no_leaks(library: Library) -> None:
    split(library, {"train": OTHERS[:2], "test": [OTHERS[2], chat(ROBE, "3")]})
    report = library.repository.split_leaks()
    assert report.leaks == ()
    assert report.checked.sides == {"train": 2, "test": 2}
    assert report.checked.questions == 2


def test_a_conversation_with_other_metadata_leaks(library: Library) -> None:
    split(library, {"train": [chat(ROBE, "3", n=1), *OTHERS], "test": [chat(ROBE, "3", n=2)]})
    report = library.repository.split_leaks()
    assert told(report) == [("conversation", "train", "test", 1)]
    known = ids(library.repository)
    (item,) = only(report).items
    assert (item.a, item.b) == (known[0], known[4])
    assert item.excerpt == f"{ROBE[:159]}…"


def test_a_prompt_with_another_answer_leaks(library: Library) -> None:
    split(library, {"train": [chat(ROBE, "3"), *OTHERS], "test": [chat(ROBE, "It takes three.")]})
    assert told(library.repository.split_leaks()) == [("prompt", "train", "test", 1)]


def test_a_near_duplicate_leaks_whatever_is_answered(library: Library) -> None:
    words = [f"word{number}" for number in range(84)]
    near = [*words[:40], "other", *words[41:]]
    train, test = (chat(" ".join(each[:-1]), each[-1]) for each in (words, [*near[:-1], "end"]))
    split(library, {"train": [train, *OTHERS], "test": [test]})
    leak = only(library.repository.split_leaks())
    assert (leak.kind, leak.examples) == ("near-duplicate", 1)
    # 80 runs of five words; five have the word that differs, and one the other answer.
    assert leak.items[0].similarity == pytest.approx(74 / 86, abs=1e-4)


def test_a_question_inside_an_answer_leaks(library: Library) -> None:
    answer = f"Here is a problem for your class. {ROBE} Ask them to draw it first."
    split(library, {"train": [chat("Write a problem.", answer), *OTHERS], "test": [chat(ROBE)]})
    leak = only(library.repository.split_leaks())
    assert (leak.kind, leak.items[0].coverage, leak.items[0].long_run) == ("contamination", 1, True)
    assert leak.items[0].a == ids(library.repository)[0]


def test_half_a_question_leaks(library: Library) -> None:
    half = " ".join(ROBE.split()[: len(ROBE.split()) // 2])
    train = [chat(f"Translate into French: {half}", "Une robe"), *OTHERS]
    split(library, {"train": train, "test": [chat(ROBE)]})
    leak = only(library.repository.split_leaks())
    assert leak.kind == "contamination"
    assert 0.3 < (leak.items[0].coverage or 0) < 0.5
    assert leak.items[0].long_run


def test_a_short_question_leaks_as_a_whole_message(library: Library) -> None:
    train = [
        {
            "messages": [
                {"role": "user", "content": "hello"},
                {"role": "assistant", "content": "Hi."},
                {"role": "user", "content": "who wrote the play hamlet"},
                {"role": "assistant", "content": "Shakespeare did, about 1600."},
            ]
        },
        chat("Tell me who wrote the play Othello, please", "Shakespeare."),
    ]
    test = [chat("Who wrote the play Hamlet?"), chat("Hello!", "What can I do?"), chat("Othello")]
    split(library, {"train": train, "test": test})
    leak = only(library.repository.split_leaks())
    assert [each.excerpt for each in leak.items] == ["Who wrote the play Hamlet?"]


def test_instructions_that_many_share_are_no_leak(library: Library) -> None:
    task = "Classify the following payment into one of these categories: rent, food, travel, fun."
    payments = [f"{task}\n\nshop{n} street{n} city{n}" for n in range(60)]
    train, test = payments[:50], payments[50:]
    split(library, {"train": [chat(each, "food") for each in train], "test": map_chat(test)})
    assert library.repository.split_leaks().leaks == ()


def test_an_input_below_an_instruction_leaks(library: Library) -> None:
    task = "Classify the following payment into one of these categories: rent, food, travel, fun."
    train = [chat(f"{task}\n\nshop{n} street{n} city{n}", f"It is {n}.") for n in range(50)]
    inputs = ["SHOP7 street7, city7", "shop7 street7 city8", "shop61 street61 city61"]
    split(library, {"train": train, "test": [chat(f"{task}\n{each}") for each in inputs]})
    leak = only(library.repository.split_leaks())
    assert (leak.kind, leak.examples, leak.items[0].coverage) == ("contamination", 1, 1.0)
    assert leak.items[0].b == ids(library.repository)[50]


def map_chat(questions: Sequence[str]) -> list[Any]:
    """Return chats that ask some questions."""
    return [chat(each, f"answer {at}") for at, each in enumerate(questions)]


def test_seeds_on_another_side_leak(library: Library) -> None:
    library.write("all.jsonl", [*OTHERS, chat(ROBE)])
    library.run("all.jsonl", workers=1)
    known = ids(library.repository)
    origins = [json.dumps({"seeds": [known[3]]}), "{}", json.dumps({"seeds": [known[0], "no", 3]})]

    def generated(table: pa.Table) -> pa.Table:
        column = pa.array([*origins, None], pa.string())
        return table.set_column(table.column_names.index("origin"), "origin", column)

    rewritten(library, table=generated)
    assert ids(library.repository) == known
    sides = ("train", "train", "train", "test")
    label(library.repository, {at: {"split": side} for at, side in enumerate(sides)})
    leak = only(library.repository.split_leaks())
    assert (leak.kind, leak.examples) == ("seed", 1)
    assert (leak.items[0].a, leak.items[0].b) == (known[0], known[3])


def test_an_evaluation_file_is_looked_for_on_the_training_side(library: Library) -> None:
    split(library, {"train": [chat(ROBE, "3"), *OTHERS[:1]], "test": OTHERS[1:2], "": OTHERS[2:]})
    records = [{"question": ROBE, "answer": "#### 3"}, OTHERS[1], chat("What else is there?")]
    path = library.write("eval.jsonl", [*records, OTHERS[0]])
    report = library.repository.split_leaks(against=[path])
    assert told(report) == [("example", "train", path, 1), ("prompt", "train", path, 1)]
    assert report.checked.not_compared.unassigned == 1
    assert [each.examples for each in report.checked.against] == [4]


def test_every_example_counts_where_nothing_is_split(library: Library) -> None:
    library.write("all.jsonl", OTHERS)
    library.run("all.jsonl")
    path = library.write("eval.txt", [])
    with open(path, "w", encoding="utf-8") as file:
        file.write("Which of the lamps can be dimmed with the old remote control?\nAnother line\n")
    report = library.repository.split_leaks(against=[path])
    assert told(report) == [("contamination", None, path, 1)]
    assert report.checked.sides == {}


def test_protected_files_are_the_default(library: Library) -> None:
    library.write("all.jsonl", OTHERS)
    library.run("all.jsonl")
    library.write("sets/eval.jsonl", [OTHERS[1]])
    (library.folder / "vault.toml").write_text('[protect]\nfiles = ["sets/eval.jsonl"]\n')
    assert told(library.repository.split_leaks()) == [("example", None, "sets/eval.jsonl", 1)]
    (library.folder / "sets/eval.jsonl").unlink()
    with pytest.raises(NotFound) as caught:
        protected_files(library.folder)
    assert caught.value.code == "protected-not-found"


def test_the_largest_side_trains_where_none_is_called_train(library: Library) -> None:
    split(library, {"a": OTHERS[:1], "b": OTHERS[1:], "test": [chat(ROBE)]})
    assert list(library.repository.split_leaks().checked.sides) == ["b", "a", "test"]


@pytest.mark.parametrize(
    ("sides", "code"),
    [
        ({}, "nothing-split"),
        ({"": OTHERS}, "nothing-split"),
        ({"train": OTHERS}, "nothing-split"),
        ({"train": [{"a": 1}], "test": [{"a": 2}]}, "leaks-not-compared"),
        ({"train": OTHERS, "test": [{"a": 2}]}, "leaks-not-compared"),
    ],
)
def test_a_check_of_nothing_says_so(
    library: Library, sides: Mapping[str, Sequence[Any]], code: str
) -> None:
    if sides:
        split(library, sides)
    with pytest.raises(InvalidInput) as caught:
        library.repository.split_leaks()
    assert caught.value.code == code


def test_a_set_without_text_is_no_clean_answer(library: Library) -> None:
    split(library, {"train": OTHERS[:2], "test": OTHERS[2:]})
    for records in ([{"x": 1}], []):
        path = library.write("eval.jsonl", records)
        with pytest.raises(InvalidInput) as caught:
            library.repository.split_leaks(against=[path])
        assert caught.value.code in ("leaks-not-compared", "nothing-to-import", "nothing-read")


def test_examples_without_text_are_counted(library: Library) -> None:
    odd = [{"a": 1}, chat("", "Only an answer is here."), chat("🙂", "Good.")]
    split(library, {"train": [*OTHERS[:2], {"a": 3}], "test": [*odd, OTHERS[2]]})
    report = library.repository.split_leaks()
    assert report.leaks == ()
    left = report.checked.not_compared
    assert (left.without_text, left.without_question, report.checked.questions) == (2, 2, 1)


def test_at_most_the_limit_is_listed(library: Library) -> None:
    split(
        library,
        {
            "train": [chat(f"{ROBE} {n}", "3", n=1) for n in range(5)],
            "test": [chat(f"{ROBE} {n}", "3", n=2) for n in range(5)],
        },
    )
    leak = only(library.repository.split_leaks(limit=2))
    assert (leak.kind, leak.examples, len(leak.items)) == ("conversation", 5, 2)
    assert only(library.repository.split_leaks(limit=0)).items == ()


def test_a_template_of_answers_to_one_prompt_is_no_leak(library: Library) -> None:
    template = " ".join(f"word{n}" for n in range(30))
    rows = [chat("Sum it up.", f"answer {n} is {template} number {n}") for n in range(600)]
    library.write("train.jsonl", rows)
    library.run("train.jsonl")
    library.write("eval.jsonl", [{"prompt": f"{n} of {template} {n}"} for n in range(3)])
    report = library.repository.split_leaks(against=[str(library.folder / "eval.jsonl")])
    assert told(report) == []
    # One example that holds it and nothing else of the kind is a leak.
    library.repository.rm(where="line > 3")
    report = library.repository.split_leaks(against=[str(library.folder / "eval.jsonl")])
    assert [each[0] for each in told(report)] == ["contamination"]


def test_the_whole_project_is_no_evaluation_file(library: Library) -> None:
    for name in ("", "."):
        (library.folder / "vault.toml").write_text(f'[protect]\nfiles = ["{name}"]\n')
        with pytest.raises(InvalidInput) as caught:
            protected_files(library.folder)
        assert caught.value.code == "config-invalid"
