"""Seeds: the examples that a recipe shows to the model, drawn in an order that a seed gives."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from vault.dataset.choosing.split_sides import training_side
from vault.dataset.choosing.where import matching_keys
from vault.dataset.reading.compared_texts import read_records_with_kinds
from vault.dataset.reading.conversations import message_text, read_conversation
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.json_values import ABSENT, value_at
from vault.dataset.reading.labels import split_of_each
from vault.errors import InvalidInput
from vault.generate.recipe.recipe import Seeds
from vault.objects.conversation import SYSTEM_ROLES, Conversation
from vault.operations.duplicates.plan.reference import open_reference
from vault.operations.model_runs.scrubbed import scrubbed
from vault.session.context import Context

_DATA = "data."


@dataclass(frozen=True, slots=True)
class Seed:
    """An example that is shown: its id, its prompt and response, and its record."""

    id: str
    prompt: str
    response: str
    record: Mapping[str, Any]


class ShownSeeds(list[Mapping[str, str]]):
    """Seeds as a template has them: each with `prompt` and `response`; as a text, JSON Lines."""

    def __str__(self) -> str:
        """Return one JSON object a line."""
        return "\n".join(json.dumps(each, ensure_ascii=False) for each in self)


def read_seeds(context: Context, stage: Dataset, seeds: Seeds | None) -> list[Seed]:
    """Return the seeds that a recipe means, in dataset order, as they are shown; none for none.

    Where the stage is split, they are drawn from the side for training unless the recipe says
    `held_out`. Raises InvalidInput (`expression-invalid` …), NotFound (`against-not-found`), and
    what importing the file raises.
    """
    if seeds is None:
        return []
    if seeds.file is not None:
        dataset = open_reference(context, file_inside(context, seeds.file)).dataset
        keys = dataset.keys()
    else:
        dataset = stage
        keys = dataset.keys()
        if seeds.where is not None and len(keys):
            keys = matching_keys(context, dataset, seeds.where)
        if len(keys) and not seeds.held_out:
            keys = keys[may_be_shown(dataset, keys)]
    return list(_seeds_in(dataset, keys, is_scrubbed=seeds.scrub))


def require_seeds(found: Sequence[Seed], seeds: Seeds) -> None:
    """Raise InvalidInput (`seeds-missing`) if there are fewer seeds than each request shows."""
    if len(found) < seeds.per_request:
        where = seeds.file or "the stage"
        raise InvalidInput(
            f"the recipe shows {seeds.per_request} seeds in each request, and {where} has "
            f"{len(found)} with a prompt and a response",
            code="seeds-missing",
            hint="`vault import FILE` brings in seeds; [seeds] where and per_request choose them",
        )


def file_inside(context: Context, file: str) -> str:
    """Return the path of a file of the repository: a recipe may come from a stranger.

    Raises InvalidInput (`seeds-outside`).
    """
    folder = (context.folder or Path()).resolve()
    path = (folder / file).resolve()
    if not path.is_relative_to(folder):
        raise InvalidInput(
            f"the recipe shows {file} to a model, which is outside of the repository",
            code="seeds-outside",
            hint=f"`vault import {file}`, and choose its examples by [seeds] where",
        )
    return str(path)


def may_be_shown(dataset: Dataset, keys: Any) -> Any:
    """Return which rows are on the side for training or on none; all where nothing is split."""
    sides = split_of_each(dataset, keys)
    if sides is None:
        return np.ones(len(keys), np.bool_)
    first = training_side(dataset, sides)
    return sides.on(first) | sides.on(None)


def _seeds_in(dataset: Dataset, keys: Any, *, is_scrubbed: bool) -> Iterator[Seed]:
    if not len(keys):
        return
    ids = iter(ids_of(dataset.columns(keys, ["id"])).tolist())
    for records, kinds, roles in read_records_with_kinds(dataset, keys):
        for at, (record, kind) in enumerate(zip(records, kinds, strict=True)):
            example = next(ids).hex()
            prompt, response = _texts_of(read_conversation(record, kind, roles.get(at)))
            if not prompt or not response:
                continue
            if is_scrubbed:
                prompt, response = scrubbed(prompt), scrubbed(response)
            yield Seed(example, prompt, response, record)


def _texts_of(conversation: Conversation | None) -> tuple[str, str]:
    if conversation is None:
        return "", ""
    asked = [each for each in conversation.prompt if each["role"] not in SYSTEM_ROLES]
    # Several turns are shown as one text, each with who says it.
    named = [f"{each['role']}: {message_text(each) or ''}" for each in asked]
    prompt = (message_text(asked[0]) or "") if len(asked) == 1 else "\n".join(named)
    return prompt, "\n".join(filter(None, map(message_text, conversation.response)))


class SeedDeck:
    """Seeds that are dealt out without replacement: each is shown before one is shown again.

    There is a pile for each combination of the values that `match` asks for.
    """

    def __init__(self, found: Sequence[Seed], seeds: Seeds, random: Random) -> None:
        self._seeds = found
        self._match = dict(seeds.match)
        self._count = seeds.per_request
        self._random = random
        self._piles: dict[tuple[str, ...], list[Seed]] = {}
        self._left: dict[tuple[str, ...], list[Seed]] = {}

    def deal(self, values: Mapping[str, Any]) -> list[Seed]:
        """Return seeds for a request with these values. Raises InvalidInput (`seeds-missing`)."""
        wanted = tuple(str(values[variable]) for variable in self._match.values())
        pile = self._pile(wanted)
        left = self._left.setdefault(wanted, [])
        dealt: list[Seed] = []
        while len(dealt) < self._count:
            if not left:
                # Those that were dealt in this request come last: none is shown twice in it.
                left += self._random.sample(pile, len(pile))
                left.sort(key=lambda each: each not in dealt)
            dealt.append(left.pop())
        return dealt

    def _pile(self, wanted: tuple[str, ...]) -> list[Seed]:
        pile = self._piles.get(wanted)
        if pile is None:
            pile = [each for each in self._seeds if self._values(each) == wanted]
            self._piles[wanted] = pile
        if len(pile) < self._count:
            told = ", ".join(
                f"{field} = {value}" for field, value in zip(self._match, wanted, strict=True)
            )
            raise InvalidInput(
                f"{len(pile)} seeds have {told}, and each request shows {self._count}",
                code="seeds-missing",
                hint="add seeds, lower [seeds] per_request, or leave the value out of [vary]",
            )
        return pile

    def _values(self, seed: Seed) -> tuple[str, ...]:
        found = (
            value_at(seed.record, tuple(field.removeprefix(_DATA).split(".")))
            for field in self._match
        )
        return tuple("" if each is ABSENT else str(each) for each in found)


def shown_seeds(seeds: Sequence[Seed]) -> ShownSeeds:
    """Return seeds as a template has them."""
    return ShownSeeds({"prompt": each.prompt, "response": each.response} for each in seeds)
