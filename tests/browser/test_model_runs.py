"""Model runs in the explorer: what made an example, and what judges say of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import generated, pair
from tests.support.judged import asked, judged, rubric, says
from tests.support.library import Library, chat

pytestmark = pytest.mark.browser


@pytest.fixture
def made(library: Library) -> Library:
    """Two examples by hand, three by a model and two by another."""
    library.write("a.jsonl", [chat(f"By hand {n}?", "Yes.") for n in range(2)])
    library.run("a.jsonl")
    with BillingServer(Behaviour(content=pair)) as server:
        for count, name in ((3, "alpha"), (2, "beta")):
            generated(library, server.base_url, count=count, name=f'name = "{name}"')
    return library


def facet(page: Page, name: str, value: str, *, out: bool = False) -> None:
    button = page.get_by_role("region", name=name, exact=True).get_by_role("button", name=value)
    button.click(modifiers=["Shift"] if out else [])


def test_models_and_runs_are_facets(made: Library, open_page: Open) -> None:
    page = open_page()
    runs = page.get_by_role("region", name="origin", exact=True).get_by_role("listitem")
    expect(runs).to_have_count(3)
    facet(page, "origin.model", "alpha")
    expect(page.locator(".count").first).to_have_text("3 of 7 examples")
    page = open_page()
    facet(page, "origin.model", "none")
    expect(page.locator(".count").first).to_have_text("2 of 7 examples")
    page = open_page()
    facet(page, "origin.model", "beta", out=True)
    expect(page.locator(".count").first).to_have_text("5 of 7 examples")


def test_an_example_tells_its_model(made: Library, open_page: Open) -> None:
    page = open_page()
    facet(page, "origin.model", "beta")
    chip = page.get_by_role("article").get_by_role("button", name="beta", exact=True)
    expect(chip).to_be_visible()


VOCABULARY = '[labels.answers]\nvalues = [true, false]\nkeys = ["y", "n"]\n'


@pytest.fixture
def with_judge(library: Library) -> Library:
    """Four judged examples, and a label that has the name of the judge's first question."""
    (library.folder / "vault.toml").write_text(VOCABULARY, encoding="utf-8")
    asked(library, 4)
    with BillingServer(Behaviour(content=says(lambda each: each.startswith("good")))) as server:
        judged(library, rubric(server.base_url, more="repeat = 0"))
    return library


def test_a_judge_is_hidden_until_one_has_answered(with_judge: Library, open_page: Open) -> None:
    page = open_page()
    article = page.get_by_role("article", name="Example")
    expect(article).to_contain_text("bad answer 0")
    expect(article).not_to_contain_text("judge.")
    page.keyboard.press("y")
    page.keyboard.press("k")
    expect(article).to_contain_text("bad answer 0")
    expect(article).to_contain_text("judge.help.answers = false")
    expect(article).to_contain_text("judge.help.score = 0")
    expect(article).to_contain_text("answers = true")
    page.keyboard.press("j")
    expect(article).to_contain_text("good answer 1")
    expect(article).not_to_contain_text("judge.")


def test_disagreements_are_a_queue(with_judge: Library, open_page: Open) -> None:
    with_judge.repository.label({"answers": True}, where="true")
    page = open_page()
    page.get_by_label("Queue").select_option("disagreement")
    expect(page.locator(".count").first).to_have_text("1 of 4 examples")
    article = page.get_by_role("article", name="Example")
    expect(article).to_contain_text("bad answer 0")
    expect(article).to_contain_text("judge.help.answers = false")
