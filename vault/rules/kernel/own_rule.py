"""The rule of a project's own, as a value: an expression, or the name of a function."""

from __future__ import annotations

from dataclasses import dataclass

from vault.rules.kernel.rule import Severity


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A rule that `vault.toml` holds: `why` is its message.

    `where` holds for an example with the fault, and whoever runs the rules evaluates it. Or the
    check is a function of the project, which `python` names: it is a `Rule` once running it was
    allowed. A project's own rules have no targets and are on.
    """

    code: str
    name: str
    severity: Severity
    why: str
    where: str = ""
    python: str = ""
    targets: tuple[str, ...] = ()
    known_as: tuple[str, ...] = ()
    is_default: bool = True
