"""Law: whoever does the work of `dedupe`, and however many, the plan is the same."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.test_kept_duplicates import (
    COMPARINGS,
    STEPS,
    apply,
    assert_same,
    context_of,
    plan_of,
)
from tests.support.laws import share_of_examples
from tests.support.library import Library
from tests.support.other_places import ChildHere, OtherPlaces
from tests.unit.operations.test_dedupe_templates import COPIES, ORDERS, UNRELATED
from vault.dataset.listed import open_revision
from vault.dataset.reading.compared_texts import Part
from vault.errors import InvalidInput
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.duplicates.plan.plan import DuplicatePlan, plan_duplicates
from vault.operations.duplicates.workers import cluster_engine, local_children, partition_rows
from vault.operations.duplicates.workers.cluster import Tasks
from vault.session.context import Context

EACH_COMPARING = [
    Comparing(),
    Comparing(threshold=0.6),
    Comparing(threshold=0.9, count_shared=True),
    Comparing(on=Part.PROMPT),
    Comparing(on=Part.RESPONSE),
    Comparing(within="topic"),
    Comparing(exact=True, on=Part.PROMPT),
    Comparing(keep="last"),
]


@pytest.fixture(autouse=True)
def small_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut the work of a small repository into many tasks, and its sets into many places."""
    monkeypatch.setattr(partition_rows, "SHARE_ROWS", 8)
    monkeypatch.setattr(cluster_engine, "SETS_BYTES", 4_000)
    monkeypatch.setattr(local_children, "BYTES_FOR_CHILDREN", 0)
    monkeypatch.setattr(local_children, "LEAST_ROWS", 10)
    monkeypatch.setattr(local_children, "_SETS_AT_ONCE", 8)


@pytest.fixture
def ray_tasks(cluster: Any) -> Iterator[Tasks]:
    """The tasks of a Ray cluster of two workers."""
    from vault.operations.duplicates.workers.ray_cluster import RayTasks

    yield RayTasks(cluster)


def spread_plan(context: Context, comparing: Comparing, tasks: Tasks) -> DuplicatePlan | str:
    _, dataset = open_revision(context, None)
    try:
        return plan_duplicates(context, dataset, comparing, tasks)
    except InvalidInput as error:
        return error.code


def divided_plan(context: Context, comparing: Comparing, workers: int) -> DuplicatePlan | str:
    _, dataset = open_revision(context, None)
    try:
        return plan_duplicates(context, dataset, comparing, workers=workers)
    except InvalidInput as error:
        return error.code


@given(st.lists(STEPS, min_size=2, max_size=8), COMPARINGS, st.sampled_from([2, 3, 4]))
@share_of_examples(0.1)
def test_a_plan_is_the_same_for_any_number_of_children(
    steps: list[tuple[str, Any, Any]], last: Comparing, workers: int
) -> None:
    started = ChildHere.started
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_children, "ChildProcess", ChildHere)
        library = Library(Path(folder))
        for begin in (0, 25, 70, 100):
            apply(library, ("import", begin, 20))
        divided = context_of(library.folder)
        alone = replace(divided, folder=None)
        first = ("plan", Comparing(), 0)
        for step in [first, *steps, ("plan", last, 0), first]:
            if step[0] == "plan":
                assert_same(divided_plan(divided, step[1], workers), plan_of(alone, step[1]))
            else:
                apply(library, step)
    assert ChildHere.started >= started + workers - 1


