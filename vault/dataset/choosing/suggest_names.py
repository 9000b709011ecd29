"""The nearest field or label to one that occurs nowhere."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from vault.dataset.reading.dataset import Dataset, chunk_table
from vault.dataset.reading.labels import label_names
from vault.dataset.reading.records import record_texts
from vault.errors import InvalidExpression, NotFound
from vault.objects.json.record import read_record
from vault.objects.json.text import parse

if TYPE_CHECKING:
    from vault.catalogue.expressions.columns import Reference
    from vault.catalogue.expressions.syntax import Node, Source

_LOOKED_AT = 200
_MOST_DEPTH = 4
_LISTED = 6


def label_missing(name: str, known: Collection[str]) -> NotFound:
    """Return the error for a label that no example has, with the nearest one that some have."""
    below = sorted(each for each in known if each.startswith(f"{name}."))
    near = below or difflib.get_close_matches(name, sorted(known), n=1)
    listed = "`vault label --list` lists labels"
    return NotFound(
        f'no example has the label "{name}"',
        code="label-not-found",
        hint=f"did you mean {near[0]}? {listed}" if near else listed,
    )


def name_unknown(
    datasets: Sequence[Dataset], source: Source, reference: Reference, node: Node
) -> InvalidExpression:
    """Return the error for a field or label that no example of some datasets has."""
    from vault.catalogue.expressions.columns import LABELS

    is_label = reference.root == LABELS
    names = label_names if is_label else field_names
    known = sorted({each for dataset in datasets for each in names(dataset)})
    wanted = reference.shown.split(".", 1)[-1]
    message = f'no example has a label "{wanted}"' if is_label else f'no record has "{wanted}"'
    near = _nearest(wanted, known)
    listed = ", ".join(f"{reference.root}.{each}" for each in known[:_LISTED])
    hint = f"did you mean {reference.root}.{near}?" if near else f"there are {listed}"
    if not known:
        hint = "there are no labels yet"
    return InvalidExpression(message, excerpt=source.at(node), code="name-unknown", hint=hint)


def field_names(dataset: Dataset) -> set[str]:
    """Return dotted names of fields that records at the beginning of a dataset's chunks have."""
    names: set[str] = set()
    runs = dataset.runs()
    for number in dict.fromkeys(runs.chunk[:_LOOKED_AT].tolist()):
        chunk = dataset.numbers.digest(number)
        table = chunk_table(dataset.store, chunk, ["fields"])
        texts = set(table.column("fields").slice(0, _LOOKED_AT).drop_null().to_pylist())
        for text in texts:
            names.update(_dotted(parse(text.encode())[0]))
    for text in islice(record_texts(dataset, dataset.keys()[:_LOOKED_AT]), _LOOKED_AT):
        names.update(_dotted(read_record(text)))
    return names


def _dotted(value: Any, before: str = "", depth: int = 0) -> Iterator[str]:
    if not isinstance(value, dict) or depth == _MOST_DEPTH:
        return
    for name, each in value.items():
        shown = name if name.isidentifier() else f'"{name}"'
        yield before + shown
        yield from _dotted(each, f"{before}{shown}.", depth + 1)


def _nearest(wanted: str, known: Sequence[str]) -> str | None:
    # `data.topic` is more likely a piece of `data.metadata.topic` than a slip of the fingers.
    last = wanted.rsplit(".", 1)[-1]
    ends = [each for each in known if each.rsplit(".", 1)[-1] == last]
    near = ends or difflib.get_close_matches(wanted, known, n=1, cutoff=0.6)
    return near[0] if near else None
