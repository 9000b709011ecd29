"""The findings of one example, and of its set as far as the last `validate` tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.examples import Example, read_examples
from vault.dataset.reading.validation_results import attached_validation, recall_validation
from vault.objects.digest import Digest
from vault.objects.runs import RowKeys
from vault.objects.validation import RuleCount, dataset_digest
from vault.operations.validation.examine_rows import Finding, examine_rows
from vault.operations.validation.project_rules import find_own_faults
from vault.operations.validation.validate import ValidateOptions, rules_to_run
from vault.rules.codes import SET_RULES
from vault.rules.kernel.any_rule import AnyRule, own_expressions, rules_of_examples
from vault.rules.kernel.subject import read_subject
from vault.session.context import Context


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    """A rule's finding in an example, and the message it is about, if any.

    `turn` counts the messages of prompt, response and rejected answer from 0. `why` says why the
    fault matters.
    """

    code: str
    name: str
    severity: str
    message: str
    path: str
    turn: int | None
    why: str


@dataclass(frozen=True, slots=True)
class ExampleFindings:
    """The findings of the rules in an example.

    `of_set` has what `validate` found in the set as a whole, None where it did not run over this
    version. `skipped` rules are code of the project, which only `validate --allow-code` runs.
    """

    target: str | None
    findings: tuple[PlacedFinding, ...]
    of_set: tuple[RuleCount, ...] | None
    skipped: tuple[str, ...]


def example_findings(
    context: Context, dataset: Dataset, key: RowKeys, manifest: Digest | None
) -> ExampleFindings:
    """Return the findings of the team's rules in the one example of `key`, errors first.

    Costs reading it, and what expressions of the project's own rules read. Raises what
    `vault.operations.validation.validate.validate` raises.
    """
    running = rules_to_run(context.folder, ValidateOptions())
    (example,) = read_examples(dataset, key)
    examined = examine_rows(dataset, key, rules_of_examples(running.rules), in_turn=True)
    found = [finding for part in examined for finding in part.findings]
    own = own_expressions(running.rules)
    if own:
        found += find_own_faults(context, dataset, own, key)
    reasons = {rule.code: rule.why for rule in running.rules}
    turns = dict(_turns(example))
    placed = [_placed(each, reasons[each.code], turns) for each in found]
    placed.sort(key=lambda each: each.severity != "error")
    return ExampleFindings(
        running.target,
        tuple(placed),
        _of_set(context, dataset, running.rules, manifest),
        running.skipped,
    )


def _of_set(
    context: Context, dataset: Dataset, rules: Sequence[AnyRule], manifest: Digest | None
) -> tuple[RuleCount, ...] | None:
    known = recall_validation(context, dataset_digest(dataset.manifest))
    known = known or attached_validation(context, manifest)
    if known is None:
        return None
    meant = {rule.code for rule in rules} & SET_RULES.keys()
    return tuple(each for each in known.findings if each.code in meant)


def _placed(finding: Finding, why: str, turns: Mapping[str, int]) -> PlacedFinding:
    return PlacedFinding(
        finding.code,
        finding.name,
        finding.severity,
        finding.message,
        finding.path,
        _turn(finding.path, turns),
        why,
    )


def _turn(path: str, turns: Mapping[str, int]) -> int | None:
    """Return the message that a path leads into: `messages[2].content` is in `messages[2]`."""
    while path:
        if path in turns:
            return turns[path]
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return None


def _turns(example: Example) -> Iterator[tuple[str, int]]:
    """Yield the path of each message in the record, and its number in the conversation."""
    conversation, record = example.conversation, example.data
    if conversation is None or not isinstance(record, dict):
        return
    rejected = conversation.rejected or ()
    count = len(conversation.prompt) + len(conversation.response) + len(rejected)
    count = 1 if conversation.text is not None else count
    yield from _numbered(example.kind, record, count)


def _numbered(kind: str, record: dict[str, Any], count: int) -> Iterator[tuple[str, int]]:
    subject = read_subject(kind, record)
    said = [*subject.messages, *subject.rejected]
    if not said:
        # Read by a mapping of fields: rules see it as a chat.
        yield from ((f"messages[{number}]", number) for number in range(count))
        return
    # The input of an instruction is part of its message.
    joined = [each.path == "input" for each in said]
    if len(said) - sum(joined) != count:
        return
    number = -1
    for each, is_joined in zip(said, joined, strict=True):
        number += not is_joined
        yield each.path, max(number, 0)
