"""Evaluating an expression over chunks finds what a plain reading of each record finds."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.drafting import context_of, dataset_of, label
from tests.support.laws import share_of_examples
from tests.support.library import Library, chat
from vault.dataset.choosing.where import matching_mask
from vault.dataset.reading.json_values import as_boolean, as_number, as_text
from vault.formats.layouts.registry import conversation_fields, derive

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(-3, 3, allow_nan=False).map(lambda each: round(each, 1)),
    st.sampled_from(["", "a", "b", "2", "true", "1e400", "ä", "it's"]),
    st.lists(st.integers(0, 2), max_size=2),
)
RECORDS = st.lists(
    st.dictionaries(st.sampled_from(["f", "g", "messages", "text"]), VALUES), max_size=12
)
LITERALS = st.one_of(
    st.integers(-3, 3), st.booleans(), st.sampled_from(["", "a", "2", "true", "ä", "it's"])
)


def written(value: Any) -> str:
    """Return a value as a literal."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def holds(value: Any, sign: str, literal: Any) -> bool | None:
    """Tell what a comparison of a JSON value with a literal should say; None for NULL."""
    convert = as_text if isinstance(literal, str) else as_number
    found = as_boolean(value) if isinstance(literal, bool) else convert(value)
    if found is None:
        return None
    if isinstance(found, str) and isinstance(literal, str):
        return OPERATORS[sign](found.encode(), literal.encode())
    return OPERATORS[sign](found, literal)


@share_of_examples(0.2)
@given(RECORDS, st.sampled_from(["f", "g", "text"]), st.sampled_from(list(OPERATORS)), LITERALS)
def test_a_comparison_says_of_each_record_what_its_json_says(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[dict[str, Any]],
    name: str,
    sign: str,
    literal: Any,
) -> None:
    library = Library(tmp_path_factory.mktemp("law"))
    numbered = [{**each, "number": number} for number, each in enumerate(records)]
    library.write("a.jsonl", [*numbered, chat("x", f=0, g=0, text=0)])
    library.run("a.jsonl")
    dataset, context = dataset_of(library.repository), context_of(library.repository)
    kept = library.records()
    expected = [holds(each.get(name), sign, literal) for each in kept]
    comparison = f"data.{name} {sign} {written(literal)}"
    keys = dataset.keys()
    found = matching_mask(context, dataset, keys, comparison)
    assert found.tolist() == [each is True for each in expected]
    opposite = matching_mask(context, dataset, keys, f"NOT ({comparison})")
    assert opposite.tolist() == [each is False for each in expected]
    unknown = matching_mask(context, dataset, keys, f"({comparison}) IS NULL")
    assert unknown.tolist() == [each is None for each in expected]


@share_of_examples(0.2)
@given(
    st.lists(st.one_of(st.none(), LITERALS), min_size=1, max_size=8),
    st.sampled_from(list(OPERATORS)),
    LITERALS,
)
def test_a_label_is_compared_as_a_field_is_but_differs_where_it_is_missing(
    tmp_path_factory: pytest.TempPathFactory, values: list[Any], sign: str, literal: Any
) -> None:
    library = Library(tmp_path_factory.mktemp("law"))
    library.write("a.jsonl", [chat(str(number)) for number in range(len(values) + 1)])
    library.run("a.jsonl")
    labels = {at: {"said": each} for at, each in enumerate(values) if each is not None}
    label(library.repository, {**labels, len(values): {"said": 0}})
    dataset, context = dataset_of(library.repository), context_of(library.repository)
    expected = [holds(each, sign, literal) for each in [*values, 0]]
    if sign == "!=":
        expected = [each is not False for each in expected]
    keys = dataset.keys()
    found = matching_mask(context, dataset, keys, f"labels.said {sign} {written(literal)}")
    assert found.tolist() == [each is True for each in expected]


_NAMES = """
    messages conversations system tools functions instruction input output response history prompt
    completion text chosen rejected preferred_output non_preferred_output kto_tag label topic
    """
FIELDS = st.sampled_from(_NAMES.split())


@given(st.dictionaries(FIELDS, st.sampled_from([None, True, "", "x", []])))
def test_a_field_is_either_kept_apart_or_one_that_may_be_part_of_the_conversation(
    record: dict[str, Any],
) -> None:
    derived = derive(record)
    may_make = conversation_fields(derived.kind)
    if may_make is not None:
        told = orjson.loads(derived.fields or b"{}")
        assert set(record) - set(told) <= may_make
