"""What a stage leaves open, `status` and `commit` find out; who reports counts leaves none open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.library import NOW, Library, chat
from vault.dataset.changing.stage import change_stage
from vault.dataset.changing.write_labels import LabelChange, with_label_changes
from vault.dataset.comparing import compare
from vault.dataset.reading import fingerprints
from vault.dataset.reading.dataset import Dataset
from vault.errors import Conflict
from vault.objects.commit import ChangeCounts
from vault.objects.digest import Digest
from vault.objects.labels.label_set import Label
from vault.objects.log.view import Stage
from vault.objects.manifest import Manifest
from vault.session.context import Draft, stage_of


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A commit of ten examples."""
    library = Library(tmp_path / "project")
    library.write("a.jsonl", [chat(f"q{n}") for n in range(10)])
    library.run("a.jsonl")
    library.repository.commit("one")
    return library


def staged(library: Library) -> Stage:
    """Return the stage as the log has it."""
    found = stage_of(library.repository._context().log.tip().view)
    assert found is not None
    return found


def label_all(library: Library, value: str = "good") -> None:
    """Label every example of the stage."""

    def change(_: Draft, dataset: Dataset) -> tuple[Manifest, None]:
        label = LabelChange.same(Label("quality", value, "ada", NOW), dataset.keys())
        return with_label_changes(dataset, [label]), None

    change_stage(library.repository._context(), change)


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every comparison and every fingerprint fail."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("this was to be left open")

    monkeypatch.setattr(compare, "compare_datasets", refuse)
    monkeypatch.setattr(fingerprints, "fingerprint", refuse)


def test_labelling_compares_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid(monkeypatch)
    label_all(library)
    assert (staged(library).counts, staged(library).fingerprint) == (None, None)


def test_appending_is_counted_and_nothing_compared(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    label_all(library)
    library.repository.commit("labelled")
    forbid(monkeypatch)
    library.write("b.jsonl", [chat("new")])
    report = library.run("b.jsonl")
    assert report.staged is not None and report.staged.added == 1
    assert (staged(library).counts, staged(library).fingerprint) == (ChangeCounts(added=1), None)
    assert library.repository.status().staged == ChangeCounts(added=1)


def test_what_is_cheap_while_nothing_is_labelled_is_done_at_once(library: Library) -> None:
    library.write("b.jsonl", [chat("new")])
    library.run("b.jsonl")
    assert staged(library).fingerprint == library.repository.snapshot("STAGE").fingerprint
    label_all(library)
    assert staged(library).fingerprint is None


def test_a_command_that_reports_counts_records_them(library: Library) -> None:
    library.write("a.jsonl", [chat(f"q{n}") for n in range(3, 10)])
    report = library.run("a.jsonl", mode="replace")
    assert report.staged is not None and report.staged.removed == 3
    assert staged(library).counts == ChangeCounts(removed=3)


def test_whoever_asks_is_told_the_counts(library: Library) -> None:
    label_all(library)
    repository = library.repository
    assert repository.status().staged == ChangeCounts(relabelled=10)
    assert repository.diff(limit=0).relabelled == 10
    assert repository.switch("other", create=True).staged == ChangeCounts()
    assert repository.switch("main").staged == ChangeCounts(relabelled=10)
    repository.undo()
    assert repository.redo().status.staged == ChangeCounts(relabelled=10)
    assert repository.discard().discarded == ChangeCounts(relabelled=10)


def test_a_commit_records_counts_and_the_fingerprint(library: Library) -> None:
    before = library.repository.log().commits[0].fingerprint
    label_all(library)
    report = library.repository.commit("labelled")
    assert (report.relabelled, report.added) == (10, 0)
    assert report.fingerprint != before
    assert library.repository.snapshot().fingerprint == report.fingerprint
    whole = library.repository.snapshot()
    assert whole.shuffle().fingerprint == report.fingerprint
    assert library.repository.fsck().ok


def test_a_dataset_with_conflicts_is_not_committed_or_exported(library: Library) -> None:
    def change(_: Draft, dataset: Dataset) -> tuple[Manifest, None]:
        conflicts: Digest = dataset.store.put(b'{"type":"conflicts"}')
        return replace(dataset.manifest, conflicts=conflicts), None

    change_stage(library.repository._context(), change)
    with pytest.raises(Conflict) as refused:
        library.repository.commit("two")
    assert refused.value.code == "conflicts-unresolved"
    with pytest.raises(Conflict) as refused:
        library.repository.export("STAGE", output=str(library.folder / "out.jsonl"))
    assert refused.value.code == "conflicts-unresolved"
    assert not (library.folder / "out.jsonl").exists()
    assert library.repository.fsck().ok


def test_one_import_reads_no_label_set(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    from vault.objects.labels import label_set

    label_all(library)
    library.repository.commit("labelled")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a label set was read")

    monkeypatch.setattr(label_set, "from_parquet", refuse)
    library.write("b.jsonl", [chat("new")])
    library.run("b.jsonl")
    assert library.repository.status().staged.added == 1
