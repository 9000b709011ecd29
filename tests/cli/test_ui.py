"""`vault ui`: what it prints, what it refuses before it listens, and how it stops."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ROOT, Outcome
from tests.support.explorer import free_port

Run = Callable[..., Outcome]


@contextmanager
def started(
    *words: str, folder: Path, opens: bool = False, **own: str
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the explorer as a shell does; yields it and its first line.

    `own` are variables of its environment; it opens a browser only if it `opens` one.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOGNAME": "ada", **own}
    process = subprocess.Popen(
        [sys.executable, "-m", "vault", "ui", *([] if opens else ["--no-browser"]), *words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def person_of(link: str) -> Any:
    """Return who a link is for, by opening it."""
    address, _, token = link.strip().partition("/#token=")
    asked = urllib.request.Request(
        f"{address}/api/session", data=json.dumps({"token": token}).encode(), method="POST"
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return json.load(answer)["person"]


def test_it_prints_a_link_and_stops_without_a_fault(committed: Path) -> None:
    port = free_port()
    with started("--port", str(port), folder=committed) as (process, line):
        assert line.startswith(f"http://127.0.0.1:{port}/#token=")
        assert person_of(line) == "ada"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert "Enter prints another" in err
    assert "the explorer has stopped" in err
    assert "error" not in err


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_page_that_opens_the_link_is_taken_away(
    committed: Path, tmp_path: Path, stop: signal.Signals
) -> None:
    made, seen, opener = tmp_path / "made", tmp_path / "seen", tmp_path / "open"
    made.mkdir()
    opener.write_text(f'#!/bin/sh\nstat -c %a "${{1#file://}}" >{seen}.part; mv {seen}.part {seen}')
    opener.chmod(0o755)
    own = {"DISPLAY": ":9", "BROWSER": str(opener), "TMPDIR": str(made)}
    words = ["--port", str(free_port())]
    with started(*words, folder=committed, opens=True, **own) as (process, _):
        deadline = time.monotonic() + 20
        while not seen.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert seen.read_text().strip() == "600"
        assert len(list(made.iterdir())) == 1
        process.send_signal(stop)
        process.communicate(timeout=20)
    assert list(made.iterdir()) == []
    assert process.returncode == {signal.SIGINT: 0, signal.SIGTERM: 143}[stop]


IN_BACKGROUND = """
import fcntl, signal, subprocess, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
process = subprocess.Popen(sys.argv[1:], process_group=0)
signal.signal(signal.SIGTERM, lambda *_: process.kill())
sys.exit(process.wait())
"""


def test_it_answers_in_the_background_of_a_shell(committed: Path) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "vault", "ui", "--no-browser", "--port", str(free_port())]
    process = subprocess.Popen(
        [sys.executable, "-c", IN_BACKGROUND, *command],
        cwd=committed,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LOGNAME": "ada"},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    try:
        assert process.stdout is not None
        link = process.stdout.readline()
        # It reads the terminal by now.
        time.sleep(0.5)
        assert person_of(link) == "ada"
    finally:
        process.terminate()
        process.communicate(timeout=20)
        os.close(theirs)
        os.close(ours)


def test_each_person_gets_a_link(committed: Path) -> None:
    words = ["--port", str(free_port()), "--name", "anna", "--name", "ben"]
    with started(*words, folder=committed) as (process, line):
        assert process.stdout is not None
        lines = [line, process.stdout.readline()]
        for name, each in zip(["anna", "ben"], lines, strict=True):
            shown, link = each.split()
            assert (shown, person_of(link)) == (name, name)


def test_json_is_the_first_line(committed: Path) -> None:
    port = free_port()
    with started("--json", "--port", str(port), folder=committed) as (_, line):
        told = json.loads(line)
        assert told["port"] == port
        assert person_of(told["url"]) == "ada"


def test_settings_name_the_port(committed: Path) -> None:
    port = free_port()
    (committed / "vault.toml").write_text(f"[ui]\nport = {port}\n", encoding="utf-8")
    with started(folder=committed) as (_, line):
        assert f":{port}/" in line


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("v9",), "revision-not-found"),
        (("--where", "tokens >"), "expression-invalid"),
        (("--where", "no_such > 1"), "column-unknown"),
        (("--filter", "x"), "filter-not-found"),
        (("--host", "0.0.0.0"), "host-not-allowed"),
        (("--host", "no.such.host.invalid", "--allow-host", "x"), "host-unknown"),
        (("--host", "0.0.0.0", "--allow-host", "http://x/"), "host-name-invalid"),
        (("--allow-host", "data.example:80"), "host-name-invalid"),
        (("--name", " "), "name-invalid"),
    ],
)
def test_it_refuses_before_it_listens(
    committed: Path, run: Run, words: tuple[str, ...], code: str
) -> None:
    outcome = run("ui", "--no-browser", *words)
    assert outcome.code in (2, 3)
    assert f"code:  {code}" in outcome.err


def test_a_port_that_is_taken_is_told(committed: Path, run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        outcome = run("ui", "--no-browser", "--port", str(taken.getsockname()[1]))
    assert "code:  port-taken" in outcome.err


@pytest.mark.parametrize("value", ["0", "70000", "'x'"])
def test_a_port_that_is_none_is_told(committed: Path, run: Run, value: str) -> None:
    (committed / "vault.toml").write_text(f"[ui]\nport = {value}\n", encoding="utf-8")
    assert "code:  config-invalid" in run("ui", "--no-browser").err
