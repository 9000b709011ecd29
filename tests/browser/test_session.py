"""A whole session by keyboard alone, and the same counts from the command line after it."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.support.library import Library, chat

pytestmark = pytest.mark.browser


def vault(folder: Path, line: str) -> str:
    """Run a command line as it was shown, and return what it prints."""
    words = shlex.split(line)
    assert words[0] == "vault"
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def read(page: Page) -> None:
    """Wait for the example of the place: only what is shown takes a label."""
    question = page.locator(".row.here .question").inner_text()
    expect(page.locator(".pane .turn.user")).to_contain_text(question)


def label_thirty(page: Page) -> None:
    for number in range(30):
        expect(page.locator(".row.here .number")).to_have_text(str(number + 1))
        read(page)
        page.keyboard.press("12"[number % 2])


def test_a_whole_session_by_keyboard(library: Library, open_page: Open) -> None:
    rows = [chat(f"Question {n}?", f"answer {n}.", topic="ab"[n % 2]) for n in range(120)]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    (library.folder / "vault.toml").write_text('[labels.quality]\nvalues = ["gold", "bad"]\n')
    library.repository.commit("first")
    library.repository.rm(library.ids()[100:101])
    page = open_page()
    expect(page.locator(".count")).to_contain_text("119 examples")

    page.keyboard.press("e")
    page.keyboard.type("data.topic = 'b'")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.locator(".count")).to_contain_text("60 of 119")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Reading")).to_be_focused()
    page.keyboard.press("Escape")
    label_thirty(page)
    page.keyboard.press("u")
    expect(page.locator(".row.here .number")).to_have_text("30")
    expect(page.locator(".row.here")).not_to_contain_text("bad")

    page.keyboard.press("Shift+S")
    check = page.get_by_role("region", name="Spot-check", exact=True)
    expect(page.locator(".row.here .answer")).to_be_visible()
    for number in range(1, 6):
        read(page)
        page.keyboard.press("a")
        expect(check).to_contain_text(f"0 bad in {number} of 60")
    # The command that writes what is chosen now.
    page.keyboard.press(".")
    commands = page.locator(".command code").inner_text().splitlines()

    page.keyboard.press("c")
    changed = page.get_by_role("main")
    expect(changed).to_contain_text("relabelled")
    page.keyboard.press("4")
    expect(changed).to_contain_text("Question 100?")
    page.keyboard.press("g")
    gone = page.get_by_role("article", name="Gone")
    expect(gone).to_contain_text("Question 100?")
    page.keyboard.press("b")
    expect(page.get_by_text("✓ back")).to_be_visible()
    page.close()

    status = json.loads(vault(library.folder, "vault status --json"))
    assert (status["examples"], status["staged"]["removed"]) == (120, 0)
    told = json.loads(vault(library.folder, "vault label --list --json"))
    counts = {(each["name"], each["value"]): each["count"] for each in told["labels"]}
    assert counts == {("quality", "gold"): 15, ("quality", "bad"): 14, ("spot_check", "good"): 5}
    query, export = commands
    assert "60" in vault(library.folder, query)
    vault(library.folder, export)
    assert len((library.folder / "subset.jsonl").read_text().splitlines()) == 60
    assert "subset.jsonl" in (library.folder / "vault.lock").read_text()
