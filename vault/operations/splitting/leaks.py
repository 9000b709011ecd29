"""`split --check`: which evaluation examples are in training data, between sides or in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vault.dataset.choosing.split_sides import ordered_sides
from vault.dataset.listed import open_revision
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import split_of_each
from vault.dedupe.coverage.search import Spoken
from vault.dedupe.texts import Rows
from vault.errors import InvalidInput
from vault.operations.duplicates.guards import check_threshold
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.splitting.compared_sides import (
    OwnRows,
    Pair,
    Side,
    equal_ids,
    equal_keys,
    pairs_of,
    read_reference,
    seeds_of,
)
from vault.operations.splitting.contamination import ContaminationSearch, questions_in
from vault.operations.splitting.leak_report import (
    Checked,
    CheckedReference,
    Leak,
    LeakItem,
    LeakKind,
    LeakReport,
    NotCompared,
)
from vault.operations.splitting.near_leaks import NearSearch
from vault.operations.splitting.protected_files import protected_files
from vault.session.context import Context

_DIGITS = 4
_EXCERPT_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class LeakOptions:
    """What a check for leaks compares.

    `revision` is checked, the stage if None. `against` are versions or paths of evaluation sets, as
    for `open_reference`; None takes the files that `vault.toml` protects. `comparing` tells when
    two examples are near-duplicates. At most `limit` items of each kind and pair of sides.
    """

    revision: str | None = None
    against: Sequence[str] | None = None
    comparing: Comparing = field(default_factory=Comparing)
    limit: int = 20


@dataclass(frozen=True, slots=True)
class _Found:
    """Leaks of one kind: places on both sides, and what is known of each.

    `given` counts the examples that leak, which is not the number of places for seeds.
    """

    kind: LeakKind
    first: Rows
    second: Rows
    similarity: NDArray[np.float64] | None = None
    coverage: NDArray[np.float64] | None = None
    is_long: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.first)


def split_leaks(context: Context, options: LeakOptions) -> LeakReport:
    """Return the leaks between the sides of a split, and from training data to evaluation sets.

    Every example of the training side counts as training data; all examples do where nothing is
    split. Costs reading every side but the last once, and signing what nothing is kept of. Raises
    InvalidInput (`nothing-split` if there is nothing to check against, `leaks-not-compared` if no
    text could be compared, `limit-invalid`, `threshold-invalid`), what `protected_files` and
    `read_reference` raise, NotFound (`revision-not-found`), Corrupt, StorageFailed.
    """
    check_threshold(options.comparing.threshold)
    if options.limit < 0:
        raise InvalidInput(
            f"a limit of {options.limit} is below 0", code="limit-invalid", hint="give --limit 20"
        )
    revision, dataset = open_revision(context, options.revision)
    own = OwnRows.of(dataset)
    sides, unassigned = _sides(dataset, own)
    references = _references(context, options.against)
    if not references and len(sides) < 2:
        raise _nothing_split(revision.text, sides, len(own.keys))
    every = [*sides, *references]
    pairs = pairs_of(every, lambda at: at == 0)
    _check_compared(every, pairs)
    check = _Check(own, every, pairs, options, context)
    leaks = tuple(check.leaks())
    names = {} if sides[0].name is None else {str(each.name): len(each) for each in sides}
    checked = Checked(
        revision.text,
        names,
        tuple(CheckedReference(str(each.name), len(each), each.unread) for each in references),
        len(own.keys),
        check.searched(),
        options.comparing.threshold,
        check.not_compared(unassigned),
    )
    return LeakReport(leaks, checked)


def _sides(dataset: Dataset, own: OwnRows) -> tuple[list[Side], int]:
    """Return the sides, the training side first, and how many rows are on none.

    All rows are one side without a name where nothing is split.
    """
    found = split_of_each(dataset, own.keys)
    if found is None:
        return [own.side(None, np.arange(len(own.keys)))], 0
    rows = {name: np.flatnonzero(found.on(name)) for name in found.used() if name is not None}
    names = ordered_sides({name: len(each) for name, each in rows.items()})
    return [own.side(name, rows[name]) for name in names], int(found.on(None).sum())


def _references(context: Context, against: Sequence[str] | None) -> list[Side]:
    if against is None:
        protected = protected_files(context.folder)
        return [read_reference(context, each.name, str(each.path)) for each in protected]
    return [read_reference(context, each, each) for each in dict.fromkeys(against)]


def _nothing_split(revision: str, sides: Sequence[Side], examples: int) -> InvalidInput:
    hint = "`vault split train=0.9 test=0.1` makes sides, --against FILE names an evaluation set"
    if not examples:
        message, hint = f"{revision} has no examples", "`vault import FILE` brings some in"
    elif sides[0].name is None:
        message = f"{revision} is not split, so there are no sides to compare"
    else:
        message = f"{revision} has one side, {sides[0].name}, so there is none to compare it with"
        hint = "`vault label --remove split --where EXPR` frees examples for another `vault split`"
    return InvalidInput(message, code="nothing-split", hint=hint)


def _check_compared(sides: Sequence[Side], pairs: Sequence[Pair]) -> None:
    """Raise InvalidInput (`leaks-not-compared`) if a set or all sides have no text to compare."""
    for side in sides:
        if side.is_reference and not side.contents.valid.any():
            what = f"none of the {len(side):,} records" if len(side) else "no record"
            raise InvalidInput(
                f"{what} of {side.name} has text to compare, so nothing was compared",
                code="leaks-not-compared",
                hint="`vault import --dry-run FILE` tells how a file is read",
            )
    filled = [bool(side.contents.valid.any()) for side in sides]
    if not any(filled[one] and filled[other] for one, other in pairs):
        raise InvalidInput(
            "no two sides have text to compare, so nothing was compared",
            code="leaks-not-compared",
            hint="`vault import --replace FILE --map user=FIELD` says what raw records hold",
        )


class _Check:
    """One check of all pairs of sides."""

    def __init__(
        self,
        own: OwnRows,
        sides: Sequence[Side],
        pairs: Sequence[Pair],
        options: LeakOptions,
        context: Context,
    ) -> None:
        self._own, self._sides, self._pairs = own, sides, pairs
        self._limit = options.limit
        self._near = NearSearch(context, own.dataset, own.keys, options.comparing)
        self._texts = ContaminationSearch(own, sides, pairs, context.progress)

    def leaks(self) -> Iterator[Leak]:
        """Yield the leaks of all pairs, a pair at a time, strongest kind first."""
        for pair in self._pairs:
            for found in self._found(pair):
                if len(found):
                    yield self._leak(pair, found)

    def _found(self, pair: Pair) -> Iterator[_Found]:
        first, second = (self._sides[at] for at in pair)
        is_open = np.ones(len(second), np.bool_)

        def taken(kind: LeakKind, place: Rows) -> _Found:
            # Under its strongest kind alone.
            rows = np.flatnonzero(is_open & (place >= 0))
            is_open[rows] = False
            return _Found(kind, place[rows], rows)

        yield taken(LeakKind.EXAMPLE, equal_ids(first.ids, second.ids))
        yield taken(LeakKind.CONVERSATION, equal_keys(first.contents, second.contents))
        yield taken(LeakKind.PROMPT, equal_keys(first.prompts, second.prompts))
        if second.is_reference:
            near = self._near.in_reference(first.rows, second.conversations())
        else:
            near = self._near.between(first.rows, second.rows)
        found = taken(LeakKind.NEAR, near.row)
        yield _Found(found.kind, found.first, found.second, near.similarity[found.second])
        texts = self._texts.between(pair, is_open)
        # Rows of the first side are ascending.
        place = np.where(texts.row < 0, -1, np.searchsorted(first.rows, texts.row))
        found = taken(LeakKind.CONTAMINATION, place)
        rows = found.second
        yield _Found(found.kind, found.first, rows, None, texts.coverage[rows], texts.is_long[rows])
        yield _seeds(first, second)

    def _leak(self, pair: Pair, found: _Found) -> Leak:
        first, second = (self._sides[at] for at in pair)
        likeness = found.similarity if found.coverage is None else found.coverage
        order = np.arange(len(found))
        if likeness is not None:
            order = np.argsort(-likeness, kind="stable")
        order = order[: self._limit]
        excerpts = _excerpts(second, found.second[order])
        items = tuple(
            LeakItem(
                first.ids[found.first[at]].tobytes().hex(),
                second.ids[found.second[at]].tobytes().hex(),
                _rounded(found.similarity, at),
                _rounded(found.coverage, at),
                None if found.is_long is None else bool(found.is_long[at]),
                excerpt,
            )
            for at, excerpt in zip(order.tolist(), excerpts, strict=True)
        )
        return Leak(found.kind, first.name, str(second.name), len(found), items)

    def searched(self) -> int:
        """Return how many evaluation examples were searched for contamination."""
        seconds = {second for _, second in self._pairs}
        searched = [self._texts.is_searched(at) & ~self._texts.is_only_shared(at) for at in seconds]
        return sum(int(each.sum()) for each in searched)

    def not_compared(self, unassigned: int) -> NotCompared:
        """Return what was not compared, and why."""
        without_text = without_question = only_shared = 0
        seconds = {second for _, second in self._pairs}
        for at, side in enumerate(self._sides):
            is_filled = side.contents.valid
            without_text += int((~is_filled).sum())
            if at in seconds:
                without_question += int((is_filled & ~self._texts.is_searched(at)).sum())
                only_shared += int(self._texts.is_only_shared(at).sum())
        return NotCompared(unassigned, without_text, without_question, only_shared)


def _seeds(first: Side, second: Side) -> _Found:
    """Return the examples of the first side that were generated from examples of the second."""
    places, seeds = seeds_of(first)
    place = equal_ids(second.ids, seeds)
    found = np.flatnonzero(place >= 0)
    _, once = np.unique(places[found], return_index=True)
    return _Found(LeakKind.SEED, places[found][once], place[found][once])


def _excerpts(side: Side, places: Rows) -> Iterator[str]:
    """Yield the beginning of what some examples ask, or say if they ask nothing."""
    order = np.argsort(places, kind="stable")
    texts = [text for spoken in side.spoken_in(places[order]) for text in _heads(spoken)]
    back = np.argsort(order, kind="stable")
    return (texts[at] for at in back.tolist())


def _heads(spoken: Spoken) -> Iterator[str]:
    said = spoken.texts.to_pylist()
    bounds = zip(spoken.offsets[:-1].tolist(), spoken.offsets[1:].tolist(), strict=True)
    for (first, last), asked in zip(bounds, questions_in(spoken), strict=True):
        text = " ".join((asked or "\n".join(said[first:last])).split())
        is_long = len(text) > _EXCERPT_CHARACTERS
        yield f"{text[:_EXCERPT_CHARACTERS].rstrip()}…" if is_long else text


def _rounded(values: NDArray[np.float64] | None, at: int) -> float | None:
    return None if values is None else round(float(values[at]), _DIGITS)
