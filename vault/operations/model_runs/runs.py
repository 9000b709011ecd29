"""`runs`: the model runs of a repository, what each cost, and every request of one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from vault.errors import NotFound
from vault.objects.log.view import Run, View
from vault.objects.model_run.about import RunAbout
from vault.objects.model_run.request import RequestStatus, RunRow
from vault.objects.model_run.run_object import (
    decode_about,
    decode_request,
    decode_rows,
    decode_statuses,
    encode_run,
)
from vault.operations.model_runs.open_runs import (
    CANCELLED,
    OPEN,
    RunKind,
    run_to_resume,
    vault_folder,
)
from vault.operations.model_runs.totals import Cost, RunTotals, totals_of
from vault.presentation.report_html import Displayed
from vault.session.context import Context
from vault.session.recording import record, writing
from vault.store.run_folder import RunFolder
from vault.store.run_ledger import RunLedger


@dataclass(frozen=True, slots=True)
class ListedRun(Displayed):
    """One run: when it began, of what, and what it came to.

    `accepted` counts examples. `state` is one of docs/format/runs.md; `running` where a process is
    at work on it now.
    """

    run: str
    time: str | None
    kind: str
    recipe: str | None
    model: str
    requests: int
    answers: int
    accepted: int
    cost: Cost
    state: str


@dataclass(frozen=True, slots=True)
class RunsReport(Displayed):
    """All runs, newest first."""

    items: tuple[ListedRun, ...]


@dataclass(frozen=True, slots=True)
class ShownRun(Displayed):
    """One run with what was rejected, failed and possibly billed of it.

    `waiting` requests are at the endpoint, and not answered yet.
    """

    run: ListedRun
    rejected: Mapping[str, int]
    failed: Mapping[str, int]
    tokens: Mapping[str, int]
    estimated: int
    possibly_billed: tuple[Mapping[str, Any], ...]
    waiting: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the keys of the run, and those of what it has besides."""
        beside = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            **{each.name: getattr(self.run, each.name) for each in fields(self.run)},
            **beside,
            "run": self.run.run,
        }


@dataclass(frozen=True, slots=True)
class ShownRequest(Displayed):
    """One request: what was sent and what came back, byte for byte.

    `answer` is text; bytes that are no UTF-8 are in `answer_base64` instead. `answers` is the id of
    the example whose prompt was answered, or that was judged.
    """

    run: str
    request: int
    sample: int
    state: str
    reason: str | None
    body: str
    answer: str | None
    answer_base64: str | None
    usage: Mapping[str, Any] | None
    cost: str | None
    values: Mapping[str, Any] | None
    seeds: tuple[str, ...]
    examples: tuple[str, ...]
    answers: str | None = None


def list_runs(context: Context) -> RunsReport:
    """Return all runs, newest first. Costs reading the journal or the object of each."""
    view = context.log.tip().view
    kept = {run for run, each in view.runs.items() if each.object is not None}
    names = kept | set(RunFolder.names(vault_folder(context)))
    found = [_listed(context, view, name)[0] for name in names]
    return RunsReport(
        tuple(sorted(found, key=lambda each: (each.time or "~", each.run), reverse=True))
    )


def show_run(context: Context, run: str) -> ShownRun:
    """Return one run. Raises NotFound (`run-not-found`), Corrupt."""
    listed, totals = _listed(context, context.log.tip().view, run)
    return ShownRun(
        listed,
        totals.rejected,
        totals.failed,
        totals.tokens,
        totals.estimated,
        totals.possibly_billed,
        totals.waiting,
    )


def show_request(context: Context, run: str, number: int) -> ShownRequest:
    """Return one request of a run. Raises NotFound (`run-not-found`, `request-not-found`)."""
    kept = _kept(context, context.log.tip().view, run)
    row: RunRow | None
    if isinstance(kept, bytes):
        row = decode_request(kept, number)
    else:
        with kept.folder:
            row = next((each for each in kept.rows() if each.request == number), None)
    if row is None:
        raise NotFound(
            f"the run {run} has no request {number}",
            code="request-not-found",
            hint=f"`vault runs export {run}` writes all of them",
        )
    return _shown(run, row)


