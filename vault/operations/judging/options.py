"""Options of `judge`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypedDict


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """The settings of one run of a rubric; see `vault judge --help` for each.

    `sample` judges so many of the examples, chosen by the rubric. `endpoints` are addresses that
    somebody has agreed to. With `is_batch` requests go out as a batch, which is answered within a
    day. `environment` is where keys are looked up, `token` makes the name of a new run its own, and
    `clock` says when each line of the journal was written.
    """

    budget: Decimal | None = None
    budget_tokens: int | None = None
    sample: int | None = None
    pairwise: bool = False
    new_run: bool = False
    is_batch: bool = False
    in_flight: int = 64
    endpoints: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    token: str = ""
    clock: Callable[[], str] | None = None


class JudgeArguments(TypedDict, total=False):
    """Fields of `JudgeOptions` that callers give."""

    budget: Decimal | None
    budget_tokens: int | None
    sample: int | None
    pairwise: bool
    new_run: bool
    is_batch: bool
    in_flight: int
    endpoints: Sequence[str]
    environment: Mapping[str, str]
