"""Laws of comparing: a difference, applied, gives the other side, whatever the two sides are."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.drafting import context_of, dataset_of, ids, label, labels_of, shuffle
from tests.support.laws import share_of_examples
from tests.support.library import Library, chat
from tests.support.naive_pairing import Item, naive_pairs
from vault.dataset.comparing.compare import compare
from vault.dataset.comparing.past import Past
from vault.dedupe import alike
from vault.objects import run_page
from vault.operations.queries.diff import DiffReport

# Few different questions, answers and topics, so that everything collides with everything.
_chats = st.builds(
    lambda q, a, t: chat(f"q{q} please", f"a{a} then", topic=t, key=q * 10 + t),
    st.integers(0, 4),
    st.integers(0, 2),
    st.integers(0, 2),
)
_raws = st.builds(lambda n, m: {"n": n, "topic": m}, st.integers(0, 3), st.integers(0, 2))
_datasets = st.lists(_chats | _raws, max_size=12, unique_by=lambda each: json.dumps(each))


def committed(library: Library, records: list[Any], name: str) -> str:
    """Make a commit whose dataset is these records, and return its id."""
    library.write(f"{name}.jsonl", records)
    library.run(f"{name}.jsonl", mode="replace-all")
    return library.repository.commit(name, allow_empty=True).commit


def items(library: Library, revision: str) -> list[Item]:
    dataset = dataset_of(library.repository, revision)
    table = dataset.columns(dataset.keys(), ["content_id", "prompt_id"]).to_pylist()
    records = library.records(revision)
    return [
        Item(int(id_, 16), row["content_id"], row["prompt_id"], text(record), record.get("key"))
        for id_, row, record in zip(ids(library.repository, revision), table, records, strict=True)
    ]


def text(record: dict[str, Any]) -> str:
    if "messages" not in record:
        return "\n".join(str(each) for each in record.values())
    return "\n".join(each["content"] for each in record["messages"])


@pytest.fixture(autouse=True)
def _every_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare every pair of texts that share a word, as the model does."""
    monkeypatch.setattr(alike, "_KEPT_CANDIDATES", 1_000)
    monkeypatch.setattr(alike, "_FAR_LIGHTER", 1_000)


def texts(records: list[Any]) -> Counter[str]:
    return Counter(json.dumps(each, sort_keys=True) for each in records)


def counts(report: DiffReport) -> tuple[int, int, int]:
    return report.added, report.removed, report.changed


