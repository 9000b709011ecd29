"""The entry point: finds the command, runs it, and turns what went wrong into an exit code.

Commands are loaded when they are called: neither `vault --help` nor another command imports them.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vault.cli.frame.command_table import COMMANDS, SECTIONS
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.options import GlobalOption, VaultGroup, global_options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SUMMARY = """Version control for the data that language models are fine-tuned on.

Import conversations, commit versions of them, see what changed word by word, and export exactly
the data that a run was trained on."""


class RootGroup(VaultGroup):
    """All commands of the table, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command and return the command, None for an unknown name."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        loaded = importlib.import_module(entry.module).command
        assert isinstance(loaded, click.Command), f"{entry.module}.command is not a command"
        loaded.name = entry.name
        return loaded

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections of the table, without importing a command."""
        width = max(map(len, COMMANDS), default=0)
        for section in SECTIONS:
            with formatter.section(section.title):
                formatter.write_dl(
                    [(entry.name.ljust(width), entry.summary) for entry in section.entries]
                )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, then the global options in full."""
        self.format_commands(ctx, formatter)
        options = [p for p in self.params if isinstance(p, GlobalOption)]
        with formatter.section("Everywhere, before or after the command"):
            formatter.write_dl([r for p in options if (r := p.get_help_record(ctx)) is not None])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return commands, or options, that begin with what was typed; imports no command."""
        from click.shell_completion import CompletionItem

        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        return [
            CompletionItem(entry.name, help=entry.summary)
            for entry in COMMANDS.values()
            if entry.name.startswith(incomplete)
        ]

    def run_default(self, ctx: click.Context) -> Any:
        """Bare `vault`: the status inside a repository, the help and where to begin outside."""
        if ctx.invoked_subcommand is not None:
            return None
        invocation = ctx.find_object(Invocation) or Invocation()
        from vault.config import find_root

        inside = find_root(Path.cwd()) is not None
        if inside and (status := self.get_command(ctx, "status")) is not None:
            return ctx.invoke(status)
        if invocation.json:
            invocation.root()  # raises: there is no document for the help
        click.echo(ctx.get_help())
        if not inside and not invocation.quiet:
            click.echo(
                "\nhint:  `vault init` makes a repository here; `vault demo` shows the main job",
                err=True,
            )
        return None


def root_group() -> RootGroup:
    """Return the command that stands for the whole program."""
    return RootGroup(
        name="vault",
        help=SUMMARY,
        example="vault init\nvault import train.jsonl\nvault commit -m 'round 1'",
        # Any default makes the bare program run `run_default`, which chooses for itself.
        default="status",
        params=global_options(),
        add_help_option=False,
        subcommand_metavar="COMMAND [ARGS]...",
        options_metavar="[OPTIONS]",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (`sys.argv` unless given) and return its exit code; never raises."""
    _open_closed_streams()
    arguments = list(sys.argv[1:] if argv is None else argv)
    invocation = Invocation(tuple(arguments))
    with _folder_kept(), _unencodable_shown():
        try:
            code = _run(arguments, invocation)
            sys.stdout.flush()
            return code
        except BaseException as error:
            from vault.cli.frame.failures import report_failure

            return report_failure(error, invocation)


def _run(arguments: list[str], invocation: Invocation) -> int:
    name = os.path.basename(sys.argv[0]) if sys.argv else ""
    program = name if name == "dataset-vault" else "vault"
    root = root_group()
    try:
        with root.make_context(program, arguments, obj=invocation) as context:
            answer = root.invoke(context)
    except click.exceptions.Exit as exit_request:
        return exit_request.exit_code
    finally:
        invocation.clear_progress()
    return answer if isinstance(answer, int) else 0


def _open_closed_streams() -> None:
    # `>&-` leaves None where a stream should be, and its number to the next file that is opened:
    # what is printed would end up in that file. An absent standard input stays None.
    if None not in (sys.stdin, sys.stdout, sys.stderr):
        return
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(nowhere, "w", encoding="utf-8"))


@contextlib.contextmanager
def _folder_kept() -> Iterator[None]:
    # `-C` changes the working folder; a program that calls `main` must not notice.
    try:
        before = os.open(".", os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.fchdir(before)
        os.close(before)


@contextlib.contextmanager
def _unencodable_shown() -> Iterator[None]:
    # A terminal that is not UTF-8 gets escapes instead of an exception half-way through a report.
    kept: list[tuple[Any, str]] = []
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and getattr(stream, "errors", None) == "strict":
            kept.append((stream, "strict"))
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        for stream, errors in kept:
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(errors=errors)


if __name__ == "__main__":
    sys.exit(main())
