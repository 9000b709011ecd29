"""The ledger of a model run: states of requests, what may be sent, what a crash leaves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.model_runs import (
    NOW,
    RUN,
    USAGE,
    about,
    clock,
    full_run,
    new_folder,
    planned,
    states,
    vault_in,
)
from vault.errors import Conflict, Corrupt, InvalidInput, NotFound, StorageFailed
from vault.objects.model_run.request import RequestState
from vault.objects.model_run.run_object import decode_run, encode_run
from vault.store.journal_lines import written_line
from vault.store.request_lines import (
    PlannedRequest,
    answered_line,
    batch_line,
    decided_line,
    planned_line,
    sent_line,
)
from vault.store.run_folder import RunFolder
from vault.store.run_ledger import RunLedger

FULL = {
    1: "planned",
    2: "received",
    3: "accepted",
    4: "rejected",
    5: "failed",
    6: "possibly-billed",
    7: "sent",
}


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    return vault_in(tmp_path)


@pytest.fixture
def ledger(vault: Path) -> Iterator[RunLedger]:
    """A ledger with three requests that were planned."""
    with new_folder(vault) as folder:
        made = RunLedger.open(folder)
        made.plan(planned(1, 2, 3))
        yield made


def reopened(vault: Path) -> RunLedger:
    """Open the ledger as a process does that goes on with the run; the caller closes it."""
    return RunLedger.open(RunFolder.open(vault, RUN, clock=clock))


def test_what_was_noted_is_read_again(vault: Path) -> None:
    full_run(vault)
    ledger = reopened(vault)
    assert states(ledger) == FULL
    assert (len(ledger), ledger.state) == (7, "submitted")
    assert ledger.batches["batch_1"].requests == (7,)
    assert ledger.body(3) == '{"n": 3}'
    assert [ledger.answer(each) for each in (1, 2, 3, 5)] == [
        None,
        b"\xff\x00",
        b"answer 3\n",
        None,
    ]
    assert (ledger.status(3).usage, ledger.status(3).cost) == (USAGE, "0.1")
    assert ledger.status(4).reason == "echo"
    assert ledger.about == about(started=NOW)
    ledger.folder.close()


def test_rows_become_the_object_of_the_run(vault: Path) -> None:
    full_run(vault)
    ledger = reopened(vault)
    data = encode_run(ledger.about, ledger.rows(), is_submitted=True)
    described, rows = decode_run(data)
    assert described == ledger.about
    assert {each.request: each.state for each in rows} == FULL
    assert rows == list(ledger.rows())
    ledger.folder.close()


def test_a_run_without_requests_was_not_started(vault: Path) -> None:
    with new_folder(vault) as folder:
        ledger = RunLedger.open(folder)
        assert (ledger.about.started, ledger.state, ledger.statuses()) == (None, "open", [])


def test_what_was_sent_and_is_awaited_by_nobody_is_possibly_billed(vault: Path) -> None:
    with new_folder(vault) as folder:
        ledger = RunLedger.open(folder)
        ledger.plan(planned(1, 2, 3, 4))
        ledger.append([sent_line(1, "0.5"), sent_line(2, "0.5"), sent_line(3, "0.5")])
        ledger.append([batch_line("b-1", "submitted", [2])])
        ledger.append([batch_line("b-2", "submitted", [3])])
        ledger.append([batch_line("b-2", "expired", [3])])
        with RunFolder.read(vault, RUN) as reading:  # the process is there, and awaits them
            assert states(RunLedger.open(reading))[1] == "sent"
    after = {1: "possibly-billed", 2: "sent", 3: "possibly-billed", 4: "planned"}
    with RunFolder.read(vault, RUN) as reading:
        size = (reading.path / "journal").stat().st_size
        assert states(RunLedger.open(reading)) == after
        assert (reading.path / "journal").stat().st_size == size
    ledger = reopened(vault)
    assert states(ledger) == after
    assert ledger.status(1).cost == "0.5"
    with RunFolder.read(vault, RUN) as reading:  # it was written down
        assert states(RunLedger.open(reading)) == after
    ledger.folder.close()


@pytest.mark.parametrize("state", ["received", "accepted", "possibly-billed"])
def test_what_was_or_may_have_been_answered_is_not_sent_again(
    ledger: RunLedger, state: str
) -> None:
    ledger.append([sent_line(1, "1")])
    answer = None if state == "possibly-billed" else b"{}"
    ledger.append([answered_line(1, RequestState(state), answer)])
    before = (ledger.folder.path / "journal").read_bytes()
    with pytest.raises(Conflict) as refused:
        ledger.append([sent_line(2, "1"), sent_line(1, "1")])
    assert refused.value.code == "request-not-sendable"
    assert (ledger.folder.path / "journal").read_bytes() == before
    assert states(ledger) == {1: state, 2: "planned", 3: "planned"}


def test_what_has_failed_or_was_put_back_may_be_sent_again(ledger: RunLedger) -> None:
    ledger.append([sent_line(1, "1"), sent_line(2, "1")])
    ledger.append([answered_line(1, RequestState.FAILED, b"busy", reason="http-503", cost="0")])
    ledger.append([decided_line(2, RequestState.PLANNED)])
    ledger.append([sent_line(1, "2"), sent_line(2, "2")])
    assert (ledger.status(1).reason, ledger.answer(1), ledger.status(1).cost) == (None, None, "2")


def test_what_is_possibly_billed_keeps_the_most_that_it_can_cost(ledger: RunLedger) -> None:
    ledger.append([sent_line(1, "1.5")])
    ledger.append([answered_line(1, RequestState.POSSIBLY_BILLED, None)])
    assert ledger.status(1).cost == "1.5"
    ledger.append([answered_line(1, RequestState.RECEIVED, b"late", cost="0.5")])
    assert (ledger.status(1).cost, ledger.answer(1)) == ("0.5", b"late")


@pytest.mark.parametrize(
    "lines",
    [
        [planned_line(PlannedRequest(1, 0, "{}"))],
        [planned_line(each) for each in planned(8, 8)],
        [planned_line(PlannedRequest(8, 0, "{"))],
        [planned_line(PlannedRequest(8, 0, '"\ud800"'))],
        [planned_line(PlannedRequest(0, 0, "{}"))],
        [sent_line(8, None)],
        [sent_line(1, "much")],
        [answered_line(1, RequestState.RECEIVED, None)],
        [answered_line(1, RequestState.FAILED, None)],
        [answered_line(1, RequestState.RECEIVED, b"", usage={})],
        [decided_line(1, RequestState.ACCEPTED)],
        [decided_line(1, RequestState.REJECTED)],
        [{"type": "batch", "batch": "b", "state": "lost", "requests": []}],
        [{"type": "batch", "batch": "b", "state": "submitted", "requests": ["1"]}],
        [{"type": "state", "state": None}],
    ],
    ids=lambda lines: str(lines[-1])[:70],
)
def test_what_a_reader_would_refuse_is_not_written(
    ledger: RunLedger, lines: list[dict[str, Any]]
) -> None:
    before = (ledger.folder.path / "journal").read_bytes()
    with pytest.raises(InvalidInput) as refused:
        ledger.append([sent_line(2, "1"), *lines])
    assert refused.value.code == "run-line-invalid"
    assert (ledger.folder.path / "journal").read_bytes() == before
    assert states(ledger) == {1: "planned", 2: "planned", 3: "planned"}


FAULTY: list[tuple[dict[str, Any], str]] = [
    ({"request": 9, "state": "planned", "sample": 0}, "it has no 'body'"),
    ({"request": 9, "state": "planned", "body": "{}"}, "it has no 'sample'"),
    ({"request": 1}, "it has no 'state'"),
    ({"request": 1, "state": 5}, "5 for a text"),
    ({"request": "1", "state": "sent", "sample": 0, "body": "{}"}, "the number '1'"),
    ({"request": True, "state": "sent"}, "the number True"),
    ({"request": 1, "state": "received", "answer": {"base64": "?"}}, ""),
    ({"request": 1, "state": "received", "answer": 5}, ""),
    ({"request": 1, "state": "accepted"}, "has no answer"),
    ({"request": 1, "state": "sent", "origin_id": 16}, "no id"),
    ({"request": 1, "state": "sent", "origin_id": "AB" * 16}, "not the id"),
    ({"request": 1, "state": "sent", "usage": "{}"}, ""),
    ({"request": 1, "state": "sent", "cost": 1}, "costs 1"),
]


@pytest.mark.parametrize(("line", "told"), FAULTY, ids=lambda each: str(each)[:60])
def test_a_line_that_says_what_cannot_be_is_damage(
    vault: Path, line: dict[str, Any], told: str
) -> None:
    path = full_run(vault) / "journal"
    number = path.read_bytes().count(b"\n") + 1
    whole = {"type": "request", "number": number, "time": NOW, **line}
    path.write_bytes(path.read_bytes() + written_line(whole))
    with RunFolder.read(vault, RUN) as reading, pytest.raises(Corrupt) as damaged:
        RunLedger(reading)
    assert damaged.value.code == "run-damaged"
    assert f"{path}: line {number}: " in damaged.value.message
    assert told in damaged.value.message


def test_lines_states_and_members_of_later_versions_are_read(vault: Path) -> None:
    path = full_run(vault) / "journal"
    number = path.read_bytes().count(b"\n") + 1
    later: list[dict[str, Any]] = [
        {"type": "weather", "request": "none"},
        {"request": 1},
        {"type": "request", "request": 1, "state": "parked", "mood": 1},
    ]
    for at, each in enumerate(later, number):
        path.write_bytes(path.read_bytes() + written_line({**each, "number": at, "time": NOW}))
    with RunFolder.read(vault, RUN) as reading:
        assert states(RunLedger(reading)) == {**FULL, 1: "parked"}


def test_a_full_disk_leaves_the_ledger_as_it_was(
    ledger: RunLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", refuse)
        with pytest.raises(StorageFailed):
            ledger.append([sent_line(1, "1")])
    assert states(ledger)[1] == "planned"
    with RunFolder.read(ledger.folder.path.parent.parent, RUN) as reading:
        assert states(RunLedger(reading)) == states(ledger)
    ledger.append([sent_line(1, "1")])
    assert states(ledger)[1] == "sent"


def test_examples_that_were_asked_about_are_named(ledger: RunLedger) -> None:
    example = bytes(range(16))
    ledger.plan([replace(planned(4)[0], origin_id=example)])
    ledger.append([sent_line(4, None)])
    assert ledger.status(4).origin_id == example


def test_a_request_that_is_not_there_is_not_found(ledger: RunLedger) -> None:
    for ask in (ledger.status, ledger.body, ledger.answer):
        with pytest.raises(NotFound) as refused:
            ask(4)
        assert refused.value.code == "request-not-found"


def test_requests_are_looked_at_while_a_thread_appends(
    ledger: RunLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    real, in_sync, go_on = os.fdatasync, threading.Event(), threading.Event()

    def slow(descriptor: int) -> None:
        in_sync.set()
        assert go_on.wait(30)
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", slow)
    worker = threading.Thread(target=ledger.append, args=([sent_line(1, "1")],))
    worker.start()
    assert in_sync.wait(30)
    assert states(ledger) == {1: "planned", 2: "planned", 3: "planned"}
    assert ledger.body(1) == '{"n": 1}'
    go_on.set()
    worker.join()
    assert states(ledger)[1] == "sent"


def test_states_are_listed_without_reading_texts(
    vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full_run(vault)
    ledger = reopened(vault)
    reads: list[object] = []
    monkeypatch.setattr(ledger.folder, "line", reads.append)
    assert len(ledger.statuses()) == 7
    assert reads == []
    ledger.folder.close()
