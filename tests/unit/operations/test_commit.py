"""`commit`: what is recorded, what it is refused for, and what the fingerprint depends on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.drafting import context_of, label, shuffle
from tests.support.library import Library, chat
from vault.dataset.reading import write_records
from vault.errors import AnswerIsNo, InvalidInput
from vault.objects import chunk as chunk_module


def test_a_commit_counts_what_changed(library: Library) -> None:
    library.write("a.jsonl", [chat(each) for each in "abcdef"])
    library.run("a.jsonl")
    first = library.repository.commit("one")
    records = [chat("a"), chat("b", "No."), chat("c", topic="t"), chat("f"), chat("g")]
    library.write("a.jsonl", records)
    library.run("a.jsonl", mode="replace")
    label(library.repository, {0: {"quality": 1}})

    second = library.repository.commit("two")

    assert (first.added, first.examples, first.parents) == (6, 6, ())
    assert (second.added, second.removed, second.changed, second.relabelled) == (1, 2, 2, 1)
    assert second.parents == (first.commit,)
    assert second.examples == 5


def test_nothing_staged_is_nothing_to_commit(library: Library) -> None:
    with pytest.raises(AnswerIsNo) as caught:
        library.repository.commit("nothing yet")
    assert caught.value.code == "nothing-to-commit"

    library.write("a.jsonl", [chat("a")])
    library.run("a.jsonl")
    library.repository.commit("one")
    with pytest.raises(AnswerIsNo):
        library.repository.commit("again")


def test_an_empty_commit_is_made_on_request(library: Library) -> None:
    first = library.repository.commit("nothing yet", allow_empty=True)
    second = library.repository.commit("still nothing", allow_empty=True)

    assert (first.examples, second.parents) == (0, (first.commit,))
    assert first.fingerprint == second.fingerprint
    assert library.questions("HEAD") == []


@pytest.mark.parametrize("message", [None, "", "  \n"])
def test_a_commit_without_a_message_is_refused(library: Library, message: str | None) -> None:
    library.write("a.jsonl", [chat("a")])
    library.run("a.jsonl")
    with pytest.raises(InvalidInput) as caught:
        library.repository.commit(message)
    assert caught.value.code == "message-missing"


def test_amending_changes_the_message_only(library: Library) -> None:
    library.write("a.jsonl", [chat("a")])
    library.run("a.jsonl")
    first = library.repository.commit("one", meta={"round": "1"})

    amended = library.repository.commit("better", amend=True)
    logged = library.repository.log().commits

    assert [each.message for each in logged] == ["better"]
    assert (amended.added, amended.parents, amended.fingerprint) == (1, (), first.fingerprint)
    assert logged[0].meta == {"round": "1"}


def test_amending_takes_in_the_stage_and_keeps_the_message(library: Library) -> None:
    library.write("a.jsonl", [chat("a")])
    library.write("b.jsonl", [chat("b")])
    library.write("c.jsonl", [chat("c")])
    for name in "ab":
        library.run(f"{name}.jsonl")
        library.repository.commit(name)
    library.run("c.jsonl")

    amended = library.repository.commit(amend=True)

    assert (amended.message, amended.added, amended.examples) == ("b", 2, 3)
    assert len(library.repository.log().commits) == 2
    assert not library.repository.status().has_stage


def test_amending_adds_facts(library: Library) -> None:
    library.write("a.jsonl", [chat("a")])
    library.run("a.jsonl")
    library.repository.commit("one", meta={"round": "1", "by": "x"})
    library.repository.commit(meta={"by": "y"}, amend=True)

    assert library.repository.log().commits[0].meta == {"round": "1", "by": "y"}


def test_there_must_be_a_commit_and_a_change_to_amend(library: Library) -> None:
    library.write("a.jsonl", [chat("a")])
    library.run("a.jsonl")
    with pytest.raises(InvalidInput) as caught:
        library.repository.commit("x", amend=True)
    assert caught.value.code == "nothing-to-amend"
    library.repository.commit("one")
    with pytest.raises(AnswerIsNo):
        library.repository.commit(amend=True)


def test_the_settings_of_the_team_are_recorded(library: Library) -> None:
    library.write("a.jsonl", [chat("a")])
    library.run("a.jsonl")
    text = b"[dedupe]\nthreshold = 0.9\n"
    (library.folder / "vault.toml").write_bytes(text)
    digest = library.repository.commit("one").commit

    context = context_of(library.repository)
    settings = context.commit(digest).settings
    assert settings is not None and context.store.get(settings) == text
    (library.folder / "vault.toml").unlink()
    after = library.repository.commit("two", allow_empty=True).commit
    assert context.commit(after).settings is None


RECORDS = [chat(f"q{n}", "a" * n, n=n) for n in range(40)]


def fingerprint(folder: Path, *batches: Sequence[object]) -> str:
    library = Library(folder)
    for number, batch in enumerate(batches):
        library.write(f"{number}.jsonl", batch)
        library.run(f"{number}.jsonl")
    return library.repository.commit("all").fingerprint


def test_the_fingerprint_is_that_of_the_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fingerprint(tmp_path / "a", RECORDS)
    assert fingerprint(tmp_path / "b", RECORDS[::-1]) == expected
    assert fingerprint(tmp_path / "c", RECORDS[:10], RECORDS[5:]) == expected
    assert fingerprint(tmp_path / "d", RECORDS[1:]) != expected
    rewritten = [json.loads(json.dumps(each, sort_keys=True)) for each in RECORDS]
    assert fingerprint(tmp_path / "e", rewritten) == expected
    monkeypatch.setattr(write_records, "MAX_EXAMPLES", 7)
    assert chunk_module.MAX_EXAMPLES > 7
    assert fingerprint(tmp_path / "f", RECORDS) == expected


def test_the_fingerprint_changes_with_labels_and_back(library: Library) -> None:
    library.write("a.jsonl", RECORDS)
    library.run("a.jsonl")
    plain = library.repository.commit("one").fingerprint
    label(library.repository, {3: {"quality": "gold"}})
    gold = library.repository.commit("two")
    label(library.repository, {3: {"quality": "bad"}})
    bad = library.repository.commit("three")
    label(library.repository, {3: {"quality": "gold"}})
    again = library.repository.commit("four")

    assert len({plain, gold.fingerprint, bad.fingerprint}) == 3
    assert again.fingerprint == gold.fingerprint
    assert [each.relabelled for each in (gold, bad, again)] == [1, 1, 1]


def test_labels_of_examples_that_left_do_not_count(library: Library) -> None:
    library.write("a.jsonl", RECORDS)
    library.run("a.jsonl")
    label(library.repository, {3: {"quality": "gold"}})
    library.write("a.jsonl", RECORDS[:3] + RECORDS[4:])
    library.run("a.jsonl", mode="replace")
    without = library.repository.commit("one").fingerprint

    other = Library(library.folder / "other")
    other.write("a.jsonl", RECORDS[:3] + RECORDS[4:])
    other.run("a.jsonl")
    assert other.repository.commit("one").fingerprint == without


def test_another_order_is_a_change_without_counts(library: Library) -> None:
    library.write("a.jsonl", [chat(each) for each in "abc"])
    library.run("a.jsonl")
    first = library.repository.commit("one")
    shuffle(library.repository, [2, 0, 1])
    assert library.repository.status().has_stage

    second = library.repository.commit("two")

    assert (second.added, second.removed, second.changed, second.relabelled) == (0, 0, 0, 0)
    assert second.fingerprint == first.fingerprint
    assert library.questions("HEAD") == ["c", "a", "b"]
    assert library.questions("HEAD~1") == ["a", "b", "c"]
