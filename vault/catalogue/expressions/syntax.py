"""Reading an expression into a tree, with DuckDB's own parser, without running any of it.

Errors show the place: the line of the expression, and marks below the part that is meant.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vault.catalogue.connection import kept_connection
from vault.errors import InvalidExpression

MOST_CHARACTERS = 10_000
"""The length of an expression or a statement, at most."""

Node = dict[str, Any]
"""A node of the tree as DuckDB serialises it."""

_FILTER = "SELECT 1 FROM t WHERE "
_QUOTES = re.compile(rb"'[^']*'|\"[^\"]*\"")
_SHOWN_COLUMNS = 68
_NOWHERE = 1 << 40
_PLACES = ("query_location", "query_location_length")


@dataclass(frozen=True, slots=True)
class Source:
    """What was typed, and how many bytes stand before it in what the parser got."""

    text: str
    offset: int = 0

    def at(self, node: Node | tuple[int, int] | None = None) -> tuple[str, ...]:
        """Return the lines that show a part of the text: a node, or (byte, bytes) as parsed.

        Without a part, or with one that stands nowhere, the text is shown and nothing marked.
        """
        place = _place(node)
        return self._excerpt(*place) if place is not None else (_line(self.text)[0],)

    def typed(self, node: Node) -> str:
        """Return the text of a node as it was typed; empty where it stands nowhere."""
        place = _place(node)
        if place is None or not place[1]:
            return ""
        data = self.text.encode()[place[0] - self.offset :][: place[1]]
        return data.decode(errors="ignore").strip()

    def typed_whole(self, node: Node) -> str:
        """Return the text of a node and all its parts; empty where it stands nowhere."""
        places = list(_places(node))
        if not places:
            return ""
        data = self.text.encode()
        start = min(first for first, _ in places) - self.offset
        end = max(first + length for first, length in places) - self.offset
        # Parentheses around the first part or the last belong to no node.
        while (lacking := _unopened(data[start:end])) and data[:start].rstrip().endswith(lacking):
            start = len(data[:start].rstrip()) - 1
        while (lacking := _unclosed(data[start:end])) and data[end:].lstrip().startswith(lacking):
            end = len(data) - len(data[end:].lstrip()) + 1
        return " ".join(data[start:end].decode(errors="ignore").split())

    def named(self, node: Node, name: str) -> Node | tuple[int, int]:
        """Return the place of a name with which a node begins; the node if it begins otherwise."""
        place = _place(node)
        if place is None:
            return node
        start, size = place[0], len(name.encode())
        begins = self.text.encode()[start - self.offset :][:size].lower() == name.encode().lower()
        return (start, size) if begins else node

    def _excerpt(self, start: int, length: int) -> tuple[str, ...]:
        """Return the line that holds a place, cut to what fits, and a line that marks it."""
        data = self.text.encode()
        start = min(max(start - self.offset, 0), len(data))
        before = data[:start].decode(errors="ignore")
        part = data[start : start + max(length, 1)].decode(errors="ignore").split("\n")[0]
        lines = self.text.split("\n")
        number = before.count("\n")
        at = len(before) - (before.rfind("\n") + 1)
        line, first = _line(lines[number], at)
        room = _width(line[: at - first])
        marks = max(1, min(_width(_line(part)[0]), _SHOWN_COLUMNS - room))
        return line, " " * room + "^" * marks


def parse_filter(text: str) -> tuple[Source, Node]:
    """Return what was typed and the tree of the one condition that it holds.

    Raises InvalidExpression (`expression-invalid`) for anything else: nothing, a part of a query,
    several statements, or what DuckDB cannot parse.
    """
    source = Source(text, len(_FILTER.encode()))
    _check_text(source, "expression")
    # The line feed ends a comment that was left open, so that it hides nothing of ours.
    statement = _parse(source, f"{_FILTER}{text}\n")
    condition = statement["node"].get("where_clause")
    if condition is not None and statement.get("named_param_map"):
        raise InvalidExpression(
            "a parameter cannot be used here",
            excerpt=source.at(),
            code="expression-invalid",
            hint="write the value itself",
        )
    if condition is None or _without(statement, condition) != _empty_filter():
        raise InvalidExpression(
            "it is more than one condition",
            excerpt=source.at(),
            code="expression-invalid",
            hint="give a single condition",
        )
    return source, condition


def parse_statement(text: str) -> tuple[Source, Node]:
    """Return what was typed and the tree of its single query. Raises as `parse_filter`."""
    source = Source(text)
    _check_text(source, "statement")
    return source, _parse(source, text + "\n")


def quoted(text: str) -> str:
    """Return a text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def _check_text(source: Source, word: str) -> None:
    text = source.text
    if not text.strip():
        raise InvalidExpression(
            f"the {word} is empty", code="expression-invalid", hint="write one, such as turns > 2"
        )
    if len(text) > MOST_CHARACTERS:
        raise InvalidExpression(
            f"the {word} has {len(text):,} characters, and {MOST_CHARACTERS:,} is the most",
            code="expression-invalid",
            hint="label the examples that are meant, and ask for the label",
        )
    if any((each < " " and each not in "\t\n\r") or "\ud800" <= each <= "\udfff" for each in text):
        raise InvalidExpression(
            "it holds a character that cannot be typed",
            excerpt=source.at(),
            code="expression-invalid",
            hint="type it again",
        )


