"""Law: what the catalogue keeps changes nothing of what `dedupe --against` finds."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.property.test_kept_duplicates import (
    RECORDS,
    STEPS,
    apply,
    context_of,
    kept_files,
    plan_of,
)
from tests.support.laws import share_of_examples
from tests.support.library import Library, chat
from vault.dataset.listed import open_revision
from vault.dataset.reading.compared_texts import Part, read_compared_texts
from vault.dataset.reading.dataset import ids_of
from vault.dataset.reading.judged_pairs import judged_pairs
from vault.dataset.reading.records import record_texts
from vault.dedupe.near import NearOptions
from vault.dedupe.reference import Matches, match_near, match_runs
from vault.operations.duplicates.dedupe_against import AgainstPlan, _plan
from vault.operations.duplicates.plan.exact_duplicates import equal_in
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.duplicates.plan.reference import Reference, open_reference
from vault.progress import silent
from vault.session.context import Context

COMPARINGS = st.builds(
    Comparing,
    exact=st.sampled_from([False, False, False, True]),
    threshold=st.sampled_from([0.8, 0.8, 0.6, 0.9]),
    on=st.sampled_from([Part.CONVERSATION, Part.CONVERSATION, Part.PROMPT, Part.RESPONSE]),
    count_shared=st.booleans(),
)
PARTIAL = ("v0", "partial.jsonl")
"""References of prompts, answers, texts and evaluation sets, which are compared apart."""
REFERENCES = st.sampled_from(["v1", "v2", "eval.jsonl", "STAGE", *PARTIAL])
AGAINST = st.one_of(
    st.tuples(st.just("against"), COMPARINGS, st.tuples(REFERENCES, st.none())),
    st.tuples(st.just("against"), COMPARINGS, st.tuples(REFERENCES, st.none())),
    st.tuples(
        st.just("against"),
        COMPARINGS.map(lambda each: replace(each, exact=False)),
        st.tuples(REFERENCES, st.just(7)),
    ),
)

ASKED = [each["messages"] for each in RECORDS[:110]]
PARTIAL_RECORDS: list[dict[str, Any]] = [
    *({"prompt": each[0]["content"]} for each in ASKED[::9]),
    *({"question": each[0]["content"], "answer": each[1]["content"]} for each in ASKED[1::9]),
    *({"text": each[1]["content"]} for each in ASKED[2::9]),
    *({"messages": each[:1]} for each in ASKED[3::9]),
    *({"messages": each[1:]} for each in ASKED[4::9]),
    *({"turns": [each[0]["content"], "And why is that?"]} for each in ASKED[5::9]),
    {"raw": 2},
]

Step = tuple[str, Comparing, tuple[str, int | None]]


def against(context: Context, folder: Path, step: Step) -> AgainstPlan:
    """Return what a step finds."""
    _, comparing, (name, containment) = step
    _, dataset = open_revision(context, None)
    return _plan(context, dataset, referred(context, folder, name), comparing, containment)


def referred(context: Context, folder: Path, name: str) -> Reference:
    return open_reference(context, str(folder / name) if name.endswith(".jsonl") else name)


def plainly(context: Context, folder: Path, step: Step) -> tuple[list[int], list[float]]:
    """Return what a step finds, and how similar it is, from texts that are all read and signed."""
    _, comparing, (name, containment) = step
    mine, theirs = open_revision(context, None)[1], referred(context, folder, name).dataset
    both = (mine, mine.keys()), (theirs, theirs.keys())
    texts, other = (
        read_compared_texts(*each, comparing.on, progress=silent).texts for each in both
    )
    count = len(both[0][1])
    if comparing.on is Part.CONVERSATION:
        equal = equal_in(*both[0], *both[1])
    else:
        told, others = (each.block(0, len(each)).to_pylist() for each in (texts, other))
        equal = np.array([others.index(each) if each and each in others else -1 for each in told])
    found = Matches.none_of(count)
    if containment is not None:
        shared = comparing.count_shared
        found = match_runs(texts, other, words=containment, count_shared=shared)
    elif not comparing.exact:
        answers = None
        if comparing.on is Part.CONVERSATION:
            one, two = (
                read_compared_texts(*each, comparing.on, progress=silent).answers for each in both
            )
            answers = one, two
        options = NearOptions(comparing.threshold, comparing.count_shared)
        found = match_near(texts, other, answers=answers, options=options)
    judged = judged_pairs(mine.store, mine.manifest)
    ids, others = (
        [each.tobytes() for each in ids_of(dataset.columns(keys, ["id"]))] for dataset, keys in both
    )
    texts_of_others = zip(others, record_texts(*both[1]), strict=True)
    raw = {name for name, text in texts_of_others if b'"raw"' in text}
    same = np.array([others.index(name) if name in raw else -1 for name in ids])
    equal = np.where(equal >= 0, equal, same)
    row = np.where(equal >= 0, equal, found.row)
    matched = [at for at, to in enumerate(row) if to >= 0 and (ids[at], others[to]) not in judged]
    return row[matched].tolist(), np.where(equal >= 0, 1.0, found.similarity)[matched].tolist()


def assert_same(one: AgainstPlan, other: AgainstPlan, but: Collection[str] = ()) -> None:
    for each in fields(one):
        if each.name in but:
            continue
        assert np.array_equal(getattr(one, each.name), getattr(other, each.name)), each.name


def prepared(folder: Path) -> Library:
    """Return a repository with two versions and a file to compare with, which are alike."""
    library = Library(folder)
    # On a branch of its own: no step brings one of these records back, which `plainly` knows not.
    library.repository.commit("nothing", allow_empty=True)
    library.repository.switch("partial", create=True)
    library.write("partial.jsonl", PARTIAL_RECORDS)
    library.run("partial.jsonl")
    library.repository.commit("partial")
    library.repository.tag("v0")
    library.repository.switch("main")
    apply(library, ("import", 0, 60))
    library.write("odd.jsonl", [{"raw": 1}, chat(""), chat("", "")])
    library.run("odd.jsonl")
    library.repository.commit("one")
    library.repository.tag("v1")
    apply(library, ("import", 50, 50))
    apply(library, ("rm", 3, 20))
    library.repository.commit("two")
    library.repository.tag("v2")
    library.write("eval.jsonl", [*RECORDS[30:110:3], {"raw": 1}, chat("")])
    apply(library, ("import", 90, 50))
    return library


@given(st.lists(st.one_of(STEPS, AGAINST, AGAINST), min_size=2, max_size=8), AGAINST)
@share_of_examples(0.06)
def test_the_same_is_found_with_and_without_what_is_kept(steps: list[Any], last: Step) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = prepared(Path(folder))
        kept = context_of(library.folder)
        without = replace(kept, folder=None)
        for step in [*steps, last, last]:
            if step[0] == "against":
                found = against(kept, library.folder, step)
                assert_same(found, against(without, library.folder, step))
                if step[2][0] not in PARTIAL:
                    rows, similarity = plainly(without, library.folder, step)
                    assert found.other.tolist() == rows
                    assert found.similarity.tolist() == similarity
            elif step[0] == "plan":
                # What one of the two kept is what the other goes on from.
                plan_of(kept, step[1])
            else:
                apply(library, step)


@pytest.mark.parametrize("containment", [None, 7])
@pytest.mark.parametrize("on", list(Part))
@pytest.mark.parametrize("name", PARTIAL)
def test_a_version_and_a_file_of_the_same_records_match_the_same(
    tmp_path: Path, name: str, on: Part, containment: int | None
) -> None:
    library = prepared(tmp_path)
    context = context_of(tmp_path)
    found = [
        against(context, tmp_path, ("against", Comparing(on=on), (each, containment)))
        for each in (name, *PARTIAL)
    ]
    assert len(found[0].removed) > 3
    for each in found[1:]:
        assert_same(found[0], each, but=("reference_keys",))
    assert library.ids()


def test_the_law_would_notice_a_match_that_differs(tmp_path: Path) -> None:
    library = prepared(tmp_path)
    kept = context_of(tmp_path)
    found = against(kept, tmp_path, ("against", Comparing(threshold=0.6), ("eval.jsonl", None)))
    assert (found.reasons == "near-duplicate").sum() > 5
    assert (found.reasons == "exact-duplicate").sum() > 5
    assert kept_files(tmp_path)
    stricter = ("against", Comparing(threshold=0.9), ("eval.jsonl", None))
    with pytest.raises(AssertionError):
        assert_same(found, against(kept, tmp_path, stricter))
    assert library.ids()
