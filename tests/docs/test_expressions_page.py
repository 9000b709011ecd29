"""The reference of expressions says what the guard knows, and its examples are accepted."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from vault.catalogue.expressions.aggregates import AGGREGATES, CHANGE_COLUMNS, TABLES
from vault.catalogue.expressions.columns import COLUMNS
from vault.catalogue.expressions.functions import FUNCTIONS, OPERATORS, Function
from vault.catalogue.expressions.guard import check_filter
from vault.catalogue.expressions.statement import check_statement
from vault.catalogue.expressions.terms import SQL_TYPES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "expressions.md"


def usage(function: Function) -> str:
    """Return a function with its parameters, those that may be left out in brackets."""
    words = [each.types[0].value.split()[-1] for each in function.parameters]
    needed = ", ".join(words[: function.least])
    others = "".join(f"[, {each}]" for each in words[function.least :])
    more = ", …" if function.repeats else ""
    return f"{function.name}({needed}{others}{more})"


def function_rows() -> list[str]:
    """Return a row for each function, other names of it behind the first."""
    rows = []
    for function in FUNCTIONS.values():
        if function.name == function.sql:
            others = [e.name for e in FUNCTIONS.values() if e.sql == function.sql != e.name]
            also = f" (also {', '.join(f'`{each}`' for each in others)})" if others else ""
            rows.append(f"| `{usage(function)}`{also} | {function.says} |")
    return rows


def expected_lines() -> list[str]:
    """Return every line that follows from the code."""
    tables = {**TABLES, "examples": ("those above, `data` and `labels` as JSON",)}
    shown = {
        name: ", ".join(each if name == "examples" else f"`{each}`" for each in columns)
        for name, columns in tables.items()
    }
    changes = ", ".join(f"`{each}`" for each in CHANGE_COLUMNS)
    types = ", ".join(SQL_TYPES.values())
    return [
        *(f"| `{c.name}` | {c.type.value} | {c.holds} |" for c in COLUMNS.values()),
        *function_rows(),
        f"| `examples`, `examples_at(REV)` | {shown['examples']} |",
        *(f"| `{name}` | {shown[name]} |" for name in ("labels", "commits", "removals")),
        f"| `changes(A, B)` | {changes}; `data`, `old_data` where they are named |",
        f"- `CAST(x AS TYPE)` and `x::TYPE` know {types}, BIGINT and INTEGER;",
        f"`{OPERATORS}`",
    ]


@pytest.mark.parametrize("line", expected_lines())
def test_the_page_has_every_line_that_follows_from_the_code(line: str) -> None:
    assert line in PAGE.read_text(encoding="utf-8").splitlines()


def test_the_page_names_every_function_over_many_rows() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in AGGREGATES if f"`{name}`" not in text and name != "count_star"] == []


def test_the_page_names_nothing_else() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| `\w+\(.*\)`.* \|", line)]
    assert [row for row in rows if row not in expected_lines()] == []


def test_its_examples_are_accepted() -> None:
    commands = re.findall(r"^\$ (vault .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) >= 5
    for command in commands:
        words = shlex.split(command)
        if words[1] == "sql":
            check_statement(words[2])
        else:
            check_filter(words[words.index("--where") + 1])
