"""Every command is a method, and the command line holds no logic: it calls one and renders."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator

import pytest

from tests.contract.source import Module, modules
from vault.cli.frame.command_table import COMMANDS
from vault.repository import Repository

METHODS: dict[str, tuple[str, ...]] = {
    "import": ("import_files",),
    "tag": ("tag", "tags", "delete_tag"),
    "diff": ("diff", "iterate_diff"),
    "checkout": ("export",),
    "label": ("label", "label_from", "labels", "label_queue"),
    "lock": ("check_lock", "export_locked", "compare_locks"),
    "split": ("split", "split_leaks"),
}
"""Commands whose methods have other names than the command."""

FUNCTIONS = {
    "init": "vault.repository:Repository.init",
    "doctor": "vault.repository.entrance:doctor",
}
"""Commands that need no repository, and the function that each is a face of."""

OF_THE_TERMINAL = {
    "help": "shows the commands",
    "demo": "types other commands",
    "completion": "serves a shell",
    "ui": "serves a browser",
}
"""Commands that mean nothing to a program."""

BELOW = (
    "operations", "dataset", "session", "processes", "catalogue", "formats", "store", "dedupe",
    "generate", "rules", "statistics",
)  # fmt: skip
"""Rooms below `repository`: the command line may take types of values from them, and no verb."""


def verbs_used(module: Module) -> Iterator[str]:
    """Yield what a module takes from below the repository at run time, other than classes."""
    for node in _at_run_time(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            room = node.module.removeprefix("vault.").partition(".")[0]
            if node.module.startswith("vault.") and room in BELOW:
                for alias in node.names:
                    found = getattr(importlib.import_module(node.module), alias.name)
                    if callable(found) and not isinstance(found, type):
                        yield f"{module.name}:{node.lineno} uses {node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith(tuple(f"vault.{room}" for room in BELOW)):
                    yield f"{module.name}:{node.lineno} imports {alias.name}"


def _at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield child
            yield from _at_run_time(child)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_a_method_or_says_why_not(name: str) -> None:
    if name in OF_THE_TERMINAL:
        return
    if name in FUNCTIONS:
        module, _, path = FUNCTIONS[name].partition(":")
        found = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
        assert callable(found)
        return
    for method in METHODS.get(name, (name.replace("-", "_"),)):
        assert callable(getattr(Repository, method, None)), f"Repository has no {method}"


def test_no_table_names_a_command_that_is_gone() -> None:
    assert {*METHODS, *FUNCTIONS, *OF_THE_TERMINAL} <= set(COMMANDS)


def test_the_command_line_takes_types_from_below_the_repository_and_no_verbs() -> None:
    found = [line for module in modules() if module.room == "cli" for line in verbs_used(module)]
    assert not found, "\n".join(found)


def test_the_check_finds_a_verb_however_deep_it_is_imported() -> None:
    text = (
        "from typing import TYPE_CHECKING\n"
        "from vault.operations.history.status import StatusReport\n"
        "if TYPE_CHECKING:\n"
        "    from vault.operations.history.status import status\n"
        "def f():\n"
        "    from vault.operations.history.status import status\n"
        "    import vault.store.local\n"
    )
    assert list(verbs_used(Module("vault.cli.sample", text))) == [
        "vault.cli.sample:6 uses vault.operations.history.status.status",
        "vault.cli.sample:7 imports vault.store.local",
    ]


def test_every_report_shows_itself_in_a_notebook() -> None:
    plain = [
        f"{module.name}.{node.name}"
        for module in modules()
        if module.room == "operations"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        and node.name.endswith("Report")
        and "Displayed" not in map(ast.unparse, node.bases)
    ]
    assert not plain, f"let these be `Displayed` (vault.presentation.report_html): {plain}"
