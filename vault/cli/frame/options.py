"""What every command shares: the global options, the shape of its help, and the decorators.

A command module says `@options.command(...)` over a function that takes the `Invocation` first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec

import click

from vault.cli.completion.value_completion import complete_values
from vault.cli.frame.command_table import COMMANDS
from vault.cli.frame.invocation import Invocation
from vault.errors import InvalidInput
from vault.version import __version__

P = ParamSpec("P")

__all__ = ["Invocation", "VaultCommand", "VaultGroup", "command", "global_options", "group"]


class GlobalOption(click.Option):
    """An option that every command has, accepted before and after the command's name."""


class VaultCommand(click.Command):
    """A command whose help ends with an example and names the global options in one line."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then one line for those of every command."""
        own = [p for p in self.params if not isinstance(p, (GlobalOption, click.Argument))]
        records = [record for p in own if (record := p.get_help_record(ctx)) is not None]
        if records:
            with formatter.section("Options"):
                formatter.write_dl(records)
        names = ", ".join(p.opts[0] for p in self.params if isinstance(p, GlobalOption))
        with formatter.section("Everywhere"):
            formatter.write_text(f"{names}: see `vault --help`")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, one command a line, never wrapped."""
        if self.example:
            with formatter.section("Example"):
                for line in self.example.splitlines():
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")


class VaultGroup(VaultCommand, click.Group):
    """A command with verbs of its own (`vault quarantine list`); bare, it runs its default."""

    def __init__(self, *args: Any, default: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, invoke_without_command=default is not None, **kwargs)
        self.default = default
        self.callback = lambda: self.run_default(click.get_current_context())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs before the options."""
        self.format_commands(ctx, formatter)
        super().format_options(ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first word names, or suggest the one that was meant."""
        name = args[0]
        found = self.get_command(ctx, name)
        if found is not None:
            return name, found, args[1:]
        raise unknown_command(ctx.command_path, name, self.list_commands(ctx))

    def run_default(self, ctx: click.Context) -> Any:
        """Run the verb that stands for the bare group, when none was given."""
        if ctx.invoked_subcommand is None and self.default is not None:
            return ctx.invoke(self.commands[self.default])
        return None


def unknown_command(path: str, name: str, known: list[str]) -> InvalidInput:
    """Return the error for a word that names no command, with a harmless one like it as hint."""
    from vault.cli.frame.guesses import SYNONYMS, guessed_command

    same = SYNONYMS.get(name)
    close = None if same in known else guessed_command(name, known)
    listing = f"`{path} --help` lists the commands"
    return InvalidInput(
        f'`{path}` has no command "{name}"',
        code="unknown-command",
        hint=f"here that is `{path} {same}`; {listing}"
        if same in known
        else f"did you mean `{path} {close}`? {listing}"
        if close
        else listing,
    )


def command(
    *, example: str, name: str | None = None, parent: VaultGroup | None = None
) -> Callable[[Callable[Concatenate[Invocation, P], int | None]], click.Command]:
    """Make a command of a function: its docstring is the help, `example` lines end the help.

    The function takes the `Invocation`, then click's parameters by name; it returns None, or the
    exit code when the answer is no. `name` is for the verbs of a `parent` group; the name of a
    command in the table comes from there.
    """

    def decorate(function: Callable[Concatenate[Invocation, P], int | None]) -> click.Command:
        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> int | None:
            invocation = click.get_current_context().find_object(Invocation)
            assert invocation is not None, "main puts one into every context"
            _check_text(kwargs)
            return function(invocation, *args, **kwargs)

        make = click.command(
            name or function.__name__.rstrip("_"),
            cls=VaultCommand,
            params=global_options(),
            add_help_option=False,
            example=example,
        )
        made = make(run)
        complete_values(made.params, COMMANDS)
        if parent is not None:
            parent.add_command(made)
        return made

    return decorate


def _check_text(given: Mapping[str, Any]) -> None:
    """Refuse words that are not UTF-8: Python has half surrogates there, which nothing can store.

    Paths may be anything that the system takes, and names of sources are escaped where they are
    recorded. Raises InvalidInput (`not-utf8`).
    """
    for name, value in given.items():
        for word in value if isinstance(value, tuple) else (value,):
            if name in _ANY_BYTES or not isinstance(word, str):
                continue
            if any("\ud800" <= character <= "\udfff" for character in word):
                raise InvalidInput(
                    f'"{word}" is not UTF-8',
                    code="not-utf8",
                    hint="type it again; `locale` shows which encoding the terminal uses",
                )


_ANY_BYTES = frozenset({"files", "output", "path", "source", "round"})
"""Parameters that are paths or are recorded with their bytes escaped."""


def group(*, help: str, example: str, default: str | None = None) -> VaultGroup:
    """Make a command that has verbs; `default` names the one that runs when none is given."""
    return VaultGroup(
        help=help, example=example, default=default, params=global_options(), add_help_option=False
    )


def global_options() -> list[click.Parameter]:
    """Return new options of every command: `-C`, `--json`, `-q`, `-v`, `--version`, `--help`."""
    make = functools.partial(GlobalOption, is_eager=True, expose_value=False)
    flag = functools.partial(make, is_flag=True)
    made: list[click.Parameter] = [
        make(
            ["-C", "global_folder"],
            metavar="PATH",
            multiple=True,
            callback=_take_folder,
            help="Act as if started in this folder.",
        ),
        flag(["--json", "global_json"], callback=_take_json, help="Print one JSON document."),
        flag(
            ["-q", "--quiet", "global_quiet"],
            callback=_take_quiet,
            help="Print no text, progress or hints; only warnings and errors.",
        ),
        flag(
            ["-v", "--verbose", "global_verbose"],
            callback=_take_verbose,
            help="Print whole ids, and the traceback of an unexpected error.",
        ),
        flag(["--version", "global_version"], callback=_show_version, help="Print the version."),
        flag(["--help", "global_help"], callback=_show_help, help="Print this help."),
    ]
    complete_values(made, COMMANDS)
    return made


def _invocation(ctx: click.Context) -> Invocation:
    return ctx.ensure_object(Invocation)


def _take_folder(ctx: click.Context, param: click.Parameter, paths: tuple[str, ...]) -> None:
    for path in paths:
        _invocation(ctx).change_folder(path)


def _take_json(ctx: click.Context, param: click.Parameter, given: bool) -> None:
    _invocation(ctx).json |= given


def _take_quiet(ctx: click.Context, param: click.Parameter, given: bool) -> None:
    _invocation(ctx).quiet |= given


def _take_verbose(ctx: click.Context, param: click.Parameter, given: bool) -> None:
    _invocation(ctx).verbose |= given


def _show_version(ctx: click.Context, param: click.Parameter, given: bool) -> None:
    if given and not ctx.resilient_parsing:
        as_json = _invocation(ctx).wants_json()
        click.echo(f'{{"version":"{__version__}"}}' if as_json else f"vault {__version__}")
        ctx.exit()


def _show_help(ctx: click.Context, param: click.Parameter, given: bool) -> None:
    if given and not ctx.resilient_parsing:
        click.echo(ctx.get_help())
        ctx.exit()
