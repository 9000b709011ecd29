"""Comparing versions in the browser: by keys, word by word, and what cannot be compared."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.test_overview import HOSTILE
from tests.support.explorer import Running, running
from tests.support.library import Library, chat
from vault.web.listings import Scope

pytestmark = pytest.mark.browser


@pytest.fixture
def filled(library: Library) -> Library:
    """A commit; on the stage one is edited, one labelled, one taken out, and two are new."""
    rows = [chat(f"Question {n}?", f"The answer is {n} of many", topic="a") for n in range(20)]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    library.repository.commit("first")
    rows[3] = chat("Question 3?", "The reply is 3 of many", topic="b")
    library.write("a.jsonl", [*rows, chat("New one?"), chat("New two?")])
    library.run("a.jsonl", mode="replace")
    library.label("Question 5?", quality="gold")
    library.repository.rm([library.id_of("Question 7?")])
    return library


def pane(page: Page) -> Locator:
    return page.get_by_role("region", name="Change")


def opened(open_page: Open, **settings: object) -> Page:
    page = open_page(**settings)
    expect(page.get_by_role("listbox").or_(page.locator(".empty"))).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator(".panes.apart .row.here")).to_be_visible()
    return page


def test_a_version_that_is_shown_is_the_first(
    filled: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("status of 40")
    filled.repository.tag("v1")
    filled.repository.commit("second")
    with running(filled.repository, scope=Scope("v1")) as other:
        page = opened(open_page, address=other.server.link("ada"))
        first = page.get_by_label("from")
        expect(first).to_have_value("v1")
        expect(page.locator(".count")).to_have_text("17 unchanged")
        page.keyboard.press("e")
        page.keyboard.type("nothing\n")
        expect(page.get_by_role("alert").first).to_contain_text("nothing")
        expect(first).to_have_value("nothing")
        expect(page.get_by_role("main")).to_have_count(1)
        page.close()


def test_changes_are_read_by_keys(filled: Library, open_page: Open) -> None:
    page = opened(open_page)
    kinds = page.get_by_role("group", name="Kinds of changes").get_by_role("button")
    expect(kinds).to_have_text(
        ["0 all 5", "1 changed 1", "2 relabelled 1", "3 added 2", "4 removed 1"]
    )
    expect(page.locator(".count")).to_have_text("17 unchanged")
    expect(pane(page)).to_contain_text("changed: response")
    expect(pane(page).locator(".text del")).to_have_text(["only before: answer"])
    expect(pane(page).locator(".text ins")).to_have_text(["only after: reply"])
    fields = pane(page).get_by_role("region", name="Other fields that differ")
    expect(fields).to_contain_text("topic")
    page.keyboard.press("j")
    expect(pane(page).get_by_role("region", name="Labels that differ")).to_contain_text("gold")
    for text in ("New one?", "New two?"):
        page.keyboard.press("j")
        expect(pane(page).locator(".turn.user")).to_contain_text(text)
    page.keyboard.press("j")
    expect(pane(page)).to_contain_text("Taken out as rm by")
    page.keyboard.press("3")
    expect(page.locator(".panes.apart .row")).to_have_count(2)
    page.keyboard.press("k")
    expect(pane(page).locator(".turn.user")).to_contain_text("New one?")


def test_versions_are_chosen_swapped_and_kept_in_the_address(
    filled: Library, open_page: Open
) -> None:
    filled.repository.tag("v1", "HEAD")
    filled.repository.commit("second")
    page = open_page()
    expect(page.get_by_role("listbox").or_(page.locator(".empty"))).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator(".empty")).to_have_text(
        "HEAD and STAGE hold the same examples with the same labels."
    )
    page.keyboard.press("e")
    page.get_by_label("from").fill("v1")
    page.keyboard.press("Enter")
    expect(page.locator(".panes.apart .row")).to_have_count(5)
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    expect(page.locator(".panes.apart .row")).to_have_count(2)
    page.keyboard.press("j")
    expect(pane(page)).to_contain_text("New two?")
    page.wait_for_timeout(400)
    page.reload()
    expect(pane(page)).to_contain_text("New two?")
    page.keyboard.press("x")
    expect(page.get_by_label("from")).to_have_value("STAGE")
    expect(page.get_by_role("button", name="4 removed 2")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("from")).to_have_value("v1")
    expect(pane(page)).to_contain_text("New two?")
    page.keyboard.press(".")
    expect(page.get_by_role("status").first).to_contain_text("vault diff v1")
    page.keyboard.press("c")
    expect(page.locator(".labelbar")).to_be_visible()


def test_a_version_that_is_none_is_told(
    filled: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("400")
    page = opened(open_page)
    page.get_by_label("to").fill("<img src=x onerror=alert(1)>")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("<img src=x")
    page.get_by_label("to").fill("HEAD")
    page.keyboard.press("Enter")
    expect(page.locator(".empty")).to_contain_text("HEAD and HEAD hold the same")
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_texts_when_compared(
    library: Library, open_page: Open, text: str
) -> None:
    library.write("a.jsonl", [chat(f"q {text}", f"old {text}", note=text)])
    library.run("a.jsonl")
    library.repository.commit("first")
    library.write("a.jsonl", [chat(f"q {text}", f"new {text}", note=text + "!")])
    library.run("a.jsonl", mode="replace")
    page = opened(open_page)
    expect(pane(page).locator("ins").last).to_be_visible()
    assert page.evaluate(
        "[window.hit, document.querySelectorAll('.pane img, .pane script').length]"
    ) == [
        None,
        0,
    ]


def test_long_records_are_compared_and_cut(library: Library, open_page: Open) -> None:
    turns = [
        {"role": "ua"[n % 2].replace("u", "user").replace("a", "assistant"), "content": f"turn {n}"}
        for n in range(2_000)
    ]
    columns = {f"c{n}": n for n in range(10_000)}
    long = "word " * 200_000
    library.write("a.jsonl", [{"messages": turns, **columns}, chat("long?", long + "old " + long)])
    library.run("a.jsonl")
    library.repository.commit("first")
    edited = [{**each, "content": each["content"] + "!"} for each in turns]
    other = {name: value + 1 for name, value in columns.items()}
    library.write("a.jsonl", [{"messages": edited, **other}, chat("long?", long + "new " + long)])
    library.run("a.jsonl", mode="replace")
    page = opened(open_page)
    page.keyboard.press("1")
    for _ in range(2):
        expect(page.locator(".pane ins").first).to_be_visible()
        page.keyboard.press("j")


def test_changes_are_read_on_a_narrow_screen(
    filled: Library, explorer: Running, open_page: Open
) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    page.get_by_role("button", name="Compare").click()
    page.locator("#row-0").click()
    expect(pane(page).locator("ins").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("button", name="Back to the list").click()
    expect(page.locator("#row-1")).to_be_visible()
