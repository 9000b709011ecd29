"""What `dedupe` is told by the caller, else by `vault.toml`, else what is usual."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vault.config import read_team_section
from vault.dataset.reading.compared_texts import Part
from vault.errors import InvalidInput
from vault.operations.duplicates.plan.keep_policy import check_policy
from vault.operations.duplicates.plan.plan import Comparing


def comparing_of(folder: Path | None, **given: Any) -> Comparing:
    """Return what counts as a duplicate; `given` are fields of Comparing, None where not said.

    `[dedupe]` of `vault.toml` may say `threshold`, `on`, `keep`, `within` and `count_shared`.
    Raises InvalidInput (`config-invalid`, `config-key-unknown`, `part-unknown`).
    """
    said = {name: value for name, value in given.items() if value is not None}
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


def _part(name: str) -> Part:
    try:
        return Part(name)
    except ValueError:
        raise InvalidInput(
            f'"{name}" is no part of a conversation',
            code="part-unknown",
            hint=f"use {', '.join(Part)}",
        ) from None
