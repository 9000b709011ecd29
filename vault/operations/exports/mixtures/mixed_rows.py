"""What a mixture writes: the rows of each side, and the figures of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from vault.dataset.choosing.split_sides import TRAIN
from vault.errors import InvalidInput
from vault.objects.runs import RowKeys
from vault.operations.exports.mixtures.drawing import (
    Counts,
    Drawn,
    arranged,
    by_count,
    by_epochs,
    by_tokens,
    ranks,
)
from vault.operations.exports.mixtures.mixture import Mixture, Part
from vault.operations.exports.mixtures.sizes import budgets, divided, largest
from vault.operations.exports.mixtures.versions import (
    HeldOut,
    Rows,
    Version,
    comparable,
    whole_sides,
)
from vault.session.context import Context


@dataclass(frozen=True, slots=True)
class PartFigures:
    """How much of a part is in a mixture.

    `examples` are the lines written, of `distinct` examples out of `available`; `tokens` are
    theirs, estimated. `overlap` are drawn for other parts already, `held_out` left out because
    their prompt is held out; neither is among the available ones.
    """

    name: str
    examples: int
    distinct: int
    available: int
    tokens: int
    overlap: int
    held_out: int


@dataclass(frozen=True, slots=True)
class MixedRows:
    """The rows of a mixture by side: `training` first, then the sides that are held out, whole.

    `training` is None where no version is split. `unassigned` are rows of the versions on no side.
    """

    mixture: Mixture
    training: str | None
    sides: Mapping[str, RowKeys]
    parts: tuple[PartFigures, ...]
    unassigned: int


@dataclass(frozen=True, slots=True)
class _Source:
    """What a part draws from: rows of a version that are not held out, with a rank for each."""

    part: Part
    version: Version
    rows: Rows
    rank: NDArray[np.uint64]
    held_out: int

    def without(self, taken: NDArray[np.bytes_]) -> _Source:
        """Return the source without examples that other parts have taken."""
        if not len(taken):
            return self
        left = ~np.isin(comparable(self.version.ids[self.rows]), taken)
        return replace(self, rows=self.rows[left], rank=self.rank[left])

    @property
    def tokens(self) -> Rows:
        """The tokens of each row."""
        return self.version.tokens[self.rows]


@dataclass(frozen=True, slots=True)
class _Taken:
    """A source as it was when its part was drawn, and how often each row is written."""

    source: _Source
    counts: Counts


def mixed_rows(
    context: Context, mixture: Mixture, versions: Sequence[Version], exported: Version
) -> MixedRows:
    """Return what a mixture writes; `versions` has that of each part, in their order.

    What `exported`, the version that is exported, holds out stays held out even if no part draws
    from it. The same everywhere for the same versions. Costs two hashes an example. Raises NotFound
    (`split-not-found`), InvalidInput (`mix-held-out`, `mix-infeasible`, `mix-invalid`), and what
    expressions raise.
    """
    different = list({id(each): each for each in (*versions, exported)}.values())
    held = _held_out(mixture, versions, different)
    forbidden = HeldOut(each for parts in held.values() for each in parts)
    sources = [
        _source(context, mixture, part, version, forbidden)
        for part, version in zip(mixture.parts, versions, strict=True)
    ]
    taken = _Drawing(mixture, sources).taken()
    drawn = [
        Drawn(each.source.part.name, each.source.version.ids[each.source.rows], each.counts)
        for each in taken
    ]
    number, row = arranged(drawn, mixture.order, mixture.seed)
    if not len(row):
        raise InvalidInput(
            "the mixture would have no examples: the sizes of its parts are too small",
            code="mix-infeasible",
            hint="write larger ones",
        )
    keys = np.zeros(len(row), np.uint64)
    for at, each in enumerate(taken):
        own = number == at
        keys[own] = each.source.version.keys[each.source.rows[row[own]]]
    sides = [each.side_of(p) for p, each in _pairs(mixture, versions)]
    training = next(iter(sides), exported.training)
    if training in held:
        raise InvalidInput(
            f'the mixture is written as "{training}", and a version holds that side out',
            code="mix-invalid",
            hint="let all parts draw from sides of one name, with `split`",
        )
    figures = [_figures(source, each) for source, each in zip(sources, taken, strict=True)]
    parts = zip(mixture.parts, figures, strict=True)
    return MixedRows(
        replace(mixture, parts=tuple(replace(p, examples=each.examples) for p, each in parts)),
        training,
        {training or TRAIN: keys, **whole_sides(held)},
        tuple(figures),
        sum(each.on_no_side() for each in different),
    )


def _pairs(mixture: Mixture, versions: Sequence[Version]) -> Iterator[tuple[Part, Version]]:
    """Yield the parts that draw from a version which is split."""
    for part, version in zip(mixture.parts, versions, strict=True):
        if version.side_of(part) is not None:
            yield part, version


def _held_out(
    mixture: Mixture, versions: Sequence[Version], different: Sequence[Version]
) -> dict[str, list[tuple[Version, Rows]]]:
    """Return the rows of every side that is held out, in the order of the different versions."""
    held: dict[str, list[tuple[Version, Rows]]] = {}
    for version in different:
        trained = [own.side_of(p) for p, own in _pairs(mixture, versions) if own is version]
        for side, rows in version.held_out([*trained, version.training]).items():
            held.setdefault(side, []).append((version, rows))
    return dict(sorted(held.items()))


def _source(
    context: Context, mixture: Mixture, part: Part, version: Version, forbidden: HeldOut
) -> _Source:
    rows = version.rows_of(context, part)
    asks = forbidden.asked_by(version, rows)
    if asks.any() and not mixture.skip_held_out:
        first = version.ids[rows[asks]][0].tobytes().hex()[:12]
        raise InvalidInput(
            f'{int(asks.sum()):,} of {len(rows):,} examples of the part "{part.name}" ask what a '
            f"version of the mixture holds out; the first is {first}",
            code="mix-held-out",
            hint="`skip_held_out = true` below [mix] leaves them out",
        )
    rows = rows[~asks]
    if not len(rows):
        raise InvalidInput(
            f'the part "{part.name}" has no examples in {version.name}',
            code="mix-infeasible",
            hint="leave the part out, or change what it asks for",
        )
    rank = ranks("take", mixture.seed, part.name, version.ids[rows])
    return _Source(part, version, rows, rank, int(asks.sum()))


class _Drawing:
    """Draws parts one after another: those with epochs or a count first, then those with shares."""

    def __init__(self, mixture: Mixture, sources: Sequence[_Source]) -> None:
        self._mixture = mixture
        self._sources = sources
        self._is_tokens = mixture.tokens is not None
        self._size_name = "tokens" if self._is_tokens else "total"
        self._fixed = [at for at, each in enumerate(sources) if each.part.share is None]
        self._shared = [at for at, each in enumerate(sources) if each.part.share is not None]
        self._shares = [sources[at].part.share or Decimal(0) for at in self._shared]

    def taken(self) -> list[_Taken]:
        """Return what is taken of each part, in their order. Raises InvalidInput."""
        found: dict[int, _Taken] = {}
        for at in self._fixed:
            source = self._left(at, found)
            found[at] = _Taken(source, _of_fixed(source))
        if self._shared:
            wanted = self._left_for_shares(found)
            if not self._draw_shares(wanted, found):
                raise self._infeasible(wanted, found)
        return [found[at] for at in range(len(self._sources))]

    def _left(self, at: int, found: Mapping[int, _Taken]) -> _Source:
        if self._mixture.allow_overlap:
            return self._sources[at]
        ids = [
            comparable(each.source.version.ids[each.source.rows[each.counts > 0]])
            for each in found.values()
        ]
        return self._sources[at].without(np.concatenate(ids) if ids else np.zeros(0, "S16"))

    def _taken_size(self, found: Iterable[_Taken]) -> int:
        """Return the examples or tokens that are taken."""
        return sum(map(_tokens_of if self._is_tokens else _examples_of, found))

    def _left_for_shares(self, found: Mapping[int, _Taken]) -> int:
        """Return the examples or tokens that parts with epochs or a count leave."""
        whole = (self._mixture.tokens if self._is_tokens else self._mixture.total) or 0
        fixed = self._taken_size(found.values())
        if fixed >= whole:
            raise InvalidInput(
                f"parts with epochs or a count have {fixed:,} already, and [mix] says "
                f"{self._size_name} = {whole}",
                code="mix-infeasible",
                hint=f"write {self._size_name} above {fixed}",
            )
        return whole - fixed

    def _draw_shares(self, wanted: int, found: dict[int, _Taken]) -> bool:
        """Add what is taken of parts with shares; False if one of them has too little."""
        sizes = (budgets if self._is_tokens else divided)(wanted, self._shares)
        for at, size in zip(self._shared, sizes, strict=True):
            source = self._left(at, found)
            if size > _most(source, is_tokens=self._is_tokens):
                return False
            counts = (
                by_tokens(size, source.tokens, source.rank)
                if self._is_tokens
                else by_count(size, source.rank)
            )
            found[at] = _Taken(source, counts)
        return True

    def _infeasible(self, wanted: int, found: Mapping[int, _Taken]) -> InvalidInput:
        fixed = {at: found[at] for at in self._fixed}
        name, done = self._size_name, self._taken_size(fixed.values())
        short = next(at for at in self._shared if at not in found)
        part = self._sources[short].part
        if not len(self._left(short, found).rows):
            raise _nothing_left(part)
        # More than all that parts have cannot be met: whoever types 10 to the 30th need not wait.
        has = sum(_most(self._sources[at], is_tokens=self._is_tokens) for at in self._shared)
        most = largest(
            min(wanted, has + len(self._shared)),
            lambda size: self._draw_shares(size, dict(fixed)),
        )
        least = (
            f"{name} = {done + most} is the largest that can be met"
            if most
            else "no total can be met"
        )
        return InvalidInput(
            f'[mix] says {name} = {done + wanted}, and the part "{part.name}" has too little for '
            f"its share: no example may be written more than {_times(part)}",
            code="mix-infeasible",
            hint=f'{least}; or raise `max_repeat` in "{part.name}"',
        )


def _of_fixed(source: _Source) -> Counts:
    """Return how often each row of a part with epochs or a count is written."""
    part = source.part
    if part.epochs is not None:
        return by_epochs(part.epochs, source.rank)
    if not len(source.rows):
        raise _nothing_left(part)
    count, most = int(part.count or 0), _most(source, is_tokens=False)
    if count > most:
        needed = -(-count // len(source.rows))
        raise InvalidInput(
            f'the part "{part.name}" has {len(source.rows):,} examples, each to be written '
            f"{_times(part)} at most, and {count:,} are asked for",
            code="mix-infeasible",
            hint=f"write count = {most}, or max_repeat = {needed}",
        )
    return by_count(count, source.rank)


def _nothing_left(part: Part) -> InvalidInput:
    return InvalidInput(
        f'all examples of the part "{part.name}" are in parts that are drawn before it',
        code="mix-infeasible",
        hint="leave the part out; `allow_overlap = true` below [mix] writes them for both",
    )


def _times(part: Part) -> str:
    return "once" if part.max_repeat == 1 else f"{part.max_repeat:f} times"


def _most(source: _Source, *, is_tokens: bool) -> int:
    """Return how many examples or tokens a part can have."""
    size = int(source.tokens.sum()) if is_tokens else len(source.rows)
    return int(source.part.max_repeat * size)


def _examples_of(taken: _Taken) -> int:
    return int(taken.counts.sum())


def _tokens_of(taken: _Taken) -> int:
    return int((taken.counts * taken.source.tokens).sum())


def _figures(source: _Source, taken: _Taken) -> PartFigures:
    return PartFigures(
        name=source.part.name,
        examples=_examples_of(taken),
        distinct=int((taken.counts > 0).sum()),
        available=len(taken.source.rows),
        tokens=_tokens_of(taken),
        overlap=len(source.rows) - len(taken.source.rows),
        held_out=source.held_out,
    )
