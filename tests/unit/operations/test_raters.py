"""Several people label the same examples: nothing of anybody is overwritten."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.library import NOW, Library, chat
from tests.support.repositories import new_backend, opened
from vault.errors import Conflict, InvalidInput
from vault.repository import Repository

VALUES = ("gold", "ok", "bad")
PEOPLE = ("anna", "ben", "carl")


def library_of(folder: Path, count: int, raters: int = 2) -> Library:
    made = Library(folder)
    made.write("a.jsonl", [chat(f"question {number}") for number in range(count)])
    made.run("a.jsonl")
    (folder / "vault.toml").write_text(
        f'[labels.quality]\nvalues = ["gold", "ok", "bad"]\nraters = {raters}\n'
    )
    return made


def as_person(library: Library, person: str) -> Repository:
    return Repository.open(library.folder, author=person, clock=lambda: NOW)


def settled(votes: list[str], raters: int) -> str | None:
    """Return the value that enough people give, by counting; None for a tie."""
    counts = Counter(votes).most_common()
    if not counts or counts[0][1] < raters:
        return None
    return None if len(counts) > 1 and counts[1][1] == counts[0][1] else counts[0][0]


@pytest.mark.parametrize("raters", [2, 3])
def test_three_people_label_three_hundred_examples(tmp_path: Path, raters: int) -> None:
    library = library_of(tmp_path, 300, raters)
    ids, random = library.ids(), Random(7)
    votes: dict[str, dict[str, str]] = {each: {} for each in ids}
    for person in PEOPLE:
        said: dict[str, list[str]] = {}
        for each in random.sample(ids, 220):
            value = random.choice(VALUES)
            votes[each][person] = value
            said.setdefault(value, []).append(each)
        for value, chosen in said.items():
            as_person(library, person).label({"quality": value}, chosen)
    for each, labels in zip(ids, labels_of(library), strict=True):
        expected: dict[str, Any] = {f"quality.{who}": value for who, value in votes[each].items()}
        final = settled(list(votes[each].values()), raters)
        assert labels == expected | ({"quality": final} if final else {})
    for person in PEOPLE:
        queue = as_person(library, person).label_queue("quality", limit=300)
        waits = [
            each
            for each in ids
            if person not in votes[each]
            and len(votes[each]) < raters
            and settled(list(votes[each].values()), raters) is None
        ]
        assert [each.id for each in queue.items] == waits
        assert queue.examples == len(waits)
    differ = [
        each
        for each in ids
        if len(set(votes[each].values())) > 1
        and settled(list(votes[each].values()), raters) is None
    ]
    conflicts = library.repository.label_queue("conflicts", limit=300)
    assert [each.id for each in conflicts.items] == differ
    assert differ


def labels_of(library: Library) -> list[dict[str, Any]]:
    return [dict(each.labels) for each in library.repository.head(10_000).items]


@given(
    acts=st.lists(
        st.tuples(st.sampled_from(PEOPLE), st.sampled_from((*VALUES, None))), max_size=12
    ),
    raters=st.integers(2, 3),
)
def test_any_sequence_of_votes_ends_as_counting_them_says(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, str | None]], raters: int
) -> None:
    folder = tmp_path_factory.getbasetemp() / f"votes-{raters}"
    folder.mkdir(exist_ok=True)
    (folder / "vault.toml").write_text(f"[labels.quality]\nraters = {raters}\n")
    backend = new_backend()
    opened(backend).import_records([chat("question")], source="a")
    votes: dict[str, str] = {}
    example = opened(backend).head(1).items[0].id
    for person, value in acts:
        repository = Repository(backend, folder=folder, author=person, clock=lambda: NOW)
        if value is None:
            repository.label({}, [example], remove=["quality"])
            votes.pop(person, None)
        else:
            repository.label({"quality": value}, [example])
            votes[person] = value
        (item,) = repository.head(1).items
        labels = dict(item.labels)
        final = settled(list(votes.values()), raters)
        expected = {f"quality.{who}": each for who, each in votes.items()}
        assert labels == expected | ({"quality": final} if final else {})


def test_who_resolves_has_the_last_word(tmp_path: Path) -> None:
    library = library_of(tmp_path, 1)
    for person, value in (("anna", "gold"), ("ben", "bad")):
        report = as_person(library, person).label({"quality": value}, where="turns > 0")
    assert (report.agreed, report.differing) == (0, 1)
    as_person(library, "carl").label({"quality": "ok"}, where="turns > 0", resolve=True)
    assert library.repository.label_queue("conflicts").examples == 0
    report = as_person(library, "ben").label({"quality": "gold"}, where="turns > 0")
    assert (report.agreed, report.differing) == (0, 0)
    assert labels_of(library)[0] == {
        "quality": "ok", "quality.anna": "gold", "quality.ben": "gold",
    }  # fmt: skip


def test_who_resolves_what_people_agree_on_settles_it(tmp_path: Path) -> None:
    library = library_of(tmp_path, 1)
    for person in ("anna", "ben"):
        as_person(library, person).label({"quality": "gold"}, where="turns > 0")
    report = as_person(library, "carl").label({"quality": "gold"}, where="turns > 0", resolve=True)
    assert report.labelled == 1
    for person in ("anna", "ben"):
        as_person(library, person).label({"quality": "bad"}, where="turns > 0")
    assert labels_of(library)[0]["quality"] == "gold"
    # Taking the settled label off, what people agree on counts again.
    as_person(library, "carl").label({}, where="turns > 0", remove=["quality"], resolve=True)
    assert labels_of(library)[0]["quality"] == "bad"
    as_person(library, "anna").label({"quality": "ok"}, where="turns > 0")
    assert "quality" not in labels_of(library)[0]


def test_no_example_is_in_no_queue(tmp_path: Path) -> None:
    library = library_of(tmp_path, 2, raters=3)
    for person in ("anna", "ben"):
        as_person(library, person).label({"quality": "gold"}, where="turns > 0")
    (tmp_path / "vault.toml").write_text("[labels.quality]\nraters = 2\n")
    assert library.repository.label_queue("quality").examples == 0
    assert library.repository.label_queue("conflicts").examples == 2
    as_person(library, "anna").label({"quality": "gold"}, where="line = 1")
    assert library.repository.label_queue("conflicts").examples == 1


def test_agreement_survives_an_export(tmp_path: Path) -> None:
    library = library_of(tmp_path / "one", 1)
    for person in ("anna", "ben"):
        as_person(library, person).label({"quality": "gold"}, where="turns > 0")
    path = str(tmp_path / "out.jsonl")
    library.repository.export("STAGE", output=path, extras=("labels",))
    other = library_of(tmp_path / "two", 0)
    other.repository.import_files([path])
    for person in ("anna", "ben"):
        as_person(other, person).label({"quality": "bad"}, where="turns > 0")
    assert labels_of(other)[0]["quality"] == "bad"


def test_a_label_from_before_stands(tmp_path: Path) -> None:
    library = library_of(tmp_path, 1, raters=1)
    library.repository.label({"quality": "bad"}, where="turns > 0")
    (tmp_path / "vault.toml").write_text("[labels.quality]\nraters = 2\n")
    for person in ("anna", "ben"):
        as_person(library, person).label({"quality": "gold"}, where="turns > 0")
    assert labels_of(library)[0]["quality"] == "bad"


def test_somebody_else_s_vote_is_not_written(tmp_path: Path) -> None:
    library = library_of(tmp_path, 2)
    with pytest.raises(InvalidInput) as caught:
        library.repository.label({"quality.ben": "gold"}, where="turns > 0")
    assert (caught.value.code, caught.value.hint) == (
        "label-not-yours",
        "label quality --as ben",
    )
    as_person(library, "Ben Ott").label({"quality": "gold"}, where="line = 1")
    with pytest.raises(Conflict) as conflict:
        as_person(library, "ben-ott").label({"quality": "bad"}, where="line = 2")
    assert conflict.value.code == "rater-name-taken"
    with pytest.raises(InvalidInput) as caught:
        as_person(library, "李雷").label({"quality": "gold"}, where="turns > 0")
    assert caught.value.code == "person-invalid"
    library.repository.label({"quality": "gold"}, where="turns > 0", person="李雷 li_lei")
    assert labels_of(library)[0]["quality.li_lei"] == "gold"


def test_one_person_is_enough_where_nothing_else_is_said(tmp_path: Path) -> None:
    library = library_of(tmp_path, 2)
    library.repository.label({"tone": "warm"}, where="line = 1", person="ben")
    assert labels_of(library)[0] == {"tone": "warm"}
    assert library.repository.label_queue("tone").examples == 1
    assert library.repository.label_queue().queue == "quality"


def test_a_judge_and_people_who_differ_wait_in_a_queue(tmp_path: Path) -> None:
    library = library_of(tmp_path, 3)
    library.label("question 0", **{"judge.help.grounded": True, "grounded": False})
    library.label("question 1", **{"judge.help.grounded": True, "grounded": True})
    library.label("question 2", **{"judge.help.grounded": True})
    queue = library.repository.label_queue("disagreement")
    assert [each.labels["grounded"] for each in queue.items] == [False]


def test_a_score_is_compared_with_the_label_of_its_rubric(tmp_path: Path) -> None:
    library = library_of(tmp_path, 4)
    library.label("question 0", **{"judge.help.score": 0.5, "help": False})
    library.label("question 1", **{"judge.help.score": 0.4, "help": False})
    library.label("question 2", **{"judge.help.score": 1.0, "help": "good"})
    library.label("question 3", **{"judge.help.score": 0.0})
    queue = library.repository.label_queue("disagreement")
    assert [each.labels["judge.help.score"] for each in queue.items] == [0.5]


def test_most_disagreements_come_first(tmp_path: Path) -> None:
    library = library_of(tmp_path, 3)
    for number, said in enumerate([(True, True), (False, True), (False, False)]):
        judged = dict(zip(("judge.help.a", "judge.help.b"), said, strict=True))
        library.label(f"question {number}", **judged, a=True, b=True)
    queue = library.repository.label_queue("disagreement")
    assert [each.labels["judge.help.b"] for each in queue.items] == [False, True]


def test_a_queue_has_to_be_named_where_several_may_be_meant(tmp_path: Path) -> None:
    library = library_of(tmp_path, 1)
    (tmp_path / "vault.toml").write_text("[labels.a]\n[labels.b]\n")
    with pytest.raises(InvalidInput) as caught:
        library.repository.label_queue()
    assert caught.value.code == "queue-missing"
    assert "a, b" in str(caught.value.hint)
