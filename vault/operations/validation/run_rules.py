"""The faults of a dataset. Rules are Python, which holds the lock: many rows go to processes."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.examples import read_examples
from vault.dataset.reading.sources import source_of_each
from vault.objects.manifest import decode_manifest, encode_manifest
from vault.objects.runs import RowKeys, key_parts
from vault.operations.validation.examine_rows import (
    Examined,
    Finding,
    examine_rows,
    read_subjects,
)
from vault.processes.child import ChildProcess, answer_parent, default_workers
from vault.rules.codes import RULES
from vault.rules.kernel.any_rule import AnyRule, rules_of_examples, rules_of_sets
from vault.rules.kernel.rule import Positions, Rule
from vault.rules.kernel.set_facts import SetPart, joined_parts
from vault.rules.kernel.set_rule import SetRule
from vault.rules.kernel.subject import Subject
from vault.session.context import Context
from vault.store.object_store import ObjectStore

CHUNKS_FOR_WORKERS = 5
"""Chunks (8 MiB of text each) that are worth starting processes for."""

_STRETCH = 32_768
_AHEAD = 2
_FINDINGS_AT_ONCE = 4_096

Stretch = tuple[int, int]
"""Where some rows of a dataset begin, and where they end."""


def find_faults(
    context: Context, dataset: Dataset, rules: Sequence[AnyRule], *, workers: int | None = None
) -> Generator[Finding, None, None]:
    """Yield every fault that some rules find, in the order of the examples; the set's come last.

    Costs reading, parsing and examining all records, by a process for each core (`workers`) if
    they are many. Memory is bounded, but for some 30 bytes an example where rules about the set
    are among them, or those that look a second time: what these find comes before the set's.
    Raises Corrupt, StorageFailed (`worker-died`).
    """
    keys = dataset.keys()
    own, of_set = rules_of_examples(rules), rules_of_sets(rules)
    again = [rule for rule in own if rule.second_look is not None]
    with_facts = bool(of_set or again)
    facts: list[SetPart] = []
    wanted = default_workers() if workers is None else workers
    chunks = len(np.unique(key_parts(keys)[0]))
    context.progress.start("validating", len(keys))
    if wanted > 1 and chunks >= CHUNKS_FOR_WORKERS and _can_leave(dataset, own):
        parts = _by_processes(dataset, len(keys), own, wanted, with_facts=with_facts)
    else:
        parts = examine_rows(dataset, keys, own, with_facts=with_facts)
    with closing(parts):
        for part in parts:
            yield from part.findings
            facts += [] if part.facts is None else [part.facts]
            context.progress.advance(part.examples)
    context.progress.finish()
    if with_facts:
        joined = joined_parts(facts)
        for rule in again:
            yield from _second_findings(dataset, keys, rule, joined)
        yield from _set_findings(dataset, keys, of_set, joined)


def _second_findings(
    dataset: Dataset, keys: RowKeys, rule: Rule, facts: SetPart
) -> Generator[Finding, None, None]:
    """Yield what a rule finds in examples that the facts of the set let it look at again."""

    def read(places: Positions) -> Iterator[Subject]:
        return read_subjects(dataset, keys[places])

    found = rule.second_look(facts, read) if rule.second_look is not None else iter(())
    while some := list(islice(found, _FINDINGS_AT_ONCE)):
        faults = dict(some)
        for at, (name, source, line) in zip(
            faults, _places(dataset, keys[list(faults)]), strict=True
        ):
            told = faults[at]
            severity = str(rule.severity)
            yield Finding(rule.code, rule.name, severity, name, source, line, *told)


def _places(dataset: Dataset, keys: RowKeys) -> Iterator[tuple[str, str, int]]:
    """Yield id, source and line of some rows."""
    table = dataset.columns(keys, ["id", "line"])
    ids = (each.tobytes().hex() for each in ids_of(table))
    lines = table.column("line").to_pylist()
    yield from zip(ids, source_of_each(dataset, keys), lines, strict=True)


def _set_findings(
    dataset: Dataset, keys: RowKeys, rules: Sequence[SetRule], facts: SetPart
) -> Generator[Finding, None, None]:
    """Yield what rules find in the set, each with the example that it is about, if any."""
    found = [(rule, fault) for rule in rules for fault in rule.check(facts, rule.target)]
    places = [fault.at for _, fault in found if fault.at is not None]
    examples = read_examples(dataset, keys[places])
    for rule, fault in found:
        place: tuple[str | None, str | None, int | None] = (None, None, None)
        if fault.at is not None:
            example = next(examples)
            place = (example.id, example.source, example.line)
        yield Finding(rule.code, rule.name, str(rule.severity), *place, fault.message, "")


def serve() -> None:
    """Be a child of `find_faults`: examine stretches of rows until the parent has no more."""
    answer_parent(_answers)


def _can_leave(dataset: Dataset, rules: Sequence[Rule]) -> bool:
    """Tell whether another process can read the dataset and knows the rules, by their codes."""
    known = all(rule.code in RULES and rule.check is RULES[rule.code].check for rule in rules)
    return known and dataset.store.backend.shared_between_processes


def _by_processes(
    dataset: Dataset, count: int, rules: Sequence[Rule], wanted: int, *, with_facts: bool
) -> Generator[Examined, None, None]:
    """Yield what rules find in stretches of a dataset, which children take in turn."""
    names = [(rule.code, rule.severity) for rule in rules]
    stretches = _stretches(count, wanted)
    children: list[ChildProcess] = []
    try:
        for _ in range(min(wanted, len(stretches))):
            children.append(ChildProcess(serve))
            children[-1].send(
                (dataset.store.backend, encode_manifest(dataset.manifest), names, with_facts)
            )
        for at, stretch in enumerate(stretches[: _AHEAD * len(children)]):
            children[at % len(children)].send(stretch)
        for at in range(len(stretches)):
            child = children[at % len(children)]
            yield child.receive()
            # Not all at once: what children find would pile up here.
            for stretch in stretches[at + _AHEAD * len(children) :][:1]:
                child.send(stretch)
    finally:
        for child in children:
            child.close()


def _stretches(count: int, wanted: int) -> list[Stretch]:
    """Cut so many rows into stretches, equally many and equally long for each child."""
    number = max(1, -(-count // (_STRETCH * wanted))) * wanted
    ends = [count * (at + 1) // number for at in range(number)]
    return list(zip([0, *ends[:-1]], ends, strict=True))


def _answers(messages: Iterator[Any]) -> Iterator[Any]:
    begun = next(messages, None)
    if begun is None:
        return  # the parent is gone
    backend, manifest, names, with_facts = begun
    dataset = Dataset(ObjectStore(backend), decode_manifest(manifest))
    rules = [replace(RULES[code], severity=severity) for code, severity in names]
    keys = dataset.keys()
    for first, last in messages:
        own = keys[first:last]
        parts = list(examine_rows(dataset, own, rules, with_facts=with_facts, in_turn=True))
        findings = [finding for part in parts for finding in part.findings]
        facts = [part.facts for part in parts if part.facts is not None]
        yield Examined(len(own), findings, joined_parts(facts) if with_facts else None)
