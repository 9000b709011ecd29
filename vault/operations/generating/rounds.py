"""The rounds of a run: requests go out, and when all of a round are answered it is decided.

A round is a source of requests for `ask`. Rounds make a run depend on what was answered and not on
when: who comes first among answers decides nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from vault.errors import InvalidInput
from vault.generate.answers import Answer, AnswerState
from vault.generate.ladder import Step, asked_again, is_form_refused
from vault.generate.recipe.recipe import AnswerFormat, Recipe
from vault.generate.recipe.render import records_of
from vault.generate.requests import Request
from vault.objects.model_run.request import RequestState
from vault.operations.generating.acceptance import Acceptance
from vault.operations.generating.planner import Drawn, Planned, Plans, stepped_down
from vault.operations.generating.report import DONE
from vault.operations.generating.verdicts import Decided, Received, check_schema, decide_round
from vault.operations.model_runs.probe import is_probe
from vault.progress import Progress
from vault.store.request_lines import PlannedRequest, decided_line, planned_line
from vault.store.run_ledger import RunLedger

LEAST_ROUND = 50
MOST_ROUND = 512
"""Requests of a round: as many as were accepted so far, within these."""

FIRST_LISTS = 4
"""Requests of a round as long as nobody knows how many examples an answer holds."""

MOST_IN_VAIN = 50
"""Answers in a row of which no example is made, after which a run stops."""

NOVELTY_OF = 200
"""Answers of which the share that is new is looked at."""

_NOT_NEW = frozenset({"duplicate", "near-duplicate"})
_ASKED_AGAIN = frozenset({"malformed", "schema"})
_LOST = frozenset({AnswerState.FAILED, AnswerState.POSSIBLY_BILLED})


@dataclass(slots=True)
class Rounds:
    """The requests of a run, and what was accepted of their answers so far.

    `stopped` is set where the run ends for the sake of what came back: `rejected`, `novelty`, or
    `quota` where each cell has what it is to have, `done` where no prompt is to be asked again;
    `seeds-missing` or `template-failed` where no other request can be made.
    """

    recipe: Recipe
    ledger: RunLedger
    planner: Plans
    acceptance: Acceptance
    progress: Progress
    count: int
    is_batch: bool = False
    decided: list[Decided] = field(default_factory=list)
    accepted: int = 0
    stopped: str | None = None
    _queue: deque[Request] = field(default_factory=deque)
    _open: dict[int, Drawn] = field(default_factory=dict)
    _waiting: deque[tuple[Request, Drawn]] = field(default_factory=deque)
    _received: list[Received] = field(default_factory=list)
    _answers: int = 0
    _in_vain: int = 0
    _is_stepping: bool = False
    _is_new: deque[bool] = field(default_factory=lambda: deque(maxlen=NOVELTY_OF))

    def resume(self) -> None:
        """Take up what the ledger has: what was accepted, what waits, what was not decided yet."""
        accepted: list[Decided] = []
        for status in self.ledger.statuses():
            number = status.request
            body = self.ledger.body(number)
            drawn = Drawn.of(status)
            self.planner.note_request(number, body, drawn)
            if is_probe(status):
                continue
            if status.state == RequestState.ACCEPTED:
                answer = self.ledger.answer(number) or b""
                made = records_of(
                    self.recipe, drawn.values, answer, check=check_schema, kept=drawn.fields
                )
                accepted.append(Decided(number, drawn, tuple(made), status.examples or ()))
            elif status.state == RequestState.PLANNED and self.planner.may_show(drawn):
                self._waiting.append((Request(number, status.sample, body), drawn))
            elif status.state == RequestState.RECEIVED:
                self._received.append(Received(number, drawn))
            elif status.state == RequestState.REJECTED:
                self._answers += 1
            elif status.state == RequestState.FAILED:
                self._note_refusal(self.ledger.answer(number))
        self._take_up(accepted)
        # Of a round that was interrupted the rest is sent before anything of it is decided.
        is_short = len(self._received) < self._missing_requests()
        if self._waiting and is_short and not self.is_batch:
            self._send_waiting(self._missing_requests() - len(self._received))

    def _take_up(self, accepted: Sequence[Decided]) -> None:
        """Take in what was accepted before, all at once: each time costs a look at the dataset."""
        records = [record for each in accepted for record in each.records]
        ids = {example for each in accepted for example in each.ids}
        is_kept = iter(self.acceptance.add(records, ids))
        for each in accepted:
            own = tuple(record for record in each.records if next(is_kept))
            self._note(replace(each, records=own))

    def take(self, in_flight: int) -> Request | None:
        """Return the next request; between two rounds, decide the one and plan the other."""
        if not self._queue and not in_flight and not self._open:
            self.decide()
            self._is_stepping = False
            if self.stopped is None:
                self._plan()
        return self._queue.popleft() if self._queue else None

    @property
    def missing(self) -> int:
        """The number of examples that are still to be accepted."""
        return max(self.count - self.accepted, 0)

    def take_many(self, most: int) -> list[Request]:
        """Return requests for a batch, at most so many: those that wait, then others."""
        while len(self._waiting) < most and self._plan_more(most - len(self._waiting)):
            pass
        if self._waiting:
            self.stopped = None  # what can be asked is asked first
        count = min(most, len(self._waiting))
        return [self._waiting.popleft()[0] for _ in range(count)]

    def give(self, number: int, answer: Answer) -> None:
        """Take an answer, which is durable."""
        drawn = self._open.pop(number)
        if answer.state is AnswerState.RECEIVED:
            self._received.append(Received(number, drawn))
        elif answer.state in _LOST and not self._note_refusal(answer.body):
            self._in_vain += 1

    def _note_refusal(self, answer: bytes | None) -> bool:
        """Return whether a request failed for its form: then the next ones have another."""
        step = self.recipe.step or self.recipe.wanted_step
        # A schema that is refused may be no schema: whoever wrote it is told.
        if step is not Step.OBJECT or not is_form_refused(answer):
            return False
        if not self._is_stepping:
            self._is_stepping = True
            self.recipe = stepped_down(self.recipe)
            self.planner.step_down()
        return True

    def decide(self) -> None:
        """Decide what came back and is not decided yet, in the order of the requests."""
        self._received.sort(key=lambda each: each.number)
        received, self._received = self._received, []
        found = decide_round(
            self.recipe, self.acceptance, received, lambda number: self.ledger.answer(number) or b""
        )
        again = list(self._asked_again(found))
        # Together, so that no kill comes between them.
        self.ledger.append([*map(_line, found), *(planned_line(_kept(each)) for each in again)])
        self._waiting.extend((_request(each), each.drawn) for each in again)
        for each in found:
            self._note(each)
        self.progress.advance(sum(len(each.records) for each in found))
        if self._missing() <= 0:
            self.stopped = DONE
        elif self._in_vain >= MOST_IN_VAIN:
            self.stopped = "rejected"
        elif self._is_stale():
            self.stopped = "novelty"

    def _asked_again(self, decided: Sequence[Decided]) -> Iterator[Planned]:
        """Yield requests that show the model what is wrong with its answer, once for each."""
        for each in decided if self.recipe.asks_again else ():
            reason = each.rejections[0].reason if each.rejections and not each.ids else None
            if reason not in _ASKED_AGAIN or each.drawn.again is not None:
                continue
            answer = self.ledger.answer(each.number) or b""
            body = asked_again(self.ledger.body(each.number), answer, each.rejections[0].told)
            if body is not None:
                yield self.planner.again(replace(each.drawn, again=each.number), body)

    def _note(self, decided: Decided) -> None:
        # The texts of what was rejected are in the ledger.
        self.decided.append(replace(decided, rejections=decided.rejections[:1]))
        self.accepted += len(decided.ids)
        self._answers += 1
        for _ in decided.ids:
            self.planner.note_accepted(decided.drawn)
        self._in_vain = 0 if decided.ids else self._in_vain + 1
        reasons = {each.reason for each in decided.rejections}
        if decided.ids or reasons & _NOT_NEW:
            self._is_new.append(bool(decided.ids))

    def _is_stale(self) -> bool:
        least = self.recipe.accept.stop_when_novelty_below
        seen = self._is_new
        return bool(least) and len(seen) == NOVELTY_OF and sum(seen) < least * NOVELTY_OF

    def _missing(self) -> int:
        """Return how many examples are missing; of a plan, each value has its own number."""
        missing = self.planner.missing
        return self.count - self.accepted if missing is None else missing

    def _missing_requests(self) -> int:
        """Return how many requests may give the examples that are missing."""
        missing = self._missing()
        if self.recipe.format is not AnswerFormat.JSON_LIST or missing <= 0:
            return max(missing, 0)
        if not self.accepted:
            return min(missing, FIRST_LISTS)
        return -(-missing * self._answers // self.accepted)

    def _send_waiting(self, most: int) -> None:
        while self._waiting and most > 0:
            request, drawn = self._waiting.popleft()
            self._open[request.number] = drawn
            self._queue.append(request)
            most -= 1

    def _plan(self) -> None:
        if self._waiting:
            self._send_waiting(self._missing_requests())
            return
        # A row of failures ends where it is to end, not somewhere in the next round.
        most = min(max(LEAST_ROUND, self.accepted), MOST_ROUND)
        if self._plan_more(min(most, self._missing_requests())):
            self._send_waiting(most)

    def _plan_more(self, most: int) -> bool:
        """Plan requests, at most so many; return False where there are none, and the run ends."""
        try:
            planned = self.planner.round(most, [drawn for _, drawn in self._waiting])
        except InvalidInput as error:
            if not len(self.ledger):
                raise
            # What was paid for is staged all the same.
            self.stopped = error.code
            return False
        if not planned:
            self.stopped = self.planner.at_end
            return False
        self.ledger.plan(map(_kept, planned))
        self._waiting.extend((_request(each), each.drawn) for each in planned)
        return True


def _request(planned: Planned) -> Request:
    return Request(planned.number, planned.sample, planned.body)


def _kept(planned: Planned) -> PlannedRequest:
    """Return a request as the journal keeps it."""
    drawn = planned.drawn
    answers = None if drawn.answers is None else bytes.fromhex(drawn.answers)
    return PlannedRequest(planned.number, planned.sample, planned.body, answers, drawn.to_json())


def _line(decided: Decided) -> dict[str, object]:
    if decided.ids:
        return decided_line(decided.number, RequestState.ACCEPTED, examples=decided.ids)
    reason = decided.rejections[0].reason
    return decided_line(decided.number, RequestState.REJECTED, reason)
