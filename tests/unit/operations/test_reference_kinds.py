"""`--against` finds what a reference holds word for word, however its records are written."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat
from vault.errors import InvalidInput

ASKED = (
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many in May. "
    "How many clips did she sell altogether in April and May?"
)
ANSWER = (
    "In May she sold half of 48 clips, which are 24 of them. Together with those of April that "
    "makes 72 clips in both months."
)
MESSAGES = chat(ASKED, ANSWER)["messages"]

WHOLE: dict[str, dict[str, Any]] = {
    "question and answer": {"question": ASKED, "answer": ANSWER},
    "humaneval": {"task_id": "1", "prompt": ASKED, "canonical_solution": ANSWER, "test": "t"},
    "gpqa": {"Question": ASKED, "Correct Answer": ANSWER, "Incorrect Answer 1": "7"},
    "system prompt": {"messages": [{"role": "system", "content": "Be brief."}, *MESSAGES]},
    "kto": {"prompt": ASKED, "completion": ANSWER, "label": True},
    "sharegpt": {
        "conversations": [{"from": "human", "value": ASKED}, {"from": "gpt", "value": ANSWER}]
    },
}
PROMPTS: dict[str, dict[str, Any]] = {
    "prompt": {"prompt": ASKED},
    "problem": {"problem": ASKED, "level": "1"},
    "user messages alone": {"messages": MESSAGES[:1]},
    "alpaca without output": {"instruction": ASKED, "input": ""},
    "alpaca with an empty output": {"instruction": ASKED, "input": "", "output": ""},
    "mmlu": {"question": ASKED, "choices": ["1", "2", "3", "72"], "answer": 3},
    "ifeval": {"key": 1, "prompt": ASKED, "instruction_id_list": ["a"], "kwargs": [{}]},
    "mt-bench": {"question_id": 1, "category": "x", "turns": [ASKED, "And in June?"]},
    "batch": {"custom_id": "1", "body": {"model": "m", "messages": MESSAGES[:1]}},
    "rlvr": {"messages": MESSAGES[:1], "ground_truth": "72", "dataset": "gsm8k"},
    "verl": {"prompt": MESSAGES[:1], "reward_model": {"ground_truth": "72"}},
}
OTHERS: dict[str, dict[str, Any]] = {
    "answer": {"messages": MESSAGES[1:]},
    "text of the whole": {"text": f"{ASKED}\n{ANSWER}"},
    "text of a message": {"text": ASKED},
}
WAYS: dict[str, dict[str, Any]] = {
    "near": {},
    "exact": {"exact": True},
    "runs": {"containment": 13},
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository with the question, the question as the first of two turns, and another one."""
    made = Library(tmp_path)
    longer = [*MESSAGES, {"role": "user", "content": "Why?"}, MESSAGES[1] | {"content": "So."}]
    made.write(
        "train.jsonl", [chat(ASKED, ANSWER), {"messages": longer}, chat("Is it waterproof?")]
    )
    made.run("train.jsonl")
    return made


def _removed(library: Library, record: Any, **options: Any) -> tuple[int, Any]:
    path = library.write("eval.jsonl", [record])
    report = library.repository.dedupe(against=path, dry_run=True, **options)
    assert report.not_compared == 0 or report.not_compared < report.examples
    assert report.reference_not_compared == 0
    return report.removed, report.reference


@pytest.mark.parametrize(("name", "way"), list(itertools.product(WHOLE, ["near", "runs"])))
def test_conversations_are_found_by_every_layout(library: Library, name: str, way: str) -> None:
    removed, reference = _removed(library, WHOLE[name], **WAYS[way])
    assert (removed >= 1, reference.by_part + reference.both) == (True, 1)
    assert _removed(library, WHOLE[name], on="prompt", **WAYS[way])[0] >= 1
    assert _removed(library, WHOLE[name], on="response", **WAYS[way])[0] >= 1


