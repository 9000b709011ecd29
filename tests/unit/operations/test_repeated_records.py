"""A record that is there already is told with where it is from, such as the test file."""

from __future__ import annotations

from tests.support.library import Library, chat
from vault.operations.imports.import_report import ImportReport


def elsewhere(report: ImportReport) -> list[dict[str, int]]:
    return [dict(each.elsewhere) for each in report.files]


def test_a_record_of_two_files_in_one_import_is_told_with_the_first(library: Library) -> None:
    library.write("test.jsonl", [chat("a"), chat("b")])
    library.write("train.jsonl", [chat("b"), chat("c"), {"free": 1}])
    library.write("other.jsonl", [{"free": 1}, chat("a"), chat("c"), chat("d")])
    report = library.run("test.jsonl", "train.jsonl", "other.jsonl")
    assert elsewhere(report) == [
        {},
        {"test.jsonl": 1},
        {"train.jsonl": 2, "test.jsonl": 1},
    ]
    assert [each.duplicates for each in report.files] == [0, 1, 3]


def test_a_record_of_an_earlier_import_is_told(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), chat("b")])
    library.run("a.jsonl")
    library.write("b.jsonl", [chat("b"), chat("b"), chat("c")])
    assert elsewhere(library.run("b.jsonl")) == [{"a.jsonl": 2}]


def test_a_file_that_is_read_again_has_its_records_from_itself(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), chat("a"), chat("b")])
    assert elsewhere(library.run("a.jsonl")) == [{}]
    assert elsewhere(library.run("a.jsonl")) == [{}]
    assert elsewhere(library.run("a.jsonl", mode="replace")) == [{}]
