"""The operation log: one winner an entry, damage told, and answers that got lost settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.faulty_backend import Fault, FaultyBackend
from vault.errors import Corrupt, StorageFailed
from vault.objects.digest import digest_of
from vault.objects.log.view import RefName, View, Workspace
from vault.store.memory import MemoryBackend
from vault.store.operation_log import Intent, OperationLog

INTENT = Intent("ada", "2026-01-02T03:04:05Z", "test")
REPOSITORY = "0123456789abcdef" * 2


def view(number: int) -> View:
    """A view that differs for each number."""
    commit = digest_of(b"%d" % number)
    return View({RefName("main"): commit}, {}, {"default": Workspace(RefName("main"))})


def entry(number: int) -> str:
    """The name that an entry is stored under."""
    return f"operations/{number:010d}"


@pytest.fixture
def backend() -> MemoryBackend:
    """A log of three entries."""
    made = MemoryBackend()
    log = OperationLog(made)
    operation = None
    for number in (1, 2, 3):
        operation = log.append(operation, view(number), INTENT, repository=REPOSITORY)
    return made


def test_entries_follow_each_other(backend: MemoryBackend) -> None:
    log = OperationLog(backend)
    assert [each.number for each in log.newest_first()] == [3, 2, 1]
    assert log.tip().view == view(3)
    assert log.entry(1).previous is None
    assert log.entry(3).previous == log.entry(2).digest
    assert log.entry(2).author == "ada"


def test_of_two_that_follow_the_same_entry_one_is_told_that_it_lost(
    backend: MemoryBackend,
) -> None:
    log = OperationLog(backend)
    tip = log.tip()
    assert log.append(tip, view(4), INTENT, repository=REPOSITORY) is not None
    assert log.append(tip, view(5), INTENT, repository=REPOSITORY) is None
    assert log.tip().view == view(4)


def test_the_same_operation_twice_is_two_operations(backend: MemoryBackend) -> None:
    log = OperationLog(backend)
    tip = log.tip()
    assert log.append(tip, view(4), INTENT, repository=REPOSITORY) is not None
    assert log.append(tip, view(4), INTENT, repository=REPOSITORY) is None


def _fault_at_put(backend: MemoryBackend, fault: Fault) -> OperationLog:
    # The calls of `append`: sync, put, and what follows.
    return OperationLog(FaultyBackend(backend, fault, 2))


@pytest.mark.parametrize("fault", [Fault.REFUSED_AFTER, Fault.ERROR_AFTER])
def test_an_entry_with_the_own_nonce_was_published_whatever_the_answer(
    fault: Fault, backend: MemoryBackend
) -> None:
    tip = OperationLog(backend).tip()
    made = _fault_at_put(backend, fault).append(tip, view(4), INTENT, repository=REPOSITORY)
    assert made is not None
    assert OperationLog(backend).tip() == made


def test_a_put_that_failed_and_left_nothing_is_a_failure(backend: MemoryBackend) -> None:
    tip = OperationLog(backend).tip()
    with pytest.raises(StorageFailed) as caught:
        _fault_at_put(backend, Fault.ERROR).append(tip, view(4), INTENT, repository=REPOSITORY)
    assert caught.value.code == "storage-failed"
    assert OperationLog(backend).tip() == tip


def test_a_put_that_failed_where_another_came_first_is_a_failure(backend: MemoryBackend) -> None:
    tip = OperationLog(backend).tip()
    OperationLog(backend).append(tip, view(5), INTENT, repository=REPOSITORY)
    with pytest.raises(StorageFailed) as caught:
        _fault_at_put(backend, Fault.ERROR).append(tip, view(4), INTENT, repository=REPOSITORY)
    assert caught.value.code == "storage-failed"
    assert OperationLog(backend).tip().view == view(5)


class _Silent(MemoryBackend):
    """Applies puts of entries, says that they failed, and then answers nothing more."""

    is_silent = False

    def put_if_absent(self, name: str, data: bytes) -> bool:
        super().put_if_absent(name, data)
        self.is_silent = True
        raise StorageFailed("the connection is lost", code="storage-failed")

    def exists(self, name: str) -> bool:
        if self.is_silent:
            raise StorageFailed("the connection is lost", code="storage-failed")
        return super().exists(name)


def test_an_outcome_that_cannot_be_settled_is_unknown() -> None:
    with pytest.raises(StorageFailed) as caught:
        OperationLog(_Silent()).append(None, view(1), INTENT, repository=REPOSITORY)
    assert caught.value.code == "outcome-unknown"


def test_an_entry_that_might_not_last_is_an_unknown_outcome(backend: MemoryBackend) -> None:
    tip = OperationLog(backend).tip()
    log = OperationLog(FaultyBackend(backend, Fault.ERROR, 3))
    with pytest.raises(StorageFailed) as caught:
        log.append(tip, view(4), INTENT, repository=REPOSITORY)
    assert caught.value.code == "outcome-unknown"
    assert OperationLog(backend).tip().view == view(4)


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.ERROR_AFTER, Fault.FULL])
def test_a_hint_that_cannot_be_written_is_harmless(fault: Fault, backend: MemoryBackend) -> None:
    tip = OperationLog(backend).tip()
    made = OperationLog(FaultyBackend(backend, fault, 4)).append(
        tip, view(4), INTENT, repository=REPOSITORY
    )
    assert made is not None
    assert OperationLog(backend).tip() == made


@pytest.mark.parametrize("hint", [None, b"", b"3", b"9 0000000000000000\n", b"\xff" * 40, b"-1"])
def test_a_missing_or_damaged_hint_is_harmless(hint: bytes | None, backend: MemoryBackend) -> None:
    backend.delete("tip")
    if hint is not None:
        backend.replace("tip", hint)
    assert OperationLog(backend).tip().number == 3


def test_every_flipped_bit_of_a_hint_is_harmless_and_told(backend: MemoryBackend) -> None:
    hint = backend.read("tip")
    for position in range(len(hint) * 8):
        damaged = bytearray(hint)
        damaged[position // 8] ^= 1 << position % 8
        backend.replace("tip", bytes(damaged))
        log = OperationLog(backend)
        assert log.tip().number == 3
        with pytest.raises(Corrupt, match="hint"):
            log.read_hint()


def test_a_hint_that_cannot_be_read_is_harmless(backend: MemoryBackend) -> None:
    assert OperationLog(FaultyBackend(backend, Fault.ERROR, 1)).tip().number == 3


def test_a_stale_hint_is_harmless(backend: MemoryBackend) -> None:
    log = OperationLog(backend)
    log.renew_hint(1)
    assert log.tip().number == 3
    assert log.read_hint() == 1


@pytest.mark.parametrize("hint", [3, 2, None])
def test_a_damaged_tip_is_corrupt_and_never_the_entry_before(
    hint: int | None, backend: MemoryBackend
) -> None:
    log = OperationLog(backend)
    if hint is None:
        backend.delete("tip")
    else:
        log.renew_hint(hint)
    data = backend.read(entry(3))
    for position in range(len(data)):
        backend.replace(entry(3), _flipped(data, position))
        with pytest.raises(Corrupt) as caught:
            log.tip()
        assert caught.value.code == "operation-damaged"
    for length in range(len(data)):
        backend.replace(entry(3), data[:length])
        with pytest.raises(Corrupt):
            log.tip()


def test_a_removed_tip_is_told(backend: MemoryBackend) -> None:
    backend.delete(entry(3))
    with pytest.raises(Corrupt) as caught:
        OperationLog(backend).tip()
    assert caught.value.code == "log-truncated"


def test_an_entry_that_is_missing_before_the_tip_is_told_when_it_is_read(
    backend: MemoryBackend,
) -> None:
    backend.delete(entry(2))
    log = OperationLog(backend)
    assert log.tip().number == 3
    with pytest.raises(Corrupt) as caught:
        list(log.newest_first())
    assert caught.value.code == "operation-missing"


def test_an_empty_log_is_told() -> None:
    with pytest.raises(Corrupt) as caught:
        OperationLog(MemoryBackend()).tip()
    assert caught.value.code == "log-empty"


def test_an_entry_of_another_log_breaks_the_chain(backend: MemoryBackend) -> None:
    other = MemoryBackend()
    first = OperationLog(other).append(None, view(7), INTENT, repository=REPOSITORY)
    OperationLog(other).append(first, view(8), INTENT, repository=REPOSITORY)
    backend.replace(entry(2), other.read(entry(2)))
    with pytest.raises(Corrupt) as caught:
        list(OperationLog(backend).newest_first())
    assert caught.value.code == "log-broken"


def test_entries_that_change_places_are_damaged(backend: MemoryBackend) -> None:
    second, third = backend.read(entry(2)), backend.read(entry(3))
    backend.replace(entry(2), third)
    backend.replace(entry(3), second)
    for number in (2, 3):
        with pytest.raises(Corrupt) as caught:
            OperationLog(backend).read(number)
        assert caught.value.code == "operation-damaged"


@pytest.mark.parametrize("name", ["operations/9", "operations/x/0000000009", "operations/²"])
def test_files_that_are_no_entries_are_left_alone(name: str, backend: MemoryBackend) -> None:
    backend.put_if_absent(name, b"")
    backend.delete("tip")
    assert OperationLog(backend).tip().number == 3
    assert sorted(OperationLog(backend).numbers()) == [1, 2, 3]


def _with(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(held: dict[str, Any]) -> None:
        *folders, last = path.split(".")
        for folder in folders:
            held = held[folder]
        held[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        _with("view", None),
        _with("view.branches", {"main": "../../etc/passwd"}),
        _with("view.workspaces", {"default": {}}),
        _with("type", "commit"),
        _with("version", 3),
        _with("base", 2),
        _with("changes", {}),
        _with("previous", "x"),
        _with("nonce", []),
    ],
)
def test_an_entry_that_says_nonsense_is_damaged_or_harmless(
    change: Callable[[dict[str, Any]], None], backend: MemoryBackend
) -> None:
    import json

    value = json.loads(backend.read(entry(3)).splitlines()[0])
    change(value)
    body = json.dumps(value).encode()
    backend.replace(entry(3), body + b"\n" + digest_of(body).encode() + b"\n")
    if isinstance(value["nonce"], list):
        assert OperationLog(backend).tip().view == view(3)
        return
    with pytest.raises(Corrupt) as caught:
        OperationLog(backend).tip()
    assert caught.value.code == "operation-damaged"


def _flipped(data: bytes, position: int) -> bytes:
    changed = bytearray(data)
    changed[position] ^= 1 << position % 8
    return bytes(changed)
