"""JSON Schema as far as tools use it: does a value satisfy a schema, and where not.

Written here because schemas come with the data, from anyone: nothing is generated or executed,
nothing fetched, patterns run in RE2, and steps and depth are bounded. Follows drafts 7 and 2020-12
(json-schema.org); a keyword that is not known here says nothing. Decision 8 tells what was weighed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from vault.rules.kernel.message import a_type, type_name

MAX_STEPS = 20_000
"""Values and schemas looked at for one call; what is beyond is taken as satisfied."""

MAX_DEPTH = 64

Mismatch = tuple[str, str]
"""Where, as a path within the value or schema, and what is wrong."""

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: _is_number(value),
    "integer": lambda value: _is_whole(value),
}
_SUBSCHEMAS = ("not", "if", "then", "else", "contains", "additionalProperties", "propertyNames")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_TABLES = ("properties", "patternProperties", "$defs", "definitions")
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


def schema_faults(schema: Any, path: str = "", depth: int = 0) -> Iterator[Mismatch]:
    """Yield what makes a schema invalid, as far as its keywords are known here."""
    if isinstance(schema, bool) or depth > MAX_DEPTH:
        return
    if not isinstance(schema, dict):
        yield path, f"a schema should be an object, and this is {a_type(schema)}"
        return
    yield from _own_faults(schema, path)
    for name in _TABLES:
        for key, inner in _table(schema.get(name)).items():
            yield from schema_faults(inner, f"{path}.{name}.{key}", depth + 1)
    for name in (*_SUBSCHEMAS, "items"):
        if name in schema and not (name == "items" and isinstance(schema[name], list)):
            yield from schema_faults(schema[name], f"{path}.{name}", depth + 1)
    for name in (*_LISTS, "items"):
        if isinstance(schema.get(name), list):
            for number, inner in enumerate(schema[name]):
                yield from schema_faults(inner, f"{path}.{name}[{number}]", depth + 1)


def _own_faults(schema: dict[str, Any], path: str) -> Iterator[Mismatch]:
    types = schema.get("type", [])
    for each in types if isinstance(types, list) else [types]:
        if not isinstance(each, str) or each not in _TYPES:
            yield f"{path}.type", f"{each!r} is no type of JSON Schema"
    for name in _TABLES:
        if name in schema and not isinstance(schema[name], dict):
            yield f"{path}.{name}", f"should be an object, and is {a_type(schema[name])}"
    for name in _LISTS:
        if name in schema and not (isinstance(schema[name], list) and schema[name]):
            yield f"{path}.{name}", "should be a list of schemas"
    required = schema.get("required", [])
    if not isinstance(required, list) or not all(isinstance(each, str) for each in required):
        yield f"{path}.required", "should be a list of names"
    if "enum" in schema and not isinstance(schema["enum"], list):
        yield f"{path}.enum", "should be a list"
    for name in _COUNTS:
        value = schema.get(name, 0)
        if not (_is_number(value) and value >= 0):
            yield f"{path}.{name}", "should be a whole number, 0 or more"
    for name in _BOUNDS:
        if name in schema and not _is_number(schema[name]):
            yield f"{path}.{name}", "should be a number"


def mismatches(value: Any, schema: Any) -> Iterator[Mismatch]:
    """Yield where a value does not satisfy a schema; nothing where the schema makes no sense."""
    try:
        yield from _Walk(schema).of(value, schema, "", 0)
    except _Enough:
        return


class _Enough(Exception):
    """The steps of one walk are used up."""


class _Walk:
    """One check of a value: the schema that references start from, and the steps that are left."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._left = MAX_STEPS

    def of(self, value: Any, schema: Any, path: str, depth: int) -> Iterator[Mismatch]:
        """Yield the mismatches of a value below `path`."""
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            raise _Enough
        if schema is False:
            yield path, "nothing may stand here"
        if not isinstance(schema, dict):
            return
        types = schema.get("type")
        listed = types if isinstance(types, list) else [types]
        known = [each for each in listed if isinstance(each, str) and each in _TYPES]
        if known and not any(_TYPES[each](value) for each in known):
            yield path, f"should be {' or '.join(known)}, and is {type_name(value)}"
            return
        yield from self._choices(value, schema, path)
        yield from self._combined(value, schema, path, depth)
        if isinstance(value, dict):
            yield from self._members(value, schema, path, depth)
        elif isinstance(value, list):
            yield from self._items(value, schema, path, depth)
        elif isinstance(value, str):
            yield from _lengths(len(value), schema, path, "Length", "characters")
            if isinstance(schema.get("pattern"), str) and not _matches(schema["pattern"], value):
                yield path, f"does not match the pattern {schema['pattern'][:40]}"
        elif _is_number(value):
            yield from _bounds(value, schema, path)
        # Last, because a reference that leads in circles uses up all steps.
        if isinstance(schema.get("$ref"), str):
            yield from self.of(value, self._referred(schema["$ref"]), path, depth + 1)

    def _choices(self, value: Any, schema: dict[str, Any], path: str) -> Iterator[Mismatch]:
        if isinstance(schema.get("enum"), list):
            self._left -= len(schema["enum"])
            if not any(_same(value, each) for each in schema["enum"]):
                shown = ", ".join(map(str, schema["enum"][:5]))
                yield path, f"should be one of {shown}"
        if "const" in schema and not _same(value, schema["const"]):
            yield path, f"should be {schema['const']}"

    def _combined(
        self, value: Any, schema: dict[str, Any], path: str, depth: int
    ) -> Iterator[Mismatch]:
        for each in _list(schema.get("allOf")):
            yield from self.of(value, each, path, depth + 1)
        for name in ("anyOf", "oneOf"):
            each_of = _list(schema.get(name))
            fitting = sum(self._fits(value, each, depth) for each in each_of)
            if each_of and not fitting:
                yield path, f"fits none of the {len(each_of)} schemas of {name}"
            elif name == "oneOf" and fitting > 1:
                yield path, f"fits {fitting} schemas of oneOf, and should fit one"
        if "not" in schema and self._fits(value, schema["not"], depth):
            yield path, "fits what it should not"
        if "if" in schema:
            branch = "then" if self._fits(value, schema["if"], depth) else "else"
            yield from self.of(value, schema.get(branch, True), path, depth + 1)

    def _fits(self, value: Any, schema: Any, depth: int) -> bool:
        return next(self.of(value, schema, "", depth + 1), None) is None

    def _members(
        self, value: dict[str, Any], schema: dict[str, Any], path: str, depth: int
    ) -> Iterator[Mismatch]:
        for name in _list(schema.get("required")):
            if isinstance(name, str) and name not in value:
                yield path, f'lacks "{name}"'
        known = _table(schema.get("properties"))
        patterns = _table(schema.get("patternProperties"))
        others = schema.get("additionalProperties", True)
        for key, each in value.items():
            inner = f"{path}.{key}" if path else key
            matched = [patterns[name] for name in patterns if _matches(name, key)]
            for one in [*([known[key]] if key in known else []), *matched]:
                yield from self.of(each, one, inner, depth + 1)
            if key not in known and not matched:
                if others is False:
                    yield inner, "is not declared"
                else:
                    yield from self.of(each, others, inner, depth + 1)
            if "propertyNames" in schema:
                yield from self.of(key, schema["propertyNames"], inner, depth + 1)
        yield from _lengths(len(value), schema, path, "Properties", "members")

    def _items(
        self, value: list[Any], schema: dict[str, Any], path: str, depth: int
    ) -> Iterator[Mismatch]:
        items = schema.get("items", True)
        first = _list(schema.get("prefixItems"))
        if isinstance(items, list):
            first, items = items, schema.get("additionalItems", True)
        for number, each in enumerate(value):
            one = first[number] if number < len(first) else items
            yield from self.of(each, one, f"{path}[{number}]", depth + 1)
        if "contains" in schema and not any(
            self._fits(each, schema["contains"], depth) for each in value
        ):
            yield path, "holds nothing of what it should contain"
        yield from _lengths(len(value), schema, path, "Items", "items")

    def _referred(self, reference: str) -> Any:
        # Only within the schema: what lies elsewhere is never fetched, and says nothing.
        if reference != "#" and not reference.startswith("#/"):
            return True
        found = self._root
        for word in reference.split("/")[1:]:
            name = word.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and name in found:
                found = found[name]
            else:
                return True
        return found


