"""`grep`: the examples in which a text is found, and where in them.

Messages are looked at with their reasoning, refusals and calls, or any text of a record without a
conversation. A search over the JSON of records rules most of them out, and of plain chats tells
which hold a text, before any is parsed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, NamedTuple, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vault.dataset.choosing.json_search import JsonSearch
from vault.dataset.listed import ListedExample, listed, open_revision
from vault.dataset.reading.conversations import plain_messages, read_conversation, said_texts
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.examples import roles_at
from vault.dataset.reading.records import numbered_arrays
from vault.objects.conversation import Kind
from vault.objects.json.record import read_record_quickly
from vault.objects.runs import RowKeys
from vault.presentation.report_html import Displayed
from vault.processes.threads import in_threads
from vault.session.context import Context

_BATCH = 4_096
_MOST_ARRAYS = 16
"""Arrays of records whose candidates are looked at together."""
_MOST_PLACES = 3


@dataclass(frozen=True, slots=True)
class GrepOptions:
    """How to look: `role` keeps to messages of a role, `limit` says how many examples are shown."""

    ignore_case: bool = False
    regexp: bool = False
    role: str | None = None
    limit: int = 20


class GrepArguments(TypedDict, total=False):
    """Fields of `GrepOptions`."""

    ignore_case: bool
    regexp: bool
    role: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text was found: the role of the message or the path of the field, and the part.

    `before` and `after` are the texts around what was `found`.
    """

    where: str
    before: str
    found: str
    after: str


FoundRow = tuple[int, tuple[Place, ...]]
"""A row that holds a text, by its position, and the places of the text."""