@pytest.mark.parametrize("way", list(WAYS))
@pytest.mark.parametrize("name", list(PROMPTS))
def test_a_prompt_alone_is_compared_with_prompts(library: Library, name: str, way: str) -> None:
    removed, reference = _removed(library, PROMPTS[name], **WAYS[way])
    assert (removed, reference.prompts) == (2, 1)
    assert _removed(library, PROMPTS[name], on="prompt", **WAYS[way])[0] == 2
    with pytest.raises(InvalidInput) as caught:
        _removed(library, PROMPTS[name], on="response", **WAYS[way])
    assert caught.value.code == "reference-not-compared"


@pytest.mark.parametrize("way", list(WAYS))
@pytest.mark.parametrize("name", list(OTHERS))
def test_answers_and_texts_are_compared_with_messages(
    library: Library, name: str, way: str
) -> None:
    removed, reference = _removed(library, OTHERS[name], **WAYS[way])
    assert removed >= 1
    assert reference.answers + reference.texts == 1


@pytest.mark.parametrize("record", [{"text": "short words"}, {"prompt": "short words"}])
def test_what_is_shorter_than_the_run_of_words_is_found(library: Library, record: Any) -> None:
    library.write("short.jsonl", [chat("short words", "a long answer follows " * 9)])
    library.run("short.jsonl")
    assert _removed(library, record, containment=13)[0] == 1


@pytest.mark.parametrize("record", [*WHOLE.values(), *PROMPTS.values(), *OTHERS.values()])
def test_a_version_of_the_same_records_finds_the_same(tmp_path: Path, record: Any) -> None:
    made = Library(tmp_path)
    made.write("old.jsonl", [record])
    made.run("old.jsonl")
    made.repository.commit("old")
    made.repository.tag("old")
    made.repository.rm(made.ids())
    made.write("new.jsonl", [chat(ASKED, ANSWER, n=1), chat("Is it waterproof?")])
    made.run("new.jsonl")
    assert made.repository.dedupe(against="old", dry_run=True).removed == 1


@pytest.mark.parametrize(
    ("record", "options", "code"),
    [
        ({"task": ASKED}, {}, "reference-not-compared"),
        ({"n": 1}, {}, "reference-not-compared"),
        ({"messages": [{"role": "system", "content": ASKED}]}, {}, "reference-not-compared"),
        ({"messages": "broken"}, {}, "reference-not-compared"),
        ({"question": ASKED, "answer": ANSWER}, {"format": "raw"}, "reference-not-compared"),
        ({"problem": ASKED, "solution": ANSWER, "answer": "72"}, {}, "reference-ambiguous"),
        ({"question": ASKED, "problem": "Why?"}, {"on": "prompt"}, "reference-ambiguous"),
        ({"task": ASKED}, {"mapping": {"user": "nothing"}}, "nothing-readable"),
        ({"task": ASKED}, {"format": "nothing"}, "format-unknown"),
    ],
)
def test_a_reference_that_says_nothing_is_refused(
    library: Library, record: Any, options: dict[str, Any], code: str
) -> None:
    path = library.write("eval.jsonl", [record])
    with pytest.raises(InvalidInput) as caught:
        library.repository.dedupe(against=path, dry_run=True, **options)
    assert caught.value.code == code


def test_an_empty_file_is_refused(library: Library) -> None:
    path = library.write("eval.jsonl", [])
    with pytest.raises(InvalidInput) as caught:
        library.repository.dedupe(against=path)
    assert caught.value.code == "reference-not-compared"


def test_a_mapping_says_what_the_fields_hold(library: Library) -> None:
    path = library.write("eval.jsonl", [{"doc": {"task": ASKED}, "answer": ANSWER}])
    mapping = {"user": "doc.task", "assistant": "answer"}
    report = library.repository.dedupe(against=path, mapping=mapping, dry_run=True)
    assert (report.exact, report.reference.by_part) == (1, 1)  # type: ignore[union-attr]


def test_the_ambiguous_answer_does_not_matter_to_prompts(library: Library) -> None:
    record = {"problem": ASKED, "solution": ANSWER, "answer": "72"}
    assert _removed(library, record, on="prompt")[0] == 2