def requests_of(context: Context, run: str) -> Iterator[ShownRequest]:
    """Yield every request of a run, in order. Raises NotFound (`run-not-found`), Corrupt."""
    kept = _kept(context, context.log.tip().view, run)
    if isinstance(kept, bytes):
        yield from (_shown(run, row) for row in decode_rows(kept))
        return
    with kept.folder:
        yield from (_shown(run, row) for row in kept.rows())


def cancel_run(context: Context, run: str) -> ShownRun:
    """Give up a run that may go on: its answers are kept, and nothing is asked any more.

    Raises NotFound (`run-not-found`), Conflict (`run-ended`, `run-locked`), Corrupt.
    """
    name = run_to_resume(context, context.log.tip().view, run)
    vault = vault_folder(context)
    with RunFolder.open(vault, name, clock=lambda: context.intent.time) as folder:
        ledger = RunLedger.open(folder)
        ledger.set_state(CANCELLED)
        about = ledger.about
        with writing(context):
            answers = context.store.put(encode_run(about, ledger.rows()))
            found = Run(answers, CANCELLED, about.names())
            record(context, lambda view: (view.with_run(name, found), None))
        folder.remove()
    return show_run(context, name)


def _shown(run: str, row: RunRow) -> ShownRequest:
    import base64

    drawn = {} if row.drawn is None else json.loads(row.drawn)
    text = coded = None
    if row.answer is not None:
        try:
            text = row.answer.decode()
        except UnicodeDecodeError:
            coded = base64.b64encode(row.answer).decode()
    return ShownRequest(
        run,
        row.request,
        row.sample,
        row.state,
        row.reason,
        row.body,
        text,
        coded,
        row.usage,
        row.cost,
        drawn.get("values"),
        tuple(drawn.get("seeds", ())),
        row.examples or (),
        None if row.origin_id is None else row.origin_id.hex(),
    )


def _kept(context: Context, view: View, run: str) -> RunLedger | bytes:
    """Return what there is of a run: its journal while it has a folder, else its object."""
    if run in RunFolder.names(vault_folder(context)):
        return RunLedger.open(RunFolder.read(vault_folder(context), run))
    found = view.runs.get(run)
    if found is None:
        raise NotFound(
            f'there is no run "{run}"', code="run-not-found", hint="`vault runs` lists them"
        )
    if found.object is None:
        # One that was given up before it asked for anything is not listed either.
        raise NotFound(
            f"the answers of the run {run} are not in this copy",
            code="run-elsewhere",
            hint="they are in the folder .vault/runs of the copy that began it",
        )
    return context.store.get(found.object)


def _listed(context: Context, view: View, run: str) -> tuple[ListedRun, RunTotals]:
    found = view.runs.get(run, Run(None, OPEN))
    is_running = RunFolder.is_held(vault_folder(context), run)
    kept = _kept(context, view, run)
    if isinstance(kept, bytes):
        return _described(decode_about(kept), decode_statuses(kept), found.state)
    with kept.folder:
        state = "running" if is_running else found.state if kept.state == OPEN else kept.state
        return _described(kept.about, kept.statuses(), state)


def _described(
    about: RunAbout, statuses: list[RequestStatus], state: str
) -> tuple[ListedRun, RunTotals]:
    asked = about.models[0]
    totals = totals_of(
        statuses,
        None if asked.prices is None else asked.prices.currency,
        of_verdicts=about.kind == RunKind.JUDGE,
    )
    listed = ListedRun(
        about.run,
        about.started,
        about.kind,
        None if about.recipe is None else about.recipe.name,
        ", ".join(each.model for each in about.models),
        totals.requests,
        totals.answers,
        totals.accepted,
        totals.cost,
        state,
    )
    return listed, totals
