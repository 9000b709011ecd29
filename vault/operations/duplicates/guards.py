"""What `dedupe` does not do unasked."""

from __future__ import annotations

from vault.dedupe.bands import LEAST_THRESHOLD
from vault.errors import Conflict, InvalidInput

MOST_REMOVED = 0.30
"""The share of examples that may go unasked…"""

MOST_IN_CLUSTER = 0.05
"""… and the share that one cluster may hold, of at least…"""

GUARDED_FROM = 100
"""… so many examples: fewer are looked through."""


def why_too_much(examples: int, removed: int, largest: int) -> str | None:
    """Return in words why so many would be too much to take out unasked, or None.

    `largest` is the size of the largest cluster.
    """
    if examples < GUARDED_FROM:
        return None
    if removed > MOST_REMOVED * examples:
        return f"{removed:,} of {examples:,} examples would go, more than 30 %"
    if largest > MOST_IN_CLUSTER * examples:
        return f"one cluster holds {largest:,} of {examples:,} examples, more than 5 %"
    return None


def too_much_error(reason: str) -> Conflict:
    """Return the error that stops a command which would take out too much."""
    return Conflict(
        f"{reason}; nothing was taken out",
        code="dedupe-too-much",
        hint="the same with --dry-run shows them, with --yes it goes on",
    )


def check_threshold(threshold: float) -> None:
    """Raise InvalidInput (`threshold-invalid`) unless a threshold is one that can be used."""
    if not LEAST_THRESHOLD <= threshold <= 1:
        raise InvalidInput(
            f"{threshold:g} is no threshold of similarity",
            code="threshold-invalid",
            hint="give a number from 0.5 (alike by half) to 1 (the same words)",
        )
