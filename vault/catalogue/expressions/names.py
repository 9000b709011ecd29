"""What the names in an expression mean: columns, labels, and paths into the record.

A label or a path is open: it is read as the type of what it is compared with.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field

from vault.catalogue.expressions.columns import (
    COLUMNS,
    DATA,
    LABELS,
    MESSAGE_FIELDS,
    ORIGIN,
    ORIGIN_PARTS,
    SPLIT,
    Path,
    Reference,
    Type,
    label_path,
)
from vault.catalogue.expressions.syntax import Node, Source
from vault.catalogue.expressions.terms import SQL_TYPES, Term, fixed
from vault.errors import InvalidExpression


@dataclass(slots=True)
class Names:
    """Resolves names and gathers what is read: `references` in order, with the node of each.

    The SQL of a reference is the name of a column: `c0` for the first.
    """

    source: Source
    references: dict[Reference, Node] = field(default_factory=dict)

    def check(self, node: Node) -> Term:
        """Return the column, label or path that a node names. Raises InvalidExpression."""
        first, path = self._path(node)
        root = first.lower()
        if root in (DATA, LABELS):
            return self._open_path(node, root, path)
        column = COLUMNS.get(root)
        if column is None:
            raise self._unknown(node, first)
        if root == SPLIT and not path:
            read = self._read(node, Reference(SPLIT, (), Type.TEXT))
            return Term(node, Type.TEXT, lambda _: read, is_label=True)
        if root == "messages" and path:
            return self._of_messages(node, path)
        if root == ORIGIN and path:
            return self._of_origin(node, path)
        if path:
            raise InvalidExpression(
                f'"{first}" is {column.type}, which has nothing inside',
                excerpt=self.source.at(node),
                code="expression-invalid",
                hint=f"{DATA}.{first}.{path[0]} is a field of the record",
            )
        return fixed(node, column.type, self._read(node, Reference(root, (), column.type)))

    def _open_path(self, node: Node, root: str, path: Path) -> Term:
        path = path if root == DATA else label_path(path) or ()
        if not path:
            example = "data.metadata.topic" if root == DATA else "labels.quality"
            raise InvalidExpression(
                f'"{root}" needs the name of a {"field" if root == DATA else "label"}',
                excerpt=self.source.at(node),
                code="expression-invalid",
                hint=f"write {root}.NAME, such as {example}",
            )

        def sql(wanted: Type) -> str:
            if wanted in (Type.DATE, Type.TIMESTAMP):
                return f"TRY_CAST({sql(Type.TEXT)} AS {SQL_TYPES[wanted]})"
            if wanted in (Type.MESSAGES, Type.MESSAGE):
                raise InvalidExpression(
                    "the column `messages` is wanted here",
                    excerpt=self.source.at(node),
                    code="expression-invalid",
                )
            return self._read(node, Reference(root, path, wanted))

        return Term(node, None, sql, is_label=root == LABELS, is_field=True)

    def _of_origin(self, node: Node, path: Path) -> Term:
        type_ = ORIGIN_PARTS.get(str(path[0])) if len(path) == 1 else None
        if type_ is None:
            raise InvalidExpression(
                f"origin has {', '.join(ORIGIN_PARTS)}",
                excerpt=self.source.at(node),
                code="expression-invalid",
                hint="write origin.model = 'NAME'; a field of the record is data.origin",
            )
        return fixed(node, type_, self._read(node, Reference(ORIGIN, path, type_)))

    def _of_messages(self, node: Node, path: Path) -> Term:
        """Return `messages[2]`, `messages[2].role`, or `messages.role`, which lists them all."""
        fields = [each for each in path if isinstance(each, str)]
        places = [each for each in path if isinstance(each, int)]
        if len(fields) > 1 or len(places) > 1 or set(fields) - set(MESSAGE_FIELDS):
            raise InvalidExpression(
                "a message has role and content",
                excerpt=self.source.at(node),
                code="expression-invalid",
                hint="write messages[1].role",
            )
        if not fields:
            read = self._read(node, Reference("messages", (), Type.MESSAGES))
            return fixed(node, Type.MESSAGE, f"{read}[{places[0]}]")
        read = self._read(node, Reference("messages", (fields[0],), Type.TEXTS))
        if not places:
            return fixed(node, Type.TEXTS, read)
        return fixed(node, Type.TEXT, f"{read}[{places[0]}]")

    def _read(self, node: Node, reference: Reference) -> str:
        self.references.setdefault(reference, node)
        return f"c{list(self.references).index(reference)}"

    def _unknown(self, node: Node, name: str) -> InvalidExpression:
        if isinstance(self.source.named(node, f'"{name}"'), tuple):
            hint = f"a text stands in single quotes: '{name}'"
            return InvalidExpression(
                f'"{name}" is no column of an example',
                excerpt=self.source.at(node),
                code="column-unknown",
                hint=hint,
            )
        near = difflib.get_close_matches(name.lower(), [*COLUMNS, DATA, LABELS], n=1)
        hint = f"did you mean {near[0]}?" if near else f"a field of the record is {DATA}.{name}"
        return InvalidExpression(
            f'"{name}" is no column of an example',
            excerpt=self.source.at(node),
            code="column-unknown",
            hint=hint,
        )

    def _path(self, node: Node) -> tuple[str, Path]:
        """Return the name that a path begins with, and the rest of it."""
        if node["class"] == "COLUMN_REF":
            first, *rest = node["column_names"]
            return first, tuple(rest)
        if node.get("type") not in ("ARRAY_EXTRACT", "STRUCT_EXTRACT"):
            raise InvalidExpression(
                "only columns, fields and labels have parts",
                excerpt=self.source.at(node),
                code="expression-refused",
                hint="docs/reference/expressions.md lists what can be used",
            )
        inner, key = node["children"]
        first, path = self._path(inner)
        literal = key.get("literal", {}) if key["class"] == "CONSTANT" else {}
        if literal.get("kind") == "STRING":
            return first, (*path, literal["text"])
        text = literal.get("text", "").replace("_", "")
        if literal.get("kind") != "INTEGER" or len(text) > 9 or int(text) == 0:
            raise InvalidExpression(
                "a place in a list is a number that is written out, and none is 0",
                excerpt=self.source.at(key),
                code="expression-invalid",
                hint="lists begin with [1], and [-1] is the last",
            )
        return first, (*path, int(text))
