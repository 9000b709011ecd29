"""`show`: one commit with its statistics, or one example with everything that is known of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vault.dataset.reading.dataset import chunk_table, open_dataset, records_of
from vault.dataset.reading.labels import values_in_chunk
from vault.dataset.reading.removals import commands_of, removals_of
from vault.errors import NotFound
from vault.objects.chunk import CHUNK_SCHEMA, decode_run_columns
from vault.objects.digest import Digest
from vault.objects.json.record import read_record
from vault.objects.log.view import View
from vault.objects.quarantine import details_of
from vault.operations.history.log import LoggedCommit, NamesAt, logged
from vault.presentation.report_html import Displayed
from vault.session.context import Context
from vault.session.revisions import STAGE, Revision, resolve


@dataclass(frozen=True, slots=True)
class Statistics:
    """Sums over the examples of a dataset, and how many there are of each kind and source."""

    turns: int
    chars: int
    tokens: int
    kinds: Mapping[str, int]
    sources: Mapping[str, int]
    removed: int


@dataclass(frozen=True, slots=True)
class CommitShown(Displayed):
    """A commit and the statistics of its dataset; `commit` is None for the stage."""

    commit: LoggedCommit | None
    examples: int
    quarantined: int
    statistics: Statistics

    def to_json(self) -> dict[str, Any]:
        """Return the commit's keys as `log` has them (null for the stage), then the statistics."""
        import dataclasses

        return {
            **{
                field.name: None if self.commit is None else getattr(self.commit, field.name)
                for field in dataclasses.fields(LoggedCommit)
            },
            "examples": self.examples,
            "quarantined": self.quarantined,
            "statistics": dataclasses.asdict(self.statistics),
        }


@dataclass(frozen=True, slots=True)
class RemovalShown:
    """Why an example was taken out, in a dataset that the revision names."""

    revision: str
    reason: str
    detail: str | None
    command: str
    time: str

    def details(self) -> dict[str, Any]:
        """Return what `detail` says, nothing if it is not a JSON object."""
        return details_of(self.detail)


@dataclass(frozen=True, slots=True)
class MadeBy:
    """The model run that made an example, its request there, the model, and the seeds shown to it.

    `cost` is that of the request, a decimal text; None where the price, or the answer, is not
    known here. `sent` are the messages of the request, None where the run is not in this copy, and
    `answers` is the id of the example whose prompt was answered, if it was one.
    """

    run: str
    request: int
    model: str | None
    seeds: tuple[str, ...]
    cost: str | None
    currency: str | None
    sent: tuple[Mapping[str, Any], ...] | None
    answers: str | None = None


@dataclass(frozen=True, slots=True)
class ExampleShown(Displayed):
    """One example. `commits` hold it, newest first; `staged` tells whether the stage does.

    `content_id` and `prompt_id` are 16 hex digits, None where there is no conversation. `labels`
    are those of the newest dataset that holds it. `origin` is None for what no model run made.
    """

    id: str
    content_id: str | None
    prompt_id: str | None
    kind: str
    data: Any
    labels: Mapping[str, object]
    source: str
    line: int
    round: str | None
    turns: int
    chars: int
    tokens: int
    removals: tuple[RemovalShown, ...]
    commits: tuple[Digest, ...]
    staged: bool
    origin: MadeBy | None = None


def show(context: Context, name: str) -> CommitShown | ExampleShown:
    """Return what a word means: a ref, else a commit, else an example.

    Raises NotFound (`revision-not-found`, `example-not-found`), InvalidInput
    (`revision-ambiguous`, `example-ambiguous`), Corrupt.
    """
    view = context.log.tip().view
    try:
        revision = resolve(context, view, name)
    except NotFound as error:
        if error.code != "revision-not-found" or not _may_be_example(name):
            raise
        return _example(context, view, name)
    return _commit(context, view, revision)


def _may_be_example(name: str) -> bool:
    return 4 <= len(name) <= 32 and all(each in "0123456789abcdef" for each in name)


