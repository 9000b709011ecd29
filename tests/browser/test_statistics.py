"""The page of statistics: every bar is told in words and is a filter, two versions compare."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.support.drafting import label
from tests.support.library import Library, chat

pytestmark = pytest.mark.browser


@pytest.fixture
def filled(library: Library) -> Library:
    library.write("old.jsonl", [chat(f"{n}?", "y" * (n * 8)) for n in range(30)])
    library.run("old.jsonl", round="first")
    library.repository.commit("first")
    library.write("new.jsonl", [chat(f"{n}!", "z" * (n * 40)) for n in range(10)])
    library.run("new.jsonl", round="second")
    label(library.repository, {n: {"topic": f"t{n:02}"} for n in range(20)})
    return library


def statistics(open_page: Open) -> Page:
    page = open_page()
    page.get_by_role("button", name="Statistics").click()
    expect(page.get_by_role("region", name="Counts")).to_be_visible()
    return page


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def count(page: Page) -> Locator:
    return page.locator(".count").first


def test_a_bar_of_lengths_leads_to_its_examples(filled: Library, open_page: Open) -> None:
    page = statistics(open_page)
    bar = card(page, "examples by tokens").get_by_role("button").filter(has_text="32–47")
    told = bar.inner_text().split()
    bar.click()
    expect(count(page)).to_have_text(f"{told[1]} of 40 examples")
    expect(page.get_by_role("button", name="Take back tokens BETWEEN 32 AND 47")).to_be_visible()
    # Who came by the keyboard goes on in the list.
    expect(page.get_by_role("listbox")).to_be_focused()
    page.go_back()
    expect(card(page, "examples by tokens")).to_be_visible()


def test_a_bar_with_shift_leaves_its_examples_out(filled: Library, open_page: Open) -> None:
    page = statistics(open_page)
    card(page, "round").get_by_role("button", name="second").click(modifiers=["Shift"])
    expect(count(page)).to_have_text("30 of 40 examples")
    page = statistics(open_page)
    bar = card(page, "examples by tokens").get_by_role("button").filter(has_text="32–47")
    left = 40 - int(bar.inner_text().split()[1])
    bar.press("Shift+Enter")
    expect(count(page)).to_have_text(f"{left} of 40 examples")


def test_values_beyond_the_first_can_be_shown(filled: Library, open_page: Open) -> None:
    page = statistics(open_page)
    topics = card(page, "labels.topic")
    expect(topics.get_by_role("button", name="t19")).to_have_count(0)
    topics.get_by_role("button", name="and 13 more of labels.topic").click()
    expect(topics.get_by_role("button", name=re.compile("^t"))).to_have_count(20)
    topics.get_by_role("button", name="none").click()
    expect(count(page)).to_have_text("20 of 40 examples")
    fields = page.get_by_role("complementary", name="Fields")
    fields.get_by_role("region", name="source").get_by_role("button", name="old").click()
    expect(count(page)).to_have_text("10 of 40 examples")


def test_roles_and_tools_are_counted_when_wanted(filled: Library, open_page: Open) -> None:
    page = statistics(open_page)
    page.get_by_role("button", name="Count roles and tools").click()
    roles = card(page, "messages by role")
    expect(roles.get_by_role("button", name="assistant")).to_contain_text("50 %")
    roles.get_by_role("button", name="user").click(modifiers=["Shift"])
    expect(count(page)).to_have_text("0 of 40 examples")


def test_two_versions_stand_beside_each_other(filled: Library, open_page: Open) -> None:
    page = statistics(open_page)
    page.get_by_label("Beside version").fill("HEAD")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(card(page, "Counts")).to_contain_text("before 30")
    rounds = card(page, "round")
    expect(rounds).to_contain_text("moved 0.")
    assert rounds.get_by_role("button", name="second").inner_text().split() == (
        ["second", "0", "→", "10", "0", "%", "→", "25", "%"]
    )
    distances = [float(each) for each in page.locator(".moved strong").all_inner_texts()]
    assert len(distances) >= 3
    assert distances == sorted(distances, reverse=True)
    # The address keeps it.
    page.reload()
    expect(card(page, "Counts")).to_contain_text("before 30")
    page.get_by_role("button", name="One version").click()
    expect(card(page, "Counts")).not_to_contain_text("before")


def test_a_version_that_is_not_there_is_told(
    filled: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("status of 404")
    page = statistics(open_page)
    page.get_by_label("Beside version").fill("v9")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("v9")
    page.get_by_role("button", name="One version").click()
    expect(card(page, "Counts")).to_be_visible()


def test_findings_are_told_once_somebody_validated(filled: Library, open_page: Open) -> None:
    page = statistics(open_page)
    expect(card(page, "findings")).to_contain_text("vault validate")
    filled.repository.validate()
    page.reload()
    expect(card(page, "findings")).to_contain_text("errors: ")