def test_children_plan_what_one_process_plans_round_after_round(library: Library) -> None:
    divided = context_of(library.folder)
    alone = replace(divided, folder=None)
    removed = 0
    apply(library, ("import", 100, 30))
    for first in (0, 60, 120):
        apply(library, ("import", first - first // 3, 70))
        for comparing in (Comparing(), Comparing(within="topic"), Comparing(on=Part.RESPONSE)):
            plan = divided_plan(divided, comparing, 3)
            assert_same(plan, plan_of(alone, comparing))
            assert_same(plan, divided_plan(divided, comparing, 2))
            assert not isinstance(plan, str)
            removed += len(plan.removed)
        apply(library, ("rm", first // 2, 5))
    assert removed > 100


@given(st.lists(STEPS, min_size=2, max_size=8), COMPARINGS, st.sampled_from([1, 2, 3, 7]))
@share_of_examples(0.1)
def test_a_plan_is_the_same_for_any_number_of_workers(
    steps: list[tuple[str, Any, Any]], last: Comparing, workers: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        apply(library, ("import", 0, 40))
        spread = context_of(library.folder)
        alone = replace(spread, folder=None)
        tasks = OtherPlaces(workers)
        for step in [*steps, ("plan", last, 0), ("plan", Comparing(), 0)]:
            if step[0] == "plan":
                assert_same(spread_plan(spread, step[1], tasks), plan_of(alone, step[1]))
            else:
                apply(library, step)


def test_ray_plans_what_one_process_plans_round_after_round(
    ray_tasks: Tasks, library: Library
) -> None:
    spread = context_of(library.folder)
    alone = replace(spread, folder=None)
    removed = 0
    for first in (0, 60, 120):
        # The second and third round overlap the one before: exact copies come as well.
        apply(library, ("import", first - first // 3, 70))
        for comparing in EACH_COMPARING:
            plan = spread_plan(spread, comparing, ray_tasks)
            assert_same(plan, plan_of(alone, comparing))
            assert not isinstance(plan, str)
            removed += len(plan.removed)
        apply(library, ("rm", first // 2, 5))
    assert removed > 100


def test_engines_go_on_from_what_the_other_kept(library: Library) -> None:
    context = context_of(library.folder)
    alone = replace(context, folder=None)
    apply(library, ("import", 0, 90))
    tasks = OtherPlaces(2)
    assert_same(plan_of(context, Comparing()), plan_of(alone, Comparing()))
    apply(library, ("import", 80, 60))
    assert_same(spread_plan(context, Comparing(), tasks), plan_of(alone, Comparing()))
    apply(library, ("import", 130, 40))
    assert_same(plan_of(context, Comparing()), plan_of(alone, Comparing()))


def test_texts_signatures_and_sets_are_not_fetched(library: Library) -> None:
    apply(library, ("import", 0, 150))
    context = context_of(library.folder)
    tasks = OtherPlaces(2)
    plan = spread_plan(context, Comparing(count_shared=True), tasks)
    assert not isinstance(plan, str)
    rows = len(plan.keys)
    assert len(plan.removed) > 10
    # 50 bytes a row were read, 12 signed; a signature alone is 512, and every message has a head.
    shares = len(np.unique(plan.keys >> np.uint64(32)))
    assert tasks.fetched_bytes < rows * 100 + (shares + 20) * 2_000


def test_a_repository_without_duplicates_and_an_empty_one(library: Library) -> None:
    context, tasks = context_of(library.folder), OtherPlaces(3)
    alone = replace(context, folder=None)
    assert_same(spread_plan(context, Comparing(), tasks), plan_of(alone, Comparing()))
    apply(library, ("import", 1, 1))
    assert_same(spread_plan(context, Comparing(), tasks), plan_of(alone, Comparing()))


def test_templates_are_the_same_wherever_they_are_looked_for(library: Library) -> None:
    library.write("a.jsonl", [*UNRELATED[:700], *ORDERS[:24], *COPIES])
    library.run("a.jsonl")
    context = context_of(library.folder)
    plan = spread_plan(context, Comparing(), OtherPlaces(2))
    assert_same(plan, plan_of(replace(context, folder=None), Comparing()))
    assert not isinstance(plan, str)
    assert len(plan.removed) == 29
    assert plan.boilerplate is not None and len(plan.boilerplate) > 200
