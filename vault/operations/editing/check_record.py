"""Checking a record that is being written: can it be read, and what do the rules find in it?"""

from __future__ import annotations

from dataclasses import dataclass

from vault.dataset.choosing.by_id_prefix import rows_named
from vault.dataset.reading.dataset import open_dataset
from vault.dataset.reading.write_records import RecordReader
from vault.errors import InvalidInput
from vault.objects.conversation import Kind
from vault.operations.editing.given_record import Given, read_given, staged_record, text_of
from vault.operations.validation.examine_rows import Finding, examine_record
from vault.operations.validation.validate import RulesToRun, ValidateOptions, rules_to_run
from vault.presentation.report_html import Displayed
from vault.rules.kernel.any_rule import rules_of_examples
from vault.session.context import Context, draft_of


@dataclass(frozen=True, slots=True)
class RecordCheck(Displayed):
    """The outcome of checking a record that is not stored.

    Where it cannot be read, `reason` says why, and all else is None or empty. `id` is the one that
    it would have. `findings` have no id, source and line. `not_run` are codes of rules that
    `vault.toml` asks for and that one record alone cannot answer, or that would run code.
    """

    readable: bool
    reason: str | None
    id: str | None = None
    kind: str | None = None
    findings: tuple[Finding, ...] = ()
    not_run: tuple[str, ...] = ()


def check_record(context: Context, record: Given, *, like: str | None = None) -> RecordCheck:
    """Return whether a record can be read, its kind, and what the rules of examples find in it.

    The rules are those that `[validate]` of `vault.toml` asks for. The record is read by its own
    keys, or as the source of the staged example `like` is read. Nothing is stored. Costs 3 ms, and
    with `like` reading the ids of the stage. Raises InvalidInput (`config-invalid`,
    `example-ambiguous`), NotFound (`example-not-there`, `rule-not-found`), Conflict
    (`detached-head`).
    """
    running = rules_to_run(context.folder, ValidateOptions())
    reader = RecordReader("") if like is None else _reader_like(context, like)
    try:
        read = read_given(context.store, text_of(record), reader)
    except InvalidInput as error:
        if error.code != "record-invalid":
            raise
        return RecordCheck(False, error.message.partition(": ")[2])
    findings = examined(read.text, read.kind, reader, running)
    return RecordCheck(True, None, read.id.hex(), read.kind, findings, not_run(running))


def examined(
    text: bytes, kind: str, reader: RecordReader, running: RulesToRun
) -> tuple[Finding, ...]:
    """Return the findings of the per-example rules in a record that was read."""
    rules = rules_of_examples(running.rules)
    return examine_record(Kind(kind), text, reader.mapping, rules)


def not_run(running: RulesToRun) -> tuple[str, ...]:
    """Return the codes of rules that say nothing of one record: of sets, expressions, and code."""
    run = {rule.code for rule in rules_of_examples(running.rules)}
    left = [rule.code for rule in running.rules if rule.code not in run]
    return (*left, *running.skipped)


def _reader_like(context: Context, example: str) -> RecordReader:
    draft = draft_of(context, context.log.tip().view)
    dataset = open_dataset(context.store, draft.manifest)
    row = rows_named(dataset, dataset.keys(), [example], where="the stage")
    return staged_record(dataset, row).reader(dataset)
