"""The gate of a commit: `[validate] gate` of vault.toml refuses what has errors, or warnings."""

from __future__ import annotations

from vault.dataset.reading.validation_results import (
    recall_validation,
    remember_validation,
    rules_key,
)
from vault.errors import AnswerIsNo
from vault.objects.manifest import Manifest
from vault.objects.validation import Validation, dataset_digest
from vault.operations.validation.settings import validate_settings
from vault.session.context import Context

_MOST_TOLD = 3


def gate_of(context: Context) -> str | None:
    """Return the gate that the team set: `error`, `warning`, or None.

    Raises what `validate_settings` raises.
    """
    gate = validate_settings(context.folder).gate
    return None if gate == "off" else gate


def check_named_rules(context: Context) -> None:
    """Refuse `[validate]` if it names rules or a target that there are not; loads rules only then.

    Raises what `rules_to_run` raises.
    """
    if validate_settings(context.folder).names_rules:
        from vault.operations.validation.validate import ValidateOptions, rules_to_run

        rules_to_run(context.folder, ValidateOptions())


def pass_gate(context: Context, gate: str, manifest: Manifest) -> Validation:
    """Return what the rules find in a dataset; AnswerIsNo (`validate-gate`) if the gate refuses it.

    What is remembered of exactly this dataset and these rules is taken as it is; else the rules
    run, which costs what `validate` costs; those that are code of the project do not.
    """
    found = _validated(context, manifest)
    refused = found.errors + (found.warnings if gate == "warning" else 0)
    if refused:
        told = [each for each in found.findings if gate == "warning" or each.severity == "error"]
        listed = ", ".join(f"{each.code} {each.name} {each.count:,}" for each in told[:_MOST_TOLD])
        more = f" and {len(told) - _MOST_TOLD} more rules" if len(told) > _MOST_TOLD else ""
        counted = _counted(found.errors, "error")
        if gate == "warning":
            counted += f" and {_counted(found.warnings, 'warning')}"
        raise AnswerIsNo(
            f'what is staged has {counted}, and the gate is "{gate}": {listed}{more}',
            code="validate-gate",
            hint="`vault validate` shows them; --no-verify commits all the same",
        )
    return found


def skipped_by_gate(context: Context) -> tuple[str, ...]:
    """Return the codes of the rules that the gate leaves out, as they are code of the project."""
    if gate_of(context) is None:
        return ()
    from vault.operations.validation.validate import ValidateOptions, rules_to_run

    return rules_to_run(context.folder, ValidateOptions()).skipped


def recalled(context: Context, manifest: Manifest) -> Validation | None:
    """Return what is remembered of exactly this dataset, by the rules as the team sets them now.

    Loads the rules only if something is remembered.
    """
    found = recall_validation(context, dataset_digest(manifest))
    if found is None:
        return None
    from vault.operations.validation.validate import ValidateOptions, rules_to_run

    running = rules_to_run(context.folder, ValidateOptions())
    return found if found.rules == rules_key(running.rules, running.target) else None


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _validated(context: Context, manifest: Manifest) -> Validation:
    from vault.dataset.reading.dataset import Dataset
    from vault.operations.validation.validate import (
        ValidateOptions,
        report_on,
        rules_to_run,
        validation_from,
    )

    running = rules_to_run(context.folder, ValidateOptions())
    rules = running.rules
    known = recall_validation(context, dataset_digest(manifest), rules_key(rules, running.target))
    if known is not None:
        return known
    report = report_on(context, Dataset(context.store, manifest), running, most=0)
    validation = validation_from(report, manifest, rules)
    remember_validation(context, validation)
    return validation
