"""Laws of splits: what has a side stays there, whatever comes and goes, and nothing leaks."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.laws import share_of_examples
from tests.support.library import chat
from tests.support.repositories import new_backend, opened, write_lines
from vault.dataset.listed import open_revision
from vault.errors import VaultError
from vault.objects.split_rule import SplitRule, decode_split_rule, encode_split_rule
from vault.operations.duplicates.plan.near_clusters import Comparing, near_clusters
from vault.operations.splitting.draw import (
    Drawn,
    Strata,
    drawn_by_hash,
    drawn_by_strata,
    hashes_of,
)
from vault.operations.splitting.groups import Bound, Shared, bind, ranked
from vault.repository import Repository

WORDS = ["open", "close", "valve", "pump", "ring", "water", "house", "garden", "copper", "nickel"]
LONG = " ".join(f"word{at}" for at in range(60))
"""A question that is still nearly the same with another word at its end, or at its beginning."""

# Arrays: each row has a value of each of two things, or none (-1), and a side or none (-1).
_rows = st.lists(
    st.tuples(st.integers(-1, 6), st.integers(-1, 6), st.integers(-1, 2)), min_size=0, max_size=20
)


def bound_of(rows: Sequence[tuple[int, int, int]]) -> Bound:
    table = np.array(rows, np.int64).reshape(-1, 3)
    shared = [Shared(table[:, at], table[:, at] >= 0) for at in (0, 1)]
    return bind(table[:, 2], shared, np.arange(len(table)))


@given(rows=_rows)
def test_new_rows_are_bound_as_a_search_finds(rows: list[tuple[int, int, int]]) -> None:
    """The model walks from new row to new row, and looks at the sides beside them."""

    def beside(one: int, other: int) -> bool:
        return any(rows[one][at] == rows[other][at] >= 0 for at in (0, 1))

    new = [row for row, each in enumerate(rows) if each[2] < 0]
    touched = {
        row: {r[2] for at, r in enumerate(rows) if r[2] >= 0 and beside(row, at)} for row in new
    }
    free = [row for row in new if len(touched[row]) < 2]
    reached: dict[int, frozenset[int]] = {}
    for row in free:
        group, edge = {row}, [row]
        while edge:
            at = edge.pop()
            more = [other for other in free if other not in group and beside(at, other)]
            group.update(more)
            edge += more
        reached[row] = frozenset(group)
    bound = bound_of(rows)
    assert bound.rows.tolist() == new
    for at, row in enumerate(new):
        sides = set().union(*(touched[each] for each in reached.get(row, ())))
        number = int(bound.group[at])
        if row not in reached or len(sides) > 1:
            assert number == -1
            continue
        assert bound.side[number] == (sides.pop() if sides else -1)
        together = [new[other] for other in np.flatnonzero(bound.group == number).tolist()]
        assert set(together) == reached[row]


@given(rows=_rows)
def test_who_gets_no_side_has_a_row_on_each_of_two(rows: list[tuple[int, int, int]]) -> None:
    bound = bound_of(rows)
    without = np.flatnonzero(bound.group < 0)
    ends = zip(bound.first[without].tolist(), bound.second[without].tolist(), strict=True)
    for first, second in ends:
        assert -1 < rows[first][2] != rows[second][2] > -1


@given(rows=_rows, seed=st.randoms(use_true_random=False))
def test_the_order_of_rows_binds_nothing(
    rows: list[tuple[int, int, int]], seed: random.Random
) -> None:
    order = list(range(len(rows)))
    seed.shuffle(order)

    def told(bound: Bound, names: Sequence[int]) -> set[tuple[int, int]]:
        side = np.append(bound.side, -2)[bound.group]
        return {(names[row], int(each)) for row, each in zip(bound.rows, side, strict=True)}

    there = bound_of([rows[at] for at in order])
    assert told(bound_of(rows), range(len(rows))) == told(there, order)


@given(
    first=st.lists(st.binary(min_size=16, max_size=16), unique=True, min_size=1, max_size=9),
    data=st.data(),
)
def test_ranks_order_ids_as_bytes_do(first: list[bytes], data: st.DataObject) -> None:
    labelled = data.draw(st.lists(st.sampled_from(range(len(first))), unique=True))
    keys = data.draw(
        st.lists(
            st.sampled_from(first) | st.binary(min_size=16, max_size=16),
            min_size=len(labelled),
            max_size=len(labelled),
        )
    )
    ranks = ranked(_ids(first), np.array(labelled, np.int64), _ids(keys))
    assert [ranks.ids[each].tobytes() for each in ranks.own] == first
    known = dict(zip(labelled, keys, strict=True))
    wanted = [known.get(at, each) for at, each in enumerate(first)]
    assert [ranks.ids[each].tobytes() for each in ranks.key] == wanted
    assert [each.tobytes() for each in ranks.ids] == sorted({*first, *keys})


def _ids(values: Sequence[bytes]) -> NDArray[np.void]:
    return np.frombuffer(b"".join(values), "V16")


# Draws

_shares = st.sampled_from([(0.9, 0.1), (0.5, 0.5), (0.7, 0.2, 0.1), (0.05, 0.95), (1.0,)])


@given(shares=_shares, seed=st.integers(0, 9), count=st.integers(0, 300), cut=st.integers(0, 300))
def test_a_draw_depends_on_nothing_but_the_group(
    shares: tuple[float, ...], seed: int, count: int, cut: int
) -> None:
    hashes = hashes_of(_ids([at.to_bytes(16, "big") for at in range(count)]), seed)
    sizes, free = np.ones(count, np.int64), np.ones(count, np.bool_)
    whole = drawn_by_hash(Drawn(hashes, sizes, free), shares, count)
    cut = min(cut, count)
    parts = [
        drawn_by_hash(Drawn(hashes[own], sizes[own], free[own]), shares, count + 7)
        for own in (slice(0, cut), slice(cut, None))
    ]
    assert np.array_equal(whole, np.concatenate(parts))


@given(
    shares=_shares,
    strata=st.lists(st.integers(1, 40), min_size=1, max_size=30),
    seed=st.integers(0, 99),
    batches=st.integers(1, 4),
)
def test_strata_of_single_rows_keep_their_shares(
    shares: tuple[float, ...], strata: list[int], seed: int, batches: int
) -> None:
    """Within a row of the target and a row more for each other side; in all as well."""
    rng = random.Random(seed)
    values = [at for at, size in enumerate(strata) for _ in range(size)]
    rng.shuffle(values)
    there = np.zeros((len(strata), len(shares)), np.int64)
    for batch in np.array_split(np.array(values), batches):
        hashes = np.array([rng.getrandbits(64) for _ in batch], np.uint64)
        ones = np.ones(len(batch), np.int64)
        drawn = Drawn(hashes, ones, ones > 0)
        groups = Strata(np.arange(len(batch)), batch, ones, there.copy())
        np.add.at(there, (batch, drawn_by_strata(drawn, groups, shares)), 1)
        so_far = there.sum(axis=1)
        assert (abs(there - np.outer(so_far, shares)) < len(shares)).all()
        assert (abs(there.sum(axis=0) - so_far.sum() * np.array(shares)) < 2 * len(shares)).all()


# Whole repositories


@dataclass
class World:
    """A repository that examples come to and leave, and what sides they were seen on."""

    folder: Path
    rule: dict[str, float] = field(default_factory=lambda: {"train": 0.6, "test": 0.4})
    backend: Any = field(default_factory=new_backend)
    seen: dict[str, str] = field(default_factory=dict)

    @property
    def repository(self) -> Repository:
        return opened(self.backend, self.folder)

    def come(self, records: Sequence[Mapping[str, Any]]) -> None:
        path = write_lines(self.folder / "come.jsonl", [dict(each) for each in records])
        self.repository.import_files([path], readmit=True, workers=1)

    def leave(self, choice: Sequence[int]) -> None:
        there = [each.id for each in self.examples()]
        gone = {there[each % len(there)] for each in choice} if there else set()
        if gone:
            self.repository.rm(sorted(gone))
        # One that comes back is new: it may find another group there.
        self.seen = {id_: side for id_, side in self.seen.items() if id_ not in gone}

    def examples(self) -> Sequence[Any]:
        return self.repository.head(1000, "STAGE").items

    def clusters(self) -> list[int]:
        context = self.repository._context()
        _, dataset = open_revision(context, None)
        found = near_clusters(context, dataset, dataset.keys(), Comparing())
        return [int(each) for each in found.cluster]

    def split(self, **options: Any) -> None:
        before = {each.id: each.labels.get("split") for each in self.examples()}
        report = self.repository.split(self.rule, **options)
        after = self.examples()
        sides = {each.id: str(each.labels["split"]) for each in after if "split" in each.labels}
        for id_, side in {**self.seen, **before}.items():
            assert side is None or sides[id_] == side, "an example moved"
        new = {id_ for id_ in sides if before[id_] is None}
        shared: dict[str | int, set[tuple[str, bool]]] = {}
        for each, cluster in zip(after, self.clusters(), strict=True):
            for what in (_prompt(each), cluster) if each.id in sides else ():
                told = shared.setdefault(what, set())
                told.add((sides[each.id], each.id in new))
        for told in shared.values():
            assert len({side for side, _ in told}) == 1 or not any(is_new for _, is_new in told)
        assert report.unassigned == len(after) - len(sides)
        assert sum(report.splits.values()) == len(sides)
        assert sum(report.new.values()) == len(new)
        self.seen = sides


def _prompt(example: Any) -> str:
    return str(example.data).split('"assistant"')[0]


_questions = st.lists(st.sampled_from(WORDS), min_size=7, max_size=7).map(" ".join)
_records = st.lists(
    st.builds(
        chat,
        st.sampled_from(["the same question again", "another question"])
        | st.sampled_from([f"{LONG} one", f"{LONG} two", f"three {LONG}", f"four {LONG} five"])
        | _questions,
        st.sampled_from(["Yes.", "No.", "Open the valve, then tighten the ring of the pump."]),
        topic=st.sampled_from(["a", "b"]),
    ),
    max_size=8,
)
_steps = st.lists(
    st.tuples(
        _records,
        st.lists(st.integers(0, 99), max_size=4),
        st.sampled_from([{}, {"stratify": "topic"}, {"hold_out": "data.topic = 'a'"}]),
        st.booleans(),
    ),
    min_size=2,
    max_size=5,
)


@given(steps=_steps)
@share_of_examples(0.25)
def test_what_has_a_side_never_moves(
    steps: list[tuple[list[Any], list[int], dict[str, Any], bool]], tmp_path_factory: Any
) -> None:
    world = World(tmp_path_factory.mktemp("world"))
    for records, gone, options, is_changed in steps:
        world.come([chat("a first one, always"), *records, chat("x", topic="a")])
        if is_changed:
            world.rule = {"train": 0.3, "validation": 0.2, "test": 0.5}
        world.split(**options)
        world.leave(gone)
        world.split()


@given(records=_records, rng=st.randoms(use_true_random=False))
@share_of_examples(0.2)
def test_the_order_of_examples_draws_nothing(
    records: list[Any], rng: random.Random, tmp_path_factory: Any
) -> None:
    found = []
    shuffled = [*records]
    rng.shuffle(shuffled)
    for order in (records, shuffled):
        world = World(tmp_path_factory.mktemp("order"))
        world.come([chat("always there"), *order])
        world.split(seed=3)
        found.append(world.seen)
    assert found[0] == found[1]


@given(
    numbers=st.lists(st.integers(0, 10_000), unique=True, min_size=1, max_size=12),
    cut=st.integers(0, 12),
)
@share_of_examples(0.2)
def test_batches_draw_nothing_where_no_group_is_cut(
    numbers: list[int], cut: int, tmp_path_factory: Any
) -> None:
    found = []
    for parts in ([numbers], [numbers[cut:], numbers[:cut]]):
        world = World(tmp_path_factory.mktemp("batches"))
        for part in parts:
            if part:
                world.come([chat(f"question {each * 7919}") for each in part])
                world.split(seed=3)
        found.append(world.seen)
    assert found[0] == found[1]


@given(
    sides=st.dictionaries(
        st.sampled_from(["train", "test", "b-1"]), st.floats(0.01, 1), min_size=1
    ),
    seed=st.integers(-(2**70), 2**70),
    texts=st.tuples(*[st.none() | st.text()] * 3),
)
def test_a_rule_comes_back_as_it_was(
    sides: dict[str, float], seed: int, texts: tuple[str | None, ...]
) -> None:
    rule = SplitRule(sides, seed, *texts)
    data = encode_split_rule(rule)
    found = decode_split_rule(data)
    assert encode_split_rule(found) == data
    assert list(found.sides.items()) == list(sides.items())


@given(data=st.binary() | st.sampled_from([b"{}", b'{"type":"split","version":1,"sides":[]}']))
def test_what_is_no_rule_is_told(data: bytes) -> None:
    with pytest.raises(VaultError) as caught:
        decode_split_rule(data)
    assert caught.value.code == "split-rule-unreadable"
