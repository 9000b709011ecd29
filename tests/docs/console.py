"""Pages with what is typed and what is printed: run from top to bottom, compared, or written anew.

A block ```` ```jsonl NAME ```` (or csv, toml) is the file NAME, and a file of fixtures/ that the
page links to is beside it. In a ```` ```console ```` block a line that begins with `$ ` is typed,
and the lines below it are what is printed, standard error included. Ids, times and names of people
differ from run to run and are not compared. Where a page names the address of `SERVER`, a model
server that a test starts answers in its place.

`python -m tests.docs.console docs/tutorial/first-hour.md …` writes what is printed into pages.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.billing_server import Behaviour, BillingServer
from tests.support.card_payments import payment
from tests.support.judged import answered, answering, is_probe_text, verdict
from tests.support.warm_vault import warm_vault

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^```(\w+ (?P<name>\S+)|console)\n(?P<body>.*?)^```$", re.M | re.S)
_FIXTURE = re.compile(r"\]\(\.\./\.\./(fixtures/[\w./-]+)\)")
SERVER = "http://127.0.0.1:8000/v1"
"""The address that pages give for a model server."""

_CHANGING = (
    # Digests, ids, and names of model runs.
    (re.compile(r"\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b|\b\d{8}-[0-9a-f]{8}\b"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "TIME"),
    (re.compile(r"(?m)^(\w+=\S+  )\S+(?= TIME$)"), r"\1SOMEBODY"),
    (re.compile(r"(?m)^(author: |  by )\S+"), r"\1SOMEBODY"),
    (re.compile(r"(?m)^( *\d+  TIME  )\S+"), r"\1SOMEBODY"),
    (re.compile(r"(?m) in /\S+/\.vault$"), " in PLACE"),
)


@dataclass(frozen=True)
class Typed:
    """One command of a page, what the page says it prints, and what it printed."""

    command: str
    expected: str
    printed: str

    @property
    def agrees(self) -> bool:
        """Tell whether both are the same but for what differs from run to run."""
        return _settled(self.expected) == _settled(self.printed)


def _settled(text: str) -> str:
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def run_page(text: str, folder: Path) -> Iterator[Typed]:
    """Run a page in an empty folder, where `vault` is the program under test."""
    program = folder / "bin" / "vault"
    program.parent.mkdir()
    work = folder / "work"
    work.mkdir()
    for name in set(_FIXTURE.findall(text)):
        shutil.copy(ROOT / name, work)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    # As where vault is installed: without compiled modules each command takes 0.2 s longer.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with contextlib.ExitStack() as stack:
        stack.enter_context(warm_vault(program))
        server = SERVER
        if SERVER in text:
            answering = BillingServer(Behaviour(content=_answer))
            server = stack.enter_context(answering).base_url
            text = text.replace(SERVER, server)
        yield from _typed(text, work, environment, server=server)


def _answer(text: str, chance: random.Random) -> str:
    """Answer in the place of the server that pages name: as a judge, as an agent, or as asked."""
    judges = text.startswith("<conversation>") or is_probe_text(text)
    if not judges and text.endswith("?") and "\n" not in text:
        return answered(text, chance)
    return (answering(verdict) if judges else payment)(text, chance)


def _typed(
    text: str, work: Path, environment: Mapping[str, str], *, server: str
) -> Iterator[Typed]:
    known: dict[str, str] = {}
    for block in _BLOCK.finditer(text):
        if block["name"]:
            (work / block["name"]).write_text(block["body"], encoding="utf-8")
            continue
        for part in re.split(r"(?m)^(?=\$ )", block["body"]):
            command, _, expected = part.removeprefix("$ ").partition("\n")
            if not part.strip():
                continue
            for said, meant in known.items():
                command = command.replace(said, meant)
            result = subprocess.run(
                ["bash", "-c", command],
                cwd=work,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=60,
            )
            known.update(_renamed(expected, result.stdout))
            shown = part.removeprefix("$ ").partition("\n")[0].replace(server, SERVER)
            yield Typed(
                shown, expected.replace(server, SERVER), result.stdout.replace(server, SERVER)
            )


def _renamed(expected: str, printed: str) -> dict[str, str]:
    """Return the ids of a page and what they are in this run, where the two agree otherwise."""
    pattern = _CHANGING[0][0]
    said, meant = pattern.findall(expected), pattern.findall(printed)
    return dict(zip(said, meant, strict=True)) if len(said) == len(meant) else {}


def written_anew(text: str, folder: Path) -> str:
    """Return a page with what its commands print now."""
    typed = run_page(text, folder)

    def rewrite(block: re.Match[str]) -> str:
        if block["name"]:
            return block[0]
        commands = len(re.findall(r"(?m)^\$ ", block["body"]))
        lines = []
        for _ in range(commands):
            each = next(typed)
            printed = each.expected if each.agrees else each.printed
            lines.append(f"$ {each.command}\n{printed.rstrip()}".rstrip())
        return "```console\n" + "\n".join(lines) + "\n```"

    return _BLOCK.sub(rewrite, text)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        with tempfile.TemporaryDirectory() as place:
            page.write_text(written_anew(page.read_text("utf-8"), Path(place)), encoding="utf-8")
