"""Labelling in the browser: by keys, taken back, seen by others, and never lost."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Open
from tests.support.explorer import Running, running
from tests.support.library import Library, chat
from vault.repository import Repository

pytestmark = pytest.mark.browser

QUICK_KEYS = 100
SECONDS_TO_SEE = 3_000
"""Changes are looked for once a second; machines that are busy get longer."""


@pytest.fixture
def filled(library: Library) -> Library:
    rows = [chat(f"Question {n}?", f"answer {n}", topic="ab"[n % 2]) for n in range(60)]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    (library.folder / "vault.toml").write_text(
        '[labels.quality]\nvalues = ["gold", "ok", "bad"]\n'
        '[labels.tone]\nvalues = ["dry", "warm"]\nkeys = ["d", "w"]\nraters = 2\n'
    )
    return library


def bar(page: Page) -> Locator:
    return page.get_by_role("region", name="Labels", exact=True)


def row(page: Page, number: int) -> Locator:
    return page.locator(f"#row-{number}")


def read(page: Page, number: int) -> None:
    """Wait for an example: only what is shown takes a label."""
    expect(page.get_by_role("region", name="Reading")).to_contain_text(f"Question {number}?")


def saved(page: Page, count: int) -> None:
    expect(bar(page)).to_contain_text(f"{count} given, all saved")


def test_a_key_labels_and_the_next_is_there(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(bar(page)).to_contain_text("gold")
    read(page, 0)
    for number in range(30):
        expect(page.locator(".pane .turn.user")).to_contain_text(f"Question {number}?")
        page.keyboard.press("123"[number % 3])
    saved(page, 30)
    expect(row(page, 29)).to_contain_text("bad")
    expect(row(page, 30)).not_to_contain_text("gold")
    page.reload()
    expect(row(page, 29)).to_contain_text("bad")
    expect(page.locator(".facets")).to_contain_text("quality")
    counts = {each.value: each.count for each in filled.repository.labels().labels}
    assert counts == {"gold": 10, "ok": 10, "bad": 10}


def test_labels_are_taken_back_and_given_again(
    filled: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("404")
    page = open_page()
    expect(bar(page)).to_contain_text("gold")
    read(page, 0)
    for number, key in enumerate("112"):
        read(page, number)
        page.keyboard.press(key)
    expect(row(page, 2)).to_contain_text("ok")
    page.keyboard.press("u")
    expect(row(page, 2)).not_to_contain_text("ok")
    expect(page.locator(".row.here .question")).to_have_text("Question 2?")
    page.keyboard.press("u")
    expect(row(page, 1)).not_to_contain_text("gold")
    page.keyboard.press("Shift+U")
    expect(row(page, 1)).to_contain_text("gold")
    page.keyboard.press("0")
    expect(row(page, 1)).not_to_contain_text("gold")
    for _ in range(3):
        page.keyboard.press("u")
    expect(row(page, 0)).not_to_contain_text("gold")
    page.keyboard.press("u")
    expect(page.get_by_role("alert")).to_contain_text("nothing of yours to take back")


def test_a_flag_a_note_and_a_label_that_is_typed(
    filled: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("400")
    page = open_page()
    expect(bar(page)).to_contain_text("gold")
    read(page, 0)
    page.keyboard.press("f")
    expect(row(page, 0)).to_contain_text("⚑")
    page.keyboard.press("n")
    page.get_by_label("What is to be said").fill("asks <b>twice</b>")
    page.keyboard.press("Enter")
    page.keyboard.press("=")
    # Typed at once: no key may go to the page behind the dialog.
    page.keyboard.type("score=3")
    page.keyboard.press("Enter")
    expect(bar(page).get_by_role("button", name="1 3")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("1")
    saved(page, 4)
    expect(page.get_by_role("region", name="Reading")).to_contain_text("Question 2?")
    page.keyboard.press("Home")
    expect(page.locator(".facts")).to_contain_text("note = asks <b>twice</b>")
    page.keyboard.press("n")
    expect(page.get_by_label("What is to be said")).to_have_value("asks <b>twice</b>")
    page.keyboard.press("Escape")
    page.keyboard.press("=")
    page.get_by_label("Label and value").fill("quality=golden")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text('did you mean "gold"?')
    expect(page.locator(".facts")).not_to_contain_text("golden")


def test_two_people_an_import_and_a_command_at_once(filled: Library, open_page: Open) -> None:
    ada, ben = open_page(person="ada"), open_page(person="ben")
    for page in (ada, ben):
        expect(bar(page)).to_contain_text("gold")
        read(page, 0)
    ada.keyboard.press("1")
    expect(row(ben, 0)).to_contain_text("gold", timeout=SECONDS_TO_SEE)
    other = Repository.open(filled.folder, author="cleo")
    other.label({"quality": "bad"}, [filled.ids()[5]])
    for page in (ada, ben):
        expect(row(page, 5)).to_contain_text("bad", timeout=SECONDS_TO_SEE)
        expect(page.get_by_text("The examples have changed since")).to_have_count(0)
    filled.write("b.jsonl", [chat("Is this new?")])
    filled.run("b.jsonl")
    ben.keyboard.press("j")
    ben.keyboard.press("2")
    for page in (ada, ben):
        expect(page.get_by_text("The examples have changed since")).to_be_visible()
    ada.get_by_role("button", name="Show them as they are now").click()
    expect(ada.locator(".count")).to_contain_text("61")
    expect(row(ada, 1)).to_contain_text("ok", timeout=SECONDS_TO_SEE)
    saved(ada, 1)
    saved(ben, 1)


def test_what_others_say_comes_after_ones_own(filled: Library, open_page: Open) -> None:
    ada, ben = open_page(person="ada"), open_page(person="ben")
    for page in (ada, ben):
        expect(bar(page)).to_contain_text("gold")
        read(page, 0)
        page.keyboard.press("l")
        expect(bar(page)).to_contain_text("warm")
    ada.keyboard.press("d")
    expect(row(ada, 0)).to_contain_text("dry")
    ben.wait_for_timeout(1_500)
    expect(row(ben, 0)).not_to_contain_text("dry")
    ben.keyboard.press("w")
    expect(row(ben, 0)).to_contain_text("warm")
    ben.keyboard.press("Home")
    expect(ben.locator(".facts")).to_contain_text("tone.ada = dry", timeout=SECONDS_TO_SEE)
    ben.get_by_label("Queue").select_option("conflicts")
    expect(ben.locator(".count")).to_have_text("1 of 60 examples")
    read(ben, 0)
    ben.keyboard.press("w")
    saved(ben, 2)
    ben.reload()
    expect(ben.locator(".count")).to_contain_text("0")


def test_a_queue_has_what_is_left(filled: Library, open_page: Open) -> None:
    page = open_page()
    expect(bar(page)).to_contain_text("gold")
    read(page, 0)
    page.keyboard.press("1")
    page.keyboard.press("1")
    saved(page, 2)
    page.wait_for_timeout(1_500)
    page.keyboard.press("q")
    expect(page.locator(".count")).to_contain_text("58 of 60")
    expect(page.locator(".row.here .question")).to_have_text("Question 2?")
    read(page, 2)
    page.keyboard.press("3")
    expect(row(page, 0)).to_contain_text("bad")
    expect(page.locator(".row.here .question")).to_have_text("Question 3?")
    page.keyboard.press("q")
    expect(page.locator(".count")).to_have_text("60 examples")


def test_all_that_match_get_a_label(filled: Library, open_page: Open, expected: list[str]) -> None:
    expected.append("409")
    page = open_page()
    expect(bar(page)).to_contain_text("gold")
    read(page, 0)
    page.keyboard.press("1")
    page.keyboard.press("e")
    page.get_by_label("Expression").fill("data.topic = 'a'")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator(".count")).to_contain_text("30 of 60")
    page.keyboard.press("Shift+A")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("30 examples get the label")
    dialog.get_by_role("button", name="bad").click()
    filled.repository.label({"tone": "dry"}, filled.ids()[:1], person="cleo")
    dialog.get_by_role("button", name="Label 30").click()
    expect(dialog.get_by_role("alert")).to_contain_text("changed since: 30 match now")
    expect(dialog.get_by_role("button", name="Label 30")).to_be_enabled()
    dialog.get_by_role("button", name="Label 30").click()
    expect(page.get_by_text("30 labelled, 0 had it already")).to_be_visible()
    expect(row(page, 9)).to_contain_text("bad", timeout=SECONDS_TO_SEE)
    items = filled.repository.operations(limit=1).items
    assert [(each.command, each.author) for each in items] == [("python", "ada")]


def test_another_branch_is_told_and_gets_no_labels(filled: Library, open_page: Open) -> None:
    filled.repository.commit("first")
    page = open_page()
    expect(bar(page)).to_contain_text("gold")
    read(page, 0)
    filled.repository.switch("other", create=True)
    expect(page.get_by_text("The repository is on other now")).to_be_visible()
    page.keyboard.press("1")
    expect(row(page, 0)).not_to_contain_text("gold")
    page.get_by_role("button", name="Go on there").click()
    expect(page.locator("header dl")).to_contain_text("other")
    expect(page.locator(".row.here .question")).to_have_text("Question 0?")
    read(page, 0)
    page.keyboard.press("1")
    saved(page, 1)
    filled.repository.switch("main", take_stage=False)
    assert filled.labels() == {}


def test_labels_wait_while_the_server_is_away(
    filled: Library, open_page: Open, expected: list[str]
) -> None:
    expected.append("ERR_CONNECTION_REFUSED")
    with running(filled.repository) as explorer:
        page = open_page(explorer.server.link("ada"))
        expect(bar(page)).to_contain_text("gold")
        read(page, 0)
    page.keyboard.press("1")
    expect(bar(page)).to_contain_text("1 not saved yet")
    expect(page.get_by_role("alert").last).to_contain_text("does not answer")
    expect(row(page, 0)).to_contain_text("gold")
    assert filled.labels() == {}


def test_reading_only_has_no_labels(filled: Library, open_page: Open) -> None:
    with running(filled.repository, read_only=True) as explorer:
        page = open_page(explorer.server.link("ada"))
        expect(page.locator(".count")).to_have_text("60 examples")
        expect(bar(page)).to_have_count(0)
        page.keyboard.press("1")
        assert filled.labels() == {}
        page.close()


def test_labels_can_be_given_on_a_narrow_screen(
    filled: Library, explorer: Running, open_page: Open
) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    page.locator("#row-0").click()
    bar(page).get_by_role("button", name="2 ok").click()
    expect(page.get_by_role("region", name="Reading")).to_contain_text("Question 1?")
    saved(page, 1)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide == 360


def test_a_refused_label_is_told_until_it_is_closed(
    filled: Library, open_page: Open, explorer: Running, expected: list[str]
) -> None:
    expected.append("400")
    page = open_page()
    read(page, 0)
    page.keyboard.press("=")
    page.get_by_label("Label and value").fill("quality=golden")
    page.keyboard.press("Enter")
    page.keyboard.press("l")
    page.keyboard.press("l")
    page.keyboard.press("1")
    saved(page, 1)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("1 label was refused: quality golden of ")
    alert.get_by_role("button", name="Close").click()
    expect(alert).to_have_count(0)
    explorer.server.explorer.desk.record()
    assert filled.labels()["Question 0?"] == {"quality": "gold"}


def test_of_labels_sent_together_one_is_refused(
    filled: Library, open_page: Open, explorer: Running, expected: list[str]
) -> None:
    expected.append("400")
    page = open_page()
    read(page, 0)
    sent: list[int] = []
    gate: list[Route] = []

    def answer(route: Route) -> None:
        sent.append(len(json.loads(route.request.post_data or "")["acts"]))
        if len(sent) == 1:
            gate.append(route)
        else:
            route.continue_()

    page.route("**/api/labels", answer)
    page.keyboard.press("1")
    page.keyboard.press("2")
    read(page, 2)
    page.keyboard.press("=")
    page.get_by_label("Label and value").fill("quality=golden")
    page.keyboard.press("Enter")
    page.keyboard.press("j")
    read(page, 3)
    page.keyboard.press("f")
    expect(bar(page)).to_contain_text("4 not saved yet")
    gate[0].continue_()
    saved(page, 3)
    expect(page.get_by_role("alert")).to_contain_text("1 label was refused: quality golden")
    assert sent == [1, 3, 1, 1, 1]
    explorer.server.explorer.desk.record()
    assert filled.labels() == {
        "Question 0?": {"quality": "gold"},
        "Question 1?": {"quality": "ok"},
        "Question 3?": {"flag": True},
    }


def test_labels_outlive_a_session_that_ended(
    filled: Library, explorer: Running, open_page: Open, expected: list[str]
) -> None:
    expected.append("401")
    page = open_page()
    read(page, 0)
    page.wait_for_load_state("networkidle")
    held = dict(explorer.server.sessions._open)
    page.route("**/api/example*", lambda route: None)
    explorer.server.sessions._open.clear()
    page.keyboard.press("1")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(bar(page)).to_contain_text("1 not saved yet")
    explorer.server.sessions._open.update(held)
    saved(page, 1)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.unroute("**/api/example*")


def test_what_is_not_read_yet_takes_no_label(filled: Library, open_page: Open) -> None:
    page = open_page()
    read(page, 0)
    page.route("**/api/example?**place=50**", lambda route: None)
    page.locator(".list").evaluate("(list) => { list.scrollTop = 50 * 58; }")
    row(page, 50).click()
    for key in "1fn=":
        page.keyboard.press(key)
        expect(bar(page).get_by_role("status")).to_have_text("not read yet: no label")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("j")
    read(page, 51)
    page.keyboard.press("1")
    saved(page, 1)
    page.unroute("**/api/example?**place=50**")


def test_a_key_that_is_held_labels_once(filled: Library, open_page: Open) -> None:
    page = open_page()
    read(page, 0)
    for _ in range(5):
        page.keyboard.down("1")
    page.keyboard.up("1")
    saved(page, 1)
    read(page, 1)
    for _ in range(5):
        page.keyboard.down("j")
    page.keyboard.up("j")
    read(page, 6)


def test_quick_keys_label_an_example_each(
    library: Library, open_page: Open, explorer: Running
) -> None:
    library.write("a.jsonl", [chat(f"Question {n}?", f"answer {n}") for n in range(130)])
    library.run("a.jsonl")
    library.label("Question 129?", quality="gold")
    page = open_page()
    read(page, 0)
    page.wait_for_load_state("networkidle")
    for _ in range(QUICK_KEYS):
        page.keyboard.press("1")
        page.wait_for_timeout(30)
    saved(page, QUICK_KEYS)
    read(page, QUICK_KEYS)
    explorer.server.explorer.desk.record()
    assert len(library.labels()) == QUICK_KEYS + 1


def test_a_screen_reader_hears_of_each_label_once(filled: Library, open_page: Open) -> None:
    page = open_page()
    read(page, 0)
    said = bar(page).get_by_role("status")
    # A text that comes anew is read out, also where it is the same.
    said.evaluate(
        "(status) => { window.heard = []; new MutationObserver((changes) => {"
        " for (const { addedNodes } of changes)"
        " for (const node of addedNodes) window.heard.push(node.textContent);"
        " }).observe(status, { childList: true }); }"
    )
    for key, told in [
        ("1", "quality gold, saved"),
        ("1", "quality gold, saved"),
        ("f", "flag true, saved"),
        ("u", "taken back: flag true"),
        ("Shift+U", "given again: flag true"),
    ]:
        page.keyboard.press(key)
        expect(said).to_have_text(told)
        page.wait_for_timeout(100)
    assert page.evaluate("window.heard") == [
        "quality gold, saved",
        "quality gold, saved",
        "flag true, saved",
        "taken back: flag true",
        "given again: flag true",
    ]


def test_the_list_has_the_focus_after_a_dialog(filled: Library, open_page: Open) -> None:
    page = open_page()
    read(page, 0)
    page.keyboard.press("n")
    page.get_by_label("What is to be said").fill("odd")
    page.keyboard.press("Enter")
    expect(page.get_by_role("listbox")).to_be_focused()


def test_nothing_is_not_labelled_as_a_whole(filled: Library, open_page: Open) -> None:
    page = open_page()
    read(page, 0)
    page.keyboard.press("e")
    page.keyboard.type("data.topic = 'none'\n")
    expect(page.locator(".empty")).to_be_visible()
    page.keyboard.press("Shift+A")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_accessible_name("Keys")
