"""The ledger of a model run: what became of each request, as the journal in its folder says.

Keeps places in the journal instead of texts, so 100,000 requests take some dozens of megabytes
whatever was asked and answered. Knows no model, no client and no dataset.
"""

from __future__ import annotations

import threading
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from vault.errors import Conflict, Corrupt, InvalidInput, NotFound
from vault.objects.json.stored import MALFORMED
from vault.objects.model_run.about import RunAbout, about_from_json
from vault.objects.model_run.request import RequestState, RequestStatus, RunRow
from vault.store.journal_lines import JournalLine, Place, run_damaged
from vault.store.request_lines import (
    PlannedRequest,
    answer_in,
    batch_in,
    body_in,
    decided_line,
    planned_line,
    state_in,
    state_line,
    status_after,
)
from vault.store.run_folder import JOURNAL, RunFolder

SUBMITTED = "submitted"
"""The state of a batch, and of a run, that is at the endpoint."""

_SENDABLE = frozenset({RequestState.PLANNED, RequestState.SENT, RequestState.FAILED})
_STATUS = tuple(each.name for each in fields(RequestStatus))
_NOWHERE = Place(0, 0)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of requests at the endpoint: `submitted`, `finished`, `expired` or `cancelled`."""

    state: str
    requests: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A request, and the places of the lines that have its body and its answer."""

    status: RequestStatus
    body: Place
    answer: Place | None


class RunLedger:
    """The requests of a run under way. Made by `open`.

    Every method that writes is durable when it returns, and changes nothing where it raises:
    StorageFailed, InvalidInput (`run-line-invalid`), Conflict (`request-not-sendable`). One thread
    at a time writes, others wait. Reading never waits: the event loop may look at requests while a
    worker thread is in `append`, and sees them as they were before.
    """

    def __init__(self, folder: RunFolder) -> None:
        """Replay the journal of a run's folder. Raises Corrupt (`run-damaged`)."""
        self.folder = folder
        self.state = "open"
        self._requests: dict[int, _Kept] = {}
        self._batches: dict[str, Batch] = {}
        self._started: str | None = None
        self._about: RunAbout | None = None
        self._writing = threading.Lock()
        for line in folder.lines():
            self._replay(line)

    @classmethod
    def open(cls, folder: RunFolder) -> RunLedger:
        """Replay a journal; requests whose answer nobody awaits any more are possibly billed.

        Those are `sent`, in no submitted batch, and without a process that holds the lock. It is
        written down where the folder was opened to append. Raises Corrupt (`run-damaged`).
        """
        vault, run = folder.path.parent.parent, folder.run
        is_held = not folder.is_writable and RunFolder.is_held(vault, run)
        ledger = cls(folder)
        if is_held or (not folder.is_writable and RunFolder.is_held(vault, run)):
            return ledger
        lines = [decided_line(each, RequestState.POSSIBLY_BILLED) for each in ledger._abandoned()]
        if folder.is_writable and lines:
            ledger.append(lines)
        for line in [] if folder.is_writable else lines:
            kept = ledger._requests[line["request"]]
            status = replace(kept.status, state=RequestState.POSSIBLY_BILLED)
            ledger._requests[line["request"]] = replace(kept, status=status)
        return ledger

    @property
    def about(self) -> RunAbout:
        """The description of the run, with the time of its first request."""
        assert self._about is not None, "every journal begins with it"
        return replace(self._about, started=self._about.started or self._started)

    @property
    def batches(self) -> Mapping[str, Batch]:
        """The batches by the ids that the endpoint gave."""
        return dict(self._batches)

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self._requests)

    def status(self, number: int) -> RequestStatus:
        """Return a request without its texts. Raises NotFound (`request-not-found`)."""
        return self._kept(number).status

    def statuses(self) -> list[RequestStatus]:
        """Return all requests without their texts, sorted by number."""
        kept = list(self._requests.values())  # at once: another thread may add some
        return sorted((each.status for each in kept), key=lambda each: each.request)

    def body(self, number: int) -> str:
        """Return the body of a request, read from the journal. Raises NotFound, Corrupt."""
        return body_in(self.folder.line(self._kept(number).body))

    def answer(self, number: int) -> bytes | None:
        """Return what came back for a request, from the journal. Raises NotFound, Corrupt."""
        place = self._kept(number).answer
        return None if place is None else answer_in(self.folder.line(place))

    def rows(self) -> Iterator[RunRow]:
        """Yield the rows of the run's object, sorted; each is read when it is asked for."""
        for status in self.statuses():
            said = {name: getattr(status, name) for name in _STATUS}
            yield RunRow(**said, body=self.body(status.request), answer=self.answer(status.request))

    def plan(self, requests: Iterable[PlannedRequest]) -> None:
        """Add requests, which are not sent yet; each number is new."""
        self.append([planned_line(each) for each in requests])

    def set_state(self, state: str) -> None:
        """Note how the run stands: `open`, `submitted`, `stopped`, `finished` or `cancelled`."""
        self.append([state_line(state)])

    def append(self, lines: Sequence[Mapping[str, Any]]) -> None:
        """Write lines made by `request_lines`, all at once: one fdatasync for many requests.

        Only what is planned or has failed is sent. Who wants to ask again what is possibly billed
        plans another request with the same body. Requests of a batch are `sent` before it is
        submitted, and its answers kept before it is said to be finished: what has no answer then
        is possibly billed. May be called from a worker thread.
        """
        with self._writing:
            requests: MutableMapping[int, _Kept] = ChainMap({}, self._requests)
            try:
                for each in lines:
                    _check_next(each, requests)
                    _apply(each, _NOWHERE, requests, {})
            except MALFORMED as error:
                raise _invalid(str(error)) from None
            for line in self.folder.append(lines):
                self._replay(line)

    def _replay(self, line: JournalLine) -> None:
        value = line.value
        if line.number == 1:
            self._about = about_from_json(value["about"])
            return
        try:
            self.state = _apply(value, line.place, self._requests, self._batches) or self.state
        except MALFORMED as error:
            reason = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            raise self._damaged(line, reason) from None
        if value.get("type") == "request" and self._started is None:
            self._started = value["time"]

    def _damaged(self, line: JournalLine, reason: str) -> Corrupt:
        return run_damaged(self.folder.path / JOURNAL, f"line {line.number}: {reason}")

    def _abandoned(self) -> list[int]:
        """Return requests that were sent and are in no submitted batch."""
        batches = [each.requests for each in self._batches.values() if each.state == SUBMITTED]
        waiting = {number for requests in batches for number in requests}
        sent = (each.request for each in self.statuses() if each.state == RequestState.SENT)
        return [number for number in sent if number not in waiting]

    def _kept(self, number: int) -> _Kept:
        try:
            return self._requests[number]
        except KeyError:
            raise NotFound(
                f"the run {self.folder.run} has no request {number}",
                code="request-not-found",
                hint=f"`vault runs show {self.folder.run}` lists its requests",
            ) from None


