"""What a check for leaks found: the examples of one side that another side gives away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vault.presentation.report_html import Displayed


class LeakKind(StrEnum):
    """How an evaluation example is in other data, strongest first."""

    EXAMPLE = "example"
    CONVERSATION = "conversation"
    PROMPT = "prompt"
    NEAR = "near-duplicate"
    CONTAMINATION = "contamination"
    SEED = "seed"


@dataclass(frozen=True, slots=True)
class LeakItem:
    """An example of side `a` and the example of side `b` that it gives away, by their ids.

    `similarity` is that of near-duplicates. `coverage` is the share of the question of `b` that
    `a` holds, and `long_run` tells whether that has 13 words in a row. `excerpt` is of `b`.
    """

    a: str
    b: str
    similarity: float | None
    coverage: float | None
    long_run: bool | None
    excerpt: str


@dataclass(frozen=True, slots=True)
class Leak:
    """Leaks of one kind from side `a` to side `b`.

    `a` is None where nothing is split: then it is every example. `b` may be a file or a version.
    `examples` counts the examples of `b`, for seeds those of `a`; `items` has the first of them.
    """

    kind: LeakKind
    a: str | None
    b: str
    examples: int
    items: tuple[LeakItem, ...]


@dataclass(frozen=True, slots=True)
class CheckedReference:
    """An evaluation set beside the sides; `unread` lines of a file were no examples."""

    name: str
    examples: int
    unread: int


@dataclass(frozen=True, slots=True)
class NotCompared:
    """Counts of what was not compared, and why.

    `unassigned` examples are on no side. Those `without_text` are raw records or empty, and only
    their ids were compared. Of evaluation examples, those `without_question` have a conversation
    but no prompt with a word in it, and the question of those with `only_shared_text` is in many
    prompts and several questions: neither was searched for contamination.
    """

    unassigned: int = 0
    without_text: int = 0
    without_question: int = 0
    only_shared_text: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """What was compared with what.

    `sides` counts examples by side, the training side first. `questions` counts evaluation examples
    that were searched for contamination. `threshold` is that of near-duplicates.
    """

    revision: str
    sides: Mapping[str, int]
    against: tuple[CheckedReference, ...]
    examples: int
    questions: int
    threshold: float
    not_compared: NotCompared = field(default_factory=NotCompared)


@dataclass(frozen=True, slots=True)
class LeakReport(Displayed):
    """The leaks between the sides of a split, and from training data to evaluation sets.

    An evaluation example is counted once for each pair of sides, under the first kind that fits;
    seeds are counted besides.
    """

    leaks: tuple[Leak, ...]
    checked: Checked
