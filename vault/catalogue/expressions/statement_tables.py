"""The tables of a statement: which there are, where they are in reach, and what is read of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from vault.catalogue.expressions.aggregates import TABLE_FUNCTIONS, TABLES
from vault.catalogue.expressions.columns import (
    COLUMNS,
    DATA,
    LABELS,
    MESSAGE_FIELDS,
    SPLIT,
    Reference,
    Type,
    label_path,
)
from vault.catalogue.expressions.limits import HIDDEN
from vault.catalogue.expressions.statement_calls import StatementGuard
from vault.catalogue.expressions.syntax import Node, Source, identifier
from vault.catalogue.expressions.terms import SQL_TYPES, Term, as_type, converted
from vault.errors import InvalidExpression

OLD_DATA, OLD_LABELS = "old_data", "old_labels"

_ROOTS: dict[str | None, tuple[str, ...]] = {
    "examples": (DATA, LABELS),
    "changes": (DATA, LABELS, OLD_DATA, OLD_LABELS),
}
"""What paths may begin with, by the table that they are read of."""

_ALL_ROOTS = _ROOTS["changes"]

Relation = tuple[str, ...]
"""A table: its name, and the revisions that a table function is given."""

_JOINS = {
    "INNER": "JOIN",
    "LEFT": "LEFT JOIN",
    "RIGHT": "RIGHT JOIN",
    "OUTER": "FULL JOIN",
    "SEMI": "SEMI JOIN",
    "ANTI": "ANTI JOIN",
}


@dataclass(slots=True)
class Scope:
    """The tables of one SELECT by alias, None for queries, and what it shows.

    `items` are the columns of its answer, each with its name.
    """

    tables: dict[str, str | None] = field(default_factory=dict)
    items: list[tuple[str, Term | None]] = field(default_factory=list)


class Tables(ABC):
    """Writes what stands behind FROM, and resolves names to the columns of what is in reach.

    `relations` are the tables that are needed by the names that they get, `columns` those wanted of
    tables of examples, `paths` what hidden columns stand for, `changed` those of changes, `named`
    where other columns stand.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.relations: dict[str, Relation] = {}
        self.columns: set[str] = {"id"}
        self.paths: dict[str, Reference] = {}
        self.changed: dict[str, Reference] = {}
        self.places: dict[Reference, Node] = {}
        self.named: dict[str, Node] = {}
        self.scopes: list[Scope] = []
        self.queries: list[str] = []
        self._guard = StatementGuard(source, self)

    @abstractmethod
    def query(self, node: Node) -> str:
        """Return the SQL of a query."""

    @abstractmethod
    def orders(self, orders: Sequence[Node], *, is_distinct: bool = False) -> str:
        """Return the SQL of what is sorted by."""

    def check(self, node: Node) -> Term:
        """Return an expression as a checked part. Raises InvalidExpression."""
        return self._guard.check(node)

    def refused(self, what: str, node: Node | None = None) -> InvalidExpression:
        """Return the error for a part that is not allowed."""
        return InvalidExpression(
            f"{what} cannot be used here",
            excerpt=self.source.at(node),
            code="expression-refused",
            hint="docs/reference/expressions.md lists what can",
        )

    def column(self, node: Node, names: Sequence[str | int]) -> Term:
        """Return a column, or a path into a record or the labels of an example."""
        first = str(names[0]).lower()
        for alias, rest in ((first, names[1:]), (None, names)):
            kind = None if alias is None else self.kind(alias)
            root = str(rest[0]).lower() if rest else ""
            if len(rest) < 2 or (alias is not None and kind not in _ROOTS):
                continue
            if alias is None and self.kind(first) == LABELS and names[1] in TABLES[LABELS]:
                break
            if root in (_ROOTS[kind] if kind else _ALL_ROOTS):
                return self._path(node, alias, root, tuple(rest[1:]))
            if kind != "changes" and root == "messages" and rest[1] in MESSAGE_FIELDS:
                return self._path(node, alias, root, tuple(rest[1:]))
        if len(names) == 1 and self._is_row(first):
            raise InvalidExpression(
                f'"{names[0]}" is a table, and no column',
                excerpt=self.source.at(node),
                code="column-unknown",
                hint=f"name a column of it, such as {names[0]}.id",
            )
        self.named.setdefault(str(names[-1]).lower(), node)
        sql = ""
        for number, name in enumerate(names):
            if isinstance(name, int):
                sql = f"({sql})[{name}]"
            else:
                sql += f"{'.' if number else ''}{identifier(name)}"
                if name.lower() in COLUMNS or name.lower() in _ALL_ROOTS:
                    self.columns.add(name.lower())
        known = COLUMNS.get(str(names[-1]).lower())
        leaning = known.type if known is not None and known.type is Type.NUMBER else None
        is_label = str(names[-1]).lower() == SPLIT

        def write(wanted: Type) -> str:
            return converted(sql, wanted)

        return Term(node, None, write, is_label=is_label, leaning=leaning)

    def _path(self, node: Node, alias: str | None, root: str, path: tuple[str | int, ...]) -> Term:
        table = alias or self._only_table(node, root)
        is_label = root in (LABELS, OLD_LABELS)
        paths = self.changed if self.kind(table) == "changes" else self.paths
        read_path = label_path(path) if is_label else path
        if read_path is None:
            raise InvalidExpression(
                "the name of a label holds no number",
                excerpt=self.source.at(node),
                code="expression-invalid",
                hint="write labels.NAME",
            )

        def sql(wanted: Type) -> str:
            if wanted in (Type.MESSAGES, Type.MESSAGE):
                raise self.refused("a field as a list of messages", node)
            read = Type.TEXT if wanted in (Type.DATE, Type.TIMESTAMP) else wanted
            reference = Reference(root, read_path, read)
            name = next((name for name, each in paths.items() if each == reference), None)
            if name is None:
                name = f"{HIDDEN}{len(paths)}"
                paths[name] = reference
                self.places[reference] = node
            column = f"{identifier(table)}.{identifier(name)}"
            return column if read is wanted else f"TRY_CAST({column} AS {SQL_TYPES[wanted]})"

        type_ = Type.TEXTS if root == "messages" else None
        return Term(node, type_, sql, is_label=is_label, is_field=type_ is None)

    def kind(self, alias: str) -> str | None:
        """Return which table a name in reach is: None for queries, and for no table."""
        for scope in reversed(self.scopes):
            if alias in scope.tables:
                return self.kind_of(scope.tables[alias])
        return None

    def kind_of(self, name: str | None) -> str | None:
        """Return which table it is that has a name of ours: `examples` also for versions."""
        kind = None if name is None else self.relations[name][0]
        return "examples" if kind == "examples_at" else kind

    def _is_row(self, name: str) -> bool:
        """Tell whether a name is that of whole rows, which hold hidden columns."""
        if name in COLUMNS or name in _ALL_ROOTS:
            return False
        is_column = name == "examples" and ("commits",) in self.relations.values()
        return self.kind(name) in _ROOTS and not is_column

    def _only_table(self, node: Node, root: str) -> str:
        """Return the table in reach that a path is read of, where it is not said."""
        for scope in reversed(self.scopes):
            found = [
                alias
                for alias, name in scope.tables.items()
                if (kind := self.kind_of(name)) in _ROOTS
                and (root in _ROOTS[kind] or (root, kind) == ("messages", "examples"))
            ]
            if len(found) == 1:
                return found[0]
            if found:
                raise InvalidExpression(
                    "it may be read of more than one table here",
                    excerpt=self.source.at(node),
                    code="expression-invalid",
                    hint=f"write {found[0]}. before it",
                )
        raise InvalidExpression(
            "there are no examples here to read it of",
            excerpt=self.source.at(node),
            code="expression-invalid",
            hint="read it where examples are selected from, and give it a name with AS",
        )

    def table(self, node: Node) -> str:
        """Return the SQL of what stands behind FROM. Raises InvalidExpression."""
        if node["sample"] is not None:
            raise self.refused("a sample, which would be another each time,", node)
        match node["type"]:
            case "EMPTY":
                return ""
            case "BASE_TABLE":
                return self._base(node)
            case "TABLE_FUNCTION":
                return self._called(node)
            case "SUBQUERY":
                sql = f"({self.query(node['subquery']['node'])})"
                return self._aliased(node, sql, node["alias"] or "query", None)
            case "EXPRESSION_LIST":
                rows = [
                    f"({', '.join(self.check(one).own_sql() for one in row)})"
                    for row in node["values"]
                ]
                return self._aliased(node, f"(VALUES {', '.join(rows)})", node["alias"], None)
            case "JOIN":
                return self._join(node)
        raise self.refused("this kind of table", node)

    def _base(self, node: Node) -> str:
        name = node["table_name"].lower()
        if len(node["qualified_name"]["path"]) != 1 or node["at_clause"] is not None:
            raise self.refused("a table of another database", node)
        alias = node["alias"] or node["table_name"]
        if name in self.queries:
            return self._aliased(node, identifier(name), alias, None)
        if name not in TABLES:
            raise InvalidExpression(
                f'there is no table "{node["table_name"]}"',
                excerpt=self.source.at(node),
                code="table-unknown",
                hint=f"there are {', '.join(TABLES)}, examples_at(REV) and changes(A, B)",
            )
        return self._relation(node, (name,), alias)

    def _called(self, node: Node) -> str:
        function = node["function"]
        name = str(function["function_name"]).lower()
        arguments = [each["expression"] for each in function["arguments"]]
        texts = [each.get("literal") or {} for each in arguments]
        if TABLE_FUNCTIONS.get(name) != len(texts) or node["with_ordinality"] != (
            "WITHOUT_ORDINALITY"
        ):
            raise InvalidExpression(
                f'"{name}" is no table that can be used here',
                excerpt=self.source.at(node),
                code="table-unknown",
                hint="write examples_at('v1') or changes('v1', 'v2')",
            )
        if any(each.get("kind") != "STRING" for each in texts):
            raise self.refused("a revision that is not written out as text", function)
        relation = (name, *(each["text"] for each in texts))
        return self._relation(node, relation, node["alias"] or name)

    def _relation(self, node: Node, relation: Relation, alias: str) -> str:
        name = next((name for name, each in self.relations.items() if each == relation), None)
        if name is None:
            name = f"{HIDDEN}t{len(self.relations)}"
            self.relations[name] = relation
        return self._aliased(node, identifier(name), alias, name)

    def _aliased(self, node: Node, sql: str, alias: str, relation: str | None) -> str:
        columns = node.get("column_name_alias") or ()
        if columns and self.kind_of(relation) in _ROOTS:
            raise self.refused("other names for the columns of examples", node)
        self.scopes[-1].tables[alias.lower()] = relation
        return f"{sql} AS {identifier(alias)}{listed(columns)}"

    def _join(self, node: Node) -> str:
        left, right = self.table(node["left"]), self.table(node["right"])
        if node["ref_type"] == "CROSS":
            return f"{left} CROSS JOIN {right}"
        word = _JOINS.get(node["join_type"])
        if word is None or node["ref_type"] not in ("REGULAR", "NATURAL"):
            raise self.refused("this kind of join", node)
        if node["ref_type"] == "NATURAL":
            raise self.refused("a natural join, which depends on every column,", node)
        if node["using_columns"]:
            for each in node["using_columns"]:
                self.columns.add(each.lower())
            return f"({left} {word} {right} USING {listed(node['using_columns'])})"
        condition = as_type(self.source, self.check(node["condition"]), Type.BOOLEAN)
        return f"({left} {word} {right} ON {condition})"


def listed(names: Sequence[str]) -> str:
    """Return names as a list of identifiers in parentheses; nothing for none."""
    return f"({', '.join(map(identifier, names))})" if names else ""
