"""The source passes the type checker, strictly, and the linter."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.contract.source import ROOT


@pytest.mark.parametrize(
    "command",
    [["mypy", "--strict", "vault"], ["ruff", "check", "--no-cache", "."]],
    ids=["mypy", "ruff"],
)
def test_the_source_passes(command: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stdout + result.stderr
