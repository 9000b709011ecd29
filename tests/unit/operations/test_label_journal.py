"""Labels given one by one: durable at once, recorded together, taken over after a crash."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.library import NOW, Library, chat
from vault.errors import Conflict, InvalidInput, NotFound, VaultError
from vault.operations.labelling.acts import Started, line_of
from vault.operations.labelling.label_journal import LabelJournal, Wanted
from vault.repository import Repository

LATER = "2026-01-02T03:05:00Z"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    made = Library(tmp_path)
    made.write("chats.jsonl", [chat(f"question {n}", f"answer {n}") for n in range(6)])
    made.run("chats.jsonl")
    return made


@pytest.fixture
def journal(library: Library) -> LabelJournal:
    return library.repository.label_journal()


def _gives(library: Library, journal: LabelJournal) -> Callable[..., None]:
    ids = library.ids()

    def give(
        number: int, value: object, person: str = "ada", name: str = "quality", **more: bool
    ) -> None:
        journal.give(person, [Wanted(ids[number], name, value, **more)])  # type: ignore[arg-type]

    return give


def _operations(library: Library) -> list[tuple[str, str]]:
    items = library.repository.operations().items
    return [(each.command, each.author) for each in items]


def test_labels_wait_and_become_one_operation_a_person(
    library: Library, journal: LabelJournal
) -> None:
    give = _gives(library, journal)
    before = len(_operations(library))
    for number in range(4):
        give(number, "gold")
        give(number, "seen", person="ben", name="status")
    assert (library.labels(), journal.waiting) == ({}, 8)
    assert journal.record().written == 8
    assert [author for _, author in _operations(library)[:-before]] == ["ben", "ada"]
    assert library.labels()["question 3"] == {"quality": "gold", "status": "seen"}
    assert (journal.waiting, journal.record().written) == (0, 0)


def test_labels_are_seen_before_they_are_recorded(library: Library, journal: LabelJournal) -> None:
    give, ids = _gives(library, journal), library.ids()
    give(0, "gold")
    give(0, "bad")
    give(1, "gold")
    give(1, None)
    assert journal.labels([*ids[:2], "0" * 32]) == [{"quality": "bad"}, {}, None]
    journal.record()
    assert library.labels() == {"question 0": {"quality": "bad"}}


def test_undo_gives_back_what_was_there_before(library: Library, journal: LabelJournal) -> None:
    library.label("question 0", quality="ok")
    give, (first, second, *_) = _gives(library, journal), library.ids()
    give(0, "gold")
    give(0, "bad")
    give(1, "gold")
    journal.record()
    assert [journal.undo("ada").act.value for _ in range(3)] == [None, "gold", "ok"]
    assert journal.labels([first, second]) == [{"quality": "ok"}, {}]
    with pytest.raises(NotFound, match="take back"):
        journal.undo("ada")
    assert [journal.redo("ada").act.value for _ in range(3)] == ["gold", "bad", "gold"]
    with pytest.raises(NotFound, match="do again"):
        journal.redo("ada")
    assert journal.undo("ada").act.example == second
    give(2, "gold")
    with pytest.raises(NotFound):
        journal.redo("ada")
    journal.close()
    assert library.labels() == {"question 0": {"quality": "bad"}, "question 2": {"quality": "gold"}}


def test_undo_keeps_what_somebody_else_said_since(library: Library, journal: LabelJournal) -> None:
    give, ids = _gives(library, journal), library.ids()
    give(0, "gold")
    give(1, "gold")
    give(1, "bad", person="ben")
    with pytest.raises(Conflict) as refused:
        journal.undo("ada")
    assert refused.value.code == "label-changed-since"
    assert journal.undo("ada").act.example == ids[0]
    assert journal.labels(ids[:2]) == [{}, {"quality": "bad"}]


def test_a_thousand_acts_can_be_taken_back(library: Library, journal: LabelJournal) -> None:
    give = _gives(library, journal)
    for number in range(1_001):
        give(number % 6, number)
    values = [journal.undo("ada").act.value for _ in range(1_000)]
    assert (values[0], values[-7], values[-1]) == (994, 1, None)
    with pytest.raises(NotFound):
        journal.undo("ada")


def test_what_others_wrote_since_counts(library: Library) -> None:
    times = [NOW]
    opened = Repository.open(library.folder, author="ada", clock=lambda: times[-1])
    journal = opened.label_journal()
    ids = library.ids()
    journal.give("ada", [Wanted(ids[0], "quality", "gold"), Wanted(ids[1], "quality", "gold")])
    other = Repository.open(library.folder, author="ben", clock=lambda: "2026-01-02T03:04:30Z")
    other.label({"quality": "bad"}, [ids[0]])
    other.rm([ids[1]])
    times.append(LATER)
    counts = journal.record()
    assert (counts.written, counts.overtaken, counts.gone) == (0, 1, 1)
    assert library.labels() == {"question 0": {"quality": "bad"}}


def test_votes_stay_hidden_until_one_has_answered(library: Library) -> None:
    (library.folder / "vault.toml").write_text("[labels.quality]\nraters = 2\n")
    labels = {"topic": "law", "quality.ben": "gold", "quality": "gold", "judge.help.quality": 3}
    ada = library.repository
    assert ada.label_view()(labels) == {"topic": "law"}
    answered = {**labels, "quality.ada": "bad"}
    assert ada.label_view()(answered) == answered
    names = ("quality", "quality.ada", "quality.ben", "judge.help.quality", "topic", "topic.ben")
    assert ada.hidden_label_names(names) == {"quality.ben", "judge.help.quality"}


def test_one_person_settles_a_label_for_all(library: Library, journal: LabelJournal) -> None:
    (library.folder / "vault.toml").write_text("[labels.quality]\nraters = 2\n")
    give = _gives(library, journal)
    give(0, "gold")
    give(0, "bad", person="ben")
    give(0, "bad", person="cleo", settles=True)
    journal.record()
    assert library.labels()["question 0"] == {
        "quality": "bad",
        "quality.ada": "gold",
        "quality.ben": "bad",
    }


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (Wanted("abc", "quality", "gold"), "example-invalid"),
        (Wanted("f" * 32, "quality", "gold"), "example-not-there"),
        (Wanted("f" * 32, "split", "train"), "label-not-yours"),
        (Wanted("f" * 32, "Quality", "gold"), "label-name-invalid"),
        (Wanted("f" * 32, "quality", "golden"), "label-value-unknown"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    library: Library, journal: LabelJournal, wanted: Wanted, code: str
) -> None:
    (library.folder / "vault.toml").write_text('[labels.quality]\nvalues = ["gold"]\n')
    with pytest.raises((InvalidInput, NotFound)) as refused:
        journal.give("ada", [Wanted(library.ids()[0], "quality", "gold"), wanted])
    assert (refused.value.code, journal.waiting) == (code, 0)


def test_labels_stay_on_the_branch_they_were_given_on(
    library: Library, journal: LabelJournal
) -> None:
    library.repository.commit("first")
    give = _gives(library, journal)
    give(0, "gold")
    library.repository.switch("other", create=True)
    with pytest.raises(Conflict) as refused:
        give(1, "gold")
    assert refused.value.code == "branch-switched"
    journal.record()
    assert library.labels() == {}
    library.repository.switch("main")
    assert library.labels() == {"question 0": {"quality": "gold"}}


def test_a_repository_that_was_upgraded_since_is_told(
    library: Library, journal: LabelJournal
) -> None:
    give = _gives(library, journal)
    path = library.folder / ".vault/format"
    text = path.read_text()
    path.write_text(text.replace('"version": 2', '"version": 3'))
    with pytest.raises(VaultError) as refused:
        give(0, "gold")
    assert (refused.value.code, journal.waiting) == ("format-too-new", 0)
    path.write_text(text)


_DIES = """
import os, sys
from vault.operations.labelling.acts import Started, line_of
from vault.operations.labelling.label_journal import Wanted
from vault.repository import Repository
repository = Repository.open(__import__("pathlib").Path(sys.argv[1]), author="ada")
journal = repository.label_journal()
for example in sys.argv[2].split(","):
    journal.give("ada", [Wanted(example, "quality", "gold")])
    print(example, flush=True)
