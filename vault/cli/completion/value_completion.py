"""What can stand for a parameter's value, for a shell that completes words.

A parameter says by its metavar what it takes: `REV` a revision, `FILE` or `PATH` a file. So a new
command completes without a line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Values = Callable[[], Iterable[str]]
_WORD = re.compile(r"[A-Z]+")


class CompletedText(click.types.StringParamType):
    """A text for which a shell gets the values that there are, or the files where `values` is None.

    With `has_ranges` the value may be two joined by dots, as in `v1..HEAD`.
    """

    def __init__(self, values: Values | None, *, has_ranges: bool = False) -> None:
        self._values = values
        self._has_ranges = has_ranges

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the values that begin with what was typed."""
        from click.shell_completion import CompletionItem

        if self._values is None:
            return [CompletionItem(incomplete, type="file")]
        kept = ""
        if self._has_ranges and ".." in incomplete:
            kept = incomplete[: incomplete.rindex("..") + 2]
        found = dict.fromkeys(kept + each for each in self._values())
        return [CompletionItem(each) for each in found if each.startswith(incomplete)]


def complete_values(parameters: Iterable[click.Parameter], commands: Iterable[str]) -> None:
    """Let parameters that take any text complete what their metavar and name say.

    `commands` are the names that a parameter with the metavar `COMMAND` completes to.
    """
    for parameter in parameters:
        if type(parameter.type) is click.types.StringParamType:
            completed = _completed(parameter, commands)
            if completed is not None:
                parameter.type = completed


def revision_names() -> Iterable[str]:
    """Return HEAD, STAGE and all refs of the repository around the working folder."""
    from vault.config import find_root
    from vault.repository import Repository

    root = find_root(Path.cwd())
    return () if root is None else Repository.open(root).revision_names()


def _completed(parameter: click.Parameter, commands: Iterable[str]) -> CompletedText | None:
    shown = set(_WORD.findall(parameter.metavar or (parameter.name or "").upper()))
    if shown & {"REV", "A", "B"}:
        return CompletedText(revision_names, has_ranges=True)
    if shown & {"FILE", "PATH"}:
        return CompletedText(None)
    if "COMMAND" in shown:
        return CompletedText(lambda: commands)
    if isinstance(parameter, click.Argument):
        return CompletedText(revision_names) if shown & {"NAME", "BRANCH", "TAG"} else None
    return CompletedText(_kinds) if parameter.name == "format" else None


def _kinds() -> Iterable[str]:
    from vault.objects.conversation import Kind

    return [str(each) for each in Kind]
