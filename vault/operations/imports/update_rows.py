"""`import --update`: which example each edited record takes the place of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vault.dataset.changing.row_order import rows_exchanged
from vault.dataset.comparing.compare import compare_datasets, field_values
from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset
from vault.dataset.reading.id_index import NOWHERE, IdIndex
from vault.dataset.reading.sources import Claims, source_of_each
from vault.errors import InvalidInput
from vault.objects.digest import Digest
from vault.objects.runs import RowKeys, in_both
from vault.operations.imports.ingest import FileOutcome


def updated(
    dataset: Dataset,
    keys: RowKeys,
    files: Sequence[FileOutcome],
    incoming: Sequence[RowKeys],
    base: Digest | None,
) -> tuple[RowKeys, Claims]:
    """Put edited records in the place of those with the same key; the others are appended.

    An exported id of which the example was edited since the commit with the manifest `base` leads
    to what it was edited into. Each file is told how many of its records updated nothing
    (`unmatched`) or became equal to another example and were left out (`merged`). Returns the new
    order, and the rows that change hands. Raises InvalidInput (`key-ambiguous`).

    An edited record belongs to the source whose record it takes the place of: replacing that
    source later must not leave both.
    """
    taken: dict[str, list[int]] = {}
    for file, rows in zip(files, incoming, strict=True):
        wanted = _wanted(file, rows)
        present = set(in_both(rows, keys).tolist())
        places = _places_by_key(dataset, keys, file.reader.key, set(wanted), base)
        exchanged = {
            place: wanted[key] for key, place in places.items() if wanted[key] not in present
        }
        file.unmatched = len(rows) - len(present) - len(exchanged)
        equal = [wanted[key] in present and wanted[key] != at for key, at in places.items()]
        file.merged = sum(equal)
        owners = source_of_each(dataset, np.array(list(exchanged), np.uint64))
        for owner, row in zip(owners, exchanged.values(), strict=True):
            taken.setdefault(owner, []).append(row)
        keys = rows_exchanged(keys, exchanged, rows)
    return keys, [(owner, np.array(rows, np.uint64)) for owner, rows in taken.items()]


def _wanted(file: FileOutcome, incoming: RowKeys) -> dict[bytes, int]:
    """Return the row to put in the place of each update key: of one exported id, the first."""
    wanted: dict[bytes, int] = {}
    for key, row in zip(file.keys, incoming.tolist(), strict=True):
        if key is None:
            continue
        if key in wanted and file.reader.key is not None:
            raise InvalidInput(
                f"several records of {file.path} have {file.reader.key} = {key.decode()}",
                code="key-ambiguous",
                hint="name a field that differs in every record with --key",
            )
        wanted.setdefault(key, row)
    return wanted


def _places_by_key(
    dataset: Dataset, keys: RowKeys, path: str | None, wanted: set[bytes], base: Digest | None
) -> dict[bytes, int]:
    """Return the row key of each wanted update key that the dataset has."""
    if path is None:
        return _places_by_id(dataset, keys, wanted, base)
    result: dict[bytes, int] = {}
    for value, place in zip(field_values(dataset, keys, path), keys.tolist(), strict=True):
        if value is None or value not in wanted:
            continue
        if value in result:
            raise InvalidInput(
                f"several examples have {path} = {value.decode()}, so none can be told to update",
                code="key-ambiguous",
                hint="name a field that differs in every example with --key",
            )
        result[value] = place
    return result


def _is_hex(text: bytes) -> bool:
    return all(each in b"0123456789abcdef" for each in text)


def _places_by_id(
    dataset: Dataset, keys: RowKeys, wanted: set[bytes], base: Digest | None
) -> dict[bytes, int]:
    texts = sorted(each for each in wanted if len(each) == 32 and _is_hex(each))
    ids = np.frombuffer(b"".join(bytes.fromhex(each.decode()) for each in texts), "V16")
    index = IdIndex()
    index.add(ids_of(dataset.columns(keys, ["id"])), keys)
    known, places = index.find(ids)
    if base is not None and not known.all():
        # Edited before, and not committed since: the file still has the ids of the commit.
        before = open_dataset(dataset.store, base, numbers=dataset.numbers)
        changes = compare_datasets(before, dataset)
        edited = IdIndex()
        edited.add(ids_of(before.columns(changes.changed_old, ["id"])), changes.changed_new)
        followed, led_to = edited.find(ids)
        places = np.where(known, places, led_to)
        known = known | followed
    found = zip(texts, known.tolist(), places.tolist(), strict=True)
    return {text: place for text, is_known, place in found if is_known and place != NOWHERE}
