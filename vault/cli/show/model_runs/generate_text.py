"""Model runs as text: requests, accepted examples, costs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, Any

from vault.cli.show.stage_text import stage_line
from vault.cli.show.terminal import paint, shorten, table
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.generating.estimate import EstimateReport
    from vault.operations.generating.report import GenerateReport
    from vault.operations.model_runs.interval import Interval
    from vault.operations.model_runs.runs import RunsReport, ShownRequest, ShownRun
    from vault.operations.model_runs.totals import Cost

_WHY = {
    "budget": "the budget is spent",
    "tokens": "the budget of tokens is spent",
    "requests": "all requests that --max-requests allows were sent",
    "quota": "the endpoint has no quota left, or every value of [vary] has its examples",
    "seeds-missing": "the stage has too few seeds for another request",
    "template-failed": "a template makes no other request",
    "novelty": "too few of the last answers were new",
    "rejected": "50 answers in a row made no example",
    "interrupted": "it was interrupted",
    "unreachable": "the endpoint does not answer",
    "refused": "the endpoint refused",
    "short": "the batch made fewer examples than were asked for",
}


def generate_lines(report: GenerateReport) -> Iterator[str]:
    """Yield what a run came to: counts, reasons with an example of each, and the cost."""
    for record in report.preview:
        yield json.dumps(record, ensure_ascii=False, indent=2)
    wanted = "" if report.preview else f" of {report.wanted:,}"
    yield (
        f"run {report.run}: {plural(report.requests, 'request')}, "
        f"{plural(report.answers, 'answer')}, {report.accepted:,}{wanted} accepted"
    )
    for title, counts in (("rejected", report.rejected), ("failed", report.failed)):
        if counts:
            yield f"{title}:"
            yield from table(reason_rows(counts, report.reasons))
    if report.possibly_billed:
        count = plural(len(report.possibly_billed), "request")
        yield f"possibly billed: {count} of which no answer came; never sent again"
    yield spent_line(report.tokens, report.estimated, report.cost, report.accepted)
    if report.batch:
        told = f"{plural(report.waiting, 'request')} without an answer"
        yield f"batch {escape(report.batch)} is at the endpoint: {told}"
    elif report.reasons.get("batch"):
        yield f"batch refused: {escape(report.reasons['batch'])}"
    if report.stopped not in ("done", "submitted") and not report.preview:
        yield paint(f"stopped: {why_stopped(report.stopped)}", "yellow")
    if report.stage is not None:
        on = f"on branch {escape(report.branch)}, " if report.branch else ""
        yield f"{on}{stage_line(report.stage)}"


def why_stopped(stopped: str) -> str:
    """Return the reason why a run ended early, in words."""
    return _WHY.get(stopped, stopped)


def reason_rows(
    counts: Mapping[str, int], reasons: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    """Yield rows of a table: how many answers, for which reason, and an example of it."""
    for reason, count in sorted(counts.items(), key=lambda each: -each[1]):
        yield f"  {count:,}", reason, escape(shorten(reasons.get(reason, "")))


def spent_line(tokens: Mapping[str, int], estimated: int, cost: Cost, made: int) -> str:
    """Return the tokens and the cost of a run, and the cost of each of what was `made`."""
    return f"{_tokens(tokens, estimated)}; {_cost(cost, made)}"


def _tokens(tokens: Mapping[str, int], estimated: int) -> str:
    told = f"{tokens['prompt']:,} tokens sent, {tokens['completion']:,} received"
    return f"{told} (of {estimated:,} answers estimated)" if estimated else told


def _cost(cost: Cost, accepted: int) -> str:
    if cost.amount is None:
        return "the price is unknown"
    amount = Decimal(cost.amount)
    each = f", {_money(amount / accepted)} an example" if accepted and amount else ""
    possibly = Decimal(cost.possibly or 0)
    maybe = f", {_money(possibly)} of it possibly" if possibly else ""
    return f"cost {_money(amount)} {cost.currency or ''}".rstrip() + each + maybe


def _money(amount: Decimal) -> str:
    """Return an amount to the cent, or with two digits that count where it is less."""
    if amount >= 1 or not amount:
        return f"{amount:.2f}"
    digits = -amount.adjusted() + 1
    return f"{amount.quantize(Decimal(1).scaleb(-max(2, digits)), ROUND_UP):f}"


def estimate_lines(report: EstimateReport) -> Iterator[str]:
    """Yield what a run would send, with the first request as it would go out."""
    yield f"{escape(report.model)} at {escape(report.endpoint)}"
    cells = f" in {plural(report.cells, 'cell')}" if report.cells > 1 else ""
    seeds = f", from {plural(report.seeds, 'seed')}" if report.seeds else ""
    prompts = f", answers to {plural(report.prompts, 'prompt')}" if report.prompts else ""
    yield f"{plural(report.wanted, 'example')}{cells}{seeds}{prompts}"
    yield f"requests: {interval_text(report.requests)}; tokens: {interval_text(report.tokens)}"
    yield f"cost: {costs_text(report.cost, report.currency, report.model)}"
    yield ""
    yield from messages_lines(report.messages)
    yield ""
    yield "dry run: nothing was sent"


def messages_lines(messages: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the messages of a request."""
    for message in messages:
        yield paint(f"{escape(message['role'])}:", bold=True)
        yield escape(message["content"], keep="\n\t")


