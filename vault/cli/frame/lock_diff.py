"""`vault diff --from-lock`: two versions of vault.lock, file by file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.subsets.lock_text import lock_diff_lines
from vault.errors import InvalidInput

if TYPE_CHECKING:
    from vault.operations.locks.compare_locks import LockedVersion


def diff_locks(invocation: Invocation, old: str | None, new: str | None, *, is_alone: bool) -> bool:
    """Compare two lock files and print what differs; tell whether anything does.

    Raises what `check_locks` does.
    """
    check_locks(old, new, is_alone=is_alone)
    report = invocation.repository().compare_locks(str(old), str(new))
    emit(invocation, report, lambda report: lock_diff_lines(report, invocation.verbose))
    for each in report.items:
        names = [_name(side) for side in (each.old, each.new) if side is not None]
        if len(set(names)) == 2 and None not in names and each.unknown is None:
            hint(invocation, f"`vault diff {names[0]} {names[1]}` shows each change")
            break
    return bool(report.items)


def check_locks(old: str | None, new: str | None, *, is_alone: bool) -> None:
    """Raise InvalidInput (`options-exclude`, `locks-missing`) unless two locks alone are named."""
    if not is_alone:
        raise InvalidInput(
            "--from-lock compares files of vault.lock, and takes two of them alone",
            code="options-exclude",
            hint="leave out the other options; `vault diff A B` compares their commits",
        )
    if old is None or new is None:
        raise InvalidInput(
            "two lock files are compared",
            code="locks-missing",
            hint="vault diff --from-lock <(git show main:vault.lock) vault.lock",
        )


def _name(side: LockedVersion) -> str | None:
    return side.tag or (None if side.commit is None else side.commit[:12])
