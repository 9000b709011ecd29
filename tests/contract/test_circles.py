"""No module imports, by whatever way, a module that imports it: not for types, not on use."""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from tests.contract.source import Module, modules


def circle(found: Iterable[Module]) -> list[str]:
    """Return the names of modules that import each other in a circle, or an empty list."""
    known = {module.name: module for module in found}
    graph = {
        name: {each for each in module.imported_names() if each in known and each != name}
        for name, module in known.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_modules_import_each_other() -> None:
    assert circle(modules()) == []


def test_a_circle_is_found_however_it_is_closed() -> None:
    one = Module("vault.one", "from vault.two import name\n")
    for text in (
        "import vault.one\n",
        "def f():\n    from vault import one\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from vault.one import name\n",
    ):
        two = Module("vault.two", text)
        assert set(circle([Module("vault", ""), one, two])) == {"vault.one", "vault.two"}
    assert circle([Module("vault", ""), one, Module("vault.two", "import json\n")]) == []
