"""`judge --batch`: requests go out together at half the price, and no verdict is bought twice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import PRICES
from tests.support.judged import asked, judged, panel, rubric, says
from tests.support.library import Library
from vault.errors import InvalidInput

GOOD = says(lambda answer: answer.startswith("good"))


@pytest.fixture
def priced(library: Library) -> Library:
    """Six examples, and the prices of the server: a batch costs half."""
    (library.folder / "prices.toml").write_text(PRICES + "batch = 0.5\n", encoding="utf-8")
    (library.folder / "vault.toml").write_text('[generate]\nprices = "prices.toml"\n')
    asked(library, 6)
    return library


def of_one(server: BillingServer) -> bytes:
    return rubric(server.base_url, more="repeat = 0").replace(b'price = "none"\n', b"")


def test_a_batch_is_submitted_and_its_verdicts_fetched(priced: Library) -> None:
    with BillingServer(Behaviour(content=GOOD)) as server:
        first = judged(priced, of_one(server), is_batch=True)
        assert (first.stopped, first.batch, first.waiting, first.judged) == (
            "submitted",
            "batch_1",
            6,
            0,
        )
        assert priced.labels() == {}
        (waiting,) = priced.repository.status().unfinished
        assert (waiting.run, waiting.kind) == (first.run, "judge")
        last = priced.repository.resume_judging()
        assert (last.run, last.stopped, last.judged) == (first.run, "done", 6)
        assert last.cost.amount is not None
        assert Decimal(last.cost.amount) == server.ledger.billed
        assert len(server.ledger.entries) == 7  # the probe is no part of the batch
    assert priced.labels()["Q1?"]["judge.help.score"] == 1.0
    assert priced.repository.fsck().problems == ()


def test_a_batch_that_goes_on_is_left_alone(priced: Library) -> None:
    with BillingServer(Behaviour(content=GOOD)) as server:
        server.desk.manners.pending = 1
        first = judged(priced, of_one(server), is_batch=True)
        again = priced.repository.resume_judging()
        assert (again.stopped, again.batch) == ("submitted", first.batch)
        assert priced.repository.resume_judging().judged == 6


def test_what_a_batch_did_not_do_is_submitted_when_asked_for(priced: Library) -> None:
    with BillingServer(Behaviour(content=GOOD)) as server:
        server.desk.manners.does = 4
        judged(priced, of_one(server), is_batch=True)
        half = priced.repository.resume_judging()
        assert (half.stopped, half.judged, len(priced.labels())) == ("short", 4, 4)
        server.desk.manners.does = None
        assert priced.repository.resume_judging(is_batch=True).stopped == "submitted"
        last = priced.repository.resume_judging()
        assert (last.stopped, last.judged, len(priced.labels())) == ("done", 6, 6)
        assert len(server.ledger.entries) == 7


def test_a_batch_of_verdicts_is_cancelled(priced: Library) -> None:
    with BillingServer(Behaviour(content=GOOD)) as server:
        server.desk.manners.pending = 5
        first = judged(priced, of_one(server), is_batch=True)
        shown = priced.repository.cancel_run(str(first.run))
    assert shown.run.state == "cancelled"
    assert priced.repository.status().unfinished == ()


def test_a_panel_cannot_be_asked_by_a_batch(priced: Library) -> None:
    with BillingServer() as server, pytest.raises(InvalidInput, match="for one judge"):
        judged(priced, panel({"a": server.base_url, "b": server.base_url}), is_batch=True)
    assert priced.repository.runs().items == ()


def test_an_endpoint_without_batches_is_told_first(priced: Library) -> None:
    with BillingServer() as server:
        server.desk.manners.is_there = False
        with pytest.raises(InvalidInput) as caught:
            judged(priced, of_one(server), is_batch=True)
    assert caught.value.code == "batches-missing"
    assert priced.repository.runs().items == ()