def _parse(source: Source, sql: str) -> Node:
    rows = kept_connection().execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    try:
        answer = json.loads(rows[0][0])
    except RecursionError:
        answer = {"error": True, "error_message": "depth"}
    if answer["error"]:
        raise _unreadable(source, answer)
    if len(answer["statements"]) != 1:
        raise InvalidExpression(
            "there is more than one statement",
            excerpt=source.at(),
            code="expression-invalid",
            hint="give one",
        )
    statement: Node = answer["statements"][0]
    return statement


def _unreadable(source: Source, answer: dict[str, Any]) -> InvalidExpression:
    message = str(answer.get("error_message", ""))
    position = int(answer.get("position") or _NOWHERE)
    length = len(message.rsplit('at or near "', 1)[1]) - 1 if 'at or near "' in message else 1
    place = None if position == _NOWHERE else (position, length)
    end = source.offset + len(source.text.encode())
    if place is not None and not source.offset <= position < end:
        return InvalidExpression(
            "it ends too early",
            excerpt=source.at((end, 1)),
            code="expression-invalid",
            hint="something is missing at the end, such as what to compare with",
        )
    if "unterminated" in message:
        return InvalidExpression(
            "a quote or comment is not closed",
            excerpt=source.at(place),
            code="expression-invalid",
            hint="close it",
        )
    if "depth" in message:
        return InvalidExpression(
            "it is nested too deeply",
            excerpt=source.at(),
            code="expression-invalid",
            hint="write it with fewer parentheses",
        )
    if "Chained" in message:
        return InvalidExpression(
            "comparisons cannot be chained",
            excerpt=source.at(),
            code="expression-invalid",
            hint="write a < b AND b < c",
        )
    if "Only SELECT" in message or answer.get("error_type") != "parser":
        return InvalidExpression(
            "it is no query",
            excerpt=source.at(),
            code="expression-invalid",
            hint="only SELECT can be asked",
        )
    return _ungrammatical(source, place)


def _ungrammatical(source: Source, place: tuple[int, int] | None) -> InvalidExpression:
    is_last = place is not None and place[0] + place[1] >= len(source.text.rstrip().encode()) + (
        source.offset
    )
    return InvalidExpression(
        "it cannot be read from here on",
        excerpt=source.at(place),
        code="expression-invalid",
        hint="something is missing at the end, or this is one too many"
        if is_last
        else "before it something is missing, or a text lacks its 'single quotes'",
    )


def _without(statement: Node, condition: Node) -> Node:
    node = {**statement["node"], "where_clause": None}
    return {**statement, "node": _unplaced(node)}


@functools.cache
def _empty_filter() -> Node:
    rows = kept_connection().execute(f"SELECT json_serialize_sql('{_FILTER} true')").fetchall()
    statement: Node = json.loads(rows[0][0])["statements"][0]
    return _without(statement, {})


def _unplaced(value: Any) -> Any:
    """Return a tree without the places of its nodes."""
    if isinstance(value, dict):
        return {name: _unplaced(each) for name, each in value.items() if name not in _PLACES}
    return [_unplaced(each) for each in value] if isinstance(value, list) else value


def _place(node: Node | tuple[int, int] | None) -> tuple[int, int] | None:
    if node is None or isinstance(node, tuple):
        return node
    start, length = node.get(_PLACES[0], _NOWHERE), node.get(_PLACES[1], 1)
    if start < _NOWHERE:
        return start, length
    for child in node.get("children") or [node.get("child")]:
        if isinstance(child, dict) and (found := _place(child)) is not None:
            return found
    return None


def _places(value: Any) -> Iterator[tuple[int, int]]:
    if isinstance(value, dict):
        if value.get(_PLACES[0], _NOWHERE) < _NOWHERE:
            yield value[_PLACES[0]], value.get(_PLACES[1], 1)
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _places(each)


def _unopened(text: bytes) -> bytes:
    """Return the parenthesis that opens what a text closes first; empty for none."""
    depth = 0
    for each in _QUOTES.sub(b"", text):
        depth += (each in b"(") - (each in b")")
        if depth < 0:
            return b"("
    return b""


def _unclosed(text: bytes) -> bytes:
    plain = _QUOTES.sub(b"", text)
    return b")" if plain.count(b"(") > plain.count(b")") else b""


def _line(text: str, at: int = 0) -> tuple[str, int]:
    """Return a part of a line that holds the character `at`, and where the part begins.

    Whatever is invisible becomes a question mark, so that marks below stand where they should.
    """
    first = max(0, at - _SHOWN_COLUMNS // 2) if len(text) > _SHOWN_COLUMNS else 0
    shown = ""
    for each in text[first:]:
        if _width(shown) >= _SHOWN_COLUMNS - 1:
            break
        shown += each if each.isprintable() else " " if each in "\t\n\r" else "?"
    return shown, first


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1
        for each in text
    )
