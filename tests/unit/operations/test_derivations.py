"""Chunks of an older derivation are seen as the present one sees them, everywhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.support.library import NOW, Library, chat
from tests.support.old_derivation import old_derivation
from vault.dataset.changing.stage import change_stage
from vault.dataset.changing.write_labels import with_labels
from vault.dataset.reading import derived_chunks
from vault.dataset.reading.dataset import Dataset
from vault.formats.layouts.registry import derive_stored, derive_values
from vault.objects.conversation import DERIVATION, Kind
from vault.objects.labels.label_set import Label
from vault.objects.manifest import Manifest
from vault.operations.history.show import ExampleShown
from vault.session.context import Draft
from vault.session.expression_cache import ColumnCache

FIRST = [
    chat("What is the capital of France?", "Paris."),
    chat("Name a prime.", "Seven.", topic="numbers"),
    {"question": "How many legs have six cats?", "answer": "24", "level": 1},
    {"input": "Translate: Hund", "output": "dog", "metadata": {"language": "de"}},
    {"prompt": "Write a poem about rain."},
    {"instruction": "Say hello.", "input": "", "output": "Hello."},
    {"chosen": "yes", "rejected": "no", "prompt": "Is it?"},
    {"text": "Plain words, many of them, in a row."},
    {"unknown": {"layout": True}},
]
SECOND = [
    chat("What is the capital of France?", "Paris.", source="again"),
    {"prompt": "How many legs have six cats?", "completion": "24"},
    {"query": "Translate: Hund", "response": "dog"},
    chat("Name another prime.", "Eleven."),
]
EDITED = [
    chat("What is the capital of France?", "It is Paris."),
    chat("Name a prime.", "Seven.", topic="arithmetic"),
    {"question": "How many legs have six cats?", "answer": "24 legs", "level": 1},
    {"input": "Translate: Hund", "output": "dog", "metadata": {"language": "German"}},
    *FIRST[4:],
]


def filled(folder: Path, old: Sequence[int]) -> Library:
    """Return a repository in three rounds, those of `old` written by an older derivation.

    The third round edits the first, so that labels are carried from one to the other.
    """
    library = Library(folder)
    for number, (records, mode) in enumerate([(FIRST, "append"), (SECOND, "append")]):
        library.write(f"{number}.jsonl", records)
        with old_derivation() if number in old else nullcontext():
            library.run(f"{number}.jsonl", mode=mode, workers=1)
        if number == 0:
            labelled(library)
        library.repository.commit(f"round {number}")
        library.repository.tag(f"v{number}")
    library.write("0.jsonl", EDITED)
    with old_derivation() if 2 in old else nullcontext():
        library.run("0.jsonl", mode="replace", workers=1)
    return library


def labelled(library: Library) -> None:
    """Label every example with a quality, and with a side of a split."""

    def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, None]:
        labels = {
            int(key): {
                name: Label(name, value, "ada", NOW)
                for name, value in (("quality", f"q{at}"), ("split", "train"))
            }
            for at, key in enumerate(dataset.keys().tolist())
        }
        return with_labels(dataset, labels), None

    change_stage(library.repository._context(), change)


def answers(library: Library) -> dict[str, Any]:
    """Return everything that is asked of a repository and must not depend on a derivation."""
    repository = library.repository
    diff, against = repository.diff("v0", "STAGE"), repository.diff("v0", "v1")
    duplicates = repository.dedupe(dry_run=True, yes=True)
    validated = repository.validate()
    snapshot = repository.snapshot("STAGE")
    return {
        "diff": [(each.change, each.id, each.old_id, each.what) for each in diff.items],
        "differences": [(d.added, d.removed, d.changed, d.relabelled) for d in (diff, against)],
        "counts": [repository.status().staged, [c.counts for c in repository.log().commits]],
        "duplicates": [
            duplicates.exact,
            duplicates.near,
            duplicates.items,
            duplicates.not_compared,
        ],
        "findings": validated.findings,
        "examples": [(e.id, e.kind, e.labels, e.turns, e.chars, e.tokens) for e in snapshot],
        "export": library.records(),
        "chats": [snapshot.losses("trl-chat"), snapshot.losses("trl-prompt-completion")],
        "fields": [
            e.id for e in snapshot.where("data.metadata.language = 'German' OR data.level = 1")
        ],
        "prompts": [e.id for e in snapshot.where("prompt ILIKE '%legs%' AND turns = 2")],
        "sql": repository.sql(
            "SELECT kind, count(*), sum(chars) FROM examples GROUP BY ALL ORDER BY ALL"
        ).rows,
        "shown": [shown(library, each.id) for each in snapshot],
        "labels": [each.labels for each in snapshot],
    }


def shown(library: Library, example: str) -> tuple[Any, ...]:
    found = library.repository.show(example)
    assert isinstance(found, ExampleShown)
    return (found.kind, found.content_id, found.prompt_id)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a repository of the present derivation alone answers."""
    return answers(filled(tmp_path_factory.mktemp("present"), old=()))


