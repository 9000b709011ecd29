"""The checker of arguments: what it knows, and what hostile schemas cannot do to it."""

from __future__ import annotations

from typing import Any

import pytest

from vault.rules.recognisers.json_schema import MAX_STEPS, mismatches, schema_faults


def fits(value: Any, schema: Any) -> bool:
    return not list(mismatches(value, schema))


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ({"type": "integer"}, [1, 1.0, -3], [1.5, True, "1", None]),
        ({"type": ["string", "null"]}, ["", None], [1, []]),
        ({"enum": [1, "a", [1]]}, [1, 1.0, "a", [1]], [True, "1", [True]]),
        ({"const": False}, [False], [0, None]),
        ({"required": ["a"]}, [{"a": None}, 3], [{}]),
        ({"properties": {"a": {"type": "string"}}}, [{"a": ""}, {"b": 1}], [{"a": 1}]),
        ({"properties": {"a": True}, "additionalProperties": False}, [{"a": 1}], [{"b": 1}]),
        ({"patternProperties": {"^x": {"type": "null"}}}, [{"x": None, "a": 1}], [{"xy": 1}]),
        ({"items": {"type": "number"}}, [[], [1, 2.5]], [["1"]]),
        ({"prefixItems": [{"type": "string"}], "items": False}, [["a"], []], [["a", 1], [1]]),
        ({"items": [{"type": "string"}], "additionalItems": False}, [["a"]], [["a", 1]]),
        ({"anyOf": [{"type": "string"}, {"minimum": 3}]}, ["a", 3], [2]),
        ({"oneOf": [{"minimum": 3}, {"maximum": 5}]}, [2, 6], [4]),
        ({"allOf": [{"minimum": 3}, {"maximum": 5}]}, [4], [2, 6]),
        ({"not": {"type": "null"}}, [1], [None]),
        ({"if": {"minimum": 3}, "then": {"multipleOf": 2}, "else": False}, [4], [5, 1]),
        ({"exclusiveMinimum": 3, "maximum": 5}, [4, 5], [3, 6]),
        ({"multipleOf": 2}, [4, 4.0], [3, 3.5]),
        ({"minLength": 2, "maxLength": 3, "pattern": "^a"}, ["ab"], ["a", "abcd", "ba"]),
        ({"minItems": 1, "maxItems": 2, "contains": {"const": 1}}, [[1]], [[], [2], [1, 2, 3]]),
        ({"minProperties": 1, "propertyNames": {"maxLength": 1}}, [{"a": 1}], [{}, {"ab": 1}]),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "null"}}}, [None], [1]),
    ],
    ids=str,
)
def test_a_keyword_means_what_the_drafts_say(
    schema: dict[str, Any], right: list[Any], wrong: list[Any]
) -> None:
    assert not list(schema_faults(schema))
    assert [value for value in right if not fits(value, schema)] == []
    assert [value for value in wrong if fits(value, schema)] == []


def test_a_mismatch_says_where_and_what() -> None:
    schema = {"properties": {"to": {"items": {"properties": {"age": {"type": "integer"}}}}}}
    found = list(mismatches({"to": [{"age": 1}, {"age": "1"}]}, schema))
    assert found == [("to[1].age", "should be integer, and is text")]


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"pattern": "(?=lookahead)"},
        {"pattern": "("},
        {"type": ["strange", []], "properties": [], "items": 3, "required": {}, "enum": {}},
        {"anyOf": {}, "minimum": "3", "minLength": "x", "multipleOf": 0, "patternProperties": 1},
    ],
    ids=str,
)
def test_what_makes_no_sense_or_lies_elsewhere_says_nothing(schema: dict[str, Any]) -> None:
    for value in ("a", 3, [1], {"a": 1}, None):
        assert fits(value, schema)


def test_a_pattern_that_would_take_hours_takes_no_time() -> None:
    assert not fits("a" * 40 + "!", {"pattern": "^(a+)+$"})


class Counting(dict[str, Any]):
    """A schema that counts how often it is looked at."""

    looks = 0

    def get(self, key: str, default: Any = None) -> Any:
        Counting.looks += key == "type"
        return super().get(key, default)


def test_the_work_for_one_call_is_bounded() -> None:
    Counting.looks = 0
    schema: Any = Counting(type="object")
    for _ in range(30):
        schema = Counting(anyOf=[schema, schema, schema])
    assert fits("text", schema)
    assert Counting.looks <= MAX_STEPS


def test_schemas_of_any_depth_are_looked_at() -> None:
    deep: Any = {"type": "strange"}
    for _ in range(5_000):
        deep = {"items": deep}
    assert list(schema_faults(deep)) == []
    assert fits([[[1]]], deep)
