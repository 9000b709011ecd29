"""Rows that a command is to change: named by their ids, or by expressions."""

from __future__ import annotations

from collections.abc import Sequence

from vault.dataset.choosing.by_id_prefix import rows_named
from vault.dataset.reading.dataset import Dataset
from vault.errors import InvalidInput
from vault.objects.runs import RowKeys
from vault.session.context import Context


def require_choice(examples: Sequence[str], where: Sequence[str]) -> None:
    """Raise InvalidInput unless examples are named in one way.

    The codes are `examples-missing` and `examples-or-where`.
    """
    if examples and where:
        raise InvalidInput(
            "examples are named by their ids or by an expression, not by both",
            code="examples-or-where",
            hint="leave out the ids or --where",
        )
    if not examples and not where:
        raise InvalidInput(
            "no example is named",
            code="examples-missing",
            hint='name them by their ids, or by an expression: --where "tokens > 4000"',
        )


def chosen_rows(
    context: Context, dataset: Dataset, examples: Sequence[str], where: Sequence[str]
) -> RowKeys:
    """Return the rows of the stage that ids name, or that satisfy all expressions, in its order.

    Raises NotFound (`example-not-there`), InvalidInput (`example-ambiguous`, `example-invalid`, and
    those of expressions).
    """
    keys = dataset.keys()
    if examples:
        return rows_named(dataset, keys, examples, where="the stage")
    from vault.dataset.choosing.saved_filters import satisfying

    return satisfying(context, dataset, keys, where)
