"""`grep`: the examples in which a text is found, and where in them.

Messages are looked at with their reasoning, refusals and calls, or any text of a record without a
conversation. Most records are ruled out by a search over their JSON, before any is parsed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vault.dataset.listed import ListedExample, listed, open_revision
from vault.dataset.reading.conversations import read_conversation, said_texts
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.records import record_arrays
from vault.objects.chunk import decode_facts
from vault.objects.json.record import read_record
from vault.objects.runs import RowKeys, key_parts
from vault.presentation.report_html import Displayed
from vault.session.context import Context

_BATCH = 4_096
_BETWEEN_ARGUMENTS = frozenset('"(){}[]:,')
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
    chosen: list[tuple[int, tuple[Place, ...]]] = []
    for at, places in rows_with(context, dataset, keys, text, options):
        count += 1
        if len(chosen) < options.limit:
            chosen.append((at, places))
    examples = listed(dataset, keys[[at for at, _ in chosen]])
    items = (FoundExample(each, places) for each, (_, places) in zip(examples, chosen, strict=True))
    return GrepReport(opened.commit, count, tuple(items))


def rows_with(
    context: Context, dataset: Dataset, keys: RowKeys, text: str, options: GrepOptions
) -> Iterator[tuple[int, tuple[Place, ...]]]:
    """Yield the places among `keys` of the rows that hold a text, ascending, and where they do.

    Costs and errors as `grep`; `limit` does not matter here.
    """
    for _, found in search_steps(context, dataset, keys, text, options):
        yield from found


def search_steps(
    context: Context, dataset: Dataset, keys: RowKeys, text: str, options: GrepOptions
) -> Iterator[tuple[int, list[tuple[int, tuple[Place, ...]]]]]:
    """Yield how many rows were looked at so far, and what `rows_with` finds in the last of them.

    A step is some thousand rows, so that who waits can show what there is, or give up.
    """
    from vault.catalogue.expressions.search import search_pattern

    pattern = search_pattern(text, is_regexp=options.regexp, ignores_case=options.ignore_case)
    context.progress.start("searching", len(keys))
    start, waiting = 0, _Candidates()
    for arrays, array in enumerate(record_arrays(dataset, keys), 1):
        waiting.add(start, array, _candidates(array, text, options))
        start += len(array)
        context.progress.advance(len(array))
        # The first steps are small: somebody waits for the first that is found.
        if waiting.count >= _BATCH or arrays.bit_count() == 1 or arrays % _MOST_ARRAYS == 0:
            yield start, waiting.found(dataset, keys, pattern, options.role)
            waiting = _Candidates()
    yield start, waiting.found(dataset, keys, pattern, options.role)
    context.progress.finish()


class _Candidates:
    """Records that may hold a text, of several arrays: looked at together, which costs less."""

    def __init__(self) -> None:
        self.count = 0
        self._positions: list[Any] = []
        self._texts: list[bytes] = []

    def add(self, start: int, array: pa.Array, places: pa.Array) -> None:
        """Add those of an array whose first record stands at `start`."""
        if len(places):
            self.count += len(places)
            self._positions.append(places.to_numpy() + start)
            self._texts += array.take(places).cast(pa.binary()).to_pylist()

    def found(
        self, dataset: Dataset, keys: RowKeys, pattern: str, role: str | None
    ) -> list[tuple[int, tuple[Place, ...]]]:
        """Return those that hold the pattern, ascending, and where they do."""
        found: list[tuple[int, tuple[Place, ...]]] = []
        positions = np.concatenate([np.zeros(0, np.int64), *self._positions])
        for first in range(0, self.count, _BATCH):
            some = slice(first, first + _BATCH)
            found += _found(dataset, keys, positions[some], self._texts[some], pattern, role)
        return found


def _candidates(array: pa.Array, text: str, options: GrepOptions) -> pa.Array:
    """Return the places of records that may hold a text, as far as their JSON tells."""
    if options.regexp:
        return pa.array(range(len(array)), pa.int64())
    written = json.dumps(text, ensure_ascii=False)[1:-1]
    mask = pc.match_substring(array, written, ignore_case=options.ignore_case)
    # The same text may be written with escapes that need not be there.
    escape = "|".join(_escapes(text, ignores_case=options.ignore_case))
    if not _BETWEEN_ARGUMENTS.isdisjoint(text):
        # Calls are searched as they are shown: with other spaces than the record may have.
        escape = rf'{escape}|"(?:arguments|args|input|value)"'
    mask = pc.or_(mask, pc.match_substring_regex(array, escape))
    return pc.indices_nonzero(mask).cast(pa.int64())


def _escapes(text: str, *, ignores_case: bool) -> Iterator[str]:
    """Yield patterns of the escapes that may stand for a character of a text."""
    if not text.isascii():
        yield r"\\u"
        return
    yield r"\\u00[0-7]"
    if "/" in text:
        yield r"\\/"
    if ignores_case and not set("ksKS").isdisjoint(text):
        # The long s and the sign of Kelvin are letters s and k in another case.
        yield r"\\u(?i:017f|212a)"


def _found(
    dataset: Dataset,
    keys: RowKeys,
    positions: NDArray[np.int64],
    texts: list[bytes],
    pattern: str,
    role: str | None,
) -> Iterator[tuple[int, tuple[Place, ...]]]:
    """Yield the position in the dataset and the places of each record that holds the pattern."""
    from vault.catalogue.expressions.search import find_pattern

    records = [read_record(each) for each in texts]
    parts = [
        (number, where, text)
        for number, found in enumerate(_parts(dataset, keys[positions], records, role))
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
        yield int(positions[number]), tuple(found_places[:_MOST_PLACES])


_AROUND = 200


def _parts(
    dataset: Dataset, keys: RowKeys, records: list[dict[str, Any]], role: str | None
) -> Iterator[list[tuple[str, str]]]:
    """Yield for each record its texts, each with the role or the path that it stands under."""
    table = dataset.columns(keys, ["kind", "source"])
    mappings: dict[int, Mapping[str, Mapping[str, str]]] = {}
    for number in set(key_parts(keys)[0].tolist()):
        chunk = dataset.store.get(dataset.numbers.digest(number))
        mappings[number] = decode_facts(chunk).mappings
    for record, kind, source, number in zip(
        records,
        table.column("kind").to_pylist(),
        table.column("source").to_pylist(),
        key_parts(keys)[0].tolist(),
        strict=True,
    ):
        conversation = read_conversation(record, kind, mappings[number].get(source))
        if conversation is None or conversation.text is not None:
            yield [] if role is not None else list(_texts("", record))
            continue
        messages = [*conversation.prompt, *conversation.response, *(conversation.rejected or ())]
        yield [
            (where, text)
            for each in messages
            if role is None or each["role"] == role
            for where, text in said_texts(each)
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
