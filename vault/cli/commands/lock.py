"""`vault lock`: are exported files as vault.lock has them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation, folders_above
from vault.cli.frame.render import emit, hint
from vault.cli.show.subsets.lock_text import check_lines
from vault.errors import NotFound
from vault.presentation.shell_words import shown_word, shown_words

if TYPE_CHECKING:
    from vault.operations.locks.check import LockCheck


@options.command(example="vault lock --check\nvault lock --check --present data/train.jsonl")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--check", is_flag=True, help="Exit with 1 if a file is edited or missing.")
@click.option("--present", is_flag=True, help="Leave out files that are not there.")
def command(invocation: Invocation, files: tuple[str, ...], check: bool, present: bool) -> int:
    """Show how the files that vault.lock lists stand: unedited, edited, missing, or stale.

    A stale file is unedited, and of a branch that holds something else by now. With --check, an
    edited or a missing file ends with exit code 1: for a pre-commit hook, with --present.
    """
    report = _checked(invocation, files, present)
    emit(invocation, report, lambda report: check_lines(report, invocation.verbose))
    by_state = {each.state.value: each for each in report.items}
    if "edited" in by_state:
        path = shown_word(by_state["edited"].path)
        hint(invocation, f"`vault export --locked {path} --force` writes it again, without edits")
    if "missing" in by_state:
        path = shown_word(by_state["missing"].path)
        hint(invocation, f"`vault export --locked {path}` writes it again")
    if "stale" in by_state:
        words = shown_words(["vault", *by_state["stale"].command])
        hint(invocation, f"`{words}` writes what the branch holds now")
    return 1 if check and not report.ok else 0


def _checked(invocation: Invocation, files: tuple[str, ...], present: bool) -> LockCheck:
    """Ask the repository, or the lock alone where there is none, as in a clone from git."""
    try:
        repository = invocation.repository()
    except NotFound as error:
        folder = next((each for each in folders_above() if (each / "vault.lock").exists()), None)
        if error.code != "repository-not-found" or folder is None:
            raise
        from vault.repository.entrance import check_lock

        return check_lock(folder, files, present=present)
    return repository.check_lock(files, present=present)
