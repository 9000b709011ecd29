"""From the least to the most that a run may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """The least, where every answer is good and short, and the most. None is unknown."""

    least: str | int | None
    most: str | int | None
