"""Every path below `.vault` has one home, `vault.layout`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.contract.source import ROOT, Module, modules
from vault import layout

HOME = "vault.layout"

NAMES = {
    value
    for name, value in vars(layout).items()
    if name.isupper() and name not in ("FOLDER", "MACHINE_FILE")
}
"""Names in a repository's folder."""

FOLDER = re.compile(r"\.vault(?:[-/]\S*)?")
"""The repository's folder or a path below it; a message has words around it."""

TAKES_NAMES = {
    "Path",
    "delete",
    "exists",
    "folders",
    "joinpath",
    "make",
    "names",
    "new_file",
    "open",
    "place",
    "put_if_absent",
    "read",
    "remove",
    "replace",
    "size_bytes",
    "status",
    "sync",
}
"""Functions and methods of paths, plain folders and backends whose arguments are names."""


def written_paths(module: Module) -> Iterator[str]:
    """Yield where a module writes a path below `.vault` itself; docstrings and messages may."""
    docstrings = {
        id(node.value)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(module.tree):
        is_free = id(node) not in docstrings
        if isinstance(node, ast.Constant) and is_free and FOLDER.fullmatch(_text(node)):
            yield f"{module.name}:{node.lineno} writes {node.value!r}"
        for part in _names_in(node):
            if _text(part).rstrip("/").partition("/")[0] in NAMES:
                yield f"{module.name}:{part.lineno} writes {_text(part)!r}"


def _names_in(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions of a node that stand where a name of a file stands."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield from (node.left, node.right)
    elif isinstance(node, ast.Assign):
        yield node.value
    elif isinstance(node, ast.Call):
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in TAKES_NAMES:
            yield from node.args
    elif isinstance(node, ast.JoinedStr) and "/" in _text(node.values[0] if node.values else node):
        yield node.values[0]


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ""


def test_no_other_module_writes_paths_below_the_folder() -> None:
    found = [each for module in modules() if module.name != HOME for each in written_paths(module)]
    assert not found, "take the name from vault.layout:\n" + "\n".join(found)


def test_the_check_finds_paths_however_they_are_written() -> None:
    text = (
        '"""Reads .vault/tmp and .vault."""\n'
        'FOLDER = ".vault"\n'
        '_ASIDE = "tmp"\n'
        "def f(folder, plain):\n"
        '    """.vault"""\n'
        '    plain.place("catalogue/")\n'
        '    plain.read(f"tmp/{folder}")\n'
        '    print("catalogue", "remove .vault/tip to go on")\n'
        '    return folder / "catalogue" / ".vault/config.toml"\n'
    )
    found = list(written_paths(Module("vault.operations.sample", text)))
    assert len(found) == 6, found


def test_the_format_specification_lists_the_same_names() -> None:
    text = (ROOT / "docs/format/README.md").read_text("utf-8")
    section = text.partition("## 1. The folder")[2].partition("## 2.")[0]
    listed = {each.partition("/")[0] for each in re.findall(r"^\| `([^`]+)` \|", section, re.M)}
    assert listed == NAMES
