"""Expressions of statements: those of `--where`, and aggregates, windows and queries in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vault.catalogue.expressions.aggregates import AGGREGATES, JOINING, Aggregate
from vault.catalogue.expressions.columns import Type
from vault.catalogue.expressions.guard import Guard
from vault.catalogue.expressions.names import Names
from vault.catalogue.expressions.syntax import Node, Source
from vault.catalogue.expressions.terms import Term, as_type, converted, fixed, shared_type
from vault.errors import InvalidExpression

_FRAMES = {
    "UNBOUNDED_PRECEDING": "UNBOUNDED PRECEDING",
    "UNBOUNDED_FOLLOWING": "UNBOUNDED FOLLOWING",
    "CURRENT_ROW_ROWS": "CURRENT ROW",
    "EXPR_PRECEDING_ROWS": "{} PRECEDING",
    "EXPR_FOLLOWING_ROWS": "{} FOLLOWING",
}
_PLAIN_FRAME = ("UNBOUNDED_PRECEDING", "CURRENT_ROW_RANGE")


class Queries(Protocol):
    """What writes the queries that stand within expressions, and knows the tables in reach."""

    def query(self, node: Node) -> str:
        """Return the SQL of a query."""
        ...

    def column(self, node: Node, names: Sequence[str | int]) -> Term:
        """Return a column or a path."""
        ...

    def orders(self, orders: Sequence[Node], *, is_distinct: bool = False) -> str:
        """Return the SQL of what is sorted by."""
        ...


class _StatementNames(Names):
    """Names of a statement mean what the tables in reach have."""

    def __init__(self, source: Source, queries: Queries) -> None:
        super().__init__(source)
        self.queries = queries

    def check(self, node: Node) -> Term:
        """Return the column or path that a node names."""
        first, path = self._path(node)
        return self.queries.column(node, [first, *path])


class StatementGuard(Guard):
    """Checks the expressions of a statement."""

    def __init__(self, source: Source, queries: Queries) -> None:
        super().__init__(source, _StatementNames(source, queries))
        self.queries = queries

    def check(self, node: Node) -> Term:
        """Return a node as a checked part. Raises InvalidExpression."""
        if not node.get("alias"):
            if node["class"] == "SUBQUERY":
                return self._subquery(node)
            if node["class"] == "WINDOW":
                return self._window(node)
            if node["class"] == "FUNCTION":
                name = str(node["function_name"]).lower()
                if name in AGGREGATES and len(node["qualified_name"]["path"]) == 1:
                    return self._aggregate(node, name)
                if name in JOINING and self._is_plain(node):
                    return self._joined(node)
        return super().check(node)

    def _membership(self, node: Node) -> tuple[Term | None, str]:
        is_any = node["class"] == "SUBQUERY" and node["subquery_type"] == "ANY"
        if not is_any or node["comparison_type"] != "COMPARE_EQUAL":
            return super()._membership(node)
        sql = self.queries.query(node["subquery"]["node"])
        value = self.check(node["child"])
        return value, f"({value.own_sql()} IN ({sql}))"

    def _subquery(self, node: Node) -> Term:
        value, sql = self._membership(node)
        if value is not None:
            return fixed(node, Type.BOOLEAN, sql)
        sql = self.queries.query(node["subquery"]["node"])
        kind = node["subquery_type"]
        if kind == "SCALAR":
            return Term(node, None, lambda wanted: converted(f"({sql})", wanted))
        if kind in ("EXISTS", "NOT_EXISTS"):
            return fixed(node, Type.BOOLEAN, f"({kind.replace('_', ' ')} ({sql}))")
        raise self._refused(node)

    def _aggregate(self, node: Node, name: str) -> Term:
        known = AGGREGATES[name]
        if known.is_window or any(each["name"] for each in node["arguments"]):
            raise InvalidExpression(
                f"{name}() needs OVER",
                excerpt=self.source.at(node),
                code="expression-invalid",
                hint=f"write {name}() OVER (ORDER BY tokens)",
            )
        orders = node["order_bys"]["orders"]
        is_distinct = bool(node["distinct"])
        order = self.queries.orders(orders, is_distinct=is_distinct) if orders else ""
        rest = ""
        if node["filter"] is not None:
            rest = f" FILTER (WHERE {self.condition(node['filter'])})"
        return self._over_rows(node, inside=f" ORDER BY {order}" if order else "", rest=rest)

    def _over_rows(self, node: Node, *, inside: str, rest: str) -> Term:
        """Return a call over rows, with what else stands in its parentheses and behind them.

        The result of `min` and its like has the type of the first argument, and is open with it.
        """
        name = str(node["function_name"]).lower()
        known = AGGREGATES[name]
        terms = self._arguments(node, name, known)
        start = f"{known.written or name}({'DISTINCT ' if node['distinct'] else ''}"

        def write(first: Type | None) -> str:
            parts = [known.star] if known.star else []
            for number, (each, wanted) in enumerate(zip(terms, known.arguments, strict=False)):
                type_ = first if wanted is None and number in known.alike else wanted
                sql = each.own_sql() if type_ is None else as_type(self.source, each, type_)
                parts.append(f"CAST({sql} AS BIGINT)" if number == known.whole else sql)
            return f"{start}{', '.join(parts)}{inside}){rest}"

        type_ = known.result
        if type_ is None:
            alike = [each for number, each in enumerate(terms) if number in known.alike]
            type_ = shared_type(self.source, alike) if len(alike) > 1 else terms[0].type
        if type_ is not None:
            return fixed(node, type_, write(type_ if known.result is None else None))

        def undecided() -> str:
            raise InvalidExpression(
                f"{name}() of a field does not say whether it is a number or text",
                excerpt=self.source.at(node),
                code="expression-invalid",
                hint="write CAST(… AS DOUBLE) around the field, or CAST(… AS VARCHAR) for text",
            )

        compared = terms[known.compares] if known.compares is not None else None
        own = undecided if compared is not None and compared.is_field else None
        return Term(node, None, write, leaning=terms[0].leaning, own=own)

    def _arguments(self, node: Node, name: str, known: Aggregate) -> list[Term]:
        terms = [self.check(each["expression"]) for each in node["arguments"]]
        most = len(known.arguments)
        if not known.least <= len(terms) <= most:
            counts = str(most) if known.least == most else f"{known.least} to {most}"
            raise InvalidExpression(
                f"{name}() takes {counts} arguments",
                excerpt=self.source.at(node),
                code="expression-invalid",
                hint="docs/reference/expressions.md lists the functions",
            )
        return terms

    def _window(self, node: Node) -> Term:
        name = str(node["function_name"]).lower()
        is_plain = (
            node["exclude_clause"] == "NO_OTHER"
            and not node["ignore_nulls"]
            and not node["arg_orders"]
            and node["offset_expr"] is None
            and node["default_expr"] is None
            and len(node["qualified_name"]["path"]) == 1
            and not any(each["name"] for each in node["arguments"])
        )
        if name not in AGGREGATES or not is_plain:
            raise self._refused(node)
        rest = ""
        if node["filter_expr"] is not None:
            rest = f" FILTER (WHERE {self.condition(node['filter_expr'])})"
        parts = [self.check(each).own_sql() for each in node["partitions"]]
        over = f"PARTITION BY {', '.join(parts)}" if parts else ""
        over += f" ORDER BY {self.queries.orders(node['orders'])}" if node["orders"] else ""
        return self._over_rows(node, inside="", rest=f"{rest} OVER ({over}{self._frame(node)})")

    def _frame(self, node: Node) -> str:
        if (node["start"], node["end"]) == _PLAIN_FRAME:
            return ""
        ends = []
        for side in ("start", "end"):
            word = _FRAMES.get(node[side])
            expression = node[f"{side}_expr"]
            if word is None:
                raise self._refused(node)
            count = "" if expression is None else self.check(expression).own_sql()
            ends.append(word.replace("{}", count))
        return f" ROWS BETWEEN {ends[0]} AND {ends[1]}"

    def _joined(self, node: Node) -> Term:
        terms = [self.check(each["expression"]) for each in node["arguments"]]
        parts = [as_type(self.source, each, Type.TEXT) for each in terms]
        name = str(node["function_name"]).lower()
        sql = f"({' || '.join(parts)})" if name == "||" else f"concat({', '.join(parts)})"
        return fixed(node, Type.TEXT, sql)
