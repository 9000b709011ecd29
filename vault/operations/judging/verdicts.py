"""From answers to verdicts: of one judge or a panel, of single answers or of pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vault.generate.rubric.ask_verdicts import FIRST, SECOND, TIE
from vault.generate.rubric.read_verdicts import (
    Verdict,
    better_of,
    is_quoted,
    score_of,
    shown_text,
    verdicts_of,
)
from vault.generate.rubric.rubric import Rubric
from vault.objects.labels.label_name import slug
from vault.objects.labels.label_set import LabelValue
from vault.objects.model_run.request import RequestState
from vault.operations.judging.asking import place_of, statuses_of, to_send, unread
from vault.store.run_ledger import RunLedger

_SWAPPED = {FIRST: SECOND, SECOND: FIRST, TIE: TIE}

CHOSEN, REJECTED = "chosen", "rejected"


@dataclass(frozen=True, slots=True)
class Judged:
    """The labels of one example, by what comes behind `judge.NAME.`.

    `request` is the first of those that were answered with its verdicts.
    """

    example: bytes
    request: int
    labels: Mapping[str, LabelValue]


@dataclass(slots=True)
class Verdicts:
    """The verdicts of a run, and how sure they are.

    Of `repeated` verdicts on a criterion that were asked for twice `same` were the same. Of `pairs`
    that were compared `flips` depend on which answer came first, and are ties. `unquoted` of
    `quoted` quotations do not stand in the example.
    """

    judged: list[Judged] = field(default_factory=list)
    repeated: int = 0
    same: int = 0
    pairs: int = 0
    flips: int = 0
    quoted: int = 0
    unquoted: int = 0


@dataclass(slots=True)
class _Example:
    request: int = 0
    by_judge: dict[str, Mapping[str, bool]] = field(default_factory=dict)
    is_open: bool = False


@dataclass(slots=True)
class _Pair:
    request: int = 0
    better: dict[tuple[str, bool], str] = field(default_factory=dict)
    is_open: bool = False


def read_answer(rubric: Rubric, answer: bytes, *, pairwise: bool) -> tuple[Verdict, ...] | str:
    """Return the verdicts of an answer, or the better one of two. Raises Rejected."""
    return better_of(answer) if pairwise else verdicts_of(rubric, answer)


def pointwise_verdicts(rubric: Rubric, ledger: RunLedger, *, is_done: bool) -> Verdicts:
    """Return the verdicts on examples of which every judge's answer is decided for good.

    Of a panel the majority decides, of those that answered and at least half of all: a criterion
    without a majority has no verdict and counts half in the score. Costs reading every answer.
    """
    found = Verdicts()
    examples: dict[bytes, _Example] = {}
    repeats: dict[tuple[bytes, str], Mapping[str, bool]] = {}
    waiting = set() if is_done else _waiting(ledger)
    for status in statuses_of(ledger):
        example = status.origin_id or b""
        place = place_of(status)
        own = examples.setdefault(example, _Example())
        if status.request in waiting:
            own.is_open = own.is_open or not place.repeat
            continue
        if status.state != RequestState.ACCEPTED:
            continue
        verdicts = verdicts_of(rubric, ledger.answer(status.request) or b"")
        passed = {each.criterion: each.passed for each in verdicts}
        if place.repeat:
            repeats[example, place.judge] = passed
            continue
        own.by_judge[place.judge] = passed
        own.request = own.request or status.request
        _check_quotes(found, verdicts, ledger.body(status.request))
    for (example, judge), second in repeats.items():
        first = examples[example].by_judge.get(judge)
        if first is not None:
            found.repeated += len(second)
            found.same += sum(first[each] == said for each, said in second.items())
    for example, own in examples.items():
        if not own.is_open and 2 * len(own.by_judge) >= len(rubric.judges) and own.by_judge:
            found.judged.append(Judged(example, own.request, _labels(rubric, own.by_judge)))
    return found


def _waiting(ledger: RunLedger) -> set[int]:
    """Return the requests that are sent, or whose answers are asked about, when a run goes on."""
    return {*(each.request for each in to_send(ledger)), *unread(ledger)}


def _labels(rubric: Rubric, by_judge: Mapping[str, Mapping[str, bool]]) -> dict[str, LabelValue]:
    decided = {
        each.id: _majority([passed[each.id] for passed in by_judge.values()])
        for each in rubric.criteria
    }
    labels: dict[str, LabelValue] = {"score": score_of(rubric, decided)}
    labels |= {name: said for name, said in decided.items() if said is not None}
    if rubric.is_panel:
        labels |= {f"by.{slug(each)}": score_of(rubric, own) for each, own in by_judge.items()}
    return labels


def _check_quotes(found: Verdicts, verdicts: Sequence[Verdict], body: str) -> None:
    """Count quotations, and those that are not in what the judge was shown."""
    quotes = [each.evidence for each in verdicts if each.evidence.strip()]
    found.quoted += len(quotes)
    if quotes:
        shown = shown_text(body)
        found.unquoted += sum(not is_quoted(each, shown) for each in quotes)


def _majority(said: list[bool]) -> bool | None:
    yes = sum(said)
    return None if 2 * yes == len(said) else 2 * yes > len(said)


def pairwise_verdicts(rubric: Rubric, ledger: RunLedger, *, is_done: bool) -> Verdicts:
    """Return the better answers of examples all of whose comparisons are decided for good.

    A judge that says something else when the answers change places says tie; of a panel the
    majority decides. A preference record gets `choice` = `chosen`, `rejected` or `tie`; an answer
    to a prompt the share of comparisons that it won, a tie being half. Costs reading every answer.
    """
    found = Verdicts()
    pairs: dict[tuple[bytes, str | None], _Pair] = {}
    waiting = set() if is_done else _waiting(ledger)
    open_examples: set[bytes] = set()
    for status in statuses_of(ledger):
        place = place_of(status)
        pair = pairs.setdefault((status.origin_id or b"", place.other), _Pair())
        if status.request in waiting:
            pair.is_open = True
            open_examples.update(_both(status.origin_id or b"", place.other))
        elif status.state == RequestState.ACCEPTED:
            pair.request = pair.request or status.request
            said = better_of(ledger.answer(status.request) or b"")
            pair.better[place.judge, place.is_swapped] = (
                _SWAPPED[said] if place.is_swapped else said
            )
    won: dict[bytes, list[float]] = {}
    requests: dict[bytes, int] = {}
    for (example, other), pair in pairs.items():
        better = None if pair.is_open else _better(found, rubric, pair)
        if better is None:
            continue
        found.pairs += 1
        if other is None:
            words = {FIRST: CHOSEN, SECOND: REJECTED, TIE: TIE}
            found.judged.append(Judged(example, pair.request, {"choice": words[better]}))
            continue
        share = {FIRST: 1.0, SECOND: 0.0, TIE: 0.5}[better]
        for each, own in zip(_both(example, other), (share, 1 - share), strict=True):
            won.setdefault(each, []).append(own)
            requests.setdefault(each, pair.request)
    for example, shares in won.items():
        if example in open_examples:
            continue
        label = {"choice": sum(shares) / len(shares)}
        found.judged.append(Judged(example, requests[example], label))
    return found


def _both(example: bytes, other: str | None) -> tuple[bytes, ...]:
    return (example,) if other is None else (example, bytes.fromhex(other))


def _better(found: Verdicts, rubric: Rubric, pair: _Pair) -> str | None:
    """Return the better one of two answers; None where fewer than half of the judges said it."""
    votes = []
    for model in rubric.judges:
        both = [pair.better.get((model.name, swapped)) for swapped in (False, True)]
        if None in both:
            continue
        found.flips += both[0] != both[1]
        votes.append(both[0] if both[0] == both[1] else TIE)
    if not votes or 2 * len(votes) < len(rubric.judges):
        return None
    ordered = Counter(votes).most_common()
    is_tied = len(ordered) > 1 and ordered[0][1] == ordered[1][1]
    return TIE if is_tied else ordered[0][0]
