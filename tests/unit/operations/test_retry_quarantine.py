"""Reading again what could not be read: what is read leaves the quarantine, the rest stays."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tests.support.library import Library, chat
from vault.errors import AlreadyExists, InvalidInput, NotFound, VaultError


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository with two lines in quarantine: one of another format, one that is no JSON."""
    made = Library(tmp_path)
    path = made.folder / "a.jsonl"
    other = {"instruction": "two", "output": "Yes."}
    path.write_text(f"{json.dumps(chat('one'))}\n{json.dumps(other)}\n{{broken\n")
    made.run("a.jsonl", format="chat")
    made.repository.commit("first")
    return made


def _codes(library: Library) -> list[str]:
    return [each.code for each in library.repository.quarantine().quarantined]


def test_what_can_be_read_now_becomes_an_example_where_it_stood(library: Library) -> None:
    assert _codes(library) == ["format-mismatch", "invalid-json"]
    report = library.repository.retry_quarantine(format="alpaca")
    assert (report.retried, report.imported, report.quarantined) == (2, 1, 1)
    assert report.staged is not None
    assert (report.staged.added, report.staged.quarantined) == (1, 1)
    assert _codes(library) == ["invalid-json"]
    shown = library.repository.show(library.ids()[1])
    assert (shown.kind, shown.source, shown.line) == ("alpaca", "a.jsonl", 2)  # type: ignore[union-attr]


def test_how_the_source_is_read_stays_as_it_was(library: Library) -> None:
    library.repository.retry_quarantine(format="alpaca")
    library.write("a.jsonl", [chat("three")])
    assert library.run("a.jsonl").imported == 1


def test_where_nothing_can_be_read_nothing_changes(library: Library) -> None:
    before = library.repository.operations()
    report = library.repository.retry_quarantine()
    assert (report.retried, report.quarantined, report.staged) == (2, 2, None)
    assert report.first_reason is not None
    assert report.first_reason.startswith("a.jsonl, line 2: ")
    assert library.repository.operations() == before


def test_what_is_an_example_already_leaves_the_quarantine(library: Library) -> None:
    library.write("b.jsonl", [{"instruction": "two", "output": "Yes."}])
    library.run("b.jsonl")
    report = library.repository.retry_quarantine(format="alpaca")
    assert (report.imported, report.duplicates) == (0, 1)
    assert _codes(library) == ["invalid-json"]


def test_restoring_is_for_all_that_are_named_or_for_none(library: Library) -> None:
    first, second = (each.id for each in library.repository.quarantine().quarantined)
    with pytest.raises(InvalidInput) as caught:
        library.repository.retry_quarantine([first, second], must_read=True, format="alpaca")
    assert caught.value.code == "entry-unreadable"
    assert _codes(library) == ["format-mismatch", "invalid-json"]
    report = library.repository.retry_quarantine([first[:8]], must_read=True, format="alpaca")
    assert report.imported == 1


def test_only_the_entries_named_are_read(library: Library) -> None:
    broken = library.repository.quarantine().quarantined[1].id
    assert library.repository.retry_quarantine([broken], format="alpaca").retried == 1
    assert _codes(library) == ["format-mismatch", "invalid-json"]


def test_entries_are_written_out_to_be_corrected(library: Library, tmp_path: Path) -> None:
    target = tmp_path / "out" / "broken.jsonl"
    report = library.repository.save_quarantine(str(target))
    assert report.entries == 2
    assert target.read_bytes() == b'{"instruction": "two", "output": "Yes."}\n{broken\n'
    with pytest.raises(AlreadyExists):
        library.repository.save_quarantine(str(target))
    library.repository.save_quarantine(str(target), force=True)
    file = io.BytesIO()
    broken = library.repository.quarantine().quarantined[1].id
    assert library.repository.export_quarantine(file, [broken]) == 1
    assert file.getvalue() == b"{broken\n"


def test_one_entry_is_shown_whole(library: Library) -> None:
    listed = library.repository.quarantine().quarantined[1]
    shown = library.repository.show_quarantined(listed.id[:6])
    assert (shown.entry, shown.raw) == (listed, b"{broken")
    assert library.repository.show_quarantined(listed.id, "HEAD") == shown


@pytest.mark.parametrize(
    ("act", "error", "code"),
    [
        (lambda r: r.show_quarantined("abcdef"), NotFound, "entry-not-found"),
        (lambda r: r.show_quarantined(""), NotFound, "entry-not-found"),
        (lambda r: r.retry_quarantine(["*"]), NotFound, "entry-not-found"),
        (lambda r: r.retry_quarantine(must_read=True), InvalidInput, "entries-missing"),
        (lambda r: r.retry_quarantine(format="nope"), InvalidInput, "format-unknown"),
        (lambda r: r.save_quarantine(".vault/x.jsonl"), InvalidInput, "output-inside-repository"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    library: Library,
    act: object,
    error: type[VaultError],
    code: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(library.folder)
    before = library.repository.operations()
    with pytest.raises(error) as caught:
        act(library.repository)  # type: ignore[operator]
    assert caught.value.code == code
    assert library.repository.operations() == before
