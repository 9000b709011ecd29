"""Roles and tools of examples, which only the records tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vault.dataset.reading.compared_texts import read_records_with_kinds
from vault.dataset.reading.conversations import read_conversation
from vault.dataset.reading.dataset import Dataset
from vault.objects.conversation import Conversation
from vault.objects.runs import RowKeys
from vault.operations.statistics.read_columns import Rows
from vault.session.context import Context

_UNNAMED = "(unnamed)"


@dataclass(frozen=True, slots=True)
class ToolFigures:
    """How many examples declare tools, how many call some, and how many name each tool.

    A name is counted once for an example that declares or calls it; most frequent first.
    """

    declared: int
    called: int
    names: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SpokenFigures:
    """How many messages have each role, and the tools."""

    roles: Mapping[str, int]
    tools: ToolFigures


@dataclass(frozen=True, slots=True)
class _Mentions:
    """Names and the rows that mention them: row `row[i]` mentions `names[place[i]]`."""

    row: Rows
    place: Rows
    names: list[str]

    def at(self, position: Rows) -> _Mentions:
        row = position[self.row]
        is_kept = row >= 0
        return _Mentions(row[is_kept], self.place[is_kept], self.names)

    def by_group(self, group: Rows, groups: int) -> list[dict[str, int]]:
        from vault.statistics.tallies import tally_by_group

        found = tally_by_group(group[self.row], self.place, groups, len(self.names))
        counted = ([(self.names[each], n) for each, n in zip(*one, strict=True)] for one in found)
        return [dict(sorted(each, key=lambda one: (-one[1], one[0]))) for each in counted]


@dataclass(frozen=True, slots=True)
class Spoken:
    """The roles and tools of some examples, by row."""

    roles: _Mentions
    tools: _Mentions
    declares: Rows
    calls: Rows

    def at(self, rows: Rows) -> Spoken:
        """Return what some of the examples say, by their rows, ascending."""
        position = np.full(len(self.declares), -1, np.int64)
        position[rows] = np.arange(len(rows))
        return Spoken(
            self.roles.at(position),
            self.tools.at(position),
            self.declares[rows],
            self.calls[rows],
        )

    def by_group(self, group: Rows, groups: int) -> list[SpokenFigures]:
        """Return the figures of the groups numbered 0 to `groups` - 1."""
        declared = np.bincount(group[self.declares > 0], minlength=groups).tolist()
        called = np.bincount(group[self.calls > 0], minlength=groups).tolist()
        roles = self.roles.by_group(group, groups)
        names = self.tools.by_group(group, groups)
        return [
            SpokenFigures(roles[at], ToolFigures(declared[at], called[at], names[at]))
            for at in range(groups)
        ]


class _Gathered:
    """Mentions while they are gathered."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._rows: list[int] = []
        self._places: list[int] = []

    def add(self, row: int, names: Iterator[str] | set[str]) -> None:
        for name in names:
            self._rows.append(row)
            self._places.append(self._numbers.setdefault(name, len(self._numbers)))

    def mentions(self) -> _Mentions:
        rows, places = np.array(self._rows, np.int64), np.array(self._places, np.int64)
        return _Mentions(rows, places, list(self._numbers))


def read_spoken(context: Context, dataset: Dataset, keys: RowKeys) -> Spoken:
    """Return the roles and tools of rows. Costs reading the records: 10 µs each. Raises Corrupt."""
    roles, tools = _Gathered(), _Gathered()
    declares, calls = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
    context.progress.start("reading", len(keys))
    row = 0
    for records, kinds, mapped in read_records_with_kinds(dataset, keys):
        for at, (record, kind) in enumerate(zip(records, kinds, strict=True)):
            conversation = read_conversation(record, kind, mapped.get(at))
            if conversation is not None:
                declared = {_declared_name(each) for each in conversation.tools or ()}
                called = {_text(call.get("name")) for call in _calls_in(conversation)}
                declares[row], calls[row] = bool(declared), bool(called)
                roles.add(row, (_text(each["role"]) for each in _messages(conversation)))
                tools.add(row, declared | called)
            row += 1
        context.progress.advance(len(records))
    context.progress.finish()
    return Spoken(roles.mentions(), tools.mentions(), declares, calls)


def _messages(conversation: Conversation) -> Iterator[Mapping[str, Any]]:
    """Yield the messages of a conversation; of a preference those of both answers."""
    yield from conversation.prompt
    yield from conversation.response
    yield from conversation.rejected or ()


def _calls_in(conversation: Conversation) -> Iterator[Mapping[str, Any]]:
    for message in _messages(conversation):
        calls = message.get("tool_calls")
        if isinstance(calls, list | tuple):
            yield from (each for each in calls if isinstance(each, Mapping))


def _declared_name(tool: Any) -> str:
    if not isinstance(tool, Mapping):
        return _UNNAMED
    function = tool.get("function")
    named = function if isinstance(function, Mapping) else tool
    return _text(named.get("name"))


def _text(name: Any) -> str:
    return name if isinstance(name, str) and name else _UNNAMED
