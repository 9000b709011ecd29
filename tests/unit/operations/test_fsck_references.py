"""`fsck` tells what whole objects say wrongly of each other: counts, rows, ids, fingerprints."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest

from tests.support.repositories import (
    INTENT,
    chat,
    context_of,
    new_backend,
    opened,
    view_of,
    write_lines,
)
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.fingerprints import fingerprint_of
from vault.dataset.reading.labels import row_labels
from vault.errors import Corrupt
from vault.formats.layouts.registry import Derived, derive
from vault.objects.boilerplate import RecordedBoilerplate, encode_boilerplate
from vault.objects.chunk import decode_facts, decode_records, encode_chunk, encode_records
from vault.objects.chunk_parts import ObjectPart, parts_of
from vault.objects.chunk_rows import ChunkRows
from vault.objects.commit import Commit, decode_commit, encode_commit
from vault.objects.digest import Digest, example_id
from vault.objects.fingerprint import LabelTexts, fingerprint
from vault.objects.labels.label_combinations import fingerprinted
from vault.objects.labels.label_set import Label, encode_label_table, label_table
from vault.objects.log.erasure import encode_erasures
from vault.objects.log.view import RefName, Stage, View, Workspace
from vault.objects.manifest import (
    Attachment,
    Manifest,
    PageReference,
    decode_manifest,
    encode_manifest,
)
from vault.objects.not_duplicates import encode_judged
from vault.objects.parquet_bytes import to_parquet
from vault.objects.run_page import encode_page
from vault.objects.runs import ChunkNumbers, Runs
from vault.operations.upkeep.fsck import fsck
from vault.session.context import WORKSPACE
from vault.store.memory import MemoryBackend
from vault.store.object_store import ObjectStore

MAIN = RefName("main")
ChangeParts = Callable[[list[ObjectPart]], list[ObjectPart]]
MISSING = Attachment(Digest("0" * 64))
TRAIN = Label("split", "train", "ada", INTENT.time)


@pytest.fixture
def backend(tmp_path: Path) -> MemoryBackend:
    """A commit of three examples with one line in quarantine, and nothing staged."""
    made = new_backend()
    path = write_lines(tmp_path / "a.jsonl", [chat(1), chat(2), "{", chat(3)])
    opened(made).import_files([path])
    opened(made).commit("first")
    return made


def head(backend: MemoryBackend) -> tuple[Digest, Commit, Manifest]:
    """Return the commit at the branch and its manifest."""
    digest = view_of(backend).branches[MAIN]
    store = ObjectStore(backend)
    commit = decode_commit(store.get(digest))
    return digest, commit, decode_manifest(store.get(commit.manifest))


def record_view(backend: MemoryBackend, view: View) -> None:
    """Append an operation with any view."""
    log = context_of(backend).log
    tip = log.tip()
    assert log.append(tip, view, INTENT, repository=str(tip.entry.repository))


def fingerprint_if_readable(backend: MemoryBackend, dataset: Manifest) -> str | None:
    """Return the fingerprint of a dataset; None if it is damaged, and fsck does not ask."""
    try:
        return fingerprint_of(Dataset(ObjectStore(backend), dataset))
    except (Corrupt, LookupError, ValueError, pa.ArrowException):
        return None


def stage(backend: MemoryBackend, dataset: Manifest, **said: Any) -> set[str]:
    """Stage a manifest, with any counts, and return the codes that fsck then finds."""
    digest, commit, _ = head(backend)
    made = Stage(
        digest,
        ObjectStore(backend).put(encode_manifest(dataset)),
        dataset.examples,
        commit.counts,
        dataset.quarantined,
        fingerprint_if_readable(backend, dataset),
    )
    workspace = Workspace(MAIN, stages={MAIN: replace(made, **said)})
    record_view(backend, view_of(backend).with_workspace(WORKSPACE, workspace))
    return found(backend)


def stage_runs(backend: MemoryBackend, runs: list[tuple[Digest, int, int]]) -> set[str]:
    """Stage a dataset of any runs."""
    numbers = ChunkNumbers()
    page = ObjectStore(backend).put(encode_page(Runs.build(numbers, runs)))
    examples = sum(rows for _, _, rows in runs)
    return stage(backend, Manifest(pages=(PageReference(page, examples),)))


def found(backend: MemoryBackend) -> set[str]:
    """Return the codes of what fsck finds."""
    report = fsck(context_of(backend))
    assert report.ok is not bool(report.problems)
    return {problem.code for problem in report.problems}


def first_chunk(backend: MemoryBackend) -> Digest:
    """Return the chunk of the committed dataset."""
    from vault.dataset.reading.dataset import open_dataset

    return open_dataset(ObjectStore(backend), head(backend)[1].manifest).runs().triples()[0][0]


def test_what_is_right_is_clean(backend: MemoryBackend) -> None:
    assert found(backend) == set()
    assert stage(backend, head(backend)[2]) == set()
    assert stage_runs(backend, [(first_chunk(backend), 1, 2)]) == set()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"examples": 4}, "examples-count-wrong"),
        ({"quarantined": 0}, "quarantined-count-wrong"),
        ({"manifest": Digest("0" * 64)}, "object-missing"),
        ({"base": Digest("0" * 64)}, "object-missing"),
    ],
)
def test_what_a_stage_says_wrongly_is_told(
    said: dict[str, Any], code: str, backend: MemoryBackend
) -> None:
    assert stage(backend, head(backend)[2], **said) == {code}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"examples": 4}, "examples-count-wrong"),
        ({"quarantined": 7}, "quarantined-count-wrong"),
        ({"fingerprint": "0" * 64}, "fingerprint-wrong"),
        ({"settings": Digest("0" * 64)}, "object-missing"),
        ({"parents": (Digest("0" * 64),)}, "object-missing"),
        ({"manifest": Digest("0" * 64)}, "object-missing"),
    ],
)
def test_what_a_commit_says_wrongly_is_told(
    said: dict[str, Any], code: str, backend: MemoryBackend
) -> None:
    wrong = ObjectStore(backend).put(encode_commit(replace(head(backend)[1], **said)))
    record_view(backend, view_of(backend).with_branch(RefName("other"), wrong))
    assert found(backend) == {code}


def test_a_commit_that_only_an_older_view_names_is_checked(backend: MemoryBackend) -> None:
    before = view_of(backend)
    wrong = ObjectStore(backend).put(encode_commit(replace(head(backend)[1], examples=9)))
    record_view(backend, before.with_branch(MAIN, wrong))
    record_view(backend, before)
    assert found(backend) == {"examples-count-wrong"}


def _pages_off_by_one(manifest: Manifest) -> Manifest:
    page = manifest.pages[0]
    return replace(manifest, pages=(replace(page, examples=page.examples + 1),))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_pages_off_by_one, "page-count-wrong"),
        (lambda manifest: replace(manifest, quarantined=2), "quarantined-count-wrong"),
        (lambda manifest: replace(manifest, removed=1), "removed-count-wrong"),
        (
            lambda manifest: replace(manifest, attachments={"x": MISSING}),
            "object-missing",
        ),
        (
            lambda manifest: replace(manifest, pages=(PageReference(manifest.quarantine[0], 1),)),
            "page-unreadable",
        ),
    ],
)
def test_what_a_manifest_says_wrongly_is_told(
    change: Callable[[Manifest], Manifest], code: str, backend: MemoryBackend
) -> None:
    assert code in stage(backend, change(head(backend)[2]))


@pytest.mark.parametrize("name", ["boilerplate", "not-duplicates", "validation"])
@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"type": "another", "version": 1}', '{"pairs": [["00"]], "parts": {"x": 1}}'],
)
def test_an_attachment_that_cannot_be_read_is_told(
    name: str, text: str, backend: MemoryBackend
) -> None:
    wrong = ObjectStore(backend).put(text.encode())
    manifest = replace(head(backend)[2], attachments={name: Attachment(wrong)})
    assert stage(backend, manifest) == {f"{name}-unreadable"}


def test_an_attachment_that_can_be_read_or_is_not_known_is_no_fault(
    backend: MemoryBackend,
) -> None:
    store = ObjectStore(backend)
    attachments = {
        "boilerplate": store.put(encode_boilerplate({"prompt": RecordedBoilerplate(3, (1, 2))})),
        "not-duplicates": store.put(encode_judged([(b"1" * 16, b"2" * 16)])),
        "of-a-later-version": store.put(b"anything"),
    }
    attached = {name: Attachment(each) for name, each in attachments.items()}
    assert stage(backend, replace(head(backend)[2], attachments=attached)) == set()


def test_a_list_that_is_something_else_is_told(backend: MemoryBackend) -> None:
    manifest = head(backend)[2]
    wrong = replace(manifest, quarantine=(manifest.pages[0].page,))
    assert stage(backend, wrong) == {"quarantine-unreadable"}


def test_a_run_beyond_its_chunk_is_told(backend: MemoryBackend) -> None:
    assert stage_runs(backend, [(first_chunk(backend), 2, 2)]) == {"run-outside-chunk"}
    assert "run-outside-chunk" in stage_runs(backend, [(first_chunk(backend), 4_000_000_000, 1)])


def test_a_run_without_rows_is_told(backend: MemoryBackend) -> None:
    assert stage_runs(backend, [(first_chunk(backend), 0, 0)]) == {"run-empty"}


def test_an_example_twice_is_told(backend: MemoryBackend) -> None:
    chunk = first_chunk(backend)
    assert stage_runs(backend, [(chunk, 0, 2), (chunk, 1, 2)]) == {"example-twice"}


def test_a_label_beyond_its_chunk_is_told(backend: MemoryBackend) -> None:
    chunk = first_chunk(backend)
    labels = encode_label_table(label_table({3: {"split": TRAIN}}))
    wrong = replace(head(backend)[2], labels={chunk: (ObjectStore(backend).put(labels),)})
    assert stage(backend, wrong) == {"label-outside-chunk"}


OFF: dict[int, dict[str, Label | None]] = {0: {"split": None}}


def label_set_of(entries: list[tuple[int, str, str]]) -> bytes:
    """Return a label set with these entries as they are: row, name and JSON of the value."""
    columns = list(zip(*entries, strict=True))
    return to_parquet(
        pa.table(
            {
                "row": pa.array(columns[0], pa.uint32()),
                **{name: columns[at] for at, name in enumerate(("name", "value"), 1)},
                **{name: [name] * len(entries) for name in ("author", "time", "note")},
            }
        )
    )


@pytest.mark.parametrize(
    ("sets", "codes"),
    [
        ([label_set_of([(0, "b", '"x"'), (1, "a", "1.5"), (1, "b", "true")])], set()),
        ([encode_label_table(label_table({0: {"split": TRAIN}}))] * 2, set()),
        ([label_set_of([(1, "a", "1"), (0, "a", "1")])], {"labels-out-of-order"}),
        ([label_set_of([(0, "b", "1"), (0, "a", "1")])], {"labels-out-of-order"}),
        ([label_set_of([(0, "a", "1"), (0, "a", "2")])], {"labels-out-of-order"}),
        ([label_set_of([(0, "a", "[1]")])], {"label-value-wrong"}),
        ([label_set_of([(0, "a", "{}")])], {"label-value-wrong"}),
        ([label_set_of([(0, "a", "null")])], {"label-value-wrong"}),
        ([encode_label_table(label_table(OFF))], {"label-base-wrong"}),
        ([label_set_of([(0, "a", "1")]), encode_label_table(label_table(OFF))], set()),
    ],
)
def test_a_label_set_that_must_not_be_so_is_told(
    sets: list[bytes], codes: set[str], backend: MemoryBackend
) -> None:
    store = ObjectStore(backend)
    labels = {first_chunk(backend): tuple(map(store.put, sets))}
    assert stage(backend, replace(head(backend)[2], labels=labels)) == codes


def test_labels_count_in_a_fingerprint(backend: MemoryBackend) -> None:
    chunk = first_chunk(backend)
    store = ObjectStore(backend)
    labels = encode_label_table(label_table({1: {"split": TRAIN}}))
    _, commit, manifest = head(backend)
    labelled = replace(manifest, labels={chunk: (store.put(labels),)})
    made = replace(commit, manifest=store.put(encode_manifest(labelled)))
    record_view(backend, view_of(backend).with_branch(MAIN, store.put(encode_commit(made))))
    assert found(backend) == {"fingerprint-wrong"}


def rows(records: list[bytes], ids: list[bytes] | None = None) -> ChunkRows:
    """Return rows of raw records, with their own ids or any others."""
    made = ChunkRows(data=list(records))
    made.ids.extend(b"".join([example_id(each) for each in records] if ids is None else ids))
    for line, _ in enumerate(records, start=1):
        made.kind.append("raw")
        made.fields.append(None)
        made.source.append("a")
        made.round.append(None)
        made.made.append(None)
        made.line.append(line)
        for column in (made.content_id, made.prompt_id, made.turns, made.chars, made.tokens):
            column.append(0)
        made.has_content.append(False)
        made.has_prompt.append(False)
    return made


def stage_chunk(backend: MemoryBackend, chunk: ChunkRows, records: ChunkRows) -> set[str]:
    """Stage a chunk whose records may be other rows."""
    store = ObjectStore(backend)
    digest = store.put(encode_chunk(chunk, store.put(encode_records(list(records.data))), {}))
    return stage_runs(backend, [(digest, 0, len(chunk))])


def test_ids_and_records_are_compared(backend: MemoryBackend) -> None:
    right = rows([b'{"a":1}', b'{"a":2}'])
    assert stage_chunk(backend, right, right) == set()
    # The same values, written otherwise.
    assert stage_chunk(backend, right, rows([b'{"a" : 1}', b'{"\\u0061":2}'])) == set()
    assert stage_chunk(backend, right, rows([b'{"a":1}', b'{"a":3}'])) == {"id-wrong"}


TEXT = [b'{"text":"one two three"}']


def of_text(**columns: Any) -> ChunkRows:
    """Return the row of TEXT with some columns changed."""
    made = rows(TEXT)
    values = Derived(**{**asdict(derive(json.loads(TEXT[0]))), **columns})
    for name in ("kind", "fields"):
        getattr(made, name)[0] = getattr(values, name)
    for name in ("content_id", "prompt_id", "turns", "chars", "tokens"):
        getattr(made, name)[0] = getattr(values, name) or 0
    made.has_content[0], made.has_prompt[0] = (
        each is not None for each in (values.content_id, values.prompt_id)
    )
    return made


@pytest.mark.parametrize(
    ("columns", "codes"),
    [
        ({}, set()),
        ({"kind": "raw"}, {"derived-wrong"}),
        ({"kind": "chat"}, {"derived-wrong"}),
        ({"kind": "thread"}, {"derived-wrong"}),
        ({"content_id": 7}, {"derived-wrong"}),
        ({"content_id": None}, {"derived-wrong"}),
        ({"prompt_id": 7}, {"derived-wrong"}),
        ({"fields": b'{"a":1}'}, {"derived-wrong"}),
        ({"turns": 1}, {"derived-wrong"}),
        ({"chars": 1}, {"derived-wrong"}),
        ({"tokens": 1}, {"derived-wrong"}),
    ],
)
def test_columns_that_do_not_follow_from_records_are_told(
    columns: dict[str, Any], codes: set[str], backend: MemoryBackend
) -> None:
    assert stage_chunk(backend, of_text(**columns), rows(TEXT)) == codes


def test_columns_of_another_derivation_are_not_compared(backend: MemoryBackend) -> None:
    with patch("vault.objects.chunk.DERIVATION", 1):
        assert stage_chunk(backend, of_text(turns=7), rows(TEXT)) == set()


def test_records_read_by_a_mapping_or_a_named_format_are_no_fault(tmp_path: Path) -> None:
    made = new_backend()
    path = write_lines(tmp_path / "a.jsonl", [chat(1), {"q": "x", "a": "y", "messages": None}])
    opened(made).import_files([path], format="raw")
    other = write_lines(tmp_path / "b.jsonl", [{"q": "x", "a": "y"}])
    opened(made).import_files([other], mapping={"user": "q", "assistant": "a"})
    assert found(made) == set()


def test_a_record_more_or_less_is_told(backend: MemoryBackend) -> None:
    right = rows([b'{"a":1}', b'{"a":2}'])
    assert stage_chunk(backend, right, rows([b'{"a":1}'])) == {"records-count-wrong"}
    more = rows([b'{"a":1}', b'{"a":2}', b'{"a":3}'])
    assert stage_chunk(backend, right, more) == {"records-count-wrong", "id-wrong"}


def test_a_record_that_is_no_json_is_told(backend: MemoryBackend) -> None:
    wrong = rows([b'{"a":1}', b'{"a":2'])
    assert stage_chunk(backend, wrong, wrong) == {"record-unreadable"}


def test_a_view_without_a_workspace_is_told(backend: MemoryBackend) -> None:
    record_view(backend, replace(view_of(backend), workspaces={}))
    assert found(backend) == {"workspace-missing"}


def test_entries_of_another_log_are_told(backend: MemoryBackend) -> None:
    other = new_backend()
    record_view(other, View(workspaces={"elsewhere": Workspace(MAIN)}))
    name = "operations/0000000002"
    backend.replace(name, other.read(name))
    assert found(backend) == {"log-broken"}


def test_entries_missing_far_below_the_newest_are_told(backend: MemoryBackend) -> None:
    log = context_of(backend).log
    tip = log.tip()
    backend.put_if_absent("operations/0000009000", b"what?")
    report = fsck(context_of(backend))
    codes = {problem.code for problem in report.problems}
    assert codes == {"operation-missing", "operation-damaged"}
    assert len(report.problems) <= 110
    assert log.tip() == tip


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b"[1]"])
def test_a_wrong_format_file_is_told(text: bytes, backend: MemoryBackend) -> None:
    backend.replace("format", text)
    assert found(backend) == {"format-damaged"}


@pytest.mark.parametrize(
    "text", [b'{"requires": ["magic"], "version": 2}\n', b'{"requires": [], "version": 3}\n']
)
def test_a_format_file_of_a_later_version_is_told(text: bytes, backend: MemoryBackend) -> None:
    backend.replace("format", text)
    assert found(backend) == {"format-too-new"}


def stage_parts(
    backend: MemoryBackend, change: Callable[[list[ObjectPart]], list[ObjectPart]]
) -> set[str]:
    """Stage a chunk that names these parts of its records."""
    right = rows([b'{"a":%d}' % number for number in range(2_000)])
    store = ObjectStore(backend)
    data = encode_records(list(right.data))
    parts = change(list(parts_of(data)))
    return stage_runs(
        backend, [(store.put(encode_chunk(right, store.put(data), {}, parts)), 0, len(right))]
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda parts: [parts[0]._replace(sha256=Digest("0" * 64)), *parts[1:]],
        lambda parts: [parts[0]._replace(length=parts[0].length - 1), *parts[1:]],
        lambda parts: parts[1:],
        lambda parts: parts[:-1],
        lambda parts: [*parts, parts[-1]._replace(offset=10**9)],
    ],
    ids=["digest", "length", "first", "last", "beyond"],
)
def test_a_part_that_is_not_of_the_records_is_told(
    change: ChangeParts, backend: MemoryBackend
) -> None:
    assert stage_parts(backend, change) == {"part-wrong"}


def test_parts_that_tile_the_records_are_no_fault(backend: MemoryBackend) -> None:
    lengths: list[int] = []

    def seen(parts: list[ObjectPart]) -> list[ObjectPart]:
        lengths.append(len(parts))
        return parts

    assert stage_parts(backend, seen) == set()
    # Two row groups, and the footer.
    assert lengths == [3]


def test_what_an_attachment_names_must_be_there(backend: MemoryBackend) -> None:
    store = ObjectStore(backend)
    manifest = head(backend)[2]
    attached = Attachment(store.put(b"anything"), (store.put(b"named"),))
    assert stage(backend, replace(manifest, attachments={"x": attached})) == set()
    lacking = replace(attached, names=(MISSING.object,))
    assert stage(backend, replace(manifest, attachments={"x": lacking})) == {"object-missing"}


def test_the_fingerprint_of_0_1_counts_labels_of_vaults_own(backend: MemoryBackend) -> None:
    store = ObjectStore(backend)
    _, commit, manifest = head(backend)
    said: dict[int, dict[str, Label | None]] = {
        1: {"cluster": Label("cluster", "ab12", "ada", INTENT.time), "split": TRAIN}
    }
    labels = {first_chunk(backend): (store.put(encode_label_table(label_table(said))),)}
    labelled = Dataset(store, replace(manifest, labels=labels))
    ids = labelled.ids()
    own = row_labels(labelled, labelled.keys())
    texts = [
        LabelTexts(own.place, fingerprinted(own, counts_own=counts)) for counts in (True, False)
    ]
    assert fingerprint_of(labelled) == fingerprint(ids, texts[1]) != fingerprint(ids, texts[0])
    for each in texts:
        made = replace(
            commit,
            manifest=store.put(encode_manifest(labelled.manifest)),
            fingerprint=fingerprint(ids, each),
        )
        record_view(backend, view_of(backend).with_branch(MAIN, store.put(encode_commit(made))))
        assert found(backend) == set()


def test_records_that_were_erased_are_no_fault(backend: MemoryBackend) -> None:
    store = ObjectStore(backend)
    chunk = first_chunk(backend)
    records = decode_facts(store.get(chunk)).records
    count = len(decode_records(store.get(records)))
    for replacement in (store.put(encode_records([b"{}"] * count)), None):
        erased = {"1": store.put(encode_erasures({records: replacement}))}
        record_view(backend, replace(view_of(backend), erased=erased))
        store.delete(records)
        assert found(backend) == set()
