"""The source of requests of one judge: what is planned, and once more what could not be read."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from vault.errors import Corrupt
from vault.generate.answers import TOO_LONG, Answer, AnswerState
from vault.generate.completion import Rejected
from vault.generate.ladder import asked_again
from vault.generate.requests import Request
from vault.generate.rubric.read_verdicts import MALFORMED
from vault.objects.model_run.request import RequestState, RequestStatus
from vault.operations.judging.requests import Place
from vault.operations.model_runs.probe import is_probe
from vault.progress import Progress
from vault.store.request_lines import PlannedRequest, decided_line
from vault.store.run_ledger import RunLedger

MOST_IN_VAIN = 50
"""Answers in a row that give no verdict, after which a run stops."""

Read = Callable[[bytes], object]
"""Reads the verdict of an answer, or raises Rejected."""


def place_of(status: RequestStatus) -> Place:
    """Return what a request of a run of judging is about. Raises Corrupt (`run-damaged`)."""
    try:
        return Place.from_json(json.loads(status.drawn or "{}"))
    except (KeyError, TypeError, AttributeError) as error:
        raise Corrupt(
            f"request {status.request} does not say what it is about: {error}",
            code="run-damaged",
            hint="`vault fsck` tells what is damaged; `vault runs show` what was answered",
        ) from None


def statuses_of(ledger: RunLedger) -> list[RequestStatus]:
    """Return the requests about examples, sorted: all but those that probe an endpoint."""
    return [each for each in ledger.statuses() if not is_probe(each)]


@dataclass(slots=True)
class JudgeSource:
    """Requests of one judge, in order; each that was answered with something else is asked again.

    `numbers` are those that are planned. `stopped` is `rejected` where too many answers in a row
    gave no verdict.
    """

    ledger: RunLedger
    numbers: Iterable[int]
    read: Read
    progress: Progress
    stopped: str | None = None
    _queue: deque[int] = field(default_factory=deque)
    _again: list[int] = field(default_factory=list)
    _in_vain: int = 0

    def __post_init__(self) -> None:
        self._queue.extend(self.numbers)

    def take(self, in_flight: int) -> Request | None:
        """Return the next request; when all are answered, those that are asked once more."""
        if self.stopped is None and not self._queue and not in_flight and self._again:
            self._queue.extend(plan_again(self.ledger, self._again, self.read))
            self._again.clear()
        if self.stopped is not None or not self._queue:
            return None
        number = self._queue.popleft()
        return Request(number, self.ledger.status(number).sample, self.ledger.body(number))

    def give(self, number: int, answer: Answer) -> None:
        """Take an answer, which is durable."""
        place = place_of(self.ledger.status(number))
        is_read = answer.state is AnswerState.RECEIVED and self._is_read(answer.body or b"")
        self._in_vain = 0 if is_read else self._in_vain + 1
        if is_read:
            self.progress.advance(1)
        elif answer.state is AnswerState.RECEIVED and place.again is None:
            self._again.append(number)
        if self._in_vain >= MOST_IN_VAIN:
            self.stopped = "rejected"

    def _is_read(self, answer: bytes) -> bool:
        try:
            self.read(answer)
        except Rejected:
            return False
        return True


def to_send(ledger: RunLedger) -> list[RequestStatus]:
    """Return requests that were not sent, and those that the endpoint refused: none was billed.

    A key that was wrong is right when the run goes on.
    """
    return [
        each
        for each in statuses_of(ledger)
        if each.state == RequestState.PLANNED
        or (each.state == RequestState.FAILED and each.reason != TOO_LONG)
    ]


def unread(ledger: RunLedger) -> list[int]:
    """Return requests whose answer was no verdict, and that are to be asked once more.

    One that was refused or cut would be again.
    """
    places = [(each, place_of(each)) for each in statuses_of(ledger)]
    again = {place.again for _, place in places}
    return [
        each.request
        for each, place in places
        if (
            each.state == RequestState.RECEIVED
            or (each.state == RequestState.REJECTED and each.reason == MALFORMED)
        )
        and place.again is None
        and each.request not in again
    ]


def plan_again(ledger: RunLedger, numbers: Iterable[int], read: Read) -> list[int]:
    """Plan requests that show a judge what was wrong with its answers; return their numbers.

    Those whose answer is a verdict, or has no text that could be shown, are passed over.
    """
    planned: list[PlannedRequest] = []
    first = len(ledger) + 1
    for number in sorted(numbers):
        status = ledger.status(number)
        place, answer = place_of(status), ledger.answer(number) or b""
        try:
            read(answer)
        except Rejected as error:
            if error.reason != MALFORMED:
                continue
            body = asked_again(ledger.body(number), answer, error.told)
            if body is None:
                continue
            planned.append(
                PlannedRequest(
                    first + len(planned),
                    0,
                    body,
                    origin_id=status.origin_id,
                    drawn=replace(place, again=number).to_json(),
                )
            )
    if planned:
        ledger.plan(planned)
    return [each.request for each in planned]


def decide(ledger: RunLedger, read: Read) -> None:
    """Note of every answer that was received whether it gives a verdict."""
    lines = []
    for status in statuses_of(ledger):
        if status.state != RequestState.RECEIVED:
            continue
        try:
            read(ledger.answer(status.request) or b"")
        except Rejected as error:
            lines.append(decided_line(status.request, RequestState.REJECTED, error.reason))
        else:
            lines.append(decided_line(status.request, RequestState.ACCEPTED))
    if lines:
        ledger.append(lines)
