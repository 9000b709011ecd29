"""Many examples at once: what rules out most of them is asked of all, rules only of the rest.

Plain chats skip the rules of structure; texts are searched for what any rule of texts could mean
by few combined RE2 patterns, each of which takes a microsecond for a kilobyte and holds no lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vault.rules.plain import overlaps, plain_texts
from vault.rules.rule import Fault, Rule, Trigger
from vault.rules.subject import Subject, read_subject

Found = tuple[int, Rule, Fault]
"""A fault: the position of the example among those that were examined, the rule, and the fault."""

_LEAST_DENSE = 100
_DENSE_SHARE = 0.6
_MOST_COMPRESSED = 100_000
_MOST_PATTERN = 1_500


class Examination:
    """Rules made ready to run over batches of examples. May be used by several threads."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        by_trigger: dict[Trigger, list[Rule]] = defaultdict(list)
        for rule in rules:
            by_trigger[rule.trigger].append(rule)
        self._by_trigger = by_trigger

    def examine(
        self, kinds: Sequence[str], records: Sequence[dict[str, Any]], json_texts: pa.StringArray
    ) -> list[Found]:
        """Return every fault of some examples, in their order.

        `json_texts` are the same records as JSON. Memory is a few times the size of the texts.
        """
        return _Batch(kinds, records, json_texts).examine(self._by_trigger)


class _Batch:
    """Some examples, and what was found of them so far."""

    def __init__(
        self, kinds: Sequence[str], records: Sequence[dict[str, Any]], json_texts: pa.StringArray
    ) -> None:
        self._kinds, self._records, self._json = kinds, records, json_texts
        self._subjects: dict[int, Subject] = {}
        self._found: list[Found] = []
        self._odd: list[int] = []
        self._texts: list[list[str]] = []

    def examine(self, rules: dict[Trigger, list[Rule]]) -> list[Found]:
        """Run the rules, those of each trigger over the examples that it leaves."""
        for at, (kind, record) in enumerate(zip(self._kinds, self._records, strict=True)):
            texts = plain_texts(kind, record)
            if texts is None:
                self._odd.append(at)
                texts = [each.text for each in self._subject(at).texts()]
            self._texts.append(texts)
        self._run(rules[Trigger.EVERY], range(len(self._records)))
        self._run(rules[Trigger.STRUCTURE], self._odd)
        if rules[Trigger.RECORD]:
            self._run_sought(rules[Trigger.RECORD], self._json, np.arange(len(self._json)))
        if rules[Trigger.TEXT]:
            owners = np.repeat(np.arange(len(self._texts)), list(map(len, self._texts)))
            flat = pa.array([text for texts in self._texts for text in texts], pa.string())
            self._run_sought(rules[Trigger.TEXT], flat, owners)
        if rules[Trigger.OVERLAP]:
            overlapping = (at for at, texts in enumerate(self._texts) if overlaps(texts))
            self._run(rules[Trigger.OVERLAP], overlapping)
        if rules[Trigger.DENSE]:
            self._run(rules[Trigger.DENSE], self._dense())
        self._found.sort(key=lambda found: found[0])
        return self._found

    def _subject(self, at: int) -> Subject:
        found = self._subjects.get(at)
        if found is None:
            found = self._subjects[at] = read_subject(self._kinds[at], self._records[at])
        return found

    def _run(self, rules: Sequence[Rule], positions: Iterable[int]) -> None:
        for at in positions if rules else ():
            subject = self._subject(at)
            for rule in rules:
                for fault in rule.check(subject):
                    self._found.append((at, rule, fault))

    def _run_sought(self, rules: Sequence[Rule], texts: pa.Array, owners: Any) -> None:
        for group in _groups(rules):
            hits = _matching(texts, "|".join(f"(?:{rule.sought})" for rule in group))
            some, some_owners = texts.take(pa.array(hits)), owners[hits]
            for rule in group if len(hits) else ():
                # A dict keeps each example once, and their order.
                self._run([rule], dict.fromkeys(some_owners[_matching(some, rule.sought)].tolist()))

    def _dense(self) -> Iterable[int]:
        codec = pa.Codec("lz4_raw")
        odd = set(self._odd)
        for at, texts in enumerate(self._texts):
            # In a plain chat every second text from the end is an answer.
            for text in texts if at in odd else texts[::-2]:
                if len(text) >= _LEAST_DENSE:
                    data = text[:_MOST_COMPRESSED].encode()
                    if len(codec.compress(data)) < _DENSE_SHARE * len(data):
                        yield at
                        break


def _groups(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Put rules together whose patterns are searched for at once.

    One pattern of all would have more states than RE2 keeps, and take ten times as long.
    """
    groups: list[list[Rule]] = []
    size = _MOST_PATTERN
    for rule in rules:
        size += len(rule.sought)
        if size > _MOST_PATTERN:
            groups.append([])
            size = len(rule.sought)
        groups[-1].append(rule)
    return groups


def _matching(texts: pa.Array, pattern: str) -> Any:
    return np.flatnonzero(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False))
