"""Asking: order, retries, interrupts and failures, against a server that bills."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter

import pytest

from tests.support.asking import Diary, Naps, Texts, asked, endpoint_of
from tests.support.billing_server import Behaviour, BillingServer
from vault.errors import InvalidInput, StorageFailed
from vault.generate.answers import AnswerState
from vault.generate.asking import Stopped, Stopping, ask
from vault.generate.budget import Limits
from vault.generate.endpoint import Endpoint
from vault.generate.requests import Request

ONE = Limits(first_in_flight=1, in_flight=1)


def test_400_requests_with_64_in_flight_are_answered_once() -> None:
    source = Texts(f"text {n}" for n in range(400))
    with BillingServer(Behaviour(together=64)) as server:
        end = asked(source, endpoint_of(server), limits=Limits(first_in_flight=64))
        assert end.stopped is Stopped.DONE
        assert end.spent.cost == server.ledger.billed
        assert server.ledger.most_in_flight == 64
        texts = Counter(entry.text for entry in server.ledger.entries)
    assert set(texts.values()) == {1} and len(texts) == 400
    assert sorted(number for number, _ in source.given) == list(range(1, 401))
    assert {answer.state for _, answer in source.given} == {AnswerState.RECEIVED}


def test_nothing_leaves_before_it_is_kept_as_sent() -> None:
    with BillingServer() as server:
        keeper = Diary()
        early: list[int] = []
        keeper.at_sent = lambda number: early.extend(
            entry.number for entry in server.ledger.of(f"text {number}")
        )
        asked(Texts(f"text {n}" for n in range(1, 31)), endpoint_of(server), keeper=keeper)
        assert len(server.ledger.entries) == 30
    assert early == [] and sorted(keeper.sent_numbers) == list(range(1, 31))


def test_answers_are_handed_on_durable_and_as_they_arrived() -> None:
    source, keeper = Texts(f"text {n}" for n in range(60)), Diary()
    undurable: list[int] = []

    def check(number: int) -> None:
        if number not in keeper.answers:
            undurable.append(number)

    source.at_give = check
    with BillingServer() as server:
        asked(source, endpoint_of(server), keeper=keeper, limits=Limits(first_in_flight=16))
    assert undurable == []
    assert [number for number, _ in source.given] == keeper.answered_numbers


@pytest.mark.parametrize("fault", ["408", "409", "429", "500", "503"])
def test_an_error_that_may_pass_is_tried_again(fault: str) -> None:
    source, naps = Texts(["a"]), Naps()
    with BillingServer(Behaviour(script={"a": [fault, fault]})) as server:
        end = asked(source, endpoint_of(server), naps=naps)
        assert len(server.ledger.of("a")) == 3
        assert end.spent.cost == server.ledger.billed
    assert end.retries == 2 and end.spent.requests == 1
    assert source.answers["a"].state is AnswerState.RECEIVED
    assert naps.seconds == [0.5, 1.0]


def test_the_time_that_the_endpoint_names_is_waited() -> None:
    naps = Naps()
    with BillingServer(Behaviour(script={"a": ["429:7.5", "503:3"]})) as server:
        asked(Texts(["a"]), endpoint_of(server), naps=naps)
    assert naps.seconds == [7.5, 3.0]


def test_all_requests_wait_while_one_is_limited() -> None:
    source, server = Texts(["a", *"bcdefgh"]), BillingServer(Behaviour(script={"a": ["429"]}))
    seen: list[int] = []

    async def nap(seconds: float) -> None:
        # What is on the way arrives; nothing new may.
        await asyncio.sleep(0.05)
        before = len(server.ledger.entries)
        await asyncio.sleep(0.05)
        seen.append(len(server.ledger.entries) - before)

    with server:
        limits = Limits(first_in_flight=2, in_flight=2)
        asyncio.run(ask(source, endpoint_of(server), Diary(), limits, sleep=nap))
    assert seen == [0] and len(source.given) == 8


def test_a_limit_without_room_makes_a_pause() -> None:
    naps = Naps()
    with BillingServer(Behaviour(script={"a": ["no-room"]})) as server:
        asked(Texts(["a", "b"]), endpoint_of(server), naps=naps, limits=ONE)
    assert naps.seconds == [2.5]


def test_an_error_that_does_not_pass_fails_one_request() -> None:
    source = Texts(["a", "b"])
    with BillingServer(Behaviour(script={"a": ["500"] * 9})) as server:
        end = asked(source, endpoint_of(server), limits=Limits(attempts=3))
        assert len(server.ledger.of("a")) == 3
    answer = source.answers["a"]
    assert (answer.state, answer.reason) == (AnswerState.FAILED, "http-500") and answer.cost == 0
    assert b"This is error 500" in (answer.body or b"")
    assert source.answers["b"].state is AnswerState.RECEIVED and end.stopped is Stopped.DONE


@pytest.mark.parametrize("fault", ["400", "422", "413"])
def test_a_request_that_is_refused_is_not_sent_again(fault: str) -> None:
    source = Texts(["a", "b"])
    with BillingServer(Behaviour(script={"a": [fault]})) as server:
        end = asked(source, endpoint_of(server))
        assert len(server.ledger.of("a")) == 1
    assert source.answers["a"].reason == f"http-{fault}" and end.stopped is Stopped.DONE


@pytest.mark.parametrize(
    ("fault", "why"),
    [("401", "refused"), ("403", "refused"), ("404", "refused"), ("quota", "quota")],
)
def test_a_refusal_of_everything_ends_the_run(fault: str, why: str) -> None:
    source = Texts("abcdefgh")
    with BillingServer(Behaviour(script={"b": [fault]})) as server:
        end = asked(source, endpoint_of(server), limits=ONE)
        assert len(server.ledger.entries) == 2
    assert end.stopped == why and source.answers["b"].state is AnswerState.FAILED


@pytest.mark.parametrize("fault", ["429:86400", "429"])
def test_an_endpoint_that_never_has_room_ends_the_run(fault: str) -> None:
    source, keeper = Texts("abc"), Diary()
    with BillingServer(Behaviour(script={"a": [fault] * 9})) as server:
        end = asked(source, endpoint_of(server), keeper=keeper, limits=Limits(attempts=4))
        assert end.spent.cost == server.ledger.billed
    assert end.stopped is Stopped.QUOTA and 1 in end.unsent
    assert keeper.answers[1].state is AnswerState.PLANNED


@pytest.mark.parametrize("fault", ["drop", "truncate", "refuse", "stall"])
def test_a_request_that_may_be_billed_is_not_sent_again(fault: str) -> None:
    source = Texts(["a", "b"])
    with BillingServer(Behaviour(script={"a": [fault]})) as server:
        end = asked(source, endpoint_of(server, timeout_seconds=0.5))
        assert len(server.ledger.of("a")) == 1
        assert (end.spent.cost or 0) >= server.ledger.billed
    answer = source.answers["a"]
    assert answer.state is AnswerState.POSSIBLY_BILLED
    assert (answer.reason, answer.body, answer.usage) == (None, None, None)
    assert answer.cost is not None and answer.cost > 0
    assert source.answers["b"].state is AnswerState.RECEIVED


def test_an_endpoint_that_is_not_there_loses_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        source, keeper, naps = Texts("abcdefgh"), Diary(), Naps()
        end = asked(source, Endpoint(url, "tiny"), keeper=keeper, naps=naps)
    assert end.stopped is Stopped.UNREACHABLE and source.given == []
    assert end.unsent == (1, 2, 3, 4) and end.spent.requests == 0
    assert {each.state for each in keeper.answers.values()} == {AnswerState.PLANNED}
    assert end.retries == len(naps.seconds) >= 7


def test_the_first_interrupt_waits_for_what_is_on_the_way() -> None:
    source, stopping = Texts(f"text {n}" for n in range(40)), Stopping()
    source.at_give = lambda number: stopping.stop() if len(source.given) == 5 else None
    with BillingServer(Behaviour(delay_seconds=0.01)) as server:
        limits = Limits(first_in_flight=8)
        end = asked(source, endpoint_of(server), limits=limits, stopping=stopping)
        assert end.stopped is Stopped.INTERRUPTED
        assert len(server.ledger.entries) == len(source.given) == end.spent.requests < 40
        assert end.spent.cost == server.ledger.billed


def test_the_second_interrupt_lists_what_was_on_the_way() -> None:
    source, stopping, keeper = Texts("abc"), Stopping(), Diary()
    server = BillingServer(Behaviour(script={text: ["stall"] for text in "abc"}))

    async def interrupted() -> Stopped:
        run = asyncio.create_task(
            ask(source, endpoint_of(server), keeper, Limits(), stopping=stopping)
        )
        while server.ledger.in_flight < 3:
            await asyncio.sleep(0.002)
        stopping.stop()
        await asyncio.sleep(0.02)
        assert not run.done()
        stopping.stop()
        return (await run).stopped

    with server:
        assert asyncio.run(interrupted()) is Stopped.INTERRUPTED
    assert [answer.state for _, answer in source.given] == [AnswerState.POSSIBLY_BILLED] * 3
    assert len(keeper.answers) == 3


def test_a_run_that_is_cancelled_keeps_what_was_on_the_way() -> None:
    source, keeper = Texts("ab"), Diary()
    server = BillingServer(Behaviour(script={"a": ["stall"], "b": ["stall"]}))

    async def cancelled() -> None:
        run = asyncio.create_task(ask(source, endpoint_of(server), keeper, Limits()))
        while server.ledger.in_flight < 2:
            await asyncio.sleep(0.002)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    with server:
        asyncio.run(cancelled())
    assert {each.state for each in keeper.answers.values()} == {AnswerState.POSSIBLY_BILLED}
    assert len(keeper.answers) == 2


def test_an_interrupt_ends_a_wait_before_a_retry() -> None:
    source, stopping, keeper = Texts("a"), Stopping(), Diary()

    async def nap(seconds: float) -> None:
        asyncio.get_running_loop().call_soon(stopping.stop)
        await asyncio.Event().wait()

    with BillingServer(Behaviour(script={"a": ["429"]})) as server:
        end = asyncio.run(
            ask(source, endpoint_of(server), keeper, Limits(), stopping=stopping, sleep=nap)
        )
        assert len(server.ledger.entries) == 1
    assert end.unsent == (1,) and keeper.answers[1].state is AnswerState.PLANNED


def test_a_stop_before_the_start_sends_nothing() -> None:
    stopping = Stopping()
    stopping.stop()
    with BillingServer() as server:
        end = asked(Texts("abc"), endpoint_of(server), stopping=stopping)
        assert server.ledger.entries == [] and end.stopped is Stopped.INTERRUPTED


def _full(number: int) -> None:
    if number == 3:
        raise StorageFailed("no space is left", code="write-failed")


def test_a_keeper_that_fails_before_sending_sends_nothing() -> None:
    source, keeper = Texts(f"text {n}" for n in range(1, 9)), Diary()
    keeper.at_sent = _full
    with BillingServer() as server:
        with pytest.raises(StorageFailed):
            asked(source, endpoint_of(server), keeper=keeper)
        assert server.ledger.of("text 3") == []
        assert len(server.ledger.entries) == len(source.given)
    assert 3 not in keeper.answers


def test_what_is_not_durable_is_not_handed_on() -> None:
    source, keeper = Texts(f"text {n}" for n in range(1, 9)), Diary()
    keeper.at_answered = _full
    with BillingServer() as server:
        with pytest.raises(StorageFailed):
            asked(source, endpoint_of(server), keeper=keeper)
        assert len(server.ledger.entries) == len(source.given) + 1
    assert {number for number, _ in source.given} <= keeper.answers.keys()
    assert 3 not in keeper.answers


def test_an_error_of_the_source_is_raised_when_all_is_kept() -> None:
    source, keeper = Texts(f"text {n}" for n in range(30)), Diary()

    def fail(number: int) -> None:
        raise KeyError(number)

    source.at_give = fail
    with BillingServer() as server:
        with pytest.raises(KeyError):
            asked(source, endpoint_of(server), keeper=keeper)
        assert len(server.ledger.entries) <= len(keeper.answers) <= 8


def test_a_request_without_a_bound_is_refused_unsent() -> None:
    class Unbounded(Texts):
        def take(self, in_flight: int) -> Request | None:
            return Request(1, 0, '{"messages":[{"role":"user","content":"a"}]}')

    with BillingServer() as server:
        with pytest.raises(InvalidInput) as caught:
            asked(Unbounded([]), endpoint_of(server))
        assert caught.value.code == "request-unbounded" and server.ledger.entries == []
