"""Planning requests: which values and seeds the next ones have, and what is sent for them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Protocol

import xxhash

from vault.errors import InvalidInput
from vault.generate.recipe.cells import Cell, cells_of, next_cells, planned_cells
from vault.generate.recipe.planned_variable import planned_variable
from vault.generate.recipe.quota_plan import QuotaPlan
from vault.generate.recipe.recipe import Recipe
from vault.generate.recipe.render import request_body
from vault.generate.recipe.templates import TemplateFailed
from vault.objects.model_run.request import RequestStatus
from vault.operations.generating.seeds import Seed, SeedDeck, shown_seeds

_NOTHING_DRAWN = '{"seeds":[],"values":{}}'


@dataclass(frozen=True, slots=True)
class Drawn:
    """The draw for a request: the values of its variables, and the ids of its seeds.

    `answers` is the id of the example whose prompt is answered, whose record keeps `fields`.
    `again` is the request whose answer this one shows to the model, with what is wrong with it.
    """

    values: Mapping[str, Any]
    seeds: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    answers: str | None = None
    again: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that the run keeps of it, beside the example that is answered."""
        drawn: dict[str, Any] = {"seeds": list(self.seeds), "values": dict(self.values)}
        if self.fields:
            drawn["fields"] = list(self.fields)
        return drawn if self.again is None else {**drawn, "again": self.again}

    @classmethod
    def of(cls, status: RequestStatus) -> Drawn:
        """Return the draw that a run has kept of a request."""
        value = json.loads(status.drawn or _NOTHING_DRAWN)
        answers = None if status.origin_id is None else status.origin_id.hex()
        fields = tuple(value.get("fields", ()))
        again = value.get("again")
        return cls(value["values"], tuple(value["seeds"]), fields, answers, again)


@dataclass(frozen=True, slots=True)
class Planned:
    """A request that is to be sent."""

    number: int
    sample: int
    body: str
    drawn: Drawn


def stepped_down(recipe: Recipe) -> Recipe:
    """Return a recipe that asks for JSON by the next step of the ladder."""
    return replace(recipe, step=(recipe.step or recipe.wanted_step).below)


class Plans(Protocol):
    """A plan of a run: which requests come next, by what was planned and accepted before."""

    @property
    def at_end(self) -> str:
        """Why the run ends where there are no more requests."""

    @property
    def cells(self) -> Sequence[Cell | None]:
        """The cells that examples are spread over."""

    @property
    def missing(self) -> int | None:
        """The number of missing examples where each cell has its own; None where the run has."""

    def note_request(self, number: int, body: str, drawn: Drawn) -> None:
        """Take note of a request that was planned before."""

    def note_accepted(self, drawn: Drawn) -> None:
        """Take note of an example that was accepted."""

    def again(self, drawn: Drawn, body: str) -> Planned:
        """Return a request with another body for what a request was drawn for."""

    def step_down(self) -> None:
        """Ask for JSON by the next step of the ladder from now on."""

    def may_show(self, drawn: Drawn) -> bool:
        """Return whether a request that was planned may still be sent."""

    def round(self, most: int, waiting: Sequence[Drawn] = ()) -> list[Planned]:
        """Return the next requests, at most so many, beside those that wait to be sent.

        Raises InvalidInput.
        """


class Planner:
    """Plans the requests of a run, in rounds: the same rounds for the same recipe, seed and run.

    `run` counts the runs of the recipe, so that another one asks for something else. A round
    depends on the recipe, its number and how many examples each cell has by then, and on nothing
    that was answered sooner or later. With a plan its quotas are those of the cells, and `count` is
    theirs.
    """

    at_end = "quota"

    def __init__(
        self,
        recipe: Recipe,
        seeds: Sequence[Seed],
        count: int,
        run: int,
        *,
        plan: QuotaPlan | None = None,
    ) -> None:
        self._recipe = recipe
        self._seeds = seeds
        self._name = f"{recipe.seed}/{run}"
        self._is_planned = plan is not None
        random = Random(f"{self._name}/cells")
        self.cells: list[Cell] = (
            cells_of(recipe.vary, count, random)
            if plan is None
            else planned_cells(recipe.vary, planned_variable(recipe, plan), plan.quotas, random)
        )
        self._place = {_key(each.values): at for at, each in enumerate(self.cells)}
        self._accepted = [0] * len(self.cells)
        self._samples: Counter[int] = Counter()
        self._number = 0
        self._known = frozenset(each.id for each in seeds)

    def note_request(self, number: int, body: str, drawn: Drawn) -> None:
        """Take note of a request that was planned before."""
        self._number = max(self._number, number)
        self._samples[key_of_body(body)] += 1

    def again(self, drawn: Drawn, body: str) -> Planned:
        """Return a request with another body for what a request was drawn for."""
        sample = self._samples[key_of_body(body)]
        self.note_request(self._number + 1, body, drawn)
        return Planned(self._number, sample, body, drawn)

    def step_down(self) -> None:
        """Ask for JSON by the next step of the ladder from now on."""
        self._recipe = stepped_down(self._recipe)

    def may_show(self, drawn: Drawn) -> bool:
        """Return whether all seeds of a request are still seeds: what was removed is not sent."""
        return self._known.issuperset(drawn.seeds)

    @property
    def missing(self) -> int | None:
        """The number of examples that cells lack by a plan, whatever others have too many."""
        if not self._is_planned:
            return None
        pairs = zip(self.cells, self._accepted, strict=True)
        return sum(max(cell.quota - has, 0) for cell, has in pairs)

    def note_accepted(self, drawn: Drawn) -> None:
        """Take note of an example that was accepted."""
        at = self._place.get(_key(drawn.values))
        if at is not None:
            self._accepted[at] += 1

    def round(self, most: int, waiting: Sequence[Drawn] = ()) -> list[Planned]:
        """Return the next requests, at most so many: one for each example that is missing.

        Those that wait make no difference: whoever asks for more than are missing wants more.

        Raises InvalidInput (`seeds-missing`, `template-failed`).
        """
        random = Random(f"{self._name}/{self._number}")
        deck = None
        if self._recipe.seeds is not None:
            deck = SeedDeck(self._seeds, self._recipe.seeds, random)
        chosen = next_cells(self.cells, self._accepted, most, random)
        return [self._planned(self.cells[at].values, deck) for at in chosen]

    def _planned(self, values: Mapping[str, Any], deck: SeedDeck | None) -> Planned:
        dealt = [] if deck is None else deck.deal(values)
        try:
            body = request_body(self._recipe, values, shown_seeds(dealt))
        except TemplateFailed as error:
            raise InvalidInput(
                f"a prompt of {self._recipe.name} cannot be made: {error}",
                code="template-failed",
                hint="correct [prompt] of the recipe; `--dry-run` makes prompts and sends nothing",
            ) from None
        return self.again(Drawn(values, tuple(each.id for each in dealt)), body)


def _key(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True)


def key_of_body(body: str) -> int:
    """Return what stands for a body among those of a run."""
    return xxhash.xxh3_64_intdigest(body.encode("utf-8", "surrogatepass"))
