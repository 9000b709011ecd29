"""`import`: what is stored, what is not stored twice, and what is counted."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pytest

from tests.support.drafting import ids, remove
from tests.support.library import Library, chat
from vault.errors import InvalidInput, NotFound
from vault.operations.imports.import_report import ImportedFile, ImportReport


def counts(report: ImportReport | ImportedFile) -> tuple[int, ...]:
    """Return read, imported, duplicates, returned, quarantined, having checked their sum."""
    parts = (report.imported, report.duplicates, report.returned, report.quarantined)
    assert report.read == sum(parts)
    assert report.same_content <= report.imported
    return (report.read, *parts)


def stored_objects(library: Library) -> set[str]:
    folder = library.folder / ".vault" / "objects"
    return {path.name for path in folder.rglob("*") if path.is_file()}


def operations(library: Library) -> int:
    return len(list((library.folder / ".vault" / "operations").iterdir()))


def test_a_record_that_occurs_again_in_its_file_is_a_duplicate(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), chat("b"), chat("a"), chat("a")])

    assert counts(library.run("a.jsonl")) == (4, 2, 2, 0, 0)
    assert library.questions() == ["a", "b"]


def test_a_record_of_an_earlier_file_is_a_duplicate(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), chat("b")])
    library.write("b.jsonl", [chat("b"), chat("c"), chat("a")])

    report = library.run("a.jsonl", "b.jsonl")

    assert [counts(each) for each in report.files] == [(2, 2, 0, 0, 0), (3, 1, 2, 0, 0)]
    assert counts(report) == (5, 3, 2, 0, 0)
    assert library.questions() == ["a", "b", "c"]


def test_a_file_that_is_imported_again_changes_nothing(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), chat("b")])
    library.run("a.jsonl")
    before, recorded = stored_objects(library), operations(library)

    assert counts(library.run("a.jsonl")) == (2, 0, 2, 0, 0)
    assert stored_objects(library) == before
    assert operations(library) == recorded


def test_the_same_record_written_otherwise_is_a_duplicate(library: Library) -> None:
    (library.folder / "a.jsonl").write_text(
        '{"text": "é", "n": 1}\n{ "n":1 , "text":"\\u00e9" }\n{"n": 1.0, "text": "é"}\n',
        encoding="utf-8",
    )

    assert counts(library.run("a.jsonl")) == (3, 2, 1, 0, 0)


def test_a_conversation_with_other_metadata_is_imported_and_counted(library: Library) -> None:
    library.write("a.jsonl", [chat("a", topic="x")])
    library.write("b.jsonl", [chat("a", topic="y"), chat("b"), chat("a", topic="z"), chat("c")])
    library.run("a.jsonl")

    report = library.run("b.jsonl")

    assert counts(report) == (4, 4, 0, 0, 0)
    assert report.same_content == 2


def test_records_without_a_conversation_never_count_as_the_same(library: Library) -> None:
    library.write("a.jsonl", [{"n": 1}, {"n": 2}, {"text": ""}, {"text": "", "n": 1}])

    assert library.run("a.jsonl").same_content == 0


def test_what_cannot_be_read_is_in_quarantine_with_its_line_and_bytes(library: Library) -> None:
    path = library.folder / "a.jsonl"
    path.write_bytes(b'{"text": "ok"}\n\n[1]\n{"a": 1, "a": 2}\n{"a": \xff}\n{"a": NaN}\n')

    report = library.run("a.jsonl")
    entries = library.repository.quarantine().quarantined

    assert counts(report) == (5, 1, 0, 0, 4)
    assert [(each.source, each.line, each.code) for each in entries] == [
        ("a.jsonl", 3, "not-an-object"),
        ("a.jsonl", 4, "duplicate-key"),
        ("a.jsonl", 5, "invalid-utf8"),
        ("a.jsonl", 6, "not-finite"),
    ]
    assert [each.beginning for each in entries][:2] == ["[1]", '{"a": 1, "a": 2}']
    assert [each.size_bytes for each in entries] == [3, 16, 8, 10]
    assert all(each.reason for each in entries)


def test_quarantine_is_committed_with_the_stage(library: Library) -> None:
    (library.folder / "a.jsonl").write_text('{"text": "ok"}\nbroken\n', encoding="utf-8")
    library.run("a.jsonl")

    assert library.repository.commit("one").quarantined == 1
    assert len(library.repository.quarantine("HEAD").quarantined) == 1
    assert library.repository.status().quarantined == 1


def test_the_same_broken_line_is_in_quarantine_once(library: Library) -> None:
    (library.folder / "a.jsonl").write_text('{"text": "ok"}\nbroken\nbroken\n', encoding="utf-8")
    library.run("a.jsonl")
    library.repository.commit("one")

    assert counts(library.run("a.jsonl")) == (3, 0, 1, 0, 2)
    assert len(library.repository.quarantine().quarantined) == 2
    assert not library.repository.status().has_stage


@pytest.mark.parametrize(("mode", "left"), [("replace", ["b.jsonl"]), ("replace-all", [])])
def test_replacing_a_source_replaces_its_quarantine(
    library: Library, mode: str, left: list[str]
) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        text = json.dumps(chat(name)) + "\nbroken\n"
        (library.folder / name).write_text(text, encoding="utf-8")
        library.run(name)
    library.write("a.jsonl", [chat("a.jsonl")])

    report = library.run("a.jsonl", mode=mode)

    assert [each.source for each in library.repository.quarantine().quarantined] == left
    assert report.staged is not None and report.staged.quarantined == len(left)


def test_a_replaced_source_that_is_still_broken_stays_in_quarantine_once(library: Library) -> None:
    text = json.dumps(chat("a")) + "\nbroken\n"
    (library.folder / "a.jsonl").write_text(text, encoding="utf-8")
    library.run("a.jsonl")
    library.run("a.jsonl", mode="replace")

    assert len(library.repository.quarantine().quarantined) == 1


def test_nothing_is_staged_when_nothing_could_be_read(library: Library) -> None:
    (library.folder / "a.jsonl").write_text("broken\n[]\n", encoding="utf-8")

    with pytest.raises(InvalidInput) as caught:
        library.run("a.jsonl")

    assert caught.value.code == "nothing-readable"
    assert operations(library) == 1
    assert not library.repository.status().has_stage


def test_an_empty_file_gives_nothing(library: Library) -> None:
    library.write("a.jsonl", [])

    assert counts(library.run("a.jsonl")) == (0, 0, 0, 0, 0)
    assert library.repository.status().examples == 0


def test_a_file_that_is_not_there_is_told(library: Library) -> None:
    with pytest.raises(NotFound):
        library.run("absent.jsonl")


def test_a_file_of_several_formats_is_mixed(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), {"prompt": "p", "completion": "c"}])
    library.write("b.jsonl", [{"prompt": "q", "completion": "c"}])

    report = library.run("a.jsonl", "b.jsonl")

    assert [each.format for each in report.files] == ["mixed", "prompt-completion"]


def test_a_forced_format_quarantines_records_of_another(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), {"prompt": "p", "completion": "c"}])

    report = library.run("a.jsonl", format="prompt-completion")

    assert counts(report) == (2, 1, 0, 0, 1)
    assert report.files[0].format == "prompt-completion"


def test_an_unknown_format_is_refused(library: Library) -> None:
    library.write("a.jsonl", [chat("a")])
    with pytest.raises(InvalidInput) as caught:
        library.run("a.jsonl", format="chatml")
    assert caught.value.code == "format-unknown"


def test_a_mapping_is_remembered_for_its_source(library: Library) -> None:
    library.write("a.jsonl", [{"q": "one", "a": "1"}])
    library.run("a.jsonl", mapping={"user": "q", "assistant": "a"})
    library.write("a.jsonl", [{"q": "one", "a": "1"}, {"q": "two", "a": "2"}])
    library.write("b.jsonl", [{"q": "three", "a": "3"}])

    assert library.run("a.jsonl").files[0].format == "chat"
    assert library.run("b.jsonl").files[0].format == "raw"
    shown = library.repository.show("STAGE")
    assert shown.statistics.kinds == {"chat": 2, "raw": 1}  # type: ignore[union-attr]


def test_a_record_that_lacks_a_mapped_field_goes_to_quarantine(library: Library) -> None:
    library.write("a.jsonl", [{"q": "one", "a": "1"}, {"q": "two"}])

    report = library.run("a.jsonl", mapping={"user": "q", "assistant": "a"})

    assert counts(report) == (2, 1, 0, 0, 1)
    assert library.repository.quarantine().quarantined[0].code == "field-missing"


def test_a_source_and_a_round_are_kept_with_each_example(library: Library) -> None:
    library.write("a.jsonl", [chat("a")])
    library.run("a.jsonl", source="support", round="3")

    shown = library.repository.show(ids(library.repository)[0])

    assert (shown.source, shown.round, shown.line) == ("support", "3", 1)  # type: ignore[union-attr]


def test_a_source_is_named_by_its_path_in_the_folder_or_by_its_name_outside(
    library: Library, tmp_path_factory: pytest.TempPathFactory
) -> None:
    library.write("deep/er/a.jsonl", [chat("a")])
    outside = tmp_path_factory.mktemp("outside") / "b.jsonl"
    outside.write_text(json.dumps(chat("b")), encoding="utf-8")

    report = library.run("deep/er/a.jsonl", str(outside))

    assert [each.source for each in report.files] == ["deep/er/a.jsonl", "b.jsonl"]


def test_standard_input_is_read_and_named(library: Library) -> None:
    data = (json.dumps(chat("a")) + "\n").encode()
    for stdin in (io.BytesIO(data), io.BytesIO(gzip.compress(data))):
        report = library.repository.import_files(["-"], stdin=stdin)
        assert report.files[0].source == "standard-input"
    assert library.questions() == ["a"]


def test_a_folder_is_its_files_in_order(library: Library) -> None:
    library.write("data/b.jsonl", [chat("b")])
    library.write("data/a.jsonl", [chat("a")])
    (library.folder / "data/readme.txt").write_text("no data", encoding="utf-8")

    library.run("data")

    assert library.questions() == ["a", "b"]


def test_a_dry_run_counts_and_changes_nothing(library: Library) -> None:
    library.write("a.jsonl", [chat("a")])
    library.run("a.jsonl")
    path = library.folder / "b.jsonl"
    path.write_text(json.dumps(chat("a")) + "\n" + json.dumps(chat("b")) + "\nbroken\n")
    before, recorded = stored_objects(library), operations(library)

    report = library.run("b.jsonl", dry_run=True)

    assert counts(report) == (3, 1, 1, 0, 1)
    assert report.staged is not None and report.staged.examples == 2
    assert (stored_objects(library), operations(library)) == (before, recorded)
    assert library.questions() == ["a"]


def test_what_was_removed_stays_out_until_it_is_readmitted(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), chat("b"), chat("c")])
    library.run("a.jsonl")
    remove(library.repository, [1])

    assert counts(library.run("a.jsonl")) == (3, 0, 2, 1, 0)
    assert library.questions() == ["a", "c"]
    assert counts(library.run("a.jsonl", mode="replace")) == (3, 0, 2, 1, 0)
    assert library.questions() == ["a", "c"]

    assert counts(library.run("a.jsonl", readmit=True)) == (3, 1, 2, 0, 0)
    assert library.questions() == ["a", "c", "b"]
    assert counts(library.run("a.jsonl")) == (3, 0, 3, 0, 0)


def test_only_removals_of_what_came_back_are_forgotten(library: Library) -> None:
    library.write("a.jsonl", [chat("a"), chat("b"), chat("c")])
    library.write("b.jsonl", [chat("b")])
    library.run("a.jsonl")
    remove(library.repository, [1, 2])

    library.run("b.jsonl", readmit=True)

    assert counts(library.run("a.jsonl")) == (3, 0, 2, 1, 0)


def test_an_edit_of_one_percent_stores_about_one_percent(library: Library) -> None:
    words = [f"{n:x}" * 40 for n in range(2_000)]
    records = [chat(word, word[::-1], topic=n % 7) for n, word in enumerate(words)]
    library.write("a.jsonl", records)
    library.run("a.jsonl")

    def size(names: set[str]) -> int:
        folder = library.folder / ".vault" / "objects"
        return sum((folder / name[:2] / name).stat().st_size for name in names)

    before = stored_objects(library)
    for at in range(0, 2_000, 100):
        records[at]["topic"] = "edited"
    library.write("a.jsonl", records)
    report = library.run("a.jsonl", mode="replace")
    new = stored_objects(library) - before

    assert report.imported == 20
    assert len(new) == 4  # records, chunk, page of runs, manifest
    # A chunk has about 5 kB of schema and footer however few rows it has.
    assert size(new) < 0.01 * size(before) + 12_000


def test_every_kind_of_file_gives_the_same_examples(library: Library, tmp_path: Path) -> None:
    records = [{"instruction": f"q{n}", "input": "", "output": f"a{n}"} for n in range(5)]
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    library.repository.commit("one")
    for ending in ("json", "csv", "parquet", "jsonl.gz", "json.zst", "csv.gz"):
        output = str(tmp_path / f"out.{ending}")
        library.repository.export(output=output)
        assert counts(library.run(output)) == (5, 0, 5, 0, 0), ending
