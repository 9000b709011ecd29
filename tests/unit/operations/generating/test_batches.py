"""`generate --batch`: requests go out together, and no answer is lost or bought twice."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from typing import Any

import pytest

from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import PRICES, generated, pair
from tests.support.library import Library
from tests.support.recipes import recipe
from vault.errors import Conflict, InvalidInput, StorageFailed
from vault.operations.generating.report import GenerateReport

PRICED = {"price": 'price = "table"'}


@pytest.fixture
def priced(library: Library) -> Library:
    """A repository that knows the prices of the server: a batch costs half."""
    (library.folder / "prices.toml").write_text(PRICES + "batch = 0.5\n", encoding="utf-8")
    (library.folder / "vault.toml").write_text('[generate]\nprices = "prices.toml"\n')
    return library


def submitted(library: Library, server: BillingServer, **options: Any) -> GenerateReport:
    """Begin a run by a batch."""
    more = {"count": 6, "is_batch": True, **PRICED, **options}
    return generated(library, server.base_url, **more)


def accounted(library: Library, server: BillingServer, run: str) -> None:
    """Assert that the run knows of every cent that was billed, and that nothing is damaged."""
    cost = library.repository.run(run).run.cost
    assert Decimal(cost.known or "nan") == server.ledger.billed
    assert cost.possibly == "0"
    assert library.repository.fsck().problems == ()


def test_a_batch_is_submitted_fetched_and_accepted(priced: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        first = submitted(priced, server)
        assert (first.stopped, first.batch, first.waiting) == ("submitted", "batch_1", 6)
        assert (first.accepted, first.requests, first.possibly_billed) == (0, 6, ())
        assert server.ledger.entries == []
        (listed,) = priced.repository.runs().items
        assert (listed.state, priced.repository.run(first.run).waiting) == ("submitted", 6)
        assert [each.run for each in priced.repository.status().unfinished] == [first.run]
        assert priced.repository.fsck().problems == ()
        last = priced.repository.resume()
        assert (last.run, last.stopped, last.accepted, last.staged) == (first.run, "done", 6, 6)
        accounted(priced, server, last.run)
        assert last.cost.amount is not None and server.ledger.billed > 0
    assert len(priced.records()) == 6
    again = priced.repository.reparse(last.run)
    assert (again.accepted, again.staged) == (6, 0)


def test_answers_are_kept_byte_for_byte(priced: Library) -> None:
    def content(text: str, chance: random.Random) -> str:
        value = json.loads(pair(text, chance))
        return json.dumps({**value, "user": f"{value['user']} \u2028 é 😀"}, ensure_ascii=False)

    with BillingServer(Behaviour(content=content)) as server:
        run = submitted(priced, server, count=2).run
        priced.repository.resume()
        (output,) = [each for name, each in server.desk.files.items() if name == "file-2"]
    for each in priced.repository.requests_of(run):
        assert each.answer is not None and each.answer.encode() in output
        assert json.loads(each.answer)["choices"]


def test_a_batch_that_goes_on_is_left_alone(priced: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        server.desk.manners.pending = 1
        submitted(priced, server)
        waiting = priced.repository.resume(is_batch=True)
        assert (waiting.stopped, waiting.batch, waiting.waiting) == ("submitted", "batch_1", 6)
        assert len(server.desk.batches) == 1
        assert priced.repository.resume().stopped == "done"


def test_what_is_short_is_submitted_when_asked_for(priced: Library) -> None:
    told = iter(["no JSON"] * 3)
    with BillingServer(Behaviour(content=lambda *a: next(told, None) or pair(*a))) as server:
        run = submitted(priced, server).run
        short = priced.repository.resume()
        assert (short.stopped, short.accepted, short.rejected) == ("short", 3, {"malformed": 3})
        assert priced.repository.resume().stopped == "short"
        assert len(server.desk.batches) == 1
        more = priced.repository.resume(is_batch=True)
        # Half of the answers were accepted, so twice as many are asked for.
        assert (more.stopped, more.waiting) == ("submitted", 6)
        last = priced.repository.resume()
        assert (last.stopped, last.accepted) == ("done", 9)
        accounted(priced, server, run)
    assert len(priced.records()) == 9


def test_a_later_run_knows_how_many_are_accepted(priced: Library) -> None:
    told = iter(["no JSON"] * 5)
    with BillingServer(Behaviour(content=lambda *a: next(told, None) or pair(*a))) as server:
        generated(priced, server.base_url, count=5, **PRICED)
        assert submitted(priced, server, count=4).waiting == 8


def test_an_expired_batch_bills_what_it_did(priced: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        server.desk.manners.does = 2
        run = submitted(priced, server).run
        short = priced.repository.resume()
        assert (short.stopped, short.accepted, short.requests) == ("short", 2, 2)
        accounted(priced, server, run)
        server.desk.manners.does = None
        more = priced.repository.resume(is_batch=True)
        assert (more.stopped, more.waiting) == ("submitted", 4)
        assert server.desk.submitted[1] == server.desk.submitted[0][2:]
        assert priced.repository.resume().stopped == "done"
        accounted(priced, server, run)
        texts = [each.text for each in server.ledger.entries]
    assert len(texts) == 6


def test_errors_of_a_batch_cost_nothing(priced: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        server.desk.manners.faults = 2
        run = submitted(priced, server).run
        short = priced.repository.resume()
        assert (short.stopped, short.accepted, short.failed) == ("short", 4, {"http-400": 2})
        assert short.reasons["http-400"] == "No such thing."
        accounted(priced, server, run)


def test_a_batch_that_is_refused_is_told(priced: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        server.desk.manners.refusal = "Too many tokens are enqueued."
        run = submitted(priced, server).run
        refused = priced.repository.resume(is_batch=True)
        assert (refused.stopped, refused.requests) == ("refused", 0)
        assert refused.reasons["batch"] == "Too many tokens are enqueued."
        server.desk.manners.refusal = None
        assert priced.repository.resume(is_batch=True).stopped == "submitted"
        assert priced.repository.resume().stopped == "done"
        accounted(priced, server, run)


def test_a_batch_whose_id_was_lost_is_found(priced: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        server.desk.manners.drops = 1
        with pytest.raises(StorageFailed) as caught:
            submitted(priced, server)
        assert caught.value.code == "batch-unreachable"
        last = priced.repository.resume(is_batch=True)
        assert (last.stopped, last.accepted) == ("done", 6)
        assert len(server.desk.batches) == 1
        accounted(priced, server, last.run)


def test_a_batch_that_never_was_is_submitted_again(priced: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        server.desk.manners.forgets = 1
        with pytest.raises(StorageFailed):
            submitted(priced, server)
        assert priced.repository.resume().stopped == "short"
        assert priced.repository.resume(is_batch=True).stopped == "submitted"
        assert len(server.desk.batches) == 1
        last = priced.repository.resume()
        assert (last.stopped, last.accepted) == ("done", 6)
        accounted(priced, server, last.run)


def test_no_budget_is_passed_by_a_batch(priced: Library) -> None:
    with BillingServer(Behaviour(content=pair, is_longest=True)) as server:
        budget = Decimal("0.005")
        first = submitted(priced, server, count=100, budget=budget)
        assert (first.stopped, 0 < first.waiting < 100) == ("submitted", True)
        whole = sum(each["most"] for each in _most(priced, first.run))
        assert whole <= budget
        priced.repository.resume()
        assert 0 < server.ledger.billed <= budget
        none = priced.repository.resume(is_batch=True, budget=server.ledger.billed)
        assert none.stopped == "budget"
        assert len(server.desk.batches) == 1


def _most(library: Library, run: str) -> list[dict[str, Decimal]]:
    rows = library.repository.requests_of(run)
    return [{"most": Decimal(each.cost or 0)} for each in rows if each.state == "sent"]


def test_an_endpoint_without_batches_loses_nothing(priced: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        server.desk.manners.is_there = False
        with pytest.raises(InvalidInput) as caught:
            submitted(priced, server)
        assert caught.value.code == "batches-missing"
        assert priced.repository.runs().items == ()
        first = generated(priced, server.base_url, count=4, max_requests=2, **PRICED)
        with pytest.raises(InvalidInput):
            priced.repository.resume(is_batch=True)
        last = priced.repository.resume(max_requests=9)
        assert (last.run, last.stopped, last.requests) == (first.run, "done", 4)


@pytest.mark.parametrize("page", [b"<html>Sign in</html>", b"[]", b"{}", b'{"id": 3}', b"null"])
def test_a_page_instead_of_a_batch_is_told(priced: Library, page: bytes) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        server.desk.manners.page = page
        with pytest.raises(StorageFailed) as caught:
            submitted(priced, server)
        assert caught.value.code == "batch-refused"
        server.desk.manners.page = None
        submitted(priced, server)
        server.desk.manners.page = page
        with pytest.raises(StorageFailed):
            priced.repository.resume()
        server.desk.manners.page = None
        assert priced.repository.resume().stopped == "done"


def test_a_key_that_is_repeated_is_not_kept(priced: Library) -> None:
    key = "sk-canary-of-a-batch"

    def content(text: str, chance: random.Random) -> str:
        value = json.loads(pair(text, chance))
        return json.dumps({**value, "user": f"{value['user']} {key}"})

    with BillingServer(Behaviour(content=content)) as server:
        environment = {"BATCH_KEY": key}
        (priced.folder / "r.toml").write_bytes(
            recipe(server.base_url, price='price = "table"\napi_key_env = "BATCH_KEY"')
        )
        path = str(priced.folder / "r.toml")
        priced.repository.generate(path, count=2, is_batch=True, environment=environment)
        report = priced.repository.resume(environment=environment)
    assert report.answers == 2
    kept = [each.read_bytes() for each in priced.folder.rglob("*") if each.is_file()]
    assert kept and not any(key.encode() in each for each in kept)
    texts = [each.answer or "" for each in priced.repository.requests_of(report.run)]
    assert all("[KEY]" in each for each in texts)


def test_a_cancelled_batch_keeps_what_it_did(priced: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        server.desk.manners.pending = 99
        server.desk.manners.does = 2
        run = submitted(priced, server).run
        server.desk.manners.is_slow_to_cancel = True
        with pytest.raises(Conflict) as caught:
            priced.repository.cancel_run(run)
        assert caught.value.code == "batch-cancelling"
        assert priced.repository.runs().items[0].state == "submitted"
        server.desk.manners.is_slow_to_cancel = False
        shown = priced.repository.cancel_run(run)
        assert (shown.run.state, shown.run.answers, shown.run.requests) == ("cancelled", 2, 2)
        accounted(priced, server, run)
    assert priced.repository.reparse(run).accepted == 2


def test_a_preview_is_no_batch(priced: Library) -> None:
    with (
        BillingServer(Behaviour(content=pair)) as server,
        pytest.raises(InvalidInput) as caught,
    ):
        submitted(priced, server, is_preview=True)
    assert caught.value.code == "batch-options"


def test_a_batch_costs_half_in_a_dry_run(priced: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        generated(priced, server.base_url, count=1, **PRICED)
    path = str(priced.folder / "r.toml")
    whole, half = (priced.repository.estimate(path, is_batch=each) for each in (False, True))
    assert Decimal(half.cost.most or "nan") * 2 == Decimal(whole.cost.most or "nan")
