"""What the rules found in a version, how that moved, and which did not run, in a line or two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.dataset.reading.validation_results import MovedRule, ValidationChange
    from vault.objects.validation import Validation

_MOST_MOVED = 5


def validation_lines(validation: Validation | None, moved: Sequence[MovedRule]) -> Iterator[str]:
    """Yield what was found in a commit, and which rules found more or less than in its parent."""
    if validation is None:
        return
    errors, warnings = plural(validation.errors, "error"), plural(validation.warnings, "warning")
    yield f"validate: {errors}, {warnings}"
    yield from _moved(moved)


def validation_change_lines(change: ValidationChange) -> Iterator[str]:
    """Yield how the findings of two versions differ."""
    errors = _from_to(change.old_errors, change.errors)
    warnings = _from_to(change.old_warnings, change.warnings)
    others = "" if change.same_rules else " (not by the same rules)"
    yield f"validate: errors {errors}, warnings {warnings}{others}"
    yield from _moved(change.moved)


def not_run(skipped: Sequence[str]) -> str:
    """Return which rules did not run because they are code."""
    return f"{', '.join(skipped)}: code of this project, which runs with --allow-code only"


def _moved(moved: Sequence[MovedRule]) -> Iterator[str]:
    for each in moved[:_MOST_MOVED]:
        yield f"  {escape(each.code)} {escape(each.name)}: {each.before:,} -> {each.after:,}"
    if len(moved) > _MOST_MOVED:
        yield f"  and {len(moved) - _MOST_MOVED} more rules"


def _from_to(before: int, after: int) -> str:
    return f"{after:,}" if before == after else f"{before:,} -> {after:,}"
