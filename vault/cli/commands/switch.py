"""`vault switch`: go to another branch."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit
from vault.cli.show.switch_text import switch_lines


@options.command(example="vault switch main\nvault switch -c experiment")
@click.argument("name")
@click.option("-c", "create", is_flag=True, help="Make the branch first, at HEAD.")
@click.option("--take-stage", is_flag=True, help="With -c: bring along what is staged.")
def command(invocation: Invocation, name: str, create: bool, take_stage: bool) -> None:
    """Go to a branch; `-` is the one before.

    Each branch has a stage of its own: what is staged stays parked on the branch that you leave,
    and what was parked on the other one is staged again.
    """
    repository = invocation.repository(writing=True)
    report = repository.switch(name, create=create, take_stage=take_stage)
    emit(invocation, report, lambda report: switch_lines(report, invocation.verbose))
