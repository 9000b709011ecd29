"""Docstrings on everything public, and module names that say what is inside."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.contract.source import Module, modules

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base"}


def undocumented(module: Module) -> Iterator[str]:
    """Yield the full names of public things of a module that have no docstring."""
    if not ast.get_docstring(module.tree):
        yield module.name
    for name, node, is_public in module.definitions():
        if is_public and not ast.get_docstring(node) and not _is_overload(node):
            yield name


def _is_overload(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(d).endswith(("overload", ".setter")) for d in node.decorator_list)


def test_everything_public_has_a_docstring() -> None:
    missing = [name for module in modules() for name in undocumented(module)]
    assert not missing, "without a docstring:\n" + "\n".join(missing)


def test_the_check_finds_missing_docstrings_and_leaves_private_things_alone() -> None:
    text = (
        "def bare(): ...\n"
        "def _private(): ...\n"
        "class Told:\n"
        "    'Yes.'\n"
        "    def method(self):\n"
        "        def inner(): ...\n"
        "    def __len__(self): ...\n"
        "    def _own(self): ...\n"
    )
    assert list(undocumented(Module("vault.sample", text))) == [
        "vault.sample",
        "vault.sample.bare",
        "vault.sample.Told.method",
    ]


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = [m.name for m in modules() if EMPTY_NAMES & set(m.name.split("."))]
    assert not empty, f"name these for what they hold: {empty}"
