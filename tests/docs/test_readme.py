"""What the README tells a newcomer to type works, word for word."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vault import __version__
from vault.cli.command_table import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "build", "dist")


def commands() -> list[str]:
    """Return the README's two commands."""
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    return [block.rstrip("\n") for block in blocks[:2]]


def environment() -> dict[str, str]:
    """Return the environment of a newcomer whose `python3` is the one that runs the tests."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    }
    interpreter = Path(sys.executable).parent
    return {**kept, "PATH": f"{interpreter}{os.pathsep}{kept.get('PATH', '')}"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files of this checkout that a clone would have, in a new folder."""
    target = tmp_path / "clone"
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        shutil.copytree(ROOT, target, ignore=LEFT_OUT)
        return target
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    for name in map(os.fsdecode, filter(None, listed.split(b"\0"))):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def index_is_reachable() -> bool:
    """Tell whether pip finds the newest version of a small package within seconds."""
    probe = [sys.executable, "-m", "pip", "index", "versions", "click"]
    try:
        result = subprocess.run(
            [*probe, "--retries", "0", "--timeout", "10"], capture_output=True, timeout=60
        )
    except subprocess.TimeoutExpired:
        return False
    return result.returncode == 0


def test_each_command_is_one_line() -> None:
    first, second = commands()
    assert "\n" not in first and "\n" not in second
    assert first.endswith(".venv/bin/vault demo")
    assert ".venv/bin/python -m pytest" in second


def test_continuous_integration_runs_exactly_the_second_command() -> None:
    script = ROOT / ".ci/run"
    lines = [
        line
        for line in script.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert lines == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', commands()[1]]
    assert os.access(script, os.X_OK)


def test_the_first_command_installs_vault_and_shows_its_main_job(clone: Path) -> None:
    if "demo" not in COMMANDS:
        pytest.skip("`vault demo` is not written yet")
    if not index_is_reachable():
        pytest.skip("pip cannot reach a package index, so nothing can be installed")
    result = subprocess.run(
        ["bash", "-c", commands()[0]],
        cwd=clone,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "vault commit" in result.stdout
    for name in ("vault", "dataset-vault"):
        version = subprocess.run(
            [clone / ".venv/bin" / name, "--version"], capture_output=True, text=True
        )
        assert version.stdout == f"vault {__version__}\n"


def tour() -> list[str]:
    """Return the commands of the README's quick tour, without their comments."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text.partition("## A quick tour")[2].partition("\n## ")[0]
    lines = [line.removeprefix("$ ") for line in section.splitlines() if line.startswith("$ ")]
    return [line.partition("  #")[0].rstrip() for line in lines]


def test_the_quick_tour_works_as_it_is_written(tmp_path: Path) -> None:
    program = tmp_path / "bin/vault"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vault "$@"\n')
    program.chmod(0o755)
    folder = tmp_path / "tour"
    folder.mkdir()
    first, second = (ROOT / "vault/demo" / f"round-{n}.jsonl" for n in (1, 2))
    shutil.copy(first, folder / "round-1.jsonl")
    outputs = {}
    for line in tour():
        if "--replace" in line:  # "the file was edited"
            shutil.copy(second, folder / "round-1.jsonl")
        result = subprocess.run(
            ["bash", "-c", line],
            cwd=folder,
            env={
                **os.environ,
                "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, (line, result.stderr)
        outputs[line] = result.stdout
    assert "{+five+}" in outputs["vault diff"]
    assert outputs["vault log"].count("commit ") == 2
    written = (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(written) == 30
    assert set(written) < set(first.read_text(encoding="utf-8").splitlines())
