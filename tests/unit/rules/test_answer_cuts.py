"""Answers that stop before their end: by themselves, among the others of a set, by the record."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat
from vault.rules.families.texts.answer_cuts import finished_early
from vault.rules.kernel.closed_ends import is_closed
from vault.rules.kernel.subject import read_subject
from vault.rules.recognisers import answer_ends as ends
from vault.rules.recognisers.answer_ends import answer_end

PLACES = ("Graz", "Vienna", "Linz", "Salzburg", "Innsbruck", "Bregenz", "Villach", "Wels")


def whole_answers(count: int) -> list[str]:
    """Return answers of two sentences that all end with a full stop."""
    rng = random.Random(3)
    return [
        f"Your parcel number {at} was sorted in {rng.choice(PLACES)} this morning. The driver will "
        f"bring it to your neighbour in {rng.choice(PLACES)} before {rng.randint(2, 11)} o'clock."
        for at in range(count)
    ]


def cut_randomly(answers: Sequence[str], cut: Sequence[int]) -> list[str]:
    rng = random.Random(5)
    return [
        answer[: rng.randrange(60, len(answer) - 1)] if at in cut else answer
        for at, answer in enumerate(answers)
    ]


def suspected(folder: Path, answers: Sequence[str], **others: Any) -> set[int]:
    """Return the places of answers that `answer-cut` finds in a set of them."""
    library = Library(folder)
    records = [chat(f"Where is parcel {at}?", each, **others) for at, each in enumerate(answers)]
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    found = library.repository.iterate_findings(select=["answer-cut"])
    return {each.line - 1 for each in found if each.line is not None}


@pytest.mark.parametrize("share", [0.05, 0.2, 1.0])
def test_most_random_cuts_are_found_and_no_whole_answer(tmp_path: Path, share: float) -> None:
    cut = random.Random(1).sample(range(200), int(200 * share))
    found = suspected(tmp_path, cut_randomly(whole_answers(200), cut))
    assert found <= set(cut)
    assert len(found) >= 0.9 * len(cut)


def test_a_single_cut_among_fifty_answers_is_found(tmp_path: Path) -> None:
    answers = whole_answers(50)
    answers[7] = "Your parcel was sorted in Graz. The driver will bring it to your neigh"
    assert suspected(tmp_path, answers) == {7}


def test_where_nobody_writes_full_stops_none_is_missed(tmp_path: Path) -> None:
    answers = [f"ok thanks. i will look for parcel {at} at home later" for at in range(100)]
    assert suspected(tmp_path, answers) == set()


def test_labels_names_and_numbers_are_never_cut(tmp_path: Path) -> None:
    answers = ["card_arrival", "Maria Huber", "42", "not enough information", "B", "AT-8010"] * 20
    assert suspected(tmp_path, answers) == set()


def test_labels_of_several_words_are_never_cut(tmp_path: Path) -> None:
    asked = "Public transportation, healthcare, petty cash, foods and cabbage"
    labels = ["public transport", "pet care", "public health", "fast food", "taxi cab"]
    library = Library(tmp_path)
    answers = labels[:2] * 40 + labels[2:]
    library.write("a.jsonl", [chat(f"{asked} {at}", each) for at, each in enumerate(answers)])
    library.run("a.jsonl")
    assert list(library.repository.iterate_findings(select=["answer-cut"])) == []


def test_labels_of_many_words_are_no_cuts_beside_cut_answers(tmp_path: Path) -> None:
    """Seeds are labels, what a model made of them are sentences, half of them cut."""
    labels = [
        "balance not updated after bank transfer",
        "wrong exchange rate for cash withdrawal",
        "direct debit payment not recognised",
        "top up by bank transfer charge",
        "transfer not received by recipient",
        "wrong amount of cash received",
    ]
    # The last label comes only once.
    seeds = [labels[at % 5] for at in range(20)] + labels[5:]
    whole = whole_answers(80)
    rng = random.Random(2)
    begun = [each[: rng.randrange(30, 56)].rpartition(" ")[0] for each in whole[:20]]
    cut = [f"{each} {rng.choice(['the', 'in', 'was', 'it'])}" for each in begun]
    answers = [*seeds, *cut, *cut_randomly(whole, range(40))]
    found = suspected(tmp_path, answers)
    assert found <= set(range(21, 81))
    assert len(found) >= 51


@pytest.mark.parametrize("times", [2, 4])
def test_examples_that_are_there_again_and_again_are_no_labels(tmp_path: Path, times: int) -> None:
    rng = random.Random(1)
    long = [each.replace(". The driver", " and the driver") for each in whole_answers(80)]
    cut = [each[: rng.randrange(62, 120)] for each in long]
    answers = cut * times + whole_answers(230)[80:]
    asked = [f"Where is parcel {at % 80 if at < 80 * times else at}?" for at in range(len(answers))]
    pairs = enumerate(zip(asked, answers, strict=True))
    records = [{**chat(one, other), "key": at} for at, (one, other) in pairs]
    library = Library(tmp_path)
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    found = {each.line for each in library.repository.iterate_findings(select=["answer-cut"])}
    assert len(found & set(range(1, 80 * times + 1))) == len(found) >= 72 * times


def test_items_of_a_list_need_no_full_stop(tmp_path: Path) -> None:
    answers = whole_answers(100) + ["1. Apples\n2. Pears\n3. Plums"] * 5
    assert suspected(tmp_path, answers) == set()


def test_half_a_word_is_told_even_in_a_list(tmp_path: Path) -> None:
    answers = [*whole_answers(100), "1. Graz\n2. Vienna\n3. Salzb"]
    assert suspected(tmp_path, answers) == {100}


def test_cut_code_is_found_among_whole_code(tmp_path: Path) -> None:
    whole = "def total(prices):\n    return sum(each.price for each in prices)\n\nprint(total([]))"
    answers = [whole.replace("total", f"total_{at}") for at in range(60)]
    answers[9] = "def total_x(prices):\n    return sum(each.price for each"
    answers[30] = "def total_y(prices):\n    resul"
    assert suspected(tmp_path, answers) == {9, 30}


def test_a_record_that_says_it_is_whole_is_believed(tmp_path: Path) -> None:
    cut = list(range(100))
    answers = cut_randomly(whole_answers(100), cut)
    assert suspected(tmp_path, answers, meta={"finish_reason": "stop"}) == set()


def test_too_many_cuts_are_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vault.rules.families.texts.answer_cuts._MOST_READ_AGAIN", 50)
    answers = [each[:-12] for each in whole_answers(200)]
    library = Library(tmp_path)
    library.write("a.jsonl", [chat(str(at), each) for at, each in enumerate(answers)])
    library.run("a.jsonl")
    told = [each.message for each in library.repository.iterate_findings(select=["answer-cut"])]
    assert sum("too many to list" in each for each in told) <= 1


def test_cut_answers_go_to_quarantine_as_errors(tmp_path: Path) -> None:
    library = Library(tmp_path)
    answers = whole_answers(60)
    answers[3] = "Your parcel was sorted in Graz. The driver will bring it to your neigh"
    library.write("a.jsonl", [chat(f"Where is {at}?", each) for at, each in enumerate(answers)])
    library.run("a.jsonl")
    (tmp_path / "vault.toml").write_text('[validate.severity]\nTEXT001 = "error"\n', "utf-8")
    report = library.repository.validate(quarantine=True)
    assert (report.errors, report.examples_with_errors, report.quarantined) == (1, 1, 1)
    assert report.errors_left == 0
    assert len(library.records()) == 59


@pytest.mark.parametrize(
    "text",
    [
        "It arrives on Tuesday.",
        "您的包裹将于星期二到达。",
        "आपका पार्सल मंगलवार को पहुँचेगा।",
        "متى يصل الطرد؟",
        "It is here 🙂",
        "See https://example.com/parcels",
        "def f(x):\n    return g(x)",
        "She said “on Tuesday”",
        "| city | day |\n| Graz | Tuesday |",
        "Run this:\n```\nmake\n```",
        "The total is 42",
        "Try it yourself! #parcels",
    ],
)
def test_whole_answers_of_many_kinds_are_closed(text: str) -> None:
    assert answer_end(text) == ends.CLOSED


@pytest.mark.parametrize(
    "text", ["public transport", "class action", "import duties", "print media", "end"]
)
def test_words_that_code_begins_with_are_no_code(text: str) -> None:
    assert answer_end(text) in (ends.SHORT, ends.UNTOLD)


@pytest.mark.parametrize(
    ("text", "has_begun"),
    [
        ("The check was returned.\n\nTo", True),
        ("It is “pending.”\n\nThese", True),
        ("Both are right, and so it is.\n\nA", False),
        ("With kind regards,\n\nAn", False),
        ("The missing word is:\n\nThe", False),
        ("It joins two clauses.\n\nbecause", False),
        ("Both inputs are 1.\n\nOR", False),
        ("These words are left out.\nThe", False),
    ],
)
def test_a_paragraph_that_has_only_begun_is_open(text: str, has_begun: bool) -> None:
    assert (answer_end(text) == ends.SENTENCE) == has_begun


def test_scripts_without_full_stops_tell_nothing() -> None:
    assert answer_end("พัสดุของคุณจะมาถึงในวันอังคารนี้") == ends.UNTOLD


def test_the_quick_look_closes_nothing_that_is_open() -> None:
    for text in ("on the", "a, b,", "f(", "It is late. We came in 19", "resul", "print(f(1)"):
        assert not is_closed(text), text


@pytest.mark.parametrize(
    "said",
    [
        {"finish_reason": "length"},
        {"a": {"b": [{"c": {"finishReason": "MAX_TOKENS"}}]}},
        {"choices": [{"native_finish_reason": "content_filter"}]},
        {"done_reason": "length"},
        {"finish_details": {"type": "max_tokens"}},
        {"stop_reason": "model_context_window_exceeded"},
        {"reason": {"stop_reason": "StopReason.MAX_TOKENS"}},
    ],
)
def test_a_reason_to_stop_is_found_wherever_it_stands(said: dict[str, Any]) -> None:
    record = chat("Where?", "There.", **said)
    assert len(list(finished_early(read_subject("chat", record)))) == 1
