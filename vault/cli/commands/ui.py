"""`vault ui`: the explorer, in the browser, for as long as the command runs."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.conditions import condition_options
from vault.cli.frame.explorer import Asked, run_explorer
from vault.cli.frame.invocation import Invocation


@options.command(
    example="vault ui\nvault ui v1 --where \"source = 'round-2.jsonl'\"\n"
    "vault ui --name anna --name ben --no-browser"
)
@click.argument("revision", required=False, metavar="[REV]")
@condition_options
@click.option("--port", type=click.IntRange(1, 65_535), metavar="N", help="The port to listen on.")
@click.option("--no-browser", is_flag=True, help="Only print the link.")
@click.option("--read-only", is_flag=True, help="Show everything, change nothing.")
@click.option(
    "--show-scores",
    is_flag=True,
    help="Show what others and judges say of an example before one has answered.",
)
@click.option(
    "--name", "names", multiple=True, metavar="PERSON", help="Who labels; one link for each."
)
@click.option(
    "--host", metavar="ADDRESS", help="Listen beyond this machine; needs --allow-host too."
)
@click.option(
    "--allow-host",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Also answer by this host name, such as a proxy's.",
)
def command(
    invocation: Invocation,
    revision: str | None,
    where: tuple[str, ...],
    filters: tuple[str, ...],
    port: int | None,
    no_browser: bool,
    read_only: bool,
    show_scores: bool,
    names: tuple[str, ...],
    host: str | None,
    allowed: tuple[str, ...],
) -> None:
    """Show the repository in the browser: what is staged, or REV.

    Everything stays on this machine. The link opens one tab, once: Enter prints another, Ctrl-C
    stops the explorer.
    """
    asked = Asked(
        revision=revision,
        where=where,
        filters=filters,
        port=port,
        opens_browser=not no_browser,
        read_only=read_only,
        shows_scores=show_scores,
        people=names,
        host=host,
        allowed=allowed,
    )
    run_explorer(invocation, asked)
