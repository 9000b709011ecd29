"""The contracts in pyproject.toml find what breaks them; `.ci/run` checks the source by them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.contract.source import PACKAGE, ROOT

LINT = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the package `vault` in a folder that has a pyproject.toml."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package and its contracts, to be broken."""
    shutil.copytree(PACKAGE, tmp_path / "vault", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_an_import_upwards_is_found(copy: Path) -> None:
    (copy / "vault/objects/upward.py").write_text("import vault.store\n")
    result = lint_imports(copy)
    assert result.returncode == 1
    assert "vault.objects is not allowed to import vault.store" in result.stdout


def test_an_import_between_neighbours_is_found(copy: Path) -> None:
    (copy / "vault/objects/sideways.py").write_text("import vault.config\n")
    result = lint_imports(copy)
    assert result.returncode == 1
    assert "vault.objects is not allowed to import vault.config" in result.stdout


def test_a_room_that_was_not_placed_is_found(copy: Path) -> None:
    (copy / "vault/attic.py").write_text('"""A room that nobody placed."""\n')
    result = lint_imports(copy)
    assert result.returncode == 1
    assert "attic" in result.stdout


def test_every_contract_of_layers_is_exhaustive() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = [each for each in contracts if each["type"] == "layers"]
    # In a room that is not exhaustive, a new module would be in no contract.
    allowed = [each["id"] for each in layers if not each.get("exhaustive")]
    assert len(layers) >= 8 and allowed == []
    assert all(not each.get("exhaustive_ignores") for each in layers)


def test_every_folder_with_modules_is_a_package() -> None:
    """import-linter does not look into a folder without `__init__.py`."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []
