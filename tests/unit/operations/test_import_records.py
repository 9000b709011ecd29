"""Records of a program are imported as those of a file are, and nothing about them is guessed."""

from __future__ import annotations

import enum
import json
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from tests.support.library import Library, chat
from vault.errors import InvalidInput
from vault.formats.files.rows import row_blocks, row_text
from vault.formats.limits import BLOCK_BYTES
from vault.objects.json.text import MAX_DEPTH, UnreadableJson


class Colour(enum.StrEnum):
    """A text that is more than a text."""

    RED = "red"


class Unspeakable:
    """A value that has no text either."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


def test_records_and_a_file_with_the_same_records_are_the_same_examples(library: Library) -> None:
    rows = [chat("Wie geht's? ü", n=1), chat("Why?", weight=0.5, nothing=None)]
    library.write("rows.jsonl", rows)
    library.run("rows.jsonl")
    report = library.repository.import_records(rows, source="api", round="r2")
    assert (report.read, report.duplicates, report.imported) == (2, 2, 0)
    report = library.repository.import_records([chat("New?")], source="api", round="r2")
    assert (report.files[0].source, report.files[0].path, report.imported) == ("api", "api", 1)
    example = library.repository.snapshot("STAGE")[-1]
    assert (example.source, example.line, example.round) == ("api", 1, "r2")


def test_what_comes_out_of_a_snapshot_goes_in_as_the_same(library: Library) -> None:
    (library.folder / "odd.jsonl").write_text(
        '{"a": 1e400, "b": 18446744073709551616, "c": 1.0, "d": 1, "e": [], "f": {"g": null}}\n'
    )
    library.run("odd.jsonl")
    rows = [each.data for each in library.repository.snapshot("STAGE")]
    assert library.repository.import_records(rows, source="again").duplicates == 1


@pytest.mark.parametrize(
    ("value", "code", "reason"),
    [
        (float("nan"), "not-finite", "x.y[1] is nan, which is no JSON number"),
        (float("-inf"), "not-finite", "x.y[1] is -inf, which is no JSON number"),
        (Decimal("NaN"), "not-finite", "x.y[1] is NaN, which is no JSON number"),
        ({1, 2}, "not-json", "x.y[1] is a value of type set, which JSON does not have"),
        (b"b", "not-json", "x.y[1] is a value of type bytes, which JSON does not have"),
        (uuid.UUID(int=1), "not-json", "x.y[1] is a value of type uuid.UUID, which JSON does"),
        (Colour.RED, "not-json", "x.y[1] is a value of type tests.unit.operations"),
        (np.complex128(1), "not-json", "x.y[1] is a value of type complex, which JSON does not"),
        (np.float64("nan"), "not-finite", "x.y[1] is nan, which is no JSON number; None is null"),
        ({1: 2}, "not-json", "a key in x.y[1] is a value of type int, not a text"),
        ("\ud800", "lone-surrogate", "a string holds half of a surrogate pair"),
        ({"\udc00": 1}, "lone-surrogate", "a string holds half of a surrogate pair"),
        (Unspeakable(), "not-json", "x.y[1] is a value of type tests.unit.operations"),
    ],
    ids=lambda each: str(type(each).__name__),
)
def test_a_value_that_json_does_not_have_goes_to_quarantine_with_its_place(
    value: Any, code: str, reason: str, library: Library
) -> None:
    rows = [chat("Why?"), {"x": {"y": ["fine", value]}}, chat("How?")]
    report = library.repository.import_records(rows, source="api")
    assert (report.read, report.imported, report.quarantined) == (3, 2, 1)
    (entry,) = library.repository.quarantine("STAGE").quarantined
    assert (entry.source, entry.line, entry.code) == ("api", 2, code)
    assert entry.reason.startswith(reason)


def test_rows_that_are_no_mappings_or_go_too_deep_are_refused() -> None:
    circle: dict[str, Any] = {}
    circle["self"] = circle
    deep: Any = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    for row, code in (
        ("text", "not-an-object"),
        ([1], "not-an-object"),
        (None, "not-an-object"),
        (circle, "too-deep"),
        ({"x": deep}, "too-deep"),
    ):
        with pytest.raises(UnreadableJson) as refused:
            row_text(row)
        assert refused.value.code == code
        (block,) = row_blocks([row])
        assert [each.code for each in block.refused] == [code]
    assert json.loads(row_text({"x": deep[0]}))


def test_tuples_are_lists_and_any_mapping_is_an_object() -> None:
    row = MappingProxyType({"a": (1, (2,)), "b": OrderedDict(z=1, y=2), "c": Decimal("0.10")})
    assert row_text(row) == b'{"a":[1,[2]],"b":{"z":1,"y":2},"c":1e-1}'


def test_rows_are_taken_one_by_one_and_blocks_stay_small() -> None:
    taken = 0

    def rows() -> Iterator[Mapping[str, Any]]:
        nonlocal taken
        for number in range(1_000):
            taken += 1
            yield {"n": number, "text": "x" * 10_000}

    blocks = row_blocks(rows(), block_bytes=100_000)
    first = next(blocks)
    assert taken == len(first.texts) == 10
    assert sum(each.line_count for each in blocks) == 990
    assert BLOCK_BYTES < 10_000_000


def test_a_record_that_is_too_long_is_refused_like_one_of_a_file() -> None:
    (block,) = row_blocks([{"text": "x" * 100}], max_record_bytes=50)
    assert [each.code for each in block.refused] == ["too-long"]


def test_an_error_of_the_caller_comes_through_and_nothing_is_staged(library: Library) -> None:
    def rows() -> Iterator[Mapping[str, Any]]:
        yield chat("Why?")
        raise LookupError("the server went away")

    with pytest.raises(LookupError, match="went away"):
        library.repository.import_records(rows(), source="api")
    assert not library.repository.status().has_stage


@pytest.mark.parametrize(
    ("rows", "source", "code"),
    [
        ([], "", "source-missing"),
        ({"messages": []}, "api", "not-records"),
        ("rows.jsonl", "api", "not-records"),
        (7, "api", "not-records"),
        (["a", "b"], "api", "nothing-readable"),
    ],
)
def test_what_cannot_be_records_is_refused(
    rows: Any, source: str, code: str, library: Library
) -> None:
    with pytest.raises(InvalidInput) as refused:
        library.repository.import_records(rows, source=source)
    assert refused.value.code == code


def test_replacing_and_dry_runs_work_as_for_files(library: Library) -> None:
    repository = library.repository
    repository.import_records([chat("a?"), chat("b?")], source="api")
    repository.import_records([chat("c?")], source="other")
    assert repository.import_records([chat("d?")], source="api", dry_run=True).imported == 1
    report = repository.import_records([chat("b?")], source="api", mode="replace")
    assert report.taken_out == 1
    assert library.questions() == ["b?", "c?"]


def test_many_records_go_through_worker_processes(library: Library) -> None:
    rows = (chat(f"Question {n}?" + "x" * 2_000) for n in range(6_000))
    report = library.repository.import_records(rows, source="api", workers=2)
    assert report.imported == 6_000
    assert [each.line for each in library.repository.snapshot("STAGE")] == [*range(1, 6_001)]
