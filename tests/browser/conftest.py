"""A browser for tests of the explorer; whatever it complains of fails the test.

`VAULT_CHROMIUM` names the program where it is not `chromium`. `VAULT_NO_BROWSER=1` skips these
tests; without it a missing browser fails them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.explorer import Running, running
from tests.support.library import Library

Open = Callable[..., Page]
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_WATCH = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if os.environ.get("VAULT_NO_BROWSER"):
        pytest.skip("VAULT_NO_BROWSER is set")
    found = (shutil.which(each) for each in _PROGRAMS)
    program = os.environ.get("VAULT_CHROMIUM") or next((each for each in found if each), None)
    assert program is not None, "there is no chromium: `apt-get install chromium`"
    with sync_playwright() as playwright:
        # No name leads anywhere but to this machine.
        rules = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"
        opened = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-quic", rules]
        )
        yield opened
        opened.close()


@pytest.fixture
def explorer(library: Library) -> Iterator[Running]:
    """The explorer of the repository of `library`, which a test may fill first or later."""
    with running(library.repository) as found:
        yield found


@pytest.fixture
def expected() -> list[str]:
    """What the browser may complain of in a test: parts of its texts."""
    return []


@pytest.fixture
def open_page(browser: Browser, explorer: Running, expected: list[str]) -> Iterator[Open]:
    """Open the explorer as a person does, by a link; complaints of the browser fail the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    pages: list[Page] = []

    def opened(address: str | None = None, *, person: str = "ada", **settings: object) -> Page:
        context = browser.new_context(**settings)  # type: ignore[arg-type]
        contexts.append(context)
        context.add_init_script(_WATCH)
        page = context.new_page()
        pages.append(page)
        page.on("console", lambda told: complaints.append(told.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _note(complaints, request.url))
        page.goto(address or explorer.server.link(person))
        return page

    yield opened
    for page in pages:
        if not page.is_closed():
            complaints += page.evaluate("window.violations ?? []")
    for context in contexts:
        context.close()
    assert [text for text in complaints if not any(each in text for each in expected)] == []


def _note(complaints: list[str], url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "blob", "about") or (
        parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost")
    ):
        complaints.append(f"asked for {url}")
