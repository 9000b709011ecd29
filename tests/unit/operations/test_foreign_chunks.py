"""Chunks of another derivation that a stranger wrote, and a catalogue that says what is not so."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.library import Library, chat
from vault.catalogue.index.array_files import ArrayFiles
from vault.dataset.changing.stage import change_stage
from vault.dataset.reading import derived_chunks
from vault.dataset.reading.dataset import Dataset, chunk_table
from vault.errors import Corrupt
from vault.objects.chunk import (
    CHUNK_SCHEMA,
    DERIVED,
    decode_facts,
    decode_run_columns,
    encode_records,
)
from vault.objects.conversation import DERIVATION
from vault.objects.digest import Digest
from vault.objects.manifest import Manifest, PageReference
from vault.objects.run_page import encode_page
from vault.objects.runs import ChunkNumbers, Runs
from vault.session.context import Context, Draft
from vault.session.expression_cache import ColumnCache
from vault.store.object_store import ObjectStore

RECORDS = [
    chat("hi", "yo"),
    {"input": "q1", "output": "a1", "metadata": {"x": 1}},
    {"question": "q2", "answer": "a2"},
    {"prompt": "only"},
]
KINDS = ["chat", "prompt-completion", "prompt-completion", "prompt"]
Facts = dict[str, Any]
ChangeTable = Callable[[pa.Table], pa.Table]


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Equal chunks of two tests share what a process holds of them."""
    monkeypatch.setattr(derived_chunks, "_HELD", ColumnCache())
    yield


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A repository with four records of three kinds, staged."""
    made = Library(tmp_path)
    made.write("a.jsonl", RECORDS)
    made.run("a.jsonl", workers=1)
    return made


def context_of(library: Library) -> Context:
    return library.repository._context()


def rewritten(
    library: Library,
    *,
    table: ChangeTable = lambda table: table,
    texts: list[bytes] | None = None,
    **facts: Any,
) -> Digest:
    """Put a chunk in the place of the staged one: with other facts, columns or records."""

    def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, Digest]:
        runs = dataset.runs()
        data = dataset.store.get(dataset.numbers.digest(0))
        file = pq.ParquetFile(io.BytesIO(data))
        said = {**json.loads(file.metadata.metadata[b"vault.chunk"]), "derivation": 1, **facts}
        if texts is not None:
            said |= {"records": dataset.store.put(encode_records(texts)), "parts": []}
        chunk = dataset.store.put(parquet(table(file.read()), said))
        page = encode_page(Runs.build(ChunkNumbers(), [(chunk, 0, runs.examples)]))
        pages = (PageReference(dataset.store.put(page), runs.examples),)
        return Manifest(pages=pages, sources=dataset.manifest.sources), chunk

    return change_stage(context_of(library), change)


def parquet(table: pa.Table, facts: Facts) -> bytes:
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, table.schema, compression="zstd", store_schema=False) as writer:
        writer.add_key_value_metadata({b"vault.chunk": json.dumps(facts).encode()})
        writer.write_table(table)
    return sink.getvalue()


def changed(table: pa.Table, name: str, values: list[Any]) -> pa.Table:
    at = table.schema.get_field_index(name)
    return table.set_column(at, table.schema.field(at), pa.array(values, table.field(at).type))


def seen(library: Library) -> list[tuple[Any, ...]]:
    """Return what is said of each example."""
    return [
        (each.id, each.kind, each.source, each.line, each.turns, each.tokens)
        for each in library.repository.snapshot("STAGE")
    ]


def kinds(library: Library) -> list[str]:
    return [each.kind for each in library.repository.snapshot("STAGE")]


# The catalogue.


def as_stored_by_0_2(table: pa.Table) -> bytes:
    """A whole chunk, which says that every record is another one's."""
    count = table.num_rows
    ids = [bytes(15) + bytes([at]) for at in range(count)]
    return parquet(changed(changed(table, "id", ids), "source", ["evil"] * count), {})


