"""Asking: requests are sent side by side, and every answer is durable before anything uses it.

The order for one request: `Keeper.sent` has returned before its first byte leaves, and
`Keeper.answered` before `Source.give`. Nothing is sent twice that may have been billed.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, StrEnum

from vault.generate.answers import PLANNED, TOO_LONG, Answer, AnswerState, failed, possibly_billed
from vault.generate.budget import NOTHING_SPENT, Budget, Limits, Short, Spent, WorstCase
from vault.generate.endpoint import Endpoint, Exchange
from vault.generate.pace import Pace, Sleep
from vault.generate.prices import Prices
from vault.generate.requests import Keeper, Request, Source
from vault.generate.retries import (
    Verdict,
    backoff_seconds,
    reset_seconds,
    retry_after_seconds,
    verdict_of,
)
from vault.generate.usage import usage_of


class Stopped(StrEnum):
    """Why a run of asking ended."""

    DONE = "done"
    BUDGET = "budget"
    TOKENS = "tokens"
    REQUESTS = "requests"
    QUOTA = "quota"
    """The endpoint wants no more: the money there is used up, or its limits leave no room."""
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Asked:
    """The end of asking. `unsent` are requests that were taken and not sent, or turned away."""

    stopped: Stopped
    spent: Spent
    retries: int
    unsent: tuple[int, ...]


class Stopping:
    """The wish to stop, as of Ctrl-C: once to send no more, twice not to wait for answers either.

    `stop` is called in the thread of the event loop.
    """

    def __init__(self) -> None:
        self._count = 0
        self._watch: Callable[[int], None] | None = None

    def stop(self) -> None:
        """Ask to stop; at the second call requests in flight are given up, possibly billed."""
        self._count += 1
        if self._watch is not None:
            self._watch(self._count)

    def watch(self, watch: Callable[[int], None]) -> None:
        """Call a function with the number of calls of `stop`, now and whenever it grows."""
        self._watch = watch
        if self._count:
            watch(self._count)


async def ask(
    source: Source,
    endpoint: Endpoint,
    keeper: Keeper,
    limits: Limits,
    *,
    spent: Spent = NOTHING_SPENT,
    stopping: Stopping | None = None,
    sleep: Sleep = asyncio.sleep,
    jitter: Callable[[], float] = random.random,
) -> Asked:
    """Send the requests of a source until it has no more or something ends it.

    `spent` is what the run spent before. An error of the source or the keeper ends sending, and is
    raised when everything in flight has been kept. Raises InvalidInput: `generate-missing`,
    `endpoint-invalid`, `key-invalid`, `price-unknown`, and those of `most_tokens` for a request
    without a bound.
    """
    from vault.generate.client import Connection

    budget = Budget(limits, endpoint.prices, spent)
    async with Connection(endpoint) as connection:
        line = _Line(connection.exchange, endpoint.prices, limits, sleep, jitter)
        run = _Run(source, keeper, budget, line)
        if stopping is not None:
            stopping.watch(run.interrupt)
        return await run.run()


@dataclass(frozen=True, slots=True)
class _Line:
    """The means of a run to send a request and to wait."""

    exchange: Callable[[bytes], Awaitable[Exchange]]
    prices: Prices | None
    limits: Limits
    sleep: Sleep
    jitter: Callable[[], float]


class _Phase(Enum):
    WAITING = "waiting"
    """Nothing is on the way: cancelling costs nothing."""
    ON_THE_WAY = "on the way"
    """Cancelling loses an answer that may have been billed."""
    KEEPING = "keeping"
    """An answer is being kept: never cancelled."""


class _Flight:
    """A request between its reservation and the end of its task."""

    def __init__(self, request: Request, worst: WorstCase) -> None:
        self.request = request
        self.worst = worst
        self.phase = _Phase.WAITING
        self.failures = 0
        self.answers_seen = 0
        self.falls = 0
        self.answer: Answer | None = None
        self.task: asyncio.Task[None]


@dataclass(frozen=True, slots=True)
class _Retry:
    seconds: float
    is_for_all: bool


class _Run:
    """One run of asking: a task for each request in flight, and a loop that starts them."""

    def __init__(self, source: Source, keeper: Keeper, budget: Budget, line: _Line) -> None:
        self._source = source
        self._keeper = keeper
        self._budget = budget
        self._line = line
        self._wake = asyncio.Event()
        limits = line.limits
        self._pace = Pace(
            first=limits.first_in_flight,
            most=limits.in_flight,
            sleep=line.sleep,
            changed=self._wake.set,
        )
        self._flights: set[_Flight] = set()
        self._pauses: set[asyncio.Task[None]] = set()
        self._arrivals: deque[_Flight] = deque()
        self._held: tuple[Request, WorstCase] | None = None
        self._stopped: Stopped | None = None
        self._is_halted = False
        self._failure: Exception | None = None
        self._keeping = 0
        self._retries = 0
        self._answers_seen = 0
        self._unsent: list[int] = []

    async def run(self) -> Asked:
        """Send until there is nothing to send or in flight."""
        try:
            while self._is_going_on():
                await self._wake.wait()
                self._wake.clear()
        finally:
            # Whether it ended or was cancelled, nothing goes on behind the caller's back.
            self._halt(Stopped.INTERRUPTED)
            self._cancel(_Phase.ON_THE_WAY)
            tasks = [flight.task for flight in self._flights] + list(self._pauses)
            if tasks:
                await asyncio.wait(tasks)
        if self._failure is not None:
            raise self._failure
        if self._held is not None:
            self._unsent.append(self._held[0].number)
        assert self._stopped is not None
        return Asked(self._stopped, self._budget.spent, self._retries, tuple(sorted(self._unsent)))

    def interrupt(self, count: int) -> None:
        """Stop sending; from the second call on, give up requests on the way too."""
        self._halt(Stopped.INTERRUPTED)
        if count > 1:
            self._cancel(_Phase.ON_THE_WAY)

    def _is_going_on(self) -> bool:
        """Start what may be started; return whether there is something to wait for."""
        try:
            while self._stopped is None and not self._pace.is_paused:
                # While an answer is being kept, its connection serves another request.
                busy = len(self._flights) - min(self._keeping, self._pace.allowed)
                if busy >= self._pace.allowed or not self._start_next():
                    break
        except Exception as error:
            self._fail(error)
        if self._flights:
            return True
        if self._stopped is None and self._pace.is_paused:
            return True
        self._stopped = self._stopped or Stopped.DONE
        return False

    def _start_next(self) -> bool:
        """Start the next request; return whether there was one and the budget has room for it."""
        if self._held is None:
            request = self._source.take(len(self._flights))
            if request is None:
                return False
            self._held = request, self._budget.worst_case(request.body)
        request, worst = self._held
        short = self._budget.reserve(worst)
        if short is not None:
            # Room for tokens and money may come back when others are settled.
            if short is Short.REQUESTS or not self._flights:
                self._stopped = Stopped(short.value)
            return False
        self._held = None
        flight = _Flight(request, worst)
        self._flights.add(flight)
        flight.task = asyncio.create_task(self._fly(flight))
        flight.task.add_done_callback(lambda _: self._landed(flight))
        return True

    async def _fly(self, flight: _Flight) -> None:
        try:
            answer = await self._answer(flight)
            flight.phase = _Phase.KEEPING
            self._keeping += 1
            self._wake.set()
            try:
                await self._keep(flight, answer)
            finally:
                self._keeping -= 1
        except Exception as error:
            self._fail(error)

    def _landed(self, flight: _Flight) -> None:
        self._flights.discard(flight)
        if flight.answer is None:
            # It was stopped before anything of it left, or the keeper failed.
            self._budget.release(flight.worst)
            self._unsent.append(flight.request.number)
        self._wake.set()

    async def _answer(self, flight: _Flight) -> Answer:
        try:
            body = flight.request.body.encode("utf-8")
            await self._keeper.sent(flight.request.number, flight.worst.cost)
            while True:
                flight.falls = await self._pace.enter()
                flight.phase = _Phase.ON_THE_WAY
                try:
                    exchange = await self._line.exchange(body)
                finally:
                    self._pace.leave()
                flight.phase = _Phase.KEEPING
                outcome = self._judged(flight, exchange)
                if isinstance(outcome, Answer):
                    return outcome
                self._retries += 1
                flight.phase = _Phase.WAITING
                if outcome.is_for_all:
                    await self._pace.pause(outcome.seconds)
                else:
                    await self._line.sleep(outcome.seconds)
        except asyncio.CancelledError:
            is_on_the_way = flight.phase is _Phase.ON_THE_WAY
            return possibly_billed(flight.worst.cost) if is_on_the_way else PLANNED

    def _judged(self, flight: _Flight, exchange: Exchange) -> Answer | _Retry:
        """Return what an exchange came to, or how long to wait before the next attempt."""
        verdict = verdict_of(exchange)
        if exchange.fault is None:
            self._answers_seen += 1
        if verdict is Verdict.RECEIVED:
            return self._received(flight, exchange)
        if verdict is Verdict.POSSIBLY_BILLED:
            return possibly_billed(flight.worst.cost)
        if verdict is Verdict.TOO_LONG:
            return Answer(AnswerState.FAILED, TOO_LONG, cost=flight.worst.cost)
        if verdict in (Verdict.REFUSED, Verdict.QUOTA):
            self._halt(Stopped.REFUSED if verdict is Verdict.REFUSED else Stopped.QUOTA)
        elif verdict is not Verdict.FAILED:
            return self._retried(flight, exchange, verdict)
        return failed(exchange)

    def _received(self, flight: _Flight, exchange: Exchange) -> Answer:
        self._pace.rise()
        seconds = reset_seconds(exchange.headers, flight.worst.tokens)
        if seconds and not self._is_halted:
            pause = asyncio.create_task(self._pace.pause(seconds))
            self._pauses.add(pause)
            pause.add_done_callback(self._pauses.discard)
        usage = usage_of(exchange.body, flight.request.body)
        prices = self._line.prices
        cost = None if prices is None else prices.cost(usage)
        return Answer(AnswerState.RECEIVED, body=exchange.body, usage=usage, cost=cost)

    def _retried(self, flight: _Flight, exchange: Exchange, verdict: Verdict) -> Answer | _Retry:
        limits = self._line.limits
        if verdict is Verdict.UNREACHABLE and flight.answers_seen != self._answers_seen:
            # Others were answered since, so the endpoint is there.
            flight.failures = 0
        flight.answers_seen = self._answers_seen
        flight.failures += 1
        if verdict is Verdict.LIMITED:
            self._pace.fall(flight.falls)
        asked = retry_after_seconds(exchange.headers)
        if asked is not None and asked > limits.longest_pause_seconds:
            self._halt(Stopped.QUOTA)
        elif flight.failures >= limits.attempts:
            if verdict is Verdict.BUSY:
                return failed(exchange)
            is_gone = verdict is Verdict.UNREACHABLE
            self._halt(Stopped.UNREACHABLE if is_gone else Stopped.QUOTA)
        if self._is_halted:
            return PLANNED
        seconds = backoff_seconds(flight.failures, self._line.jitter()) if asked is None else asked
        # An error of one request says nothing about the others, unless it names a time.
        return _Retry(seconds, is_for_all=verdict is not Verdict.BUSY or asked is not None)

    async def _keep(self, flight: _Flight, answer: Answer) -> None:
        """Make an answer durable, then hand it on when those that came before are."""
        self._arrivals.append(flight)
        try:
            await self._keeper.answered(flight.request.number, answer)
            flight.answer = answer
            self._settle(flight, answer)
        except BaseException:
            self._arrivals.remove(flight)
            raise
        finally:
            self._hand_on()

    def _settle(self, flight: _Flight, answer: Answer) -> None:
        if answer.state is AnswerState.PLANNED:
            self._budget.release(flight.worst)
            return
        used = WorstCase(0, Decimal(0))
        if answer.usage is not None:
            used = WorstCase(answer.usage.total, answer.cost)
        elif answer.state is AnswerState.POSSIBLY_BILLED or answer.body is None:
            used = flight.worst
        self._budget.settle(flight.worst, used)

    def _hand_on(self) -> None:
        while self._arrivals:
            flight = self._arrivals[0]
            if flight.answer is None:
                return
            self._arrivals.popleft()
            if flight.answer.state is AnswerState.PLANNED:
                self._unsent.append(flight.request.number)
            else:
                self._source.give(flight.request.number, flight.answer)

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._halt(Stopped.INTERRUPTED)

    def _halt(self, why: Stopped) -> None:
        """Send no more, and end what waits for another attempt."""
        self._stopped = self._stopped or why
        self._is_halted = True
        self._cancel(_Phase.WAITING)
        for pause in self._pauses:
            pause.cancel()
        self._wake.set()

    def _cancel(self, phase: _Phase) -> None:
        for flight in self._flights:
            if flight.phase is phase:
                flight.task.cancel()