if len(sys.argv) > 3:
    journal._journal.append = lambda lines, first=journal._journal.append: (
        os.kill(os.getpid(), 9) if b'"done"' in lines[0] else first(lines))
    journal._journal.clear = lambda: os.kill(os.getpid(), 9)
    journal.record()
os.kill(os.getpid(), 9)
"""


def _dies(library: Library, *more: str) -> list[str]:
    """Label in a process that is killed; return the examples that it confirmed."""
    words = [sys.executable, "-c", _DIES, str(library.folder), ",".join(library.ids()[:3]), *more]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    assert found.returncode == -9, found.stderr
    return found.stdout.split()


def test_labels_of_a_process_that_died_are_taken_over(library: Library) -> None:
    assert len(_dies(library)) == 3
    assert library.labels() == {}
    assert library.repository.take_over_labels().counts.written == 3
    assert sorted(library.labels()) == ["question 0", "question 1", "question 2"]
    assert list((library.folder / ".vault/labelling").iterdir()) == []
    assert library.repository.take_over_labels().counts.written == 0


def test_what_was_recorded_before_a_crash_is_not_done_again(library: Library) -> None:
    _dies(library, "after recording")
    assert sorted(library.labels()) == ["question 0", "question 1", "question 2"]
    library.repository.label({}, library.ids()[:1], remove=["quality"])
    assert library.repository.take_over_labels().counts.written == 0
    assert sorted(library.labels()) == ["question 1", "question 2"]


def test_a_commit_holds_the_labels_of_one_that_died(library: Library) -> None:
    _dies(library)
    library.repository.commit("first")
    assert sorted(library.labels("HEAD")) == ["question 0", "question 1", "question 2"]


def test_a_journal_in_use_is_left_alone(library: Library, journal: LabelJournal) -> None:
    _gives(library, journal)(0, "gold")
    found: list[int] = []
    other = threading.Thread(
        target=lambda: found.append(library.repository.take_over_labels().counts.written)
    )
    other.start()
    other.join()
    assert (found, journal.waiting) == ([0], 1)


def test_labels_for_a_branch_that_is_gone_are_kept(library: Library) -> None:
    _dies(library)
    path = next((library.folder / ".vault/labelling").iterdir())
    path.write_bytes(path.read_bytes().replace(b'"branch": "main"', b'"branch": "gone"'))
    (left,) = library.repository.take_over_labels().left
    assert (left.path, left.hint) == (
        str(path),
        "`vault branch gone` makes it again; `vault commit` there records them",
    )
    assert path.exists()


def test_a_line_that_was_cut_was_never_confirmed(library: Library) -> None:
    _dies(library)
    path = next((library.folder / ".vault/labelling").iterdir())
    path.write_bytes(path.read_bytes()[:-5])
    assert library.repository.take_over_labels().counts.written == 2


def test_a_damaged_line_is_told_and_nothing_is_lost(library: Library) -> None:
    _dies(library)
    path = next((library.folder / ".vault/labelling").iterdir())
    path.write_bytes(path.read_bytes().replace(b'"act"', b'"cat"', 1))
    (left,) = library.repository.take_over_labels().left
    assert "line 1" in left.message
    assert path.exists()


def test_labels_wait_for_a_branch_that_was_deleted(library: Library, journal: LabelJournal) -> None:
    library.repository.commit("first")
    _gives(library, journal)(0, "gold")
    library.repository.switch("other", create=True)
    library.repository.delete_branch("main", force=True)
    with pytest.raises(Conflict) as refused:
        journal.record()
    assert (refused.value.code, journal.waiting) == ("branch-gone", 1)
    with pytest.raises(Conflict):
        journal.close()
    library.repository.branch("main")
    assert library.repository.take_over_labels().counts.written == 1
    library.repository.switch("main")
    assert library.labels() == {"question 0": {"quality": "gold"}}


def test_one_person_cannot_hold_up_another(library: Library, journal: LabelJournal) -> None:
    (library.folder / "vault.toml").write_text("[labels.quality]\nraters = 2\n")
    give = _gives(library, journal)
    give(0, "gold", person="Ada")
    with pytest.raises(Conflict) as refused:
        give(1, "gold", person="ada")
    assert refused.value.code == "rater-name-taken"
    give(1, "gold", person="ben")
    library.repository.label({"quality": "bad"}, library.ids()[2:3], person="ada")
    with pytest.raises(Conflict):
        journal.record()
    assert journal.waiting == 1
    assert library.labels()["question 1"] == {"quality.ben": "gold"}
    library.repository.label({}, library.ids()[2:3], remove=["quality"], person="ada")
    assert journal.record().written == 1
    assert library.labels()["question 0"] == {"quality.ada": "gold"}


def test_a_clock_that_goes_back_overtakes_nothing(library: Library) -> None:
    times = ["2026-01-02T03:04:10Z"]
    opened = Repository.open(library.folder, author="ada", clock=lambda: times[-1])
    journal = opened.label_journal()
    wanted = [Wanted(library.ids()[0], "quality", "bad")]
    journal.give("ada", wanted)
    journal.record()
    times.append("2026-01-02T03:04:08Z")
    journal.give("ada", [Wanted(library.ids()[0], "quality", "gold")])
    times.append("2026-01-02T03:04:12Z")
    assert journal.record().written == 1
    assert library.labels() == {"question 0": {"quality": "gold"}}


@pytest.mark.parametrize("first", ["ada", "ben"])
def test_of_two_explorers_the_later_label_counts(library: Library, first: str) -> None:
    times = ["2026-01-02T03:04:00Z"]
    opened = {
        name: Repository.open(library.folder, author=name, clock=lambda: times[-1])
        for name in ("ada", "ben")
    }
    journals = {name: each.label_journal() for name, each in opened.items()}
    example, other, *_ = library.ids()
    for second, person, place, value in (
        (1, "ben", example, "x"),
        (2, "ada", example, "gold"),
        (3, "ben", other, "y"),
    ):
        times.append(f"2026-01-02T03:04:0{second}Z")
        journals[person].give(person, [Wanted(place, "quality", value)])
    times.append("2026-01-02T03:04:05Z")
    for name in (first, *({"ada", "ben"} - {first})):
        journals[name].record()
    assert library.labels() == {
        "question 0": {"quality": "gold"},
        "question 1": {"quality": "y"},
    }


def test_a_command_of_the_same_second_is_not_taken_for_the_recording(library: Library) -> None:
    _dies(library)
    path = next((library.folder / ".vault/labelling").iterdir())
    number = int(library.repository.operations(limit=1).items[0].id)
    mark = Started("ada", 3, number, "ui", NOW)
    path.write_bytes(path.read_bytes() + line_of(mark) + b"\n")
    library.repository.label({"topic": "law"}, library.ids()[:1])
    assert library.repository.take_over_labels().counts.written == 3


def test_a_list_is_labelled_as_it_was_looked_at(library: Library) -> None:
    listing = library.repository.browse("data.messages[2].content != 'answer 0'")
    report = library.repository.label_listed(listing, {"quality": "gold"})
    assert (report.examples, report.labelled) == (5, 5)
    assert sorted(library.labels()) == [f"question {n}" for n in range(1, 6)]
    with pytest.raises(Conflict) as refused:
        library.repository.label_listed(listing, {"quality": None})
    assert refused.value.code == "stage-moved"
