"""The source of vault as the contracts read it: modules, definitions, imports, uses of names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "vault"

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One module: its dotted name and its text."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed text."""
        return ast.parse(self.text)

    @property
    def room(self) -> str:
        """The room that the module is in: the word after `vault.`, empty for the package."""
        return self.name.partition(".")[2].partition(".")[0]

    def definitions(self) -> Iterator[tuple[str, ast.ClassDef | Function, bool]]:
        """Yield (dotted name, definition, is it public) for every class and function.

        Public is what can be reached from outside: no part of the name begins with an underscore
        and no function encloses it.
        """
        yield from _definitions(self.tree, self.name, public=not _is_private(self.name))

    def imports(self) -> Iterator[str]:
        """Yield the full name of every module that is imported anywhere in the module."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module

    def imported_names(self) -> Iterator[str]:
        """Yield what may be imported: modules, and of `from a import b` both `a` and `a.b`."""
        yield from self.imports()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def imported_by_name(self, functions: tuple[str, ...]) -> Iterator[tuple[str, int]]:
        """Yield (library, line) of every call of these functions with the name of a module."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = (_dotted(node.func) or "").rpartition(".")[2]
                if called in functions and isinstance(node.args[0].value, str):
                    yield node.args[0].value.partition(".")[0], node.lineno

    def uses(self) -> Iterator[tuple[str, int]]:
        """Yield (dotted name, line) of every name that is read or called, imports resolved."""
        known = dict(self._imported_names())
        for node in ast.walk(self.tree):
            if isinstance(node, (ast.Attribute, ast.Name)):
                dotted = _dotted(node)
                if dotted is not None:
                    first, _, rest = dotted.partition(".")
                    origin = known.get(first, first)
                    yield (f"{origin}.{rest}" if rest else origin), node.lineno

    def _imported_names(self) -> Iterator[tuple[str, str]]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.asname:
                        yield alias.asname, alias.name
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def modules() -> list[Module]:
    """Return every module of vault."""
    return [
        Module(
            ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"),
            path.read_text(encoding="utf-8"),
        )
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


def _definitions(
    node: ast.AST, name: str, *, public: bool
) -> Iterator[tuple[str, ast.ClassDef | Function, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            is_public = public and not child.name.startswith("_")
            yield f"{name}.{child.name}", child, is_public
            inside = is_public and isinstance(child, ast.ClassDef)
            yield from _definitions(child, f"{name}.{child.name}", public=inside)
        else:
            yield from _definitions(child, name, public=public)


def _is_private(name: str) -> bool:
    return any(part.startswith("_") and not part.startswith("__") for part in name.split("."))


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return None if inner is None else f"{inner}.{node.attr}"
    return None
