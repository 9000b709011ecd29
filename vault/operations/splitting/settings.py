"""The rule of a split: as typed, as `vault.toml` says, or as the dataset records it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

from vault.config import TEAM_FILE, Configuration, read_team_section
from vault.dataset.choosing.where import check_expression, check_setting
from vault.errors import InvalidInput
from vault.objects.labels.label_name import UNASSIGNED
from vault.objects.manifest import Attachment, Manifest
from vault.objects.split_rule import NAME, SplitRule, encode_split_rule
from vault.store.object_store import ObjectStore

SECTION = "split"
_SIDE = re.compile(r"[a-z][a-z0-9_-]*")
_SLACK = 1e-9
"""What shares may miss 1 by: 0.7, 0.2 and 0.1 do not add up to it exactly."""

_EXAMPLE = "vault split train=0.9 validation=0.1"

Shares = Mapping[str, float | str]
"""Sides in order, each with its share; a text is read as a number."""


class SplitArguments(TypedDict, total=False):
    """Parts of a rule; what is None is as `[split]` of vault.toml says, or as recorded."""

    seed: int | None
    group_by: str | None
    stratify: str | None
    hold_out: str | None


def typed_rule(sides: Shares | None, given: SplitArguments) -> Mapping[str, Any]:
    """Return what was typed of a rule, checked, by the names of `SplitRule`.

    Raises InvalidInput (`shares-invalid`, `side-invalid`), InvalidExpression.
    """
    said: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if sides:
        said["sides"] = checked_shares(sides)
    if "hold_out" in said:
        check_expression(said["hold_out"])
    return said


def rule_for(
    folder: Path | None, recorded: SplitRule | None, typed: Mapping[str, Any]
) -> SplitRule | None:
    """Return the rule to follow; None if no sides are named anywhere.

    What is typed comes before `[split]` of vault.toml. The dataset's own record is the rule as long
    as neither names sides; once one of them does, nothing of it holds any more. Raises InvalidInput
    (`config-invalid`, `config-key-unknown`, `shares-invalid`, `side-invalid`), InvalidExpression
    (`expression-invalid`).
    """
    said = {**_team_rule(folder), **typed}
    if recorded is not None and "sides" not in said:
        return replace(recorded, **said)
    return SplitRule(**said) if "sides" in said else None


def rule_missing() -> InvalidInput:
    """Return the error for a split without sides."""
    return InvalidInput(
        "no sides are named: not here, not in vault.toml, and none were recorded",
        code="split-rule-missing",
        hint=f"name them with their shares: `{_EXAMPLE}`",
    )


def checked_shares(sides: Shares, place: str = "") -> dict[str, float]:
    """Return the share of each side. Raises InvalidInput (`shares-invalid`, `side-invalid`)."""
    shares = {_side(name, place): _share(name, share, place) for name, share in sides.items()}
    total = math.fsum(shares.values())
    if abs(total - 1) > _SLACK:
        largest = max(shares, key=shares.__getitem__)
        fitting = round(shares[largest] + 1 - total, 9)
        words = " ".join(
            f"{name}={fitting if name == largest else share:.9g}" for name, share in shares.items()
        )
        raise InvalidInput(
            f"{place}shares of {', '.join(shares)} add up to {total:.9g}, not to 1",
            code="shares-invalid",
            hint=f"such as {words}" if fitting > 0 else f"such as {_EXAMPLE}",
        )
    return shares


def _side(name: str, place: str) -> str:
    if _SIDE.fullmatch(name) and name != UNASSIGNED:
        return name
    meant = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_0123456789") or "validation"
    if name == UNASSIGNED:
        message = f'{place}"{name}" is what export calls the examples that are on no side'
        meant = "rest"
    else:
        message = f'{place}"{name}" cannot be the name of a side'
    raise InvalidInput(
        message,
        code="side-invalid",
        hint=f"use small letters, digits, _ and -, beginning with a letter: {meant}",
    )


def _share(name: str, share: float | str, place: str) -> float:
    try:
        number = math.nan if isinstance(share, bool) else float(share)
    except (TypeError, ValueError):
        number = math.nan
    if 0 < number <= 1:
        return number
    percent = str(share).strip().removesuffix("%")
    number = float(percent) if percent.replace(".", "", 1).isdigit() else number
    fraction = number / 100 if 1 < number <= 100 else 0.9
    raise InvalidInput(
        f'{place}the share of {name} is "{share}", not a number above 0 and at most 1',
        code="shares-invalid",
        hint=f"write {name}={fraction:.9g}",
    )


def _team_rule(folder: Path | None) -> dict[str, Any]:
    """Return what `[split]` of vault.toml says, by the names of `SplitRule`."""
    if folder is None:
        return {}
    team = read_team_section(folder, SECTION)
    said: dict[str, Any] = {
        "seed": team.integer("split.seed"),
        **{each: team.text(f"split.{each}") for each in ("group_by", "stratify", "hold_out")},
    }
    said = {name: value for name, value in said.items() if value is not None}
    if "hold_out" in said:
        check_setting(f"{TEAM_FILE}: split.hold_out", said["hold_out"])
    sides = _team_sides(team)
    return {**said, "sides": sides} if sides else said


def _team_sides(team: Configuration) -> dict[str, float]:
    sides = team.table("split.sides")
    return checked_shares(sides, f"{TEAM_FILE}: split.sides: ") if sides else {}


def with_rule(store: ObjectStore, manifest: Manifest, rule: SplitRule) -> Manifest:
    """Return the manifest with a rule recorded."""
    stored = Attachment(store.put(encode_split_rule(rule)))
    return replace(manifest, attachments={**manifest.attachments, NAME: stored})
