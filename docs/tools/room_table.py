"""The table of rooms in docs/architecture.md, from the contracts and the rooms' docstrings."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BEGIN = "<!-- rooms: generated from pyproject.toml and docstrings -->\n"
END = "<!-- end of rooms -->\n"


def with_room_table(page: str, root: Path) -> str:
    """Return a page with its table of rooms renewed. Raises ValueError if it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the page does not say where its table of rooms is")
    return f"{before}{BEGIN}\n{room_table(root)}\n{END}{after}"


def room_table(root: Path) -> str:
    """Return the table: rooms from the highest to the lowest, with what is in each."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    within = {each["containers"][0]: each for each in contracts if each["type"] == "layers"}
    lines = ["| room | what is in it | rooms within, each above the next |", "|---|---|---|"]
    for layer in within["vault"]["layers"]:
        for name in _names(layer):
            inner = within.get(f"vault.{name}")
            lines.append(f"| `{name}` | {_told(root / 'vault' / name)} | {_inner(inner)} |")
    return "\n".join(lines) + "\n"


def _names(layer: str) -> Iterator[str]:
    """Yield the rooms of a layer; those in parentheses are not built yet."""
    for name in layer.split("|"):
        if not name.strip().startswith("("):
            yield name.strip()


def _inner(contract: dict[str, Any] | None) -> str:
    if contract is None:
        return ""
    layers = [" · ".join(_names(layer)) for layer in contract["layers"]]
    return ", ".join(layer for layer in layers if layer)


def _told(path: Path) -> str:
    """Return the first paragraph of a room's docstring."""
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("|", "\\|")
