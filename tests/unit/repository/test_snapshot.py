"""A snapshot shows one version, whole or in part, the same whenever it is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import vault
from tests.support.library import Library, chat
from tests.support.repositories import full_backend, label, new_backend, opened, write_lines
from vault import Snapshot
from vault.dataset.reading import examples as examples_module


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Ten labelled chats, committed."""
    backend = new_backend()
    repository = opened(backend)
    repository.import_records([chat(f"Question {n}?", n=n) for n in range(10)], source="api")
    label(backend, [0, 2, 5], "split", "train")
    repository.commit("one")
    return repository.snapshot()


def numbers(snapshot: Snapshot) -> list[int]:
    """Return the number of each example."""
    return [each.data["n"] for each in snapshot]


def test_an_example_says_what_is_known_of_it(snapshot: Snapshot) -> None:
    example = snapshot[1]
    assert example.data == chat("Question 1?", n=1)
    assert (example.kind, example.source, example.line, example.round) == ("chat", "api", 2, None)
    assert (example.turns, example.chars) == (2, len("Question 1?Yes."))
    assert [each["content"] for each in example.messages] == ["Question 1?", "Yes."]
    assert example.text is None
    assert len(example.id) == 32


def test_what_a_snapshot_holds_does_not_change_afterwards(library: Library) -> None:
    repository = library.repository
    repository.import_records([chat("Why?")], source="api")
    repository.commit("one")
    before, stage = repository.snapshot(), repository.snapshot("STAGE")
    repository.import_records([chat("How?")], source="api")
    repository.commit("two")
    assert len(before) == len(stage) == len(list(before)) == len(list(stage)) == 1
    assert before.commit is not None and stage.commit is None
    assert len(repository.snapshot("HEAD")) == 2


def test_parts_can_be_taken_of_parts_in_any_order(snapshot: Snapshot) -> None:
    assert numbers(snapshot[2:5]) == [2, 3, 4]
    assert numbers(snapshot[::-3]) == [9, 6, 3, 0]
    assert snapshot[-1].data["n"] == 9
    sampled = snapshot.sample(6, seed=3)
    assert set(numbers(sampled.sample(3, seed=3))) < set(numbers(sampled))
    assert numbers(sampled) == sorted(numbers(sampled))
    shuffled = snapshot.shuffle(seed=1)
    assert numbers(shuffled) != numbers(snapshot)
    assert sorted(numbers(shuffled)) == numbers(snapshot)
    assert numbers(shuffled[4:6]) == numbers(shuffled)[4:6]


def test_a_position_that_does_not_exist_is_an_index_error(snapshot: Snapshot) -> None:
    for at in (10, -11):
        with pytest.raises(IndexError, match="the snapshot has 10"):
            snapshot[at]
    assert list(snapshot[20:]) == []


def test_a_sample_and_a_shuffle_are_those_of_an_export(library: Library) -> None:
    repository = library.repository
    repository.import_records([chat(f"{n}?", n=n) for n in range(50)], source="api")
    repository.commit("one")
    path = library.folder / "out.jsonl"
    from vault.dataset.choosing.select import Selection

    chosen = Selection(sample=20, shuffle=True, seed=4)
    repository.export(output=str(path), selection=chosen)
    written = [json.loads(line)["n"] for line in path.read_text().splitlines()]
    assert numbers(repository.snapshot().sample(20, seed=4).shuffle(seed=4)) == written


def test_a_split_is_the_examples_labelled_so(snapshot: Snapshot) -> None:
    assert numbers(snapshot.split("train")) == [0, 2, 5]
    with pytest.raises(vault.NotFound) as missing:
        snapshot.split("test")
    assert missing.value.code == "split-not-found"
    assert missing.value.hint == "there are train"


def test_an_expression_chooses_from_what_was_chosen_and_keeps_the_order(
    snapshot: Snapshot,
) -> None:
    assert numbers(snapshot.where("data.n >= 7")) == [7, 8, 9]
    shuffled = snapshot.shuffle(seed=5)
    expected = [number for number in numbers(shuffled) if number < 4]
    assert numbers(shuffled.where("data.n < 4")) == expected != sorted(expected)
    assert numbers(snapshot.where("labels.split = 'train'").where("data.n > 0")) == [2, 5]
    assert len(snapshot[:3].where("data.n = 9")) == 0
    with pytest.raises(vault.InvalidExpression):
        snapshot.where("true) or (1=1")


