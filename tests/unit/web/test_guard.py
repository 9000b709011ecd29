"""Every route of the explorer refuses what does not come from its own page: sent byte by byte."""

from __future__ import annotations

import contextlib
import gzip
import json
import posixpath
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.explorer import Running, running
from tests.support.library import Library, chat
from vault.web.app import routes_of
from vault.web.assets import assets, edition
from vault.web.explorer import Explorer
from vault.web.guard import HEADERS, MOST_BODY_BYTES, POLICY
from vault.web.serve import Place, Server
from vault.web.sessions import Sessions


def _unopened(person: str) -> object:
    raise AssertionError(person)


ROUTES = [
    (method, route.path.replace("{name:path}", "app.js"))
    for route in routes_of(Explorer(_unopened, "x"), Sessions())  # type: ignore[arg-type]
    for method in sorted(route.methods or ())
]
API = [each for each in ROUTES if each[1].startswith("/api/") and each[1] != "/api/session"]
OTHER_SITES = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
VISIT = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    library = Library(tmp_path_factory.mktemp("explorer"))
    library.write("a.jsonl", [chat("What is secret?", "Everything.")])
    library.run("a.jsonl")
    with running(library.repository) as found:
        yield found


@pytest.fixture(scope="module")
def session(explorer: Running) -> str:
    return explorer.session()


def test_there_are_routes() -> None:
    assert ("POST", "/api/session") in ROUTES
    assert ("GET", "/api/overview") in API


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.",
        "127.0.0.1.evil.example",
        "0.0.0.0",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "127.0.0.1?.evil.example",
        "127.0.0.1:80:80",
        "127.0.0.1:x",
        "[::2]",
        "",
        "127.0.0.1 evil.example",
    ],
)
def test_another_host_name_is_refused(
    explorer: Running, session: str, method: str, path: str, host: str
) -> None:
    answer = explorer.ask(method, path, {"Host": host}, session=session)
    assert answer.status in (400, 421)
    assert b"secret" not in answer.body


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_two_host_names_are_refused(
    explorer: Running, session: str, method: str, path: str
) -> None:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {explorer.host}", "Host: evil.example"]
    lines += [f"Authorization: Bearer {session}", "Connection: close", "", ""]
    assert explorer.send("\r\n".join(lines).encode()).status == 400


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://{host}.evil.example",
        "http://{host}@evil.example",
        "http://{host}/path",
        "http://{host}?",
        "http://{host}#",
        "http://user@{host}",
        "http://[::1",
        "http://[x]",
        "ftp://{host}",
        "//{host}",
        "{host}",
    ],
)
def test_another_origin_is_refused(
    explorer: Running, session: str, method: str, path: str, origin: str
) -> None:
    headers = {"Origin": origin.format(host=explorer.host)}
    assert explorer.ask(method, path, headers, session=session).status == 403
    headers["Sec-Fetch-Site"] = "same-origin"
    assert explorer.ask(method, path, headers, session=session).status == 403


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "SAME-ORIGIN", ""])
def test_requests_of_other_sites_are_refused(
    explorer: Running, session: str, method: str, path: str, site: str
) -> None:
    headers = {**OTHER_SITES, "Sec-Fetch-Site": site}
    assert explorer.ask(method, path, headers, session=session).status == 403


@pytest.mark.parametrize(("method", "path"), API)
@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_no_visit_leads_to_data(
    explorer: Running, session: str, method: str, path: str, site: str
) -> None:
    headers = {**VISIT, "Sec-Fetch-Site": site}
    assert explorer.ask(method, path, headers, session=session).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_of_another_site_leads_to_a_page_without_data(explorer: Running, site: str) -> None:
    answer = explorer.ask("GET", "/", {**VISIT, "Sec-Fetch-Site": site})
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    script = re.search(rb'src="([^"]+/reopen.js)"', answer.body)
    assert script is not None
    assert explorer.ask("GET", script[1].decode()).status == 200
    assert b"app.js" not in answer.body


def test_what_is_typed_leads_to_the_page(explorer: Running) -> None:
    answer = explorer.ask("GET", "/", {**VISIT, "Sec-Fetch-Site": "none"})
    assert (answer.status, b"app.js" in answer.body) == (200, True)


@pytest.mark.parametrize(("method", "path"), API)
@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer ", "Bearer x", "Bearer " + "x" * 43, "Basic {session}", "{session}"],
)
def test_the_api_needs_a_session(
    explorer: Running, session: str, method: str, path: str, authorization: str | None
) -> None:
    told = None if authorization is None else authorization.format(session=session)
    headers = {} if told is None else {"Authorization": told}
    assert explorer.ask(method, path, headers).status == 401
    # Before routing: what is not there looks the same.
    assert explorer.ask(method, "/api/nothing", headers).status == 401


