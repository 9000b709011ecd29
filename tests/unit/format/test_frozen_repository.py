"""The repository that was frozen in format 1 is read for ever: by vault, and without it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import xxhash

from tests.support.answers import REVISIONS, SELECTIONS, answers_of, differences
from tests.support.frozen import REPOSITORIES, frozen_copy, plain_datasets
from tests.support.plain_reader import PlainDataset, PlainReader
from vault.formats.layouts.registry import derive
from vault.objects.conversation import Kind
from vault.objects.foreign.layouts import FOREIGN_KINDS
from vault.objects.json.text import parse
from vault.operations.history.show import ExampleShown
from vault.operations.imports.import_options import ImportMode
from vault.repository import Repository

FROZEN = REPOSITORIES / "format-1"
EXPECTED = json.loads((FROZEN / "expected.json").read_text("utf-8"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a copy of the frozen repository."""
    return frozen_copy("format-1", tmp_path / "home")


@pytest.fixture(scope="module")
def reader() -> PlainReader:
    return PlainReader(FROZEN / "vault")


@pytest.fixture(scope="module", params=REVISIONS)
def revision(request: pytest.FixtureRequest, reader: PlainReader) -> tuple[str, PlainDataset]:
    """A revision's name and its dataset, found without vault."""
    return request.param, plain_datasets(reader)[request.param]


# vault itself


def test_vault_answers_what_it_answered_when_the_repository_was_frozen(
    home: Path, tmp_path: Path
) -> None:
    answers = answers_of(Repository.open(home), tmp_path)
    assert differences(EXPECTED, answers) == []


def test_every_example_is_found_by_its_id(home: Path) -> None:
    repository = Repository.open(home)
    newest = EXPECTED["log"]["commits"][0]["commit"]
    for each in EXPECTED["revisions"]["main"]["ids"]:
        shown = repository.show(each)
        assert isinstance(shown, ExampleShown)
        assert (shown.id, shown.commits[0]) == (each, newest)


def test_a_check_of_the_whole_repository_finds_nothing(home: Path) -> None:
    if not hasattr(Repository, "fsck"):
        pytest.skip("`vault fsck` is not written yet")
    report = Repository.open(home).fsck()
    assert report.ok, report


def test_work_goes_on_in_the_frozen_repository(home: Path) -> None:
    repository = Repository.open(home, author="ada", clock=lambda: "2027-01-01T00:00:00Z")
    report = repository.commit("Round 3")
    assert report.examples == len(EXPECTED["revisions"]["STAGE"]["ids"])
    exported, whole = home / "all.jsonl", home / "whole.jsonl"
    repository.export("HEAD", output=str(exported))
    again = repository.import_files([str(exported)])
    assert (again.imported, again.duplicates) == (0, report.examples)
    whole.write_bytes(b"".join(exported.read_bytes().splitlines(keepends=True)[:2]))
    repository.import_files([str(whole)], mode=ImportMode.REPLACE)
    # Rows that whole.jsonl adopted from other files go with it; what was staged later stays.
    assert repository.status().examples == 3
    PlainReader(home / ".vault").operations()


# a reader that shares nothing with vault


def test_every_object_and_entry_is_whole(reader: PlainReader) -> None:
    assert len(reader.objects()) > 50
    assert len(reader.operations()) > 10


def test_ids_follow_from_the_records(revision: tuple[str, PlainDataset]) -> None:
    name, dataset = revision
    assert [each.hex() for each in dataset.ids()] == EXPECTED["revisions"][name]["ids"]


def test_fingerprints_follow_from_ids_and_labels(reader: PlainReader) -> None:
    for logged in EXPECTED["log"]["commits"]:
        commit = reader.commit(logged["commit"])
        dataset = reader.dataset(commit["manifest"])
        assert commit["fingerprint"] == logged["fingerprint"] == dataset.fingerprint()
        assert commit["examples"] == len(dataset.places)
        assert commit["quarantined"] == len(dataset.quarantine())


