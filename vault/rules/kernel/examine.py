"""Many examples at once: what rules out most of them is asked of all, rules only of the rest.

Plain chats skip the rules of structure; texts are searched for what any rule of texts could mean
by few combined RE2 patterns, each of which takes a microsecond for a kilobyte and holds no lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vault.rules.kernel.plain import overlaps, plain_texts
from vault.rules.kernel.rule import Fault, Rule, Trigger
from vault.rules.kernel.set_facts import SetGathering
from vault.rules.kernel.subject import Subject, read_plain, read_subject

Found = tuple[int, Rule, Fault]
"""A fault: the position of the example among those that were examined, the rule, and the fault."""

_LEAST_DENSE = 100
_DENSE_SHARE = 0.6
_MOST_COMPRESSED = 100_000
_MOST_PATTERN = 1_700


class Examination:
    """Rules made ready to run over batches of examples. May be used by several threads."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        by_trigger: dict[Trigger, list[Rule]] = defaultdict(list)
        for rule in rules:
            by_trigger[rule.trigger].append(rule)
        self._by_trigger = by_trigger

    def examine(
        self,
        kinds: Sequence[str],
        records: Sequence[dict[str, Any]],
        json_texts: pa.StringArray,
        *,
        gathering: SetGathering | None = None,
    ) -> list[Found]:
        """Return every fault of some examples, in their order; add their facts to `gathering`.

        `json_texts` are the same records as JSON. Memory is a few times the size of the texts.
        """
        batch = _Batch(kinds, records, json_texts)
        if gathering is not None:
            batch.gather(gathering)
        return batch.examine(self._by_trigger)


class _Batch:
    """Some examples, and what was found of them so far."""

    def __init__(
        self, kinds: Sequence[str], records: Sequence[dict[str, Any]], json_texts: pa.StringArray
    ) -> None:
        self._kinds, self._records, self._json = kinds, records, json_texts
        self._subjects: dict[int, Subject] = {}
        self._found: list[Found] = []
        self._plain: list[list[str] | None] = list(map(plain_texts, kinds, records))

    def examine(self, rules: dict[Trigger, list[Rule]]) -> list[Found]:
        """Run the rules, those of each trigger over the examples that it leaves."""
        self._run(rules[Trigger.EVERY], range(len(self._records)))
        odd = [at for at, texts in enumerate(self._plain) if texts is None]
        self._run(rules[Trigger.STRUCTURE], odd)
        if rules[Trigger.RECORD]:
            self._run_sought(rules[Trigger.RECORD], self._json, np.arange(len(self._json)))
        if rules[Trigger.TEXT] or rules[Trigger.ANSWER] or rules[Trigger.DENSE]:
            self._run_texts(rules)
        if rules[Trigger.OVERLAP]:
            self._run(rules[Trigger.OVERLAP], self._overlapping())
        self._found.sort(key=lambda found: found[0])
        return self._found

    def gather(self, gathering: SetGathering) -> None:
        """Add what is known of each example to the facts of the set."""
        for at, texts in enumerate(self._plain):
            if texts is None:
                gathering.add(self._subject(at))
            else:
                gathering.add_plain(texts)

    def _subject(self, at: int) -> Subject:
        found = self._subjects.get(at)
        if found is None:
            record = self._records[at]
            is_odd = self._plain[at] is None
            found = read_subject(self._kinds[at], record) if is_odd else read_plain(record)
            self._subjects[at] = found
        return found

    def _run_texts(self, rules: dict[Trigger, list[Rule]]) -> None:
        answers, others = [], []
        for at, plain in enumerate(self._plain):
            if plain is not None:
                # Every second text of a plain chat, from the last on, is an answer; an instruction,
                # which makes their number odd, is none.
                answers.append(plain[:0:-2])
                others.append(plain[-2::-2] if len(plain) % 2 == 0 else plain[-2::-2] + plain[:1])
            else:
                texts = self._subject(at).texts()
                answers.append([each.text for each in texts if each.is_answer])
                others.append([each.text for each in texts if not each.is_answer])
        flat = pa.array(chain.from_iterable(answers + others), pa.string())
        owners = np.tile(np.arange(len(answers)), 2).repeat(list(map(len, answers + others)))
        self._run_sought(rules[Trigger.TEXT], flat, owners)
        count = sum(map(len, answers))
        self._run_sought(rules[Trigger.ANSWER], flat[:count], owners[:count])
        if rules[Trigger.DENSE]:
            self._run(rules[Trigger.DENSE], _dense(answers))

    def _overlapping(self) -> Iterator[int]:
        for at, plain in enumerate(self._plain):
            texts = plain or [each.text for each in self._subject(at).texts()]
            if overlaps(texts):
                yield at

    def _run(self, rules: Sequence[Rule], positions: Iterable[int]) -> None:
        for at in positions if rules else ():
            subject = self._subject(at)
            for rule in rules:
                for fault in rule.check(subject):
                    self._found.append((at, rule, fault))

    def _run_sought(self, rules: Sequence[Rule], texts: pa.Array, owners: Any) -> None:
        for group in _groups(rules):
            hits = _matching(texts, "|".join(f"(?:{_first(rule)})" for rule in group))
            some, some_owners = texts.take(pa.array(hits)), owners[hits]
            for rule in group if len(hits) else ():
                # A dict keeps each example once, and their order.
                self._run([rule], dict.fromkeys(some_owners[_matching(some, rule.sought)].tolist()))


def _dense(answers: Sequence[Sequence[str]]) -> Iterator[int]:
    """Yield the positions of examples with an answer that compresses unusually well."""
    codec = pa.Codec("lz4_raw")
    for at, texts in enumerate(answers):
        for text in texts:
            if len(text) >= _LEAST_DENSE:
                data = text[:_MOST_COMPRESSED].encode()
                if len(codec.compress(data)) < _DENSE_SHARE * len(data):
                    yield at
                    break


def _groups(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Put rules together whose patterns are searched for at once.

    One pattern of all would have more states than RE2 keeps, and take ten times as long. Those that
    match at the beginning of a text only are among themselves: RE2 need not read on. Those with a
    hint come last: what hints let through is more, and is searched for the other rules as well.
    """
    groups: list[list[Rule]] = []
    size = 0
    for rule in sorted(rules, key=lambda rule: (not rule.begins, bool(rule.hint))):
        size += len(_first(rule))
        if not groups or size > _MOST_PATTERN or rule.begins != groups[-1][-1].begins:
            groups.append([])
            size = len(_first(rule))
        groups[-1].append(rule)
    return groups


def _first(rule: Rule) -> str:
    """Return the pattern that rules texts out first."""
    return rule.hint or rule.sought


def _matching(texts: pa.Array, pattern: str) -> Any:
    return np.flatnonzero(pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False))
