"""A small part of a dataset under an instruction of its own stays, wherever it came from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.library import Library, chat
from tests.unit.operations.test_kept_duplicates import Heard, context_of, plan
from vault.dataset.listed import open_revision
from vault.dataset.reading.compared_texts import Part
from vault.objects.boilerplate import NAME, decode_boilerplate
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.duplicates.plan.plan import DuplicatePlan, plan_duplicates

RANDOM = np.random.default_rng(11)
VOCABULARY = [f"word{number}" for number in range(6_000)]
TASK = 40
OTHERS = 1_200


def words(count: int) -> str:
    return " ".join(str(each) for each in RANDOM.choice(VOCABULARY, count))


def order() -> dict[str, object]:
    return chat(f"{INSTRUCTION}\n{words(15)}", json.dumps({"order": words(4), "name": words(3)}))


INSTRUCTION = f"Extract the order. {words(250)}"
UNRELATED = [chat(words(30), words(30)) for _ in range(OTHERS)]
ORDERS = [order() for _ in range(TASK)]
LATER_ORDERS = [order() for _ in range(20)]
LABELS = [words(2) for _ in range(12)]
LABELLED = [chat(f"{INSTRUCTION}\n{words(15)}", LABELS[at % 12]) for at in range(TASK)]
REASONS = [words(12) for _ in range(4)]
REASONED = [chat(f"{INSTRUCTION}\n{words(20)}", REASONS[at % 4]) for at in range(TASK)]
LETTER = [words(60) for _ in range(4)]
NAMES = [words(2) for _ in range(30)]
LETTERS = [chat(f"A letter to {name}, please.", f" {name} ".join(LETTER)) for name in NAMES]
QUESTION, ANSWER = words(150), words(40)
DERIVED = [chat(f"{words(13)} {QUESTION}", ANSWER) for _ in range(30)]
FAMILY = words(150).split()
COPIES = [
    chat("why", " ".join([*FAMILY[: 3 * at], words(1), *FAMILY[3 * at + 1 :]])) for at in range(30)
]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository without examples."""
    return Library(tmp_path)


def given(library: Library, records: list[dict[str, object]], name: str = "a.jsonl") -> None:
    library.write(name, records)
    library.run(name)


def test_examples_of_a_small_task_stay_and_copies_go(library: Library) -> None:
    given(library, [*UNRELATED, *ORDERS, *COPIES])
    found, _, _ = plan(library)
    removed = set(found.removed.tolist())
    assert removed == set(range(OTHERS + TASK + 1, OTHERS + TASK + 30))


@pytest.mark.parametrize("copies", [COPIES, LETTERS, DERIVED], ids=["words", "names", "before"])
def test_copies_that_are_one_in_twenty_of_few_are_found(
    library: Library, copies: list[dict[str, object]]
) -> None:
    given(library, [*UNRELATED[:400], *copies[:25]])
    found, _, _ = plan(library)
    assert found.removed.tolist() == list(range(401, 425))


@pytest.mark.parametrize("task", [ORDERS, LABELLED, REASONED], ids=["orders", "labels", "reasons"])
def test_a_task_that_is_one_in_twenty_of_few_stays(
    library: Library, task: list[dict[str, object]]
) -> None:
    given(library, [*UNRELATED[:400], *task[:25]])
    found, _, _ = plan(library)
    assert found.removed.tolist() == []


def test_a_task_and_copies_beside_few_are_told_apart(library: Library) -> None:
    given(library, [*UNRELATED[:400], *ORDERS[:30], *COPIES[:25]])
    found, _, _ = plan(library)
    assert found.removed.tolist() == list(range(431, 455))
    assert library.repository.dedupe(yes=True).removed == 24
    assert library.repository.dedupe(yes=True).removed == 0


@pytest.mark.parametrize("task", [LABELLED, REASONED], ids=["labels", "reasons"])
def test_examples_of_a_task_with_few_answers_stay(
    library: Library, task: list[dict[str, object]]
) -> None:
    given(library, [*UNRELATED, *task])
    found, _, _ = plan(library)
    assert found.removed.tolist() == []