def test_the_fingerprint_is_that_of_the_commit_and_follows_the_examples(
    tmp_path: Path,
) -> None:
    repository = opened(full_backend(tmp_path), tmp_path)
    snapshot = repository.snapshot("HEAD")
    assert snapshot.fingerprint == repository.log().commits[0].fingerprint
    assert snapshot.shuffle().fingerprint == snapshot.fingerprint
    parts = {snapshot[:3].fingerprint, snapshot[:4].fingerprint, snapshot.fingerprint}
    assert len(parts) == 3
    stage = repository.snapshot("STAGE")
    repository.commit("three")
    assert stage.fingerprint == repository.log().commits[0].fingerprint


def test_an_arrow_table_holds_the_records_as_they_were_imported(tmp_path: Path) -> None:
    lines = [
        '{"text": "a",  "n": 1e400}',
        '{"text":"b","x":[1,null,"two"]}',
        '{"x":18446744073709551616}',
    ]
    repository = opened(new_backend())
    repository.import_files([write_lines(tmp_path / "a.jsonl", lines)], round="r1")
    table = repository.snapshot("STAGE").to_arrow()
    assert table.schema.equals(examples_module.COLUMNS)
    assert table.column("data").to_pylist() == lines
    assert table.column("kind").to_pylist() == ["text", "text", "raw"]
    assert table.column("labels").to_pylist() == ["{}"] * 3
    assert table.column("line").to_pylist() == [1, 2, 3]
    assert table.column("round").to_pylist() == ["r1"] * 3


def test_arrow_and_iteration_agree_row_by_row(tmp_path: Path) -> None:
    snapshot = opened(full_backend(tmp_path), tmp_path).snapshot("STAGE").shuffle(seed=2)
    rows = snapshot.to_arrow().to_pylist()
    assert len(rows) == len(snapshot) > 0
    for row, example in zip(rows, snapshot, strict=True):
        assert json.loads(row.pop("data")) == example.data
        assert json.loads(row.pop("labels")) == example.labels
        assert row == {name: getattr(example, name) for name in row}
    assert any(each.labels for each in snapshot)


def test_columns_belong_to_their_records_wherever_groups_and_windows_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = opened(full_backend(tmp_path), tmp_path).snapshot("STAGE")
    whole = list(snapshot)
    monkeypatch.setattr(examples_module, "_GROUP", 3)
    monkeypatch.setattr("vault.dataset.reading.records.WINDOW", 2)
    assert list(snapshot) == whole
    assert list(snapshot[1:]) == whole[1:]


def test_pandas_gets_records_as_objects(snapshot: Snapshot) -> None:
    pytest.importorskip("pandas")
    frame = snapshot.to_pandas()
    assert list(frame.columns) == examples_module.COLUMNS.names
    assert frame["data"][3] == chat("Question 3?", n=3)
    assert list(frame["labels"])[1:3] == [{}, {"split": "train"}]
    assert frame["chars"].sum() == sum(each.chars for each in snapshot)
    assert list(snapshot[:0].to_pandas().columns) == examples_module.COLUMNS.names


def test_a_missing_library_is_told_with_the_line_that_installs_it(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(vault.InvalidInput) as missing:
        snapshot.to_pandas()
    assert missing.value.code == "library-missing"
    assert missing.value.hint == "`pip install pandas` installs it"


def test_a_mapped_record_keeps_its_conversation(tmp_path: Path) -> None:
    repository = opened(new_backend())
    lines: list[dict[str, Any] | str] = [{"q": "Why?", "a": "So."}]
    path = write_lines(tmp_path / "qa.jsonl", lines)
    repository.import_files([path], mapping={"user": "q", "assistant": "a"})
    example = repository.snapshot("STAGE")[0]
    assert [each["content"] for each in example.messages] == ["Why?", "So."]


def test_an_adopted_example_shows_the_source_it_belongs_to(library: Library) -> None:
    library.write("old.jsonl", [chat("a?"), chat("b?")])
    library.write("new.jsonl", [chat("b?")])
    library.run("old.jsonl")
    library.run("new.jsonl", mode="replace")
    library.run("old.jsonl", mode="replace")
    snapshot = library.repository.snapshot("STAGE")
    shown = {each.data["messages"][0]["content"]: each.source for each in snapshot}
    assert set(shown) == {"a?", "b?"}
    assert snapshot.to_arrow().column("source").to_pylist() == [each.source for each in snapshot]


def test_an_empty_stage_is_an_empty_snapshot(library: Library) -> None:
    snapshot = library.repository.snapshot("STAGE")
    assert (len(snapshot), list(snapshot), snapshot.to_arrow().num_rows) == (0, [], 0)
    with pytest.raises(vault.NotFound) as error:
        library.repository.snapshot()
    assert error.value.code == "no-commits"
