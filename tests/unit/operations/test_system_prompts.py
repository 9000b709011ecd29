"""Equal system prompts are counted over the version, and numbered by how many have them."""

from __future__ import annotations

import pytest

from tests.support.library import Library, chat
from vault.errors import NotFound
from vault.operations.queries.browse import Listing
from vault.operations.queries.system_prompts import MOST_ASKED_CHARS, SystemPrompt
from vault.repository import Repository


@pytest.fixture
def filled(library: Library) -> Library:
    prompts = ["b", "a", "a", None, "long" * 300, "a", "b"]
    rows = [chat(f"q{number}?") for number in range(len(prompts))]
    for row, prompt in zip(rows, prompts, strict=True):
        if prompt is not None:
            row["messages"].insert(0, {"role": "system", "content": prompt})
    library.write("a.jsonl", [*rows, {"raw": 1}])
    library.run("a.jsonl")
    return library


def told_of(repository: Repository, listing: Listing, place: int) -> SystemPrompt | None:
    text = repository.system_text(listing, place)
    return None if text is None else repository.system_prompt_of(text)


def found(library: Library) -> list[SystemPrompt | None]:
    repository = library.repository
    listing = repository.browse()
    return [told_of(repository, listing, place) for place in range(len(listing))]


def test_prompts_are_numbered_by_frequency(filled: Library) -> None:
    told = [None if each is None else (each.number, each.examples) for each in found(filled)]
    assert told == [(2, 2), (1, 3), (1, 3), None, (3, 1), (1, 3), (2, 2), None]
    (first, *_) = found(filled)
    assert first is not None
    assert (first.of, first.different, first.text) == (8, 3, "b")


def test_a_prompt_is_asked_for_as_the_page_does(filled: Library) -> None:
    repository = filled.repository
    told = told_of(repository, repository.browse(), 1)
    assert told is not None
    assert len(repository.browse([f"system = '{told.text}'"])) == told.examples


def test_a_long_prompt_is_not_asked_for(filled: Library) -> None:
    told = found(filled)[4]
    assert told is not None
    assert told.text is None
    assert len("long" * 300) > MOST_ASKED_CHARS


def test_a_filter_does_not_change_the_counts(filled: Library) -> None:
    repository = filled.repository
    told = told_of(repository, repository.browse(["line = 2"]), 0)
    assert told is not None
    assert (told.number, told.examples) == (1, 3)


def test_another_version_is_counted_anew(filled: Library) -> None:
    repository = filled.repository
    assert told_of(repository, repository.browse(), 1) is not None
    repository.rm(where="line = 2")
    told = told_of(repository, repository.browse(), 1)
    assert told is not None
    assert told.examples == 2


def test_a_prompt_that_nobody_has_is_not_counted(filled: Library) -> None:
    assert filled.repository.system_prompt_of("another") is None


def test_a_place_that_is_not_there_has_no_prompt(filled: Library) -> None:
    repository = filled.repository
    with pytest.raises(NotFound):
        told_of(repository, repository.browse(), 8)
