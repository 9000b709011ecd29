"""The kinds of rules, told apart: about one example, about the set, and a project's own."""

from __future__ import annotations

from collections.abc import Iterable

from vault.rules.kernel.own_rule import OwnRule
from vault.rules.kernel.rule import Rule
from vault.rules.kernel.set_rule import SetRule

AnyRule = Rule | SetRule | OwnRule


def rules_of_examples(rules: Iterable[AnyRule]) -> tuple[Rule, ...]:
    """Return the rules that look at one example at a time."""
    return tuple(rule for rule in rules if isinstance(rule, Rule))


def rules_of_sets(rules: Iterable[AnyRule]) -> tuple[SetRule, ...]:
    """Return the rules that look at a set as a whole."""
    return tuple(rule for rule in rules if isinstance(rule, SetRule))


def project_code(rules: Iterable[AnyRule]) -> tuple[OwnRule, ...]:
    """Return the rules of a project's own that are Python functions, and not loaded."""
    return tuple(rule for rule in rules if isinstance(rule, OwnRule) and rule.python)


def own_expressions(rules: Iterable[AnyRule]) -> tuple[OwnRule, ...]:
    """Return the rules of a project's own that are expressions."""
    return tuple(rule for rule in rules if isinstance(rule, OwnRule) and rule.where)