@pytest.mark.parametrize("path", sorted({path for _, path in ROUTES}))
@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "X"]
)
def test_other_methods_are_refused(explorer: Running, session: str, method: str, path: str) -> None:
    if (method, path) in ROUTES:
        return
    assert explorer.ask(method, path, session=session).status in (400, 405)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_answer_has_the_headers(
    explorer: Running, session: str, method: str, path: str
) -> None:
    for headers in ({}, {"Host": "evil.example"}, OTHER_SITES):
        answer = explorer.ask(method, path, headers, session=session)
        assert answer.headers["content-security-policy"] == POLICY
        assert HEADERS.items() <= answer.headers.items()
        assert not {"server", "set-cookie", "access-control-allow-origin"} & answer.headers.keys()


def test_data_are_kept_by_nobody(explorer: Running, session: str) -> None:
    answer = explorer.ask("GET", "/api/overview", session=session)
    assert answer.headers["cache-control"] == "no-store"


def test_a_link_opens_one_session(explorer: Running) -> None:
    token = explorer.server.link("ben").partition("#token=")[2]
    body = json.dumps({"token": token}).encode()
    opened = explorer.ask("POST", "/api/session", body=body)
    assert (opened.status, opened.json["person"]) == (200, "ben")
    assert explorer.ask("POST", "/api/session", body=body).status == 401
    session = opened.json["session"]
    assert explorer.ask("GET", "/api/overview", session=session).json["person"] == "ben"
    # A token is no session.
    assert explorer.ask("GET", "/api/overview", session=token).status == 401


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b'{"token": 1}', b'{"token": "x"}', b"\xff", b"[" * 99_999]
)
def test_nonsense_opens_nothing(explorer: Running, body: bytes) -> None:
    assert explorer.ask("POST", "/api/session", body=body).status == 401


def test_large_bodies_are_refused(explorer: Running) -> None:
    answer = explorer.ask("POST", "/api/session", {"Content-Length": str(MOST_BODY_BYTES + 1)})
    assert answer.status == 413
    head = f"POST /api/session HTTP/1.1\r\nHost: {explorer.host}\r\n"
    head += "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    sent = head.encode() + piece * (MOST_BODY_BYTES // 65_536 + 2) + b"0\r\n\r\n"
    # The server may hang up before everything is sent, and then its answer is lost.
    with contextlib.suppress(ConnectionError):
        assert explorer.send(sent).status == 413


def test_two_lengths_are_refused(explorer: Running) -> None:
    headers = {"Content-Length": "2", "Transfer-Encoding": "chunked"}
    assert explorer.ask("POST", "/api/session", headers).status == 400


def test_a_fault_of_ours_is_answered_with_the_headers(
    explorer: Running, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault.web.replies.json_document", lambda value: 1 / 0)
    answer = explorer.ask("GET", "/api/overview", session=session)
    assert answer.status == 500
    assert HEADERS.items() <= answer.headers.items()
    assert b"a bug in vault" in answer.body


def test_reading_has_no_body(explorer: Running, session: str) -> None:
    assert explorer.ask("GET", "/api/overview", body=b"x", session=session).status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/static/vendor/README.md",
        "/static/vendor/preact.LICENSE",
        "/static/",
        "/static/app.js/",
        "//evil.example/",
        "/index.html",
    ],
)
def test_only_files_of_the_page_are_served(explorer: Running, path: str) -> None:
    assert explorer.ask("GET", path).status == 404


def test_files_are_served_as_they_are(explorer: Running) -> None:
    for name, asset in assets().items():
        answer = explorer.ask("GET", f"/static/{name}")
        assert (answer.status, answer.body) == (200, asset.data)
        assert answer.headers["content-type"] == asset.media_type
        tag = {"If-None-Match": answer.headers["etag"]}
        assert explorer.ask("GET", f"/static/{name}", tag).status == 304


def test_other_names_are_answered_by_if_they_are_allowed(library: Library) -> None:
    with running(library.repository, Place(names=["data.example"])) as found:
        for host in ("data.example", "DATA.example:443", "localhost:9"):
            headers = {"Host": host, "Origin": f"https://{host.lower()}"}
            assert found.ask("GET", "/", headers).status == 200
        assert found.ask("GET", "/", {"Host": "other.example"}).status == 421


