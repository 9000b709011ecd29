"""Running the explorer from a terminal: links, the browser, and Enter for another link."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint, warn, write
from vault.config import read_machine_configuration, read_team_section
from vault.errors import InvalidInput, VaultError
from vault.presentation.escaping import escape

if TYPE_CHECKING:
    from vault.repository import Repository
    from vault.web.serve import Server


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed of `vault ui`."""

    revision: str | None
    where: tuple[str, ...]
    filters: tuple[str, ...]
    port: int | None
    opens_browser: bool
    read_only: bool
    shows_scores: bool
    people: Sequence[str]
    host: str | None
    allowed: Sequence[str]


def run_explorer(invocation: Invocation, asked: Asked) -> None:
    """Serve the explorer until it is stopped.

    Raises InvalidInput (`host-not-allowed`, `name-invalid`, and those of `listen`), and what
    opening the repository, the revision and the expressions raise, before it listens.
    """
    from vault.web.explorer import Explorer
    from vault.web.listings import Scope
    from vault.web.serve import LOOPBACK_HOST, Place, listen

    _check(asked)
    people = list(dict.fromkeys(asked.people)) or [invocation.author()]
    root = invocation.root()
    explorer = Explorer(
        lambda person: _opened(invocation, root, person),
        root.name or str(root),
        Scope(asked.revision, asked.where, asked.filters),
        read_only=asked.read_only,
        shows_scores=asked.shows_scores,
    )
    for line in explorer.check():
        hint(invocation, line)
    port = asked.port if asked.port is not None else _port_setting(root)
    server = listen(explorer, Place(asked.host or LOOPBACK_HOST, port, asked.allowed))
    links = [server.link(person) for person in people]
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, _stop)
    # Ctrl-C is how the explorer is stopped, and no fault.
    with contextlib.ExitStack() as ending, contextlib.suppress(KeyboardInterrupt):
        ending.callback(explorer.close)
        server.run(lambda: _started(invocation, asked, server, people, links, ending))
    hint(invocation, "the explorer has stopped")


def _port_setting(root: Path) -> int | None:
    """Return the port that this machine's settings name, else the team's.

    Raises InvalidInput (`config-invalid`, `config-key-unknown`).
    """
    own, team = read_machine_configuration(root), read_team_section(root, "ui")
    found = [settings.integer("ui.port") for settings in (own, team)]
    for settings, port in zip((own, team), found, strict=True):
        if port is not None and not 0 < port < 65_536:
            raise InvalidInput(
                f"{settings.shown}: ui.port is no port: {port}",
                code="config-invalid",
                hint="write a number from 1 to 65535",
            )
    return next((port for port in found if port is not None), None)


def _check(asked: Asked) -> None:
    unnamed = next((each for each in asked.people if not each.strip()), None)
    if unnamed is not None:
        raise InvalidInput(
            "a person without a name cannot be told from others",
            code="name-invalid",
            hint="--name anna",
        )
    if asked.host is not None and not asked.allowed:
        raise InvalidInput(
            "--host lets other machines reach the explorer, and --allow-host does not say by which "
            "name",
            code="host-not-allowed",
            hint=f"`vault ui --host {asked.host} --allow-host NAME`, or `ssh -L` without both",
        )


def _opened(invocation: Invocation, root: Path, person: str) -> Repository:
    from vault.repository import Repository

    return Repository.open(
        root, author=person, clock=invocation.timestamp, command="ui", words=invocation.words()
    )


def _started(
    invocation: Invocation,
    asked: Asked,
    server: Server,
    people: Sequence[str],
    links: Sequence[str],
    ending: contextlib.ExitStack,
) -> None:
    """Print the links, and open the first one where there is a browser.

    `ending` gets what is to be done when the explorer has stopped.
    """
    if asked.host is not None:
        warn(invocation, "other machines can reach the explorer; what it sends is not encrypted")
    report = {"url": links[0], "port": server.port}
    named = zip(people, links, strict=True)
    lines = [link if len(links) == 1 else f"{escape(person)}  {link}" for person, link in named]
    emit(invocation, report, lambda _: lines)
    sys.stdout.flush()
    hint(invocation, "each link opens one tab; Enter prints another, Ctrl-C stops the explorer")
    if sys.stdin is not None and sys.stdin.isatty() and not invocation.json:
        if hasattr(signal, "SIGTTIN"):
            # In the background of a shell, reading the terminal would stop the whole program.
            signal.signal(signal.SIGTTIN, signal.SIG_IGN)
        threading.Thread(target=_print_links, args=(server, people), daemon=True).start()
    threading.Thread(target=_warm, args=(server, people), daemon=True).start()
    if asked.opens_browser and _has_browser():
        path = _page_with(links[0])
        ending.callback(path.unlink, missing_ok=True)
        threading.Thread(target=_open_browser, args=(path,), daemon=True).start()


def _warm(server: Server, people: Sequence[str]) -> None:
    # Whatever is wrong is told to the page that asks for it.
    with contextlib.suppress(VaultError):
        server.explorer.warm(list(dict.fromkeys(people)))


def _print_links(server: Server, people: Sequence[str]) -> None:
    """Print a link for whoever is typed, or for the first person, with each line that is typed."""
    # There is nothing to read in the background of a shell, and writing fails when it has gone.
    with contextlib.suppress(OSError, UnicodeDecodeError):
        for line in sys.stdin:
            person = line.strip() or people[0]
            write(f"{escape(person)}  {server.link(person)}")
            sys.stdout.flush()


def _stop(signal_number: int, _: object) -> None:
    """End with the status that shells have for a signal, after what is to be done at the end."""
    raise SystemExit(128 + signal_number)


def _has_browser() -> bool:
    return sys.platform == "darwin" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


def _page_with(link: str) -> Path:
    """Make a page that leads to a link: only this user can read it, a command line everybody."""
    descriptor, path = tempfile.mkstemp(prefix="vault-", suffix=".html")
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(f'<!doctype html><meta http-equiv="refresh" content="0;url={link}">')
    return Path(path)


def _open_browser(path: Path) -> None:
    """Open a page, which is taken away again."""
    webbrowser.open(path.as_uri())
    # The browser reads it some time after it was asked to; the token works once anyway.
    threading.Event().wait(30)
    path.unlink(missing_ok=True)
