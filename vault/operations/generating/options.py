"""Options of `generate`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypedDict

USUAL_COUNT = 100


@dataclass(frozen=True, slots=True)
class GenerateOptions:
    """The settings of one run of a recipe; see `vault generate --help` for each.

    `count` is how many examples are to be accepted; None for the usual number, or that of the run
    that goes on. `plan` is the file of a plan, whose quotas take its place. With `review` examples
    wait for a person, also where the recipe does not say so. With `is_batch` requests go out as a
    batch, which is answered within a day.
    `is_confirmed` says that keys and seeds may go to the endpoint of the recipe. `environment` is
    where keys are looked up, `token` makes the name of a new run its own, and `clock` says when
    each line of the journal was written.
    """

    count: int | None = None
    plan: str | None = None
    budget: Decimal | None = None
    budget_tokens: int | None = None
    max_requests: int | None = None
    model: str | None = None
    base_url: str | None = None
    round: str | None = None
    new_run: bool = False
    is_preview: bool = False
    review: bool = False
    in_flight: int = 64
    is_batch: bool = False
    is_confirmed: bool = False
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    token: str = ""
    clock: Callable[[], str] | None = None


class GenerateArguments(TypedDict, total=False):
    """Fields of `GenerateOptions` that callers give."""

    count: int | None
    plan: str | None
    budget: Decimal | None
    budget_tokens: int | None
    max_requests: int | None
    model: str | None
    base_url: str | None
    round: str | None
    new_run: bool
    is_preview: bool
    review: bool
    in_flight: int
    is_batch: bool
    is_confirmed: bool
    environment: Mapping[str, str]