@dataclass(frozen=True, slots=True)
class FoundExample:
    """An example in which a text was found, with the first places."""

    example: ListedExample
    places: tuple[Place, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the example's keys, and `places`."""
        places = [
            {"where": each.where, "found": each.found, "before": each.before, "after": each.after}
            for each in self.places
        ]
        return {**self.example.to_json(), "places": places}


@dataclass(frozen=True, slots=True)
class GrepReport(Displayed):
    """In how many examples a text was found, and the first of them; `commit` None is the stage."""

    commit: str | None
    examples: int
    items: tuple[FoundExample, ...]


def grep(context: Context, text: str, revision: str | None, options: GrepOptions) -> GrepReport:
    """Return the examples of a revision (the stage) that hold a text, in dataset order.

    Costs reading all records, a second for a gigabyte. Raises InvalidInput (`pattern-invalid`),
    NotFound (`revision-not-found`), Corrupt.
    """
    opened, dataset = open_revision(context, revision)
    keys = dataset.keys()
    count = 0
    chosen: list[FoundRow] = []
    for _, found in search_steps(context, dataset, keys, text, options):
        count += len(found)
        chosen += found[: max(0, options.limit - len(chosen))]
    examples = listed(dataset, keys[[at for at, _ in chosen]])
    items = (FoundExample(each, places) for each, (_, places) in zip(examples, chosen, strict=True))
    return GrepReport(opened.commit, count, tuple(items))


def rows_with(
    context: Context, dataset: Dataset, keys: RowKeys, text: str, options: GrepOptions
) -> Iterator[int]:
    """Yield the places among `keys` of the rows that hold a text, ascending.

    Costs and errors as `grep`; `limit` does not matter here.
    """
    for _, found in search_steps(context, dataset, keys, text, replace(options, limit=0)):
        yield from (at for at, _ in found)


def search_steps(
    context: Context, dataset: Dataset, keys: RowKeys, text: str, options: GrepOptions
) -> Iterator[tuple[int, list[FoundRow]]]:
    """Yield how many rows were looked at so far, and the last of them that hold a text.

    Ascending, each with the places of the text in it, which are left out after the first `limit`
    where they need not be looked for. A step is some thousand rows, so that who waits can show what
    there is, or give up.
    """
    from vault.catalogue.expressions.search import search_pattern

    pattern = search_pattern(text, is_regexp=options.regexp, ignores_case=options.ignore_case)
    in_json = None if options.regexp else JsonSearch(text, options.ignore_case)
    search = _Search(dataset, keys, options, in_json)
    context.progress.start("searching", len(keys))
    looked_at, wanted, waiting = 0, options.limit, _Waiting(pattern, options.role)
    for arrays, candidates in enumerate(in_threads(search.look, numbered_arrays(dataset, keys)), 1):
        waiting.add(candidates)
        context.progress.advance(candidates.end - looked_at)
        looked_at = candidates.end
        # The first steps are small: somebody waits for the first that is found.
        if waiting.count >= _BATCH or arrays.bit_count() == 1 or arrays % _MOST_ARRAYS == 0:
            found = waiting.found(wanted)
            wanted = max(0, wanted - len(found))
            yield looked_at, found
    yield looked_at, waiting.found(wanted)
    context.progress.finish()


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Records that may hold a text: where each stands, and what decides how it is read.

    `is_sure` tells which of them hold it for sure, `end` where the array ends that they are from.
    """

    end: int
    positions: NDArray[np.int64]
    texts: pa.Array
    kinds: list[str]
    mappings: Mapping[int, Mapping[str, str]]
    is_sure: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Search:
    """A search of the records of some rows; all of them are candidates without `in_json`."""

    dataset: Dataset
    keys: RowKeys
    options: GrepOptions
    in_json: JsonSearch | None

    def look(self, numbered: tuple[int, pa.Array]) -> _Candidates:
        """Return the candidates of an array of records that begins at a row."""
        start, array = numbered
        end = start + len(array)
        positions = np.arange(start, end)
        if self.in_json is not None:
            found = self.in_json.may_hold(array).to_numpy(zero_copy_only=False)
            positions = positions[found]
            array = array.take(pa.array(positions - start))
        if not len(positions):
            return _Candidates(end, positions, array, [], {}, np.zeros(0, np.bool_))
        table = self.dataset.columns(self.keys[positions], ["kind", "source"])
        mappings = roles_at(self.dataset, self.keys[positions], table)
        is_sure = np.zeros(len(positions), np.bool_)
        if self.in_json is not None:
            is_chat = pc.equal(table.column("kind").cast(pa.string()), Kind.CHAT.value)
            sure = self.in_json.surely_in_messages(array, self.options.role)
            is_sure = np.asarray(is_chat) & np.asarray(sure.to_numpy(zero_copy_only=False))
            is_sure[list(mappings)] = False
        kinds = table.column("kind").to_pylist()
        return _Candidates(end, positions, array, kinds, mappings, is_sure)


class _Waiting:
    """Candidates of several arrays: looked at together, which costs less."""

    def __init__(self, pattern: str, role: str | None) -> None:
        self.count = 0
        self._pattern = pattern
        self._role = role
        self._waiting: list[_Candidates] = []

    def add(self, candidates: _Candidates) -> None:
        """Add the candidates of another array."""
        self.count += len(candidates.positions)
        self._waiting.append(candidates)

    def found(self, wanted: int) -> list[FoundRow]:
        """Return those that hold the pattern, ascending, with the places of the first `wanted`.

        Those that were added wait no longer.
        """
        sure: list[int] = []
        doubtful: list[_Doubtful] = []
        for each in self._waiting:
            # However few of the others hold it, no more of those that are sure come first.
            first = np.flatnonzero(each.is_sure)[:wanted]
            is_doubtful = ~each.is_sure
            is_doubtful[first] = True
            wanted -= len(first)
            sure += each.positions[~is_doubtful].tolist()
            doubtful += _doubtful(each, np.flatnonzero(is_doubtful))
        self.count, self._waiting = 0, []
        result: list[FoundRow] = [(at, ()) for at in sure]
        for at in range(0, len(doubtful), _BATCH):
            result += _found(doubtful[at : at + _BATCH], self._pattern, self._role)
        return sorted(result, key=itemgetter(0))


class _Doubtful(NamedTuple):
    """A record that must be parsed to tell."""

    position: int
    text: bytes
    kind: str
    mapping: Mapping[str, str] | None


def _doubtful(candidates: _Candidates, places: NDArray[np.int64]) -> Iterator[_Doubtful]:
    texts = candidates.texts.take(pa.array(places)).cast(pa.binary()).to_pylist()
    for place, text in zip(places.tolist(), texts, strict=True):
        yield _Doubtful(
            int(candidates.positions[place]),
            text,
            candidates.kinds[place],
            candidates.mappings.get(place),
        )


def _found(records: Sequence[_Doubtful], pattern: str, role: str | None) -> Iterator[FoundRow]:
    """Yield the position and the places of each record that holds the pattern."""
    from vault.catalogue.expressions.search import find_pattern

    parts = [
        (number, where, text)
        for number, found in enumerate(_parts(each, role) for each in records)
        for where, text in found
    ]
    matches = find_pattern([text for _, _, text in parts], pattern)
    places: dict[int, list[Place]] = {}
    for (number, where, text), match in zip(parts, matches, strict=True):
        if match is not None:
            at = text.find(match)
            place = Place(where, text[:at][-_AROUND:], match, text[at + len(match) :][:_AROUND])
            places.setdefault(number, []).append(place)
    for number, found_places in places.items():
        yield records[number].position, tuple(found_places[:_MOST_PLACES])


_AROUND = 200


def _parts(given: _Doubtful, role: str | None) -> list[tuple[str, str]]:
    """Return the texts of a record, each with the role or the path that it stands under."""
    record = read_record_quickly(given.text)
    plain = plain_messages(record, given.kind, given.mapping)
    if plain is not None:
        said = [(each["role"], each["content"]) for each in plain]
        return said if role is None else [each for each in said if each[0] == role]
    conversation = read_conversation(record, given.kind, given.mapping)
    if conversation is None or conversation.text is not None:
        return [] if role is not None else list(_texts("", record))
    messages = [*conversation.prompt, *conversation.response, *(conversation.rejected or ())]
    return [
        said
        for each in messages
        if role is None or each["role"] == role
        for said in said_texts(each)
    ]


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _texts(f"{name}.{key}" if name else key, each)
    elif isinstance(value, list):
        for number, each in enumerate(value, start=1):
            yield from _texts(f"{name}[{number}]", each)
