"""Browsing: the examples of a version in an order, page by page, without reading the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vault.dataset.choosing.saved_filters import satisfying
from vault.dataset.choosing.select import Selection, select
from vault.dataset.listed import open_revision
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.examples import made_of_each, read_examples
from vault.dataset.reading.labels import label_of_each
from vault.errors import InvalidInput, NotFound
from vault.objects.conversation import Conversation
from vault.objects.digest import digest_of
from vault.objects.json.record import read_record
from vault.objects.labels.label_name import is_label_name
from vault.objects.labels.label_set import LabelValue
from vault.objects.manifest import Manifest
from vault.objects.runs import RowKeys
from vault.operations.exports.for_trainers.trainer_view import TrainerView, TrainerViews
from vault.operations.queries.grep import GrepOptions, rows_with, search_steps
from vault.operations.queries.pictures import Picture, picture_at
from vault.operations.queries.shown_example import Clip, Row, Whole, row_of, whole_of
from vault.session.context import Context
from vault.session.revisions import STAGE, resolve

MOST_ROWS = 200
"""Rows of a page, at most."""

_COLUMNS = ("tokens", "turns")
_LABELS = "labels."
SORTS = ("dataset", *_COLUMNS, *(f"-{each}" for each in _COLUMNS), "random")
"""Orders to browse in: as in the dataset, by a column (most first with a minus), at random.