@pytest.mark.parametrize(
    ("host", "names", "wanted"),
    [
        ("127.0.0.1", (), "127.0.0.1"),
        ("127.0.0.1", ("data.example",), "127.0.0.1"),
        ("::1", (), "[::1]"),
        ("0.0.0.0", ("data.example",), "127.0.0.1"),
        ("::", ("data.example",), "[::1]"),
        ("192.0.2.7", ("192.0.2.7",), "192.0.2.7"),
        ("192.0.2.7", ("data.example",), "data.example"),
    ],
)
def test_a_link_has_a_name_that_is_answered(
    library: Library, host: str, names: tuple[str, ...], wanted: str
) -> None:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        explorer = Explorer(lambda person: library.repository, "x")
        server = Server(explorer, Place(host, None, names), opened)
        assert server.link("ada").startswith(f"http://{wanted}:{server.port}/#token=")


def test_files_are_compressed_for_who_reads_that(explorer: Running) -> None:
    whole = explorer.ask("GET", "/static/app.js")
    small = explorer.ask("GET", "/static/app.js", {"Accept-Encoding": "gzip, br"})
    assert "content-encoding" not in whole.headers
    assert small.headers["content-encoding"] == "gzip"
    assert gzip.decompress(small.body) == whole.body == assets()["app.js"].data
    assert len(small.body) * 2 < len(whole.body)


def test_files_of_an_edition_are_asked_for_once(explorer: Running) -> None:
    page = explorer.ask("GET", "/")
    assert page.headers["cache-control"] == "no-store"
    named = re.findall(rb'(?:href|src)="(/static/[^"]+)"', page.body)
    assert len(named) > 20
    for each in named:
        answer = explorer.ask("GET", each.decode())
        name = each.decode().removeprefix(f"/static/{edition()}/")
        assert (answer.status, answer.body) == (200, assets()[name].data)
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert explorer.ask("GET", "/static/app.js").headers["cache-control"] == "no-cache"
    assert explorer.ask("GET", f"/static/{'0' * 16}/app.js").status == 404
    page = explorer.ask("GET", f"/static/{edition()}/index.html")
    assert page.headers["cache-control"] == "no-store"


def test_only_pages_name_files_by_whole_addresses() -> None:
    # Another address of a module is another module, with a state of its own.
    for name, asset in assets().items():
        if not name.endswith(".html"):
            assert b"/static/" not in asset.data, name


def test_every_module_of_the_first_view_is_asked_for_at_once() -> None:
    page = assets()["index.html"].data.decode()
    scripts, modules = (
        re.findall(rf'{kind}="/static/{edition()}/([^"]+\.js)"', page) for kind in ("src", "href")
    )
    assert scripts == ["ahead.js", "app.js"]
    assert sorted(scripts + modules) == sorted(_of_first_view())
    late = re.findall(rf'href="/static/{edition()}/([^"]+)" fetchpriority="low"', page)
    assert sorted(late) == sorted(_of_first_view() - _imported("app.js", set()))


def _of_first_view() -> set[str]:
    """Return the modules that show the list, and an example beside it."""
    return _imported("app.js", set()) | _imported("view/example.js", set())


def _imported(name: str, found: set[str]) -> set[str]:
    """Return a module and all that it imports before it runs."""
    if name not in found:
        found.add(name)
        text = assets()[name].data.decode()
        for path in re.findall(r'^(?:import|export) (?:[^;"]*? from )?"([^"]+)";$', text, re.M):
            _imported(posixpath.normpath(posixpath.join(posixpath.dirname(name), path)), found)
    return found


def test_the_page_and_its_libraries_are_small() -> None:
    sizes = {name: len(each.compressed) for name, each in assets().items()}
    first = {"index.html", "style.css", "icon.svg", *_of_first_view()}
    assert sum(sizes[name] for name in first) < 60_000
    assert sum(sizes.values()) < 90_000
    folder = Path(__file__).parents[3] / "vault/web/static/vendor"
    told = (folder / "README.md").read_text(encoding="utf-8")
    import hashlib

    for path in folder.glob("*.js"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() in told


def test_nothing_is_asked_beyond_this_machine(
    explorer: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[object] = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] != "127.0.0.1":
            reached.append(address)
            raise OSError("there is no network")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    look_up = socket.getaddrinfo

    def looked_up(host: Any, *others: Any, **more: Any) -> Any:
        if host != "127.0.0.1":
            reached.append(host)
        return look_up(host, *others, **more)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    session = explorer.session()
    for route in routes_of(explorer.server.explorer, explorer.server.sessions):
        if "GET" in (route.methods or ()):
            explorer.ask("GET", route.path, session=session)
    assert reached == []
