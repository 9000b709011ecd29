"""`validate --fix` and `--quarantine`: what is mended, what goes, and how it comes back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.repositories import chat, copy_of, label, new_backend, opened, write_lines
from vault.errors import InvalidInput
from vault.operations.quarantine.retry import RetryReport
from vault.operations.removals.restore import RestoreReport
from vault.repository import Repository
from vault.store.memory import MemoryBackend

SHAREGPT = (
    '{ "messages":[{"role": "human","content":"caf\\u00e9?"},'
    '{"role":"gpt", "content":"Oui."}], "price": 1.50, "n": 1e3 }'
)
MENDED = SHAREGPT.replace('"human"', '"user"').replace('"gpt"', '"assistant"')
UNANSWERED = json.dumps({"key": 8, "messages": [{"role": "user", "content": "Anyone there?"}]})


@pytest.fixture
def backend(tmp_path: Path) -> MemoryBackend:
    """A stage with four examples: the second can be fixed, the third cannot."""
    made = new_backend()
    lines: list[dict[str, Any] | str] = [chat(1), SHAREGPT, UNANSWERED, chat(2), "[]"]
    path = write_lines(tmp_path / "a.jsonl", lines)
    opened(made, tmp_path).import_files([path], round="r1", workers=1)
    label(made, [1], "quality", "gold")
    return made


def texts(repository: Repository) -> list[str]:
    return [each.data.decode() for each in repository.head(100).items]


def ids(repository: Repository) -> list[str]:
    return [each.id for each in repository.head(100).items]


def again(repository: Repository, folder: Path, lines: Sequence[Any], **options: Any) -> Any:
    path = write_lines(folder / "a.jsonl", lines)
    return repository.import_files([path], workers=1, **options)


def test_a_fix_exchanges_one_text_and_keeps_all_that_is_known_of_the_example(
    backend: MemoryBackend, tmp_path: Path
) -> None:
    repository = opened(backend, tmp_path)
    before = repository.snapshot("STAGE")
    report = repository.validate(fix=True)
    assert texts(repository)[1] == MENDED
    assert texts(repository)[::2] == [json.dumps(chat(1)), UNANSWERED]
    fixed, old = list(repository.snapshot("STAGE"))[1], list(before)[1]
    assert (fixed.line, fixed.round, fixed.source) == (old.line, old.round, old.source)
    assert fixed.labels == old.labels == {"quality": "gold"}
    assert fixed.id != old.id
    assert (report.fixed, report.merged, report.quarantined) == (1, 0, 0)
    assert [(each.code, each.count) for each in report.fixes] == [("FORM004", 2)]
    assert {(each.id, each.into) for each in report.fixes[0].items} == {(old.id, fixed.id)}
    assert [each.code for each in report.findings] == ["TURN001"]


def test_a_fixed_example_is_a_changed_one_and_undo_takes_it_back(
    backend: MemoryBackend, tmp_path: Path
) -> None:
    repository = opened(backend, tmp_path)
    repository.commit("as it came")
    before = ids(repository)
    assert repository.validate(fix=True, quarantine=True).staged is not None
    diff = repository.diff()
    assert (diff.changed, diff.added, diff.removed) == (1, 0, 1)
    back = repository.diff("STAGE", "HEAD")
    assert (back.changed, back.added, back.removed) == (1, 1, 0)
    repository.undo()
    assert ids(repository) == before
    assert not repository.status().has_stage


def test_importing_what_was_fixed_finds_the_fixed_one(
    backend: MemoryBackend, tmp_path: Path
) -> None:
    repository = opened(backend, tmp_path)
    repository.validate(fix=True)
    after = texts(repository)
    lines: list[dict[str, Any] | str] = [chat(1), SHAREGPT, UNANSWERED, chat(2)]
    report = again(repository, tmp_path, lines)
    assert (report.imported, report.duplicates, report.returned) == (0, 4, 0)
    assert texts(repository) == after
    again(repository, tmp_path, lines, mode="replace")
    assert texts(repository) == after
    again(repository, tmp_path, lines, readmit=True)
    assert SHAREGPT in texts(repository)


def test_what_was_fixed_comes_back_when_its_fixed_one_was_replaced(
    backend: MemoryBackend, tmp_path: Path
) -> None:
    repository = opened(backend, tmp_path)
    repository.validate(fix=True)
    again(repository, tmp_path, [chat(1)], mode="replace")
    assert again(repository, tmp_path, [SHAREGPT]).imported == 1


def test_what_was_fixed_stays_out_once_its_fixed_one_was_removed(
    backend: MemoryBackend, tmp_path: Path
) -> None:
    repository = opened(backend, tmp_path)
    repository.validate(fix=True)
    repository.rm([ids(repository)[1]])
    assert again(repository, tmp_path, [SHAREGPT]).returned == 1


def test_a_fix_that_makes_an_example_equal_to_another_leaves_one(tmp_path: Path) -> None:
    repository = opened(new_backend(), tmp_path)
    twin = {"role": "bot", "content": "Oui."}
    lines = [
        {"messages": [{"role": "user", "content": "?"}, each]}
        for each in ({"role": "assistant", "content": "Oui."}, twin, {**twin, "role": "gpt"})
    ]
    again(repository, tmp_path, lines)
    keeper = ids(repository)[0]
    report = repository.validate(fix=True)
    assert (report.fixed, report.merged, report.examples) == (0, 2, 1)
    assert ids(repository) == [keeper]
    assert {each.detail["keeper"] for each in repository.removed().items} == {keeper}


def test_examples_with_errors_go_to_quarantine_and_come_back(
    backend: MemoryBackend, tmp_path: Path
) -> None:
    repository = opened(backend, tmp_path)
    before = texts(repository)
    report = repository.validate(fix=True, quarantine=True)
    assert report.quarantined == 1
    assert len(texts(repository)) == 3
    unread, held = repository.quarantine().quarantined
    assert (unread.code, unread.is_example) == ("not-an-object", False)
    assert (held.code, held.line, held.is_example) == ("TURN001", 3, True)
    assert repository.show_quarantined(held.id[:8]).raw.decode() == UNANSWERED
    removal = repository.removed(reason="quarantine").items[0]
    assert removal.id == held.id and removal.detail["codes"] == ["TURN001"]
    assert again(repository, tmp_path, [UNANSWERED]).returned == 1
    restored = repository.restore_quarantined([held.id[:8]])
    assert isinstance(restored, RestoreReport)
    assert sorted(texts(repository)) == sorted([*before[:1], MENDED, *before[2:]])
    assert [each.code for each in repository.quarantine().quarantined] == ["not-an-object"]


def test_readmitting_brings_back_what_went_to_quarantine(
    backend: MemoryBackend, tmp_path: Path
) -> None:
    repository = opened(backend, tmp_path)
    repository.validate(quarantine=True)
    assert again(repository, tmp_path, [UNANSWERED], readmit=True).imported == 1
    assert len(repository.quarantine().quarantined) == 2


def test_an_example_cannot_be_retried_nor_restored_beside_what_cannot_be_read(
    backend: MemoryBackend, tmp_path: Path
) -> None:
    repository = opened(backend, tmp_path)
    repository.validate(quarantine=True)
    names = [each.id for each in repository.quarantine().quarantined]
    with pytest.raises(InvalidInput) as refused:
        repository.retry_quarantine([names[1]])
    assert refused.value.code == "entry-readable"
    with pytest.raises(InvalidInput) as refused:
        repository.restore_quarantined(names[:2])
    assert refused.value.code == "entries-mixed"
    assert isinstance(repository.retry_quarantine(), RetryReport)
    assert len(repository.quarantine().quarantined) == 3


def test_a_dry_run_tells_the_same_and_changes_nothing(
    backend: MemoryBackend, tmp_path: Path
) -> None:
    told = opened(copy_of(backend), tmp_path).validate(fix=True, quarantine=True)
    repository = opened(backend, tmp_path)
    before = ids(repository), len(repository.operations().items)
    looked = repository.validate(fix=True, quarantine=True, dry_run=True)
    assert (looked.fixes, looked.fixed, looked.quarantined) == (
        told.fixes,
        told.fixed,
        told.quarantined,
    )
    assert (ids(repository), len(repository.operations().items)) == before
    assert looked.staged == told.staged and looked.errors_left == told.errors_left


def test_only_the_stage_can_be_mended(backend: MemoryBackend, tmp_path: Path) -> None:
    repository = opened(backend, tmp_path)
    repository.commit("one")
    with pytest.raises(InvalidInput) as refused:
        repository.validate("HEAD", quarantine=True)
    assert refused.value.code == "mend-needs-stage"


def test_mending_twice_changes_nothing_more(backend: MemoryBackend, tmp_path: Path) -> None:
    repository = opened(backend, tmp_path)
    repository.validate(fix=True, quarantine=True)
    count = len(repository.operations().items)
    report = repository.validate(fix=True, quarantine=True)
    assert (report.fixed, report.quarantined, report.errors) == (0, 0, 0)
    assert len(repository.operations().items) == count


def test_records_that_were_read_by_a_mapping_are_left_as_they_are(tmp_path: Path) -> None:
    repository = opened(new_backend(), tmp_path)
    lines = [{"q": "Hello?", "a": "\ufeffHi."}]
    again(repository, tmp_path, lines, mapping={"user": "q", "assistant": "a"})
    report = repository.validate(fix=True)
    assert (report.fixed, report.warnings) == (0, 1)
