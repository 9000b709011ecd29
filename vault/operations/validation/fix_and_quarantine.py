"""`validate --fix` and `--quarantine`: mend what has one safe answer, take out what has an error.

One operation: first the fixes, then the rules over what they left, then the quarantine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from vault.dataset.changing.edit import taken_out
from vault.dataset.changing.stage import change_and_count
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.validation_results import remember_validation
from vault.errors import InvalidInput
from vault.objects.manifest import Manifest
from vault.operations.validation.apply_fixes import AppliedFix, FixedDataset, fixed_dataset
from vault.operations.validation.examine_rows import Finding
from vault.operations.validation.project_rules import all_faults
from vault.operations.validation.quarantined_items import REASON, quarantine_details
from vault.operations.validation.run_rules import find_faults
from vault.operations.validation.validate import (
    SHOWN,
    MendOptions,
    RuleFixes,
    RulesToRun,
    Tally,
    ValidateOptions,
    ValidateReport,
    report_of,
    rules_to_run,
    validation_from,
)
from vault.rules.codes import SET_RULES
from vault.rules.kernel.any_rule import AnyRule, rules_of_examples, rules_of_sets
from vault.rules.kernel.rule import Severity
from vault.session.context import Context, Draft, stage_of
from vault.session.revisions import STAGE
from vault.session.trial import trial_of


@dataclass(frozen=True, slots=True)
class Mended:
    """What a dataset is after it was mended, what was found and done, and what is left to find."""

    manifest: Manifest
    report: ValidateReport
    left: Tally


def mend(
    context: Context, revision: str | None, options: ValidateOptions, mending: MendOptions
) -> ValidateReport:
    """Mend the stage and return what was found, what was done, and how the stage stands.

    What was fixed stays in its place with its labels; importing the record as it was finds the
    fixed one. What went to quarantine stays out until it is restored or readmitted. Costs up to two
    passes of the rules. Raises what `validate` raises, InvalidInput (`mend-needs-stage`), Conflict
    (`detached-head`), StorageFailed.
    """
    if revision not in (None, STAGE):
        raise InvalidInput(
            f'only what is staged can be mended, and "{revision}" was named',
            code="mend-needs-stage",
            hint="leave it out: `vault validate --quarantine`",
        )
    running = rules_to_run(context.folder, options)
    rules = running.rules
    with trial_of(context, is_trial=mending.dry_run) as trial:

        def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, Mended]:
            done = mended(trial, dataset, rules, mending)
            return done.manifest, done

        staged, done = change_and_count(trial, change)
    if options.is_as_the_team_says and not mending.dry_run:
        _remember(context, done, rules, running.target)
    return replace(_told(done, running), staged=staged, dry_run=mending.dry_run)


def _told(done: Mended, running: RulesToRun) -> ValidateReport:
    return replace(done.report, target=running.target, skipped=running.skipped)


def _remember(context: Context, done: Mended, rules: Sequence[AnyRule], target: str | None) -> None:
    stage = stage_of(context.log.tip().view)
    if stage is not None and context.manifest(stage.manifest) == done.manifest:
        left = replace(report_of(rules, done.left, stage.examples), target=target)
        remember_validation(context, validation_from(left, done.manifest, rules))


def mended(
    context: Context, dataset: Dataset, rules: Sequence[AnyRule], mending: MendOptions
) -> Mended:
    """Return what a dataset is after its faults were mended, and what was found and done.

    Stores the parts of the manifest. Raises Corrupt, StorageFailed.
    """
    fixed = FixedDataset(dataset.manifest)
    if mending.fix:
        fixed = fixed_dataset(context, dataset, rules_of_examples(rules))
        dataset = Dataset(dataset.store, fixed.manifest, numbers=dataset.numbers)
    most = None if mending.all_items else SHOWN
    tally, left = Tally(most), Tally(0)
    out: dict[bytes, list[Finding]] = {}
    found = all_faults(context, dataset, rules)
    for (name, is_of_set), of_one in groupby(found, lambda each: (each.id, each.code in SET_RULES)):
        findings = list(of_one)
        errors = [each for each in findings if each.severity == Severity.ERROR]
        example = b"" if name is None else bytes.fromhex(name)
        if errors and mending.quarantine and not is_of_set and name is not None:
            # What a second look found comes apart from what the first did.
            out[example] = [*out.get(example, ()), *errors]
        is_out = example in out
        for finding in findings:
            tally.add(finding)
            # Without those that went, the set as a whole is another one: it is looked at again.
            if not is_out and not (is_of_set and out):
                left.add(finding)
    report = replace(
        report_of(rules, tally, dataset.manifest.examples),
        fixes=_fixes_by_rule(rules, fixed.fixes, most),
        fixed=fixed.fixed,
        merged=fixed.merged,
        quarantined=tally.with_errors if mending.quarantine else 0,
    )
    manifest = dataset.manifest
    own, of_set = rules_of_examples(rules), rules_of_sets(rules)
    if out:
        manifest = _without_errors(context, dataset, out)
        rest = Dataset(dataset.store, manifest, numbers=dataset.numbers)
        if any(rule.second_look and rule.severity == Severity.ERROR for rule in own):
            # What else was found in an example that only its second look took out was counted.
            left, anew = Tally(0), all_faults(context, rest, rules)
        else:
            anew = find_faults(context, rest, of_set) if of_set else iter(())
        for finding in anew:
            left.add(finding)
    return Mended(manifest, replace(report, errors_left=left.errors), left)


def _without_errors(
    context: Context, dataset: Dataset, out: Mapping[bytes, Sequence[Finding]]
) -> Manifest:
    keys = dataset.keys()
    ids = ids_of(dataset.columns(keys, ["id"]))
    is_faulty = np.fromiter((each.tobytes() in out for each in ids), np.bool_, len(ids))
    rows = keys[is_faulty]
    details = [quarantine_details(out[each.tobytes()]) for each in ids[is_faulty]]
    return taken_out(context, dataset, keys, rows, {REASON: np.ones(len(rows), np.bool_)}, details)


def _fixes_by_rule(
    rules: Sequence[AnyRule], fixes: Sequence[AppliedFix], most: int | None
) -> tuple[RuleFixes, ...]:
    by_code: dict[str, list[AppliedFix]] = {}
    for each in fixes:
        by_code.setdefault(each.code, []).append(each)
    return tuple(
        RuleFixes(rule.code, rule.name, str(rule.severity), len(done), tuple(done[:most]))
        for rule in rules
        if (done := by_code.get(rule.code))
    )
