"""The client: bytes kept as they came, nothing of the environment sent, memory bounded."""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import tracemalloc

import pytest

from tests.support.asking import KEY, Texts, asked, endpoint_of, request_body
from tests.support.billing_server import PAGE, Behaviour, BillingServer
from vault.errors import InvalidInput
from vault.generate.answers import AnswerState
from vault.generate.asking import Stopped
from vault.generate.client import Connection
from vault.generate.endpoint import Endpoint, Exchange, Fault

CANARY = "canary-7f3a"


def exchanged(endpoint: Endpoint, text: str = "a") -> Exchange:
    """Return what one request comes to."""

    async def send() -> Exchange:
        async with Connection(endpoint) as connection:
            return await connection.exchange(request_body(text).encode())

    return asyncio.run(send())


def test_a_body_is_sent_as_its_bytes_are() -> None:
    with BillingServer() as server:
        exchanged(endpoint_of(server), "Grüße, 世界")
        assert server.ledger.entries[0].body == request_body("Grüße, 世界")


@pytest.mark.parametrize(
    ("fault", "status", "starts"),
    [
        ("html", 200, PAGE),
        ("charset", 200, b"\xe9\xe9"),
        ("not-json", 200, b'{"id": '),
        ("400", 400, b'{"error": {"message": "This is error 400."'),
        ("503", 503, b'{"error": {"message": "This is error 503."'),
        ("quota", 429, b'{"error": {"message": "You exceeded'),
    ],
)
def test_the_bytes_of_an_answer_are_kept(fault: str, status: int, starts: bytes) -> None:
    with BillingServer(Behaviour(script={"a": [fault]})) as server:
        exchange = exchanged(endpoint_of(server))
    assert exchange.status == status and exchange.body.startswith(starts)


def test_gzip_is_unpacked_up_to_the_limit() -> None:
    with BillingServer(Behaviour(script={"a": ["gzip"], "b": ["gzip"]})) as server:
        body = json.loads(exchanged(endpoint_of(server)).body)
        assert body["object"] == "chat.completion"
        short = exchanged(endpoint_of(server, most_answer_bytes=300), "b")
    assert short.fault is Fault.TOO_LONG


@pytest.mark.parametrize(
    ("fault", "found"),
    [("drop", Fault.BROKEN), ("truncate", Fault.BROKEN), ("stall", Fault.LATE)],
)
def test_an_exchange_without_an_answer_says_why(fault: str, found: Fault) -> None:
    with BillingServer(Behaviour(script={"a": [fault]})) as server:
        assert exchanged(endpoint_of(server, timeout_seconds=0.3)) == Exchange(fault=found)


def test_an_answer_of_50_mb_is_not_held_in_memory() -> None:
    source = Texts(["a", "b"])
    with BillingServer(Behaviour(script={"a": ["huge"]})) as server:
        endpoint = endpoint_of(server, most_answer_bytes=4 << 20)
        exchanged(endpoint, "warm up")
        tracemalloc.start()
        try:
            end = asked(source, endpoint)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert (end.spent.cost or 0) >= server.ledger.of("a")[0].cost > 0
    answer = source.answers["a"]
    assert (answer.state, answer.reason) == (AnswerState.FAILED, "answer-too-long")
    assert answer.body is None and answer.cost is not None
    assert peak_bytes < 10 << 20


def test_nothing_of_the_environment_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with BillingServer() as server, BillingServer() as other:
        for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "WEBHOOK_SECRET"):
            monkeypatch.setenv(f"OPENAI_{name}", CANARY)
        headers = f"X-Canary: {CANARY}\nAuthorization: Bearer {CANARY}\nCookie: a={CANARY}"
        monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", headers)
        monkeypatch.setenv("OPENAI_BASE_URL", other.base_url)
        exchanged(endpoint_of(server))
        exchanged(endpoint_of(server, api_key=None))
        assert other.ledger.entries == []
        with_key, without_key = (entry.headers for entry in server.ledger.entries)
    assert CANARY not in f"{with_key}{without_key}"
    assert with_key["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in without_key
    assert not [name for name in with_key if name.startswith(("x-", "openai-"))]


def test_the_address_without_a_base_url_is_that_of_openai(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from vault.generate.client import open_client

    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    client = open_client(Endpoint(None, "tiny"))
    assert str(client.base_url) == "https://api.openai.com/v1/"
    assert client.max_retries == 0


def test_a_redirect_takes_nothing_to_another_server() -> None:
    source = Texts(["a", "b"])
    with BillingServer() as other:
        behaviour = Behaviour(script={"a": [f"redirect:{other.base_url}/chat/completions"]})
        with BillingServer(behaviour) as server:
            end = asked(source, endpoint_of(server))
        assert other.ledger.entries == []
    assert end.stopped is Stopped.REFUSED and source.answers["a"].reason == "http-307"


def test_a_key_is_not_shown_with_its_endpoint() -> None:
    assert KEY not in repr(Endpoint(None, "tiny", api_key=KEY))


@pytest.mark.parametrize("key", ["secret\n", "sec ret", "sécret", "secret\x00"])
def test_a_key_that_no_header_can_have_is_refused(key: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Connection(Endpoint(None, "tiny", api_key=key))
    assert caught.value.code == "key-invalid" and "ecret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://host/v1", "127.0.0.1:8000/v1", "http:///v1", "http://host:port/v1", ""),
        *("http://user:secret@host/v1", "http://host/v1?key=secret", "http://[::1/v1"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    if not url:
        assert Endpoint(url, "tiny").url == Endpoint(None, "tiny").url
        return
    with pytest.raises(InvalidInput) as caught:
        Connection(Endpoint(url, "tiny"))
    assert caught.value.code == "endpoint-invalid" and "secret" not in caught.value.message


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    monkeypatch.delitem(sys.modules, "vault.generate.client")
    with pytest.raises(InvalidInput) as caught:
        importlib.import_module("vault.generate.client")
    assert caught.value.code == "generate-missing"
    assert "dataset-vault[generate]" in (caught.value.hint or "")


@pytest.mark.parametrize(("key", "is_kept"), [(KEY, False), ("EMPTY", True)])
def test_a_key_that_comes_back_is_taken_out(key: str, is_kept: bool) -> None:
    with BillingServer(Behaviour(content=lambda *_: f"Your key {key} is wrong.")) as server:
        found = exchanged(endpoint_of(server, api_key=key))
    assert (key.encode() in found.body) == is_kept
    assert json.loads(found.body)["choices"]
