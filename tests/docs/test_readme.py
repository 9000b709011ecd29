"""What the README tells a newcomer to type works, word for word."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.contract.source import ROOT
from tests.support.readme import commands


def test_each_command_is_one_line() -> None:
    first, second = commands()
    assert "\n" not in first and "\n" not in second
    assert first.endswith(".venv/bin/vault demo")
    assert ".venv/bin/python -m pytest" in second


def test_continuous_integration_begins_with_the_second_command() -> None:
    script = ROOT / ".ci/run"
    lines = script.read_text(encoding="utf-8").splitlines()
    ran = [each for each in lines if ".venv" in each]
    assert ran[0] == commands()[1]
    assert "set -euo pipefail" in lines
    assert os.access(script, os.X_OK)


def test_continuous_integration_runs_every_set_that_needs_no_model() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    for each in (
        "pytest -q -m ray",
        "tests/contract",
        "/mypy",
        "/ruff format --check",
        "/ruff check",
        "/lint-imports",
    ):
        assert script.count(each) == 1, each


def test_every_marker_is_named_with_its_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    options = settings["tool"]["pytest"]["ini_options"]
    names = [each.partition(":")[0] for each in options["markers"]]
    assert names == ["slow", "ray", "realmodel", "browser", "benchmark"]
    for name in names:
        assert f"| `pytest -m {name}" in readme, name
        assert f"not {name}" in options["addopts"][-1], name


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
    assert outputs["vault log"].count("commit ") == 3
    written = (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(written) == 30
    assert sorted(path.name for path in (folder / "data").iterdir()) == [
        "train.jsonl",
        "validation.jsonl",
    ]
    assert "data/train.jsonl of " in outputs["vault which data/train.jsonl"]
    assert set(written) < set(first.read_text(encoding="utf-8").splitlines())
