"""`clean`: one operation that fixes, quarantines and dedupes, wholly or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import vault
from tests.support.repositories import chat, write_lines
from vault.errors import Conflict
from vault.repository import Repository

UNANSWERED = {"messages": [{"role": "user", "content": "Anyone there?"}]}
BOT = {"messages": [{"role": "user", "content": "Hi"}, {"role": "bot", "content": "Hello."}]}
PLAIN = {"messages": [BOT["messages"][0], {"role": "assistant", "content": "Hello."}]}
OTHER_BOT = {"messages": [{"role": "human", "content": "Why?"}, PLAIN["messages"][1]]}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Seven lines: one unreadable, one to fix, one to merge, one with an error, one duplicate."""
    made = vault.init(str(tmp_path))
    lines: list[dict[str, Any] | str] = [
        "{broken",
        chat(1),
        PLAIN,
        BOT,
        OTHER_BOT,
        UNANSWERED,
        chat(1, note="again"),
    ]
    made.import_files([write_lines(tmp_path / "a.jsonl", lines)], workers=1)
    return made


def counts(repository: Repository, **options: bool) -> list[tuple[str, int, int, int]]:
    report = repository.clean(**options)
    return [(each.name, each.before, each.after, each.removed) for each in report.steps]


STEPS = [("parse", 7, 6, 1), ("fix", 6, 5, 1), ("quarantine", 5, 4, 1), ("dedupe", 4, 3, 1)]


def test_the_funnel_tells_what_is_left_and_undo_takes_all_of_it_back(
    repository: Repository,
) -> None:
    before = [each.id for each in repository.head(10).items]
    operations = len(repository.operations().items)
    assert counts(repository) == STEPS
    assert len(repository.head(10).items) == 3
    assert len(repository.operations().items) == operations + 1
    reasons = {each.reason for each in repository.removed().items}
    assert reasons == {"fixed", "quarantine", "exact-duplicate"}
    repository.undo()
    assert [each.id for each in repository.head(10).items] == before


def test_a_dry_run_tells_the_same_and_changes_nothing(repository: Repository) -> None:
    before = repository.status(), repository.operations()
    assert counts(repository, dry_run=True) == STEPS
    assert (repository.status(), repository.operations()) == before


def test_cleaning_twice_changes_nothing_more(repository: Repository) -> None:
    repository.clean()
    operations = len(repository.operations().items)
    assert [each[3] for each in counts(repository)] == [1, 0, 0, 0]
    assert len(repository.operations().items) == operations


def test_where_too_much_would_go_nothing_is_changed(tmp_path: Path) -> None:
    repository = vault.init(str(tmp_path))
    lines = [UNANSWERED, *(chat(1, note=number) for number in range(200))]
    repository.import_files([write_lines(tmp_path / "a.jsonl", lines)], workers=1)
    before = repository.status()
    with pytest.raises(Conflict) as refused:
        repository.clean()
    assert refused.value.code == "dedupe-too-much"
    assert repository.status() == before
    assert repository.clean(yes=True).steps[-1].after == 1