@pytest.mark.parametrize("options", [{"mapping": {"user": "a"}}, {"format": "chat"}])
@pytest.mark.parametrize(
    ("against", "code"), [({}, "against-missing"), ({"against": "HEAD"}, "against-options")]
)
def test_how_to_read_is_refused_where_no_file_is_read(
    library: Library, options: dict[str, Any], against: dict[str, Any], code: str
) -> None:
    library.repository.commit("one")
    with pytest.raises(InvalidInput) as caught:
        library.repository.dedupe(**against, **options)
    assert caught.value.code == code


def test_examples_without_text_are_no_answer_either(tmp_path: Path) -> None:
    made = Library(tmp_path)
    made.write("raw.jsonl", [{"task": ASKED}, {"task": ANSWER}])
    made.run("raw.jsonl")
    path = made.write("eval.jsonl", [chat(ASKED, ANSWER)])
    for options in WAYS.values():
        with pytest.raises(InvalidInput) as caught:
            made.repository.dedupe(against=path, **options)
        assert caught.value.code == "examples-not-compared"
    report = made.repository.dedupe()
    assert (report.examples, report.not_compared, report.removed) == (2, 2, 0)


def test_raw_records_that_are_the_same_are_found(tmp_path: Path) -> None:
    made = Library(tmp_path)
    made.write("raw.jsonl", [{"question": ASKED, "answer": ANSWER}, {"n": 1}, {"n": 2}])
    made.run("raw.jsonl")
    path = made.write("eval.jsonl", [{"answer": ANSWER, "question": ASKED}, {"n": 1}])
    report = made.repository.dedupe(against=path)
    assert (report.exact, report.not_compared) == (2, 1)


def test_both_sides_are_counted(library: Library) -> None:
    library.write("raw.jsonl", [{"task": 1}])
    library.run("raw.jsonl")
    records = [{"question": "one", "answer": "two"}, {"prompt": "one"}, {"text": "a b"}, {"n": 1}]
    report = library.repository.dedupe(against=library.write("eval.jsonl", records))
    assert (report.examples, report.not_compared, report.reference_not_compared) == (4, 1, 1)
    told = report.reference
    assert told is not None
    assert (told.both, told.prompts, told.texts, told.records) == (1, 1, 1, 3)


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("jsonl", {"question": ASKED, "answer": "quite another answer than that of the training"}),
        ("jsonl", {"prompt": ASKED, "canonical_solution": "    return 1\n"}),
        ("jsonl", {"problem": ASKED, "solution": "x = 1"}),
        ("csv", {"question": ASKED, "A": "1", "B": "2", "answer": "B"}),
    ],
)
def test_a_question_is_found_whatever_it_is_answered(
    library: Library, name: str, record: dict[str, str]
) -> None:
    path = library.folder / f"eval.{name}"
    with open(path, "w", encoding="utf-8", newline="") as file:
        if name == "csv":
            writer = csv.DictWriter(file, list(record))
            writer.writeheader()
            writer.writerow(record)
        else:
            file.write(json.dumps(record) + "\n")

    report = library.repository.dedupe(against=str(path))

    assert report.removed >= 1
    assert report.reference is not None and report.reference.both == 1


@pytest.mark.parametrize(
    ("record", "option"),
    [
        ({"doc": {"question": "x y"}, "target": "A B"}, "--map user=doc.question"),
        ({"note": "n", "meta": {"response": "r s"}}, "--map assistant=meta.response"),
        ({"task": "x y", "level": "easy"}, "--map user=task"),
    ],
)
def test_the_hint_names_the_most_telling_field(
    library: Library, record: dict[str, Any], option: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        library.repository.dedupe(against=library.write("eval.jsonl", [record]))

    assert caught.value.code == "reference-not-compared"
    assert f"such as {option}; text is in " in str(caught.value.hint)


@pytest.mark.parametrize("name", ["completion", "answer", "response", "output"])
def test_an_answer_alone_is_compared_with_answers(library: Library, name: str) -> None:
    report = library.repository.dedupe(against=library.write("eval.jsonl", [{name: ANSWER}]))

    assert report.removed >= 1
    assert report.reference is not None and report.reference.answers == 1
