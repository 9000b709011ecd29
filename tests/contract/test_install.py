"""The README's first command installs vault on a machine that has Python alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.source import ROOT
from tests.support.readme import commands
from vault import __version__

LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "build", "dist")


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


def test_the_first_command_installs_vault_and_shows_its_main_job(clone: Path) -> None:
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
