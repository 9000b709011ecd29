"""Running the command line: in this process, or as a shell would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from vault.cli.frame.command_table import COMMANDS, Entry
from vault.cli.frame.main import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """What one call left behind."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run one command line in this process."""

    def call(*arguments: str) -> Outcome:
        capfd.readouterr()
        code = main(arguments)
        return Outcome(code, *capfd.readouterr())

    return call


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., Outcome]:
    """Run one line of bash in an empty folder, where `vault` is the program under test."""
    program = tmp_path / "bin" / "vault"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vault "$@"\n')
    program.chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()

    def call(line: str, **environment: str) -> Outcome:
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        result = subprocess.run(
            ["bash", "-c", line],
            cwd=folder,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **environment},
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=120,
        )
        return Outcome(result.returncode, result.stdout, result.stderr)

    return call


@pytest.fixture
def add_command(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, click.Command], None]:
    """Put a command into the table for one test."""

    def add(name: str, command: click.Command) -> None:
        entry = Entry(name, "a command of the tests")
        module = types.ModuleType(entry.module)
        module.command = command  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, entry.module, module)
        monkeypatch.setitem(COMMANDS, name, entry)

    return add


def chat(question: str, answer: str, **others: object) -> dict[str, object]:
    """Return a record of one question and its answer."""
    messages = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]
    return {"messages": messages, **others}


def write_lines(path: Path, records: Iterable[object]) -> None:
    """Write records as JSON Lines; what is text already is written as it is."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Outcome]) -> Path:
    """An empty repository, and the working folder in it; `data.jsonl` holds three records."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.setenv("COLUMNS", "80")
    assert run("init").code == 0
    write_lines(folder / "data.jsonl", RECORDS)
    return folder


RECORDS = [
    chat("How do I reset it?", "Press the red button.", topic="reset"),
    chat("Is it waterproof?", "Yes.", topic="water"),
    chat("Where is my order?", "On its way.", topic="orders"),
]
"""What `project` has in `data.jsonl`."""


@pytest.fixture
def committed(project: Path, run: Callable[..., Outcome]) -> Path:
    """The repository of `project` with its records committed as `round 1`."""
    assert run("import", "data.jsonl").code == 0
    assert run("commit", "-m", "round 1").code == 0
    return project
