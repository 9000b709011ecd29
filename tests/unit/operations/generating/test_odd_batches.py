"""Endpoints with odd batches: nothing is lost, bought twice or waited for without an end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import generated, pair
from tests.support.library import Library
from tests.unit.operations.generating.test_each import answered, prompts, words
from vault.errors import StorageFailed
from vault.operations.generating.report import GenerateReport


def submitted(library: Library, server: BillingServer) -> GenerateReport:
    """Begin a run of four examples by a batch."""
    return generated(library, server.base_url, count=4, is_batch=True)


def served_otherwise(server: BillingServer, part: str, status: int, value: Any) -> None:
    """Let a server answer otherwise where a path has a part in it."""
    serve = server.desk.serve

    def served(method: str, target: str, body: bytes) -> tuple[int, bytes] | None:
        if part in target:
            return status, json.dumps(value).encode()
        return serve(method, target, body)

    server.desk.serve = served  # type: ignore[method-assign]


def with_output_first(server: BillingServer, line: bytes) -> None:
    """Put a line before the answers of the first batch, which is done then."""
    server.desk.serve("GET", "/v1/batches/batch_1", b"")
    name = server.desk.batches["batch_1"].files["output_file_id"]
    server.desk.files[name] = line + server.desk.files[name]


def test_an_answer_counts_more_than_its_expiry(library: Library) -> None:
    line = b'{"custom_id": "1", "response": null, "error": {"code": "batch_expired"}}\n'
    with BillingServer(Behaviour(content=pair)) as server:
        submitted(library, server)
        with_output_first(server, line)
        last = library.repository.resume()
    assert (last.stopped, last.requests, last.accepted) == ("done", 4, 4)


def test_a_line_without_an_end_is_cut(library: Library) -> None:
    head = b'{"custom_id": "1", "response": {"status_code": 200, "body": {"a": "'
    with BillingServer(Behaviour(content=pair)) as server:
        run = submitted(library, server).run
        with_output_first(server, head + b"x" * 4_000_000 + b'"}}}\n')
        last = library.repository.resume()
    assert (last.accepted, last.rejected) == (3, {"not-a-completion": 1})
    kept = library.repository.request(run, 1).answer
    assert kept is not None and kept.startswith(head.decode()) and len(kept) < 2_000_000


def test_a_batch_without_metadata_is_found(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        server.desk.manners.drops = 1
        with pytest.raises(StorageFailed):
            submitted(library, server)
        server.desk.batches["batch_1"].metadata.clear()
        last = library.repository.resume(is_batch=True)
        assert (last.stopped, last.accepted, len(server.desk.batches)) == ("done", 4, 1)


def test_a_list_of_batches_without_an_end_is_told(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        server.desk.manners.forgets = 1
        with pytest.raises(StorageFailed):
            submitted(library, server)
        other = {"id": "b", "input_file_id": "f", "status": "completed"}
        served_otherwise(server, "/batches?", 200, {"data": [other], "has_more": True})
        with pytest.raises(StorageFailed) as caught:
            library.repository.resume(is_batch=True)
        assert caught.value.code == "batch-refused"


def test_a_batch_that_ends_while_it_is_cancelled_is_kept(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        server.desk.manners.pending = 1
        run = submitted(library, server).run
        error = {"error": {"message": "Cannot cancel a batch that is completed."}}
        served_otherwise(server, "/cancel", 409, error)
        shown = library.repository.cancel_run(run).run
    assert (shown.state, shown.answers) == ("cancelled", 4)
    assert library.repository.reparse(run).accepted == 4


@pytest.mark.parametrize("part", ["batches/batch_1", "/content"])
def test_a_batch_that_is_gone_can_be_given_up(library: Library, part: str) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        run = submitted(library, server).run
        served_otherwise(server, part, 404, {"error": {"message": "No such thing."}})
        with pytest.raises(StorageFailed) as caught:
            library.repository.resume()
        assert caught.value.code == "batch-gone"
        shown = library.repository.cancel_run(run)
    assert (shown.run.state, len(shown.possibly_billed), shown.waiting) == ("cancelled", 4, 0)
    assert library.repository.fsck().problems == ()


def test_no_prompt_is_asked_for_more_than_it_lacks(library: Library) -> None:
    prompts(library, 6)
    told = iter(range(6))
    # Half of the answers to an earlier run were of no use.
    half = Behaviour(content=lambda *a: "" if next(told) % 2 else words(*a))
    with BillingServer(half) as server:
        answered(library, server.base_url, is_batch=True)
        library.repository.resume()
    with BillingServer(Behaviour(content=words, seed=1)) as server:
        first = answered(library, server.base_url, is_batch=True, new_run=True)
        assert first.waiting == 6
        last = library.repository.resume(first.run)
    assert (last.stopped, last.accepted) == ("done", 6)
