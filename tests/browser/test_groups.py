"""Clusters and answers in the browser: taken out, brought back and chosen by keys."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.test_overview import HOSTILE
from tests.support.drafting import label
from tests.support.explorer import running
from tests.support.library import Library, chat

pytestmark = pytest.mark.browser

_TIPS = "Sleep well, walk every day, eat slowly, call a friend, read a book, drink water and rest."


def pair(prompt: str, chosen: str, rejected: str) -> dict[str, Any]:
    return {"prompt": prompt, "chosen": chosen, "rejected": rejected}


@pytest.fixture
def filled(library: Library) -> Library:
    """Three near-duplicates, three answers to a prompt, two to another, a pair, and others."""
    rows: list[Any] = [chat(f"Question {n}?", f"answer {n}") for n in range(5)]
    rows += [
        chat(f"{_TIPS} Is it true{each}?", f"{_TIPS} It helps{each}.")
        for each in (" soon", " often", " again")
    ]
    rows += [chat("Name a bird.", each) for each in ("A wren.", "A crow.", "A <b>rook</b>.")]
    rows += [chat("Name a tree.", each) for each in ("An oak.", "An elm.")]
    rows += [pair("Name a fish.", "A carp, of course.", "A pike, of course.")]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    library.repository.dedupe(threshold=0.6, mark=True)
    return library


def opened(open_page: Open, key: str, address: str | None = None, **settings: object) -> Page:
    page = open_page(address, **settings)
    expect(page.locator(".row.here .answer")).to_be_visible()
    page.keyboard.press(key)
    return page


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def test_a_member_is_taken_out_and_brought_back(filled: Library, open_page: Open) -> None:
    page = opened(open_page, "d")
    expect(page.locator(".count")).to_have_text("1 cluster")
    members = region(page, "Cluster").locator(".member")
    expect(members).to_have_count(3)
    expect(members.nth(1).locator(".text ins").first).to_contain_text("often")
    page.keyboard.press("x")
    expect(members.nth(1)).to_contain_text("not on the stage")
    assert len(filled.ids()) == 13
    expect(members.nth(2)).to_have_attribute("aria-current", "true")
    page.keyboard.press("2")
    page.keyboard.press("b")
    expect(members.nth(1)).not_to_contain_text("not on the stage")
    assert len(filled.ids()) == 14
    page.keyboard.press("1")
    expect(members.nth(0)).to_have_attribute("aria-current", "true")


def test_no_cluster_says_what_makes_them(library: Library, open_page: Open) -> None:
    library.write("a.jsonl", [chat("Question?")])
    library.run("a.jsonl")
    page = opened(open_page, "d")
    expect(page.locator(".empty")).to_contain_text("vault dedupe --mark")
    page.get_by_role("button", name="Answers").click()
    expect(page.locator(".empty")).to_contain_text("No prompt has several answers")


def test_the_best_answer_is_chosen_by_a_key(filled: Library, open_page: Open) -> None:
    page = opened(open_page, "End")
    expect(page.locator("#row-13.here")).to_be_visible()
    page.keyboard.press("p")
    answers = region(page, "Answers").locator(".card")
    expect(region(page, "Answers")).to_contain_text("Name a fish.")
    expect(answers).to_have_count(2)
    page.keyboard.press("0")
    expect(region(page, "Answers").get_by_role("button", name="0 tie")).to_have_attribute(
        "aria-pressed", "true"
    )
    page.keyboard.press("w")
    words = region(page, "Answers").locator(".text ins")
    expect(words).to_have_count(1)
    best = answers.nth(1).locator("ins").last.inner_text()
    page.keyboard.press("2")
    expect(answers.nth(1).get_by_role("button")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("w")
    page.keyboard.press("Home")
    expect(region(page, "Answers")).to_contain_text("Name a bird.")
    expect(answers).to_have_count(3)
    shown = answers.nth(2).locator(".text").inner_text()
    page.keyboard.press("3")
    expect(region(page, "Answers")).to_contain_text("Name a tree.")
    page.keyboard.press("k")
    expect(answers.nth(2).get_by_role("button")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(400)
    page.reload()
    expect(answers.nth(2).get_by_role("button")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(1_500)
    records = filled.records()
    labels = [filled.repository.show(each).labels for each in filled.ids()]  # type: ignore[union-attr]
    said = {
        record["messages"][1]["content"]: own["preferred"]
        for record, own in zip(records, labels, strict=True)
        if "preferred" in own
    }
    assert said == {each: each == shown for each in ("A wren.", "A crow.", "A <b>rook</b>.")}
    side = "chosen" if "carp" in best else "rejected"
    assert labels[-1]["choice"] == side


def test_a_choice_is_taken_back_whole(filled: Library, open_page: Open) -> None:
    page = opened(open_page, "j")
    page.get_by_role("button", name="Answers").click()
    best = region(page, "Answers").locator(".card").nth(0).get_by_role("button")
    expect(region(page, "Answers")).to_contain_text("Name a bird.")
    page.keyboard.press("1")
    page.keyboard.press("k")
    expect(best).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("u")
    expect(best).to_have_attribute("aria-pressed", "false")
    page.wait_for_timeout(1_500)
    assert {each.name for each in filled.repository.labels().labels} <= {"cluster"}
    page.keyboard.press("Shift+U")
    expect(best).to_have_attribute("aria-pressed", "true")


def test_a_prompt_with_one_answer_is_told(filled: Library, open_page: Open) -> None:
    page = opened(open_page, "p")
    expect(page.get_by_text("This prompt has one answer")).to_be_visible()
    expect(page.locator(".labelbar")).to_be_visible()


def test_the_order_of_answers_is_a_persons_own(filled: Library, open_page: Open) -> None:
    orders = []
    for person in ("ada", "ben", "cleo", "dora", "emil", "fay"):
        page = open_page(person=person)
        expect(page.get_by_role("listbox")).to_be_visible()
        page.get_by_role("button", name="Answers").click()
        expect(region(page, "Answers").locator(".card")).to_have_count(3)
        orders.append(tuple(region(page, "Answers").locator(".card .text").all_inner_texts()))
        expect(region(page, "Answers")).not_to_contain_text("a.jsonl")
    assert len(set(orders)) > 1
    assert len({tuple(sorted(each)) for each in orders}) == 1


def test_reading_only_chooses_nothing(filled: Library, open_page: Open) -> None:
    before = filled.repository.version_of()
    with running(filled.repository, read_only=True) as explorer:
        page = opened(open_page, "d", explorer.server.link("ada"))
        expect(region(page, "Cluster").locator(".member")).to_have_count(3)
        page.keyboard.press("x")
        page.keyboard.press("d")
        page.get_by_role("button", name="Answers").click()
        expect(region(page, "Answers").get_by_role("button", name="1 best")).to_be_disabled()
        page.keyboard.press("1")
        expect(page.get_by_role("alert")).to_have_count(0)
    assert filled.repository.version_of() == before


@pytest.mark.parametrize("width", [360, 1280])
def test_hostile_texts_are_texts_in_groups(library: Library, open_page: Open, width: int) -> None:
    rows = [chat("Say it.", each) for each in HOSTILE]
    rows += [pair(each, f"good {each}", f"bad {each}") for each in HOSTILE]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    label(library.repository, {n: {"cluster": HOSTILE[0]} for n in range(len(rows))})
    page = opened(open_page, "d", viewport={"width": width, "height": 740})
    for name, key in (("Cluster", "p"), ("Answers", "p")):
        page.locator("#row-0").click()
        expect(region(page, name).locator(".turn").first).to_be_visible()
        page.keyboard.press("w")
        assert page.locator(".pane img, .pane script, .row img, .row svg").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if name == "Cluster":
            page.keyboard.press(key)
    assert page.title().endswith("– vault")
