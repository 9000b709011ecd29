"""`clean`: the funnel in one command: fix, quarantine, dedupe, protect, split; one operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from vault.dataset.changing.stage import Staged, change_and_count
from vault.dataset.choosing.split_sides import recorded_rule
from vault.dataset.reading.dataset import Dataset
from vault.objects.manifest import Manifest
from vault.operations.duplicates.dedupe import DedupeOptions, deduped
from vault.operations.duplicates.guards import check_threshold
from vault.operations.duplicates.plan.near_clusters import Comparing
from vault.operations.splitting.protect import without_protected
from vault.operations.splitting.settings import rule_for
from vault.operations.splitting.split import split_dataset
from vault.operations.validation.fix_and_quarantine import mended
from vault.operations.validation.validate import (
    MendOptions,
    Tally,
    ValidateOptions,
    rules_to_run,
)
from vault.presentation.report_html import Displayed
from vault.rules.kernel.any_rule import AnyRule
from vault.rules.kernel.rule import Severity
from vault.session.context import Context, Draft
from vault.session.trial import trial_of


@dataclass(frozen=True, slots=True)
class CleanStep:
    """One step of the funnel: how many there were, how many are left, and how many went.

    `parse` counts input; what could not be read is in quarantine already. `fix` takes out what
    became equal to another example, `quarantine` what has an error, `dedupe` duplicates, `protect`
    what the files hold that vault.toml protects, if it names any. `split`
    takes nothing out; it is there if a rule is recorded or in vault.toml.
    """

    name: str
    before: int
    after: int
    removed: int


@dataclass(frozen=True, slots=True)
class CleanReport(Displayed):
    """The steps in order, how many examples were fixed in place, and how the stage stands.

    `errors_left` are those of the set as a whole, which taking examples out does not mend; they are
    counted before duplicates go, and so are `warnings`: how many findings of each rule that only
    warns, by its name, most first. `skipped` rules are code of the project, which did not run.
    `new` counts the examples that got a side by it, and `unassigned` have none.
    """

    steps: tuple[CleanStep, ...]
    fixed: int
    errors_left: int
    staged: Staged | None
    dry_run: bool = False
    skipped: tuple[str, ...] = ()
    new: Mapping[str, int] = field(default_factory=dict)
    unassigned: int = 0
    warnings: Mapping[str, int] = field(default_factory=dict)


def clean(
    context: Context, comparing: Comparing, *, dry_run: bool = False, yes: bool = False
) -> CleanReport:
    """Clean the stage: fix what is safe, quarantine what has errors, take duplicates out, split.

    Examples of the files that `vault.toml` protects go as well, but for those on another side.

    Wholly or not at all, so one `undo` takes it back. The rules are those of `vault.toml`; it is
    split if that or the dataset says how. Costs what `validate --fix --quarantine`, `dedupe` and
    `split` cost. Raises what these raise, among it Conflict
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
    rule = rule_for(context.folder, recorded_rule(context.store, dataset.manifest), {})
    unread, examples = dataset.manifest.quarantined, dataset.manifest.examples
    done = mended(context, dataset, running.rules, MendOptions(fix=True, quarantine=True))
    mended_set = Dataset(dataset.store, done.manifest, numbers=dataset.numbers)
    manifest, found = deduped(context, mended_set, options)
    steps: tuple[CleanStep, ...] = (
        _step("parse", examples + unread, unread),
        _step("fix", examples, done.report.merged),
        _step("quarantine", done.report.examples, done.report.quarantined),
        _step("dedupe", done.manifest.examples, found.removed),
    )
    left = Dataset(dataset.store, manifest, numbers=dataset.numbers)
    protected = without_protected(context, left, options)
    if protected is not None:
        manifest, gone = protected
        steps = (*steps, _step("protect", left.manifest.examples, gone))
    report = CleanReport(steps, done.report.fixed, done.report.errors_left, None)
    warnings = _warnings(running.rules, done.left)
    report = replace(report, skipped=running.skipped, warnings=warnings)
    if rule is None:
        return manifest, report
    left = Dataset(dataset.store, manifest, numbers=dataset.numbers)
    manifest, split = split_dataset(context, left, rule, options.comparing)
    all_steps = (*steps, _step("split", manifest.examples, 0))
    return manifest, replace(report, steps=all_steps, new=split.new, unassigned=split.unassigned)


def _warnings(rules: Sequence[AnyRule], left: Tally) -> dict[str, int]:
    """Return how many findings there are of each rule that warns, most first."""
    warn = [each for each in rules if each.severity == Severity.WARNING and left.counts[each.code]]
    warn.sort(key=lambda each: (-left.counts[each.code], each.code))
    return {each.name: left.counts[each.code] for each in warn}


def _step(name: str, before: int, removed: int) -> CleanStep:
    return CleanStep(name, before, before - removed, removed)