DERIVED_ONLY = [name for name in CHUNK_SCHEMA.names if name in DERIVED]
LIES: dict[str, Callable[[pa.Table], bytes]] = {
    "no Parquet": lambda table: b"garbage",
    "nothing": lambda table: b"",
    "fewer rows": lambda table: parquet(table.select(DERIVED_ONLY).slice(0, 1), {}),
    "more rows": lambda table: parquet(pa.concat_tables([table.select(DERIVED_ONLY)] * 2), {}),
    "another column less": lambda table: parquet(table.select(DERIVED_ONLY[1:]), {}),
    "a required value is null": lambda table: parquet(
        table.select(DERIVED_ONLY).set_column(2, "kind", pa.array([None] * 4, pa.string())), {}
    ),
    "a whole chunk": as_stored_by_0_2,
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("array", ["columns", "chunk"])
def test_what_is_kept_wrongly_is_made_again(library: Library, lie: str, array: str) -> None:
    wanted = seen(library)
    chunk = rewritten(library)
    table = pq.read_table(io.BytesIO(context_of(library).store.get(chunk)))
    files, name = ArrayFiles(library.folder / ".vault/catalogue"), f"derived/{DERIVATION}/{chunk}"
    assert files.write(name, {array: np.frombuffer(LIES[lie](table), np.uint8)})
    assert seen(library) == wanted
    kept = files.read(name)
    assert kept is not None and kept["columns"].tobytes() != LIES[lie](table)


def test_the_catalogue_keeps_derived_columns_alone(library: Library) -> None:
    chunk = rewritten(library)
    assert kinds(library) == KINDS
    kept = ArrayFiles(library.folder / ".vault/catalogue").read(f"derived/{DERIVATION}/{chunk}")
    assert kept is not None
    table = pq.read_table(io.BytesIO(kept["columns"].tobytes()))
    assert set(table.column_names) == DERIVED


def test_columns_of_model_runs_are_those_of_the_chunk(library: Library) -> None:
    def made_by_a_run(table: pa.Table) -> pa.Table:
        return table.append_column("model", pa.array(["m", None, "m", "n"]))

    chunk = rewritten(library, table=made_by_a_run)
    store = context_of(library).store
    assert chunk_table(store, chunk, ["kind"]).column("kind").to_pylist() == KINDS
    assert decode_run_columns(store.get(chunk)).column("model").to_pylist() == ["m", None, "m", "n"]


@pytest.mark.parametrize("as_dictionaries", [False, True])
@pytest.mark.parametrize("names", [["kind"], ["id", "kind", "line"], ["fields", "source", "turns"]])
def test_columns_come_in_the_order_asked_for(
    library: Library, names: list[str], as_dictionaries: bool
) -> None:
    store: ObjectStore = context_of(library).store
    chunk = rewritten(library)
    rows = np.array([1, 3], np.int64)
    table = chunk_table(store, chunk, names, rows=rows, as_dictionaries=as_dictionaries)
    whole = chunk_table(store, chunk, names)
    assert table.column_names == names
    assert table.to_pylist() == whole.take(pa.array(rows)).to_pylist()


def test_a_large_chunk_is_held_like_any_other() -> None:
    largest = ColumnCache(1_600, largest_bytes=1_600)
    largest.keep("a", "value", 1_500)
    assert largest.get("a") == "value"
    usual = ColumnCache(1_600)
    usual.keep("a", "value", 101)
    assert usual.get("a") is None


# Chunks.


@pytest.mark.parametrize(
    "readers",
    [
        None,
        [],
        {"a.jsonl": [1]},
        {"a.jsonl": "map"},
        {"a.jsonl": {"map": {"user": 3}}},
        {"a.jsonl": {"map": [1]}},
    ],
)
def test_readers_of_another_shape_are_damage(library: Library, readers: Any) -> None:
    assert code_of(library, readers=readers) == "chunk-unreadable"


@pytest.mark.parametrize("name", ["derivation", "examples", "parts", "records"])
def test_a_number_without_end_is_damage(library: Library, name: str) -> None:
    assert code_of(library, **{name: float("inf")}) == "chunk-unreadable"


def test_a_chunk_that_nests_what_it_says_too_deeply_is_damaged(library: Library) -> None:
    data = context_of(library).store.get(rewritten(library))
    nested = b'{"derivation":' + b"[" * 100_000
    table = pq.read_table(io.BytesIO(data)).replace_schema_metadata({b"vault.chunk": nested})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    with pytest.raises(Corrupt):
        decode_facts(sink.getvalue())


def code_of(library: Library, **facts: Any) -> str:
    """Return the code of the error for a chunk that says something else of itself."""
    file = pq.ParquetFile(io.BytesIO(context_of(library).store.get(rewritten(library))))
    said = json.loads(file.metadata.metadata[b"vault.chunk"])
    with pytest.raises(Corrupt) as refused:
        decode_facts(parquet(file.read(), {**said, **facts}))
    return refused.value.code


@pytest.mark.parametrize("text", [b"not json", b"[1]", b"7", b"[" * 200, b'{"a":1,"a":2}'])
def test_a_record_that_is_no_object_is_raw(library: Library, text: bytes) -> None:
    others = [json.dumps(each).encode() for each in RECORDS[1:]]
    chunk = rewritten(library, texts=[text, *others])
    table = chunk_table(context_of(library).store, chunk, ["kind", "content_id", "turns"])
    assert table.column("kind").to_pylist() == ["raw", *KINDS[1:]]
    assert table.to_pylist()[0] == {"kind": "raw", "content_id": None, "turns": 0}


def test_a_chunk_with_fewer_records_than_rows_is_damaged(library: Library) -> None:
    chunk = rewritten(library, texts=[b"{}", b"{}"])
    with pytest.raises(Corrupt) as refused:
        chunk_table(context_of(library).store, chunk, ["kind"])
    assert refused.value.code == "chunk-unreadable"


@pytest.mark.parametrize(
    "readers", [{"a.jsonl": {"map": {"robot": "x"}}}, {"a.jsonl": {"map": {}}}]
)
def test_a_mapping_that_cannot_be_makes_records_raw(library: Library, readers: Any) -> None:
    chunk = rewritten(library, readers=readers)
    table = chunk_table(context_of(library).store, chunk, ["kind"])
    assert table.column("kind").to_pylist() == ["raw"] * 4


def test_a_kind_that_is_not_known_is_recognised_anew(library: Library) -> None:
    rewritten(library, table=lambda table: changed(table, "kind", ["thread"] * 4), derivation=9)
    assert kinds(library) == KINDS


@pytest.mark.parametrize("text", [b"not json", b"[1]"])
@pytest.mark.parametrize("derivation", [1, 2])
def test_reading_a_record_that_is_none_tells_of_damage(
    library: Library, text: bytes, derivation: int
) -> None:
    others = [json.dumps(each).encode() for each in RECORDS[1:]]
    rewritten(library, texts=[text, *others], derivation=derivation)
    repository = library.repository
    commands: list[Callable[[], object]] = [
        repository.validate,
        lambda: list(repository.snapshot("STAGE")),
        lambda: repository.grep("q1"),
        lambda: [each.to_json() for each in repository.query("turns >= 0").items],
    ]
    for command in commands:
        with contextlib.suppress(Corrupt):
            command()
    if derivation == 2:
        with pytest.raises(Corrupt) as refused:
            repository.dedupe(dry_run=True)
        assert refused.value.code == "record-unreadable"
