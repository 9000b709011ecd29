"""Running a checked statement over tables in memory, within time and memory."""

from __future__ import annotations

import contextlib
import difflib
import math
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from vault.catalogue.connection import closed_off, time_limit
from vault.catalogue.expressions.aggregates import CHANGE_COLUMNS, TABLES
from vault.catalogue.expressions.columns import COLUMNS, DATA, LABELS
from vault.catalogue.expressions.evaluate import in_our_words
from vault.catalogue.expressions.statement import Statement
from vault.errors import InvalidExpression

MOST_BYTES = 2 << 30
"""Memory that a statement may take beyond the tables that it reads."""

_MOST_WHOLE = 1 << 53
_QUOTED = re.compile(r'"([^"]+)"')
_UNFIT = (
    (
        (
            "cannot compare values",
            "cannot mix values",
            "could not convert",
            "no function matches",
            "unimplemented type for cast",
            "conversion error",
        ),
        "types do not fit, such as text and a number",
        "CAST(… AS DOUBLE) makes a number of a field, CAST(… AS VARCHAR) text of a number",
    ),
    (
        ("must appear in the group by",),
        "a column is neither grouped by nor counted over",
        "GROUP BY ALL groups by all columns that are not counted over",
    ),
)
_limiting = threading.Lock()


@dataclass(frozen=True, slots=True)
class Answer:
    """The columns of an answer and its rows, values as JSON has them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def run_statement(
    statement: Statement,
    tables: Mapping[str, pa.Table],
    *,
    seconds: float,
    most_bytes: int = MOST_BYTES,
) -> Answer:
    """Return what a statement answers; `tables` are its relations by name.

    Raises InvalidExpression (`expression-failed`), InvalidInput (`expression-too-slow`).
    """
    connection = closed_off(memory_limit=f"{most_bytes // 2 >> 20}MB")
    try:
        for name, table in tables.items():
            connection.register(name, table)
        with time_limit(connection, seconds), memory_limit(most_bytes):
            found = connection.execute(statement.sql)
            names = [each[0] for each in found.description or ()]
            rows = found.fetchall()
            shown = tuple(tuple(_plain(value) for value in row) for row in rows)
    except duckdb.BinderException as error:
        raise _unbound(statement, error) from None
    except (duckdb.Error, MemoryError) as error:
        raise _unfit(statement, error) or InvalidExpression(
            f"it fails: {in_our_words(error)}",
            excerpt=statement.source.at(),
            code="expression-failed",
            hint="docs/reference/expressions.md tells what there is; LIMIT and WHERE make it less",
        ) from None
    finally:
        connection.close()
    return Answer(_distinct(names), shown)


def _unfit(statement: Statement, error: BaseException) -> InvalidExpression | None:
    """Return the error for types and groups that do not fit; None for any other."""
    said = str(error).lower()
    message, hint = next(
        ((message, hint) for signs, message, hint in _UNFIT if any(each in said for each in signs)),
        (None, None),
    )
    if message is None:
        return None
    return InvalidExpression(
        f"it fails: {message}",
        excerpt=statement.source.at(),
        code="expression-failed",
        hint=hint,
    )


def _unbound(statement: Statement, error: duckdb.BinderException) -> InvalidExpression:
    """Return the error for names and types that do not fit the tables in reach."""
    unfit = _unfit(statement, error)
    if unfit is not None:
        return unfit
    message = in_our_words(error)
    quoted = [each.lower() for each in _QUOTED.findall(message)]
    name = next((each for each in quoted if each in statement.named), None)
    if name is None or "column" not in message.lower():
        return InvalidExpression(
            f"it fails: {message}", excerpt=statement.source.at(), code="expression-failed"
        )
    known = [
        *COLUMNS,
        DATA,
        LABELS,
        *CHANGE_COLUMNS,
        *(c for each in TABLES.values() for c in each),
    ]
    near = difflib.get_close_matches(name, known, n=1)
    return InvalidExpression(
        f'no table in reach has a column "{name}"',
        excerpt=statement.source.at(statement.named[name]),
        code="column-unknown",
        hint=f"did you mean {near[0]}?" if near else f"a field of the record is {DATA}.{name}",
    )


@contextlib.contextmanager
def memory_limit(more_bytes: int) -> Iterator[None]:
    """Let this process take so much more memory and no more, where the system can say so.

    DuckDB's own limit does not count texts while they are made: one call made 22 GB of them.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    import resource

    with _limiting:
        before = resource.getrlimit(resource.RLIMIT_AS)
        wanted = _size_bytes() + more_bytes
        if before[0] != resource.RLIM_INFINITY:
            wanted = min(wanted, before[0])
        resource.setrlimit(resource.RLIMIT_AS, (wanted, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, before)


def _size_bytes() -> int:
    import resource

    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < _MOST_WHOLE else value
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _distinct(names: list[str]) -> tuple[str, ...]:
    """Return names of columns, those that came before with a number behind them."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(result)
