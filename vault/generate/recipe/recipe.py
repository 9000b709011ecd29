"""A recipe as values. Reading one is in `read_recipe`; nothing here is checked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from vault.generate.ladder import Step
from vault.generate.model import Model


class AnswerFormat(StrEnum):
    """The ways to read an answer: one JSON value, a list, its text, or the message itself."""

    JSON = "json"
    JSON_LIST = "json-list"
    TEXT = "text"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Seeds:
    """Examples that are shown to the model: those of the stage that satisfy `where`, or a file's.

    `match` maps a field of a seed to a variable: only seeds with that value are shown. `scrub`
    replaces personal data and secrets before a seed leaves the machine.
    """

    where: str | None = None
    file: str | None = None
    per_request: int = 3
    match: Mapping[str, str] = field(default_factory=dict)
    scrub: bool = True
    held_out: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a variable, and its weight among the others."""

    value: Any
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Each:
    """Prompts that are there and are to be answered: those of the stage, or of a file.

    `where` chooses from the stage; None is what is a prompt alone. `mapping` says what the fields
    of the file hold, as `import --map` does. Each is answered `samples` times. Where the stage is
    split, prompts come from the side for training unless `held_out`.
    """

    where: str | None = None
    file: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    samples: int = 1
    held_out: bool = False

    @property
    def most_in_vain(self) -> int:
        """The requests for one prompt that may fail or be rejected before it is given up."""
        return self.samples + 2


@dataclass(frozen=True, slots=True)
class Prompt:
    """Templates of the messages that are sent."""

    user: str
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Accept:
    """Conditions that an example has to meet.

    `seed_overlap_words` 0 turns that comparison off. `stop_when_novelty_below` is a share of the
    last 200 answers, 0 for never. With `review` a person has the last word on each example.
    """

    rules: bool = True
    near_duplicates: bool = True
    seed_overlap_words: int = 12
    where: str | None = None
    stop_when_novelty_below: float = 0.0
    review: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """A request to a model, and the making of examples from its answers.

    `vary` has the choices of each variable, `example` the record with templates for texts. With
    `each` prompts that are there are answered: `prompt` is None, and there are no seeds. `step` is
    how the endpoint is asked for JSON, None as the answer needs it.
    """

    name: str
    model: Model
    prompt: Prompt | None
    example: Mapping[str, Any]
    format: AnswerFormat = AnswerFormat.JSON
    schema: Mapping[str, Any] | None = None
    seeds: Seeds | None = None
    each: Each | None = None
    vary: Mapping[str, Sequence[Choice]] = field(default_factory=dict)
    accept: Accept = field(default_factory=Accept)
    seed: int = 0
    step: Step | None = None

    @property
    def wanted_step(self) -> Step:
        """The step of the ladder that the answer needs, of an endpoint that does everything."""
        if self.schema is not None:
            return Step.SCHEMA
        # A list is no object, which is what the endpoint would enforce.
        return Step.OBJECT if self.format is AnswerFormat.JSON else Step.PLAIN

    @property
    def asks_again(self) -> bool:
        """True where an answer that is no such JSON is asked for once more, with what is wrong.

        That is where nothing enforces what is wanted.
        """
        if self.format is AnswerFormat.JSON_LIST:
            return True
        return self.step not in (None, self.wanted_step)
