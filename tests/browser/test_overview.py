"""Opening the explorer: the link, the session, what there is, and what cannot act."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.support.drafting import label
from tests.support.explorer import Running
from tests.support.library import Library, chat

pytestmark = pytest.mark.browser

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>document.title='gone'</script>",
    "javascript:alert(1)",
    "\u202eesrever\u202c",
    "\x1b[31mred\x1b[0m",
    "a\u200bb\u2028c\ufeff",
    '"><svg/onload=alert(1)>',
    "x" * 3_000,
]


@pytest.fixture
def filled(library: Library) -> Library:
    library.write("a.jsonl", [chat(f"{n}?", "y" * (n * 8)) for n in range(40)])
    library.run("a.jsonl")
    label(library.repository, {n: {"quality": "gold" if n % 3 else "bad"} for n in range(12)})
    return library


def card(page: Page, name: str) -> str:
    return page.get_by_role("region", name=name).inner_text()


def test_a_link_shows_what_there_is(filled: Library, open_page: Open) -> None:
    page = open_page()
    page.get_by_role("button", name="Statistics").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(filled.folder.name)
    assert "40\nexamples" in card(page, "Counts").replace(" ", "")
    told = "labels.quality gold 8 20 % bad 4 10 % none 28 70 %"
    assert " ".join(card(page, "labels.quality").split()) == told
    assert "a.jsonl" in card(page, "source")
    assert page.title() == f"{filled.folder.name} – vault"
    # The token is out of the address, so that nobody copies it along.
    assert "token" not in page.url


def test_a_reload_keeps_the_session_and_a_new_tab_has_none(
    filled: Library, explorer: Running, open_page: Open
) -> None:
    page = open_page()
    expect(page.get_by_role("listbox")).to_be_visible()
    page.reload()
    expect(page.get_by_role("listbox")).to_be_visible()
    assert page.context.cookies() == []
    other = page.context.new_page()
    other.goto(f"http://{explorer.host}/")
    expect(other.get_by_role("alert")).to_contain_text("This tab has no session")
    expect(other.get_by_role("alert")).to_contain_text("press Enter")
    other.close()


def test_a_link_works_once(
    filled: Library, explorer: Running, open_page: Open, expected: list[str]
) -> None:
    expected.append("status of 401")
    link = explorer.server.link("ben")
    expect(open_page(link).get_by_text("ben")).to_be_visible()
    page = open_page(link)
    expect(page.get_by_role("alert")).to_contain_text("This link was used already")


def test_an_empty_repository_says_what_to_do(open_page: Open) -> None:
    expect(open_page().get_by_text("vault import FILE")).to_be_visible()


def test_a_server_that_has_stopped_is_told(
    filled: Library, explorer: Running, open_page: Open, expected: list[str]
) -> None:
    expected.append("ERR_FAILED")
    page = open_page()
    expect(page.get_by_role("listbox")).to_be_visible()
    page.route("**/api/overview", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Is `vault ui` still running?")


def test_nothing_in_the_data_acts(library: Library, open_page: Open) -> None:
    library.write("a.jsonl", [chat(f"{n}?", each) for n, each in enumerate(HOSTILE)])
    library.run("a.jsonl", source="<b>bold</b>.jsonl")
    label(library.repository, {n: {"note": each[:200]} for n, each in enumerate(HOSTILE)})
    page = open_page()
    page.get_by_role("button", name="Statistics").click()
    region = page.get_by_role("region", name="labels.note")
    expect(region).to_be_visible()
    assert "<img src=x onerror=alert(1)>" in region.inner_text()
    assert region.locator("img, script, svg, b").count() == 0
    marks = region.locator(".mark").all_inner_texts()
    assert {"U+202E", "U+001B", "U+200B", "U+2028", "U+FEFF"} <= set(marks)
    assert page.title().endswith("– vault")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_narrow_and_wide(filled: Library, open_page: Open, scheme: str, width: int) -> None:
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.get_by_role("button", name="Statistics").click()
    expect(page.get_by_role("region", name="Counts")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(247, 247, 245)") == (scheme == "light")


@pytest.fixture
def other_site(explorer: Running) -> Iterator[str]:
    """A page of another server on this machine, with a link and a script that try to get in."""
    target = f"http://{explorer.host}"
    page = f"""<!doctype html><title>other</title>
        <a href="{explorer.server.link("ada")}">to the explorer</a>
        <script>
          const tried = [
            fetch("{target}/api/overview", {{headers: {{Authorization: "Bearer x"}}}}),
            fetch("{target}/api/overview", {{mode: "no-cors"}}).then((r) => r.text()),
            fetch("{target}/", {{mode: "no-cors"}}).then((r) => r.text()),
            import("{target}/static/app.js"),
          ];
          Promise.allSettled(tried).then((all) => {{
            document.title = all.map((one) => one.value ? "in" : "out").join(" ");
          }});
        </script>""".encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()


def test_another_site_gets_nothing_and_its_link_leads_in(
    filled: Library, explorer: Running, other_site: str, browser: object
) -> None:
    context = browser.new_context()  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(other_site)
    page.wait_for_function("document.title !== 'other'")
    assert page.title() == "out out out out"
    page.get_by_role("link").click()
    expect(page.get_by_role("listbox")).to_be_visible()
    assert "token" not in page.url
    context.close()
