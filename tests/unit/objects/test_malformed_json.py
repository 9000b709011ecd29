"""Stored JSON of another shape is damage, however odd: no decoder raises anything but Corrupt."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vault.errors import Corrupt
from vault.objects.boilerplate import decode_boilerplate
from vault.objects.commit import decode_commit
from vault.objects.manifest import decode_manifest
from vault.objects.not_duplicates import decode_judged
from vault.objects.quarantine import details_of
from vault.objects.validation import decode_validation

NESTED = b"[" * 100_000
DIGEST = b'"%s"' % (b"0" * 64)
Decode = Callable[[bytes], object]
DECODERS: list[Decode] = [
    decode_manifest,
    decode_commit,
    decode_validation,
    decode_boilerplate,
    decode_judged,
]


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize("data", [NESTED, b'{"type":' + NESTED, b"[]", b"7", b'{"a":1}', b"\xff"])
def test_json_of_another_shape_is_damage(decode: Decode, data: bytes) -> None:
    with pytest.raises(Corrupt):
        decode(data)


@pytest.mark.parametrize(
    ("decode", "data"),
    [
        (
            decode_manifest,
            b'{"pages":[{"examples":1e400,"page":%s}],"type":"manifest","version":2,"conflicts":null}'
            % DIGEST,
        ),
        (
            decode_boilerplate,
            b'{"parts":{"a":{"examples":1e400,"shingles":[]}},"type":"boilerplate","version":1}',
        ),
    ],
)
def test_a_number_without_end_is_damage(decode: Decode, data: bytes) -> None:
    with pytest.raises(Corrupt, match="infinity"):
        decode(data)


def test_details_of_a_removal_that_nest_too_deeply_say_nothing() -> None:
    assert details_of(NESTED.decode()) == {}
