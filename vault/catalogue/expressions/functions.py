"""The functions that an expression may call. Whatever is not here is refused.

None reads anything, waits, differs from one call to the next, or returns more than it was given:
so texts cannot grow, and the same expression says the same of an example everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

from vault.catalogue.expressions.columns import Type


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a function takes: one of some types; `is_constant` when it must be written out."""

    types: tuple[Type, ...]
    is_constant: bool = False
    is_pattern: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function: the fewest parameters and all of them, its result, and its SQL.

    `sql` is the name in DuckDB; `repeats` says that the last parameter may come again and again.
    """

    name: str
    parameters: tuple[Parameter, ...]
    least: int
    result: Type
    says: str
    sql: str
    repeats: bool = False


_TEXT = Parameter((Type.TEXT,))
_NUMBER = Parameter((Type.NUMBER,))
_TEXTS = Parameter((Type.TEXTS,))
_WORDS = Parameter((Type.TEXT,), is_constant=True)
_PATTERN = Parameter((Type.TEXT,), is_constant=True, is_pattern=True)
_LENGTHY = Parameter((Type.TEXT, Type.TEXTS, Type.MESSAGES))
_HOLDER = Parameter((Type.TEXT, Type.TEXTS))
_LISTED = Parameter((Type.TEXTS, Type.MESSAGES))


def _of(
    names: str, parameters: tuple[Parameter, ...], result: Type, says: str, **more: object
) -> list[Function]:
    """Return one function under each of its names; the first is what DuckDB calls it."""
    first = names.split()[0]
    least = more.get("least", len(parameters))
    assert isinstance(least, int)
    repeats = more.get("repeats", False) is True
    return [
        Function(name, parameters, least, result, says, first, repeats) for name in names.split()
    ]


FUNCTIONS: dict[str, Function] = {
    function.name: function
    for function in [
        *_of("lower lcase", (_TEXT,), Type.TEXT, "in small letters"),
        *_of("upper ucase", (_TEXT,), Type.TEXT, "in capitals"),
        *_of("trim", (_TEXT, _WORDS), Type.TEXT, "without spaces, or these, around it", least=1),
        *_of("ltrim", (_TEXT, _WORDS), Type.TEXT, "the same at the beginning", least=1),
        *_of("rtrim", (_TEXT, _WORDS), Type.TEXT, "the same at the end", least=1),
        *_of("left", (_TEXT, _NUMBER), Type.TEXT, "the first characters"),
        *_of("right", (_TEXT, _NUMBER), Type.TEXT, "the last characters"),
        *_of(
            "substring substr",
            (_TEXT, _NUMBER, _NUMBER),
            Type.TEXT,
            "from a place (1 is the first), so many characters",
            least=2,
        ),
        *_of("length len", (_LENGTHY,), Type.NUMBER, "characters of a text, or entries of a list"),
        *_of("array_length list_length", (_LISTED,), Type.NUMBER, "how many entries a list has"),
        *_of("strlen", (_TEXT,), Type.NUMBER, "UTF-8 bytes of a text"),
        *_of("contains", (_HOLDER, _TEXT), Type.BOOLEAN, "a text holds another; a list has it"),
        *_of("list_contains list_has array_contains", (_TEXTS, _TEXT), Type.BOOLEAN, "a list has"),
        *_of("starts_with prefix", (_TEXT, _TEXT), Type.BOOLEAN, "a text begins with another"),
        *_of("ends_with suffix", (_TEXT, _TEXT), Type.BOOLEAN, "a text ends with another"),
        *_of(
            "instr strpos position", (_TEXT, _TEXT), Type.NUMBER, "where it holds another, else 0"
        ),
        *_of(
            "regexp_matches",
            (_TEXT, _PATTERN, _WORDS),
            Type.BOOLEAN,
            "a regular expression (RE2) is found in it; the third says how: i, s, m",
            least=2,
        ),
        *_of("regexp_full_match", (_TEXT, _PATTERN), Type.BOOLEAN, "it matches the whole text"),
        *_of(
            "regexp_extract",
            (_TEXT, _PATTERN, Parameter((Type.NUMBER,), is_constant=True)),
            Type.TEXT,
            "the part that matches, or its group of that number",
            least=2,
        ),
        *_of("abs", (_NUMBER,), Type.NUMBER, "without its sign"),
        *_of("floor", (_NUMBER,), Type.NUMBER, "the whole number below"),
        *_of("ceil ceiling", (_NUMBER,), Type.NUMBER, "the whole number above"),
        *_of(
            "round",
            (_NUMBER, Parameter((Type.NUMBER,), is_constant=True)),
            Type.NUMBER,
            "the nearest whole number, or with so many digits behind the point",
            least=1,
        ),
        *_of("greatest", (_NUMBER,), Type.NUMBER, "the largest that is not NULL", repeats=True),
        *_of("least", (_NUMBER,), Type.NUMBER, "the smallest that is not NULL", repeats=True),
    ]
}
"""Every function that an expression may call, by the name that it is called by."""

OPERATORS = (
    "= != < <= > >= AND OR NOT IN BETWEEN IS NULL, IS TRUE, IS DISTINCT FROM, LIKE ILIKE ~ "
    "+ - * / // % CASE COALESCE NULLIF CAST [ ]"
)
"""What expressions may be made of besides, as documented."""