def _commit(context: Context, view: View, revision: Revision) -> CommitShown:
    dataset = open_dataset(context.store, revision.manifest)
    digest = revision.commit
    return CommitShown(
        commit=None
        if digest is None
        else logged(NamesAt(context, view), digest, context.commit(digest)),
        examples=dataset.manifest.examples,
        quarantined=dataset.manifest.quarantined,
        statistics=_statistics(context, revision),
    )


def _statistics(context: Context, revision: Revision) -> Statistics:
    import pyarrow.compute as pc

    dataset = open_dataset(context.store, revision.manifest)
    names = ["turns", "chars", "tokens", "kind", "source"]
    table = dataset.columns(dataset.keys(), names)
    totals = {name: pc.sum(table.column(name)).as_py() or 0 for name in names[:3]}
    counts = {
        name: {
            each["values"]: each["counts"] for each in table.column(name).value_counts().to_pylist()
        }
        for name in names[3:]
    }
    return Statistics(
        **totals,
        kinds=counts["kind"],
        sources=counts["source"],
        removed=dataset.manifest.removed,
    )


def _example(context: Context, view: View, name: str) -> ExampleShown:
    import numpy as np

    from vault.operations.history.find_example import find_example

    found = find_example(context, view, name)
    place = found.places[0]
    rows = np.array([place.row], np.int64)
    table = chunk_table(context.store, place.chunk, CHUNK_SCHEMA.names, rows=rows)
    row = table.to_pylist()[0]
    text = records_of(context.store, place.chunk, rows)[0].as_py().encode()
    return ExampleShown(
        id=found.id.hex(),
        content_id=_key(row["content_id"]),
        prompt_id=_key(row["prompt_id"]),
        kind=row["kind"],
        data=read_record(text),
        labels=_labels(context, found.holders[0].manifest if found.holders else None, found.places),
        source=row["source"],
        line=row["line"],
        round=row["round"],
        turns=row["turns"],
        chars=row["chars"],
        tokens=row["tokens"],
        removals=_removals(context, view, found.id),
        commits=tuple(each.commit for each in found.holders if each.commit is not None),
        staged=any(each.commit is None for each in found.holders),
        origin=_origin(context, view, place.chunk, rows, row["origin"]),
    )


def _origin(
    context: Context, view: View, chunk: Digest, rows: Any, told: str | None
) -> MadeBy | None:
    (made,) = decode_run_columns(context.store.get(chunk), rows).to_pylist()
    if made["run"] is None:
        return None
    known = view.runs.get(made["run"])
    row = currency = sent = None
    if known is not None and known.object is not None:
        from vault.objects.model_run.run_object import decode_about, decode_request

        data = context.store.get(known.object)
        row, about = decode_request(data, made["request"]), decode_about(data)
        currency = next((each.prices.currency for each in about.models if each.prices), None)
        sent = None if row is None else tuple(json.loads(row.body).get("messages", ()))
    return MadeBy(
        made["run"],
        made["request"],
        made["model"],
        tuple(json.loads(told or "{}").get("seeds", ())),
        None if row is None else row.cost,
        currency,
        sent,
        None if row is None or row.origin_id is None else row.origin_id.hex(),
    )


def _key(value: int | None) -> str | None:
    return None if value is None else f"{value:016x}"


def _labels(context: Context, manifest: Digest | None, places: Any) -> dict[str, object]:
    if manifest is None:
        return {}
    holder = context.manifest(manifest)
    labels = (values_in_chunk(context.store, holder, each.chunk, each.row) for each in places)
    return dict(next(filter(None, labels), {}))


def _removals(context: Context, view: View, wanted: bytes) -> tuple[RemovalShown, ...]:
    """Return why the example was taken out of the stage, or of a branch where it is not staged."""
    shown: dict[tuple[str, str], RemovalShown] = {}
    for name in [STAGE, *sorted(view.branches)]:
        manifest = context.manifest(resolve(context, view, name).manifest)
        found = [each for each in removals_of(context.store, manifest) if each.id == wanted]
        for each, command in zip(found, commands_of(context.store, found), strict=True):
            shown.setdefault(
                (each.reason, each.time),
                RemovalShown(name, each.reason, each.detail, command, each.time),
            )
    return tuple(shown.values())
