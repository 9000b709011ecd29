"""Vectors of the specification: vault and the reader that shares nothing with it agree on them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from tests.support import plain_reader
from vault.objects.digest import Digest, example_id
from vault.objects.fingerprint import LabelTexts, fingerprint
from vault.objects.json.text import UnreadableJson, parse
from vault.objects.labels.label_combinations import RowLabels, fingerprinted, labels_by_row
from vault.objects.labels.label_set import (
    Label,
    LabelTable,
    decode_label_table,
    encode_label_table,
    label_set,
    label_table,
    merged_labels,
)
from vault.objects.log.view import view_from_json
from vault.objects.log.view_change import (
    ViewChange,
    applied,
    change_from_json,
    change_to_json,
    difference,
)
from vault.objects.quarantine import QuarantineEntry
from vault.objects.run_page import cut_pages
from vault.objects.runs import ChunkNumbers, Runs
from vault.operations.splitting.draw import hashes_of

FOLDER = Path(__file__).resolve().parents[3] / "fixtures" / "vectors" / "format"


def vectors(name: str) -> list[Any]:
    """Return the vectors of one file."""
    found = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("vector", vectors("canonical-json"), ids=lambda each: each["text"][:40])
def test_canonical_json_and_ids(vector: dict[str, str]) -> None:
    text = vector["text"].encode()
    _, canonical = parse(text)
    assert canonical.decode() == vector["canonical"]
    assert plain_reader.canonical(plain_reader.read_json(text)) == vector["canonical"]
    assert example_id(canonical).hex() == plain_reader.example_id(text).hex() == vector["id"]


@pytest.mark.parametrize("vector", vectors("refused"), ids=lambda each: each["text"][:40])
def test_records_that_are_refused(vector: dict[str, str]) -> None:
    text = vector["text"].encode()
    if vector["code"] == "not-an-object":
        assert not isinstance(parse(text)[0], dict)
        return
    with pytest.raises(UnreadableJson) as refusal:
        parse(text)
    assert refusal.value.code == vector["code"]


@pytest.mark.parametrize(
    "vector", vectors("fingerprints"), ids=lambda each: each["fingerprint"][:8]
)
def test_fingerprints(vector: dict[str, Any]) -> None:
    labels = {bytes.fromhex(each): said for each, said in vector["labels"].items()}
    ids = np.frombuffer(b"".join(labels), "V16")
    rows = np.arange(len(ids))
    place, combinations = labels_by_row(merged_labels([table_of(labels.values())]), rows)
    said = LabelTexts(place, fingerprinted(RowLabels(place, [{}, *combinations])))
    assert fingerprint(ids, said) == vector["fingerprint"]
    exact = {
        each: plain_reader.read_json(json.dumps(said).encode()) for each, said in labels.items()
    }
    assert plain_reader.fingerprint(exact) == vector["fingerprint"]


def table_of(said: Iterable[dict[str, Any]]) -> LabelTable:
    """Return label values, row by row, as entries of a label set; None takes a label off."""
    return label_table(
        {
            row: {
                name: None if value is None else Label(name, value, "ada", "now")
                for name, value in own.items()
            }
            for row, own in enumerate(said)
        }
    )


@pytest.mark.parametrize(
    "vector", vectors("label-overlays"), ids=lambda each: str(each["sets"])[:40]
)
def test_label_overlays(vector: dict[str, Any]) -> None:
    layers = []
    for entries in vector["sets"]:
        rows: list[dict[str, Any]] = [{} for _ in range(8)]
        for row, name, value in entries:
            rows[row][name] = value
        layers.append(decode_label_table(encode_label_table(table_of(rows))))
    found = label_set(merged_labels(layers))
    expected = {int(row): own for row, own in vector["labels"].items()}
    values = {row: {n: each.value for n, each in own.items()} for row, own in found.items()}
    assert repr(values) == repr({row: dict(sorted(own.items())) for row, own in expected.items()})
    plain = plain_reader.overlaid([each.to_pylist() for each in layers])
    assert {
        row: {name: json.loads(value) for name, value in own.items()} for row, own in plain.items()
    } == expected


@pytest.mark.parametrize("vector", vectors("page-cuts"), ids=lambda each: str(each["runs"]))
def test_page_cuts(vector: dict[str, Any]) -> None:
    each_chunk = vector["runs_of_a_chunk"]
    runs = [
        (Digest(hashlib.sha256(str(at // each_chunk).encode()).hexdigest()), at % each_chunk * 3)
        for at in range(vector["runs"])
    ]
    numbers = ChunkNumbers()
    pages = cut_pages(Runs.build(numbers, [(chunk, first, 1) for chunk, first in runs]))
    assert [len(page) for page in pages] == vector["pages"]
    assert (
        plain_reader.page_lengths([(str(chunk), first) for chunk, first in runs])
        == (vector["pages"])
    )


@pytest.mark.parametrize("vector", vectors("selection"), ids=lambda each: str(each["seed"]))
def test_what_samples_and_shuffles_go_by(vector: dict[str, Any]) -> None:
    example = bytes.fromhex(vector["id"])
    for word, name in ((b"", "sample_rank"), (b"shuffle", "shuffle_rank")):
        assert plain_reader.rank(word, vector["seed"], example).hex() == vector[name]


@pytest.mark.parametrize("vector", vectors("split-positions"), ids=lambda v: f"{v['seed']}")
def test_where_groups_stand_in_a_split(vector: dict[str, Any]) -> None:
    key = bytes.fromhex(vector["key"])
    assert plain_reader.position(vector["seed"], key).hex() == vector["position"]
    (found,) = hashes_of(np.frombuffer(key, "V16"), vector["seed"]).tolist()
    assert f"{found:016x}" == vector["position"]


@pytest.mark.parametrize("vector", vectors("quarantine-ids"), ids=lambda each: each["source"])
def test_quarantine_ids(vector: dict[str, Any]) -> None:
    sha256 = bytes.fromhex(vector["sha256"])
    entry = QuarantineEntry(vector["source"], vector["line"], "", "", b"", 0, sha256)
    assert entry.id.hex() == vector["id"]


def test_the_json_library_writes_positive_exponents_with_their_sign() -> None:
    # Before 3.11.7 orjson wrote 1e16, which changes ids and blinds the guard for 65-bit integers.
    assert orjson.dumps(1e16) == b"1e+16"
    assert orjson.dumps([0.00001, 0.000001, 1e15]) == b"[0.00001,1e-6,1000000000000000.0]"


@pytest.mark.parametrize("vector", vectors("log-changes"), ids=lambda each: each["what"])
def test_changes_of_the_log(vector: dict[str, Any]) -> None:
    before, after = view_from_json(vector["before"]), view_from_json(vector["after"])
    change = change_from_json(vector["changes"])
    assert applied(before, change) == after
    assert applied(after, ViewChange(change.new, change.old)) == before
    assert change_to_json(difference(before, after)) == vector["changes"]
    assert plain_reader.changed(vector["before"], vector["changes"]) == vector["after"]