@pytest.mark.parametrize("old", [(0,), (0, 1, 2), pytest.param((1, 2), marks=pytest.mark.slow)])
def test_answers_do_not_depend_on_which_derivation_wrote_a_chunk(
    old: tuple[int, ...], wanted: dict[str, Any], tmp_path: Path
) -> None:
    found = answers(filled(tmp_path, old))
    assert found == wanted
    # Nothing stored was changed for it, and a second look says the same.
    assert found == answers(Library(tmp_path))


def test_the_question_covers_what_an_older_derivation_gets_wrong(wanted: dict[str, Any]) -> None:
    """The answers above are worth comparing: there are pairs, duplicates, edits and labels."""
    kinds = {kind for _, kind, *_ in wanted["examples"]}
    assert {"prompt-completion", "prompt", "chat", "alpaca", "preference", "text", "raw"} <= kinds
    assert wanted["duplicates"][0] >= 1
    assert wanted["differences"][0][2] >= 4
    assert any(each.get("quality") for each in wanted["labels"])
    assert wanted["fields"] and wanted["prompts"]


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of two tests are the same, and what a process holds of them outlasts a repository."""
    monkeypatch.setattr(derived_chunks, "_HELD", ColumnCache())


def derived_chunks_of(library: Library) -> Iterator[Path]:
    return (library.folder / ".vault/catalogue/derived").rglob("*.arrays")


def test_a_chunk_is_derived_once_and_kept(tmp_path: Path) -> None:
    library = filled(tmp_path, old=(0, 1))
    with patch.object(derived_chunks, "derive_stored", side_effect=AssertionError):
        answers(library)  # what the import had to know was kept
    kept = sorted(derived_chunks_of(library))
    assert len(kept) == 2
    for each in kept:
        each.unlink()
    answers(library)
    assert sorted(derived_chunks_of(library)) == kept


def test_what_is_kept_is_made_again_if_it_is_damaged(
    tmp_path: Path, wanted: dict[str, Any]
) -> None:
    library = filled(tmp_path, old=(0,))
    for each in derived_chunks_of(library):
        data = bytearray(each.read_bytes())
        data[len(data) // 2] ^= 1
        each.write_bytes(data)
    assert answers(library) == wanted


def test_where_nothing_can_be_kept_a_process_derives_once(
    tmp_path: Path, wanted: dict[str, Any]
) -> None:
    library = filled(tmp_path, old=(0, 1))
    shutil.rmtree(library.folder / ".vault/catalogue")
    (library.folder / ".vault/catalogue").write_text("a file, where a folder would be")
    calls = []
    real = derive_stored

    def counted(*arguments: Any) -> Any:
        calls.append(arguments)
        return real(*arguments)

    with patch.object(derived_chunks, "derive_stored", counted):
        assert answers(library) == wanted
        assert answers(library) == wanted
    assert len(calls) == len(FIRST) + len(SECOND)


def test_garbage_collection_forgets_what_no_dataset_needs(tmp_path: Path) -> None:
    library = filled(tmp_path, old=(0, 1))
    folder = library.folder / ".vault/catalogue/derived"
    kept = sorted(derived_chunks_of(library))
    for other in (folder / "1" / kept[0].name, folder / "2" / f"{'0' * 64}.arrays"):
        other.parent.mkdir(exist_ok=True)
        other.write_bytes(kept[0].read_bytes())
    leftovers = [kept[0].with_suffix(".damaged"), kept[0].with_name("draft-123-0a1b2c3d4e5f6789")]
    for each in leftovers:
        each.write_bytes(b"torn")
    library.repository.gc(undo_days=0)
    assert sorted(derived_chunks_of(library)) == kept
    assert not any(each.exists() for each in leftovers)


def test_a_later_derivation_is_derived_again_too(tmp_path: Path, wanted: dict[str, Any]) -> None:
    """A program that is older than a chunk reads it by its own rules, whatever kind it names."""
    library = filled(tmp_path / "a", old=())

    def of_a_later_kind(record: Any, kind: Any, mapping: Any) -> Any:
        return ("thread", *derive_values(record, kind, mapping)[1:])

    with (
        patch("vault.dataset.reading.write_records.derive_values", of_a_later_kind),
        patch("vault.objects.chunk.DERIVATION", DERIVATION + 1),
    ):
        later = filled(tmp_path / "b", old=())
    assert answers(later) == answers(library) == wanted


def test_a_kind_that_a_record_is_not_counts_for_nothing(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("a.jsonl", [{"text": "one"}, {"text": "two"}])

    def lying(record: Any, kind: Any, mapping: Any) -> Any:
        return (Kind.CHAT, 7, 7, 1, 1, 1, None)

    with (
        patch("vault.dataset.reading.write_records.derive_values", lying),
        patch("vault.objects.chunk.DERIVATION", 1),
    ):
        library.run("a.jsonl", workers=1)
    assert [(e.kind, e.turns) for e in library.repository.snapshot("STAGE")] == [("text", 0)] * 2
    assert library.repository.dedupe(dry_run=True).not_compared == 0
