"""The list, the filter and the example that is read: by keyboard, by mouse, and by address."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.test_overview import HOSTILE
from tests.support.drafting import label
from tests.support.explorer import Running
from tests.support.library import Library, chat

pytestmark = pytest.mark.browser

TOOLS = {
    "messages": [
        {"role": "system", "content": "Be brief. " * 90},
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "Ask the tool.",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city":"Oslo","days":2}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "cold"},
        {"role": "assistant", "content": "Look:\n```python\nprint(1)\n```\nCold.", "weight": 0},
        {"role": "assistant", "content": "Bye."},
    ],
    "tools": [{"type": "function", "function": {"name": "weather"}}],
    "meta": {"topic": "weather", "score": 3, "odd name": True},
}


@pytest.fixture
def filled(library: Library) -> Library:
    rows = [chat(f"Question {n}?", "y" * (n % 60 + 1), topic="ab"[n % 2]) for n in range(450)]
    library.write("a.jsonl", rows)
    library.write("b.jsonl", [TOOLS])
    library.run("a.jsonl", "b.jsonl")
    label(library.repository, {n: {"quality": "gold"} for n in range(0, 60, 2)})
    return library


def chosen(page: Page) -> Locator:
    return page.locator(".row.here .question")


def reading(page: Page) -> Locator:
    return page.get_by_role("region", name="Reading")


def count(page: Page) -> Locator:
    return page.locator(".count")


def test_keys_go_from_example_to_example(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_have_text("Question 0?")
    expect(reading(page)).to_contain_text("Question 0?")
    for key, wanted in [("j", 1), ("ArrowDown", 2), ("k", 1), ("PageDown", 11), ("Home", 0)]:
        page.keyboard.press(key)
        expect(chosen(page)).to_have_text(f"Question {wanted}?")
        expect(reading(page)).to_contain_text(f"Question {wanted}?")
    page.keyboard.press("End")
    expect(chosen(page)).to_have_text("Weather?")
    page.keyboard.press("j")
    expect(chosen(page)).to_have_text("Weather?")


def test_few_rows_are_there_of_many(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_be_visible()
    assert page.locator(".row").count() < 40
    page.locator(".list").evaluate("(list) => { list.scrollTop = 300 * 58; }")
    expect(page.get_by_text("Question 302?")).to_be_visible()
    assert page.locator(".row").count() < 50
    # The first one is still chosen, and out of sight.
    page.keyboard.press("Home")
    expect(chosen(page)).to_be_in_viewport()


def test_a_value_is_a_filter_and_can_be_taken_back(filled: Library, open_page: Open) -> None:
    page = open_page()
    fields = page.get_by_role("complementary", name="Fields")
    fields.get_by_role("button", name="gold").click()
    expect(count(page)).to_have_text("30 of 451 examples")
    fields.get_by_role("button", name="a.jsonl").click(modifiers=["Shift"])
    expect(page.get_by_text("No example is like that.")).to_be_visible()
    page.go_back()
    expect(count(page)).to_have_text("30 of 451 examples")
    page.get_by_role("button", name="Take back labels.quality = 'gold'").click()
    expect(count(page)).to_have_text("451 examples")


def test_expressions_are_typed_and_mistakes_are_told(
    filled: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("status of 400")
    page = open_page()
    expect(chosen(page)).to_be_visible()
    page.keyboard.press("e")
    page.keyboard.type("data.topic = 'b'\n")
    expect(count(page)).to_have_text("225 of 451 examples")
    expect(page.get_by_role("listbox")).to_be_focused()
    page.keyboard.press("e")
    page.keyboard.type("tokns > 3\n")
    expect(page.get_by_role("alert")).to_contain_text("tokns")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Take back tokns > 3").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(count(page)).to_have_text("225 of 451 examples")


def test_a_text_is_found_and_marked(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("question 44\n")
    expect(count(page)).to_have_text("11 of 451 examples")
    expect(chosen(page)).to_have_text("Question 44?")
    expect(chosen(page).locator("mark")).to_have_text("Question 44")
    expect(reading(page).locator("mark")).to_have_text("Question 44")
    expect(page.get_by_text("Counted without the text.")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press(".")
    expect(page.locator(".command")).to_contain_text("vault grep -i 'question 44'")
    page.get_by_role("button", name="Take back the text question 44").click()
    expect(count(page)).to_have_text("451 examples")


def test_an_order_is_chosen(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_have_text("Question 0?")
    page.get_by_label("Order").select_option("-tokens")
    expect(chosen(page)).to_have_text("Weather?")
    page.get_by_label("Order").select_option("random")
    expect(chosen(page)).not_to_have_text("Weather?")
    first = chosen(page).inner_text()
    page.get_by_role("button", name="Draw again").click()
    expect(chosen(page)).not_to_have_text(first)


def test_the_address_holds_the_view(filled: Library, explorer: Running, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_be_visible()
    page.get_by_role("complementary", name="Fields").get_by_role("button", name="gold").click()
    expect(count(page)).to_have_text("30 of 451 examples")
    page.get_by_label("Order").select_option("-tokens")
    page.keyboard.press("Escape")
    page.locator(".list").focus()
    page.keyboard.press("j")
    page.keyboard.press("j")
    wanted = chosen(page).inner_text()
    address = page.url
    page.reload()
    expect(chosen(page)).to_have_text(wanted)
    assert page.url == address
    page.keyboard.press(".")
    expect(page.locator(".command")).to_contain_text(
        """vault query --where 'labels.quality = '"'"'gold'"'"''"""
    )


def test_an_example_is_read_as_a_chat(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_be_visible()
    page.keyboard.press("End")
    pane = reading(page)
    turns = pane.locator(".turn")
    expect(turns).to_have_count(6)
    expect(turns.nth(2)).to_contain_text("weather")
    assert json.loads(turns.nth(2).locator("pre").inner_text()) == {"city": "Oslo", "days": 2}
    expect(turns.nth(3)).to_contain_text("answer of weather")
    expect(turns.nth(4)).to_contain_text("weight 0: not trained on")
    expect(turns.nth(4).locator("pre code")).to_have_text("print(1)")
    turns.nth(2).locator("summary").click()
    expect(turns.nth(2)).to_contain_text("Ask the tool.")
    # A long system prompt is folded.
    assert turns.nth(0).locator("details").count() == 1
    fields = pane.get_by_role("region", name="Other fields")
    expect(fields).to_contain_text("meta.odd name")
    fields.get_by_role("button", name="weather").click()
    expect(count(page)).to_have_text("1 of 451 examples")


def test_what_changes_elsewhere_is_told(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_be_visible()
    filled.write("c.jsonl", [chat("New?", "Yes.")])
    filled.run("c.jsonl")
    page.locator(".list").evaluate("(list) => { list.scrollTop = 200 * 58; }")
    page.get_by_role("button", name="Show them as they are now").click()
    expect(count(page)).to_have_text("452 examples")


def test_hostile_texts_are_only_read(library: Library, open_page: Open) -> None:
    rows: list[Any] = [chat(each, f"```{each}\n{each}\n```") for each in HOSTILE]
    rows += [{"text": each} for each in HOSTILE]
    rows.append({each: each for each in HOSTILE})
    rows.append(chat("many", "x", **{f"field {n}": n for n in range(2_000)}))
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    page = open_page()
    expect(chosen(page)).to_be_visible()
    for _ in rows:
        expect(reading(page).locator(".example")).to_be_visible()
        assert reading(page).locator("img, script, svg, a, iframe").count() == 0
        page.keyboard.press("j")
    assert page.title().endswith("– vault")
    assert re.search("gone", page.title()) is None


def test_a_long_text_is_cut_until_all_is_wanted(library: Library, open_page: Open) -> None:
    library.write("a.jsonl", [chat("Long?", "word " * 1_000_000), chat("Short?", "no")])
    library.run("a.jsonl")
    page = open_page()
    pane = reading(page)
    expect(pane).to_contain_text("4,980,000 characters are left out.")
    page.keyboard.press("j")
    expect(pane).to_contain_text("Short?")
    page.keyboard.press("k")
    pane.get_by_role("button", name="Show all").click()
    expect(pane.get_by_role("button", name="Show all")).to_have_count(0)
    assert len(pane.inner_text()) > 4_900_000


def test_a_narrow_screen_has_the_list_or_the_example(filled: Library, open_page: Open) -> None:
    page = open_page(viewport={"width": 360, "height": 700})
    expect(chosen(page)).to_be_visible()
    expect(reading(page)).to_be_hidden()
    page.keyboard.press("Enter")
    expect(reading(page)).to_be_visible()
    expect(page.locator(".list")).to_be_hidden()
    page.get_by_role("button", name="Back to the list").click()
    expect(page.locator(".list")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_keys_are_told(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(chosen(page)).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)
