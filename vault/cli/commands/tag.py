"""`vault tag`: names of versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.terminal import paint, short_id, shorten, table
from vault.errors import InvalidInput
from vault.presentation.escaping import escape

if TYPE_CHECKING:
    from vault.operations.history.tag import TagReport


@options.command(example="vault tag\nvault tag v1\nvault tag v1 HEAD~2 -m 'before the clean-up'")
@click.argument("name", required=False)
@click.argument("revision", required=False, metavar="[REV]")
@click.option("-m", "message", metavar="TEXT", help="What this version is.")
@click.option("-d", "delete", is_flag=True, help="Delete the tag; its commit stays.")
@click.option("-f", "force", is_flag=True, help="Move the tag if it is somewhere else.")
def command(
    invocation: Invocation,
    name: str | None,
    revision: str | None,
    message: str | None,
    delete: bool,
    force: bool,
) -> None:
    """List the names of versions; or name one: HEAD, unless REV says which."""
    _check(name, revision, message, delete, force)
    if name is None:
        report = invocation.repository().tags()
        emit(invocation, report, lambda report: _list(report, invocation.verbose))
        if not report.tags:
            hint(invocation, "there is no tag yet: `vault tag v1` names the newest commit")
        return
    repository = invocation.repository(writing=True)
    if delete:
        report = repository.delete_tag(name)
        said = "deleted the tag {name}, which was at {commit}"
        emit(invocation, report, lambda report: _say(report, said, invocation.verbose))
        gone = report.tags[0]
        hint(invocation, f"`vault tag {gone.name} {gone.commit[:12]}` brings it back")
    else:
        report = repository.tag(name, revision, message=message, replace=force)
        said = "{name} is now the name of {commit}"
        emit(invocation, report, lambda report: _say(report, said, invocation.verbose))


def _check(
    name: str | None, revision: str | None, message: str | None, delete: bool, force: bool
) -> None:
    if name is None and (message is not None or delete or force):
        raise InvalidInput("name the tag", code="tag-name-missing", hint="write `vault tag NAME`")
    if delete and (revision is not None or message is not None or force):
        raise InvalidInput(
            "-d deletes a tag and takes its name only",
            code="tag-delete-alone",
            hint=f"write `vault tag -d {name}`",
        )


def _list(report: TagReport, verbose: bool) -> Iterator[str]:
    rows = [
        (paint(tag.name, bold=True), short_id(tag.commit, verbose), shorten(tag.message or "", 50))
        for tag in report.tags
    ]
    yield from table(rows)


def _say(report: TagReport, said: str, verbose: bool) -> Iterator[str]:
    for tag in report.tags:
        yield said.format(name=escape(tag.name), commit=short_id(tag.commit, verbose))
