"""Law: what the catalogue keeps for `dedupe` changes no plan, whatever became of data or files."""

from __future__ import annotations

import tempfile
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.laws import share_of_examples
from tests.support.library import Library, chat
from tests.support.naive_dedupe import corpus
from vault.dataset.listed import open_revision
from vault.dataset.reading.compared_texts import Part
from vault.errors import InvalidInput
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.duplicates.plan.plan import DuplicatePlan, plan_duplicates
from vault.progress import silent
from vault.session.context import Context
from vault.store.local import LocalBackend
from vault.store.object_store import ObjectStore
from vault.store.operation_log import Intent, OperationLog

SHARED = "please sort this message of a customer into one of the topics that we know of: "
TEXTS = [f"{text} end{number}" for text in corpus(60, seed=3) for number in range(3)]


def record(number: int) -> dict[str, Any]:
    """Return one of several near texts, or in one of four cases a question answered shortly."""
    topic = ["one", "two"][number % 2]
    if number % 4 == 0:
        return chat(TEXTS[number // 8 * 8], ["yes", "no"][number // 4 % 2], topic=topic)
    asked = SHARED if number % 5 else "which"
    return chat(f"{asked} {TEXTS[number][:9]}", TEXTS[number], topic=topic)


RECORDS = [record(number) for number in range(len(TEXTS))]

COMPARINGS = st.builds(
    Comparing,
    threshold=st.sampled_from([0.8, 0.8, 0.8, 0.6, 0.9]),
    on=st.sampled_from([Part.CONVERSATION, Part.CONVERSATION, Part.PROMPT, Part.RESPONSE]),
    within=st.sampled_from([None, None, "metadata.topic", "topic"]),
    count_shared=st.booleans(),
)
STEPS = st.one_of(
    st.tuples(st.just("import"), st.integers(0, 150), st.integers(1, 60)),
    st.tuples(st.just("import"), st.integers(0, 150), st.integers(1, 60)),
    st.tuples(st.just("rm"), st.integers(0, 100), st.integers(1, 20)),
    st.tuples(st.just("restore"), st.integers(0, 100), st.just(1)),
    st.tuples(st.just("dedupe"), st.just(0), st.just(0)),
    st.tuples(st.just("plan"), COMPARINGS, st.just(0)),
    st.tuples(st.just("plan"), COMPARINGS, st.just(0)),
    st.tuples(st.just("delete"), st.integers(0, 100), st.integers(1, 3)),
    st.tuples(st.just("damage"), st.integers(0, 100), st.integers(0, 1 << 16)),
    st.tuples(st.just("swap"), st.integers(0, 100), st.integers(0, 100)),
)


def context_of(folder: Path) -> Context:
    backend = LocalBackend(folder / ".vault")
    intent = Intent("ada", "2026-01-02T03:04:05Z", "test")
    return Context(ObjectStore(backend), OperationLog(backend), folder, intent, silent)


def plan_of(context: Context, comparing: Comparing) -> DuplicatePlan | str:
    _, dataset = open_revision(context, None)
    try:
        return plan_duplicates(context, dataset, comparing)
    except InvalidInput as error:
        return error.code


def assert_same(one: DuplicatePlan | str, other: DuplicatePlan | str) -> None:
    if isinstance(one, str) or isinstance(other, str):
        assert one == other
        return
    for each in fields(one):
        mine, theirs = getattr(one, each.name), getattr(other, each.name)
        if each.name == "conflicts":
            assert mine.first.tolist() == theirs.first.tolist()
            assert mine.second.tolist() == theirs.second.tolist()
            assert np.array_equal(mine.similarity, theirs.similarity, equal_nan=True)
        else:
            assert np.array_equal(mine, theirs), each.name


def kept_files(folder: Path) -> list[Path]:
    return sorted((folder / ".vault" / "catalogue" / "duplicates").rglob("*.arrays"))


def apply(library: Library, step: tuple[str, Any, Any]) -> None:
    """Do what a step says, as far as it can be done."""
    name, first, second = step
    files = kept_files(library.folder)
    if name == "import":
        library.write(f"{first}.jsonl", RECORDS[first : first + second])
        library.run(f"{first}.jsonl")
    elif name == "rm":
        ids = library.ids()[first : first + second]
        if ids:
            library.repository.rm(ids)
    elif name == "restore":
        gone = library.repository.removed().items
        if gone:
            library.repository.restore([gone[first % len(gone)].id])
    elif name == "dedupe":
        library.repository.dedupe(yes=True)
    elif name == "delete":
        for each in files[first :: second + 1]:
            each.unlink()
    elif name == "damage" and files:
        path = files[first % len(files)]
        data = bytearray(path.read_bytes())
        data[second % len(data)] ^= 0x10
        path.write_bytes(data[: len(data) - second % 3])
    elif name == "swap" and files:
        one, other = files[first % len(files)], files[second % len(files)]
        data = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(data)


@given(st.lists(STEPS, min_size=3, max_size=10), COMPARINGS)
@share_of_examples(0.1)
def test_a_plan_is_the_same_with_and_without_what_is_kept(
    steps: list[tuple[str, Any, Any]], last: Comparing
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        apply(library, ("import", 0, 40))
        with_kept = context_of(library.folder)
        without = replace(with_kept, folder=None)
        for step in [*steps, ("plan", last, 0), ("plan", Comparing(), 0)]:
            if step[0] == "plan":
                assert_same(plan_of(with_kept, step[1]), plan_of(without, step[1]))
            else:
                apply(library, step)


def test_the_law_would_notice_a_plan_that_differs(tmp_path: Path) -> None:
    library = Library(tmp_path)
    apply(library, ("import", 0, 120))
    context = context_of(tmp_path)
    plan = plan_of(context, Comparing())
    assert not isinstance(plan, str)
    assert len(plan.removed) > 10
    assert len(plan.conflicts.first) > 0
    with pytest.raises(AssertionError):
        assert_same(plan, plan_of(context, Comparing(threshold=1.0)))
    assert kept_files(tmp_path)
