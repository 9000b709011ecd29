"""A search shows what it has found so far, and goes on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.datastructures import QueryParams

from tests.support.library import NOW, Library, chat
from vault.errors import Conflict
from vault.repository import Repository
from vault.web import listings as listings_module
from vault.web import search as search_module
from vault.web.listings import Listings, Scope


class Slow(Repository):
    """A repository that looks at one example in each step, when it may."""

    may = threading.Semaphore(0)

    def iterate_search(self, listing: Any, text: str) -> Iterator[tuple[int, Any]]:
        """Yield what the steps of the real search find, one example at a time."""
        for place in range(len(listing)):
            self.may.acquire()
            one = listing.narrowed(listing.keys[place : place + 1])
            for _, keys in super().iterate_search(one, text):
                yield place + 1, keys


@pytest.fixture
def listings(library: Library, monkeypatch: pytest.MonkeyPatch) -> Listings:
    library.write("a.jsonl", [chat(f"q{n}?", "ab"[n % 2] * 9 * (n + 1)) for n in range(6)])
    library.run("a.jsonl")
    monkeypatch.setattr(listings_module, "PATIENCE_SECONDS", 0.01)
    Slow.may = threading.Semaphore(0)
    folder = library.folder
    return Listings(lambda name: Slow.open(folder, author=name, clock=lambda: NOW), Scope())


def ask(listings: Listings, query: str) -> tuple[list[str], float]:
    found = listings.of("ada", QueryParams(query))
    return [row.question for row in found.listing.page(0, 9)], found.searched


def until(listings: Listings, query: str, share: float) -> list[str]:
    while True:
        rows, searched = ask(listings, query)
        if searched >= share:
            return rows


def test_what_is_found_is_there_before_the_end(listings: Listings) -> None:
    assert ask(listings, "text=A") == ([], 0)
    Slow.may.release(3)
    assert until(listings, "text=A", 0.5) == ["q0?", "q2?"]
    assert ask(listings, "text=A")[1] == 0.5
    Slow.may.release(3)
    assert until(listings, "text=A", 1) == ["q0?", "q2?", "q4?"]
    assert ask(listings, "text=A") == (["q0?", "q2?", "q4?"], 1)


def test_nobody_waits_on_once_there_is_enough_to_show(
    listings: Listings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "ENOUGH", 2)
    monkeypatch.setattr(listings_module, "PATIENCE_SECONDS", 60)
    ask(listings, "")
    Slow.may.release(3)
    # Three of six were looked at: to wait for more, or for the end, would take for ever.
    assert ask(listings, "text=a") == (["q0?", "q2?"], 0.5)
    Slow.may.release(3)  # a search that never ends would keep its turn from other tests
    assert listings.whole("ada", QueryParams("text=a")).page(0, 9)[2].question == "q4?"


def test_another_order_is_known_at_the_end(listings: Listings) -> None:
    Slow.may.release(6)
    assert ask(listings, "text=a&sort=-tokens") == (["q4?", "q2?", "q0?"], 1)


def test_a_search_that_is_given_up_is_never_taken_for_whole(
    listings: Listings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(listings, "text=a")
    (first,) = listings._searches.values()
    monkeypatch.setattr(listings_module, "IDLE_SECONDS", -1)
    ask(listings, "text=b")
    Slow.may.release(30)
    with pytest.raises(Conflict, match="given up"):
        first.wait(None)
    monkeypatch.undo()
    assert until(listings, "text=a", 1) == ["q0?", "q2?", "q4?"]


def test_searches_of_several_people_all_come_to_an_end(listings: Listings) -> None:
    queries = ["text=a", "text=b", "text=q1", "text=q2"]
    for query in queries:
        ask(listings, query)
    Slow.may.release(24)
    found = [until(listings, query, 1) for query in queries]
    assert [len(each) for each in found] == [3, 3, 1, 1]


def test_a_search_that_failed_is_told_and_may_begin_anew(
    listings: Listings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Any, listing: Any, text: str) -> Iterator[Any]:
        yield from ()
        raise RuntimeError("no such luck")

    with monkeypatch.context() as patched:
        patched.setattr(Slow, "iterate_search", broken)
        with pytest.raises(RuntimeError):
            until(listings, "text=a", 1)
    Slow.may.release(6)
    assert until(listings, "text=a", 1) == ["q0?", "q2?", "q4?"]


def test_a_search_stands_over_the_filter(listings: Listings) -> None:
    Slow.may.release(6)
    assert until(listings, "text=a&where=line+%3E+2", 1) == ["q2?", "q4?"]
