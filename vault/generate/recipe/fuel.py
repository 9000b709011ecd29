"""Fuel of a template: a bound on the work and memory of one rendering, counted and never timed.

A unit is about a character or an element that is looked at. Whoever is about to work on values
burns as much as they weigh first, so a template that would hang or fill the memory fails instead,
and at the same place on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from types import GeneratorType
from typing import Any

MOST_CHARS = 1_000_000
"""Characters of a text that a template gives, at most, and the weight of a value in it."""

MOST_FUEL = 20_000_000
"""Units that one rendering may burn."""

_STEP = 10
_UNMADE: tuple[type, ...] = (GeneratorType, type({}.keys()), type({}.values()), type({}.items()))
_MOST_BITS = 8_192

_fuel: ContextVar[list[int]] = ContextVar("fuel")


class TooMuch(Exception):
    """A template that takes too long, or gives too much."""


@contextmanager
def fuelled() -> Iterator[None]:
    """Give what runs inside its fuel."""
    token = _fuel.set([MOST_FUEL])
    try:
        yield
    finally:
        _fuel.reset(token)


def burn(units: int) -> None:
    """Burn fuel. Raises TooMuch when none is left."""
    left = _fuel.get()
    left[0] -= units
    if left[0] < 0:
        raise TooMuch("the template takes too long")


def charged(value: Any) -> Any:
    """Burn what a value weighs and return it, a generator as a list. Raises TooMuch."""
    if isinstance(value, str):
        # Nearly all values are texts.
        _check(len(value))
        burn(_STEP + len(value))
        return value
    if isinstance(value, _UNMADE):
        unmade: Any = value
        value = list(islice(unmade, MOST_CHARS + 1))
    # What looks at elements does so in Python, one after the other.
    elements = len(value) if isinstance(value, list | tuple | range | Mapping) else 0
    burn(_STEP + weight(value) + 2 * _STEP * elements)
    return value


def looped(value: Any, nodes: int) -> Any:
    """Return what a loop goes over, with the fuel burnt for all of its rounds.

    `nodes` counts the parts of the loop's body, each of which takes a step a round.
    """
    value = charged(value)
    if hasattr(value, "__len__"):
        burn(_STEP * len(value) * (nodes + 1))
    return value


def weight(value: Any) -> int:
    """Return the weight of a value: characters and elements, shared ones each time.

    Raises TooMuch beyond `MOST_CHARS`, and for what is no value of a template.
    """
    total = 0
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, str):
            total += len(each) + 1
        elif isinstance(each, int):
            check_number(each)
            total += 1
        elif isinstance(each, list | tuple):
            total += 1
            _check(total + len(each) + len(pending))
            pending.extend(each)
        elif isinstance(each, Mapping):
            total += 1
            _check(total + 2 * len(each) + len(pending))
            pending.extend(each)
            pending.extend(each.values())
        elif isinstance(each, range):
            total += len(each)
        elif isinstance(each, _UNMADE):
            raise TooMuch("a template goes over a list of lists that are not made yet")
        else:
            total += 1  # a method, or what is not defined
        _check(total)
    return total


def check_number(value: int) -> None:
    """Raise TooMuch for a whole number with more digits than anyone means."""
    if value.bit_length() > _MOST_BITS:
        raise TooMuch("a number in the template has too many digits")


def check_size(chars: int) -> None:
    """Burn what a text that is about to be made weighs. Raises TooMuch before it is made."""
    _check(chars)
    burn(chars)


def _check(total: int) -> None:
    if total > MOST_CHARS:
        raise TooMuch(f"a value in the template is longer than {MOST_CHARS:,} characters")