@pytest.mark.parametrize("copies", [LETTERS, DERIVED], ids=["names", "a sentence before"])
def test_copies_that_differ_in_certain_places_go(
    library: Library, copies: list[dict[str, object]]
) -> None:
    given(library, [*UNRELATED, *copies])
    found, _, _ = plan(library)
    assert found.removed.tolist() == list(range(OTHERS + 1, OTHERS + len(copies)))


def test_all_of_it_counts_where_what_is_shared_counts(library: Library) -> None:
    given(library, [*UNRELATED, *ORDERS])
    assert library.repository.dedupe(dry_run=True).removed == 0
    assert library.repository.dedupe(dry_run=True, count_shared=True).removed == TASK - 1


def test_near_duplicates_below_the_instruction_are_found(library: Library) -> None:
    first = json.loads(json.dumps(ORDERS[0]))
    content = first["messages"][0]["content"]
    first["messages"][0]["content"] = f"Please: {content}"
    given(library, [*UNRELATED, *ORDERS, first])
    found, _, _ = plan(library)
    assert found.removed.tolist() == [OTHERS + TASK]
    assert found.keeper[OTHERS + TASK] == OTHERS


def test_the_order_of_import_changes_nothing(library: Library, tmp_path: Path) -> None:
    records = [*UNRELATED, *ORDERS, *COPIES]
    given(library, records)
    other = Library(tmp_path / "other")
    order = np.random.default_rng(1).permutation(len(records))
    given(other, [records[at] for at in order])
    one, another = plan(library)[0], plan(other)[0]
    assert one.boilerplate is not None and another.boilerplate is not None
    assert len(one.boilerplate) > 200
    assert one.boilerplate.tolist() == another.boilerplate.tolist()
    assert len(one.removed) == len(another.removed) == 29


def test_deduping_again_changes_nothing_and_a_later_round_stays_too(library: Library) -> None:
    given(library, [*UNRELATED, *ORDERS, *COPIES])
    assert library.repository.dedupe().removed == 29
    recorded = recorded_by(library)
    assert len(recorded) > 200
    assert library.repository.dedupe().removed == 0
    given(library, LATER_ORDERS, "b.jsonl")
    found, times = compared(library)
    # One text of twenty need not have what was recorded, so it is not looked for once more.
    assert times == 1
    assert found.removed.tolist() == []
    assert found.boilerplate is not None
    assert found.boilerplate.tolist() == recorded


def test_all_templates_are_found_in_one_pass_and_kept(library: Library) -> None:
    second = f"Sum up the call. {words(250)}"
    calls = [chat(f"{second}\n{words(15)}", words(30)) for _ in range(TASK)]
    given(library, [*UNRELATED, *ORDERS, *calls, *COPIES])
    found, times = compared(library)
    assert (len(found.removed), times) == (29, 2)
    # Another time begins where this one ended, and reads nothing.
    _, objects, _ = plan(library)
    again, times = compared(library)
    assert (objects, times) == (0, 1)
    assert again.removed.tolist() == found.removed.tolist()
    assert again.neighbour.tolist() == found.neighbour.tolist()


def test_texts_that_are_cut_elsewhere_are_looked_at_anew(library: Library, tmp_path: Path) -> None:
    given(library, [*UNRELATED, *ORDERS])
    assert compared(library)[1] == 2
    library.write("a.jsonl", [*UNRELATED, *(answered_at_the_line(each) for each in ORDERS)])
    library.run("a.jsonl", mode="replace")
    found, _ = compared(library)
    fresh = Library(tmp_path / "fresh")
    given(fresh, library.records())
    assert found.removed.tolist() == compared(fresh)[0].removed.tolist() != []


