"""Pictures inside a record: found without decoding, and typed by their own bytes."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.support.library import Library
from vault.errors import InvalidInput
from vault.operations.queries import pictures

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
JPEG = b"\xff\xd8\xff\xe0" + bytes(40)
WEBP = b"RIFF\x00\x00\x00\x00WEBP" + bytes(40)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


def text_of(data: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def shown(library: Library, *parts: Any, **fields: Any) -> pictures.Picture:
    """Return the only picture of a record with these parts of content."""
    content = [{"type": "text", "text": "Look."}, *parts]
    message = {"role": "user", "content": content}
    library.write(
        "a.jsonl", [{"messages": [message, {"role": "assistant", "content": "x"}]} | fields]
    )
    library.run("a.jsonl")
    listing = library.repository.browse()
    (place,) = listing.whole(0).pictures
    found = listing.picture(0, place.turn, place.part)
    assert place.size_bytes == len(found.data)
    return found


@pytest.mark.parametrize(
    ("part", "data", "media_type"),
    [
        ({"type": "image_url", "image_url": {"url": text_of(PNG)}}, PNG, "image/png"),
        ({"type": "image_url", "image_url": text_of(JPEG)}, JPEG, "image/jpeg"),
        ({"type": "image", "image": text_of(WEBP)}, WEBP, "image/webp"),
        # What the record says of the type is not believed.
        ({"type": "image", "image": text_of(PNG, "text/html")}, PNG, "image/png"),
        (
            {
                "type": "image",
                "source": {
                    "type": "base64",
                    "media_type": "image/svg+xml",
                    "data": base64.b64encode(JPEG).decode(),
                },
            },
            JPEG,
            "image/jpeg",
        ),
    ],
)
def test_a_picture_in_a_part_is_shown(
    library: Library, part: dict[str, Any], data: bytes, media_type: str
) -> None:
    assert shown(library, part) == pictures.Picture(data, media_type)


def test_a_picture_beside_the_messages_is_shown(library: Library) -> None:
    assert shown(library, images=[text_of(PNG)]).media_type == "image/png"


@pytest.mark.parametrize("data", [SVG, b"GIF89a" + bytes(40), b"<html>" + bytes(40)])
def test_other_files_are_refused(library: Library, data: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        shown(library, {"type": "image", "image": text_of(data)})
    assert caught.value.code == "picture-unreadable"


def test_broken_base64_is_refused(library: Library) -> None:
    with pytest.raises(InvalidInput, match="base64"):
        shown(library, {"type": "image", "image": text_of(PNG) + "<b>"})


def test_a_large_picture_is_not_decoded(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PICTURE_BYTES", 20)
    with pytest.raises(InvalidInput, match="more than 20 bytes"):
        shown(library, {"type": "image", "image": text_of(PNG)})


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "https://example.org/" + "x" * 40 + ".png"}},
        {"type": "image_url", "image_url": {"url": "file:///etc/passwd#" + "x" * 40}},
        {"type": "image", "image": "data:image/png," + "%89PNG" * 10},
        {"type": "image", "image": "/home/ada/pictures/" + "holiday.png" * 4},
    ],
)
def test_nothing_outside_the_record_is_a_picture(library: Library, part: dict[str, Any]) -> None:
    library.write("a.jsonl", [{"messages": [{"role": "user", "content": [part]}]}])
    library.run("a.jsonl")
    listing = library.repository.browse()
    assert listing.whole(0).pictures == ()
    for turn in (0, None):
        with pytest.raises(InvalidInput):
            listing.picture(0, turn, 0)