@share_of_examples(0.2)
@given(before=_datasets, after=_datasets)
def test_a_difference_is_what_makes_one_side_of_the_other(
    before: list[Any], after: list[Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        a = committed(library, before, "a")
        b = committed(library, after, "b")
        changes = list(library.repository.iterate_diff(a, b))
        there, back = library.repository.diff(a, b), library.repository.diff(b, a)

        result = texts(before)
        for each in changes:
            if each.old_data is not None:
                result -= texts([json.loads(each.old_data)])
            if each.change == "removed":
                result -= texts([json.loads(each.data)])
            else:
                result += texts([json.loads(each.data)])
        assert result == texts(after)

        ours, theirs = set(ids(library.repository, a)), set(ids(library.repository, b))
        assert there.added + there.changed == len(theirs - ours)
        assert there.removed + there.changed == len(ours - theirs)
        assert there.unchanged == len(ours & theirs)
        assert (back.added, back.removed, back.changed) == (
            there.removed,
            there.added,
            there.changed,
        )
        assert not list(library.repository.iterate_diff(a, a))

        model = naive_pairs(items(library, a), items(library, b), by_key=False)
        found = {
            int(each.id, 16): (int(str(each.old_id), 16), str(each.what))
            for each in changes
            if each.change == "changed"
        }
        assert found == model
        keyed = {
            int(each.id, 16): (int(str(each.old_id), 16), str(each.what))
            for each in library.repository.iterate_diff(a, b, key="key")
            if each.change == "changed"
        }
        assert keyed == naive_pairs(items(library, a), items(library, b), by_key=True)


_steps = st.lists(
    st.tuples(
        st.sampled_from(["append", "replace", "replace-all", "update", "label", "shuffle"]),
        _datasets,
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@share_of_examples(0.2)
@given(steps=_steps)
def test_recorded_counts_are_those_that_comparing_gives(steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        for number, (mode, records, then_commit) in enumerate(steps):
            if mode in ("label", "shuffle"):
                size = library.repository.status().examples
                if mode == "label":
                    values = {n: {"quality": number} for n in range(0, size, 2)}
                    label(library.repository, values)
                else:
                    shuffle(library.repository, list(reversed(range(size))))
            else:
                library.write("a.jsonl", records)
                if mode != "update":
                    library.run("a.jsonl", mode=mode)
                elif _has_distinct_keys(library, records):
                    library.run("a.jsonl", mode=mode, key="key")
            _check_recorded(library)
            if then_commit:
                library.repository.commit("next", allow_empty=True)
                _check_recorded(library)


def _has_distinct_keys(library: Library, records: list[Any]) -> bool:
    found = [each["key"] for each in [*records, *library.records()] if "key" in each]
    return len(found) == len(set(found))


def _check_recorded(library: Library) -> None:
    context = context_of(library.repository)
    history = library.repository.log().commits
    for logged in history:
        commit = context.commit(logged.commit)
        parent = context.commit(commit.parents[0]).manifest if commit.parents else None
        past = Past(context, commit.parents)
        found = compare(context.store, parent, commit.manifest, past=past)
        assert commit.counts == found.counts
        assert commit.examples == len(ids(library.repository, logged.commit))
    fast, slow = library.repository.diff(limit=0), library.repository.diff(limit=1)
    assert (*counts(fast), fast.relabelled) == (*counts(slow), slow.relabelled)
    assert fast.unchanged == slow.unchanged
    staged = library.repository.status().staged
    assert (staged.added, staged.removed, staged.changed) == counts(slow)
    assert len(set(ids(library.repository))) == len(ids(library.repository))


@share_of_examples(0.2)
@given(
    labels=st.lists(st.dictionaries(st.integers(0, 5), st.integers(0, 2)), min_size=2, max_size=2)
)
def test_relabelled_is_the_same_record_with_other_labels(labels: list[dict[int, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder))
        library.write("a.jsonl", [chat(f"q{n}") for n in range(6)])
        library.run("a.jsonl")
        for said in labels:
            label(library.repository, {n: {"quality": value} for n, value in said.items()})
            library.repository.commit("next", allow_empty=True)
        a, b = labels_of(library.repository, "HEAD~1"), labels_of(library.repository, "HEAD")
        expected = [n for n in range(6) if a[n] != b[n]]

        report = library.repository.diff("HEAD~1", "HEAD")

        assert counts(report) == (0, 0, 0)
        assert [each.old_labels for each in report.items] == [a[n] for n in expected]
        assert [each.labels for each in report.items] == [b[n] for n in expected]
        assert all(each.id == each.old_id and each.data == each.old_data for each in report.items)


def test_relabelled_examples_come_in_dataset_order(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.write("a.jsonl", [chat(f"q{n}") for n in range(4)])
    library.run("a.jsonl")
    shuffle(library.repository, [2, 0, 3, 1])
    library.repository.commit("one")
    label(library.repository, {n: {"quality": n} for n in range(4)})

    found = [each.labels["quality"] for each in library.repository.diff().items]

    assert found == [0, 1, 2, 3]


@pytest.mark.parametrize("at", [0, 1, 40, 80, 119])
def test_an_edit_at_the_edge_of_a_page_is_paired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    monkeypatch.setattr(run_page, "LEAST_RUNS", 4)
    monkeypatch.setattr(run_page, "MOST_RUNS", 5)
    library = Library(tmp_path)
    records = [chat(f"q{n}") for n in range(120)]
    library.write("a.jsonl", records)
    library.run("a.jsonl")
    # Every second row from the back, so that every row is a run of its own.
    shuffle(library.repository, [*range(1, 120, 2), *range(0, 120, 2)])
    library.repository.commit("one")
    order = library.records()
    order[at] = chat(f"{order[at]['messages'][0]['content']} again")
    library.write("b.jsonl", order)
    library.run("b.jsonl", mode="replace-all")

    report = library.repository.diff()

    assert len(dataset_of(library.repository).manifest.pages) > 20
    assert counts(report) == (0, 0, 1)
    assert report.unchanged == 119
    assert str(report.items[0].what) == "prompt"