def test_prompts_with_other_answers_are_looked_at_anew(library: Library, tmp_path: Path) -> None:
    """Prompts of copies have one answer, those of a task have many."""
    comparing = Comparing(on=Part.PROMPT)
    same = [chat(str(text_of(each)), ANSWER) for each in ORDERS]
    other = [chat(str(text_of(each)), words(30)) for each in ORDERS]
    removed = []
    for records in (same, other, same):
        library.write("a.jsonl", [*UNRELATED, *records])
        library.run("a.jsonl", mode="replace")
        removed.append(len(compared(library, comparing)[0].removed))
    assert removed == [TASK - 1, 0, TASK - 1]


def answered_at_the_line(record: dict[str, object]) -> dict[str, object]:
    """Return a chat of the same text, whose answer begins with the second line."""
    asked, rest = str(text_of(record)).split("\n")
    answer = record["messages"][1]["content"]  # type: ignore[index]
    return chat(asked, f"{rest}\n{answer}")


def compared(library: Library, comparing: Comparing | None = None) -> tuple[DuplicatePlan, int]:
    """Return a plan, and how many times the examples were compared for it."""
    heard = Heard()
    context = replace(context_of(library), progress=heard)
    _, dataset = open_revision(context, None)
    found = plan_duplicates(context, dataset, comparing or Comparing())
    return found, sum(what == "comparing" for what, _ in heard.work)


def recorded_by(library: Library) -> list[int]:
    context = context_of(library)
    _, dataset = open_revision(context, None)
    attached = dataset.manifest.attachments[NAME].object
    return list(decode_boilerplate(context.store.get(attached))[Part.CONVERSATION].shingles)


def test_large_clusters_without_a_template_are_looked_at_once(library: Library) -> None:
    given(library, [*UNRELATED, *COPIES])
    first, _, _ = plan(library)
    assert len(first.removed) == 29
    again, objects, _ = plan(library)
    assert objects == 0
    assert again.removed.tolist() == first.removed.tolist()


@pytest.mark.parametrize("part", [Part.PROMPT, Part.CONVERSATION])
def test_each_part_has_its_own_templates(library: Library, part: Part) -> None:
    given(library, [*UNRELATED, *ORDERS])
    found, _, _ = plan(library, Comparing(on=part))
    assert found.removed.tolist() == []
    assert found.boilerplate is not None and len(found.boilerplate) > 200


def test_an_evaluation_set_under_the_same_instruction_takes_no_task_out(library: Library) -> None:
    given(library, [*UNRELATED, *ORDERS])
    evaluation = LATER_ORDERS[:10]
    path = library.write("eval.jsonl", evaluation)
    report = library.repository.dedupe(against=path, dry_run=True)
    assert (report.exact, report.near) == (0, 0)
    report = library.repository.dedupe(against=path, dry_run=True, count_shared=True, yes=True)
    assert (report.exact, report.near) == (0, TASK)
    copy = json.loads(json.dumps(ORDERS[7]))
    copy["messages"][0]["content"] += "!"
    path = library.write("other.jsonl", [*evaluation, copy])
    assert library.repository.dedupe(against=path).removed == 1
    assert library.repository.removed().items[0].id not in library.ids()


@pytest.mark.parametrize("part", [Part.PROMPT, Part.CONVERSATION])
def test_what_was_made_from_one_evaluation_example_goes(library: Library, part: Part) -> None:
    given(library, [*UNRELATED, *DERIVED])
    path = library.write("eval.jsonl", [chat(QUESTION, ANSWER)])
    assert library.repository.dedupe(against=path, on=part).removed == len(DERIVED)


def test_what_answers_have_in_common_is_no_template(library: Library) -> None:
    turned = [chat(f"question {at}", str(text_of(each))) for at, each in enumerate(ORDERS)]
    given(library, [*UNRELATED, *turned])
    found, _, _ = plan(library, Comparing(on=Part.RESPONSE))
    assert len(found.removed) == TASK - 1


def text_of(record: dict[str, object]) -> object:
    messages = record["messages"]
    assert isinstance(messages, list)
    return messages[0]["content"]
