"""`judge`: models answer the questions of a rubric, and examples are labelled with the verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from vault.dataset.changing.stage import Staged, stage_and_count
from vault.dataset.changing.write_labels import with_label_changes
from vault.dataset.reading.dataset import open_dataset
from vault.generate.asking import Stopped
from vault.generate.budget import Limits
from vault.generate.completion import Rejected, error_message
from vault.generate.rubric.rubric import Rubric
from vault.objects.labels.label_set import LabelValue
from vault.objects.log.view import Run, View
from vault.objects.model_run.request import RequestState
from vault.objects.model_run.run_object import encode_run
from vault.operations.judging.asking import (
    JudgeSource,
    Read,
    decide,
    plan_again,
    unread,
)
from vault.operations.judging.batches import judged_by_batch
from vault.operations.judging.begin import OpenJudging, begun, rubric_of, taken_up
from vault.operations.judging.judged_before import label_of
from vault.operations.judging.label_verdicts import VerdictsOnStage
from vault.operations.judging.options import JudgeOptions
from vault.operations.judging.panels import affordable, panels_to_send
from vault.operations.judging.report import JudgeReport, LabelSummary, summary_of
from vault.operations.judging.selection import Selection
from vault.operations.judging.verdicts import (
    Judged,
    Verdicts,
    pairwise_verdicts,
    pointwise_verdicts,
    read_answer,
)
from vault.operations.model_runs.batches import BatchOutcome, has_batches
from vault.operations.model_runs.open_runs import FINISHED, STOPPED, draft_of_run
from vault.operations.model_runs.send import send, spent_before
from vault.operations.model_runs.totals import Cost, totals_of
from vault.session.context import Context, workspace_of
from vault.session.recording import record, writing
from vault.store.run_ledger import SUBMITTED

_NOTHING = Cost("0", None, "0", "0")


def judge(
    context: Context,
    path: str,
    options: JudgeOptions,
    *,
    revision: str | None = None,
    expressions: Sequence[str] = (),
) -> JudgeReport:
    """Ask the judges of a rubric about examples, and write their verdicts as labels on the stage.

    Examples of the revision (the stage) that satisfy all expressions are judged, but those that
    this rubric judged before. Every request is kept before it is sent, every answer before it is
    used. Labels are written once, when the run stops, with the run in the same operation. Raises
    what `begun` and `ask` raise; what was answered until then is kept.
    """
    with begun(context, path, options, revision=revision, expressions=expressions) as found:
        if isinstance(found, Selection):
            return _nothing_asked(path, found)
        return _driven(context, found, options)


def resume_judging(context: Context, run: str | None, options: JudgeOptions) -> JudgeReport:
    """Go on with a run of judging (the last one): no answer is bought twice.

    Raises what `taken_up` and `ask` raise.
    """
    with taken_up(context, run, options) as found:
        return _driven(context, found, options)


def _driven(context: Context, run: OpenJudging, options: JudgeOptions) -> JudgeReport:
    read = _reader(run)
    ledger = run.ledger
    context.progress.start("answers", len(ledger))
    limits = Limits(run.goal.cost, run.goal.tokens, in_flight=options.in_flight)
    if options.is_batch or has_batches(ledger):
        judge = run.endpoints[0]
        outcome = judged_by_batch(ledger, judge, limits, read, submits=options.is_batch)
    else:
        plan_again(ledger, unread(ledger), read)
        outcome = BatchOutcome(_asked(context, run, limits, read))
    decide(ledger, read)
    context.progress.finish()
    return _ended(context, run, outcome)


def _reader(run: OpenJudging) -> Read:
    def read(answer: bytes) -> object:
        return read_answer(run.rubric, answer, pairwise=run.goal.pairwise)

    return read


def _asked(context: Context, run: OpenJudging, limits: Limits, read: Read) -> str:
    """Send what is planned, to one judge after the other; return why it ended."""
    ledger = run.ledger
    spent = spent_before(ledger)
    panels = panels_to_send(ledger)
    while panels:
        count = affordable(ledger, panels, run.endpoints, limits, spent)
        block, panels = list(chain.from_iterable(panels[:count])), panels[count:]
        for endpoint in run.endpoints:
            numbers = [number for number, judge in block if judge == endpoint.model]
            source = JudgeSource(ledger, numbers, read, context.progress)
            asked = send(ledger, source, endpoint, limits, spent=spent)
            spent = asked.spent
            stopped = source.stopped or asked.stopped.value
            if stopped != Stopped.DONE:
                return stopped
    return Stopped.DONE.value


def _ended(context: Context, run: OpenJudging, outcome: BatchOutcome) -> JudgeReport:
    """Write the verdicts as labels and store the run's object, as one operation."""
    ledger, rubric, goal = run.ledger, run.rubric, run.goal
    of_run = pairwise_verdicts if goal.pairwise else pointwise_verdicts
    is_done, is_submitted = outcome.stopped == Stopped.DONE, outcome.stopped == SUBMITTED
    state = FINISHED if is_done else SUBMITTED if is_submitted else STOPPED
    verdicts = of_run(rubric, ledger, is_done=is_done)
    about = ledger.about

    def change(view: View) -> tuple[View, tuple[VerdictsOnStage, Staged | None]]:
        view = view.with_run(run.name, ended)
        draft = draft_of_run(context, view, goal.branch)
        dataset = open_dataset(context.store, draft.manifest)
        found = VerdictsOnStage.of(dataset, verdicts.judged)
        changes = found.changes(run, time=context.intent.time)
        if not changes:
            return view, (found, None)
        manifest = with_label_changes(dataset, changes)
        view, staged = stage_and_count(context, view, draft, manifest)
        return view, (found, staged)

    with writing(context):
        rows = encode_run(about, ledger.rows(), is_submitted=is_submitted)
        ended = Run(context.store.put(rows), state, about.names())
        there, staged = record(context, change)
    report = _report(context, run, verdicts, outcome, there, staged)
    if is_done:
        ledger.folder.remove()
    else:
        ledger.set_state(state)
    return report


