"""Which rules run: those selected by codes or names, for a target, with severities changed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from vault.errors import InvalidInput, NotFound
from vault.rules.codes import ALL_RULES, FAMILIES
from vault.rules.kernel.any_rule import AnyRule
from vault.rules.kernel.rule import TARGETS, Severity
from vault.rules.kernel.set_rule import SetRule

ALL = "ALL"
"""The word that selects every rule, also those that are off by default."""

OFF = "off"
"""The word that turns a rule off where a severity is expected."""


@dataclass(frozen=True, slots=True)
class RuleSelection:
    """What is asked for: codes, beginnings of codes, or names; and a target.

    Nothing in `select` means the rules that are on by default. `severity` maps codes to `error`,
    `warning` or `off`.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    target: str | None = None
    severity: Mapping[str, str] = field(default_factory=dict)


def selected_rules(
    selection: RuleSelection, known: Mapping[str, AnyRule] = ALL_RULES
) -> tuple[AnyRule, ...]:
    """Return the rules to run, in the order of the table `known`.

    A rule of targets runs for those alone, unless its whole code or name is selected. Raises
    NotFound (`rule-not-found`), InvalidInput (`target-unknown`, `severity-invalid`).
    """
    target = selection.target
    if target is not None and target not in TARGETS:
        near = difflib.get_close_matches(target, TARGETS, n=1)
        raise InvalidInput(
            f'"{target}" is no provider or trainer that rules know',
            code="target-unknown",
            hint=f"did you mean {near[0]}?" if near else f"one of {', '.join(TARGETS)}",
        )
    named = {code for word in selection.select for code in _whole(word, known)}
    wanted = {code for word in selection.select for code in matching_codes(word, known)}
    dropped = {code for word in selection.ignore for code in matching_codes(word, known)}
    severities = _severities(selection.severity, known)
    chosen = []
    for code, rule in known.items():
        is_meant = code in wanted if selection.select else rule.is_default
        fits = not rule.targets or target in rule.targets or code in named
        severity = severities.get(code, rule.severity)
        if is_meant and fits and code not in dropped and severity != OFF:
            chosen.append(_meant(rule, Severity(severity), target))
    return tuple(chosen)


def _meant(rule: AnyRule, severity: Severity, target: str | None) -> AnyRule:
    if isinstance(rule, SetRule):
        return replace(rule, severity=severity, target=target)
    return rule if rule.severity == severity else replace(rule, severity=severity)


def matching_codes(word: str, known: Mapping[str, AnyRule] = ALL_RULES) -> list[str]:
    """Return the codes that a word means: a code, the beginning of codes, a name, or ALL.

    Raises NotFound (`rule-not-found`).
    """
    if word.upper() == ALL:
        return list(known)
    found = _whole(word, known)
    found = found or [code for code in known if word and code.startswith(word.upper())]
    if not found:
        raise _unknown(word, known)
    return found


def _whole(word: str, known: Mapping[str, AnyRule]) -> list[str]:
    return [
        code for code, rule in known.items() if word.upper() == code or word.lower() == rule.name
    ]


def _severities(given: Mapping[str, str], known: Mapping[str, AnyRule]) -> dict[str, str]:
    result = {}
    for word, severity in given.items():
        if severity not in (*Severity, OFF):
            raise InvalidInput(
                f'the severity of {word} is "{severity}"',
                code="severity-invalid",
                hint="use error, warning or off",
            )
        result.update(dict.fromkeys(matching_codes(word, known), severity))
    return result


def _unknown(word: str, known: Mapping[str, AnyRule]) -> NotFound:
    words = [*known, *(rule.name for rule in known.values()), *FAMILIES]
    near = difflib.get_close_matches(word.upper(), words, n=1)
    near = near or difflib.get_close_matches(word.lower(), words, n=1)
    return NotFound(
        f'no rule has the code or name "{word}"',
        code="rule-not-found",
        hint=f"did you mean {near[0]}?" if near else "`vault validate --explain ALL` lists them",
    )
