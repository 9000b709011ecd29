"""Objects that were erased on purpose are no damage: what stands for them is read instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.support.repositories import INTENT, REPOSITORY, new_backend
from vault.errors import Corrupt
from vault.objects.digest import Digest
from vault.objects.log.erasure import decode_erasures, encode_erasures
from vault.store.memory import MemoryBackend
from vault.store.object_store import ObjectStore, object_name
from vault.store.operation_log import OperationLog


def erase(backend: MemoryBackend, erased: Mapping[Digest, Digest | None], name: str = "1") -> None:
    """Take objects away and say so."""
    store, log = ObjectStore(backend), OperationLog(backend)
    tip = log.tip()
    lists = {**tip.view.erased, name: store.put(encode_erasures(erased))}
    assert log.append(tip, replace(tip.view, erased=lists), INTENT, repository=REPOSITORY)
    for each in erased:
        store.delete(each)


def test_lists_come_back() -> None:
    erased = {Digest("a" * 64): Digest("b" * 64), Digest("c" * 64): None}
    assert decode_erasures(encode_erasures(erased)) == erased


def test_a_list_that_is_none_is_told() -> None:
    with pytest.raises(Corrupt) as caught:
        decode_erasures(b"no Parquet")
    assert caught.value.code == "erasures-unreadable"


def test_what_stands_for_an_erased_object_is_read() -> None:
    backend = new_backend()
    store = ObjectStore(backend)
    first, second, other = store.put(b"first"), store.put(b"second"), store.put(b"without")
    erase(backend, {first: other}, "1")
    erase(backend, {second: None}, "2")
    assert store.get(first) == b"without"
    with pytest.raises(Corrupt) as caught:
        store.get(second)
    assert caught.value.code == "object-erased"


def test_a_reader_goes_one_step_and_no_further() -> None:
    backend = new_backend()
    store = ObjectStore(backend)
    one, two, three = (store.put(each) for each in (b"1", b"2", b"3"))
    erase(backend, {one: two, two: three})
    with pytest.raises(Corrupt) as caught:
        store.get(one)
    assert caught.value.code == "object-missing"


def test_what_stands_for_an_object_is_checked_like_any_other() -> None:
    backend = new_backend()
    store = ObjectStore(backend)
    one, two = store.put(b"1"), store.put(b"2")
    erase(backend, {one: two})
    backend.replace(object_name(two), b"another")
    with pytest.raises(Corrupt) as caught:
        store.get(one)
    assert caught.value.code == "object-damaged"


def test_a_missing_object_that_nobody_erased_is_missing() -> None:
    backend = new_backend()
    store = ObjectStore(backend)
    one, two = store.put(b"1"), store.put(b"2")
    erase(backend, {one: two})
    with pytest.raises(Corrupt) as caught:
        store.get(Digest("0" * 64))
    assert caught.value.code == "object-missing"
    with pytest.raises(Corrupt) as caught:
        ObjectStore(MemoryBackend()).get(one)
    assert caught.value.code == "object-missing"
