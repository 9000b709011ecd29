"""`clean`: the funnel in one command, by `vault.toml`: fix, quarantine, dedupe. One operation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vault.dataset.changing.stage import Staged, change_and_count
from vault.dataset.reading.dataset import Dataset
from vault.objects.manifest import Manifest
from vault.operations.duplicates.dedupe import DedupeOptions, deduped
from vault.operations.duplicates.guards import check_threshold
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.validation.fix_and_quarantine import mended
from vault.operations.validation.validate import MendOptions, ValidateOptions, rules_to_run
from vault.presentation.report_html import Displayed
from vault.session.context import Context, Draft
from vault.session.trial import trial_of


@dataclass(frozen=True, slots=True)
class CleanStep:
    """One step of the funnel: how many there were, how many are left, and how many went.

    `parse` counts input; what could not be read is in quarantine already. `fix` takes out what
    became equal to another example, `quarantine` what has an error, `dedupe` duplicates.
    """

    name: str
    before: int
    after: int
    removed: int


@dataclass(frozen=True, slots=True)
class CleanReport(Displayed):
    """The steps in order, how many examples were fixed in place, and how the stage stands.

    `errors_left` are those of the set as a whole, which taking examples out does not mend; they are
    counted before duplicates go. `skipped` rules are code of the project, which did not run.
    """

    steps: tuple[CleanStep, ...]
    fixed: int
    errors_left: int
    staged: Staged | None
    dry_run: bool = False
    skipped: tuple[str, ...] = ()


def clean(
    context: Context, comparing: Comparing, *, dry_run: bool = False, yes: bool = False
) -> CleanReport:
    """Clean the stage: fix what is safe, quarantine what has errors, take duplicates out.

    Wholly or not at all, so one `undo` takes it back. The rules are those of `vault.toml`. Costs
    what `validate --fix --quarantine` and `dedupe` cost. Raises what these raise, among it Conflict
    (`dedupe-too-much`) unless `yes`; nothing is changed then.
    """
    check_threshold(comparing.threshold)

    with trial_of(context, is_trial=dry_run) as trial:

        def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, CleanReport]:
            return _cleaned(trial, dataset, DedupeOptions(comparing, yes=yes, limit=0))

        staged, report = change_and_count(trial, change)
    return replace(report, staged=staged, dry_run=dry_run)


def _cleaned(
    context: Context, dataset: Dataset, options: DedupeOptions
) -> tuple[Manifest, CleanReport]:
    running = rules_to_run(context.folder, ValidateOptions())
    unread, examples = dataset.manifest.quarantined, dataset.manifest.examples
    done = mended(context, dataset, running.rules, MendOptions(fix=True, quarantine=True))
    mended_set = Dataset(dataset.store, done.manifest, numbers=dataset.numbers)
    manifest, found = deduped(context, mended_set, options)
    steps = (
        _step("parse", examples + unread, unread),
        _step("fix", examples, done.report.merged),
        _step("quarantine", done.report.examples, done.report.quarantined),
        _step("dedupe", done.manifest.examples, found.removed),
    )
    report = CleanReport(steps, done.report.fixed, done.report.errors_left, None)
    return manifest, replace(report, skipped=running.skipped)


def _step(name: str, before: int, removed: int) -> CleanStep:
    return CleanStep(name, before, before - removed, removed)