def _report(
    context: Context,
    run: OpenJudging,
    verdicts: Verdicts,
    outcome: BatchOutcome,
    there: VerdictsOnStage,
    staged: Staged | None,
) -> JudgeReport:
    goal, ledger, rubric = run.goal, run.ledger, run.rubric
    prices = run.endpoints[0].prices
    statuses = ledger.statuses()
    totals = totals_of(statuses, None if prices is None else prices.currency)
    here = workspace_of(context.log.tip().view).branch
    return JudgeReport(
        run=run.name,
        rubric=rubric.file,
        name=rubric.name,
        judged=len(there.judged),
        wanted=goal.examples,
        unjudged=goal.examples - len(there.judged),
        skipped=sum(goal.skipped.values()),
        skipped_for=goal.skipped,
        labels=_summaries(rubric, there.judged),
        cost=totals.cost,
        stopped=outcome.stopped,
        batch=outcome.batch,
        waiting=outcome.waiting,
        requests=totals.requests,
        answers=totals.answers,
        rejected=totals.rejected,
        failed=totals.failed,
        reasons=_reasons(run, outcome),
        tokens=totals.tokens,
        estimated=totals.estimated,
        possibly_billed=totals.possibly_billed,
        consistency=verdicts.same / verdicts.repeated if verdicts.repeated else None,
        repeated=verdicts.repeated,
        pairs=verdicts.pairs,
        flips=verdicts.flips,
        quoted=verdicts.quoted,
        unquoted=verdicts.unquoted,
        older=there.left_of_older(rubric, pairwise=goal.pairwise),
        same_family=goal.same_family,
        stage=staged,
        branch=goal.branch if staged is not None and goal.branch != here else None,
    )


def _summaries(rubric: Rubric, judged: Sequence[Judged]) -> dict[str, LabelSummary]:
    values: dict[str, list[LabelValue]] = {}
    for each in judged:
        for part, value in each.labels.items():
            values.setdefault(label_of(rubric, part), []).append(value)
    return {name: summary_of(each) for name, each in values.items()}


def _reasons(run: OpenJudging, outcome: BatchOutcome) -> dict[str, str]:
    """Return what was wrong with one answer of each reason."""
    found = {} if outcome.told is None else {"batch": outcome.told}
    for each in run.ledger.statuses():
        if each.reason is None or each.reason in found:
            continue
        answer = run.ledger.answer(each.request) or b""
        if each.state == RequestState.FAILED:
            found[each.reason] = error_message(answer)
            continue
        try:
            read_answer(run.rubric, answer, pairwise=run.goal.pairwise)
        except Rejected as error:
            found[each.reason] = error.told
    return found


def _nothing_asked(path: str, found: Selection) -> JudgeReport:
    rubric, _ = rubric_of(path)
    return JudgeReport(
        run=None,
        rubric=rubric.file,
        name=rubric.name,
        judged=0,
        skipped=sum(found.skipped.values()),
        skipped_for=found.skipped,
        labels={},
        cost=_NOTHING,
    )
