"""docs/reference/python.md, from the docstrings and signatures of what a program may use."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, is_typeddict

import vault
from vault.repository import Repository

_FUNCTIONS = ("open", "load", "init", "provenance", "check_lock", "doctor")
_VALUE_ROOMS = ("vault.operations", "vault.dataset", "vault.session", "vault.objects")
_SPOKEN = {"__len__": "len({})", "__iter__": "for example in {}", "__getitem__": "{}[at]"}
_NAME = re.compile(r"\b[A-Z]\w+")


def python_page(*, note: str) -> str:
    """Return the reference of the Python library; imports every module that defines a value."""
    lines = [note, "", "# Python", "", inspect.cleandoc(vault.__doc__ or ""), ""]
    lines += ["```python", "import vault", "", 'repository = vault.open("support")']
    lines += ['snapshot = repository.snapshot("v1")', "```", ""]
    lines += ["What goes wrong is raised as a class of `vault.VaultError`; every error has a code"]
    lines += ["that is listed in [errors](errors.md).", "", "## Functions", ""]
    for name in _FUNCTIONS:
        lines += _callable(f"vault.{name}", getattr(vault, name))
    shown = _Values()
    for kind, name in ((Repository, "repository"), (vault.Snapshot, "snapshot")):
        lines += [f"## {kind.__name__}", "", inspect.cleandoc(kind.__doc__ or ""), ""]
        lines += _spoken(kind, name)
        for method, member in _members(kind):
            owner = kind.__name__ if inspect.ismethod(member) else name
            lines += _member(f"{owner}.{method}", member)
            shown.mention(member)
    shown.mention(*(getattr(vault, name) for name in _FUNCTIONS))
    lines += ["## Example", "", *_value(vault.Example, skip_heading=True)]
    for _, member in _members(vault.Example):
        shown.mention(member)
    lines += ["## Values", "", "What methods return and take, by name.", ""]
    for each in shown.sorted():
        lines += _value(each)
    return "\n".join(lines).rstrip() + "\n"


class _Values:
    """The values that are mentioned in signatures, docstrings and fields, directly or not."""

    def __init__(self) -> None:
        self._known = dict(_defined_values())
        self._found: dict[str, type] = {}

    def mention(self, *members: Any) -> None:
        """Take in all values that a function or property speaks of."""
        for member in members:
            function = member.fget if isinstance(member, property) else member
            annotations = getattr(function, "__annotations__", {})
            texts = [*map(str, annotations.values()), inspect.getdoc(function) or ""]
            self._add(" ".join(texts))

    def sorted(self) -> list[type]:
        """Return all values by name."""
        return [self._found[name] for name in sorted(self._found)]

    def _add(self, text: str) -> None:
        for name in _NAME.findall(text):
            kind = self._known.get(name)
            if kind is not None and name not in self._found:
                self._found[name] = kind
                if not issubclass(kind, enum.Enum):
                    self._add(" ".join(_public_fields(kind).values()))


def _defined_values() -> Iterator[tuple[str, type]]:
    """Yield the name and class of every dataclass and enum of the rooms that define values."""
    for room in _VALUE_ROOMS:
        package = importlib.import_module(room)
        for found in pkgutil.walk_packages(package.__path__, f"{room}."):
            module = importlib.import_module(found.name)
            for name, each in vars(module).items():
                is_own = isinstance(each, type) and each.__module__ == module.__name__
                if is_own and _is_value(each) and not name.startswith("_"):
                    yield name, each


def _is_value(kind: type) -> bool:
    if kind is vault.Example:
        return False
    is_tuple = issubclass(kind, tuple) and hasattr(kind, "_fields")
    return dataclasses.is_dataclass(kind) or is_tuple or issubclass(kind, enum.Enum)


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties of a class, its own first, then those of bases."""
    seen: set[str] = set()
    for each in kind.__mro__[:-1]:
        for name, member in vars(each).items():
            if name.startswith("_") or name in seen:
                continue
            seen.add(name)
            bound = getattr(kind, name) if isinstance(member, classmethod) else member
            if isinstance(bound, property) or callable(bound):
                yield name, bound


