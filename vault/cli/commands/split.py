"""`vault split`: look for leaks between the sides of a split."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.check_split import check_split
from vault.cli.frame.invocation import Invocation
from vault.errors import InvalidInput

_EXAMPLE = """\
vault split --check
vault split --check HEAD --against eval.jsonl"""


@options.command(example=_EXAMPLE)
@click.argument("revision", required=False)
@click.option(
    "--check", is_flag=True, help="Look for leaks between sides; exit 1 if there are any."
)
@click.option(
    "--against",
    multiple=True,
    metavar="REV|FILE",
    help="With --check: look for these evaluation examples too, on the training side.",
)
@click.option("--limit", default=20, metavar="N", help="Leaks of each kind that are shown (20).")
def command(
    invocation: Invocation,
    revision: str | None,
    check: bool,
    against: tuple[str, ...],
    limit: int,
) -> int:
    """Look for examples of one side of the split that another side gives away."""
    if not check:
        raise InvalidInput("split needs --check", code="usage", hint="`vault split --check`")
    return check_split(invocation, revision, against, limit)
