"""`vault help [COMMAND]`: the same page as `--help`."""

from __future__ import annotations

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.options import unknown_command
from vault.cli.frame.render import emit


@options.command(example="vault help\nvault help import")
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
def command(invocation: Invocation, words: tuple[str, ...]) -> None:
    """Show what vault does, or what one command takes."""
    context = click.get_current_context().find_root()
    for word in words:
        group = context.command
        found = group.get_command(context, word) if isinstance(group, click.Group) else None
        if found is None:
            known = group.list_commands(context) if isinstance(group, click.Group) else []
            raise unknown_command(context.command_path, word, known)
        context = click.Context(found, parent=context, info_name=word)
    emit(invocation, {"help": context.get_help()}, lambda report: [report["help"]])
