"""Checks of images, videos and sounds: markers, parts and the columns that carry them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vault.rules.families.form_checks import parts_of
from vault.rules.kernel.rule import Fault
from vault.rules.kernel.subject import Subject

_MEDIA = (("image", "images"), ("video", "videos"), ("audio", "audios"))
# Members of a part that hold the picture itself, or say where it is.
_PAYLOADS = (
    *("image", "video", "audio", "image_url", "video_url", "audio_url", "url", "path", "source"),
    *("file", "file_id", "data", "bytes", "base64", "input_audio"),
)
_PARTS = {
    "image": ("image", "image_url", "input_image"),
    "video": ("video", "video_url"),
    "audio": ("audio", "audio_url", "input_audio"),
}


def media_count(subject: Subject) -> Iterator[Fault]:
    """Report numbers of markers and parts that are not those of the media beside them."""
    if subject.kind == "raw":
        return
    for name, field in _MEDIA:
        count = _given(subject.record, name, field)
        markers, empty, full = _places(subject, name)
        if count == 0 and not empty:
            continue
        places = markers + empty
        # TRL puts the places of media that the text has none for before the first message.
        is_left_to_trl = places == 0 and subject.kind not in ("sharegpt", "alpaca")
        if count not in (places, places + full) and not is_left_to_trl:
            there = f"{markers} of <{name}> in the text"
            there = (
                f"{there} and {empty + full} parts of the type {name}" if empty + full else there
            )
            yield Fault(f"there are {there} and {count} {field}", field)


def missing_media(subject: Subject) -> Iterator[Fault]:
    """Report markers of media in a record that carries none."""
    if subject.kind == "raw":
        return
    for name, field in _MEDIA:
        if _given(subject.record, name, field):
            continue
        markers, empty, full = _places(subject, name, is_strict=True)
        if markers and not empty + full:
            yield Fault(f"the text has a place for <{name}>, and the record has no {field}", field)


def _given(record: dict[str, Any], name: str, field: str) -> int:
    count = 0
    for each in (record.get(field), record.get(name)):
        if isinstance(each, list):
            count += len(each)
        elif isinstance(each, (str, dict)) and each:
            count += 1
    return count


def _places(subject: Subject, name: str, *, is_strict: bool = False) -> tuple[int, int, int]:
    """Return how many markers there are, parts without their medium, and parts with it.

    Strictly, a marker is one that stands at an end of what a user says, or on a line of its own:
    `<image>` is also a name in XML.
    """
    marker = f"<{name}>"
    markers = 0
    for each in subject.texts():
        if not is_strict:
            markers += each.text.count(marker)
        elif each.role == "user" and f"</{name}>" not in each.text:
            markers += _stands_alone(each.text, marker)
    parts = [
        part
        for _, _, part in parts_of(subject)
        if isinstance(part, dict) and part.get("type") in _PARTS[name]
    ]
    full = sum(any(part.get(member) for member in _PAYLOADS) for part in parts)
    return markers, len(parts) - full, full


def _stands_alone(text: str, marker: str) -> bool:
    said = text.strip()
    at_an_end = said.startswith(marker) or said.endswith(marker)
    return at_an_end or any(line.strip() == marker for line in said.splitlines())
