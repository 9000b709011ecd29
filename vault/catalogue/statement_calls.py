"""Expressions of statements: those of `--where`, and aggregates, windows and queries in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vault.catalogue.aggregates import AGGREGATES, JOINING, Aggregate
from vault.catalogue.columns import Type
from vault.catalogue.guard import Guard
from vault.catalogue.names import Names
from vault.catalogue.syntax import Node, Source
from vault.catalogue.terms import Term, as_type, fixed
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

    def orders(self, orders: Sequence[Node]) -> str:
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
            return Term(node, None, lambda _: f"({sql})")
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
        arguments = self._arguments(node, name, known)
        orders = node["order_bys"]["orders"]
        inside = ("DISTINCT " if node["distinct"] else "") + ", ".join(arguments)
        inside += f" ORDER BY {self.queries.orders(orders)}" if orders else ""
        sql = f"count(*){''}" if name == "count_star" else f"{name}({inside})"
        if node["filter"] is not None:
            sql += f" FILTER (WHERE {self.condition(node['filter'])})"
        return self._result(node, known, sql)

    def _arguments(self, node: Node, name: str, known: Aggregate) -> list[str]:
        terms = [self.check(each["expression"]) for each in node["arguments"]]
        if not known.least <= len(terms) <= len(known.arguments):
            raise InvalidExpression(
                f"{name}() takes {len(known.arguments)} arguments",
                excerpt=self.source.at(node),
                code="expression-invalid",
            )
        return [
            each.own_sql() if wanted is None else as_type(self.source, each, wanted)
            for each, wanted in zip(terms, known.arguments, strict=False)
        ]

    def _result(self, node: Node, known: Aggregate, sql: str) -> Term:
        if known.result is None:
            return Term(node, None, lambda _: sql)
        return fixed(node, known.result, sql)

    def _window(self, node: Node) -> Term:
        name = str(node["function_name"]).lower()
        known = AGGREGATES.get(name)
        is_plain = (
            node["exclude_clause"] == "NO_OTHER"
            and not node["ignore_nulls"]
            and not node["arg_orders"]
            and len(node["qualified_name"]["path"]) == 1
            and not any(each["name"] for each in node["arguments"])
        )
        if known is None or not is_plain:
            raise self._refused(node)
        arguments = self._arguments(node, name, known)
        for each in ("offset_expr", "default_expr"):
            if node[each] is not None:
                arguments.append(self.check(node[each]).own_sql())
        inside = ("DISTINCT " if node["distinct"] else "") + ", ".join(arguments)
        sql = "count(*)" if name == "count_star" else f"{name}({inside})"
        if node["filter_expr"] is not None:
            sql += f" FILTER (WHERE {self.condition(node['filter_expr'])})"
        parts = [self.check(each).own_sql() for each in node["partitions"]]
        over = f"PARTITION BY {', '.join(parts)}" if parts else ""
        over += f" ORDER BY {self.queries.orders(node['orders'])}" if node["orders"] else ""
        return self._result(node, known, f"{sql} OVER ({over}{self._frame(node)})")

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
