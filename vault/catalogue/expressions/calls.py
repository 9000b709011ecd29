"""Calls of functions and operators, checked and written as SQL."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

import duckdb

from vault.catalogue.connection import kept_connection
from vault.catalogue.expressions.aggregates import AGGREGATES
from vault.catalogue.expressions.columns import Type
from vault.catalogue.expressions.functions import FUNCTIONS, Function, Parameter
from vault.catalogue.expressions.patterns import like_as_regexp
from vault.catalogue.expressions.syntax import Node, Source, quoted
from vault.catalogue.expressions.terms import Term, as_type, fixed, joined, shared_type
from vault.errors import InvalidExpression

_LIKES = {
    "~~": (False, False),
    "!~~": (True, False),
    "~~*": (False, True),
    "!~~*": (True, True),
    "like_escape": (False, False),
    "not_like_escape": (True, False),
    "ilike_escape": (False, True),
    "not_ilike_escape": (True, True),
}
_ARITHMETIC: dict[str, Callable[[str, str], str]] = {
    "+": lambda a, b: f"({a} + {b})",
    "-": lambda a, b: f"({a} - {b})",
    "*": lambda a, b: f"({a} * {b})",
    "/": lambda a, b: f"({a} / nullif({b}, 0e0))",
    "//": lambda a, b: f"floor({a} / nullif({b}, 0e0))",
    "%": lambda a, b: f"({a} % nullif({b}, 0e0))",
}
_OVER_MANY = 'ask `vault sql "SELECT … FROM examples"`'
_SAID = {
    "~~~": ("GLOB", "LIKE 'a%' and ~ 'a.*' find texts"),
    "list_value": ("a list that is written out", "write IN (…), or AND between conditions"),
    "count_star": ("count(*), which is over many examples,", _OVER_MANY),
}
"""What the names of the parser mean to people, and what to write instead."""

_CHOICES = {"nullif": 2, "if": 3}
_WITH_PLACES = frozenset({"left", "right", "substring"})
_WITH_PATTERN = frozenset({"regexp_matches", "regexp_full_match", "regexp_extract"})
_MOST_GROUPS = 99


def call(source: Source, node: Node, arguments: Sequence[Term]) -> Term:
    """Return the call that a node is, of arguments that were checked.

    Raises InvalidExpression (`function-unknown`, `expression-invalid`).
    """
    name = str(node["function_name"]).lower()
    if name in _LIKES:
        return _like(source, node, name, arguments)
    if name in _ARITHMETIC:
        return _arithmetic(source, node, name, arguments)
    if name in _CHOICES:
        return _choice(source, node, name, arguments)
    function = FUNCTIONS.get(name)
    if function is None:
        raise _unknown(source, node, name)
    most = len(function.parameters)
    if len(arguments) < function.least or (len(arguments) > most and not function.repeats):
        counts = str(most) if most == function.least else f"{function.least} to {most}"
        raise InvalidExpression(
            f"{name}() takes {counts} arguments",
            excerpt=source.at(node),
            code="expression-invalid",
            hint=_usage(function),
        )
    return _called(source, node, function, arguments)


def _unknown(source: Source, node: Node, name: str) -> InvalidExpression:
    if name in _SAID or name in AGGREGATES:
        what, hint = _SAID.get(name, (f"{name}(), which is over many examples,", _OVER_MANY))
        return InvalidExpression(
            f"{what} cannot be used here",
            excerpt=source.at(node),
            code="function-unknown",
            hint=hint,
        )
    near = difflib.get_close_matches(name, FUNCTIONS, n=1)
    known = "docs/reference/expressions.md lists the functions"
    return InvalidExpression(
        f'"{name}" is no function that can be used here',
        excerpt=source.at(source.named(node, name)),
        code="function-unknown",
        hint=f"did you mean {near[0]}()? {known}" if near else known,
    )


def _usage(function: Function) -> str:
    words = ", ".join(each.types[0].name.lower() for each in function.parameters)
    return f"write {function.name}({words})"


def _called(source: Source, node: Node, function: Function, arguments: Sequence[Term]) -> Term:
    parts = []
    for number, argument in enumerate(arguments):
        parameter = function.parameters[min(number, len(function.parameters) - 1)]
        if parameter.is_constant and argument.constant is None:
            raise InvalidExpression(
                f"{function.name}() wants this written out",
                excerpt=source.at(argument.node),
                code="expression-invalid",
                hint=_usage(function),
            )
        parts.append(_argument(source, parameter, argument))
    if function.sql in _WITH_PLACES:
        parts[1:] = [_place(each) for each in parts[1:]]
    if function.sql in _WITH_PATTERN:
        _check_pattern(source, arguments)
    if function.sql == "regexp_extract" and len(arguments) > 2:
        parts[2] = _group(source, arguments[2])
    if function.sql == "round" and len(parts) > 1:
        # Doubles have no digits beyond.
        parts[1] = f"CAST(least(greatest({parts[1]}, -300), 300) AS INTEGER)"
    name = function.sql
    if name == "contains" and arguments[0].type is Type.TEXTS:
        name = "list_contains"
    return fixed(node, function.result, f"{name}({', '.join(parts)})")


def _place(sql: str) -> str:
    # DuckDB fails for places beyond 2^32, which no text has.
    return f"CAST(least(greatest({sql}, -1e9), 1e9) AS BIGINT)"


def _argument(source: Source, parameter: Parameter, argument: Term) -> str:
    if argument.type in parameter.types:
        return argument.own_sql()
    return as_type(source, argument, parameter.types[0])


def _check_pattern(source: Source, arguments: Sequence[Term]) -> None:
    """Raise InvalidExpression for a regular expression that RE2 does not take."""
    pattern, *flags = (each.constant or "" for each in arguments[1:3])
    if len(arguments) > 2 and arguments[2].type is Type.TEXT and set(flags[0]) - set("ims"):
        raise InvalidExpression(
            "a regular expression is read with i, m or s",
            excerpt=source.at(arguments[2].node),
            code="expression-invalid",
            hint="i: small or large letters alike; s: . also matches a line's end; m: by line",
        )
    try:
        kept_connection().execute(f"SELECT regexp_matches('', {quoted(pattern)})").fetchall()
    except duckdb.Error as error:
        reason = str(error).split(": ", 1)[-1].split("\n")[0].split(": ")[0]
        raise InvalidExpression(
            f"this regular expression cannot be read: {reason}",
            excerpt=source.at(arguments[1].node),
            code="expression-invalid",
            hint="a backslash makes the next character mean itself",
        ) from None


def _group(source: Source, argument: Term) -> str:
    text = argument.constant or ""
    if not text.isdecimal() or int(text) > _MOST_GROUPS:
        raise InvalidExpression(
            f"groups are counted from 0 to {_MOST_GROUPS}",
            excerpt=source.at(argument.node),
            code="expression-invalid",
            hint="write a number",
        )
    return str(int(text))


def _like(source: Source, node: Node, name: str, arguments: Sequence[Term]) -> Term:
    is_negated, ignores_case = _LIKES[name]
    value = as_type(source, arguments[0], Type.TEXT)
    pattern = arguments[1].constant
    if pattern is None or arguments[1].type is not Type.TEXT:
        raise InvalidExpression(
            "the pattern of LIKE is a text that is written out",
            excerpt=source.at(arguments[1].node),
            code="expression-invalid",
            hint="contains(a, b) compares two columns",
        )
    escape = arguments[2].constant or "" if len(arguments) > 2 else ""
    if len(escape) > 1:
        raise InvalidExpression(
            "one character escapes",
            excerpt=source.at(arguments[2].node),
            code="expression-invalid",
            hint="write ESCAPE '!'",
        )
    try:
        regexp = like_as_regexp(pattern, escape=escape, ignores_case=ignores_case)
    except ValueError as error:
        raise InvalidExpression(
            str(error), excerpt=source.at(arguments[1].node), code="expression-invalid"
        ) from None
    matched = f"regexp_full_match({value}, {quoted(regexp)})"
    return fixed(node, Type.BOOLEAN, f"(NOT {matched})" if is_negated else matched)


def _arithmetic(source: Source, node: Node, name: str, arguments: Sequence[Term]) -> Term:
    values = [f"CAST({as_type(source, each, Type.NUMBER)} AS DOUBLE)" for each in arguments]
    if len(values) == 1 and name in ("+", "-"):
        return fixed(node, Type.NUMBER, f"({name}{values[0]})")
    if len(values) != 2:
        raise InvalidExpression(
            f"{name} takes two numbers", excerpt=source.at(node), code="expression-invalid"
        )
    return fixed(node, Type.NUMBER, _ARITHMETIC[name](*values))


def _choice(source: Source, node: Node, name: str, arguments: Sequence[Term]) -> Term:
    if len(arguments) != _CHOICES[name]:
        raise InvalidExpression(
            f"{name}() takes {_CHOICES[name]} arguments",
            excerpt=source.at(node),
            code="expression-invalid",
        )
    if name == "if":
        condition = as_type(source, arguments[0], Type.BOOLEAN)
        terms = arguments[1:]
        return joined(
            node,
            terms,
            shared_type(source, terms),
            lambda then, other: f"(CASE WHEN {condition} THEN {then} ELSE {other} END)",
        )
    type_ = shared_type(source, arguments)
    return joined(node, arguments, type_, lambda *each: f"{name}({', '.join(each)})")
