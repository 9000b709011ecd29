"""Taking out what another version, or an evaluation set, has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.library import Library, chat
from vault.errors import Conflict, InvalidInput, NotFound

ANSWER = "Hold the small red button on the back for ten seconds until the light turns green again"
LONG = f"{ANSWER}, and if that does not help write to us with the number below the code"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository with a tagged commit of two examples, and three others staged on a branch."""
    made = Library(tmp_path)
    made.repository.commit("nothing", allow_empty=True)
    made.repository.switch("other", create=True)
    made.write("old.jsonl", [chat("one", LONG), chat("two", "Yes.")])
    made.run("old.jsonl")
    made.repository.commit("old")
    made.repository.tag("v1")
    made.repository.switch("main")
    near = LONG.replace("small", "little")
    made.write("new.jsonl", [chat("one", near), chat("two", "Yes.", n=1), chat("three", "No.")])
    made.run("new.jsonl")
    return made


def test_what_another_version_has_goes(library: Library) -> None:
    report = library.repository.dedupe(against="v1", threshold=0.7)
    assert (report.exact, report.near, report.removed, report.kept) == (1, 1, 2, 1)
    assert library.questions() == ["three"]
    details = {each.reason: each.detail for each in library.repository.removed().items}
    assert set(details) == {"exact-duplicate", "near-duplicate"}
    assert details["near-duplicate"]["keeper"] == library.ids("v1")[0]
    assert details["near-duplicate"]["against"] == library.repository.log("v1").commits[0].commit
    assert 0.7 <= details["near-duplicate"]["keeper_similarity"] < 1


def test_what_a_file_has_goes_whatever_its_format(library: Library) -> None:
    record = {
        "conversations": [
            {"from": "human", "value": "three"},
            {"from": "gpt", "value": "No."},
        ]
    }
    path = library.write("eval.jsonl", [record, "not an example"])
    report = library.repository.dedupe(against=path, exact=True)
    assert (report.exact, report.unread, report.against) == (1, 1, path)
    assert library.questions() == ["one", "two"]
    assert "eval.jsonl" not in library.repository.show("STAGE").statistics.sources  # type: ignore[union-attr]


def test_a_prompt_is_contaminated_whatever_its_answer(library: Library) -> None:
    path = library.write("eval.jsonl", [chat("Three!", "Maybe.")])
    assert library.repository.dedupe(against=path, dry_run=True).removed == 0
    report = library.repository.dedupe(against=path, on="prompt")
    assert (report.near, library.questions()) == (1, ["one", "two"])


def test_a_run_of_words_in_common_is_enough(library: Library) -> None:
    path = library.write("eval.jsonl", [chat("quite another one", f"As I said: {ANSWER}?")])
    assert library.repository.dedupe(against=path, dry_run=True).removed == 0
    report = library.repository.dedupe(against=path, containment=13, all_pairs=True)
    assert [each.reason for each in report.pairs] == ["contained"]
    assert library.questions() == ["two", "three"]


def test_what_is_restored_stays(library: Library) -> None:
    library.repository.dedupe(against="v1", exact=True)
    gone = library.repository.removed().items[0].id
    library.repository.restore([gone])
    assert library.repository.dedupe(against="v1", exact=True).removed == 0
    assert gone in library.ids()


def test_nothing_else_is_taken_out_and_a_look_changes_nothing(library: Library) -> None:
    library.write("twice.jsonl", [chat("twice", "Yes."), chat("twice", "Yes.", n=1)])
    library.run("twice.jsonl")
    before = library.ids()
    report = library.repository.dedupe(against="v1", exact=True, dry_run=True)
    assert (report.removed, report.dry_run, library.ids()) == (1, True, before)
    assert library.repository.dedupe(against="v1", exact=True).kept == 4


def test_much_is_not_taken_out_unasked(library: Library) -> None:
    path = library.write("many.jsonl", [chat(f"question {n}") for n in range(100)])
    library.run("many.jsonl")
    with pytest.raises(Conflict) as caught:
        library.repository.dedupe(against=path, exact=True)
    assert caught.value.code == "dedupe-too-much"
    assert library.repository.dedupe(against=path, exact=True, yes=True).removed == 100


@pytest.mark.parametrize(
    ("options", "kind", "code"),
    [
        ({"against": "v9"}, NotFound, "against-not-found"),
        ({"against": "no such file"}, NotFound, "against-not-found"),
        ({"against": "v1", "mark": True}, InvalidInput, "against-options"),
        ({"against": "v1", "within": "kind"}, InvalidInput, "against-options"),
        ({"against": "v1", "exact": True, "containment": 13}, InvalidInput, "against-options"),
        ({"against": "v1", "containment": 3}, InvalidInput, "containment-invalid"),
        ({"containment": 13}, InvalidInput, "against-missing"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    library: Library, options: dict[str, Any], kind: type[Exception], code: str
) -> None:
    with pytest.raises(kind) as caught:
        library.repository.dedupe(**options)
    assert caught.value.code == code  # type: ignore[attr-defined]


def test_an_empty_version_has_nothing(library: Library) -> None:
    assert library.repository.dedupe(against="main").removed == 0