def interval_text(interval: Interval) -> str:
    """Return the numbers between which something lies."""
    return f"{interval.least:,} to {interval.most:,}"


def costs_text(cost: Interval, currency: str | None, model: str) -> str:
    """Return the costs between which a run lies."""
    if cost.most is None or cost.least is None:
        return f"the price of {escape(model)} is unknown"
    least, most = (Decimal(str(each)) for each in (cost.least, cost.most))
    return f"{_money(least)} to {_money(most)} {currency}" if most else "nothing"


def question_of(report: EstimateReport) -> str:
    """Return what a person is asked to agree to."""
    return (
        f"{plural(report.wanted, 'example')} from {escape(report.model)} may take "
        f"{interval_text(report.requests)} requests; cost: "
        f"{costs_text(report.cost, report.currency, report.model)}"
    )


def runs_lines(report: RunsReport) -> Iterator[str]:
    """Yield one line for each run, newest first."""
    if not report.items:
        yield "no model runs yet"
        return
    head = ("run", "began", "recipe", "model", "requests", "accepted", "cost", "state")
    rows = [
        (
            escape(each.run),
            (each.time or "")[:16].replace("T", " "),
            escape(each.recipe or each.kind),
            escape(each.model),
            f"{each.requests:,}",
            f"{each.accepted:,}",
            "unknown" if each.cost.amount is None else _money(Decimal(each.cost.amount)),
            escape(each.state),
        )
        for each in report.items
    ]
    yield from table([head, *rows])


def run_lines(report: ShownRun) -> Iterator[str]:
    """Yield one run: what every request and every cent of it became."""
    run = report.run
    yield f"run {escape(run.run)} of {escape(run.recipe or run.kind)}, {escape(run.state)}"
    began = (run.time or "never")[:16].replace("T", " ")
    yield f"asked {escape(run.model)}, from {began}"
    yield (
        f"{plural(run.requests, 'request')}, {plural(run.answers, 'answer')}, "
        f"{plural(run.accepted, 'verdict' if run.kind == 'judge' else 'example')} accepted"
    )
    for title, counts in (("rejected", report.rejected), ("failed", report.failed)):
        if counts:
            told = ", ".join(f"{count:,} {escape(each)}" for each, count in counts.items())
            yield f"{title}: {told}"
    if report.waiting:
        yield f"waiting: {plural(report.waiting, 'request')} without an answer yet"
    for each in report.possibly_billed:
        yield f"possibly billed: request {each['request']}, at most {each['cost'] or 'unknown'}"
    yield spent_line(report.tokens, report.estimated, run.cost, run.accepted)


def request_lines(report: ShownRequest) -> Iterator[str]:
    """Yield one request: its body, and the answer."""
    reason = f" ({escape(report.reason)})" if report.reason else ""
    yield f"request {report.request} of run {escape(report.run)}: {escape(report.state)}{reason}"
    for title, texts in (("seeds", report.seeds), ("examples", report.examples)):
        if texts:
            yield f"{title}: {', '.join(escape(each[:12]) for each in texts)}"
    yield paint("sent:", bold=True)
    yield escape(report.body)
    yield paint("received:", bold=True)
    yield escape(report.answer or report.answer_base64 or "nothing", keep="\n\t")
