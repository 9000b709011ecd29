"""What a statement may hold at the most, and the names that no statement may have.

Looked at before a statement is checked: checking follows the tree down, so its depth is bounded.
"""

from __future__ import annotations

from typing import Any

from vault.catalogue.expressions.syntax import Node, Source
from vault.errors import InvalidExpression

HIDDEN = "·"
"""What every name begins with that we make: of tables, and of columns that stand for paths."""

MOST_LEVELS = 250
"""How many lists and objects of the tree may be within each other: some 80 queries."""

MOST_TABLES = 50
"""How many tables a statement may name."""

_TABLES = frozenset({"BASE_TABLE", "TABLE_FUNCTION", "SUBQUERY", "EXPRESSION_LIST"})


def check_limits(source: Source, statement: Node) -> None:
    """Raise InvalidExpression for a statement that is too deep or large, or has a name of ours."""
    tables = 0
    left: list[tuple[Any, int, Node]] = [(statement, 1, statement)]
    while left:
        value, level, node = left.pop()
        if level > MOST_LEVELS:
            raise nested_too_deeply(source)
        if isinstance(value, str):
            _check_name(source, value, node)
        elif isinstance(value, list):
            left += ((each, level + 1, node) for each in value)
        elif isinstance(value, dict):
            tables += str(value.get("type")) in _TABLES and "sample" in value
            # What stands in quotes is no name.
            left += ((each, level + 1, value) for key, each in value.items() if key != "literal")
    if tables > MOST_TABLES:
        raise InvalidExpression(
            f"it names {tables} tables, and {MOST_TABLES} is the most",
            excerpt=source.at(),
            code="expression-too-large",
            hint="ask for less at once",
        )


def nested_too_deeply(source: Source) -> InvalidExpression:
    """Return the error for a statement whose parts are too far within each other."""
    return InvalidExpression(
        "it is nested too deeply",
        excerpt=source.at(),
        code="expression-invalid",
        hint="write it with fewer parts within each other; WITH gives a query a name",
    )


def _check_name(source: Source, name: str, node: Node) -> None:
    if name.startswith(HIDDEN):
        raise InvalidExpression(
            f'no name begins with "{HIDDEN}" here',
            excerpt=source.at(node),
            code="column-unknown",
            hint="give it another name; data['…'] reads a field that is called so",
        )
