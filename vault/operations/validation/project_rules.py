"""A project's own rules: expressions below `[validate.rules]` of `vault.toml`, run like any rule.

[validate.rules.TEAM001]
name = "ticket-without-topic"
where = "data.metadata.topic is null"    # an example with the fault satisfies it
severity = "warning"
message = "the ticket has no topic"
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vault.config import nearest_key, read_team_section
from vault.dataset.choosing.where import check_expression, check_setting, find_matches
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.sources import source_of_each
from vault.errors import InvalidInput
from vault.objects.runs import RowKeys
from vault.operations.validation.examine_rows import Finding
from vault.operations.validation.python_rules import is_place, load_check
from vault.operations.validation.run_rules import find_faults
from vault.rules.codes import ALL_RULES, FAMILIES, SET_RULES
from vault.rules.kernel.any_rule import AnyRule, own_expressions
from vault.rules.kernel.own_rule import OwnRule
from vault.rules.kernel.rule import Rule, Severity, Trigger
from vault.rules.selection import ALL
from vault.session.context import Context

_SECTION = "validate.rules"
_CODE = re.compile(r"[A-Z][A-Z0-9]{1,15}")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MEMBERS = ("name", "where", "python", "severity", "message")


def known_rules(folder: Path | None) -> Mapping[str, AnyRule]:
    """Return every rule by its code: those of vault, then a project's own.

    Raises InvalidInput (`config-invalid`), InvalidExpression (`expression-invalid`).
    """
    if folder is None:
        return ALL_RULES
    own = read_team_section(folder, "validate").table(_SECTION)
    made = {code: _own_rule(code, said) for code, said in own.items()}
    names = Counter(rule.name for rule in made.values())
    for name in (name for name, count in names.items() if count > 1):
        raise _invalid(f'two rules are called "{name}"', "give each a name of its own")
    return {**ALL_RULES, **made} if made else ALL_RULES


def all_faults(context: Context, dataset: Dataset, rules: Sequence[AnyRule]) -> Iterator[Finding]:
    """Yield every fault that some rules find, a project's own among them.

    Findings of an example come one after the other, examples in order; then those in which only own
    rules found anything, then those of the set. A field that occurs nowhere is missing in every
    example. Costs what `find_faults` does, and what each expression reads. Raises what
    `matching_mask` raises, but for names that are unknown, and Corrupt.
    """
    own = own_expressions(rules)
    usual = [rule for rule in rules if not isinstance(rule, OwnRule)]
    found = find_faults(context, dataset, usual) if usual else iter(())
    if not own:
        yield from found
        return
    hits = _hits(context, dataset, own, dataset.keys())
    for (name, is_of_set), of_one in groupby(found, lambda each: (each.id, each.code in SET_RULES)):
        yield from hits.rest() if is_of_set else ()
        yield from of_one
        yield from () if name is None else hits.take(name)
    yield from hits.rest()


@dataclass(slots=True)
class _Hits:
    """The examples that own rules found, in order: a row of `masks` for each rule."""

    rules: Sequence[OwnRule]
    masks: Sequence[NDArray[np.bool_]]
    ids: Sequence[str]
    sources: Sequence[str]
    lines: Sequence[int]
    left: dict[str, int]

    def take(self, name: str) -> Iterator[Finding]:
        """Yield what was found in one example, which is then done."""
        at = self.left.pop(name, None)
        for rule, mask in zip(self.rules, self.masks, strict=True) if at is not None else ():
            if at is not None and mask[at]:
                severity = str(rule.severity)
                place = self.ids[at], self.sources[at], self.lines[at]
                yield Finding(rule.code, rule.name, severity, *place, rule.why, "")

    def rest(self) -> Iterator[Finding]:
        """Yield what was found in the examples that were not taken."""
        for name in list(self.left):
            yield from self.take(name)


def find_own_faults(
    context: Context, dataset: Dataset, own: Sequence[OwnRule], keys: RowKeys
) -> Iterator[Finding]:
    """Yield the findings of a project's own expressions in some rows. Costs as `all_faults`."""
    yield from _hits(context, dataset, own, keys).rest()


