"""A rubric as values. Reading one is in `read_rubric`; nothing here is checked again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from vault.generate.model import Model

PROMPT_VERSION = 1
"""Version of the words that a judge is asked in: other words are another measurement."""

_DIGEST_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Criterion:
    """A question that is answered with yes or no, and its weight in the score."""

    id: str
    question: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Rubric:
    """The criteria that models judge examples by.

    `file` is the file's name and `name` the word in labels, `judge.NAME.score`. `reference` is a
    field of the record with the known answer. Several `judges` make a panel. A share `repeat` of
    the examples is judged twice, to see how consistent each judge is. With `scrub` personal data
    and secrets are replaced before an example leaves the machine.
    """

    file: str
    name: str
    criteria: Sequence[Criterion]
    judges: Sequence[Model]
    reference: str | None = None
    instructions: str | None = None
    repeat: float = 0.05
    scrub: bool = True

    @property
    def is_panel(self) -> bool:
        """Return whether several models judge."""
        return len(self.judges) > 1

    @property
    def digest(self) -> str:
        """The digest of what decides a verdict: other comments, prices and addresses do not."""
        value = {
            "version": PROMPT_VERSION,
            "criteria": [[each.id, each.question, each.weight] for each in self.criteria],
            "judges": [[each.name, each.max_tokens, dict(each.settings)] for each in self.judges],
            "reference": self.reference,
            "instructions": self.instructions,
            "scrub": self.scrub,
        }
        text = json.dumps(value, ensure_ascii=True, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_DIGITS]
