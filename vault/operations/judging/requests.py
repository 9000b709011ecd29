"""Planning what judges are asked: every request of a run, in the order of examples."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import xxhash

from vault.generate.ladder import Step
from vault.generate.model import Model
from vault.generate.rubric.ask_verdicts import pairwise_body, pointwise_body
from vault.generate.rubric.rubric import Rubric
from vault.operations.judging.shown import Shown
from vault.store.request_lines import PlannedRequest

NOT_A_PAIR = "not-a-pair"
"""Why an example is not judged pairwise: it is one answer, and no other answers its prompt."""

_ALL_PAIRS = 5
"""Answers to one prompt of which each is compared with each; of more, with the next one alone."""


@dataclass(frozen=True, slots=True)
class Place:
    """The subject of a request, as the run keeps it.

    `judge` is the model that is asked. `other` is the id of the second example of a pair, None for
    a preference record. `is_swapped` shows the second answer first. A `repeat` measures how
    consistent the judge is. `again` is the number of the request whose answer could not be read.
    """

    judge: str
    other: str | None = None
    is_swapped: bool = False
    repeat: bool = False
    again: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that the run keeps of it."""
        said = {
            "judge": self.judge,
            "other": self.other,
            "swapped": self.is_swapped,
            "repeat": self.repeat,
            "again": self.again,
        }
        return {"seeds": [], "values": {name: each for name, each in said.items() if each}}

    @classmethod
    def from_json(cls, drawn: Mapping[str, Any]) -> Place:
        """Return what `to_json` made."""
        values = drawn["values"]
        return cls(
            values["judge"],
            values.get("other"),
            values.get("swapped", False),
            values.get("repeat", False),
            values.get("again"),
        )


@dataclass(slots=True)
class JudgeRequests:
    """The requests for the verdicts of a rubric, numbered from 1.

    `judged` are the ids of examples that are asked about, `skipped` the others, by reason. `steps`
    are those by which judges are asked for JSON, by model; `before` requests have numbers already.
    """

    rubric: Rubric
    judged: list[bytes] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    steps: Mapping[str, Step] = field(default_factory=dict)
    before: int = 0
    _samples: Counter[int] = field(default_factory=Counter)

    def pointwise(self, examples: Iterable[Shown]) -> Iterator[PlannedRequest]:
        """Yield a request for each example and judge, and another for those judged twice."""
        for example in examples:
            if example.kept_out is not None:
                self._skip(example.kept_out)
                continue
            self.judged.append(example.id)
            is_repeated = _share_of(self.rubric, example.id) < self.rubric.repeat
            for model in self.rubric.judges:
                body = pointwise_body(self.rubric, model, example.whole, step=self._step(model))
                for repeat in (False, True) if is_repeated else (False,):
                    yield self._planned(example, body, Place(model.name, repeat=repeat))

    def pairwise(self, examples: Iterable[Shown]) -> Iterator[PlannedRequest]:
        """Yield two requests for each pair and judge: one with each answer first.

        A preference record is a pair. Of answers to one prompt each is compared with each if there
        are up to 5, else each with the next. Their examples are in memory until the end.
        """
        answers: dict[int, list[Shown]] = {}
        for example in examples:
            if example.kept_out is not None:
                self._skip(example.kept_out)
            elif example.rejected is not None:
                self.judged.append(example.id)
                yield from self._both_orders(example, None, example.rejected)
            elif example.prompt_id is None:
                self._skip(NOT_A_PAIR)
            else:
                answers.setdefault(example.prompt_id, []).append(example)
        for own in answers.values():
            if len(own) < 2:
                self._skip(NOT_A_PAIR)
                continue
            self.judged += [each.id for each in own]
            for one, other in _pairs(own):
                yield from self._both_orders(one, other, other.answer)

    def _both_orders(
        self, one: Shown, other: Shown | None, second: Any
    ) -> Iterator[PlannedRequest]:
        name = None if other is None else other.id.hex()
        for model in self.rubric.judges:
            for is_swapped in (False, True):
                shown = (second, one.answer) if is_swapped else (one.answer, second)
                body = pairwise_body(self.rubric, model, one.asked, shown, step=self._step(model))
                yield self._planned(one, body, Place(model.name, name, is_swapped))

    def _step(self, model: Model) -> Step:
        return self.steps.get(model.name, Step.SCHEMA)

    def _planned(self, example: Shown, body: str, place: Place) -> PlannedRequest:
        self.before += 1
        digest = xxhash.xxh3_64_intdigest(body.encode())
        sample = self._samples[digest]
        self._samples[digest] += 1
        return PlannedRequest(
            self.before, sample, body, origin_id=example.id, drawn=place.to_json()
        )

    def _skip(self, reason: str) -> None:
        self.skipped[reason] = self.skipped.get(reason, 0) + 1


def _pairs(answers: Sequence[Shown]) -> Iterator[tuple[Shown, Shown]]:
    if len(answers) <= _ALL_PAIRS:
        yield from combinations(answers, 2)
        return
    yield from zip(answers, [*answers[1:], answers[0]], strict=True)


def chosen_sample(rubric: Rubric, ids: Sequence[bytes], count: int) -> set[int]:
    """Return the places of so many ids: the same for the same rubric, whatever else there is."""
    order = sorted(range(len(ids)), key=lambda at: _share_of(rubric, ids[at], "sample"))
    return set(order[:count])


def _share_of(rubric: Rubric, example: bytes, use: str = "repeat") -> float:
    """Return a number from 0 to 1 that an example has in a rubric."""
    text = f"{use}/{rubric.digest}/".encode() + example
    return int.from_bytes(hashlib.sha256(text).digest()[:7]) / (1 << 56)
