"""What the table `[validate]` of `vault.toml` says, checked as a whole. Knows no rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vault.config import Configuration, nearest_key, read_team_section
from vault.errors import InvalidInput

SECTION = "validate"
GATES = ("error", "warning", "off")
_SEVERITIES = ("error", "warning", "off")


@dataclass(frozen=True, slots=True)
class ValidateSettings:
    """The settings of `[validate]`, None where nothing is said.

    `severity` maps codes to `error`, `warning` or `off`; `gate` is one of GATES; `own_rules` are
    tables of the project's own rules, not looked into.
    """

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    target: str | None = None
    gate: str | None = None
    tokenizer: str | None = None
    severity: Mapping[str, str] = field(default_factory=dict)
    own_rules: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names_rules(self) -> bool:
        """Whether something is said that only who knows the rules can check."""
        named = (self.select, self.ignore, self.target)
        return any(named) or bool(self.severity) or bool(self.own_rules)


def validate_settings(folder: Path | None) -> ValidateSettings:
    """Return what the team set.

    Raises InvalidInput (`config-invalid`, `config-key-unknown`) for a mistyped key or a value that
    means nothing, whoever asks for which of them: a gate must not be off by a typing error.
    """
    if folder is None:
        return ValidateSettings()
    team = read_team_section(folder, SECTION)
    return ValidateSettings(
        select=team.texts(f"{SECTION}.select"),
        ignore=team.texts(f"{SECTION}.ignore"),
        target=_target(team),
        gate=_one_of(f"{SECTION}.gate", team.text(f"{SECTION}.gate"), GATES),
        tokenizer=team.text(f"{SECTION}.tokenizer"),
        severity=_severities(team),
        own_rules=team.table(f"{SECTION}.rules"),
    )


def _target(team: Configuration) -> str | None:
    """Return `target`, or the one of `targets`: rules run for one target at a time."""
    one, several = team.text(f"{SECTION}.target"), f"{SECTION}.targets"
    if team.is_text(several):
        listed: tuple[str, ...] = (team.text(several) or "",)
    else:
        listed = team.texts(several) or ()
    if len(listed) + (one is not None) > 1:
        raise _invalid(several, "more than one target", "leave one; --target NAME asks for another")
    return one if one is not None else next(iter(listed), None)


def _severities(team: Configuration) -> dict[str, str]:
    key = f"{SECTION}.severity"
    return {
        code: _one_of(f"{key}.{code}", team.text(f"{key}.{code}"), _SEVERITIES) or ""
        for code in team.table(key)
    }


def _one_of(key: str, value: str | None, known: tuple[str, ...]) -> str | None:
    if value is not None and value not in known:
        near = nearest_key(value, known)
        listed = ", ".join(f'"{each}"' for each in known)
        raise _invalid(key, f'"{value}"', f'did you mean "{near}"?' if near else f"use {listed}")
    return value


def _invalid(key: str, told: str, hint: str) -> InvalidInput:
    return InvalidInput(f"vault.toml: {key} is {told}", code="config-invalid", hint=hint)
