"""Pictures that a record holds itself, as base64 text: found, decoded, and typed by their bytes.

Nothing is fetched, and what a record says of the type is not believed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vault.errors import InvalidInput
from vault.objects.conversation import Conversation

MOST_PICTURE_BYTES = 20_000_000
"""Bytes of a picture that are decoded at most."""

_LEAST_CHARS = 32
_MEMBERS = ("image_url", "image", "source", "inline_data", "url", "data", "bytes")
"""Members that hold a picture, or the object with it, from the outside inwards."""

_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n")


@dataclass(frozen=True, slots=True)
class PicturePlace:
    """A part of content that seems to hold a picture: its message and its place, from 0, and size.

    `turn` counts messages of prompt, response and rejected answer, and is None for the images
    beside the messages.
    """

    turn: int | None
    part: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a picture, and the type that they are of."""

    data: bytes
    media_type: str


def picture_places(conversation: Conversation) -> Iterator[PicturePlace]:
    """Yield where a conversation seems to hold pictures. Decodes nothing."""
    for turn, part, value in _parts(conversation):
        text = _encoded(value)
        if text is not None:
            yield PicturePlace(turn, part, len(text) * 3 // 4 - text[-2:].count("="))


def picture_at(conversation: Conversation, turn: int | None, part: int) -> Picture:
    """Return the picture at a place. Raises InvalidInput (`picture-unreadable`)."""
    found = (value for *place, value in _parts(conversation) if place == [turn, part])
    text = _encoded(next(found, None))
    if text is None:
        raise _unreadable("there is no picture in this part")
    if len(text) * 3 // 4 > MOST_PICTURE_BYTES:
        raise _unreadable(f"the picture has more than {MOST_PICTURE_BYTES:,} bytes")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _unreadable("the text is no base64") from None
    media_type = _type_of(data)
    if media_type is None:
        raise _unreadable("the bytes are neither PNG, JPEG nor WebP")
    return Picture(data, media_type)


def _parts(conversation: Conversation) -> Iterator[tuple[int | None, int, Any]]:
    rejected = conversation.rejected or ()
    messages = (*conversation.prompt, *conversation.response, *rejected)
    for turn, message in enumerate(messages):
        content = message.get("content")
        for place, part in enumerate(content if isinstance(content, list) else ()):
            yield turn, place, part
    for place, each in enumerate((conversation.media or {}).get("images", ())):
        yield None, place, each


def _encoded(value: Any) -> str | None:
    """Return the base64 text that a part holds; of a URL only what is in the URL itself."""
    for _ in _MEMBERS:
        if not isinstance(value, Mapping):
            break
        value = next((value[name] for name in _MEMBERS if name in value), None)
    if not isinstance(value, str) or len(value) < _LEAST_CHARS:
        return None
    head, comma, text = value.partition(",") if value.startswith("data:") else ("", "", value)
    if comma and not head.endswith(";base64"):
        return None
    return text if _BASE64.issuperset(text[:_LEAST_CHARS].encode("utf-8", "replace")) else None


def _type_of(data: bytes) -> str | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def _unreadable(told: str) -> InvalidInput:
    return InvalidInput(
        f"this picture cannot be shown: {told}",
        code="picture-unreadable",
        hint="`vault show ID` prints the record",
    )
