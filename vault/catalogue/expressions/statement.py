"""The guard of `sql`: a query over our tables, checked node by node and written anew.

Expressions within it are those of `--where`, and besides aggregates, windows and queries. A path
into a record or a label is read from the examples that it stands for: as a column of its own, whose
name no statement can have.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vault.catalogue.expressions.aggregates import AGGREGATES, CHANGE_COLUMNS, TABLES
from vault.catalogue.expressions.columns import (
    COLUMNS,
    CONVERSATION_COLUMNS,
    DATA,
    LABELS,
    Reference,
    Type,
)
from vault.catalogue.expressions.limits import HIDDEN, check_limits, nested_too_deeply
from vault.catalogue.expressions.statement_tables import OLD_DATA, Relation, Scope, Tables, listed
from vault.catalogue.expressions.syntax import Node, Source, identifier, parse_statement, quoted
from vault.catalogue.expressions.terms import Term, as_type
from vault.errors import InvalidExpression

STAR_COLUMNS = (*(name for name in COLUMNS if name not in CONVERSATION_COLUMNS), LABELS)
"""What `*` shows of an example; others are large and have to be named."""

_SHOWN = {**TABLES, "examples": STAR_COLUMNS, "changes": CHANGE_COLUMNS}
_SETS = {"UNION": "UNION", "EXCEPT": "EXCEPT", "INTERSECT": "INTERSECT"}


@dataclass(frozen=True, slots=True)
class Statement:
    """A checked statement: its SQL, and the tables that it needs, by the names it has for them.

    `columns` are those wanted of tables of examples and changes; `paths` are what other columns of
    a table of examples stand for, each with the node that named it first in `places`; `changed`
    are those of changes; `named` are the nodes of other columns, by name.
    """

    source: Source
    sql: str
    relations: Mapping[str, Relation]
    columns: frozenset[str]
    paths: Mapping[str, Reference]
    changed: Mapping[str, Reference]
    places: Mapping[Reference, Node]
    named: Mapping[str, Node]


def check_statement(text: str) -> Statement:
    """Return a statement that was checked. Raises InvalidExpression."""
    source, statement = parse_statement(text)
    check_limits(source, statement)
    writer = _Writer(source)
    try:
        sql = writer.query(statement["node"])
    except RecursionError:
        # Whoever called may have left little room.
        raise nested_too_deeply(source) from None
    return Statement(
        source,
        sql,
        writer.relations,
        frozenset(writer.columns),
        writer.paths,
        writer.changed,
        writer.places,
        writer.named,
    )


class _Writer(Tables):
    """Checks queries and writes them."""

    def query(self, node: Node) -> str:
        """Return the SQL of a query. Raises InvalidExpression."""
        known = len(self.queries)
        head = self._with(node["cte_map"]["map"])
        if node["type"] == "SELECT_NODE":
            body = self._select(node)
        elif node["type"] == "SET_OPERATION_NODE" and node["setop_type"] in _SETS:
            word = _SETS[node["setop_type"]] + (" ALL" if node["setop_all"] else "")
            self.scopes.append(Scope())
            body = f" {word} ".join(f"({self.query(each)})" for each in node["children"])
            body = f"{body}{self._modifiers(node['modifiers'])[1]}"
            self.scopes.pop()
        else:
            raise self.refused("this kind of query", node)
        del self.queries[known:]
        return head + body

    def _with(self, entries: Sequence[Node]) -> str:
        parts = []
        for each in entries:
            value = each["value"]
            inner = value["query_node"] if "query_node" in value else value["query"]["node"]
            body = self.query(inner)
            aliases = listed(value.get("aliases") or ())
            parts.append(f"{identifier(each['key'])}{aliases} AS ({body})")
            self.queries.append(each["key"].lower())
        return f"WITH {', '.join(parts)} " if parts else ""

    def _select(self, node: Node) -> str:
        if node["sample"] is not None:
            raise self.refused("a sample, which would be another each time,")
        self.scopes.append(Scope())
        tables = self.table(node["from_table"])
        items = [self._item(each) for each in node["select_list"]]
        groups = self._all_groups(node)
        distinct, rest = self._modifiers(node["modifiers"], is_plain=groups == _ALL)
        sql = f"SELECT {distinct}{', '.join(items)}{f' FROM {tables}' if tables else ''}"
        for word, name in (("WHERE", "where_clause"), ("HAVING", "having"), ("QUALIFY", "qualify")):
            if node[name] is not None:
                sql += f" {word} {as_type(self.source, self.check(node[name]), Type.BOOLEAN)}"
            if name == "where_clause":
                sql += groups or self._groups(node)
        self.scopes.pop()
        return sql + rest

    def _item(self, node: Node) -> str:
        if node["class"] == "STAR":
            self.scopes[-1].items.append(("", None))
            return self._star(node)
        name = node.get("alias") or self._title(node)
        term = self.check({**node, "alias": ""})
        self.scopes[-1].items.append((name.lower(), term))
        return f"{term.own_sql()} AS {identifier(name)}"

    def _title(self, node: Node) -> str:
        """Return what a column is called that was given no name: its last word, or its text."""
        if node["class"] == "COLUMN_REF":
            return str(node["column_names"][-1])
        return self.source.typed_whole(node) or str(node.get("function_name") or "value")

    def _star(self, node: Node) -> str:
        if node["columns"] or node["replace_list"] or node["rename_list"] or node["expr"]:
            raise self.refused("this kind of star", node)
        self.columns.update(STAR_COLUMNS, ("old_labels",))
        left_out = [each.lower() for each in node["exclude_list"] if isinstance(each, str)]
        if len(left_out) != len(node["exclude_list"]) or node["qualified_exclude_list"]:
            raise self.refused("this kind of EXCLUDE", node)
        alias = node["relation_name"].lower()
        kinds = (
            [self.kind(alias)] if alias else [*map(self.kind_of, self.scopes[-1].tables.values())]
        )
        columns = [name for kind in kinds if kind is not None for name in _SHOWN[kind]]
        unknown = next((each for each in left_out if each not in columns), None)
        if unknown is not None and None not in kinds:
            raise self._no_column(node, unknown, columns)
        if not {"examples", "changes"} & set(kinds):
            prefix = f"{identifier(alias)}." if alias else ""
            return f"{prefix}*{_excluded(left_out)}"
        if alias:
            kept = [each for each in columns if each not in left_out]
            return ", ".join(f"{identifier(alias)}.{identifier(each)}" for each in kept)
        large = [*CONVERSATION_COLUMNS, DATA, OLD_DATA]
        names = ", ".join(quoted(each) for each in [*large, *left_out])
        return f"COLUMNS(lambda c: NOT starts_with(c, '{HIDDEN}') AND lower(c) NOT IN ({names}))"

    def _no_column(self, node: Node, name: str, columns: Sequence[str]) -> InvalidExpression:
        """Return the error for a name that is none of the columns of a star."""
        near = difflib.get_close_matches(name, columns, n=1)
        return InvalidExpression(
            f'* shows no column "{name}"',
            excerpt=self.source.at(node),
            code="column-unknown",
            hint=f"did you mean {near[0]}?" if near else f"it shows {', '.join(columns)}",
        )

    def _all_groups(self, node: Node) -> str:
        """Return what GROUP BY ALL stands for, so that what is sorted by may be made of it."""
        if node["aggregate_handling"] != "FORCE_AGGREGATES":
            return ""
        items = node["select_list"]
        if any(_holds(each, _is_unclear) for each in items):
            return _ALL
        places = [str(at) for at, each in enumerate(items, 1) if not _holds(each, _is_aggregate)]
        return f" GROUP BY {', '.join(places)}" if places else _ALL

    def _groups(self, node: Node) -> str:
        expressions = [self.check(each).own_sql() for each in node["group_expressions"]]
        sets = node["group_sets"]
        if not sets:
            return ""
        if sets == [list(range(len(expressions)))]:
            return f" GROUP BY {', '.join(expressions)}"
        listed = (f"({', '.join(expressions[at] for at in each)})" for each in sets)
        return f" GROUP BY GROUPING SETS ({', '.join(listed)})"

    def _modifiers(self, modifiers: Sequence[Node], *, is_plain: bool = False) -> tuple[str, str]:
        """Return DISTINCT, and what stands behind a query; `is_plain`: fields sort as text."""
        distinct, sql = "", ""
        is_distinct = is_plain or any(each["type"] == "DISTINCT_MODIFIER" for each in modifiers)
        for each in modifiers:
            if each["type"] == "ORDER_MODIFIER":
                sql += f" ORDER BY {self._sorted(each['orders'], is_distinct)}"
            elif each["type"] == "LIMIT_MODIFIER" and each["limit_type"] == "ROW_COUNT":
                for word, name in (("LIMIT", "limit"), ("OFFSET", "offset")):
                    if each[name] is not None:
                        sql += f" {word} {self._count(each[name])}"
            elif each["type"] == "DISTINCT_MODIFIER":
                targets = [self.check(one).own_sql() for one in each["distinct_on_targets"]]
                distinct = f"DISTINCT ON ({', '.join(targets)}) " if targets else "DISTINCT "
            else:
                raise self.refused("this kind of limit")
        return distinct, sql

    def _count(self, node: Node) -> str:
        literal_ = node.get("literal") or {}
        if literal_.get("kind") != "INTEGER" or not literal_["text"].isdecimal():
            raise self.refused("a limit that is not written out", node)
        return str(min(int(literal_["text"]), 1 << 62))

    def _sorted(self, orders: Sequence[Node], is_distinct: bool) -> str:
        """Return the SQL that sorts an answer, whose columns have names and numbers."""
        parts = []
        for each in orders:
            term = None if is_distinct else self._shown(each["expression"])
            parts.append(
                self.orders([each], is_distinct=is_distinct)
                if term is None
                else _order(term.own_sql(), each, is_field=term.is_field)
            )
        return ", ".join(parts)

    def _shown(self, node: Node) -> Term | None:
        """Return the field that an answer shows by the name or number that a node is."""
        items = self.scopes[-1].items
        term: Term | None = None
        literal_ = node.get("literal") or {}
        if literal_.get("kind") == "INTEGER" and all(each is not None for _, each in items):
            number = int(literal_["text"].replace("_", ""))
            term = items[number - 1][1] if 0 < number <= len(items) else None
        elif node["class"] == "COLUMN_REF" and len(node["column_names"]) == 1:
            term = dict(items).get(str(node["column_names"][0]).lower())
        return term if term is not None and term.is_field else None

    def orders(self, orders: Sequence[Node], *, is_distinct: bool = False) -> str:
        """Return the SQL of what is sorted by; fields that read as numbers, as numbers."""
        parts = []
        for each in orders:
            node = each["expression"]
            is_all = node["class"] == "STAR" and node["columns"] and not node["expr"]
            term = None if is_all else self.check(node)
            sql = "ALL" if term is None else term.own_sql()
            is_field = term is not None and term.is_field and not is_distinct
            parts.append(_order(sql, each, is_field=is_field))
        return ", ".join(parts)


_ALL = " GROUP BY ALL"
_DIRECTIONS = {"ASCENDING": " ASC", "DESCENDING": " DESC", "ORDER_DEFAULT": ""}
_NULLS = {"NULLS FIRST": " NULLS FIRST", "NULLS LAST": " NULLS LAST", "ORDER_DEFAULT": ""}


def _order(sql: str, order: Node, *, is_field: bool) -> str:
    direction, nulls = _DIRECTIONS[order["type"]], _NULLS[order["null_order"]]
    by_text = f"{sql}{direction}{nulls}"
    if not is_field:
        return by_text
    missing_first = f"({sql} IS NULL) DESC, " if "FIRST" in nulls else ""
    # Numbers come before texts whichever way they are sorted.
    return f"{missing_first}TRY_CAST({sql} AS DOUBLE){direction} NULLS LAST, {by_text}"


def _is_aggregate(node: Node) -> bool:
    return node["class"] == "FUNCTION" and str(node["function_name"]).lower() in AGGREGATES


def _is_unclear(node: Node) -> bool:
    return node["class"] in ("STAR", "WINDOW", "SUBQUERY")


def _holds(value: Any, is_meant: Callable[[Node], bool]) -> bool:
    """Tell whether an expression is or holds one that is meant."""
    if isinstance(value, list):
        return any(_holds(each, is_meant) for each in value)
    if not isinstance(value, dict):
        return False
    if "class" in value and is_meant(value):
        return True
    return any(_holds(each, is_meant) for each in value.values())


def _excluded(names: Sequence[str]) -> str:
    return f" EXCLUDE {listed(names)}" if names else ""