@pytest.mark.parametrize("how", SELECTIONS)
def test_exports_follow_from_the_specification(
    revision: tuple[str, PlainDataset], how: str
) -> None:
    name, dataset = revision
    wanted = EXPECTED["revisions"][name]["exports"][how]
    data = dataset.export(**SELECTIONS[how])
    assert data.count(b"\n") == wanted["examples"]
    assert hashlib.sha256(data).hexdigest() == wanted["sha256"]


def test_quarantine_is_read(revision: tuple[str, PlainDataset]) -> None:
    name, dataset = revision
    listed = EXPECTED["revisions"][name]["quarantine"]
    told = [
        {**each, "id": each["id"].hex(), "beginning": each["raw"][:200].decode("utf-8", "replace")}
        for each in dataset.quarantine()
    ]
    assert differences(listed, told) == []


def test_removals_adoptions_and_attachments_are_there(reader: PlainReader) -> None:
    view = reader.view()
    first = reader.dataset(reader.commit(view["tags"]["v1"]["commit"])["manifest"])
    second = reader.dataset(reader.commit(view["branches"]["main"])["manifest"])
    assert [each["reason"] for each in first.removals()] == ["near-duplicate", "removed"]
    assert not {each["id"] for each in second.removals()} & set(second.ids())
    assert set(second.sources()) == {"whole.jsonl"}
    assert set(first.sources()) > {"chats.jsonl", "mapped.csv"}
    for dataset in (first, second):
        kept = dataset.manifest["attachments"]["x-unknown"]
        assert b"nobody knows" in reader.object(kept)


def test_a_commit_keeps_the_settings_of_its_time(reader: PlainReader) -> None:
    commit = reader.commit(reader.view()["branches"]["main"])
    assert reader.object(commit["settings"]).startswith(b"[rules]\n")


def test_every_kind_of_record_is_in_it(reader: PlainReader) -> None:
    first = reader.dataset(reader.commit(reader.view()["tags"]["v1"]["commit"])["manifest"])
    kinds = {each["kind"] for each in first.rows()}
    # Which derivation 1 did not have.
    assert kinds == set(Kind) - {Kind.PROMPT, *FOREIGN_KINDS}
    assert any(facts["readers"] for facts in first.facts.values())


# the keys need XXH3, which the standard library lacks


def test_keys_counts_and_fields_follow_from_the_records(
    revision: tuple[str, PlainDataset],
) -> None:
    _, dataset = revision
    for (chunk, _), text, row in zip(dataset.places, dataset.texts(), dataset.rows(), strict=True):
        reading = dataset.facts[chunk]["readers"].get(row["source"], {})
        derived = derive(parse(text)[0], mapping=reading.get("map"))
        assert row["kind"] == derived.kind
        fields = None if derived.fields is None else derived.fields.decode()
        # Schemas were sorted in derivation 1.
        keys = () if b'"functions"' in text else ("content_id", "prompt_id")
        names = (*keys, "turns", "chars", "tokens")
        assert dataset.facts[chunk]["derivation"] == 1
        assert [row[name] for name in names] == [getattr(derived, name) for name in names]
        assert row["fields"] == fields


def test_a_content_id_is_xxh3_of_the_canonical_conversation(reader: PlainReader) -> None:
    dataset = reader.dataset(reader.commit(reader.view()["branches"]["main"])["manifest"])
    row = next(row for row in dataset.rows() if row["turns"] == 2 and row["kind"] == "chat")
    question = '{"messages":[{"content":"How warm is it in Zürich?","role":"user"}]}'.encode()
    answer = '{"messages":[{"content":"About 12 °C.","role":"assistant"}]}'.encode()
    assert row["prompt_id"] == xxhash.xxh3_64_intdigest(question)
    assert row["content_id"] == xxhash.xxh3_64_intdigest(question + b"\n" + answer)
