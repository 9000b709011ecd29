"""Pictures, films and sounds in columns beside the text: `images`, `videos`, `audios`.

Two records with the same words and another picture are two examples, so what these columns hold
belongs to the conversation. Media inside messages are parts of their content.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

_LISTS = {"images": "image", "videos": "video", "audios": "audio"}

MEDIA_FIELDS = frozenset({*_LISTS, *_LISTS.values()})
"""Names of top-level fields that may hold media."""


def media_fields_of(record: dict[str, Any], *, besides: Collection[str] = ()) -> frozenset[str]:
    """Return the fields that hold media, without those in `besides`, which a mapping uses.

    Media are a text, an object or a list, none of them empty; a count or a yes is metadata.
    """
    if MEDIA_FIELDS.isdisjoint(record):
        return frozenset()
    named = MEDIA_FIELDS.intersection(record).difference(besides)
    return frozenset(name for name in named if _is_media(record[name]))


def read_media(record: dict[str, Any], fields: frozenset[str]) -> dict[str, list[Any]] | None:
    """Return the media of some fields, by kind: those of `images` first, then that of `image`."""
    found: dict[str, list[Any]] = {}
    for several, single in _LISTS.items():
        for name in (several, single):
            if name in fields:
                found.setdefault(several, []).extend(_listed(record[name]))
    return found or None


def _is_media(value: Any) -> bool:
    return type(value) in (str, list, dict) and bool(value)


def _listed(value: Any) -> list[Any]:
    return [_without_nulls(each) for each in (value if type(value) is list else [value])]


def _without_nulls(value: Any) -> Any:
    # Tables give every picture both `bytes` and `path`, and null to the one that is not there.
    if type(value) is not dict:
        return value
    return {name: each for name, each in value.items() if each is not None}
