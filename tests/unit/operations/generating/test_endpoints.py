"""Keys and seeds go where a person has agreed to, and nowhere else."""

from __future__ import annotations

import pytest

from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import pair
from tests.support.library import Library
from tests.support.recipes import recipe
from vault.errors import Conflict, InvalidInput

CANARY = "sk-canary-0123456789abcdef"


def written(library: Library, url: str, price: str = 'price = "none"') -> str:
    path = library.folder / "r.toml"
    path.write_bytes(recipe(url, price=price))
    return str(path)


def test_a_key_is_written_nowhere(library: Library) -> None:
    with BillingServer(Behaviour(content=pair, rates={"500:0": 0.3})) as server:
        path = written(library, server.base_url, 'price = "none"\napi_key_env = "MY_KEY"')
        report = library.repository.generate(path, count=5, environment={"MY_KEY": CANARY})
        headers = {each.headers["authorization"] for each in server.ledger.entries}
    assert headers == {f"Bearer {CANARY}"}
    assert CANARY not in repr(report)
    files = [path for path in library.folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    for each in files:
        assert CANARY.encode() not in each.read_bytes()


def test_a_key_of_openai_goes_nowhere_else(library: Library) -> None:
    environment = {"OPENAI_API_KEY": CANARY, "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
    with BillingServer(Behaviour(content=pair)) as server:
        path = written(library, server.base_url)
        library.repository.generate(path, count=2, environment=environment)
        assert all("authorization" not in each.headers for each in server.ledger.entries)
        written(library, server.base_url, 'price = "none"\napi_key_env = "OPENAI_API_KEY"')
        with pytest.raises(InvalidInput) as caught:
            library.repository.generate(path, count=2, environment=environment)
        assert caught.value.code == "key-elsewhere"
        assert len(server.ledger.entries) == 2


def test_a_key_that_is_missing_is_told_before_anything(library: Library) -> None:
    path = written(library, "http://127.0.0.1:1/v1", 'price = "none"\napi_key_env = "MY_KEY"')
    with pytest.raises(InvalidInput, match="the variable MY_KEY has no key"):
        library.repository.generate(path, count=2, environment={"MY_KEY": " "})


def test_a_strangers_recipe_sends_nothing_unasked(library: Library) -> None:
    path = written(library, "http://stranger.example/v1")
    with pytest.raises(Conflict) as caught:
        library.repository.generate(path, count=2)
    assert caught.value.code == "endpoint-unconfirmed"
    assert "--base-url http://stranger.example/v1" in str(caught.value.hint)
    assert library.repository.runs().items == ()


def test_a_dry_run_needs_no_key_and_sends_nothing(library: Library) -> None:
    with BillingServer(Behaviour(content=pair)) as server:
        path = written(library, server.base_url, 'price = "none"\napi_key_env = "MY_KEY"')
        report = library.repository.estimate(path, count=10)
        assert server.ledger.entries == []
    assert (report.requests.least, report.requests.most) == (10, 80)
    assert report.cells == 6
    assert report.cost.most == "0"
    assert report.messages[0]["content"].startswith("Write a ")
    assert library.repository.runs().items == ()


def test_a_hint_can_be_typed_whatever_the_address(library: Library) -> None:
    path = written(library, "http://stranger.example/$(id)/v1")
    with pytest.raises(Conflict) as caught:
        library.repository.generate(path, count=2)
    assert "--base-url 'http://stranger.example/$(id)/v1'" in str(caught.value.hint)
