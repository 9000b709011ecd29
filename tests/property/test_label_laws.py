"""Laws of labels: whatever is written through overlays, a plain dictionary says the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.support import plain_reader
from tests.support.laws import share_of_examples
from vault.dataset.changing.write_labels import (
    LabelChange,
    entries_of,
    store_labels,
    with_label_changes,
    with_labels,
)
from vault.dataset.comparing.compare import compare_datasets
from vault.dataset.reading.dataset import Dataset, store_pages
from vault.dataset.reading.labels import (
    keys_with_label,
    label_columns,
    label_entries,
    label_names,
    labels_of_each,
    labels_of_rows,
    split_of_each,
    values_in_chunk,
)
from vault.objects.chunk import encode_chunk, encode_records
from vault.objects.chunk_rows import ChunkRows
from vault.objects.digest import Digest
from vault.objects.fingerprint import LabelTexts, fingerprint
from vault.objects.labels.label_combinations import fingerprinted, labels_by_row, unlabelled
from vault.objects.labels.label_set import Label, label_table, merged_labels
from vault.objects.manifest import (
    MOST_LABEL_SETS,
    Manifest,
    decode_manifest,
    encode_manifest,
)
from vault.objects.runs import ChunkNumbers, Runs
from vault.store.memory import MemoryBackend
from vault.store.object_store import ObjectStore

ROWS = (7, 5)
"""Rows of the chunks of the dataset."""

Said = dict[int, dict[str, Label]]

_names = st.sampled_from(["a", "b", "split", "größe"])
# 1, 1.0 and true are equal to Python and differ as JSON.
_values = st.sampled_from(["x", "y", "", 1, 1.0, True, False, 0, 2**60, 1e300, "é\n"])
_labels = st.builds(
    Label, _names, _values, st.sampled_from(["ada", "bo"]), st.just("t"), st.none() | st.just("why")
)
_positions = st.integers(0, sum(ROWS) - 1)
_one_by_one = st.dictionaries(
    _positions, st.dictionaries(_names, st.none() | _labels, min_size=1, max_size=3), max_size=4
)
_many = st.tuples(
    _names,
    st.lists(_positions, max_size=12, unique=True),
    st.lists(st.none() | _values, min_size=1, max_size=3),
)
_changes = st.lists(_one_by_one | _many, max_size=14)


def empty_dataset() -> Dataset:
    """Return a dataset of two chunks without labels."""
    store = ObjectStore(MemoryBackend())
    numbers = ChunkNumbers()
    runs = []
    for number, rows in enumerate(ROWS):
        made = ChunkRows()
        for row in range(rows):
            made.data.append(b"{}")
            made.ids.extend(hashlib.sha256(bytes([number, row])).digest()[:16])
            for column in (made.content_id, made.prompt_id, made.turns, made.chars, made.tokens):
                column.append(0)
            made.line.append(row + 1)
            made.has_content.append(False)
            made.has_prompt.append(False)
            made.kind.append("raw")
            made.source.append("s")
            for texts in (made.fields, made.round, made.made):
                texts.append(None)
        records = store.put(encode_records(list(made.data)))
        runs.append((store.put(encode_chunk(made, records, {})), 0, rows))
    pages = store_pages(store, Runs.build(numbers, runs))
    return Dataset(store, Manifest(pages=pages), numbers=numbers)


def next_dataset(dataset: Dataset, manifest: Manifest) -> Dataset:
    """Return the dataset of another manifest, as it is read again."""
    read = decode_manifest(encode_manifest(manifest))
    assert read == manifest
    assert all(1 <= len(sets) <= MOST_LABEL_SETS for sets in read.labels.values())
    return Dataset(dataset.store, read, numbers=dataset.numbers)


def changed(dataset: Dataset, model: Said, change: Any) -> tuple[Dataset, Said]:
    """Change the labels of a dataset, and those of a dictionary by position."""
    keys = dataset.keys()
    after = {at: dict(own) for at, own in model.items()}
    if isinstance(change, Mapping):
        said = {
            at: {n: each and replace(each, name=n) for n, each in own.items()}
            for at, own in change.items()
        }
        manifest = with_labels(dataset, {int(keys[at]): own for at, own in said.items()})
    else:
        name, positions, values = change
        place = np.arange(len(positions)) % len(values)
        one = LabelChange(name, keys[positions], values, place, "cy", "later", "many")
        manifest = with_label_changes(dataset, [one])
        said = {
            at: {name: None if values[p] is None else Label(name, values[p], "cy", "later", "many")}
            for at, p in zip(positions, place.tolist(), strict=True)
        }
    for at, own in said.items():
        for name, each in own.items():
            after.setdefault(at, {}).pop(name, None)
            if each is not None:
                after[at][name] = each
    return next_dataset(dataset, manifest), after


def shown(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return names and values so that 1, 1.0 and true differ."""
    return sorted((name, repr(value)) for name, value in values.items())


