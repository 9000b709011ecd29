"""What is gone, in the browser: read, brought back by a key, and refused where it has to be."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.test_overview import HOSTILE
from tests.support.explorer import running
from tests.support.library import Library, chat

pytestmark = pytest.mark.browser

_TIPS = "Sleep well, walk every day, eat slowly, call a friend, read a book, drink water and rest."


@pytest.fixture
def filled(library: Library) -> Library:
    """Of twelve examples one went by hand and one as a near-duplicate; a line is no JSON."""
    rows = [chat(f"Question {n}?", f"answer {n}") for n in range(10)]
    rows += [chat("How do I relax?", f"{_TIPS} It helps {each}.") for each in ("soon", "often")]
    path = Path(library.write("a.jsonl", rows))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"messages": <b>broken</b>\n')
    library.run("a.jsonl")
    library.repository.dedupe(threshold=0.6)
    library.repository.rm([library.id_of("Question 3?")])
    return library


def pane(page: Page) -> Locator:
    return page.get_by_role("region", name="What is gone")


def opened(open_page: Open, address: str | None = None) -> Page:
    page = open_page(address)
    expect(page.get_by_role("listbox").or_(page.locator(".empty"))).to_be_visible()
    page.keyboard.press("g")
    expect(page.locator(".panes.apart .row.here")).to_be_visible()
    return page


def test_what_is_gone_is_read_and_comes_back_by_a_key(filled: Library, open_page: Open) -> None:
    page = opened(open_page)
    reasons = page.get_by_role("group", name="Reasons")
    expect(reasons).to_contain_text("0 all 3")
    expect(pane(page)).to_contain_text("by python")
    expect(pane(page).locator(".turn.user")).to_contain_text("Question 3?")
    page.keyboard.press("b")
    expect(page.locator("#row-0")).to_contain_text("back")
    expect(page.get_by_role("status").first).to_contain_text("is back. `vault undo`")
    expect(pane(page)).to_contain_text("near-duplicate")
    expect(pane(page).locator(".text del")).to_contain_text("soon")
    expect(pane(page).locator(".text ins")).to_contain_text("often")
    page.keyboard.press("b")
    expect(page.get_by_role("status").first).to_contain_text("counts as no duplicate")
    expect(pane(page)).to_contain_text("<b>broken</b>")
    assert len(filled.questions()) == 12
    assert filled.repository.dedupe(threshold=0.6).removed == 0
    page.keyboard.press("Shift+R")
    expect(reasons).to_contain_text("0 all 1")


def test_input_that_cannot_be_read_stays(
    filled: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("400")
    page = opened(open_page)
    page.get_by_role("button", name="unreadable 1").click()
    expect(pane(page)).to_contain_text("a.jsonl:13:")
    page.keyboard.press("b")
    expect(page.get_by_role("alert")).to_contain_text("still cannot be read")
    page.wait_for_timeout(400)
    page.reload()
    expect(pane(page)).to_contain_text("<b>broken</b>")
    page.go_back()
    expect(page.get_by_role("button", name="all 3")).to_have_attribute("aria-pressed", "true")


def test_nothing_comes_back_on_another_branch(
    filled: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("409")
    filled.repository.commit("first")
    page = opened(open_page)
    expect(pane(page)).to_contain_text("Question 3?")
    filled.repository.switch("other", create=True)
    page.keyboard.press("b")
    told = page.get_by_role("alert").or_(page.get_by_text("The repository is on other now"))
    expect(told.first).to_be_visible()
    assert "Question 3?" not in filled.questions()


def test_reading_only_brings_nothing_back(filled: Library, open_page: Open) -> None:
    with running(filled.repository, read_only=True) as explorer:
        page = opened(open_page, explorer.server.link("ada"))
        expect(pane(page).get_by_role("button", name="bring back")).to_be_disabled()
        page.keyboard.press("b")
        expect(pane(page)).to_contain_text("Question 3?")
        # The page goes before its server: it asks for more after a moment.
        page.close()
    assert "Question 3?" not in filled.questions()


def test_nothing_gone_is_said(library: Library, open_page: Open) -> None:
    library.write("a.jsonl", [chat("Question?")])
    library.run("a.jsonl")
    page = open_page()
    expect(page.get_by_role("listbox").or_(page.locator(".empty"))).to_be_visible()
    page.keyboard.press("g")
    expect(page.locator(".empty")).to_have_text(
        "Nothing was taken out, and nothing is in quarantine."
    )


@pytest.mark.parametrize("width", [360, 1280])
def test_hostile_texts_are_texts_when_gone(library: Library, open_page: Open, width: int) -> None:
    path = Path(library.write("a.jsonl", [chat(each, each, note=each) for each in HOSTILE]))
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f'{{"x": {each}\n'.replace("\u2028", "") for each in HOSTILE)
    library.run("a.jsonl")
    library.repository.rm(library.ids())
    page = open_page(viewport={"width": width, "height": 740})
    expect(page.get_by_role("listbox").or_(page.locator(".empty"))).to_be_visible()
    page.keyboard.press("g")
    page.locator("#row-0").click()
    count = page.locator("#row-0").get_attribute("aria-setsize")
    assert count is not None
    for _ in range(int(count)):
        expect(pane(page).locator(".facts").first).to_be_visible()
        assert page.locator(".pane img, .pane script, .row img, .row svg").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.keyboard.press("j")
    assert page.title().endswith("– vault")
