"""`vault branch`: lines of history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.terminal import paint, short_id, table
from vault.errors import InvalidInput
from vault.presentation.escaping import escape

if TYPE_CHECKING:
    from vault.operations.history.branches import BranchReport, NamedBranch


@options.command(example="vault branch\nvault branch experiment\nvault branch -d experiment")
@click.argument("name", required=False)
@click.argument("revision", required=False, metavar="[REV]")
@click.option("-d", "delete", is_flag=True, help="Delete the branch, if nothing is lost with it.")
@click.option("-D", "force_delete", is_flag=True, help="Delete it, whatever is lost with it.")
@click.option("-m", "rename", is_flag=True, help="Rename: `-m NEW` the current one, `-m OLD NEW`.")
def command(
    invocation: Invocation,
    name: str | None,
    revision: str | None,
    delete: bool,
    force_delete: bool,
    rename: bool,
) -> None:
    """List branches; or make one: at HEAD, unless REV says where. `vault switch` goes there."""
    _check(name, revision, delete or force_delete, rename)
    if name is None:
        report = invocation.repository().branches()
        emit(invocation, report, lambda report: _list(report, invocation.verbose))
        return
    repository = invocation.repository(writing=True)
    if delete or force_delete:
        report = repository.delete_branch(name, force=force_delete)
        stage = ", with what was staged there" if report.branches[0].staged else ""
        _say(invocation, report, f"deleted the branch {{name}}, which was at {{commit}}{stage}")
        hint(invocation, "`vault undo` brings it back")
    elif rename:
        old, new = (None, name) if revision is None else (name, revision)
        report = repository.rename_branch(new, old=old)
        _say(invocation, report, "the branch is now called {name}")
    else:
        report = repository.branch(name, revision)
        _say(invocation, report, "made the branch {name} at {commit}")
        hint(invocation, f"`vault switch {name}` goes there")


def _check(name: str | None, revision: str | None, delete: bool, rename: bool) -> None:
    if name is None and (delete or rename):
        raise InvalidInput(
            "name the branch", code="branch-name-missing", hint="`vault branch` lists them"
        )
    if delete and (rename or revision is not None):
        raise InvalidInput(
            "-d and -D delete a branch and take its name only",
            code="branch-delete-alone",
            hint=f"write `vault branch -d {name}`",
        )


def _list(report: BranchReport, verbose: bool) -> Iterator[str]:
    if report.detached is not None:
        yield f"* on no branch, at {short_id(report.detached, verbose)}"
    yield from table([_row(each, verbose) for each in report.branches])


def _row(branch: NamedBranch, verbose: bool) -> tuple[str, ...]:
    mark = "*" if branch.current else " "
    name = paint(escape(branch.name), "green" if branch.current else None, bold=branch.current)
    commit = "no commit yet" if branch.commit is None else short_id(branch.commit, verbose)
    note = () if not branch.staged else ("changes staged",)
    return (f"{mark} {name}", commit, *note)


def _say(invocation: Invocation, report: BranchReport, said: str) -> None:
    def text(report: BranchReport) -> Iterator[str]:
        for each in report.branches:
            commit = "no commit" if each.commit is None else each.commit
            yield said.format(name=escape(each.name), commit=short_id(commit, invocation.verbose))

    emit(invocation, report, text)
