"""The guard: an expression's tree is held against an allow-list and becomes SQL of our own.

Every node is either known here or refused; the SQL that runs is written from what was known, so
that nothing typed reaches the engine but literals. Paths take the type of what they are compared
with. Knows nothing of where values come from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from vault.catalogue.expressions.calls import call
from vault.catalogue.expressions.columns import Reference, Type, reads_conversation
from vault.catalogue.expressions.names import Names
from vault.catalogue.expressions.syntax import Node, Source, parse_filter
from vault.catalogue.expressions.terms import (
    SQL_TYPES,
    Term,
    as_type,
    constant,
    fixed,
    joined,
    shared_type,
)
from vault.errors import InvalidExpression

_COMPARISONS = {
    "COMPARE_EQUAL": "=",
    "COMPARE_NOTEQUAL": "<>",
    "COMPARE_LESSTHAN": "<",
    "COMPARE_GREATERTHAN": ">",
    "COMPARE_LESSTHANOREQUALTO": "<=",
    "COMPARE_GREATERTHANOREQUALTO": ">=",
    "COMPARE_DISTINCT_FROM": "IS DISTINCT FROM",
    "COMPARE_NOT_DISTINCT_FROM": "IS NOT DISTINCT FROM",
}
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "INT", "LONG", "HUGEINT"})
_CASTS = {
    **dict.fromkeys(("VARCHAR", "TEXT", "STRING"), Type.TEXT),
    **dict.fromkeys((*_WHOLE, "DOUBLE", "FLOAT", "REAL"), Type.NUMBER),
    **dict.fromkeys(("BOOLEAN", "BOOL"), Type.BOOLEAN),
    "DATE": Type.DATE,
    "TIMESTAMP": Type.TIMESTAMP,
}


@dataclass(frozen=True, slots=True)
class Filter:
    """A checked expression: its SQL over columns `c0`, `c1`, … and what each of them is.

    `references` are in the order of these columns, each with the node that named it first. `made`
    counts the calls that make new texts of an example's, each as long as those at the most. `parts`
    are conditions that must all hold instead, those first that are read at the least cost.
    """

    source: Source
    sql: str
    references: Mapping[Reference, Node]
    made: int
    parts: tuple[Filter, ...] = ()


@dataclass(slots=True)
class Guard:
    """Checks nodes; `made` counts the parts that make new texts, for the bound on memory."""

    source: Source
    names: Names
    made: int = 0

    def check(self, node: Node) -> Term:
        """Return a node as a checked part. Raises InvalidExpression."""
        known: dict[str, Callable[[Node], Term]] = {
            "COLUMN_REF": self.names.check,
            "CONSTANT": lambda each: constant(self.source, each),
            "COMPARISON": self._comparison,
            "CONJUNCTION": self._conjunction,
            "OPERATOR": self._operator,
            "BETWEEN": self._between,
            "FUNCTION": self._function,
            "CAST": self._cast,
            "CASE": self._case,
        }
        check = known.get(node["class"])
        if check is None or node.get("alias"):
            raise self._refused(node)
        return check(node)

    def condition(self, node: Node) -> str:
        """Return the SQL of a node that must be yes or no."""
        return as_type(self.source, self.check(node), Type.BOOLEAN)

    def _refused(self, node: Node) -> InvalidExpression:
        said = {
            "SUBQUERY": "a query within an expression",
            "WINDOW": "a window over examples",
            "LAMBDA": "a function written out",
            "STAR": "a star",
            "PARAMETER": "a parameter",
            "COLLATE": "a collation",
            "POSITIONAL_REFERENCE": "a column by number",
        }.get(node["class"], "this")
        return InvalidExpression(
            f"{said} cannot be used here",
            excerpt=self.source.at(node),
            code="expression-refused",
            hint="write the value itself"
            if node["class"] == "PARAMETER"
            else "docs/reference/expressions.md lists what can",
        )

    def _comparison(self, node: Node) -> Term:
        operator = _COMPARISONS.get(node["type"])
        if operator is None:
            raise self._refused(node)
        left, right = self.check(node["left"]), self.check(node["right"])
        if operator == "<>" and (left.is_label or right.is_label):
            operator = "IS DISTINCT FROM"
        type_ = self._comparable([left, right])
        sql = f"({left.sql(type_)} {operator} {right.sql(type_)})"
        return fixed(node, Type.BOOLEAN, sql)

    def _comparable(self, terms: Sequence[Term]) -> Type:
        type_ = shared_type(self.source, terms) or Type.TEXT
        if type_ in (Type.MESSAGES, Type.MESSAGE, Type.TEXTS):
            raise InvalidExpression(
                f"{type_} cannot be compared",
                excerpt=self.source.at(next(each.node for each in terms if each.type is type_)),
                code="expression-invalid",
                hint="compare one of its parts, such as messages[1].content",
            )
        return type_

    def _conjunction(self, node: Node) -> Term:
        word = {"CONJUNCTION_AND": " AND ", "CONJUNCTION_OR": " OR "}[node["type"]]
        parts = [self.condition(each) for each in node["children"]]
        return fixed(node, Type.BOOLEAN, f"({word.join(parts)})")

    def _between(self, node: Node) -> Term:
        terms = [self.check(node[name]) for name in ("input", "lower", "upper")]
        type_ = self._comparable(terms)
        value, lower, upper = (each.sql(type_) for each in terms)
        return fixed(node, Type.BOOLEAN, f"({value} BETWEEN {lower} AND {upper})")

    def _operator(self, node: Node) -> Term:
        children = node["children"]
        match node["type"]:
            case "OPERATOR_NOT":
                return fixed(node, Type.BOOLEAN, self._negated(children[0]))
            case "OPERATOR_IS_NULL" | "OPERATOR_IS_NOT_NULL":
                word = "IS NULL" if node["type"] == "OPERATOR_IS_NULL" else "IS NOT NULL"
                return fixed(node, Type.BOOLEAN, f"({self.check(children[0]).own_sql()} {word})")
            case "COMPARE_IN":
                terms = [self.check(each) for each in children]
                return fixed(node, Type.BOOLEAN, self._in(terms))
            case "OPERATOR_COALESCE":
                terms = [self.check(each) for each in children]
                type_ = shared_type(self.source, terms)
                return joined(node, terms, type_, lambda *sql: f"coalesce({', '.join(sql)})")
            case "ARRAY_EXTRACT" | "STRUCT_EXTRACT":
                return self.names.check(node)
        raise self._refused(node)

    def _negated(self, child: Node) -> str:
        value, sql = self._membership(child)
        if value is None:
            return f"(NOT {self.condition(child)})"
        # A missing label is in no list, as it is different from every value.
        return f"({sql} IS NOT TRUE)" if value.is_label else f"(NOT {sql})"

    def _membership(self, node: Node) -> tuple[Term | None, str]:
        """Return what is looked for in a list, and the SQL that tells; None for other nodes."""
        if node.get("type") != "COMPARE_IN":
            return None, ""
        terms = [self.check(each) for each in node["children"]]
        return terms[0], self._in(terms)

    def _in(self, terms: Sequence[Term]) -> str:
        type_ = self._comparable(terms)
        value, *values = (each.sql(type_) for each in terms)
        return f"({value} IN ({', '.join(values)}))"

    def _cast(self, node: Node) -> Term:
        type_expression = node["type_expr"]
        name = str(type_expression.get("type_name", "")).upper()
        wanted = _CASTS.get(name)
        if wanted is None or type_expression.get("children"):
            raise InvalidExpression(
                "nothing is converted to this type",
                excerpt=self.source.at(type_expression),
                code="expression-refused",
                hint=f"use {', '.join(SQL_TYPES.values())} or BIGINT",
            )
        child = self.check(node["child"])
        if child.type in (Type.MESSAGES, Type.MESSAGE, Type.TEXTS):
            raise InvalidExpression(
                f"{child.type} cannot be converted",
                excerpt=self.source.at(node),
                code="expression-invalid",
            )
        target = name if name in _WHOLE else SQL_TYPES[wanted]
        sql = child.sql(child.type or wanted)
        if child.type is wanted and name not in _WHOLE:
            return fixed(node, wanted, sql)
        self.made += wanted is Type.TEXT
        return fixed(node, wanted, f"TRY_CAST({sql} AS {target.replace('LONG', 'BIGINT')})")

    def _case(self, node: Node) -> Term:
        checks = [
            (self.condition(each["when_expr"]), self.check(each["then_expr"]))
            for each in node["case_checks"]
        ]
        terms = [then for _, then in checks] + [self.check(node["else_expr"])]
        type_ = shared_type(self.source, terms)

        def make(*sql: str) -> str:
            whens = "".join(
                f" WHEN {when} THEN {then}" for (when, _), then in zip(checks, sql, strict=False)
            )
            return f"(CASE{whens} ELSE {sql[-1]} END)"

        return joined(node, terms, type_, make)

    def _is_plain(self, node: Node) -> bool:
        """Tell whether a call has nothing but a name and arguments."""
        return (
            len(node["qualified_name"]["path"]) == 1
            and not node["filter"]
            and not node["distinct"]
            and not node["order_bys"]["orders"]
            and not any(each["name"] for each in node["arguments"])
        )

    def _function(self, node: Node) -> Term:
        if not self._is_plain(node):
            raise self._refused(node)
        term = call(
            self.source, node, [self.check(each["expression"]) for each in node["arguments"]]
        )
        self.made += term.type is Type.TEXT
        return term


def check_filter(text: str, *, is_dear: Callable[[Reference], bool] = reads_conversation) -> Filter:
    """Return an expression that was checked, or raise InvalidExpression.

    `is_dear` tells which references are read at a high cost: conditions joined by AND that need
    none of them become a part of their own, which comes first.
    """
    source, condition = parse_filter(text)
    whole = _filter(source, [condition])
    if condition["type"] != "CONJUNCTION_AND":
        return whole
    cheap: list[Node] = []
    dear: list[Node] = []
    for child in condition["children"]:
        references = _filter(source, [child]).references
        (dear if any(map(is_dear, references)) else cheap).append(child)
    if not cheap or not dear:
        return whole
    return replace(whole, parts=(_filter(source, cheap), _filter(source, dear)))


def _filter(source: Source, conditions: Sequence[Node]) -> Filter:
    guard = Guard(source, Names(source))
    sql = " AND ".join(guard.condition(each) for each in conditions)
    return Filter(source, f"({sql})", guard.names.references, guard.made)
