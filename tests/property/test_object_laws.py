"""Law: what is stored is read again as it was, for every kind of object."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import Corrupt, VaultError
from vault.objects import chunk
from vault.objects.adoption import Adoption, decode_adoptions, encode_adoptions
from vault.objects.chunk import (
    decode_chunk,
    decode_facts,
    decode_records,
    decode_run_columns,
    encode_chunk,
    encode_records,
)
from vault.objects.chunk_parts import parts_of, wrong_part
from vault.objects.chunk_rows import ChunkRows, Made
from vault.objects.commit import ChangeCounts, Commit, decode_commit, encode_commit
from vault.objects.digest import Digest, digest_of
from vault.objects.json.member import with_member, without_member
from vault.objects.json.text import compact_bytes, parse
from vault.objects.labels.label_combinations import labels_by_row
from vault.objects.labels.label_set import (
    Label,
    decode_label_table,
    encode_label_table,
    label_set,
    label_table,
    labels_at,
    merged_labels,
)
from vault.objects.log.view import Stage, Tag, View, Workspace, view_from_json, view_to_json
from vault.objects.manifest import (
    Attachment,
    Manifest,
    PageReference,
    decode_manifest,
    encode_manifest,
)
from vault.objects.parquet_bytes import to_parquet
from vault.objects.quarantine import (
    QuarantineEntry,
    Removal,
    decode_quarantine,
    decode_removals,
    encode_quarantine,
    encode_removals,
)

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_digests = st.binary(min_size=4, max_size=4).map(lambda data: Digest(digest_of(data)))
_numbers = st.integers(0, 2**32 - 1)
_counts = st.builds(ChangeCounts, _numbers, _numbers, _numbers, _numbers)
_maps = st.dictionaries(_text, _text, max_size=3)
_hashes = st.none() | st.integers(0, 2**64 - 1)

_rows = st.lists(
    st.fixed_dictionaries(
        {
            "data": _text.map(str.encode),
            "id": st.binary(min_size=16, max_size=16),
            "content_id": _hashes,
            "prompt_id": _hashes,
            "kind": st.sampled_from(["chat", "raw"]),
            "fields": st.none() | _text,
            "turns": _numbers,
            "chars": _numbers,
            "tokens": _numbers,
            "source": _text,
            "line": st.integers(0, 2**64 - 1),
            "round": st.none() | _text,
            "made": st.none() | st.builds(Made, _text, _text, _numbers, st.none() | _text),
        }
    ),
    max_size=20,
)


def chunk_rows(rows: list[dict[str, Any]]) -> ChunkRows:
    result = ChunkRows()
    for row in rows:
        result.data.append(row["data"])
        result.ids.extend(row["id"])
        for name in ("content_id", "prompt_id"):
            getattr(result, name).append(row[name] or 0)
        result.has_content.append(row["content_id"] is not None)
        result.has_prompt.append(row["prompt_id"] is not None)
        result.fields.append(None if row["fields"] is None else row["fields"].encode())
        for name in ("kind", "turns", "chars", "tokens", "source", "line", "round", "made"):
            getattr(result, name).append(row[name])
    return result


@given(rows=_rows, reader=_maps)
def test_a_chunk_is_read_as_it_was_written(rows: list[dict[str, Any]], reader: Any) -> None:
    texts = [row["data"] for row in rows]
    stored = encode_records(list(texts))
    assert [each.as_py().encode() for each in decode_records(stored)] == texts
    data = encode_chunk(chunk_rows(rows), digest_of(stored), {"s": {"map": reader}})
    facts = decode_facts(data)
    assert (facts.records, facts.examples) == (digest_of(stored), len(rows))
    assert facts.mappings == {"s": reader}
    nothing = Made(None, None, None)  # type: ignore[arg-type]
    made = [(row["made"] or nothing)._asdict() for row in rows]
    own = [{k: v for k, v in row.items() if k not in ("data", "made")} for row in rows]
    expected = [row | {"origin": each["origin"]} for row, each in zip(own, made, strict=True)]
    assert decode_chunk(data).to_pylist() == expected
    assert decode_run_columns(data).to_pylist() == [
        {name: each[name] for name in ("run", "model", "request")} for each in made
    ]
    has_columns = any(row["made"] is not None for row in rows)
    assert ("run" in pq.read_schema(pa.BufferReader(data)).names) == has_columns
    assert decode_chunk(data, ["id"]).to_pylist() == [{"id": row["id"]} for row in rows]
    # The same rows are the same object, however they were gathered.
    picked = ChunkRows()
    picked.extend(chunk_rows(rows), list(range(len(rows))))
    assert encode_chunk(picked, digest_of(stored), {"s": {"map": reader}}) == data
    assert isinstance(picked.turns, array)


def _lists_of_digests(least: int, most: int) -> st.SearchStrategy[tuple[Digest, ...]]:
    return st.lists(_digests, min_size=least, max_size=most).map(tuple)


_manifests = st.builds(
    Manifest,
    pages=st.lists(st.builds(PageReference, _digests, _numbers), max_size=4).map(tuple),
    labels=st.dictionaries(_digests, _lists_of_digests(1, 9), max_size=3),
    removals=st.lists(_digests, max_size=3).map(tuple),
    removed=_numbers,
    quarantine=st.lists(_digests, max_size=3).map(tuple),
    quarantined=_numbers,
    sources=st.dictionaries(
        _text, st.fixed_dictionaries({"format": st.none() | _text, "map": _maps}), max_size=3
    ),
    adopted=st.none() | _digests,
    attachments=st.dictionaries(
        _text, st.builds(Attachment, _digests, _lists_of_digests(0, 2)), max_size=3
    ),
    conflicts=st.none() | _digests,
)


@given(manifest=_manifests)
def test_a_manifest_is_read_as_it_was_written(manifest: Manifest) -> None:
    assert decode_manifest(encode_manifest(manifest)) == manifest


@given(
    commit=st.builds(
        Commit,
        manifest=_digests,
        parents=st.lists(_digests, max_size=2).map(tuple),
        author=_text,
        time=_text,
        message=_text,
        examples=_numbers,
        counts=_counts,
        quarantined=_numbers,
        fingerprint=_digests,
        settings=st.none() | _digests,
        meta=_maps,
    )
)
def test_a_commit_is_read_as_it_was_written(commit: Commit) -> None:
    assert decode_commit(encode_commit(commit)) == commit


_stages = st.builds(
    Stage,
    st.none() | _digests,
    _digests,
    _numbers,
    st.none() | _counts,
    _numbers,
    st.none() | _digests,
)
# What `check_ref_name` accepts, and nothing else may be stored.
_names = st.from_regex(r"[A-Za-z0-9](?:[./]?[A-Za-z0-9_-]){0,8}", fullmatch=True).filter(
    lambda name: name not in ("HEAD", "STAGE") and not name.endswith(".lock")
)
_workspaces = st.one_of(
    st.builds(Workspace, _names, st.none(), st.dictionaries(_names, _stages, max_size=2)),
    st.builds(Workspace, st.none(), _digests, st.dictionaries(_names, _stages, max_size=2)),
)


@given(
    view=st.builds(
        View,
        branches=st.dictionaries(_names, _digests, max_size=3),
        tags=st.dictionaries(_names, st.builds(Tag, _digests, st.none() | _text), max_size=3),
        workspaces=st.dictionaries(_text, _workspaces, max_size=2),
    )
)
def test_a_view_is_read_as_it_was_written(view: View) -> None:
    assert view_from_json(view_to_json(view)) == view


_values = (
    _text
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
)
_said = st.builds(Label, _text, _values, _text, _text, st.none() | _text)
_label_sets = st.dictionaries(
    _numbers,
    st.lists(_said, min_size=1, max_size=3).map(lambda said: {each.name: each for each in said}),
    max_size=5,
)


def _stored(labels: Any) -> bytes:
    return encode_label_table(label_table(labels))


@given(labels=_label_sets)
def test_labels_are_read_as_they_were_written(labels: Any) -> None:
    found = label_set(merged_labels([decode_label_table(_stored(labels))]))
    assert found == labels
    for row, said in labels.items():
        for name, each in said.items():
            assert type(found[row][name].value) is type(each.value)


@given(labels=_label_sets, asked=st.lists(_numbers, max_size=3))
def test_labels_of_some_rows_are_those_of_the_set(labels: Any, asked: list[int]) -> None:
    table = decode_label_table(_stored(labels), values_only=True)
    rows = np.array(sorted([*asked, *sorted(labels)[::2]]), np.int64)
    place, combinations = labels_by_row(labels_at(table, rows), rows)
    found = [({}, *combinations)[each] for each in place.tolist()]
    expected = [
        {name: labels[row][name].value for name in sorted(labels[row])} if row in labels else {}
        for row in rows.tolist()
    ]
    assert [list(map(repr, each.items())) for each in found] == [
        list(map(repr, each.items())) for each in expected
    ]


@given(
    entries=st.lists(
        st.builds(
            QuarantineEntry,
            _text,
            st.integers(0, 2**64 - 1),
            _text,
            _text,
            st.binary(max_size=20),
            _numbers,
            st.binary(min_size=32, max_size=32),
        ),
        max_size=5,
    )
)
def test_quarantine_is_read_as_it_was_written(entries: list[QuarantineEntry]) -> None:
    assert decode_quarantine(encode_quarantine(entries)) == entries


@given(
    removals=st.lists(
        st.builds(
            Removal, st.binary(min_size=16, max_size=16), _text, st.none() | _text, _text, _text
        ),
        max_size=5,
    )
)
def test_removals_are_read_as_they_were_written(removals: list[Removal]) -> None:
    assert decode_removals(encode_removals(removals)) == removals


@given(adoptions=st.lists(st.builds(Adoption, _digests, _numbers, _numbers, _text), max_size=5))
def test_adoptions_are_read_as_they_were_written(adoptions: list[Adoption]) -> None:
    assert decode_adoptions(encode_adoptions(adoptions)) == adoptions


_DECODERS = [
    decode_chunk,
    decode_facts,
    decode_records,
    decode_manifest,
    decode_commit,
    decode_label_table,
    decode_quarantine,
    decode_removals,
    decode_adoptions,
]
_SAMPLES = [
    encode_records([b"{}"] * 3),
    _stored({1: {"a": Label("a", 1, "ada", "now")}}),
    encode_quarantine([QuarantineEntry("s", 1, "c", "r", b"x", 1, b"0" * 32)]),
    encode_removals([Removal(b"0" * 16, "r", None, "c", "t")]),
    encode_adoptions([Adoption(digest_of(b""), 0, 1, "s")]),
    encode_manifest(Manifest()),
    b"[]",
    b"null",
    b"\xff",
    b"",
]


@pytest.mark.parametrize("decode", _DECODERS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("sample", _SAMPLES)
def test_another_object_or_none_at_all_is_corrupt(decode: Any, sample: bytes) -> None:
    try:
        decode(sample)
    except VaultError as error:
        assert isinstance(error, Corrupt)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=6,
)
_spaces = st.sampled_from(["", " ", "\n\t", "  "])


@given(
    members=st.dictionaries(_text.filter(lambda t: t != "_vault"), _json, max_size=4), extra=_json
)
def test_a_member_that_was_added_comes_off_again(members: dict[str, Any], extra: Any) -> None:
    text = compact_bytes(members)
    longer = with_member(text, "_vault", compact_bytes(extra))
    assert parse(longer)[0] == members | {"_vault": extra}
    assert without_member(longer, "_vault") == text
    assert without_member(text, "_vault") == text


@given(
    members=st.dictionaries(_text, _json, min_size=1, max_size=4),
    at=st.integers(0, 3),
    space=_spaces,
)
def test_any_member_comes_off_wherever_it_stands(
    members: dict[str, Any], at: int, space: str
) -> None:
    name = list(members)[at % len(members)]
    parts = [
        compact_bytes(key).decode() + space + ":" + space + compact_bytes(value).decode()
        for key, value in members.items()
    ]
    text = ("{" + space + (space + "," + space).join(parts) + space + "}").encode()
    left = {key: value for key, value in members.items() if key != name}
    assert parse(without_member(text, name))[0] == left


@given(rows=_rows.filter(bool), data=st.data())
def test_some_rows_of_a_chunk_are_those_of_the_whole(
    rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    texts = [row["data"] for row in rows]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunk, "ROWS_PER_GROUP", data.draw(st.integers(1, 4)))
        records = encode_records(list(texts))
    whole = encode_chunk(chunk_rows(rows), digest_of(records), {}, parts_of(records))
    assert wrong_part(records, decode_facts(whole).parts) is None
    chosen = sorted(data.draw(st.lists(st.sampled_from(range(len(rows))), max_size=8)))
    asked = np.array(chosen, np.int64)
    found = decode_records(records, asked)
    assert [each.as_py().encode() for each in found] == [texts[at] for at in chosen]
    everything = decode_chunk(whole).to_pylist()
    assert decode_chunk(whole, rows=asked).to_pylist() == [everything[at] for at in chosen]
    of_runs = decode_run_columns(whole).to_pylist()
    assert decode_run_columns(whole, asked).to_pylist() == [of_runs[at] for at in chosen]
    with pytest.raises(Corrupt):
        decode_records(records, np.array([len(rows)], np.int64))


def test_columns_of_a_model_run_are_read_where_there_are_some() -> None:
    row = dict.fromkeys(chunk.CHUNK_SCHEMA.names) | {"id": b"0" * 16, "kind": "raw", "source": "s"}
    row |= dict.fromkeys(("turns", "chars", "tokens", "line"), 1)
    row |= {"run": "r1", "model": "m"}
    schema = pa.unify_schemas([chunk.CHUNK_SCHEMA, chunk.OPTIONAL_SCHEMA.remove(2)])
    stored = to_parquet(pa.Table.from_pylist([row], schema=schema))
    assert decode_run_columns(stored).to_pylist() == [{"run": "r1", "model": "m", "request": None}]
    assert decode_chunk(stored).column_names == chunk.CHUNK_SCHEMA.names


def test_only_the_row_groups_that_are_asked_for_are_decoded() -> None:
    texts = [b'{"number":%d}' % number for number in range(3 * chunk.ROWS_PER_GROUP)]
    records = encode_records(list(texts))
    first, second, third, _ = parts_of(records)
    damaged = bytearray(records)
    for each in (first, third):
        damaged[each.offset + 4 : each.offset + each.length] = bytes(each.length - 4)
    asked = np.arange(chunk.ROWS_PER_GROUP, 2 * chunk.ROWS_PER_GROUP)
    found = decode_records(bytes(damaged), asked)
    assert [each.as_py().encode() for each in found] == [texts[at] for at in asked.tolist()]
    assert second.offset == first.length
    for row in (0, len(texts) - 1):
        with pytest.raises(Corrupt):
            decode_records(bytes(damaged), np.array([row], np.int64))