def _apply(
    value: Mapping[str, Any],
    place: Place,
    requests: MutableMapping[int, _Kept],
    batches: MutableMapping[str, Batch],
) -> str | None:
    """Note what a line says; return the state of the run if it says that.

    Raises one of `MALFORMED`, with nothing changed. Lines of other types say nothing.
    """
    kind = value.get("type")
    if kind == "request":
        before = requests.get(value["request"])
        had_answer = before is not None and before.answer is not None
        status, has_answer = status_after(value, before.status if before else None, had_answer)
        body = place if before is None or "body" in value else before.body
        old = None if before is None else before.answer
        answer = place if "answer" in value else old
        requests[status.request] = _Kept(status, body, answer if has_answer else None)
    elif kind == "batch":
        name, state, numbers = batch_in(value)
        batches[name] = Batch(state, numbers)
    elif kind == "state":
        return state_in(value)
    return None


def _check_next(line: Mapping[str, Any], requests: Mapping[int, _Kept]) -> None:
    """Refuse what a reader would accept and a writer must not do: ask twice, use a number again."""
    before = requests.get(line.get("request", 0))
    if before is None:
        return
    if "body" in line:
        raise ValueError(f"request {before.status.request} was planned before")
    if line["state"] == RequestState.SENT and before.status.state not in _SENDABLE:
        raise Conflict(
            f"request {before.status.request} is {before.status.state}, and may not be sent again",
            code="request-not-sendable",
            hint="plan another request with the same body to ask once more",
        )


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(
        f"this cannot be kept of a model run: {reason}",
        code="run-line-invalid",
        hint="report it: `vault --version` says with what",
    )
