"""What a repository answers to every command that reads, as JSON values that can be kept."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vault.dataset.choosing.select import Selection
from vault.repository import Repository

REVISIONS = ("v1", "main", "STAGE")
SELECTIONS: dict[str, dict[str, Any]] = {
    "whole": {},
    "sample": {"sample": 7, "seed": 3},
    "shuffle": {"shuffle": True, "seed": 5},
    "train": {"split": "train"},
}
"""Ways to export."""


def answers_of(repository: Repository, folder: Path) -> dict[str, Any]:
    """Return the answers; exports go to `folder` and are told by their SHA-256."""
    return {
        "status": plain(repository.status()),
        "log": plain(repository.log()),
        "tags": plain(repository.tags()),
        "revisions": {name: revision(repository, name, folder) for name in REVISIONS},
        "diffs": {
            f"{old}..{new}": [plain(each.to_json()) for each in repository.iterate_diff(old, new)]
            for old, new in [("v1", "main"), ("main", "STAGE")]
        },
        "shown": {name: plain(repository.show(name)) for name in REVISIONS[:2]},
    }


def revision(repository: Repository, name: str, folder: Path) -> dict[str, Any]:
    """Return what can be asked about one revision."""
    return {
        "ids": ids(repository, name, folder),
        "exports": {how: exported(repository, name, folder, how) for how in SELECTIONS},
        "quarantine": plain(repository.quarantine(name))["quarantined"],
    }


def exported(repository: Repository, name: str, folder: Path, how: str) -> dict[str, Any]:
    """Return commit, count and SHA-256 of an export as JSON Lines."""
    target = folder / "export.jsonl"
    report = repository.export(
        name, output=str(target), selection=Selection(**SELECTIONS[how]), force=True
    )
    data = target.read_bytes()
    assert hashlib.sha256(data).hexdigest() == report.sha256
    return {"commit": report.commit, "examples": report.examples, "sha256": report.sha256}


def ids(repository: Repository, name: str, folder: Path) -> list[str]:
    """Return the ids of a revision in order, as an export writes them."""
    target = folder / "ids.jsonl"
    repository.export(name, output=str(target), extras=("id",), force=True)
    return [json.loads(line)["_vault"]["id"] for line in target.read_bytes().splitlines()]


def plain(value: Any) -> Any:
    """Return reports as JSON values: numbers without a double as texts, paths left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [each.name for each in dataclasses.fields(value)]
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value)


def differences(expected: Any, actual: Any, where: str = "") -> list[str]:
    """Return where `actual` lacks or contradicts `expected`; members beyond it are welcome."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [
            each
            for name, value in expected.items()
            for each in (
                differences(value, actual[name], f"{where}/{name}")
                if name in actual
                else [f"{where}/{name} is missing"]
            )
        ]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        pairs = enumerate(zip(expected, actual, strict=True))
        return [each for at, (a, b) in pairs for each in differences(a, b, f"{where}/{at}")]
    return [] if expected == actual else [f"{where}: {expected!r} became {actual!r}"]
