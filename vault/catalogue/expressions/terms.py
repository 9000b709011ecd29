"""Parts of an expression that were checked, on their way to SQL of our own.

A part knows its type, or is *open*: a path into the record or a label takes the type of what it is
compared with, and so do NULL and what is made of such. SQL is written only here and in the guard;
nothing that was typed is copied into it except as a quoted literal or a checked number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vault.catalogue.expressions.columns import Type
from vault.catalogue.expressions.syntax import Node, Source, quoted
from vault.errors import InvalidExpression

_NUMBER = re.compile(r"-?\d+")
_LARGEST_WHOLE = 1 << 53

SQL_TYPES = {
    Type.TEXT: "VARCHAR",
    Type.NUMBER: "DOUBLE",
    Type.BOOLEAN: "BOOLEAN",
    Type.DATE: "DATE",
    Type.TIMESTAMP: "TIMESTAMP",
}
"""What DuckDB calls the types that a value can be made into."""

_TIMES = frozenset({Type.DATE, Type.TIMESTAMP})


@dataclass(frozen=True, slots=True)
class Term:
    """A checked part: its node, its type (None while open), and its SQL as a type.

    `constant` is the text of a literal; `is_label` tells that it is a label, which `!=` and
    `NOT IN` count as different where it is missing. `leaning` is the type that an open part
    probably has, which decides where nothing else does. `is_field` tells that it is open because it
    comes from a record or a label. `own` writes it where nothing says what it should be.
    """

    node: Node
    type: Type | None
    sql: Callable[[Type], str]
    constant: str | None = None
    is_label: bool = False
    leaning: Type | None = None
    is_field: bool = False
    own: Callable[[], str] | None = None

    def own_sql(self) -> str:
        """Return its SQL as its own type, text while open. Raises InvalidExpression."""
        if self.own is not None:
            return self.own()
        return self.sql(self.type or Type.TEXT)


def fixed(node: Node, type_: Type, sql: str) -> Term:
    """Return a part whose type is known."""
    return Term(node, type_, lambda _: sql)


def constant(source: Source, node: Node) -> Term:
    """Return a literal. Raises InvalidExpression for kinds that have no type here."""
    literal = node["literal"]
    kind, text = literal["kind"], literal["text"]
    if kind == "NULL_LITERAL":
        return Term(node, None, lambda _: "NULL")
    if kind == "BOOLEAN":
        return fixed(node, Type.BOOLEAN, "true" if text == "true" else "false")
    if kind in ("INTEGER", "NUMERIC"):
        return Term(node, Type.NUMBER, lambda _: _number(source, node, text), text)
    if kind != "STRING":
        raise InvalidExpression(
            "this kind of value is not known here",
            excerpt=source.at(node),
            code="expression-invalid",
        )

    def as_type(wanted: Type) -> str:
        return (
            f"TRY_CAST({quoted(text)} AS {SQL_TYPES[wanted]})"
            if wanted in _TIMES
            else (quoted(text))
        )

    return Term(node, Type.TEXT, as_type, text)


def _number(source: Source, node: Node, text: str) -> str:
    plain = text.replace("_", "")
    try:
        value = float(plain)
    except ValueError:
        raise InvalidExpression(
            "this number cannot be read", excerpt=source.at(node), code="expression-invalid"
        ) from None
    if value in (float("inf"), float("-inf")):
        raise InvalidExpression(
            "this number is too large", excerpt=source.at(node), code="expression-invalid"
        )
    if _NUMBER.fullmatch(plain) and abs(int(plain)) <= _LARGEST_WHOLE:
        return f"({int(plain)})"
    # Without an exponent it would be a DECIMAL, whose arithmetic overflows.
    return f"({value!r}{'' if 'e' in repr(value) else 'e0'})"


def as_type(source: Source, term: Term, wanted: Type) -> str:
    """Return the SQL of a part where a type is wanted. Raises InvalidExpression for another."""
    if term.type is None or term.type is wanted:
        return term.sql(wanted)
    is_written = term.type is Type.TEXT and term.constant is not None
    if (term.type in _TIMES or is_written) and wanted in _TIMES:
        return term.sql(wanted)
    raise InvalidExpression(
        f"{wanted} is wanted, and this is {term.type}",
        excerpt=source.at(term.node),
        code="expression-invalid",
        hint=_advice(term, wanted),
    )


def _advice(term: Term, wanted: Type) -> str:
    if term.type is Type.TEXT and wanted is Type.NUMBER and term.constant is not None:
        return "write numbers without quotes"
    if wanted is Type.BOOLEAN:
        return "compare it with something, such as = or >"
    if wanted is Type.TEXT and term.type is Type.NUMBER and term.constant is not None:
        return "write texts in 'single quotes'"
    name = SQL_TYPES.get(wanted)
    return f"CAST(… AS {name}) converts" if name else "docs/reference/expressions.md"


def shared_type(source: Source, terms: Sequence[Term]) -> Type | None:
    """Return the one type of some parts; None when all are open.

    Raises InvalidExpression if two differ. A written text beside a date is read as one.
    """
    known = [each for each in terms if each.type is not None]
    times = [each for each in known if each.type in _TIMES]
    shared = next((each.type for each in times or known), None)
    if shared is None:
        return next((each.leaning for each in terms if each.leaning is not None), None)
    for each in known:
        as_type(source, each, shared)
    return shared


def joined(node: Node, terms: Sequence[Term], type_: Type | None, make: Callable[..., str]) -> Term:
    """Return a part made of others that all take its type: `make` gets their SQL."""
    is_field = type_ is None and any(each.is_field for each in terms)
    return Term(
        node, type_, lambda wanted: make(*(each.sql(wanted) for each in terms)), is_field=is_field
    )


def converted(sql: str, wanted: Type) -> str:
    """Return SQL of a type that is not known, as what is wanted: NULL where it does not convert."""
    if wanted is Type.TEXT or wanted not in SQL_TYPES:
        return sql
    return f"TRY_CAST({sql} AS {SQL_TYPES[wanted]})"
