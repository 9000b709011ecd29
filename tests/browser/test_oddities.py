"""What may go wrong around the explorer: addresses, changes, numbers, keys, long texts."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Open
from tests.browser.test_examples import chosen, count, reading
from tests.support.explorer import Running, running
from tests.support.library import Library, chat
from vault.web.listings import Scope

pytestmark = pytest.mark.browser


@pytest.fixture
def filled(library: Library) -> Library:
    rows = [chat(f"Question {n}?", "y", topic="ab"[n % 2]) for n in range(450)]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    return library


@pytest.mark.parametrize(
    ("place", "wanted"),
    [("Infinity", 0), ("1e300", 0), ("1.5", 0), ("-3", 0), ("x", 0), ("7", 7), ("999999", 449)],
)
def test_an_address_may_hold_anything(
    filled: Library, open_page: Open, place: str, wanted: int
) -> None:
    page = open_page()
    expect(chosen(page)).to_have_text("Question 0?")
    page.evaluate(f"location.hash = 'sort=dataset&seed={place}&place={place}'")
    expect(chosen(page)).to_have_text(f"Question {wanted}?")
    expect(reading(page)).to_contain_text(f"Question {wanted}?")


def test_going_back_forgets_a_mistake(
    filled: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("status of 400")
    page = open_page()
    expect(chosen(page)).to_be_visible()
    page.keyboard.press("e")
    page.keyboard.type("tokns > 3\n")
    expect(page.get_by_role("alert")).to_contain_text("tokns")
    assert page.get_by_role("listbox").get_attribute("aria-activedescendant") is None
    page.go_back()
    expect(count(page)).to_have_text("450 examples")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_after_an_expression_keys_are_for_the_list(
    filled: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("status of 400")
    page = open_page()
    expect(chosen(page)).to_be_visible()
    page.keyboard.press("e")
    page.keyboard.type("tokns > 3\n")
    expect(page.get_by_role("alert")).to_contain_text("tokns")
    expect(page.get_by_label("Expression")).to_be_focused()
    # Nothing is counted for what is wrong, and nothing says that it is.
    expect(page.get_by_text("Counting…")).to_have_count(0)
    page.go_back()
    expect(count(page)).to_have_text("450 examples")
    page.keyboard.type("data.topic = 'a'\n")
    expect(count(page)).to_have_text("225 of 450 examples")
    expect(page.get_by_role("listbox")).to_be_focused()
    page.keyboard.press("j")
    expect(chosen(page)).to_have_text("Question 2?")
    page.keyboard.press("/")
    page.keyboard.type("question 4\n")
    expect(page.get_by_role("listbox")).to_be_focused()


def test_the_address_follows_keys_that_never_pause(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_have_text("Question 0?")
    for _ in range(12):
        page.keyboard.press("j")
        page.wait_for_timeout(50)
    assert re.search("place=([5-9]|1[0-2])$", page.url) is not None
    expect(page).to_have_url(re.compile("place=12$"))
    page.wait_for_timeout(400)
    page.keyboard.press("j")
    page.reload()
    expect(chosen(page)).to_have_text("Question 13?")


def test_rows_of_two_versions_are_never_mixed(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_be_visible()
    filled.repository.rm(where="data.topic = 'a'")
    page.locator(".list").evaluate("(list) => { list.scrollTop = 300 * 58; }")
    expect(page.get_by_text("Question 302?")).to_be_visible()
    expect(page.get_by_text("The examples have changed since.")).to_be_visible()
    page.keyboard.press("Home")
    for number in range(1, 12):
        page.keyboard.press("j")
        expect(chosen(page)).to_have_text(f"Question {number}?")
        expect(reading(page)).to_contain_text(f"Question {number}?")
    page.get_by_role("button", name="Show them as they are now").click()
    expect(count(page)).to_have_text("225 examples")
    expect(chosen(page)).to_have_text("Question 23?")


def test_numbers_are_shown_as_they_stand(library: Library, open_page: Open) -> None:
    numbers = {"id": 12345678901234567891, "list": [98765432109876543219, 1], "small": 0.5}
    library.write("a.jsonl", [chat("Numbers?", "Yes.", **numbers), chat("None?", "No.")])
    library.run("a.jsonl")
    page = open_page()
    fields = reading(page).get_by_role("region", name="Other fields")
    expect(fields).to_contain_text("[98765432109876543219,1]")
    expect(fields).to_contain_text("0.5")
    fields.get_by_role("button", name="12345678901234567891").click()
    expect(count(page)).to_have_text("1 of 2 examples")
    expect(page.locator(".chosen")).to_contain_text("data.id = 12345678901234567891")


def test_only_what_can_be_asked_for_is_a_filter(library: Library, open_page: Open) -> None:
    fields = {"a.b": 1, "c": {"d": 2}, "long": "x" * 1_500, "__proto__": {"constructor": 3}}
    library.write("a.jsonl", [chat("Fields?", "Yes.", **fields)])
    library.run("a.jsonl")
    region = reading(open_page()).get_by_role("region", name="Other fields")
    expect(region.get_by_role("row")).to_have_count(4)
    assert region.get_by_role("button").all_inner_texts() == ["2", "3"]


def test_what_is_read_is_scrolled_by_keys(library: Library, open_page: Open) -> None:
    rows = [chat(f"Question {n}?", "line\n" * 300) for n in range(9)]
    for row in rows:
        row["messages"].insert(0, {"role": "system", "content": "Be brief. " * 90})
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    page = open_page()
    pane = reading(page)
    expect(pane).to_contain_text("Question 0?")
    pane.locator("summary").click()
    expect(pane.locator("details[open]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_focused()
    page.keyboard.press("Enter")
    expect(pane).to_be_focused()
    page.keyboard.press("PageDown")
    expect(pane).not_to_have_js_property("scrollTop", 0)
    # Scrolling by a key goes on for a moment.
    page.wait_for_timeout(500)
    expect(chosen(page)).to_have_text("Question 0?")
    # The next one begins at its beginning, folded as ever.
    page.keyboard.press("j")
    expect(pane).to_contain_text("Question 1?")
    expect(pane).to_have_js_property("scrollTop", 0)
    expect(pane.locator("details[open]")).to_have_count(0)
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(chosen(page)).to_have_text("Question 1?")


def test_the_command_has_what_was_typed_at_the_start(filled: Library, open_page: Open) -> None:
    filters = "[filters]\nshort = 'turns < 9'\n"
    (filled.folder / "vault.toml").write_text(filters, encoding="utf-8")
    with running(filled.repository, scope=Scope(None, ("data.topic = 'a'",), ("short",))) as other:
        page = open_page(other.server.link("ada"))
        expect(count(page)).to_have_text("225 of 450 examples")
        page.keyboard.press(".")
        command = page.locator(".command")
        expect(command).to_contain_text("vault query --filter 'short' --where 'data.topic")
        # The page goes before its server: it asks for more of the example after a moment.
        page.close()


def test_a_session_that_is_gone_is_told(
    filled: Library, explorer: Running, open_page: Open, expected: list[str]
) -> None:
    expected.append("status of 401")
    page = open_page()
    # Whatever is asked for at first is there: else its refusal may come before the order changes.
    expect(
        page.get_by_role("complementary", name="Fields").get_by_role("button").first
    ).to_be_visible()
    page.wait_for_load_state("networkidle")
    explorer.server.sessions._open.clear()
    page.get_by_label("Order").select_option("random")
    expect(page.get_by_role("heading", name="This tab has no session")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("press Enter")


def test_an_example_that_cannot_be_read_is_told(
    filled: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("status of 500")
    page = open_page()
    expect(reading(page)).to_contain_text("Question 0?")
    told = {"error": {"message": "chunk 12ab is damaged", "code": "x", "hint": "`vault fsck`"}}
    page.route("**/api/example?**", lambda route: route.fulfill(status=500, body=json.dumps(told)))
    page.keyboard.press("End")
    expect(reading(page).get_by_role("alert")).to_contain_text("chunk 12ab is damaged")
    page.unroute("**/api/example?**")
    page.keyboard.press("Home")
    page.keyboard.press("End")
    expect(reading(page)).to_contain_text("Question 449?")


def test_most_come_first_whatever_they_are_called(library: Library, open_page: Open) -> None:
    for number, name in [(2, "7"), (5, "b.jsonl")]:
        library.write("x.jsonl", [chat(f"{name} {n}?", "y") for n in range(number)])
        library.run("x.jsonl", source=name)
    page = open_page()
    region = page.get_by_role("region", name="source")
    expect(region.get_by_role("button")).to_have_count(2)
    assert region.get_by_role("button").first.inner_text().split() == ["b.jsonl", "5"]


def test_an_answer_that_comes_late_takes_no_focus(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_have_text("Question 0?")
    held: list[Route] = []
    is_late = [False]

    def hold(route: Route) -> None:
        # It is asked again while it is searched.
        if is_late[0]:
            route.continue_()
        else:
            held.append(route)

    page.route("**/api/examples?*text=first*", hold)
    page.keyboard.press("/")
    page.keyboard.type("first\n")
    expect(count(page)).to_have_text("… examples")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    is_late[0] = True
    for each in held:
        each.continue_()
    expect(count(page)).to_have_text("0 of 450 examples")
    page.keyboard.type(" of all")
    expect(page.get_by_role("searchbox", name="Text")).to_have_value("first of all")


def test_a_key_takes_no_focus_from_the_next_one(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_have_text("Question 0?")
    page.evaluate(
        """() => {
            for (const key of ["Escape", "/"]) {
                document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            }
            return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        }"""
    )
    expect(page.get_by_role("searchbox", name="Text")).to_be_focused()


def test_of_two_keys_the_later_says_where_the_focus_goes(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_have_text("Question 0?")
    page.evaluate(
        """() => {
            for (const key of ["Enter", "Escape"]) {
                document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            }
            return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        }"""
    )
    expect(page.get_by_role("listbox")).to_be_focused()


def test_rows_are_asked_for_once_and_files_never_again(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_have_text("Question 0?")
    asked = """() => performance.getEntriesByType("resource").map((each) => new URL(each.name))
        .filter((each) => each.pathname === "/api/examples").map((each) => each.search)"""
    first = page.evaluate(asked)
    assert len(first) == len(set(first))
    sent = """() => performance.getEntriesByType("resource")
        .filter((each) => each.name.includes("/static/") && each.transferSize > 0).length"""
    assert page.evaluate(sent) > 20
    # What the page loads only after it is shown comes late on a busy machine.
    page.wait_for_load_state("networkidle")
    page.reload()
    expect(chosen(page)).to_have_text("Question 0?")
    assert page.evaluate(sent) == 0
