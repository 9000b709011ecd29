"""The repository that was frozen in format 2 is read for ever: by vault, and without it.

It went on in the one of format 1, so both versions of entries and manifests, and chunks of both
derivations, are in it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tests.support.answers import REVISIONS, SELECTIONS, answers_of, differences
from tests.support.frozen import REPOSITORIES, frozen_copy, plain_datasets
from tests.support.plain_reader import PlainDataset, PlainReader
from vault.repository import Repository

EXPECTED = json.loads((REPOSITORIES / "format-2" / "expected.json").read_text("utf-8"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a copy of the frozen repository."""
    return frozen_copy("format-2", tmp_path / "home")


@pytest.fixture(scope="module")
def reader() -> PlainReader:
    return PlainReader(REPOSITORIES / "format-2" / "vault")


@pytest.fixture(scope="module", params=REVISIONS)
def revision(request: pytest.FixtureRequest, reader: PlainReader) -> tuple[str, PlainDataset]:
    """A revision's name and its dataset, found without vault."""
    return request.param, plain_datasets(reader)[request.param]


def test_vault_answers_what_it_answered_when_the_repository_was_frozen(
    home: Path, tmp_path: Path
) -> None:
    answers = answers_of(Repository.open(home), tmp_path)
    assert differences(EXPECTED, answers) == []


def test_a_check_of_the_whole_repository_finds_nothing(home: Path) -> None:
    assert Repository.open(home).fsck().problems == ()


def test_work_goes_on_in_the_frozen_repository(home: Path) -> None:
    repository = Repository.open(home, author="ada", clock=lambda: "2027-01-01T00:00:00Z")
    before = PlainReader(home / ".vault").view()
    report = repository.commit("Round 5")
    assert report.examples == len(EXPECTED["revisions"]["STAGE"]["ids"])
    repository.import_records([{"question": "What is 3 + 3?", "answer": "6"}], source="a program")
    repository.gc(undo_days=0)
    after = PlainReader(home / ".vault").view()
    assert [after[part] for part in ("notes", "runs", "erased")] == [
        before[part] for part in ("notes", "runs", "erased")
    ]
    assert repository.fsck().ok


def test_both_versions_of_everything_are_in_it(reader: PlainReader) -> None:
    entries = reader.operations()
    assert {entry["version"] for entry in entries} == {1, 2}
    newer = [entry for entry in entries if entry["version"] == 2]
    assert {entry["base"] is None for entry in newer} == {True, False}
    assert any(entry["arguments"] for entry in newer)
    view = reader.view()
    assert view["notes"] and len(view["runs"]) == 2 and view["erased"]
    stage = view["workspaces"]["default"]["stages"]["main"]
    assert stage["fingerprint"] is stage["counts"] is None
    main = reader.dataset(reader.commit(view["branches"]["main"])["manifest"])
    assert main.manifest["version"] == 2
    assert max(len(sets) for sets in main.manifest["labels"].values()) > 1
    assert {facts["derivation"] for facts in main.facts.values()} == {1, 2}
    assert any(each["names"] for each in main.manifest["attachments"].values())
    assert any(facts.get("parts") for facts in main.facts.values())


def test_ids_follow_from_the_records(revision: tuple[str, PlainDataset]) -> None:
    name, dataset = revision
    assert [each.hex() for each in dataset.ids()] == EXPECTED["revisions"][name]["ids"]


def test_fingerprints_follow_from_ids_and_labels(reader: PlainReader) -> None:
    for logged in EXPECTED["log"]["commits"]:
        commit = reader.commit(logged["commit"])
        dataset = reader.dataset(commit["manifest"])
        assert commit["fingerprint"] == logged["fingerprint"] == dataset.fingerprint()


@pytest.mark.parametrize("how", SELECTIONS)
def test_exports_follow_from_the_specification(
    revision: tuple[str, PlainDataset], how: str
) -> None:
    name, dataset = revision
    wanted = EXPECTED["revisions"][name]["exports"][how]
    data = dataset.export(**SELECTIONS[how])
    assert data.count(b"\n") == wanted["examples"]
    assert hashlib.sha256(data).hexdigest() == wanted["sha256"]


def test_what_was_erased_is_listed_and_what_stands_for_it_is_there(reader: PlainReader) -> None:
    (listed,) = reader.view()["erased"].values()
    erased = {row["object"].hex(): row["replacement"] for row in reader.rows(listed)}
    assert not set(erased) & set(reader.objects())
    assert [reader.object(each.hex()) for each in erased.values() if each] == [
        b"some answers of a model were erased"
    ]
    typed = {entry["arguments"] for entry in reader.operations() if entry["version"] == 2}
    assert typed & set(erased)
