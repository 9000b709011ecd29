"""`plan`: the weak slices of a dataset, and how many examples to generate for each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from vault.dataset.reading.dataset import open_dataset
from vault.errors import AlreadyExists, InvalidInput, StorageFailed
from vault.generate.recipe.quota_plan import QuotaPlan, plan_text
from vault.objects.digest import Digest
from vault.operations.scoring.proposal import Standing, propose, weigh
from vault.operations.scoring.slices import MeasuredSlice, Slices, slices_of
from vault.presentation.quantities import plural
from vault.presentation.report_html import Displayed
from vault.session.context import Context, head_of, stage_of
from vault.session.revisions import stage_revision

_LABELS = "labels."


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """Options of `plan`.

    `by` is the field whose values are the slices, `metric` a label of numbers or yes and no, of
    which more is better. `at_least` is the number of examples that each slice is to have, `count`
    how many to generate in all. `output` is the file that the plan is written to.
    """

    by: str
    metric: str | None = None
    at_least: int | None = None
    count: int | None = None
    output: str | None = None
    force: bool = False


class PlanArguments(TypedDict, total=False):
    """Fields of `PlanOptions` that callers may leave out."""

    metric: str | None
    at_least: int | None
    count: int | None
    output: str | None
    force: bool


@dataclass(frozen=True, slots=True)
class PlannedSlice:
    """One value of the field, and how many examples to generate for it.

    `metric` is the mean of the `measured` examples with its 95 % interval, None of what they do not
    determine. `disagreement` is the share of examples that several rated, and differently.
    """

    value: str
    examples: int
    measured: int
    metric: float | None
    interval: tuple[float, float] | None
    disagreement: float | None
    propose: int


@dataclass(frozen=True, slots=True)
class PlanReport(Displayed):
    """The slices of a field, weakest first; those that were not measured last.

    Without a metric the smallest is first. `reliability` is the part of the differences between
    slices that chance does not explain, from 0 to 1: of the examples to generate, so many go by the
    metric, and the others to the smallest slices. `examples` of a slice are those of the `side` for
    training where the stage is split; `unassigned` are on no side yet, and count too. `without`
    examples have no such field; `seen` of the measured are on that side, so that the model may have
    been trained on them.
    """

    field: str
    metric: str | None
    mean: float | None
    interval: tuple[float, float] | None
    measured: int
    reliability: float | None
    slices: tuple[PlannedSlice, ...]
    proposed: int
    side: str | None
    unassigned: int
    without: int
    seen: int
    commit: Digest | None
    staged: bool
    output: str | None


def plan(context: Context, options: PlanOptions) -> PlanReport:
    """Return the slices of the stage by a field, with a proposal of how many to generate for each.

    How is told in `vault.operations.scoring.proposal`. Costs reading the field and the labels, and
    1,000 resamples of each slice of a metric that is not yes or no. Raises what `slices_of` raises,
    InvalidInput (`plan-count-invalid`, `plan-empty`), AlreadyExists (`file-exists`), StorageFailed
    (`file-unwritable`).
    """
    metric = None if options.metric is None else options.metric.removeprefix(_LABELS)
    _check(options)
    view = context.log.tip().view
    dataset = open_dataset(context.store, stage_revision(context, view).manifest)
    found = slices_of(context, dataset, options.by, metric)
    standing = [
        Standing(each.examples, each.measured, each.metric.value or 0.0, each.variance)
        for each in found.items
    ]
    evidence = weigh(standing)
    quotas = propose(standing, evidence, options.count, options.at_least)
    ordered = sorted(
        zip(found.items, quotas, strict=True), key=lambda pair: _order(pair[0], metric)
    )
    report = PlanReport(
        options.by,
        metric,
        found.overall.value,
        found.overall.interval,
        found.measured,
        None if metric is None else evidence.reliability,
        tuple(_planned(*each) for each in ordered),
        sum(quotas),
        found.side,
        found.unassigned,
        found.without,
        found.seen,
        head_of(view),
        stage_of(view) is not None,
        options.output,
    )
    if options.output is not None:
        _write(options.output, report, options, found)
    return report


def _check(options: PlanOptions) -> None:
    for value, what in ((options.count, "-n"), (options.at_least, "--at-least")):
        if value is not None and value < 1:
            raise InvalidInput(
                f"{what} is {value}, and has to be at least 1",
                code="plan-count-invalid",
                hint=f"write {what} 100",
            )
    if options.output is not None and options.count is None and options.at_least is None:
        raise InvalidInput(
            "nothing says how many examples to plan for",
            code="plan-count-invalid",
            hint="add -n N, the number in all, or --at-least N, the number of each slice",
        )


def _order(found: MeasuredSlice, metric: str | None) -> tuple[bool, float, int, str]:
    mean = found.metric.value
    weakness = 0.0 if mean is None else mean
    return metric is not None and mean is None, weakness, found.examples, found.value


def _planned(found: MeasuredSlice, quota: int) -> PlannedSlice:
    return PlannedSlice(
        found.value,
        found.examples,
        found.measured,
        found.metric.value,
        found.metric.interval,
        found.disagreement,
        quota,
    )


def _write(path: str, report: PlanReport, options: PlanOptions, found: Slices) -> None:
    if not report.proposed:
        raise InvalidInput(
            f"every value of {options.by} has {options.at_least:,} examples, so there is no plan",
            code="plan-empty",
            hint="ask for more: --at-least N, or -n N",
        )
    planned = [each for each in report.slices if each.propose]
    made = QuotaPlan(options.by, {_meant(each.value): each.propose for each in planned})
    why = {_meant(each.value): _why(each) for each in planned}
    text = plan_text(made, list(_about(report, options)), why)
    try:
        with Path(path).open("w" if options.force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise AlreadyExists(
            f"{path} exists", code="file-exists", hint="name another file, or add --force"
        ) from None
    except OSError as error:
        raise StorageFailed(
            f"{path} cannot be written: {error.strerror}",
            code="file-unwritable",
            hint="name a file in a folder that you may write to",
        ) from None


def _meant(shown: str) -> str:
    """Return a value as records have it: one with a quote or a line feed is shown as JSON."""
    try:
        value = json.loads(shown) if shown.startswith('"') and "\\" in shown else shown
    except ValueError:
        return shown
    return value if isinstance(value, str) else shown


def _about(report: PlanReport, options: PlanOptions) -> Iterator[str]:
    """Yield what a plan was made of, as comments before it."""
    commit = "the stage" if report.commit is None else f"commit {report.commit}"
    staged = " and what is staged over it" if report.staged and report.commit else ""
    yield f"Made by `vault plan` of {commit}{staged}."
    of = "the number of examples" if report.metric is None else f"the label {report.metric}"
    yield f"Slices by {report.field}, weighed by {of}."
    asked = []
    if options.at_least is not None:
        asked.append(f"each slice to {plural(options.at_least, 'example')}")
    if options.count is not None:
        asked.append(f"{plural(options.count, 'example')} in all")
    yield f"Asked for: {', '.join(asked)}."


def _why(planned: PlannedSlice) -> str:
    told = plural(planned.examples, "example")
    if planned.metric is None:
        return told
    return f"{told}, {planned.metric:.2f} on {planned.measured:,}"
