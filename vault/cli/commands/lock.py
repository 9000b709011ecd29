"""`vault lock`: are exported files as vault.lock has them?"""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint
from vault.cli.show.subsets.lock_text import check_lines


@options.command(example="vault lock --check\nvault lock --check --present data/train.jsonl")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--check", is_flag=True, help="Exit with 1 if a file is edited or missing.")
@click.option("--present", is_flag=True, help="Leave out files that are not there.")
def command(invocation: Invocation, files: tuple[str, ...], check: bool, present: bool) -> int:
    """Show how the files that vault.lock lists stand: unedited, edited, missing, or stale.

    A stale file is unedited and of an older commit than HEAD, without a tag. With --check, an
    edited or a missing file ends with exit code 1: for a pre-commit hook, with --present.
    """
    report = invocation.repository().check_lock(files, present=present)
    emit(invocation, report, lambda report: check_lines(report, invocation.verbose))
    states = {each.state.value: each.path for each in report.items}
    if "edited" in states:
        hint(invocation, f"`vault import --replace {states['edited']}` takes the edits in")
    if "missing" in states:
        hint(invocation, f"`vault export --locked {states['missing']}` writes it again")
    elif "stale" in states and "edited" not in states:
        hint(invocation, f"`vault export -o {states['stale']}` writes the version of HEAD")
    return 1 if check and not report.ok else 0
