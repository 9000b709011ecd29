"""Objects of model runs: read as they were written, and refused where the format forbids them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.model_runs import PRICES, USAGE, about, row
from vault.errors import Corrupt, InvalidInput
from vault.objects.digest import digest_of
from vault.objects.model_run.about import (
    AskedModel,
    RunAbout,
    about_from_json,
    about_to_json,
    check_run_name,
)
from vault.objects.model_run.request import RequestState, RequestStatus, RunRow
from vault.objects.model_run.run_object import (
    RUN_SCHEMA,
    decode_about,
    decode_request,
    decode_rows,
    decode_run,
    decode_statuses,
    encode_run,
)
from vault.objects.parquet_bytes import from_parquet, to_parquet

FOUR = digest_of(b"a"), digest_of(b"b"), digest_of(b"c"), digest_of(b"d")
FULL = about(
    started="2026-01-02T03:04:05Z",
    inputs={"seeds.jsonl": FOUR[0]},
    manifest=FOUR[1],
    settings=FOUR[2],
)
ROWS = [
    row(1, RequestState.PLANNED, answer=None),
    row(2, RequestState.RECEIVED, answer=b"\xff\x00", usage=USAGE, cost="0.000125"),
    row(3, "accepted", sample=2, origin_id=bytes(range(16))),
    row(4, "rejected", reason="echo", body='{"content": "ä\\ud83d\\ude00\\u2028"}'),
    row(7, "failed", reason="http-400", answer=None, cost="0"),
    row(8, "failed", reason="http-400", answer=b"<html>"),
    row(4_294_967_295, "possibly-billed", answer=None, cost="12"),
]


def metadata(data: bytes) -> Any:
    """Return the JSON of the metadata of a run object."""
    return json.loads(pq.read_metadata(pa.BufferReader(data)).metadata[b"vault.run"])


def as_table(rows: Sequence[RunRow], **columns: Any) -> bytes:
    """Return a run object as another program may write it, unchecked, with other columns."""
    values: dict[str, Any] = {
        name: [getattr(each, name) for each in rows] for name in RUN_SCHEMA.names
    }
    values["usage"] = [None if each is None else json.dumps(each) for each in values["usage"]]
    schema = pa.schema([each.with_nullable(True) for each in RUN_SCHEMA])
    table = pa.Table.from_pydict(values, schema=schema)
    for name, column in columns.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, column) if at >= 0 else table.append_column(name, column)
    text = json.dumps(about_to_json(about()))
    return to_parquet(table, metadata={b"vault.run": text.encode()})


def test_a_run_comes_back_as_it_was() -> None:
    assert decode_run(encode_run(FULL, iter(ROWS))) == (FULL, ROWS)
    assert decode_run(encode_run(about(), [])) == (about(), [])


def test_a_panel_and_a_single_model_are_told_apart() -> None:
    panel = (AskedModel("one", "http://a/v1", PRICES), AskedModel("two", "http://b/v1"))
    data = encode_run(about(models=panel), ROWS)
    assert decode_about(data).models == panel
    told = metadata(data)
    assert [told[name] for name in ("model", "endpoint", "prices")] == [None] * 3
    assert [each["model"] for each in told["panel"]] == ["one", "two"]
    assert metadata(encode_run(about(), ROWS))["panel"] is None


def test_every_member_is_written_also_where_there_is_nothing() -> None:
    told = metadata(encode_run(about(recipe=None), []))
    assert list(told) == sorted(told)
    assert set(told) == {
        *("version", "run", "kind", "program", "started", "recipe", "inputs", "model"),
        *("endpoint", "prices", "panel", "manifest", "settings"),
    }
    assert (told["recipe"], told["inputs"], told["started"]) == (None, {}, None)


def test_files_and_names_are_the_digests_of_the_metadata() -> None:
    recipe = FULL.recipe
    assert recipe is not None
    assert FULL.files() == (recipe.object, FOUR[0], FOUR[2])
    assert FULL.names() == (recipe.object, FOUR[0], FOUR[2], FOUR[1])


def test_columns_have_the_types_of_the_specification() -> None:
    schema = pq.ParquetFile(pa.BufferReader(encode_run(FULL, ROWS))).schema
    found = {each.name: each for each in (schema.column(at) for at in range(len(schema)))}
    names = [*(each.name for each in fields_in_order()), "drawn", "examples"]
    assert list(found) == names
    required = {name for name, each in found.items() if each.max_definition_level == 0}
    assert required == {"request", "sample", "state", "body"}
    assert found["request"].physical_type == "INT32"
    assert str(found["request"].logical_type).startswith("Int(bitWidth=32, isSigned=false")
    assert (found["origin_id"].physical_type, found["origin_id"].length) == (
        "FIXED_LEN_BYTE_ARRAY",
        16,
    )


def fields_in_order() -> list[Any]:
    """Return the members of a row in the order of the columns."""
    members = {each.name: each for each in fields(RunRow)}
    return [members[name] for name in RUN_SCHEMA.names]


def test_row_groups_are_small_and_one_request_decodes_one() -> None:
    many = [row(at + 1) for at in range(2_500)]
    data = encode_run(about(), many)
    meta = pq.read_metadata(pa.BufferReader(data))
    assert [meta.row_group(at).num_rows for at in range(3)] == [1_024, 1_024, 452]
    assert list(decode_rows(data)) == many
    assert decode_request(data, 2_400) == many[2_399]
    assert decode_request(data, 2_501) is None


def test_a_row_group_ends_before_its_texts_pass_8_mib() -> None:
    rows = [row(at, answer=b"x" * size) for at, size in ((1, 5 << 20), (2, 5 << 20), (3, 9 << 20))]
    data = encode_run(about(), [*rows, row(4)])
    meta = pq.read_metadata(pa.BufferReader(data))
    assert [meta.row_group(at).num_rows for at in range(meta.num_row_groups)] == [1, 1, 1, 1]
    assert decode_request(data, 3) == rows[2]


def test_a_list_needs_no_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def watched(data: bytes, schema: pa.Schema, columns: Any = None, **how: Any) -> pa.Table:
        table = from_parquet(data, schema, columns, **how)
        read.extend(table.schema.names if table.num_rows else [])
        return table

    monkeypatch.setattr("vault.objects.model_run.run_object.from_parquet", watched)
    names = [each.name for each in fields(RequestStatus)]
    wanted = [RequestStatus(**{name: getattr(each, name) for name in names}) for each in ROWS]
    assert decode_statuses(encode_run(FULL, ROWS)) == wanted
    assert not {"body", "answer"} & set(read)


@pytest.mark.parametrize(
    "rows",
    [
        [row(2), row(1)],
        [row(1), row(1)],
        [row(0)],
        [row(1 << 32)],
        [row(1, sample=-1)],
        [row(1, "rejected")],
        [row(1, "failed", answer=None)],
        [row(1, "accepted", reason="why")],
        [row(1, "planned")],
        [row(1, "sent")],
        [row(1, "possibly-billed")],
        [row(1, "received", answer=None)],
        [row(1, "accepted", answer=None)],
        [row(1, "rejected", reason="echo", answer=None)],
        [row(1, body="{")],
        [row(1, body='"\ud800"')],
        [row(1, cost="-1")],
        [row(1, cost="1e3")],
        [row(1, cost=".5")],
        [row(1, cost="٣")],
        [row(1, usage={"prompt": 1})],
        [row(1, usage={**USAGE, "prompt": 1.5})],
        [row(1, usage={**USAGE, "completion": -1})],
        [row(1, usage={**USAGE, "estimated": None})],
        [row(1, origin_id=b"short")],
    ],
    ids=lambda rows: str(rows[-1])[:60],
)
def test_what_the_format_forbids_is_neither_written_nor_read(rows: list[RunRow]) -> None:
    with pytest.raises(InvalidInput) as refused:
        encode_run(about(), rows)
    assert refused.value.code == "run-unwritable"
    try:
        data = as_table(rows)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError):
        return  # Parquet itself cannot hold it
    with pytest.raises(Corrupt) as damaged:
        decode_run(data)
    assert damaged.value.code == "run-unreadable"


def test_sent_is_stored_only_while_a_batch_is_submitted() -> None:
    rows = [row(1, "sent", answer=None, cost="0.5")]
    with pytest.raises(InvalidInput, match="no batch is submitted"):
        encode_run(about(), rows)
    assert decode_run(encode_run(about(), rows, is_submitted=True))[1] == rows


def test_states_of_later_versions_are_read_and_not_written() -> None:
    rows = [row(1, "parked", answer=None), row(2, "parked", reason="why")]
    assert list(decode_rows(as_table(rows))) == rows
    with pytest.raises(InvalidInput, match="not known"):
        encode_run(about(), rows)


def test_columns_of_later_versions_are_ignored() -> None:
    assert list(decode_rows(as_table(ROWS, later=pa.array([1] * len(ROWS))))) == ROWS


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("body", pa.array([None] * 7, pa.string())),
        ("request", pa.array(range(1, 8), pa.uint64())),
        ("origin_id", pa.array([b"1"] * 7, pa.binary())),
        ("usage", pa.array(["[]"] * 7)),
        ("usage", pa.array(["{"] * 7)),
    ],
)
def test_a_column_of_another_kind_is_damage(name: str, column: Any) -> None:
    with pytest.raises(Corrupt) as damaged:
        decode_run(as_table(ROWS, **{name: column}))
    assert damaged.value.code == "run-unreadable"


@pytest.mark.parametrize("data", [b"", b"PAR1", b"answers of a model", to_parquet(pa.table({}))])
def test_other_objects_are_no_runs(data: bytes) -> None:
    for decode in (decode_about, decode_run, decode_statuses, lambda each: decode_request(each, 1)):
        with pytest.raises(Corrupt):
            decode(data)


@pytest.mark.parametrize(
    "members",
    [
        {"version": 2},
        {"version": True},
        {"run": "Up"},
        {"run": "a" * 65},
        {"kind": None},
        {"started": "2026-01-02"},
        {"recipe": {"name": "a", "object": "../../x"}},
        {"inputs": {"a": "b"}},
        {"inputs": None},
        {"model": None},
        {"endpoint": None},
        {"endpoint": "http://ada:secret@host/v1"},
        {"endpoint": "http://host/v1?key=secret"},
        {"prices": {}},
        {"panel": []},
        {"panel": [{"model": "a", "endpoint": "b", "prices": None}]},
        {"manifest": "short"},
        {"settings": 1},
    ],
    ids=str,
)
def test_metadata_that_is_not_as_specified_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError)) as refused:
        about_from_json({**about_to_json(FULL), **members})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("name", ["version", "panel", "settings", "started"])
def test_a_member_that_is_missing_is_refused(name: str) -> None:
    value = about_to_json(FULL)
    del value[name]
    with pytest.raises(KeyError):
        about_from_json(value)


@pytest.mark.parametrize(
    "prices",
    [
        replace(PRICES, currency="usd"),
        replace(PRICES, date="yesterday"),
        replace(PRICES, per=0),
        replace(PRICES, prompt="1,5"),
        replace(PRICES, batch="half"),
    ],
    ids=str,
)
def test_prices_that_are_not_as_specified_are_refused(prices: Any) -> None:
    wrong = about(models=(AskedModel("small", "http://a/v1", prices),))
    with pytest.raises(InvalidInput):
        encode_run(wrong, [])


@pytest.mark.parametrize(
    "models", [(), (AskedModel("a", "http://a/v1"), AskedModel("a", "http://b/v1"))], ids=len
)
def test_models_are_at_least_one_and_none_twice(models: tuple[AskedModel, ...]) -> None:
    with pytest.raises(InvalidInput):
        encode_run(about(models=models), [])


def test_members_of_later_versions_are_ignored() -> None:
    value: dict[str, Any] = {**about_to_json(FULL), "later": 1}
    found: RunAbout = about_from_json(value)
    assert found == FULL


@pytest.mark.parametrize("name", ["a", "0", "20261129-5f3a90c1", "a" * 64, "a-"])
def test_names_of_runs_become_parts_of_paths(name: str) -> None:
    assert check_run_name(name) == name


@pytest.mark.parametrize("name", ["", "-a", "A", "a" * 65, "a/b", "..", "a.b", "a\n", "ä", "a b"])
def test_other_names_of_runs_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_run_name(name)
    assert refused.value.code == "run-name-invalid"


def test_an_object_may_lack_what_requests_were_made_with() -> None:
    rows = [row(1, drawn='{"seeds":[]}', examples=("0" * 32,)), row(2)]
    data = encode_run(about(), rows)
    assert decode_run(data)[1] == rows
    table = pq.read_table(pa.BufferReader(data))
    lacking = table.drop_columns(["drawn", "examples"])
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, lacking.schema, use_dictionary=["state"]) as writer:
        writer.write_table(lacking)
    older = sink.getvalue().to_pybytes()
    assert [each.drawn for each in decode_run(older)[1]] == [None, None]
    assert [each.examples for each in decode_statuses(older)] == [None, None]


@pytest.mark.parametrize(
    "others", [{"drawn": "[]"}, {"drawn": "x"}, {"examples": ("0",)}, {"examples": ("g" * 32,)}]
)
def test_what_a_request_was_made_with_is_checked(others: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        encode_run(about(), [row(1, **others)])
