"""The reference of error codes, read from the source: wherever an error class is called.

A code must be a literal there, so that the list is complete; a test holds the source to it.
"""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vault import errors

CLASSES: dict[str, type[errors.VaultError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, errors.VaultError)
}
"""Every class of error by name; all are in `vault.errors`."""


@dataclass(frozen=True, slots=True)
class RaisedError:
    """One place where an error is made; `code` is None when it is not a literal there."""

    code: str | None
    kind: str
    message: str
    module: str
    line: int


def raised_errors(package: Path) -> list[RaisedError]:
    """Return every error that the modules below `package` make, by module and line."""
    found: list[RaisedError] = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        module = ".".join(parts).removesuffix(".__init__")
        found.extend(errors_in(path.read_text(encoding="utf-8"), module))
    return found


def errors_in(source: str, module: str) -> Iterator[RaisedError]:
    """Yield every error that one module's source makes; its `message` has `{…}` for values."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else None
        name = function.id if isinstance(function, ast.Name) else name
        if name not in CLASSES:
            continue
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        message = node.args[0] if node.args else keywords.get("message")
        code = keywords.get("code")
        literal = code.value if isinstance(code, ast.Constant) else None
        yield RaisedError(
            literal if isinstance(literal, str) else None,
            name,
            "…" if message is None else _template(message),
            module,
            node.lineno,
        )


def error_page(package: Path, *, note: str) -> str:
    """Return the page that lists every code with its exit code, messages and modules."""
    by_code: dict[str, list[RaisedError]] = defaultdict(list)
    for raised in raised_errors(package):
        if raised.code is not None:
            by_code[raised.code].append(raised)
    lines = [note, "", "# Error codes", "", "A code is never renamed or given another meaning.", ""]
    lines += ["| exit | what it means |", "|---|---|"]
    for kind in CLASSES.values():
        lines.append(f"| {kind.exit_code} | {kind.__name__}: {_first_sentence(kind)} |")
    lines += ["", "| code | exit | message | from |", "|---|---|---|---|"]
    for code, places in sorted(by_code.items()):
        exits = sorted({CLASSES[place.kind].exit_code for place in places})
        messages = "<br>".join(dict.fromkeys(_cell(place.message) for place in places))
        modules = ", ".join(sorted({f"`{place.module}`" for place in places}))
        lines.append(f"| `{code}` | {', '.join(map(str, exits))} | {messages} | {modules} |")
    return "\n".join(lines) + "\n"


def _template(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_template, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _template(node.left) + _template(node.right)
    inner = node.value if isinstance(node, ast.FormattedValue) else node
    name = inner.attr if isinstance(inner, ast.Attribute) else None
    name = inner.id if isinstance(inner, ast.Name) else name
    return "{" + (name or "…") + "}"


def _first_sentence(kind: type) -> str:
    return (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ")


def _cell(text: str) -> str:
    escaped = " ".join(text.split()).replace("|", "\\|")
    return escaped.replace("<", "&lt;")
