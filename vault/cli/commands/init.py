"""`vault init [PATH]`: make a repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.errors import InvalidInput
from vault.presentation.escaping import escape

if TYPE_CHECKING:
    from vault.operations.history.init import InitReport


@options.command(example="vault init\nvault init support-data")
@click.argument("path", default=".", metavar="[PATH]")
def command(invocation: Invocation, path: str) -> None:
    """Make a repository in a folder: this one, unless PATH names another.

    Everything is kept in PATH/.vault, which git ignores by itself. In an existing repository
    nothing changes.
    """
    from vault.repository import Repository

    if not path:
        raise InvalidInput(
            "the path of the folder is empty",
            code="path-empty",
            hint="name a folder, or leave it out for this one: `vault init`",
        )
    report = Repository.init(Path(path), author=invocation.author(), now=invocation.timestamp())
    emit(invocation, report, _text)
    hint(invocation, "`vault import FILE` brings in examples")


def _text(report: InitReport) -> Iterator[str]:
    where = escape(str(report.path))
    if report.created:
        yield f"made an empty repository in {where}"
    else:
        yield f"there is a repository in {where} already; nothing changed"
