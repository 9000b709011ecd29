"""Acts: a label that a person gave one example, as a journal keeps it until it is recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from vault.errors import Corrupt
from vault.objects.json.stored import MALFORMED
from vault.objects.labels.label_set import LabelValue

_ACT = "act"
_STARTED = "started"
_DONE = "done"


Seen = tuple[str, str, str]
"""A label that stood on the stage: its value as JSON, its author and its time."""


@dataclass(frozen=True, slots=True)
class Act:
    """A label that a person gave an example on the stage of a branch: `name` has the `value`.

    None takes the label off. `example` is an id. Acts of a journal are numbered from 1. `label` is
    the label that is written: with several raters the person's own, unless the act `settles` it.
    `seen` is that label as the stage had it then: its value as JSON, author and time.
    """

    number: int
    person: str
    time: str
    branch: str
    example: str
    name: str
    label: str
    value: LabelValue | None
    settles: bool = False
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """A mark before acts of a person are recorded, all up to a number.

    Their operation comes after the one of the number `after`, and has this command and time.
    """

    person: str
    number: int
    after: int
    command: str
    time: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The content of a journal: acts that are not done, and the marks of those that may be."""

    acts: tuple[Act, ...]
    started: tuple[Started, ...]


def line_of(entry: Act | Started) -> bytes:
    """Return an entry as a line of a journal."""
    kind = _ACT if isinstance(entry, Act) else _STARTED
    return json.dumps({"entry": kind, **asdict(entry)}).encode()


def done_line(person: str, number: int) -> bytes:
    """Return the line that says that all acts of a person up to a number are recorded."""
    return json.dumps({"entry": _DONE, "person": person, "number": number}).encode()


def read_lines(lines: Iterable[bytes], place: str) -> Kept:
    """Read the lines of a journal; `place` names it in errors.

    Raises Corrupt (`journal-damaged`).
    """
    acts: list[Act] = []
    started: list[Started] = []
    done: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        try:
            entry, fields = _entry(line)
            if entry == _ACT:
                seen = fields.pop("seen", None)
                acts.append(Act(**fields, seen=None if seen is None else tuple(seen)))
            elif entry == _STARTED:
                started.append(Started(**fields))
            elif entry == _DONE:
                done[str(fields["person"])] = int(fields["number"])
            else:
                raise ValueError(entry)
        except (*MALFORMED, TypeError, KeyError) as error:
            raise Corrupt(
                f"line {number} of {place} cannot be read: {error}",
                code="journal-damaged",
                hint="it holds labels that are in no operation yet: move it away and look at it",
            ) from None

    def is_open(entry: Act | Started) -> bool:
        return entry.number > done.get(entry.person, 0)

    return Kept(tuple(filter(is_open, acts)), tuple(filter(is_open, started)))


def last_of_each(acts: Sequence[Act]) -> list[Act]:
    """Return the acts that count, in order: of several on one label of an example the last one."""
    last = {(each.example, each.label): each for each in acts}
    return sorted(last.values(), key=lambda each: each.number)


def _entry(line: bytes) -> tuple[str, dict[str, Any]]:
    fields = json.loads(line)
    return fields.pop("entry"), fields