def _lengths(
    length: int, schema: dict[str, Any], path: str, word: str, unit: str
) -> Iterator[Mismatch]:
    least, most = schema.get(f"min{word}", 0), schema.get(f"max{word}", length)
    if _is_number(least) and length < least:
        yield path, f"has {length} {unit}, and should have at least {least}"
    if _is_number(most) and length > most:
        yield path, f"has {length} {unit}, and should have at most {most}"


def _bounds(value: Any, schema: dict[str, Any], path: str) -> Iterator[Mismatch]:
    least, most, above, below = (
        schema[name] if _is_number(schema.get(name)) else None for name in _BOUNDS[:4]
    )
    if (least is not None and value < least) or (above is not None and value <= above):
        yield path, f"is {value}, which is too small"
    if (most is not None and value > most) or (below is not None and value >= below):
        yield path, f"is {value}, which is too large"
    step = schema.get("multipleOf")
    # A whole step only: 0.3 is no multiple of 0.1 to a computer.
    if isinstance(step, int) and step > 0 and isinstance(value, (int, float)) and value % step:
        yield path, f"is {value}, and should be a multiple of {step}"


def _matches(pattern: str, text: str) -> bool:
    """Tell whether a pattern is found in a text; True for one that RE2 does not know."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return bool(pc.match_substring_regex(pa.scalar(text), pattern).as_py())
    except pa.ArrowInvalid:
        return True


def _same(one: Any, other: Any) -> bool:
    # To Python true is 1, to JSON it is not.
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (dict, list)) or isinstance(other, (dict, list)):
        return type(one) is type(other) and repr(one) == repr(other)
    return bool(one == other)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool)
    return isinstance(value, float) and value.is_integer()


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
