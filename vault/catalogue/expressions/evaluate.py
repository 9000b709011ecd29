"""Running a checked expression over columns: which rows satisfy it.

Within a time limit, and in memory that is known before: no function returns more than it is given,
so that a batch needs no more than its own size for each part that makes new texts.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.catalogue.connection import kept_connection, time_limit
from vault.catalogue.expressions.combine import combine
from vault.catalogue.expressions.guard import Filter
from vault.errors import InvalidExpression

MOST_SECONDS = 10.0
"""How long one batch may take."""

MOST_BYTES = 1 << 30
"""What the texts made of one batch may take, at most."""


def batch_bytes(expression: Filter) -> int:
    """Return how large the columns of a batch may be."""
    return max(1 << 20, min(64 << 20, MOST_BYTES // (4 * (1 + expression.made))))


def evaluate(
    expression: Filter, batch: pa.Table, *, seconds: float = MOST_SECONDS
) -> NDArray[np.bool_]:
    """Tell for each row of a batch whether it satisfies an expression; NULL does not.

    The columns of `batch` are named `c0`, `c1`, … in the order of the expression's references.
    Columns that hold few distinct values, as dictionaries, are evaluated once for each combination
    of values. Raises InvalidExpression (`expression-failed`, `expression-too-large`), InvalidInput
    (`expression-too-slow`).
    """
    combined = combine(batch)
    if combined is not None:
        return _run(expression, combined.values, seconds)[combined.place]
    if batch.nbytes > batch_bytes(expression) and len(batch) > 1:
        half = len(batch) // 2
        parts = (batch.slice(0, half), batch.slice(half))
        return np.concatenate([evaluate(expression, each, seconds=seconds) for each in parts])
    return _run(expression, batch, seconds)


def _run(expression: Filter, batch: pa.Table, seconds: float) -> NDArray[np.bool_]:
    # Small letters may have more bytes than capitals, but never thrice as many.
    if batch.nbytes * 3 * expression.made > MOST_BYTES:
        raise InvalidExpression(
            f"an example is too long for {expression.made} functions that make texts",
            excerpt=expression.source.at(),
            code="expression-too-large",
            hint="use fewer functions",
        )
    connection = kept_connection()
    try:
        with time_limit(connection, seconds):
            connection.register("batch", batch.append_column("place", [np.arange(len(batch))]))
            try:
                # As Arrow: for numpy, DuckDB loads its masked arrays, which take 30 ms.
                query = f"SELECT place, coalesce({expression.sql}, false) AS satisfied FROM batch"
                found = connection.sql(query).to_arrow_table()
            finally:
                connection.unregister("batch")
    except (duckdb.Error, MemoryError) as error:
        raise InvalidExpression(
            f"it fails: {in_our_words(error)}",
            excerpt=expression.source.at(),
            code="expression-failed",
            hint="docs/reference/expressions.md tells what each part takes",
        ) from None
    # A long list after IN becomes a join, which returns rows in any order.
    satisfied = np.empty(len(batch), np.bool_)
    satisfied[found.column("place").to_numpy()] = found.column("satisfied").to_numpy()
    return satisfied


def in_our_words(error: BaseException) -> str:
    """Return what DuckDB said of a failure, in one line."""
    if isinstance(error, (MemoryError, duckdb.OutOfMemoryException)):
        return "it takes more memory than it may"
    if "max_expression_depth" in str(error):
        return "it is nested too deeply"
    first = str(error).split("\n")[0]
    return first.split(": ", 1)[-1]
