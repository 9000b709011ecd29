"""The rule about a set as a whole, as a value; see `kernel.rule` for that about an example."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from vault.rules.kernel.rule import Severity
from vault.rules.kernel.set_facts import SetPart


class SetFault(NamedTuple):
    """What is wrong with a set, in one sentence; `at` is the example that it is about, if any."""

    message: str
    at: int | None = None


SetCheck = Callable[[SetPart, str | None], Iterable[SetFault]]
"""Looks at the facts of a set that is meant for a target, None for any."""

Records = tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class SetRule:
    """One check of a set. `fails` and `passes` are whole sets; the rest is as in `Rule`.

    `target` is what the set is meant for, once the rule was selected.
    """

    code: str
    name: str
    severity: Severity
    why: str
    check: SetCheck
    fails: tuple[Records, ...]
    passes: tuple[Records, ...]
    targets: tuple[str, ...] = ()
    known_as: tuple[str, ...] = ()
    is_default: bool = True
    since: str = "0.1.0"
    target: str | None = None
