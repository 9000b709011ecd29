"""The answers of a round: parsed, decided in the order of requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vault.generate.completion import Rejected
from vault.generate.recipe.recipe import Recipe
from vault.generate.recipe.render import records_of
from vault.operations.generating.acceptance import Acceptance, Rejection
from vault.operations.generating.planner import Drawn
from vault.rules.recognisers.json_schema import mismatches


@dataclass(frozen=True, slots=True)
class Received:
    """An answer that came back whole, by its request, and what that was drawn for."""

    number: int
    drawn: Drawn


@dataclass(frozen=True, slots=True)
class Decided:
    """The examples made of one answer that were accepted, with their ids.

    `rejections` are those of the others, or the one of the answer as a whole.
    """

    number: int
    drawn: Drawn
    records: tuple[dict[str, Any], ...] = ()
    ids: tuple[str, ...] = ()
    rejections: tuple[Rejection, ...] = ()


def check_schema(value: Any, schema: Mapping[str, Any]) -> None:
    """Raise Rejected (`schema`) unless an answer satisfies the schema that it was asked for by."""
    found = next(mismatches(value, schema), None)
    if found is not None:
        path, told = found
        raise Rejected("schema", f"{path.lstrip('.') or 'the answer'} {told}")


def decide_round(
    recipe: Recipe,
    acceptance: Acceptance,
    received: Sequence[Received],
    body: Callable[[int], bytes],
) -> list[Decided]:
    """Return what becomes of some answers, in the order of their requests.

    `body` returns the bytes of an answer by its number; one at a time is in memory.
    Costs what `Acceptance.decide` costs.
    """
    parsed: list[list[dict[str, Any]] | Rejection] = []
    for each in received:
        try:
            parsed.append(
                records_of(
                    recipe,
                    each.drawn.values,
                    body(each.number),
                    check=check_schema,
                    kept=each.drawn.fields,
                )
            )
        except Rejected as error:
            parsed.append(Rejection(error.reason, error.told))
    flat = [record for each in parsed if isinstance(each, list) for record in each]
    verdicts = iter(zip(flat, acceptance.decide(flat), strict=True))
    decided = []
    for each, found in zip(received, parsed, strict=True):
        if isinstance(found, Rejection):
            decided.append(Decided(each.number, each.drawn, rejections=(found,)))
            continue
        own = [next(verdicts) for _ in found]
        kept = [(record, verdict) for record, verdict in own if isinstance(verdict, str)]
        decided.append(
            Decided(
                each.number,
                each.drawn,
                tuple(record for record, _ in kept),
                tuple(verdict for _, verdict in kept),
                tuple(verdict for _, verdict in own if isinstance(verdict, Rejection)),
            )
        )
    return decided
