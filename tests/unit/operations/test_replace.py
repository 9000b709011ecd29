"""`import --replace` and `--replace-all`: what a source is exchanged for, and what stays."""

from __future__ import annotations

import pytest

from tests.support.drafting import dataset_of, ids, label, labels_of
from tests.support.library import Library, chat
from vault.dataset.reading.dataset import Dataset
from vault.objects.pairing import What
from vault.objects.runs import key_parts


def test_a_file_that_took_everything_over_is_replaced_as_a_whole(library: Library) -> None:
    library.write("one.jsonl", [chat("a"), chat("b"), chat("c")])
    library.write("two.jsonl", [chat("a"), chat("b"), chat("d")])
    library.run("one.jsonl")
    library.run("two.jsonl", mode="replace-all")

    library.write("two.jsonl", [chat("a"), chat("d")])
    library.run("two.jsonl", mode="replace")

    assert library.questions() == ["a", "d"]


def test_rows_of_other_sources_keep_their_places(library: Library) -> None:
    library.write("one.jsonl", [chat("a"), chat("b")])
    library.write("two.jsonl", [chat("x")])
    library.run("one.jsonl")
    library.run("two.jsonl")

    library.write("one.jsonl", [chat("b"), chat("c"), chat("a")])
    library.run("one.jsonl", mode="replace")

    assert library.questions() == ["b", "c", "a", "x"]


def test_a_source_that_is_new_is_appended(library: Library) -> None:
    library.write("one.jsonl", [chat("a")])
    library.write("two.jsonl", [chat("b")])
    library.run("one.jsonl")
    library.run("two.jsonl", mode="replace")

    assert library.questions() == ["a", "b"]


def test_files_of_one_import_that_share_a_record_both_keep_it(library: Library) -> None:
    library.write("one.jsonl", [chat("a")])
    library.write("two.jsonl", [chat("x"), chat("b")])
    library.run("one.jsonl")
    library.run("two.jsonl")

    library.write("one.jsonl", [chat("a"), chat("x")])
    library.run("one.jsonl", "two.jsonl", mode="replace")

    assert sorted(library.questions()) == ["a", "b", "x"]


def test_a_record_that_moved_to_another_file_stays(library: Library) -> None:
    library.write("one.jsonl", [chat("a"), chat("x")])
    library.write("two.jsonl", [chat("b")])
    library.run("one.jsonl")
    library.run("two.jsonl")

    library.write("one.jsonl", [chat("a")])
    library.write("two.jsonl", [chat("b"), chat("x")])
    library.run("one.jsonl", "two.jsonl", mode="replace")

    assert library.questions() == ["a", "b", "x"]


def test_rows_that_left_and_came_back_belong_to_the_file_that_brought_them(
    library: Library,
) -> None:
    library.write("one.jsonl", [chat("a"), chat("b")])
    library.write("two.jsonl", [chat("a"), chat("b")])
    library.run("one.jsonl")
    library.run("two.jsonl", mode="replace-all")
    library.write("two.jsonl", [chat("c")])
    library.run("two.jsonl", mode="replace")
    library.run("one.jsonl")

    library.write("two.jsonl", [chat("d")])
    library.run("two.jsonl", mode="replace")

    assert sorted(library.questions()) == ["a", "b", "d"]


def test_unchanged_records_keep_their_rows(library: Library) -> None:
    library.write("one.jsonl", [chat("a"), chat("b"), chat("c")])
    library.run("one.jsonl")
    before = dataset_of(library.repository)
    rows = dict(zip(ids(library.repository), _places(before), strict=True))

    library.write("one.jsonl", [chat("c"), chat("b", "No."), chat("a")])
    report = library.run("one.jsonl", mode="replace")
    after = dict(zip(ids(library.repository), _places(dataset_of(library.repository)), strict=True))

    assert (report.imported, report.duplicates) == (1, 2)
    assert library.questions() == ["c", "b", "a"]
    assert len(rows.items() & after.items()) == 2


def _places(dataset: Dataset) -> list[tuple[str, int]]:
    chunk, row = key_parts(dataset.keys())
    return [
        (dataset.numbers.digest(number), at)
        for number, at in zip(chunk.tolist(), row.tolist(), strict=True)
    ]


def test_every_record_that_changed_its_metadata_keeps_its_labels(library: Library) -> None:
    questions = [f"q{n}" for n in range(20)]
    library.write("one.jsonl", [chat(q, metadata={"round": 1}) for q in questions])
    library.run("one.jsonl")
    library.repository.commit("one")
    label(library.repository, {n: {"quality": n, "split": "train"} for n in range(20)})
    library.repository.commit("labels")

    library.write("one.jsonl", [chat(q, metadata={"round": 2}) for q in reversed(questions)])
    library.run("one.jsonl", mode="replace")
    report = library.repository.diff(limit=100)

    assert (report.added, report.removed, report.changed, report.relabelled) == (0, 0, 20, 0)
    assert {each.what for each in report.items} == {What.METADATA}
    assert all(each.labels == each.old_labels for each in report.items)
    expected = [{"quality": n, "split": "train"} for n in reversed(range(20))]
    assert labels_of(library.repository) == expected


@pytest.mark.parametrize("mode", ["replace", "replace-all"])
def test_labels_are_carried_by_what_changed(library: Library, mode: str) -> None:
    library.write("one.jsonl", [chat("a"), chat("b"), chat("c"), chat("d")])
    library.run("one.jsonl")
    everything = {"quality": "gold", "split": "train"}
    label(library.repository, dict.fromkeys(range(4), everything))

    library.write(
        "one.jsonl", [chat("a"), chat("b", topic="t"), chat("c", "Other."), chat("new prompt")]
    )
    library.run("one.jsonl", mode=mode)

    assert labels_of(library.repository) == [everything, everything, {"split": "train"}, {}]


def test_an_example_without_labels_gets_none(library: Library) -> None:
    library.write("one.jsonl", [chat("a"), chat("b")])
    library.run("one.jsonl")
    label(library.repository, {0: {"quality": "gold"}})

    library.write("one.jsonl", [chat("a", "1"), chat("b", "2")])
    library.run("one.jsonl", mode="replace")

    assert labels_of(library.repository) == [{}, {}]


def test_replacing_everything_makes_the_stage_what_the_files_hold(library: Library) -> None:
    library.write("one.jsonl", [chat("a"), chat("b")])
    library.write("two.jsonl", [chat("x"), chat("b"), chat("x"), chat("a", "No.")])
    library.run("one.jsonl")

    library.run("two.jsonl", "one.jsonl", mode="replace-all")

    assert library.records() == [chat("x"), chat("b"), chat("a", "No."), chat("a")]


def test_two_files_under_one_source_replace_it_together(library: Library) -> None:
    library.write("one.jsonl", [chat("a"), chat("b")])
    library.run("one.jsonl", source="s")
    library.write("one.jsonl", [chat("b")])
    library.write("two.jsonl", [chat("c")])

    library.run("one.jsonl", "two.jsonl", source="s", mode="replace")

    assert library.questions() == ["b", "c"]