def _spoken(kind: type, name: str) -> list[str]:
    """Return what the language's own words do with a value: its length, going through it."""
    lines: list[str] = []
    for method, written in _SPOKEN.items():
        if method in vars(kind):
            text = inspect.cleandoc(vars(kind)[method].__doc__ or "")
            lines += [f"### {written.format(name)}", "", text, ""]
    return lines


def _member(name: str, member: Any) -> list[str]:
    if not isinstance(member, property):
        return _callable(name, member)
    return [f"### {name}", "", inspect.getdoc(member) or "", ""]


def _callable(name: str, function: Callable[..., Any]) -> list[str]:
    signature = inspect.signature(function)
    given = [each for each in signature.parameters.values() if each.name not in ("self", "cls")]
    returned = signature.return_annotation
    words = _parameters(given)
    call = f"{name}({', '.join(words)}) -> {returned}"
    if len(call) > 96:
        lines = "".join(f"    {each},\n" for each in words)
        call = f"{name}(\n{lines}) -> {returned}"
    text = inspect.getdoc(function) or ""
    return [f"### {name}", "", "```python", call, "```", "", text, ""]


def _parameters(given: list[inspect.Parameter]) -> list[str]:
    """Return parameters as they are written in a definition, with their types."""
    words: list[str] = []
    for each in given:
        if each.kind in (each.KEYWORD_ONLY, each.VAR_KEYWORD) and "*" not in words:
            words.append("*")
        if each.kind is each.VAR_KEYWORD:
            words += _keywords(str(each.annotation))
            continue
        name, equals, default = str(each.replace(annotation=each.empty)).partition("=")
        kind = "" if each.annotation is each.empty else f": {each.annotation}"
        ending = f" = {default}" if equals and kind else f"{equals}{default}"
        words.append(f"{name}{kind}{ending}".replace("'", '"'))
    return words


def _keywords(annotation: str) -> list[str]:
    """Return the keyword arguments that a table unpacks to; `...` is the default of the value."""
    name = annotation.removeprefix("Unpack[").removesuffix("]")
    words = []
    for argument, given in _argument_tables()[name].__annotations__.items():
        kind = str(getattr(given, "__forward_arg__", given))
        is_required = kind.startswith("Required[")
        kind = kind.removeprefix("Required[").removesuffix("]") if is_required else kind
        words.append(f"{argument}: {kind}" if is_required else f"{argument}: {kind} = ...")
    return words


@cache
def _argument_tables() -> dict[str, type]:
    """Return the tables of keyword arguments by name."""
    tables: dict[str, type] = {}
    for room in (*_VALUE_ROOMS, "vault.repository"):
        package = importlib.import_module(room)
        for found in pkgutil.walk_packages(package.__path__, f"{room}."):
            module = importlib.import_module(found.name)
            tables |= {name: each for name, each in vars(module).items() if is_typeddict(each)}
    return tables


def _value(kind: type, *, skip_heading: bool = False) -> list[str]:
    lines = [] if skip_heading else [f"### {kind.__name__}", ""]
    lines += [inspect.cleandoc(kind.__doc__ or ""), ""]
    if issubclass(kind, enum.Enum):
        values = ", ".join(f"`{each.value}`" for each in kind)
        return [*lines, f"One of {values}.", ""]
    lines += ["| field | type |", "|---|---|"]
    for field, type_ in _public_fields(kind).items():
        shown = type_.replace("|", "\\|")
        lines.append(f"| `{field}` | `{shown}` |")
    lines.append("")
    for name, member in _members(kind):
        if isinstance(member, property):
            lines += [f"`{name}`: {inspect.getdoc(member)}", ""]
    return lines


def _public_fields(kind: Any) -> dict[str, str]:
    """Return the fields of a dataclass or named tuple, and the text of each one's type."""
    if dataclasses.is_dataclass(kind):
        given = {each.name: str(each.type) for each in dataclasses.fields(kind)}
    else:
        # typing wraps what was written in the source once more.
        given = {
            name: str(getattr(each, "__forward_arg__", each))
            for name, each in kind.__annotations__.items()
        }
    return {name: each for name, each in given.items() if not name.startswith("_")}
