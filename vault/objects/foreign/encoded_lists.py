"""Lists of messages that are written as something else: as their JSON text, or column by column.

Tables cannot hold lists of objects everywhere, so their cells hold JSON text; and a `Sequence` of
objects comes back from `datasets` as one object of lists. Both have one meaning.
Normative: docs/format/conversations.md, section 3.
"""

from __future__ import annotations

from typing import Any

from vault.objects.json.text import UnreadableJson, parse

SPEAKERS = ("role", "from")
"""Members of a message that say who speaks."""


def decoded_list(value: Any) -> Any:
    """Return the list that a JSON text or an object of equally long lists stands for.

    Anything else is returned as it is. Costs nothing for a list.
    """
    if type(value) is str:
        listed = json_in(value) if value.lstrip()[:1] == "[" else None
        return listed if type(listed) is list else value
    return rows_of(value) if is_by_column(value) else value


def decoded_messages(value: Any) -> Any:
    """Return what `decoded_list` does if that is a list of messages, else the value as it is.

    For fields that may hold text: a text is meant as messages only if every item has a speaker.
    """
    if type(value) is list:
        return value
    listed = decoded_list(value)
    is_meant = type(listed) is list and bool(listed) and all(map(is_message, listed))
    return listed if is_meant else value


def is_by_column(value: Any) -> bool:
    """Tell whether a value is an object of equally long lists, one of them of speakers."""
    if type(value) is not dict or not any(type(value.get(name)) is list for name in SPEAKERS):
        return False
    columns = [each for each in value.values() if each is not None]
    return all(type(each) is list and len(each) == len(columns[0]) for each in columns)


def rows_of(columns: dict[str, list[Any] | None]) -> list[dict[str, Any]]:
    """Return the objects that an object of equally long lists holds; members that are null go."""
    given = {name: column for name, column in columns.items() if column is not None}
    return [
        {name: each for name, each in zip(given, row, strict=True) if each is not None}
        for row in zip(*given.values(), strict=True)
    ]


def json_in(text: str) -> Any:
    """Return the value of a JSON text; None if it is none, or cannot be read exactly."""
    try:
        return parse(text.encode("utf-8"))[0]
    except (UnreadableJson, UnicodeEncodeError):
        return None


def is_message(value: Any) -> bool:
    """Tell whether a value is an object that says who speaks."""
    return type(value) is dict and any(type(value.get(name)) is str for name in SPEAKERS)
