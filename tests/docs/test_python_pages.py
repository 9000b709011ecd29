"""The Python code of pages runs as it is written, and the reference names what there is."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

import vault
from docs.tools.reference import pages
from vault.repository import Repository

DOCS = Path(__file__).resolve().parents[2] / "docs"
BLOCK = re.compile(r"^```python(?: needs=(\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ["how-to/notebooks.md"]
REFERENCE = pages()["reference/python.md"]


def is_there(library: str) -> bool:
    """Tell whether a library that a block needs is installed."""
    return not library or importlib.util.find_spec(library) is not None


@pytest.mark.parametrize("name", PAGES)
def test_the_code_of_a_page_runs_from_top_to_bottom(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (DOCS / name).read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    run = 0
    for block in BLOCK.finditer(text):
        if is_there(block[1]):
            line = text.count("\n", 0, block.start(2))
            exec(compile("\n" * line + block[2], name, "exec"), names)
            run += 1
    assert run >= 10


def test_every_page_with_python_is_run_or_generated() -> None:
    with_code = {
        str(page.relative_to(DOCS))
        for page in DOCS.rglob("*.md")
        if BLOCK.search(page.read_text(encoding="utf-8"))
    }
    assert with_code == {*PAGES, "reference/python.md"}


def test_the_reference_has_every_public_function_method_and_property() -> None:
    for kind, name in ((Repository, "repository"), (vault.Snapshot, "snapshot")):
        for method, _ in inspect.getmembers(kind):
            if not method.startswith("_"):
                assert re.search(rf"^### ({name}|{kind.__name__})\.{method}$", REFERENCE, re.M), (
                    method
                )
    for name in vault.__all__:
        value = getattr(vault, name)
        if inspect.isfunction(value):
            assert f"### vault.{name}\n" in REFERENCE


def test_the_reference_explains_every_report_that_a_method_returns() -> None:
    for _, method in inspect.getmembers(Repository, inspect.isfunction):
        for word in re.findall(r"\w+Report|\w+Shown", str(method.__annotations__.get("return"))):
            assert f"### {word}\n" in REFERENCE


def test_the_reference_explains_nothing_private() -> None:
    assert not re.search(r"^(\| `|### \w+\.)_", REFERENCE, re.M)
    assert "<object object" not in REFERENCE and " at 0x" not in REFERENCE
