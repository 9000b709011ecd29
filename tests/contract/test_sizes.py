"""Folders, modules, classes and functions stay small enough to be read in one go."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from tests.contract.source import Module, modules

MODULE_LINES = 400
CLASS_LINES = 250
FUNCTION_LINES = 50
PARAMETERS = 8
FOLDER_MODULES = 20

EXCEPTIONS: dict[str, str] = {
    "vault.repository.repository": "holds the one class that has every command as a method",
    "vault.repository.repository.Repository": "one method a command, each a docstring and a call",
}
"""What may be larger, by full name, each with the reason. One that fits again must go."""


FREE_FOLDERS = {
    "vault.cli.commands": "one module a command, so the folder is its own list of contents",
}
"""Folders that may hold more modules, each with the reason. One that fits again must go."""


def crowded(names: Iterable[str]) -> dict[str, int]:
    """Return folders that hold too many modules, by their dotted names, and how many."""
    folders = Counter(name.rpartition(".")[0] for name in names)
    return {folder: count for folder, count in folders.items() if count > FOLDER_MODULES}


def modules_without_folders() -> list[str]:
    """Return the name of every module that is not the `__init__` of a folder."""
    names = [module.name for module in modules()]
    folders = {name.rpartition(".")[0] for name in names}
    return [name for name in names if name not in folders]


def offences(module: Module) -> Iterator[tuple[str, str]]:
    """Yield (full name, what is too large) for one module."""
    lines = len(module.text.splitlines())
    if lines > MODULE_LINES:
        yield module.name, f"{lines} lines, at most {MODULE_LINES}"
    for name, node, _ in module.definitions():
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        limit = CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES
        if lines > limit:
            yield name, f"{lines} lines, at most {limit}"
        if not isinstance(node, ast.ClassDef) and not _is_command(node):
            count = _parameters(node)
            if count > PARAMETERS:
                yield name, f"{count} parameters, at most {PARAMETERS}"


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    given += [extra for extra in (node.args.vararg, node.args.kwarg) if extra is not None]
    return len([argument for argument in given if argument.arg not in ("self", "cls")])


def _is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    # A command has one parameter per option because click passes them so, not by design.
    return any(
        ast.unparse(decorator).startswith("options.command(") for decorator in node.decorator_list
    )


def test_nothing_is_larger_than_the_house_allows() -> None:
    found = dict(offence for module in modules() for offence in offences(module))
    unexcused = [f"{name}: {what}" for name, what in found.items() if name not in EXCEPTIONS]
    assert not unexcused, "too large:\n" + "\n".join(unexcused)


def test_an_exception_that_is_no_longer_needed_is_removed() -> None:
    found = dict(offence for module in modules() for offence in offences(module))
    stale = [name for name in EXCEPTIONS if name not in found]
    assert not stale, f"take these out of EXCEPTIONS: {stale}"


def test_no_folder_is_crowded() -> None:
    found = crowded(modules_without_folders())
    unexcused = {folder: count for folder, count in found.items() if folder not in FREE_FOLDERS}
    assert not unexcused, f"at most {FOLDER_MODULES} modules in a folder: {unexcused}"


def test_a_folder_that_is_no_longer_crowded_is_no_exception() -> None:
    found = crowded(modules_without_folders())
    stale = [folder for folder in FREE_FOLDERS if folder not in found]
    assert not stale, f"take these out of FREE_FOLDERS: {stale}"


def test_a_crowded_folder_is_found() -> None:
    names = [f"vault.room.module{number}" for number in range(FOLDER_MODULES)]
    assert crowded(names) == {}
    assert crowded([*names, "vault.room.one_more"]) == {"vault.room": FOLDER_MODULES + 1}


def test_every_exception_says_why() -> None:
    reasons = [*EXCEPTIONS.values(), *FREE_FOLDERS.values()]
    assert all(len(reason.split()) >= 3 for reason in reasons)


def test_the_measure_finds_what_is_too_large() -> None:
    body = "    x = 1\n"
    long_function = "def long():\n" + body * 51
    wide = "def wide(a, b, c, d, e, f, *, g, h, i): ...\n"
    long_class = "class Long:\n" + "    def m(self): ...\n" * 251
    module = Module("vault.sample", long_function + wide + long_class + "\n" * 100)
    assert [name for name, _ in offences(module)] == [
        "vault.sample",
        "vault.sample.long",
        "vault.sample.wide",
        "vault.sample.Long",
    ]


def test_a_command_may_have_as_many_options_as_it_needs() -> None:
    text = "@options.command(example='')\ndef command(i, a, b, c, d, e, f, g, h, j): ...\n"
    assert not list(offences(Module("vault.cli.commands.sample", text)))
