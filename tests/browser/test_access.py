"""The explorer for who has no mouse, no fine sight, no single keys, or a narrow screen.

axe-core finds what a program can find. It is asked about every view and dialog, light and dark,
wide and narrow; whatever it finds fails, however small it calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.support.drafting import label
from tests.support.library import Library, chat
from tests.support.trainer_records import ONE_OF_EACH

pytestmark = pytest.mark.browser

RICH = "# Head\n\n- one\n- two\n\n```python\nprint(1)\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
WIDE, NARROW = 1280, 360
# Targets of WCAG 2.2's least size, too.
ALL = {"rules": {"target-size": {"enabled": True}}}
COLOURS = {"runOnly": ["color-contrast"]}
# Answers about an example are asked for after a moment.
SETTLED_MS = 300
Step = Callable[[Page], object]


def _keys(*keys: str) -> Step:
    def press(page: Page) -> None:
        for each in keys:
            page.keyboard.press(each)

    return press


def _beside_head(page: Page) -> None:
    page.keyboard.press("s")
    page.get_by_label("Beside version").fill("HEAD")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".moved").first).to_be_visible()


def _opened(page: Page, tab: str) -> None:
    page.get_by_role("navigation", name="Views").get_by_role("button", name=tab).click()
    expect(page.locator("main")).to_be_visible()


def _typed(expression: str, seen: str) -> Step:
    def ask(page: Page) -> None:
        page.get_by_label("Expression").fill(expression)
        page.keyboard.press("Enter")
        expect(page.locator(seen).first).to_be_visible()

    return ask


VIEWS: dict[str, Step] = {
    "the list": _keys(),
    "an example": _keys("Enter"),
    "the example as a trainer sees it": _keys("Enter", "t"),
    "statistics": _keys("s"),
    "two versions": _beside_head,
    "comparing": lambda page: _opened(page, "Compare"),
    "clusters": lambda page: _opened(page, "Clusters"),
    "answers": lambda page: _opened(page, "Answers"),
    "what is gone": lambda page: _opened(page, "Gone"),
    "keys": _keys("?"),
    "fields": _keys("v"),
    "a note": _keys("n"),
    "a label": _keys("="),
    "labels for all": _keys("A"),
    "editing": _keys("E"),
    "a spot-check": _keys("S"),
    "nothing found": _typed("tokens > 100000", ".empty"),
    "an error": _typed("nothing > 1", "[role=alert]"),
}


@pytest.fixture
def filled(library: Library) -> Library:
    records = [
        chat("A question?", RICH),
        *ONE_OF_EACH.values(),
        chat("a\u202eb", "My e-mail: a@b.org"),
    ]
    library.write("a.jsonl", records)
    library.run("a.jsonl", round="first")
    library.repository.commit("first")
    library.write("b.jsonl", [chat(f"{n}?", "y" * (n * 30)) for n in range(30)])
    library.run("b.jsonl")
    label(library.repository, {n: {"quality": "gold" if n % 3 else "bad"} for n in range(12)})
    library.repository.validate()
    return library


def ready(page: Page) -> Page:
    expect(page.locator(".row .tokens").first).to_be_visible()
    expect(page.locator(".pane article")).to_be_attached()
    expect(page.locator(".panes > .facets section").first).to_be_attached()
    expect(page.locator(".labelbar button").first).to_be_visible()
    return page


def faults(page: Page, rules: Mapping[str, Any]) -> list[str]:
    """Return what axe-core finds in what is shown."""
    page.wait_for_timeout(SETTLED_MS)
    options = {"resultTypes": ["violations"], **rules}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{each['impact']} {each['id']}: {node['html'][:120]} {node['failureSummary'][:200]}"
        for each in found
        for node in each["nodes"]
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("light", NARROW), ("dark", WIDE)])
def test_axe_finds_nothing(
    filled: Library, open_page: Open, expected: list[str], scheme: str, width: int
) -> None:
    expected.append("status of 400")
    found = {}
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    rules = COLOURS if scheme == "dark" else ALL
    for name, step in VIEWS.items():
        step(ready(page))
        found[name] = faults(page, rules)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.evaluate("history.replaceState(null, '', '/')")
        page.reload()
    assert {name: told for name, told in found.items() if told} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_there_is_nothing(
    library: Library, open_page: Open, expected: list[str], scheme: str
) -> None:
    expected.append("status of 401")
    page = open_page(color_scheme=scheme, viewport={"width": NARROW, "height": 800})
    expect(page.locator(".empty")).to_be_visible()
    assert faults(page, ALL) == []
    page.evaluate("sessionStorage.clear()")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("This tab has no session")
    assert faults(page, ALL) == []


def test_single_keys_can_be_switched_off(filled: Library, open_page: Open) -> None:
    page = ready(open_page())
    page.get_by_role("button", name="Keys").click()
    page.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    expect(page.locator(".labelbar kbd").first).to_be_hidden()
    page.keyboard.press("s")
    page.keyboard.press("t")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Trainer")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".row.here")).to_have_id("row-1")
    # The switch stays, for other tabs too, and can be turned again.
    page.reload()
    ready(page).keyboard.press("s")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.get_by_role("button", name="Keys").click()
    page.get_by_role("checkbox").check()
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_role("region", name="Counts")).to_be_visible()


def test_the_focus_returns_from_a_dialog(filled: Library, open_page: Open) -> None:
    page = ready(open_page())
    opener = page.get_by_role("button", name="all that match")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("listbox")).to_be_focused()


def test_fields_open_in_a_drawer_where_they_have_no_room(filled: Library, open_page: Open) -> None:
    page = ready(open_page(viewport={"width": NARROW, "height": 800}))
    expect(page.get_by_role("complementary", name="Fields")).to_have_count(0)
    page.get_by_role("button", name="Fields").click()
    drawer = page.get_by_role("dialog", name="Fields")
    drawer.get_by_label("without the value").check()
    drawer.get_by_role("button", name="first").click()
    expect(page.locator(".count").first).to_contain_text("30 of ")
    expect(drawer).to_have_count(0)
    page.keyboard.press("v")
    expect(drawer).to_be_visible()
    page.set_viewport_size({"width": WIDE, "height": 800})
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)
    expect(page.get_by_role("listbox")).to_be_focused()
    expect(page.locator(".panes > .facets button").first).to_be_visible()
    page.keyboard.press("v")
    expect(page.locator(".panes > .facets button").first).to_be_focused()


def test_a_finger_goes_from_example_to_example(filled: Library, open_page: Open) -> None:
    page = open_page(viewport={"width": NARROW, "height": 640}, has_touch=True)
    ready(page).locator(".row").nth(1).tap()
    place = page.locator(".steps h2")
    expect(place).to_have_text(
        "Example 2 of " + str(page.locator(".row").first.get_attribute("aria-setsize"))
    )
    page.get_by_role("button", name="Next example").tap()
    expect(place).to_contain_text("Example 3 of")
    page.get_by_role("button", name="Previous example").tap()
    page.get_by_role("button", name="Previous example").tap()
    expect(place).to_contain_text("Example 1 of")
    page.get_by_role("button", name="Back to the list").tap()
    expect(page.get_by_role("listbox")).to_be_visible()


def test_the_place_is_told_to_who_reads_on(filled: Library, open_page: Open) -> None:
    page = ready(open_page())
    place = page.locator(".steps h2")
    page.keyboard.press("j")
    # The list says it itself, by its active descendant.
    expect(place).to_have_attribute("aria-live", "off")
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    expect(place).to_have_attribute("aria-live", "polite")
    expect(page.get_by_role("listbox")).to_have_attribute("aria-activedescendant", "row-2")


def test_states_stand_out_in_forced_colours(filled: Library, open_page: Open) -> None:
    page = ready(open_page(forced_colors="active"))
    page.get_by_role("button", name="Raw", exact=True).click()

    def ground(selector: str) -> str:
        script = "(found) => getComputedStyle(found).backgroundColor"
        return str(page.locator(selector).first.evaluate(script))

    assert ground(".modes button[aria-pressed=true]") != ground(".modes button[aria-pressed=false]")
    assert ground(".tab[aria-current=true]") != ground(".tab[aria-current=false]")
    assert ground(".row.here") != ground(".row:not(.here)")


def test_nothing_moves_for_who_wants_no_motion(filled: Library, open_page: Open) -> None:
    page = ready(open_page(reduced_motion="reduce"))
    script = """() => [...document.querySelectorAll("*")].filter((each) => {
      const style = getComputedStyle(each);
      return style.transitionDuration !== "0s" || style.animationName !== "none";
    }).length"""
    assert page.evaluate(script) == 0
