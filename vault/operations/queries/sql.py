"""`sql`: a read-only query over examples, labels, commits, removals and changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from vault.dataset.choosing.expression_table import example_table
from vault.dataset.choosing.where import require_seen
from vault.dataset.listed import open_revision
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.removals import commands_of, removals_of
from vault.errors import InvalidInput
from vault.objects.json.text import compact_bytes, parse
from vault.operations.history.log import NamesAt, logged
from vault.operations.queries.diff import ChangedExample, iterate_diff
from vault.presentation.report_html import Displayed
from vault.session.context import Context
from vault.session.revisions import all_commits

if TYPE_CHECKING:
    from vault.catalogue.expressions.columns import Reference
    from vault.catalogue.expressions.statement import Statement
    from vault.catalogue.expressions.statement_tables import Relation

MOST_SECONDS = 60.0
"""How long a statement may run unless it is given more."""

MOST_READ_BYTES = 4 << 30
"""How large the columns that a statement reads may be together."""


@dataclass(frozen=True, slots=True)
class SqlReport(Displayed):
    """The columns of an answer, and each row as column to value."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """Return `rows`, each an object with its columns."""
        return {"rows": [dict(zip(self.columns, row, strict=True)) for row in self.rows]}


def sql(context: Context, text: str, *, seconds: float = MOST_SECONDS) -> SqlReport:
    """Return what a query answers; nothing can be changed by it, nor anything else be read.

    Costs reading the columns that it names of every example of the tables that it names. Raises
    InvalidExpression (as `check_expression`, `table-unknown`, `name-unknown`, `expression-failed`),
    InvalidInput (`expression-too-slow`, `statement-too-large`), NotFound (`revision-not-found`).
    """
    from vault.catalogue.expressions.run_statement import run_statement
    from vault.catalogue.expressions.statement import check_statement

    statement = check_statement(text)
    seen: set[Reference] = set()
    tables: dict[str, pa.Table] = {}
    datasets: list[Dataset] = []
    for name, relation in statement.relations.items():
        if relation[0] in ("examples", "examples_at"):
            revision = relation[1] if len(relation) > 1 else None
            dataset = open_revision(context, revision)[1]
            datasets.append(dataset)
            found = example_table(context, dataset, statement.columns, statement.paths)
            seen |= found.seen
            tables[name] = found.table
        else:
            tables[name] = _table(context, statement, relation)
        _check_size(tables.values())
    places = {each: statement.places[each] for each in statement.paths.values()}
    require_seen(context, datasets, statement.source, places, seen)
    answer = run_statement(statement, tables, seconds=seconds)
    return SqlReport(answer.columns, answer.rows)


def _check_size(tables: Iterable[pa.Table]) -> None:
    size = sum(each.nbytes for each in tables)
    if size > MOST_READ_BYTES:
        raise InvalidInput(
            f"the statement reads {size >> 20:,} MB at once",
            code="statement-too-large",
            hint="name fewer columns, or write the examples out with `vault query --jsonl`",
        )


def _table(context: Context, statement: Statement, relation: Relation) -> pa.Table:
    makers: Mapping[str, Callable[[], pa.Table]] = {
        "labels": lambda: _labels(context),
        "commits": lambda: _commits(context),
        "removals": lambda: _removals(context),
        "changes": lambda: _changes(context, relation[1], relation[2], statement),
    }
    return makers[relation[0]]()


def _labels(context: Context) -> pa.Table:
    from vault.catalogue.expressions.aggregates import TABLES
    from vault.dataset.reading.dataset import ids_of
    from vault.dataset.reading.json_values import as_text
    from vault.dataset.reading.labels import label_entries
    from vault.objects.labels.label_set import codes_of, values_of

    dataset = open_revision(context, None)[1]
    keys = dataset.keys()
    entries = label_entries(dataset, keys)
    order = np.argsort(keys, kind="stable")
    # In the order of the dataset; the entries of a row are in the order of names.
    place = order[np.searchsorted(keys[order], entries.keys)]
    by_place = np.argsort(place, kind="stable")
    labelled, example = np.unique(place, return_inverse=True)
    ids = ids_of(dataset.columns(keys[labelled], ["id"]))
    texts = pa.array([each.tobytes().hex() for each in ids], pa.string())
    table = entries.table.take(pa.array(by_place))
    values = pa.array([as_text(each) for each in values_of(table)], pa.string())
    columns = [
        texts.take(pa.array(example[by_place])),
        table.column("name").cast(pa.string()),
        values.take(pa.array(codes_of(table, "value"))),
        *(table.column(name).cast(pa.string()) for name in ("author", "time", "note")),
    ]
    return pa.Table.from_arrays(columns, names=TABLES["labels"])


def _commits(context: Context) -> pa.Table:
    view = context.log.tip().view
    found = [(each, context.commit(each)) for each in all_commits(context, view)]
    found.sort(key=lambda each: each[1].time, reverse=True)
    rows = []
    names = NamesAt(context, view)
    for digest, commit in found:
        told = logged(names, digest, commit)
        counts = commit.counts
        rows.append(
            (
                digest,
                list(commit.parents),
                commit.author,
                commit.time,
                commit.message,
                commit.examples,
                counts.added,
                counts.removed,
                counts.changed,
                counts.relabelled,
                commit.fingerprint,
                list(told.branches),
                list(told.tags),
            )
        )
    return _rows("commits", rows)


def _removals(context: Context) -> pa.Table:
    dataset = open_revision(context, None)[1]
    removals = removals_of(dataset.store, dataset.manifest)
    commands = commands_of(dataset.store, removals)
    rows = [
        (each.id.hex(), each.reason, each.detail, command, each.time)
        for each, command in zip(removals, commands, strict=True)
    ]
    return _rows("removals", rows)


def _changes(context: Context, old: str, new: str, statement: Statement) -> pa.Table:
    from vault.catalogue.expressions.aggregates import CHANGE_COLUMNS
    from vault.dataset.reading.json_values import ARROW_TYPES, CONVERSIONS, value_at

    holds_data = bool({"data", "old_data"} & statement.columns)
    paths = statement.changed
    roots = {each.root for each in paths.values()}
    rows = []
    values: dict[str, list[Any]] = {name: [] for name in paths}
    for each in iterate_diff(context, old, new):
        labels = [
            None if said is None else compact_bytes(dict(said)).decode()
            for said in (each.labels, each.old_labels)
        ]
        what = None if each.what is None else each.what.value
        row = (each.change, what, each.id, each.old_id, each.kind, each.source, each.line, *labels)
        texts = (each.data, each.old_data) if holds_data else ()
        rows.append((*row, *(None if text is None else text.decode() for text in texts)))
        read = {root: _read_change(each, root) for root in roots}
        for name, path in paths.items():
            values[name].append(CONVERSIONS[path.type](value_at(read[path.root], path.path)))
    names = (*CHANGE_COLUMNS, *(("data", "old_data") if holds_data else ()))
    table = _columns(names, rows)
    for name, path in paths.items():
        table = table.append_column(name, pa.array(values[name], ARROW_TYPES[path.type]))
    return table


def _read_change(change: ChangedExample, root: str) -> Any:
    """Return the record or the labels, new or old, that paths begin with."""
    value = getattr(change, root)
    return parse(value)[0] if isinstance(value, bytes) else value


def _rows(name: str, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    from vault.catalogue.expressions.aggregates import TABLES

    return _columns(TABLES[name], rows)


_LISTS = frozenset({"parents", "branches", "tags"})
_NUMBERS = frozenset({"examples", "added", "removed", "changed", "relabelled", "line"})


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    types = {**dict.fromkeys(_LISTS, pa.list_(pa.string())), **dict.fromkeys(_NUMBERS, pa.int64())}
    return pa.table(
        {
            name: pa.array(list(values), types.get(name, pa.string()))
            for name, values in zip(names, columns, strict=True)
        }
    )
