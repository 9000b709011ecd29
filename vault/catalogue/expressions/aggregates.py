"""The functions that a statement may call besides those of expressions, and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vault.catalogue.expressions.columns import Type


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A function over many rows: what each argument is read as (None: as it is), and its result.

    `least` arguments are needed; `is_window` says that it needs OVER. `compares` is the argument
    that decides by its order, `whole` one that is a whole number, `alike` are those of the type of
    the first. `written` is what DuckDB calls it, and `star` what stands for no arguments.
    """

    arguments: tuple[Type | None, ...]
    result: Type | None
    least: int
    is_window: bool = False
    compares: int | None = None
    whole: int | None = None
    alike: tuple[int, ...] = (0,)
    written: str = ""
    star: str = ""


_ANY, _NUMBER, _BOOLEAN, _TEXT = None, Type.NUMBER, Type.BOOLEAN, Type.TEXT

AGGREGATES: dict[str, Aggregate] = {
    "count": Aggregate((_ANY,), _NUMBER, 0),
    "count_star": Aggregate((), _NUMBER, 0, written="count", star="*"),
    "count_if": Aggregate((_BOOLEAN,), _NUMBER, 1),
    **{
        name: Aggregate((_NUMBER,), _NUMBER, 1)
        for name in ("sum", "avg", "mean", "median", "stddev", "stddev_pop", "variance", "var_pop")
    },
    "quantile_cont": Aggregate((_NUMBER, _NUMBER), _NUMBER, 2),
    "quantile_disc": Aggregate((_NUMBER, _NUMBER), _NUMBER, 2),
    "min": Aggregate((_ANY,), None, 1, compares=0),
    "max": Aggregate((_ANY,), None, 1, compares=0),
    "arg_min": Aggregate((_ANY, _ANY), None, 2, compares=1),
    "arg_max": Aggregate((_ANY, _ANY), None, 2, compares=1),
    "bool_and": Aggregate((_BOOLEAN,), _BOOLEAN, 1),
    "bool_or": Aggregate((_BOOLEAN,), _BOOLEAN, 1),
    "string_agg": Aggregate((_TEXT, _TEXT), _TEXT, 1),
    "corr": Aggregate((_NUMBER, _NUMBER), _NUMBER, 2),
    **{
        name: Aggregate((), _NUMBER, 0, is_window=True)
        for name in ("row_number", "rank", "dense_rank", "percent_rank", "cume_dist")
    },
    "ntile": Aggregate((_NUMBER,), _NUMBER, 1, is_window=True),
    "lag": Aggregate((_ANY, _NUMBER, _ANY), None, 1, is_window=True, whole=1, alike=(0, 2)),
    "lead": Aggregate((_ANY, _NUMBER, _ANY), None, 1, is_window=True, whole=1, alike=(0, 2)),
    "first_value": Aggregate((_ANY,), None, 1, is_window=True),
    "last_value": Aggregate((_ANY,), None, 1, is_window=True),
}
"""Functions over many rows, by name."""

JOINING = ("||", "concat")
"""Functions that put texts together; only statements have them, within the memory they may take."""

TABLES: Mapping[str, tuple[str, ...]] = {
    "examples": (),
    "labels": ("id", "name", "value", "author", "time", "note"),
    "commits": (
        "commit",
        "parents",
        "author",
        "time",
        "message",
        "examples",
        "added",
        "removed",
        "changed",
        "relabelled",
        "fingerprint",
        "branches",
        "tags",
    ),
    "removals": ("id", "reason", "detail", "command", "time"),
}
"""The tables of a statement and their columns; those of `examples` are the columns of examples."""

TABLE_FUNCTIONS: Mapping[str, int] = {"examples_at": 1, "changes": 2}
"""Functions that are tables, and how many revisions they take."""

CHANGE_COLUMNS = (
    "change",
    "what",
    "id",
    "old_id",
    "kind",
    "source",
    "line",
    "labels",
    "old_labels",
)
"""The columns of `changes(A, B)`."""
