"""`vault completion SHELL`: the script that completes commands, options, revisions and files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import click

from vault.cli.completion.completion_scripts import SCRIPTS
from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, write
from vault.presentation.escaping import escape


@options.command(
    example='eval "$(vault completion bash)"\n'
    "vault completion fish > ~/.config/fish/completions/vault.fish"
)
@click.argument("shell", type=click.Choice(list(SCRIPTS)), metavar="bash|zsh|fish")
@click.option("--answer", type=int, hidden=True, help="The number of the word that is typed.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="")
def command(invocation: Invocation, shell: str, answer: int | None, words: tuple[str, ...]) -> None:
    """Print the script that lets a shell complete commands, options, revisions and files.

    Put the line of the example for your shell into its start-up file. The script is for both names
    of the program, `vault` and `dataset-vault`.
    """
    if answer is None:
        emit(invocation, {"script": SCRIPTS[shell]}, lambda report: report["script"].splitlines())
        return
    try:
        lines = list(_answers(words, answer))
    except Exception:
        # Whatever is wrong with the line, or the repository: it is told when the line is run.
        lines = []
    for line in lines:
        write(line)


def _answers(words: Sequence[str], number: int) -> Iterator[str]:
    """Yield a line for each value that the word of this number may become."""
    from click.shell_completion import ShellComplete

    from vault.cli.frame.main import root_group

    incomplete = words[number] if number < len(words) else ""
    # bash parts words at `=`; a value is a word of its own to us too.
    before = [os.path.expanduser(each) for each in words[1:number] if each != "="]
    if incomplete == "=":
        incomplete = ""
    shell = ShellComplete(root_group(), {"obj": Invocation()}, "vault", "")
    for item in shell.get_completions(before, incomplete):
        value, told = (escape(str(each or "")) for each in (item.value, item.help))
        yield f"{item.type}\t{value}\t{told}"
