"""The object store: what it returns was checked; what is damaged heals when stored again."""

from __future__ import annotations

import pytest

from vault.errors import Corrupt
from vault.store.memory import MemoryBackend
from vault.store.object_store import ObjectStore, object_name


def test_a_damaged_object_is_told_and_healed_when_its_bytes_are_stored_again() -> None:
    backend = MemoryBackend()
    store = ObjectStore(backend)
    digest = store.put(b"the bytes")
    backend.replace(object_name(digest), b"the bytez")
    with pytest.raises(Corrupt) as caught:
        store.get(digest)
    assert caught.value.code == "object-damaged"

    assert store.put(b"the bytes") == digest

    assert store.get(digest) == b"the bytes"


def test_an_object_that_is_there_is_not_written_again() -> None:
    backend = MemoryBackend()
    store = ObjectStore(backend)
    digest = store.put(b"the bytes")
    held = backend.read(object_name(digest))

    store.put(b"the bytes")

    assert backend.read(object_name(digest)) is held
