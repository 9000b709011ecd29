"""The example as a trainer sees it: what is learnt, lost and cut, each said in words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open
from tests.browser.test_examples import reading
from tests.support.library import Library, chat
from tests.support.trainer_records import ONE_OF_EACH, said, user

pytestmark = pytest.mark.browser


def trainer(page: Page) -> Locator:
    return reading(page).get_by_role("region", name="As a trainer sees it")


def opened(library: Library, open_page: Open, *records: dict[str, Any]) -> Page:
    library.write("a.jsonl", list(records))
    library.run("a.jsonl")
    page = open_page()
    expect(reading(page).get_by_role("article")).to_be_visible()
    page.keyboard.press("t")
    return page


def test_turns_say_whether_they_are_trained_on(library: Library, open_page: Open) -> None:
    page = opened(library, open_page, ONE_OF_EACH["weights"], ONE_OF_EACH["several turns"])
    turns = reading(page).locator(".turn")
    # TRL knows no weights.
    expect(turns.nth(1)).to_contain_text("trained on")
    expect(turns.nth(1)).to_contain_text("weight left out")
    expect(turns.nth(0)).to_contain_text("not trained on")
    expect(trainer(page)).to_contain_text("every answer")
    trainer(page).get_by_role("combobox").select_option("axolotl")
    expect(turns.nth(1)).to_contain_text("not trained on")
    expect(turns.nth(3).locator(".learnt")).to_have_text("trained on")
    trainer(page).get_by_role("combobox").select_option("hf")
    expect(trainer(page)).to_contain_text("what the training is set to")
    expect(turns.nth(3)).not_to_contain_text("trained on")


def test_the_target_stays_from_example_to_example(library: Library, open_page: Open) -> None:
    page = opened(library, open_page, chat("a?"), chat("b?"))
    trainer(page).get_by_role("combobox").select_option("openai")
    page.keyboard.press("Escape")
    reading(page).get_by_role("article").click()
    page.keyboard.press("j")
    expect(reading(page)).to_contain_text("b?")
    expect(trainer(page).get_by_role("combobox")).to_have_value("openai")
    page.reload()
    expect(trainer(page).get_by_role("combobox")).to_have_value("openai")
    expect(trainer(page)).to_contain_text("OpenAI chat")
    page.keyboard.press("t")
    expect(trainer(page)).to_have_count(0)


def test_what_is_left_out_is_struck(library: Library, open_page: Open) -> None:
    page = opened(library, open_page, ONE_OF_EACH["reasoning"] | {"topic": "x"})
    trainer(page).get_by_role("combobox").select_option("openai")
    expect(reading(page).locator(".reasoning s")).to_have_text("Let me think.")
    expect(reading(page).locator(".turn.assistant")).to_contain_text("reasoning left out")
    expect(trainer(page)).to_contain_text("fields beside the conversation are left out")
    trainer(page).get_by_text("The record as it is written").click()
    expect(trainer(page).locator("pre")).to_contain_text('"role": "assistant"')
    expect(trainer(page).locator("pre")).not_to_contain_text("Let me think.")


def test_a_line_shows_where_a_trainer_cuts(library: Library, open_page: Open) -> None:
    messages = [user("q" * 4_000), said("**😀**" * 30 + "end"), user("beyond?"), said("Beyond.")]
    page = opened(library, open_page, {"messages": messages})
    line = "about here trl cuts at 1,024 tokens (estimate)"
    expect(reading(page).locator(".turn").nth(1).get_by_role("note")).to_have_text(line)
    expect(reading(page).locator(".turn").nth(1).locator("s")).to_have_text(re.compile("end$"))
    # 96 bytes are twelve faces of four, each between four stars.
    expect(reading(page).locator(".turn").nth(1).locator(".text").first).to_have_text("**😀**" * 12)
    for turn in (2, 3):
        expect(reading(page).locator(".turn").nth(turn)).to_contain_text("beyond the cut")
    trainer(page).get_by_role("combobox").select_option("llamafactory")
    expect(reading(page).get_by_role("note")).to_have_count(0)
    expect(trainer(page)).to_contain_text("within 2,048 tokens")


def test_each_side_of_a_pair_is_cut(library: Library, open_page: Open) -> None:
    pair = {"prompt": "p" * 4_000, "chosen": "c" * 200, "rejected": "short"}
    page = opened(library, open_page, pair)
    turns = reading(page).locator(".turn")
    expect(turns.nth(1).get_by_role("note")).to_be_visible()
    expect(turns.nth(2)).to_contain_text("rejected")
    expect(turns.nth(2)).not_to_contain_text("beyond the cut")


def test_a_trainer_that_cannot_take_it_says_why(library: Library, open_page: Open) -> None:
    page = opened(library, open_page, {"text": "Plain."}, {"raw": 1})
    trainer(page).get_by_role("combobox").select_option("openai")
    expect(trainer(page)).to_contain_text("none of 1 examples can be written for openai")
    expect(reading(page).locator(".turn")).not_to_contain_text("trained on")
    trainer(page).get_by_role("combobox").select_option("trl")
    expect(trainer(page)).to_contain_text("everything, questions too")
