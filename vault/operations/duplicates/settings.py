"""Options of `dedupe`: the caller's, else those of `vault.toml`, else the usual ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict, cast

from vault.config import read_team_section
from vault.dataset.reading.compared_texts import Part
from vault.errors import InvalidInput
from vault.operations.duplicates.dedupe import DedupeOptions
from vault.operations.duplicates.plan.keep_policy import check_policy
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.duplicates.workers.open_engine import LOCAL


class ComparingArguments(TypedDict, total=False):
    """Fields of `Comparing`; what is None is as `[dedupe]` of vault.toml says."""

    exact: bool | None
    threshold: float | None
    on: str | None
    keep: str | None
    within: str | None
    count_shared: bool | None


class DedupeArguments(ComparingArguments, total=False):
    """Fields of `DedupeOptions` that are seldom given, and of the `Comparing` that they hold."""

    all_pairs: bool
    engine: str
    format: str | None
    mapping: Mapping[str, str] | None


def comparing_of(folder: Path | None, given: ComparingArguments) -> Comparing:
    """Return what counts as a duplicate.

    `[dedupe]` of `vault.toml` may say `threshold`, `on`, `keep`, `within` and `count_shared`.
    Raises InvalidInput (`config-invalid`, `config-key-unknown`, `part-unknown`).
    """
    said: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if folder is not None:
        team = read_team_section(folder, "dedupe")
        usual: dict[str, Any] = {
            "threshold": team.number("dedupe.threshold"),
            "on": team.text("dedupe.on"),
            "keep": team.text("dedupe.keep"),
            "within": team.text("dedupe.within"),
            "count_shared": team.boolean("dedupe.count_shared"),
        }
        said = {**{name: each for name, each in usual.items() if each is not None}, **said}
    if "on" in said:
        said["on"] = _part(str(said["on"]))
    if "keep" in said:
        check_policy(said["keep"])
    return Comparing(**said)


def options_of(folder: Path | None, given: DedupeArguments) -> DedupeOptions:
    """Return the options that arguments make. Raises what `comparing_of` raises."""
    rest: dict[str, Any] = {**given, "engine": str(given.get("engine", LOCAL))}
    names = ComparingArguments.__annotations__
    comparing = {name: rest.pop(name) for name in names if name in rest}
    return DedupeOptions(comparing_of(folder, cast(ComparingArguments, comparing)), **rest)


def _part(name: str) -> Part:
    try:
        return Part(name)
    except ValueError:
        raise InvalidInput(
            f'"{name}" is no part of a conversation',
            code="part-unknown",
            hint=f"use {', '.join(Part)}",
        ) from None
