"""Values of a field by which rows are grouped or stratified, as numbers."""

from __future__ import annotations

import difflib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vault.catalogue.expressions.columns import COLUMNS, DATA, LABELS, Reference, Type
from vault.dataset.choosing.expression_table import example_table
from vault.dataset.choosing.suggest_names import field_names
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import label_names
from vault.errors import InvalidInput
from vault.objects.runs import RowKeys
from vault.session.context import Context

_VALUE = "value"


def numbers_of_field(
    context: Context, dataset: Dataset, keys: RowKeys, name: str
) -> NDArray[np.int64]:
    """Return a number for each row that rows with the same value of a field share, -1 for none.

    `name` is a column of expressions, `labels.NAME`, `data.PATH`, or a path alone where no column
    has the name. Empty text, and an empty list or object, are no value. Raises InvalidInput
    (`field-unknown`) if no row has it, and for `messages`.
    """
    reference = _reference(name)
    found = example_table(context, dataset, (), {_VALUE: reference}, keys=keys)
    column = _without_empty(found.table.column(_VALUE).combine_chunks())
    if len(keys) and column.null_count == len(column):
        raise _unknown(dataset, name, reference)
    encoded = _whole(column).dictionary_encode()
    numbers: NDArray[np.int64] = encoded.indices.fill_null(-1).to_numpy().astype(np.int64)
    return numbers


def _reference(name: str) -> Reference:
    root, _, rest = name.partition(".")
    column = COLUMNS.get(name)
    if column is not None and column.type is not Type.MESSAGES:
        return Reference(name, (), column.type)
    if column is not None:
        raise InvalidInput(
            f'"{name}" is a list, and examples cannot be told apart by it',
            code="field-unknown",
            hint="use prompt, or a field such as data.topic",
        )
    if root == LABELS and rest:
        return Reference(LABELS, (rest,), Type.TEXT)
    path = rest if root == DATA and rest else name
    return Reference(DATA, tuple(path.split(".")), Type.TEXT)


def _unknown(dataset: Dataset, name: str, reference: Reference) -> InvalidInput:
    is_label = reference.root == LABELS
    known = label_names(dataset) if is_label else field_names(dataset)
    fields = sorted(f"{reference.root}.{each}" for each in known)
    near = difflib.get_close_matches(reference.shown, fields, n=1)
    listed = ", ".join(fields[:6] or ["source", "round", "kind"])
    return InvalidInput(
        f'no example has a {"label" if is_label else "field"} "{name}"',
        code="field-unknown",
        hint=f"did you mean {near[0]}?" if near else f"there are {listed}",
    )


def _without_empty(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    if not pa.types.is_string(plain.type):
        return column
    is_empty = pc.is_in(pc.utf8_trim_whitespace(plain), pa.array(["", "[]", "{}"]))
    return pc.if_else(is_empty, pa.scalar(None, plain.type), plain)


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    return column
