"""The rule as a value: its code, why it matters, examples that are its tests, and its check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vault.rules.kernel.set_facts import SetPart
from vault.rules.kernel.subject import Subject

TARGETS = (
    "openai",
    "azure",
    "together",
    "fireworks",
    "gemini",
    "bedrock-claude",
    "mistral",
    "trl",
    "llamafactory",
    "axolotl",
    "mlx",
    "torchtune",
)
"""Providers and trainers that `--target` takes; each adds its own rules to those for all."""


class Severity(StrEnum):
    """How bad a fault is: a trainer refuses or drops the example, or it makes a model worse."""

    ERROR = "error"
    WARNING = "warning"


class Fault(NamedTuple):
    """What is wrong, in one sentence with the value concerned, and where in the record.

    `path` is such as `messages[2].content`, counted from 0, or empty for the whole record.
    """

    message: str
    path: str = ""


class Trigger(StrEnum):
    """When a rule has to look at an example; the others are ruled out many at a time.

    `STRUCTURE`: the example is anything but a plain chat (see `kernel.plain`). `TEXT`: a text
    matches `sought`; `ANSWER`: one that a model learns to say does. `RECORD`: the record's JSON
    matches `sought`. `OVERLAP`: a text lies within a later one. `DENSE`: a long answer compresses
    unusually well. `EVERY`: always.
    """

    STRUCTURE = "structure"
    TEXT = "text"
    ANSWER = "answer"
    RECORD = "record"
    OVERLAP = "overlap"
    DENSE = "dense"
    EVERY = "every"


class Repair(NamedTuple):
    """The one safe answer to a fault: another value in one place, and what that means.

    `steps` are names of members and places in lists, from the record inwards. A member that is
    not there is added last; REMOVED as the value takes one out.
    """

    steps: tuple[str | int, ...]
    value: Any
    message: str


Check = Callable[[Subject], Iterable[Fault]]
Fix = Callable[[Subject], Iterable[Repair]]

Positions = NDArray[np.intp]
SubjectReader = Callable[[Positions], Iterator[Subject]]
"""Reads the examples at some positions in a set, in that order; costs some 20 µs each."""

SecondLook = Callable[[SetPart, SubjectReader], Iterator[tuple[int, Fault]]]
"""Yields faults that only the whole set shows, each with the position of its example, in order."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One check of examples.

    `why` is written for the page and `--explain`. `fails` and `passes` are records: the first have
    this fault, the others look alike and do not. `sought` is an RE2 pattern that every text (or
    record) with this fault matches. `targets` are those whose own rule it is; empty means all.
    `hint` is a short pattern that every such text matches as well, where `sought` is a long one.
    `begins` says that the pattern matches at the beginning of a text only: RE2 stops early there.
    `known_as` lists what others call the fault. A rule that is not `is_default` runs when selected.
    `fix` says how the fault is mended where there is exactly one safe answer: its `fails` show it.
    `second_look` finds what `check` cannot tell from the example alone, and reports none twice.
    """

    code: str
    name: str
    severity: Severity
    why: str
    check: Check
    fails: tuple[dict[str, Any], ...]
    passes: tuple[dict[str, Any], ...]
    trigger: Trigger = Trigger.STRUCTURE
    sought: str = ""
    hint: str = ""
    begins: bool = False
    targets: tuple[str, ...] = ()
    known_as: tuple[str, ...] = ()
    is_default: bool = True
    since: str = "0.1.0"
    fix: Fix | None = None
    second_look: SecondLook | None = None


def shown(value: Any, most: int = 40) -> str:
    """Return a value of a record as it stands in a message: in quotes, and cut where long."""
    text = value if isinstance(value, str) else repr(value)
    text = text if len(text) <= most else text[: most - 1] + "…"
    return f'"{text}"' if isinstance(value, str) else text
