"""A mixture: what is taken from where, how much of it, and in which order it is written. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

MOST_REPEATS = 1_000
"""Passes over a part, at most: more are a slip of the pen."""

MOST_DIGITS = 18
"""Digits of a decimal before its point, and after it, at most: longer fractions are slow."""


class Order(StrEnum):
    """The order of a mixture: by hash, each part spread evenly, or one part after another."""

    SHUFFLE = "shuffle"
    INTERLEAVE = "interleave"
    PARTS = "parts"


class UnknownMember(ValueError):
    """A mixture in a lock has a member that this version does not know."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mixture, of the size that exactly one of `epochs`, `count`, `share` says.

    It draws from the rows of a `revision` (None for the export's own) that satisfy every expression
    of `where` and are on the side `split` (None for the training side). `epochs` is how often every
    row is written, 0.5 for a random half; `count` how many rows; `share` its weight among the parts
    that have one. No row is written more than `max_repeat` times to reach a count or share.
    `examples` is how many lines were written, once that is known.
    """

    name: str
    epochs: Decimal | None = None
    count: int | None = None
    share: Decimal | None = None
    max_repeat: Decimal = Decimal(1)
    where: tuple[str, ...] = ()
    revision: str | None = None
    split: str | None = None
    examples: int | None = None


@dataclass(frozen=True, slots=True)
class Mixture:
    """Parts, and what holds for all of them.

    `total` (in examples) or `tokens` is the size of the whole where parts have shares: what is left
    after the others is divided. An example of two parts is written by one unless `allow_overlap`;
    those whose prompt is held out are refused unless `skip_held_out` leaves them out.
    """

    parts: tuple[Part, ...]
    seed: int = 0
    order: Order = Order.SHUFFLE
    total: int | None = None
    tokens: int | None = None
    allow_overlap: bool = False
    skip_held_out: bool = False


def mixture_json(mixture: Mixture) -> dict[str, Any]:
    """Return a mixture as JSON: only what is not the default, decimals as text."""
    parts = [
        _told(
            {
                "name": each.name,
                "epochs": _text(each.epochs),
                "count": each.count,
                "share": _text(each.share),
                "max_repeat": None if each.max_repeat == 1 else _text(each.max_repeat),
                "where": list(each.where),
                "revision": each.revision,
                "split": each.split,
                "examples": each.examples,
            }
        )
        for each in mixture.parts
    ]
    whole = {
        "seed": mixture.seed,
        "order": None if mixture.order is Order.SHUFFLE else str(mixture.order),
        "total": mixture.total,
        "tokens": mixture.tokens,
        "allow_overlap": mixture.allow_overlap,
        "skip_held_out": mixture.skip_held_out,
    }
    return {"parts": parts, **_told(whole)}


def mixture_from_json(value: Any) -> Mixture:
    """Return a mixture from what `mixture_json` returned.

    Raises ValueError for anything else, since a lock may come from a stranger; UnknownMember if
    nothing else is wrong than members that a later version may have written.
    """
    whole = _Members(value)
    parts = [_Members(each) for each in whole.list("parts")]
    mixture = Mixture(
        parts=tuple(
            Part(
                name=each.text("name") or "",
                epochs=each.decimal("epochs"),
                count=each.integer("count"),
                share=each.decimal("share"),
                max_repeat=each.decimal("max_repeat", Decimal(1)) or Decimal(0),
                where=tuple(map(_only_text, each.list("where"))),
                revision=each.text("revision"),
                split=each.text("split"),
                examples=each.integer("examples"),
            )
            for each in parts
        ),
        seed=whole.integer("seed") or 0,
        order=Order(whole.text("order") or Order.SHUFFLE),
        total=whole.integer("total"),
        tokens=whole.integer("tokens"),
        allow_overlap=whole.boolean("allow_overlap"),
        skip_held_out=whole.boolean("skip_held_out"),
    )
    for each in (whole, *parts):
        each.require_all_read()
    fault = fault_of(mixture)
    if fault is not None:
        raise ValueError(fault)
    return mixture


def fault_of(mixture: Mixture) -> str | None:
    """Return what is wrong with a mixture whose members have the right types, None if nothing."""
    names = [each.name for each in mixture.parts]
    if not names:
        return "it has no [[part]]"
    twice = next((each for each in names if names.count(each) > 1), None)
    if twice is not None:
        return f'two parts are called "{twice}"'
    fault = next((each for each in map(_fault_of_part, mixture.parts) if each is not None), None)
    if fault is not None:
        return fault
    sizes = [each for each in (mixture.total, mixture.tokens) if each is not None]
    shared = next((each.name for each in mixture.parts if each.share is not None), None)
    if len(sizes) > 1:
        return "[mix] says `total` and `tokens`: it can have one size"
    if sizes and sizes[0] < 1:
        return "the size in [mix] is not above 0"
    if sizes and shared is None:
        return "[mix] says how large the whole is, and no part has a share of it"
    if not sizes and shared is not None:
        return f'"{shared}" is a share, and [mix] does not say of how much (`total` or `tokens`)'
    return None


def _fault_of_part(part: Part) -> str | None:
    if not part.name.strip():
        return "a part has no name"
    sizes = (part.epochs, part.count, part.share)
    if sum(each is not None for each in sizes) != 1:
        return f'"{part.name}" needs exactly one of `epochs`, `count` and `share`'
    (size,) = (each for each in sizes if each is not None)
    if any(isinstance(each, Decimal) and _is_long(each) for each in (size, part.max_repeat)):
        return f'"{part.name}" has a number with more than {MOST_DIGITS} digits beside its point'
    if size <= 0:
        return f'the size of "{part.name}" is not above 0'
    if part.epochs is not None and part.epochs > MOST_REPEATS:
        return f'"{part.name}" has more than {MOST_REPEATS:,} epochs'
    if part.epochs is not None and part.max_repeat != 1:
        return f'"{part.name}" has `epochs`, which say already how often its examples are written'
    if not 1 <= part.max_repeat <= MOST_REPEATS:
        return f'`max_repeat` of "{part.name}" is not from 1 to {MOST_REPEATS:,}'
    return None


def _is_long(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return value.adjusted() >= MOST_DIGITS or (
        isinstance(exponent, int) and exponent < -MOST_DIGITS
    )


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


def _told(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, [], False)}


def _only_text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    # Ranks are made of UTF-8, which has no half of a surrogate pair: that is a ValueError, too.
    value.encode()
    return value


class _Members:
    """The members of a JSON object that should be part of a mixture. Raises ValueError."""

    def __init__(self, value: Any) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{value!r} is not an object")
        self._left = dict(value)

    def text(self, name: str) -> str | None:
        value = self._left.pop(name, None)
        return None if value is None else _only_text(value)

    def integer(self, name: str) -> int | None:
        value = self._left.pop(name, None)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise ValueError(f"{value!r} is not a whole number")
        return value

    def boolean(self, name: str) -> bool:
        value = self._left.pop(name, False)
        if not isinstance(value, bool):
            raise ValueError(f"{value!r} is neither true nor false")
        return value

    def decimal(self, name: str, default: Decimal | None = None) -> Decimal | None:
        text = self.text(name)
        try:
            value = default if text is None else Decimal(text)
        except InvalidOperation:
            raise ValueError(f"{text!r} is not a number") from None
        if value is not None and not value.is_finite():
            raise ValueError(f"{text!r} is not a number")
        return value

    def list(self, name: str) -> list[Any]:
        value = self._left.pop(name, [])
        if not isinstance(value, list):
            raise ValueError(f"{value!r} is not a list")
        return value

    def require_all_read(self) -> None:
        if self._left:
            raise UnknownMember(f"{min(self._left)!r} is not known")