def expected_of(model: Said, count: int) -> list[list[tuple[str, str]]]:
    said = ({n: each.value for n, each in model.get(at, {}).items()} for at in range(count))
    return [shown(each) for each in said]


@share_of_examples(0.3)
@given(changes=_changes)
def test_labels_written_through_overlays_are_those_of_a_dictionary(changes: Sequence[Any]) -> None:
    dataset, model = empty_dataset(), Said()
    for change in changes:
        dataset, model = changed(dataset, model, change)
    keys = dataset.keys()
    by_key = {int(keys[at]): own for at, own in model.items() if own}
    found = labels_of_rows(dataset, keys)
    assert found == by_key
    assert [shown(each) for each in labels_of_each(dataset, keys)] == expected_of(model, len(keys))
    assert label_names(dataset) == {name for own in model.values() for name in own}
    with_a = sorted(key for key, own in by_key.items() if "a" in own)
    assert sorted(keys_with_label(dataset, "a").tolist()) == with_a
    sides = split_of_each(dataset, keys)
    split = [
        str(own["split"].value) if "split" in (own := model.get(at, {})) else None
        for at in range(len(keys))
    ]
    if sides is None:
        assert set(split) == {None}
    else:
        assert [sides.names[each] for each in sides.place.tolist()] == split
        assert sides.used() == [
            *sorted({s for s in split if s is not None}),
            *([None] if None in split else []),
        ]
    for chunk, first, rows in dataset.runs().triples():
        columns = label_columns(dataset.store, dataset.manifest.labels.get(chunk, ()))
        at = dataset.runs().triples().index((chunk, first, rows)) * ROWS[0]
        for row in range(rows):
            alone = values_in_chunk(dataset.store, dataset.manifest, chunk, row)
            assert shown(alone) == expected_of(model, len(keys))[at + row]
            here = {}
            for name, column in columns.items():
                place = int(column.places_of(np.array([row]))[0])
                if place < len(column.values):
                    here[name] = column.values[place]
            assert shown(here) == shown(alone)


@share_of_examples(0.3)
@given(before=_changes, after=_changes)
def test_relabelled_examples_are_those_with_other_json(before: Any, after: Any) -> None:
    old, ours = empty_dataset(), Said()
    for change in before:
        old, ours = changed(old, ours, change)
    new, theirs = old, ours
    for change in after:
        new, theirs = changed(new, theirs, change)
    count = sum(ROWS)
    pairs = zip(expected_of(ours, count), expected_of(theirs, count), strict=True)
    differ = [at for at, (a, b) in enumerate(pairs) if a != b]
    found = compare_datasets(old, new)
    keys = new.keys()
    assert found.relabelled_new.tolist() == keys[differ].tolist()
    assert found.relabelled_old.tolist() == keys[differ].tolist()


@given(
    changes=_changes,
    kept=st.lists(_positions, unique=True),
    replaced=st.dictionaries(_positions, st.dictionaries(_names, _labels, max_size=2), max_size=3),
)
def test_rows_that_leave_take_their_labels_along(changes: Any, kept: Any, replaced: Any) -> None:
    dataset, model = empty_dataset(), Said()
    for change in changes:
        dataset, model = changed(dataset, model, change)
    keys = dataset.keys()
    told = {
        at: {n: replace(each, name=n) for n, each in own.items()}
        for at, own in replaced.items()
        if at in kept
    }
    by_key = {int(keys[at]): own for at, own in told.items()}
    labels = store_labels(
        dataset, keys[kept], np.array(list(by_key), np.uint64), entries_of(by_key)
    )
    left = Dataset(dataset.store, replace(dataset.manifest, labels=labels), numbers=dataset.numbers)
    expected = {int(keys[at]): {**model, **told}[at] for at in kept if {**model, **told}.get(at)}
    assert labels_of_rows(left, keys) == expected
    entries = label_entries(left, keys)
    assert len(entries.keys) == sum(map(len, expected.values()))
    for chunk, sets in dataset.manifest.labels.items():
        rows = {
            at for at in range(len(keys)) if dataset.numbers.digest(int(keys[at]) >> 32) == chunk
        }
        if rows <= set(kept) and not rows & set(told):
            assert labels[chunk] == sets