Examples can also be sorted by a label: `labels.NAME`, `-labels.NAME`."""


Choice = Callable[[Dataset, RowKeys], RowKeys]
"""Chooses some of the rows of a dataset."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The examples of a version that satisfy some expressions, in an order.

    `version` says which version it is: it changes with every change of examples or labels. `of` is
    the number of all its examples. `views` keeps what was decided of the files for trainers.
    """

    version: str
    of: int
    dataset: Dataset
    keys: RowKeys
    views: TrainerViews

    @classmethod
    def of_rows(cls, version: str, of: int, dataset: Dataset, keys: RowKeys) -> Self:
        """Return the list of some rows of a dataset, in the order of `keys`."""
        return cls(version, of, dataset, keys, TrainerViews(dataset, keys))

    def __len__(self) -> int:
        """Return the number of examples."""
        return len(self.keys)

    @property
    def rows(self) -> str:
        """An identifier of the rows, independent of labels."""
        return _rows(self.dataset.manifest)

    def narrowed(self, keys: RowKeys) -> Listing:
        """Return the list of some of its rows, in the order of `keys`."""
        return Listing.of_rows(self.version, self.of, self.dataset, keys)

    def ordered(self, sort: str, seed: int = 0) -> Listing:
        """Return the list in another order; one in the order of the dataset is meant to be."""
        return self.narrowed(_sorted(self.dataset, self.keys, sort, seed))

    def ids(self, offset: int, limit: int) -> list[str]:
        """Return the ids of some examples. Raises Corrupt."""
        keys = self.keys[max(0, offset) : max(0, offset) + max(0, limit)]
        found = ids_of(self.dataset.columns(keys, ["id"]))
        return [each.tobytes().hex() for each in found]

    def page(self, offset: int, limit: int) -> tuple[Row, ...]:
        """Return some rows, at most MOST_ROWS.

        Costs reading their records: 3 ms for each 1,024 rows of a chunk that have one of them.
        Raises Corrupt.
        """
        start = max(0, offset)
        keys = self.keys[start : start + max(0, min(limit, MOST_ROWS))]
        return tuple(map(row_of, read_examples(self.dataset, keys)))

    def whole(self, place: int, *, clips: bool = True) -> Whole:
        """Return the example at a place, with long texts cut unless all is wanted.

        Raises NotFound (`example-not-there`), Corrupt.
        """
        (found,) = self.narrowed(self.key(place)).wholes(clips=clips)
        return found

    def wholes(self, *, clips: bool = True) -> list[Whole]:
        """Return all examples of a short list, as `whole` does. Raises Corrupt."""
        examples = read_examples(self.dataset, self.keys)
        fields = self.dataset.columns(self.keys, ["fields"]).column("fields").to_pylist()
        made = made_of_each(self.dataset, self.keys)
        return [
            whole_of(example, {} if own is None else read_record(own.encode()), by, clips=clips)
            for example, own, by in zip(examples, fields, made, strict=True)
        ]

    def seen_by(self, place: int, target: str, *, clips: bool = True) -> TrainerView:
        """Return the example at a place as the files for a trainer hold it, long texts cut.

        Raises NotFound (`example-not-there`), InvalidInput (`trainer-unknown`), Corrupt.
        """
        self.key(place)
        seen = self.views.view(place, target)
        return replace(seen, records=tuple(map(Clip(clips).value, seen.records)))

    def picture(self, place: int, turn: int | None, part: int) -> Picture:
        """Return a picture that an example holds in a part of a message, or beside them.

        Raises NotFound (`example-not-there`), InvalidInput (`picture-unreadable`), Corrupt.
        """
        (example,) = read_examples(self.dataset, self.key(place))
        return picture_at(example.conversation or Conversation(), turn, part)

    def require(self, place: int, example_id: str) -> None:
        """Raise NotFound (`example-not-there`) unless this example is at the place."""
        (found,) = ids_of(self.dataset.columns(self.key(place), ["id"]))
        if found.tobytes().hex() != example_id:
            raise NotFound(
                f"the example {example_id[:12]} is not at this place any more",
                code="example-not-there",
                hint="the examples have changed: show them as they are now",
            )

    def key(self, place: int) -> RowKeys:
        """Return the row key at a place, alone. Raises NotFound (`example-not-there`)."""
        if not 0 <= place < len(self.keys):
            raise NotFound(
                f"there is no example number {place + 1:,}: the list has {len(self.keys):,}",
                code="example-not-there",
                hint="go to one that is in the list",
            )
        return self.keys[place : place + 1]


def browse(
    context: Context,
    expressions: Sequence[str] = (),
    revision: str | None = None,
    *,
    text: str | None = None,
    chosen: Choice | None = None,
    sort: str = "dataset",
    seed: int = 0,
) -> Listing:
    """Return the examples of a revision (the stage) that satisfy all expressions, in an order.

    With `text` only those that hold it, in any case; with `chosen` only those that it returns of
    them. Costs what the expressions cost, reading the column that they are sorted by, and for a
    text all records that are left. Raises as `matching_keys` does, NotFound
    (`revision-not-found`), InvalidInput (`sort-unknown`).
    """
    label = sort.removeprefix("-").removeprefix(_LABELS)
    is_label = sort.removeprefix("-").startswith(_LABELS) and is_label_name(label)
    if sort not in SORTS and not is_label:
        raise InvalidInput(
            f'examples cannot be sorted by "{sort}"',
            code="sort-unknown",
            hint=f"there are {', '.join(SORTS)}, {_LABELS}NAME and -{_LABELS}NAME",
        )
    opened, dataset = open_revision(context, revision)
    all_keys = dataset.keys()
    keys = satisfying(context, dataset, all_keys, expressions)
    if chosen is not None:
        keys = chosen(dataset, keys)
    if text:
        options = GrepOptions(ignore_case=True)
        keys = keys[list(rows_with(context, dataset, keys, text, options))]
    keys = _sorted(dataset, keys, sort, seed)
    version = opened.manifest or ""
    return Listing.of_rows(version, len(all_keys), dataset, keys)


def search_listing(context: Context, listing: Listing, text: str) -> Iterator[tuple[int, RowKeys]]:
    """Yield how many rows of a list were looked at so far, and those of the last that hold a text.

    In any case, in the order of the list, which should be that of the dataset: then it costs
    reading the records once. Raises Corrupt.
    """
    options = GrepOptions(ignore_case=True, limit=0)
    for looked_at, found in search_steps(context, listing.dataset, listing.keys, text, options):
        yield looked_at, listing.keys[[at for at, _ in found]]


def version_of(context: Context, revision: str | None = None) -> str:
    """Return the `version` that a listing of a revision (the stage) would have now."""
    return resolve(context, context.log.tip().view, revision or STAGE).manifest or ""


def rows_of(context: Context, revision: str | None = None) -> tuple[str, int]:
    """Return the `rows` that a listing of a revision (the stage) would have now, and their number.

    Costs reading the manifest.
    """
    manifest = open_revision(context, revision)[1].manifest
    return _rows(manifest), manifest.examples


def _rows(manifest: Manifest) -> str:
    return digest_of("".join(each.page for each in manifest.pages).encode())[:16]


def _sorted(dataset: Dataset, keys: RowKeys, sort: str, seed: int) -> RowKeys:
    if sort == "dataset":
        return keys
    if sort == "random":
        return select(dataset, keys, Selection(shuffle=True, seed=seed))
    name = sort.removeprefix("-")
    if name.startswith(_LABELS):
        return keys[
            _label_order(dataset, keys, name.removeprefix(_LABELS), most_first=name != sort)
        ]
    values = dataset.columns(keys, [name]).column(name).to_numpy().astype(np.int64)
    return keys[np.argsort(-values if sort != name else values, kind="stable")]


def _label_order(
    dataset: Dataset, keys: RowKeys, name: str, *, most_first: bool
) -> NDArray[np.int64]:
    """Return the places of rows by the value of a label, those without it last.

    Numbers come before yes and no, and these before texts.
    """
    found = label_of_each(dataset, keys, name.__eq__).get(name)
    if found is None:
        return np.arange(len(keys))
    known = [each for each in found.values if each is not None]
    ordered = sorted(known, key=_label_rank, reverse=most_first)
    rank = {_label_rank(each): at for at, each in enumerate(ordered)}
    ranks = [len(rank) if each is None else rank[_label_rank(each)] for each in found.values]
    return np.argsort(np.array(ranks)[found.place], kind="stable")


def _label_rank(value: LabelValue) -> tuple[int, float, str]:
    if isinstance(value, str):
        return 2, 0.0, value
    return int(isinstance(value, bool)), float(value), ""
