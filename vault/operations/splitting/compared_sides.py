"""What a check for leaks compares: sides of a split and evaluation sets, with their keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dataset.reading.compared_texts import Part, read_conversations
from vault.dataset.reading.dataset import Dataset, hashes_of, ids_of
from vault.dataset.reading.id_index import NOWHERE, IdIndex
from vault.dataset.reading.spoken_texts import read_spoken
from vault.dedupe.coverage.search import Spoken
from vault.dedupe.shingles import is_first
from vault.dedupe.texts import Rows
from vault.errors import InvalidInput
from vault.objects.conversation import Conversation, derive_keys
from vault.objects.digest import ID_BYTES
from vault.objects.runs import RowKeys
from vault.operations.duplicates.plan.reference import Reference, open_reference
from vault.session.context import Context


@dataclass(frozen=True, slots=True)
class Keys:
    """64-bit keys of rows, 0 where a row has none, and which rows have one."""

    values: NDArray[np.uint64]
    valid: NDArray[np.bool_]

    def of(self, rows: Rows) -> Keys:
        """Return the keys of some rows."""
        return Keys(self.values[rows], self.valid[rows])


@dataclass(frozen=True, slots=True)
class Side:
    """Examples that are compared with those of another side, or that others are compared with.

    `name` is None for every example of a dataset that is not split. `understood` are conversations
    of raw records of an evaluation set, by place. `contents` and `prompts` are the keys of whole
    conversations and of prompts.
    """

    name: str | None
    dataset: Dataset
    keys: RowKeys
    rows: Rows
    ids: NDArray[np.void]
    contents: Keys
    prompts: Keys
    understood: Mapping[int, Conversation] = field(default_factory=dict)
    is_reference: bool = False
    unread: int = 0

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.keys)

    def origins(self) -> pa.Array:
        """Return how each example was generated, as JSON; null for all others. Raises Corrupt."""
        return self.dataset.columns(self.keys, ["origin"]).column("origin")

    def spoken(self) -> Iterator[Spoken]:
        """Yield what is said in the examples, in their order. Raises Corrupt."""
        return read_spoken(self.dataset, self.keys, self.understood)

    def spoken_in(self, places: Rows) -> Iterator[Spoken]:
        """Yield what is said in some examples, in the order of `places`. Raises Corrupt."""
        at = {place: number for number, place in enumerate(places.tolist())}
        chosen = {at[place]: each for place, each in self.understood.items() if place in at}
        return read_spoken(self.dataset, self.keys[places], chosen)

    def conversations(self) -> list[Conversation | None]:
        """Return the conversations of an evaluation set. Raises Corrupt."""
        stored = [each for some in read_conversations(self.dataset, self.keys) for each in some]
        return [
            self.understood.get(place) if each is None else each
            for place, each in enumerate(stored)
        ]


@dataclass(frozen=True, slots=True)
class OwnRows:
    """The rows of the dataset that is checked: row keys, and what equal rows share."""

    dataset: Dataset
    keys: RowKeys
    ids: NDArray[np.void]
    contents: Keys
    prompts: Keys

    @classmethod
    def of(cls, dataset: Dataset) -> OwnRows:
        """Read the keys of all rows. Raises Corrupt."""
        keys = dataset.keys()
        table = dataset.columns(keys, ["id", "content_id", "prompt_id"])
        contents, prompts = (
            Keys(*hashes_of(table, f"{each}_id")) for each in ("content", "prompt")
        )
        return cls(dataset, keys, ids_of(table), contents, prompts)

    def side(self, name: str | None, rows: Rows) -> Side:
        """Return some rows as a side."""
        return Side(
            name,
            self.dataset,
            self.keys[rows],
            rows,
            self.ids[rows],
            self.contents.of(rows),
            self.prompts.of(rows),
        )

    def with_new_prompt(self, rows: Rows) -> NDArray[np.bool_]:
        """Tell which of some rows have a prompt that none of the rows before them has."""
        prompts = self.prompts.of(rows)
        order = np.lexsort((np.arange(len(rows)), prompts.values))
        result = np.zeros(len(rows), np.bool_)
        result[order[is_first(prompts.values[order])]] = True
        return result | ~prompts.valid


def read_reference(context: Context, name: str, path: str) -> Side:
    """Return the examples of a version or a file as a side called `name`.

    Raises what `open_reference` raises, and InvalidInput (`evaluation-ambiguous`) where several
    fields may be what is asked.
    """
    reference = _opened(context, path)
    dataset = reference.dataset
    own = OwnRows.of(dataset)
    contents, prompts = own.contents, own.prompts
    if reference.understood:
        contents, prompts = (_copied(each) for each in (contents, prompts))
        for place, conversation in reference.understood.items():
            derived = derive_keys(conversation)
            for keys, key in ((contents, derived.content_id), (prompts, derived.prompt_id)):
                if key is not None and not keys.valid[place]:
                    keys.values[place], keys.valid[place] = key, True
    every = np.arange(len(own.keys))
    understood, unread = reference.understood, reference.unread
    return Side(
        name, dataset, own.keys, every, own.ids, contents, prompts, understood, True, unread
    )


def _opened(context: Context, path: str) -> Reference:
    try:
        return open_reference(context, path)
    except InvalidInput as error:
        if error.code != "reference-ambiguous":
            raise
    try:
        # Which field is the answer does not matter for questions.
        return open_reference(context, path, part=Part.PROMPT)
    except InvalidInput as error:
        if error.code != "reference-ambiguous":
            raise
        raise InvalidInput(
            str(error),
            code="evaluation-ambiguous",
            hint="rename the field that is asked to prompt and leave the others out",
        ) from None


def _copied(keys: Keys) -> Keys:
    return Keys(keys.values.copy(), keys.valid.copy())


def equal_keys(first: Keys, second: Keys) -> Rows:
    """Return for each of the second keys the place of the first equal one, -1 for none."""
    rows = np.flatnonzero(first.valid)
    order = rows[np.argsort(first.values[rows], kind="stable")]
    ordered = first.values[order]
    if not len(ordered):
        return np.full(len(second.values), -1)
    at = np.minimum(np.searchsorted(ordered, second.values), len(ordered) - 1)
    is_there = second.valid & (ordered[at] == second.values)
    return np.where(is_there, order[at], -1)


def equal_ids(first: NDArray[np.void], second: NDArray[np.void]) -> Rows:
    """Return for each of the second ids the place of the same one among the first, -1 for none."""
    index = IdIndex()
    index.add(first, np.arange(len(first), dtype=np.uint64))
    _, place = index.find(second)
    return np.where(place == NOWHERE, -1, place.astype(np.int64))


def seeds_of(side: Side) -> tuple[Rows, NDArray[np.void]]:
    """Return the seeds of generated examples: the place of an example and the id of each seed.

    They are in `seeds` of the column `origin`; what is no id there is passed over. Raises Corrupt.
    """
    column = side.origins()
    places = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    rows: list[int] = []
    data = bytearray()
    for place, text in zip(places.tolist(), column.take(pa.array(places)).to_pylist(), strict=True):
        for seed in _seeds_in(text):
            rows.append(place)
            data += seed
    return np.array(rows, np.int64), np.frombuffer(bytes(data), f"V{ID_BYTES}")


def _seeds_in(origin: str) -> Iterator[bytes]:
    try:
        found = json.loads(origin)
    except ValueError:
        return
    seeds = found.get("seeds") if isinstance(found, dict) else None
    for each in seeds if isinstance(seeds, list) else ():
        try:
            seed = bytes.fromhex(each)
        except (TypeError, ValueError):
            continue
        if len(seed) == ID_BYTES:
            yield seed


Pair = tuple[int, int]
"""Two sides by their places: who may give away, and whose examples may be given away."""


def pairs_of(sides: Sequence[Side], training: Callable[[int], bool]) -> list[Pair]:
    """Return which sides are compared: each with those after it, evaluation sets with training."""
    return [
        (one, other)
        for one, first in enumerate(sides)
        for other in range(one + 1, len(sides))
        if not first.is_reference and (training(one) or not sides[other].is_reference)
    ]
