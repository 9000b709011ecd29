"""Spot-checks, reviews and edits in the browser, by keyboard."""

from __future__ import annotations

from math import log

import pytest
from playwright.sync_api import Locator, Page, expect
from scipy.special import betaln, xlog1py, xlogy

from tests.browser.conftest import Open
from tests.support.explorer import Running
from tests.support.library import Library, chat

pytestmark = pytest.mark.browser

LOOKS = 500


@pytest.fixture
def filled(library: Library) -> Library:
    rows = [chat(f"Question {n}?", f"answer {n}.", topic="ab"[n % 2]) for n in range(80)]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    return library


def bar(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def test_a_spot_check_tells_what_the_sample_proves(
    filled: Library, open_page: Open, explorer: Running
) -> None:
    page = open_page()
    expect(bar(page, "Labels")).to_be_visible()
    page.keyboard.press("Shift+S")
    check = bar(page, "Spot-check")
    expect(check).to_contain_text("nothing checked yet")
    expect(page.locator(".pane .turn.user")).to_be_visible()
    goal = check.get_by_label("goal: under")
    expect(goal).to_have_value("5")
    goal.press("ControlOrMeta+a")
    goal.press_sequentially("20")
    goal.press("Escape")
    for number in range(22):
        page.keyboard.press("a")
        expect(check).to_contain_text(f"0 bad in {number + 1} of 80")
        said = "The goal is reached." in check.inner_text()
        assert said == (number + 1 >= 22), check.inner_text()
    expect(check).to_contain_text("under 19.9 % are bad, with 95 % confidence")
    page.keyboard.press(" ")
    page.keyboard.press("x")
    expect(check).to_contain_text("1 bad in 23 of 80")
    expect(check).not_to_contain_text("goal is reached")
    page.keyboard.press("u")
    expect(check).to_contain_text("0 bad in 22 of 80")
    page.keyboard.press("Shift+U")
    page.wait_for_timeout(500)
    page.reload()
    expect(check).to_contain_text("1 bad in 23 of 80")
    check.get_by_role("button", name="End").click()
    expect(page.locator(".row.here .question")).to_have_text("Question 0?")
    explorer.server.explorer.desk.record()
    counts = {each.value: each.count for each in filled.repository.labels().labels}
    assert counts == {"good": 22, "bad": 1}


def boundary(page: Page, goal: float) -> list[int]:
    """Return for 1, 2, … looks the most bad ones with which the goal is reached, -1 for none."""
    found: list[int] = page.evaluate(
        "([goal, looks]) => import('/static/view/checkbar.js').then(({ shareBounds }) => {"
        " const found = []; let bad = -1;"
        " for (let count = 1; count <= looks; count += 1) {"
        "  while (shareBounds(bad + 1, count, goal)[1] < goal) bad += 1;"
        "  found.push(bad); }"
        " return found; })",
        [goal, LOOKS],
    )
    return found


def chance_of_a_stop(most: list[int], share: float) -> float:
    """Return how likely it is that one who looks after each example finds the goal reached."""
    going_on = {0: 1.0}
    stopped = 0.0
    for limit in most:
        now: dict[int, float] = {}
        for bad, chance in going_on.items():
            now[bad] = now.get(bad, 0.0) + chance * (1 - share)
            now[bad + 1] = now.get(bad + 1, 0.0) + chance * share
        stopped += sum(chance for bad, chance in now.items() if bad <= limit)
        going_on = {bad: chance for bad, chance in now.items() if bad > limit}
    return stopped


@pytest.mark.parametrize(("goal", "first"), [(0.01, 473), (0.05, 93), (0.2, 22)])
def test_the_goal_holds_however_often_one_looks(
    filled: Library, open_page: Open, goal: float, first: int
) -> None:
    most = boundary(open_page(), goal)
    assert most.index(0) + 1 == first
    assert 0 < chance_of_a_stop(most, goal) <= 0.05
    # One that is good enough is found to be so.
    assert chance_of_a_stop(most, 0) == 1


@pytest.mark.parametrize(("bad", "count"), [(0, 40), (3, 20), (7, 1000), (20, 20)])
def test_shares_out_of_bounds_are_unlikely(
    filled: Library, open_page: Open, bad: int, count: int
) -> None:
    least, most = open_page().evaluate(
        "([bad, count]) => import('/static/view/checkbar.js')"
        ".then((it) => it.shareBounds(bad, count, 0.05))",
        [bad, count],
    )
    average = betaln(1 + bad, 19 + count - bad) - betaln(1, 19)
    for share in {least, most} - {0, 1}:
        evidence = average - xlogy(bad, share) - xlog1py(count - bad, -share)
        assert evidence == pytest.approx(log(20), rel=1e-9)
    assert least <= bad / count <= most
    assert (least == 0, most == 1) == (bad == 0, bad == count)


def test_generated_examples_are_reviewed_by_key(filled: Library, open_page: Open) -> None:
    filled.repository.label({"review": "pending"}, where="data.topic = 'a'")
    page = open_page()
    expect(bar(page, "Labels")).to_be_visible()
    page.get_by_label("Queue").select_option("waiting for review")
    review = bar(page, "Review")
    expect(page.locator(".count")).to_contain_text("40 of 80")
    expect(page.locator(".pane .turn.user")).to_contain_text("Question 0?")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.keyboard.press("x")
    expect(review).to_contain_text("1 accepted, 1 rejected")
    expect(page.locator(".pane .turn.user")).to_contain_text("Question 4?")
    page.keyboard.press("Shift+E")
    dialog = page.get_by_role("dialog", name="Edit the example")
    expect(dialog.get_by_label("Text")).to_have_value("a")
    dialog.get_by_label("What to edit").select_option("messages[1].content")
    dialog.get_by_label("Text").fill("a better answer.")
    expect(dialog.locator("ins")).to_have_text("a better ")
    expect(dialog.locator("del")).to_have_text(" 4")
    expect(dialog).to_contain_text("do not come along, because the text has changed: review")
    dialog.get_by_label("Text").press("Control+Enter")
    expect(page.get_by_text("Saved, as one operation")).to_be_visible()
    page.reload()
    expect(page.locator(".count")).to_contain_text("37 of 80")
    values = [each["messages"][1]["content"] for each in filled.records()]
    assert values[4] == "a better answer."
    assert filled.labels()["Question 0?"] == {"review": "accepted"}


def test_a_record_is_edited_whole_and_checked(
    filled: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("400")
    page = open_page()
    expect(bar(page, "Labels")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Shift+E")
    dialog = page.get_by_role("dialog", name="Edit the example")
    dialog.get_by_label("What to edit").select_option("the whole record, as JSON")
    text = dialog.get_by_label("Text")
    whole = text.input_value()
    text.fill(whole[:-2])
    expect(dialog.get_by_role("alert")).to_contain_text("JSON")
    page.keyboard.press("Escape")
    expect(dialog.get_by_role("alert")).to_contain_text("This is not saved")
    text.fill(whole.replace("answer 1.", ""))
    expect(dialog.get_by_role("listitem").first).to_be_visible()
    text.fill(whole.replace("answer 1.", "<img src=x onerror=alert(1)> \u202e twice."))
    expect(dialog.locator("ins").first).to_be_visible()
    expect(dialog.locator("img")).to_have_count(0)
    dialog.get_by_label("add it as a new example").check()
    expect(dialog.locator("ins").first).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".count")).to_contain_text("81 examples")
    assert len(filled.records()) == 81
    assert filled.questions().count("Question 1?") == 2


def test_a_label_orders_the_list(filled: Library, open_page: Open) -> None:
    for number, score in ((5, 0.5), (9, 0.1), (2, 12)):
        filled.label(f"Question {number}?", score=score)
    page = open_page()
    page.get_by_label("Order").select_option("by score, least first")
    questions = page.locator(".row .question")
    expect(questions.nth(0)).to_have_text("Question 9?")
    expect(questions.nth(2)).to_have_text("Question 2?")
    page.get_by_label("Order").select_option("by score, most first")
    expect(questions.nth(0)).to_have_text("Question 2?")
    expect(questions.nth(3)).to_have_text("Question 0?")
