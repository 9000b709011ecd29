"""Labels that an export wrote into records, as an import takes them back. Pure."""

from __future__ import annotations

from typing import Any

from vault.objects.json.text import UnreadableJson, canonical_bytes, parse
from vault.objects.labels.label_name import is_for_people, is_label_name, is_side_name
from vault.objects.labels.label_set import SPLIT, is_label_value


def exported_labels(member: Any) -> bytes | None:
    """Return the labels of a record's `_vault` as canonical JSON, name to value; None for none.

    A table's cell holds the member as JSON text. Only `split` and labels that people write are
    taken: others follow from examples, or are paid for and kept with their run. What is no label
    (a name of another form, a list, empty text, a side that cannot name a file) is left out.
    """
    labels = _parsed(_parsed(member).get("labels"))
    taken = {name: value for name, value in labels.items() if _is_taken(name, value)}
    return canonical_bytes(taken) if taken else None


def _is_taken(name: str, value: Any) -> bool:
    if name == SPLIT:
        return is_side_name(value)
    return is_label_name(name) and is_for_people(name) and is_label_value(value) and value != ""


def _parsed(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = parse(value.encode())[0]
        except (UnreadableJson, UnicodeEncodeError):
            return {}
    return value if isinstance(value, dict) else {}