def _hits(context: Context, dataset: Dataset, own: Sequence[OwnRule], keys: RowKeys) -> _Hits:
    masks = [_mask(context, dataset, keys, rule) for rule in own]
    hit = np.logical_or.reduce(masks)
    rows = keys[hit]
    table = dataset.columns(rows, ["id", "line"])
    ids = [each.tobytes().hex() for each in ids_of(table)]
    return _Hits(
        own,
        [mask[hit] for mask in masks],
        ids,
        source_of_each(dataset, rows),
        table.column("line").to_pylist(),
        {name: at for at, name in enumerate(ids)},
    )


def _mask(context: Context, dataset: Dataset, keys: RowKeys, rule: OwnRule) -> NDArray[np.bool_]:
    return find_matches(context, dataset, keys, check_expression(rule.where)).mask


def _own_rule(code: str, said: Any) -> OwnRule:
    """Return a rule of `vault.toml`, checked."""
    place = f"{_SECTION}.{code}"
    if not _CODE.fullmatch(code) or code == ALL or code.startswith(tuple(FAMILIES)):
        raise _invalid(
            f"{code} cannot be the code of a rule of your own",
            f"use capital letters and digits that begin with none of {', '.join(FAMILIES)}",
        )
    if not isinstance(said, dict):
        raise _invalid(f"{place} is not a table", f"write {', '.join(_MEMBERS)} below it")
    for member in said.keys() - set(_MEMBERS):
        near = nearest_key(member, _MEMBERS)
        raise InvalidInput(
            f"vault.toml: unknown key {place}.{member}",
            code="config-key-unknown",
            hint=f"did you mean {near}?" if near else f"known are {', '.join(_MEMBERS)}",
        )
    for member in _MEMBERS:
        if not isinstance(said.get(member, ""), str):
            raise _invalid(f"{place}.{member} is not text", f"change {place}.{member} to text")
    name = said.get("name", code.lower())
    if not _NAME.fullmatch(name) or any(rule.name == name for rule in ALL_RULES.values()):
        raise _invalid(
            f'{place}.name is "{name}"', "use words of small letters with dashes, none of vault's"
        )
    severity = said.get("severity", str(Severity.WARNING))
    if severity not in tuple(Severity):
        raise _invalid(f'{place}.severity is "{severity}"', "write `error` or `warning`, in quotes")
    where, python = said.get("where", ""), said.get("python", "")
    if bool(where) == bool(python):
        raise _invalid(f"{place} has no expression", f'write where = "tokens > 4000" below {place}')
    if python and not is_place(python):
        raise _invalid(f'{place}.python is "{python}"', 'write such as "checks.py:is_polite"')
    if where:
        check_setting(f"{place}.where of vault.toml", where)
    told = said.get("message") or (where and f"the example satisfies {where}") or f"see {python}"
    return OwnRule(code, name, Severity(severity), told, where, python)


def with_code(folder: Path | None, rules: Sequence[AnyRule]) -> tuple[AnyRule, ...]:
    """Return rules of which those that are Python functions are loaded; runs files of the project.

    Raises InvalidInput (`own-rule-failed`).
    """
    return tuple(
        _loaded(folder, rule)
        if isinstance(rule, OwnRule) and rule.python and folder is not None
        else rule
        for rule in rules
    )


def _loaded(folder: Path, own: OwnRule) -> Rule:
    check = load_check(folder, own.code, own.python)
    every = Trigger.EVERY
    return Rule(own.code, own.name, own.severity, own.why, check, (), (), trigger=every)


def _invalid(told: str, hint: str) -> InvalidInput:
    return InvalidInput(f"vault.toml: {told}", code="config-invalid", hint=hint)