@given(
    said=st.dictionaries(
        st.binary(min_size=16, max_size=16),
        st.dictionaries(st.sampled_from(["a", "b", "_group", "cluster", "ü"]), _values, max_size=3),
        max_size=12,
    ),
    twin=st.booleans(),
)
def test_a_fingerprint_is_that_of_the_plain_reader(said: Any, twin: bool) -> None:
    if twin and said:  # two ids that share their first half
        said[min(said)[:8] + b"\x00" * 8] = {"a": "x"}
    ids = np.frombuffer(b"".join(said), "V16")
    rows = np.arange(len(ids))
    labels = {
        at: {n: Label(n, v, "", "") for n, v in own.items()} for at, own in enumerate(said.values())
    }
    place, combinations = labels_by_row(merged_labels([label_table(labels)]), rows)
    named = replace(unlabelled(len(ids)), place=place, combinations=[{}, *combinations])
    found = fingerprint(ids, LabelTexts(place, fingerprinted(named)))
    plain = {each: plain_reader.read_json(json.dumps(own).encode()) for each, own in said.items()}
    assert found == plain_reader.fingerprint(plain)
    order = np.random.default_rng(1).permutation(len(ids))
    assert fingerprint(ids[order], LabelTexts(place[order], fingerprinted(named))) == found


def test_a_manifest_that_version_1_can_say_is_version_1() -> None:
    dataset = empty_dataset()
    keys = dataset.keys()
    many = with_label_changes(dataset, [LabelChange.same(Label("a", "x", "ada", "t"), keys)])
    assert json.loads(encode_manifest(many))["version"] == 1
    one = LabelChange.same(Label("a", "y", "ada", "t"), keys[:1])
    overlaid = with_label_changes(next_dataset(dataset, many), [one])
    written = json.loads(encode_manifest(overlaid))
    assert written["version"] == 2
    assert sorted(map(len, written["labels"].values())) == [1, 2]


def test_the_tenth_set_of_a_chunk_becomes_one() -> None:
    dataset = empty_dataset()
    keys = dataset.keys()
    full = with_label_changes(dataset, [LabelChange.same(Label("a", 0, "ada", "t"), keys)])
    dataset = next_dataset(dataset, full)
    chunk = dataset.numbers.digest(0)
    lengths = []
    for value in range(1, 10):
        change = LabelChange.same(Label("a", value, "ada", "t"), keys[:1])
        dataset = next_dataset(dataset, with_label_changes(dataset, [change]))
        lengths.append(len(dataset.manifest.labels[chunk]))
    assert lengths == [2, 3, 4, 5, 6, 7, 8, 9, 1]


def test_a_change_that_changes_nothing_stores_nothing() -> None:
    dataset = empty_dataset()
    keys = dataset.keys()
    label = LabelChange.same(Label("a", 0, "ada", "t"), keys)
    dataset = next_dataset(dataset, with_label_changes(dataset, [label]))
    before = set(dataset.store.digests())
    again = [label, LabelChange.taken_off("b", keys)]
    assert with_label_changes(dataset, again) == dataset.manifest
    assert set(dataset.store.digests()) == before


def test_labels_that_are_all_taken_off_leave_no_set() -> None:
    dataset = empty_dataset()
    keys = dataset.keys()
    label = LabelChange.same(Label("a", 0, "ada", "t"), keys)
    labelled = next_dataset(dataset, with_label_changes(dataset, [label]))
    assert with_label_changes(labelled, [LabelChange.taken_off("a", keys)]) == dataset.manifest


def test_chunks_without_a_change_are_not_read() -> None:
    dataset = empty_dataset()
    keys = dataset.keys()
    label = LabelChange.same(Label("a", 0, "ada", "t"), keys)
    dataset = next_dataset(dataset, with_label_changes(dataset, [label]))
    read: list[Digest] = []

    class Counting(ObjectStore):
        def get(self, digest: Digest) -> bytes:
            read.append(digest)
            return super().get(digest)

    counting = Dataset(Counting(dataset.store.backend), dataset.manifest, numbers=dataset.numbers)
    with_label_changes(counting, [LabelChange.same(Label("a", 1, "ada", "t"), keys[:1])])
    store_labels(counting, keys[: ROWS[0]])
    first, second = (dataset.numbers.digest(each) for each in (0, 1))
    sets = [each for each in read if each not in {page.page for page in dataset.manifest.pages}]
    assert sets == [dataset.manifest.labels[first][0], dataset.manifest.labels[second][0]]
