"""A command loads what it needs and nothing else: start-up is a feature."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.contract.source import ROOT, modules
from vault.cli.frame.command_table import COMMANDS

HEAVY = ("duckdb", "pyarrow", "numpy", "openai", "datasketch", "pandas", "scipy")

LOADED = f"""
import sys
from vault.cli.frame.main import main
code = main(sys.argv[1:])
sys.stdout.flush()
sys.stderr.write("LOADED " + " ".join(m for m in {HEAVY!r} if m in sys.modules) + "\\n")
sys.stderr.write("COMMANDS " + " ".join(
    m.rpartition(".")[2] for m in sys.modules if m.startswith("vault.cli.commands.")) + "\\n")
sys.stderr.write("VAULT " + " ".join(m for m in sys.modules if m.startswith("vault.")) + "\\n")
sys.exit(code)
"""

GROUND = {"cli", "config", "errors", "layout", "objects", "plain_files", "presentation", "progress"}
OPENED = {*GROUND, "repository", "session", "store", "version", "operations"}

ROOMS = {
    "status": {*OPENED, "operations.history"},
    "log": {*OPENED, "operations.history", "dataset.reading"},
    "commit": {*OPENED, "operations.history", "operations.validation", "dataset.reading"},
    "dedupe": {
        *OPENED,
        *("operations.duplicates", "catalogue.index", "catalogue.expressions", "dedupe"),
        *("dataset.reading", "dataset.comparing", "dataset.changing"),
        *("dataset.listed", "formats.layouts", "processes"),
    },
}
"""What rooms commands load: no rules where none run, no reading of files where none is read."""

DIVIDED = {"operations", "dataset", "catalogue", "formats", "rules"}
"""Rooms that are told by the room within."""


def rooms(names: Iterable[str]) -> set[str]:
    """Return the rooms that modules of vault are in."""
    found = set()
    for name in names:
        room, *within = name.removeprefix("vault.").split(".")
        found.add(".".join([room, *within[:1]]) if room in DIVIDED else room)
    # A package without modules of its own that were loaded says nothing.
    return {room for room in found if room not in DIVIDED} | (found & {"operations"})


def loaded_by(folder: Path, *arguments: str) -> tuple[int, list[list[str]]]:
    """Run one command; return its exit code, and the heavy, command and other modules it loaded."""
    result = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    return result.returncode, [line.split()[1:] for line in result.stderr.splitlines()[-3:]]


def run(folder: Path, *arguments: str) -> tuple[int, list[str], list[str]]:
    """Run one command; return its exit code, the heavy modules and command modules it loaded."""
    code, (heavy, commands, _) = loaded_by(folder, *arguments)
    return code, heavy, commands


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one commit, made by the commands themselves."""
    missing = {"init", "import", "commit"} - set(COMMANDS)
    if missing:
        pytest.skip(f"not written yet: {', '.join(sorted(missing))}")
    folder = tmp_path_factory.mktemp("repository")
    message = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n'
    (folder / "data.jsonl").write_text(message)
    for words in (["init"], ["import", "data.jsonl"], ["commit", "-m", "one"]):
        code, _, _ = run(folder, *words)
        assert code == 0, words
    return folder


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []], ids=["help", "version", ""])
def test_the_frame_loads_no_heavy_library_and_no_command(
    arguments: list[str], tmp_path: Path
) -> None:
    assert run(tmp_path, *arguments) == (0, [], [])


def test_one_command_does_not_load_another(tmp_path: Path) -> None:
    assert run(tmp_path, "help") == (0, [], ["help"])


@pytest.mark.parametrize("name", ["log", "status"])
def test_everyday_commands_load_no_heavy_library(name: str, repository: Path) -> None:
    if name not in COMMANDS:
        pytest.skip(f"`vault {name}` is not written yet")
    code, loaded, commands = run(repository, name)
    assert (code, loaded, commands) == (0, [], [name])


@pytest.mark.parametrize("name", ROOMS)
def test_a_command_loads_the_rooms_that_it_needs(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    lines = [{"messages": [{"role": "user", "content": f"word{n} " * 30}]} for n in range(40)]
    for each in lines:
        each["messages"].append({"role": "assistant", "content": "Yes."})
    (folder / "data.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    for words in (["init"], ["import", "data.jsonl"]):
        assert run(folder, *words)[0] == 0
    arguments = {"commit": ["-m", "one"]}.get(name, [])

    code, (_, _, names) = loaded_by(folder, name, *arguments)
    assert code == 0
    assert rooms(names) == ROOMS[name]


def test_presentation_imports_the_standard_library_alone() -> None:
    """Every report imports it for `Displayed`, so every command pays for what it loads."""
    names = [module.name for module in modules() if module.room == "presentation"]
    program = f"""
import sys
before = set(sys.modules)
import {", ".join(names)}
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(sorted(loaded - sys.stdlib_module_names))
"""
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout == "['vault']\n"


def test_the_check_sees_a_heavy_library() -> None:
    program = LOADED.replace("import sys\n", "import sys, numpy\n", 1)
    result = subprocess.run(
        [sys.executable, "-c", program, "--version"], cwd=ROOT, capture_output=True, text=True
    )
    assert "LOADED numpy" in result.stderr
