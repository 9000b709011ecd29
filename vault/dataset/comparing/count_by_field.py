"""Counting changes per value of a field, and removed examples by why they were removed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from vault.dataset.comparing.compare import Comparison, field_values
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.labels import row_labels
from vault.errors import InvalidInput
from vault.objects.commit import ChangeCounts
from vault.objects.json.field_path import shown_field
from vault.objects.labels.label_name import shown_value
from vault.objects.quarantine import decode_removals
from vault.objects.runs import RowKeys
from vault.session.context import Context

COLUMNS = ("kind", "source", "round")
"""Fields that every example has; others are looked up in its record or its labels."""

ABSENT = "(none)"
"""How a missing value is called in counts."""


def count_by(context: Context, comparison: Comparison, name: str) -> Mapping[str, ChangeCounts]:
    """Return the counts of changes per value of a field, most changes first.

    `name` is a column of expressions, `labels.NAME`, or a dotted path into the record, with or
    without `data.` before it. A changed example counts for its new value. Raises InvalidInput
    (`field-unknown`) if no example that differs has the field, and for `messages`.
    """
    parts = {
        "added": values_by(context, comparison.new, comparison.added, name),
        "removed": values_by(context, comparison.old, comparison.removed, name),
        "changed": values_by(context, comparison.new, comparison.changed_new, name),
        "relabelled": values_by(context, comparison.new, comparison.relabelled_new, name),
    }
    counts = {change: Counter(values) for change, values in parts.items()}
    total: Counter[str] = Counter()
    for each in counts.values():
        total.update(each)
    if total and set(total) == {ABSENT}:
        raise InvalidInput(
            f'no example that differs has a field "{name}"',
            code="field-unknown",
            hint=f"use {', '.join(COLUMNS)}, response, labels.NAME, or a path "
            "such as metadata.topic",
        )
    return {
        value: ChangeCounts(**{change: each[value] for change, each in counts.items()})
        for value, _ in sorted(total.items(), key=lambda item: (-item[1], item[0]))
    }


def count_reasons(comparison: Comparison) -> Mapping[str, int]:
    """Return how many removed examples were taken out deliberately, by reason."""
    new = comparison.new
    reasons = {
        each.id: each.reason
        for digest in new.manifest.removals
        for each in decode_removals(new.store.get(digest))
    }
    if not reasons:
        return {}
    ids = ids_of(comparison.old.columns(comparison.removed, ["id"]))
    found = (reasons.get(each.tobytes()) for each in ids)
    return dict(Counter(each for each in found if each is not None).most_common())


def values_by(context: Context, dataset: Dataset, keys: RowKeys, name: str) -> Sequence[str]:
    """Return the value of a field or of a column of expressions for each row, as text.

    `messages`, which is no text, is taken for a path. Costs reading what the field needs.
    """
    from vault.catalogue.expressions.columns import COLUMNS as EXPRESSION_COLUMNS
    from vault.catalogue.expressions.columns import Type

    column = EXPRESSION_COLUMNS.get(name)
    if column is None or column.type is Type.MESSAGES or name in COLUMNS:
        return values_of_field(dataset, keys, name)
    from vault.dataset.choosing.expression_table import example_table

    found = example_table(context, dataset, (name,), keys=keys).table.column(name)
    return [ABSENT if each is None else str(each) for each in found.to_pylist()]


def values_of_field(dataset: Dataset, keys: RowKeys, name: str) -> Sequence[str]:
    """Return the value of a field for each row, as text.

    `name` is kind, source, round, `labels.NAME`, or a path into the record.
    """
    if not len(keys):
        return []
    if name in COLUMNS:
        column = dataset.columns(keys, [name]).column(name).to_pylist()
        return [ABSENT if each is None else str(each) for each in column]
    if name.startswith("labels."):
        wanted = name.removeprefix("labels.")
        labels = row_labels(dataset, keys)
        shown = [shown_value(each.get(wanted, ABSENT)) for each in labels.combinations]
        return [shown[each] for each in labels.place.tolist()]
    texts = field_values(dataset, keys, name.removeprefix("data."))
    return [ABSENT if each is None else shown_field(each) for each in texts]
