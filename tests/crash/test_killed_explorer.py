"""An explorer that is killed while people label: what it confirmed is there afterwards."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.library import Library, chat
from vault.repository import Repository

EXAMPLES = 400


class Person:
    """Somebody who labels one example after another, and notes what was confirmed."""

    def __init__(self, link: str, name: str, ids: list[str]) -> None:
        parts = urlsplit(link)
        self._connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=20)
        token = parts.fragment.partition("token=")[2]
        self._session = self._post("/api/session", {"token": token})["session"]
        self._name = name
        self._ids = ids
        self.confirmed: list[str] = []

    def label(self) -> None:
        """Label until the explorer is gone."""
        try:
            for example in self._ids:
                act = {"example": example, "name": self._name, "value": "gold"}
                self._post("/api/labels", {"branch": "main", "acts": [act]})
                self.confirmed.append(example)
        except (OSError, http.client.HTTPException):
            pass

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        session = getattr(self, "_session", None)
        headers = {} if session is None else {"Authorization": f"Bearer {session}"}
        self._connection.request("POST", path, json.dumps(body), headers)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        return json.loads(text)


def _labelled(folder: Path, name: str) -> set[str]:
    listing = Repository.open(folder, author="ada").browse(f"labels.{name} = 'gold'")
    return set(listing.ids(0, len(listing)))


@pytest.mark.parametrize("seed", range(2))
def test_what_was_confirmed_survives_a_kill(library: Library, seed: int) -> None:
    library.write("a.jsonl", [chat(f"q{n}?") for n in range(EXAMPLES)])
    library.run("a.jsonl")
    ids = library.ids()
    words = [sys.executable, "-m", "vault", "ui", "--no-browser", "--name", "ada", "--name", "ben"]
    server = subprocess.Popen(
        words, cwd=library.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert server.stdout is not None
        links = [server.stdout.readline().split()[-1] for _ in range(2)]
        people = [
            Person(links[0], "quality", ids),
            Person(links[1], "tone", random.Random(seed).sample(ids, len(ids))),
        ]
        threads = [threading.Thread(target=each.label) for each in people]
        for each in threads:
            each.start()
        # In the middle of it, at another moment each time: also while labels are recorded.
        while min(len(each.confirmed) for each in people) < 40 + 60 * seed:
            time.sleep(0.001)
        os.kill(server.pid, signal.SIGKILL)
        for each in threads:
            each.join()
    finally:
        server.kill()
        server.wait()
    library.repository.commit("after the kill")
    for name, person in zip(("quality", "tone"), people, strict=True):
        assert len(person.confirmed) >= 40
        assert set(person.confirmed) <= _labelled(library.folder, name)
    assert not list((library.folder / ".vault/labelling").iterdir())


def test_an_explorer_that_is_stopped_records_what_waits(library: Library) -> None:
    library.write("a.jsonl", [chat(f"q{n}?") for n in range(9)])
    library.run("a.jsonl")
    words = [sys.executable, "-m", "vault", "ui", "--no-browser"]
    server = subprocess.Popen(
        words, cwd=library.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert server.stdout is not None
        person = Person(server.stdout.readline().strip(), "quality", library.ids())
        person.label()
        server.send_signal(signal.SIGINT)
        server.wait(20)
    finally:
        server.kill()
        server.wait()
    assert len(library.labels()) == 9
    assert not list((library.folder / ".vault/labelling").iterdir())


def test_the_next_explorer_tells_what_it_took_over(library: Library) -> None:
    library.write("a.jsonl", [chat(f"q{n}?") for n in range(3)])
    library.run("a.jsonl")
    words = [sys.executable, "-m", "vault", "ui", "--no-browser"]
    told = ""
    for stop in (signal.SIGKILL, signal.SIGTERM):
        server = subprocess.Popen(
            words, cwd=library.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            link = server.stdout.readline().strip()
            if stop == signal.SIGKILL:
                Person(link, "quality", library.ids()).label()
            server.send_signal(stop)
            told = server.communicate(timeout=20)[1]
        finally:
            server.kill()
    assert "recorded 3 labels of an explorer that died" in told
    assert len(library.labels()) == 3
