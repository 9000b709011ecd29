"""Options and questions of the commands that ask models and cost money."""

from __future__ import annotations

import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import hint, write
from vault.errors import AlreadyExists, Conflict, StorageFailed

_CODES = {"done": 0, "submitted": 0, "unreachable": 5, "refused": 5, "interrupted": 130}
_GOES_ON = ("interrupted", "unreachable", "refused", "quota", "seeds-missing")
_RAISED = {"budget": "--budget", "tokens": "--budget-tokens", "requests": "--max-requests"}
"""The option that lets a run go on that has reached its limit."""


class Money(click.ParamType[Decimal]):
    """An amount of money, exact."""

    name = "usd"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        """Return an amount of money: never a float, which is none."""
        try:
            return Decimal(value)
        except InvalidOperation:
            self.fail(f"{value!r} is no amount, such as 2.50", param, ctx)


def require_agreed(invocation: Invocation, question: str, *, has_price: bool) -> None:
    """Ask about the price of a run; without anybody to ask refuse it.

    Raises Conflict (`cost-unconfirmed`).
    """
    if sys.stdin is None or not sys.stdin.isatty() or invocation.json:
        raise Conflict(question, code="cost-unconfirmed", hint=_how_to_agree(has_price))
    invocation.clear_progress()
    if not click.confirm(f"{question}. Go on?", default=False, err=True):
        raise click.Abort


def _how_to_agree(has_price: bool) -> str:
    if has_price:
        return "set a limit with --budget or --budget-tokens, or say --yes"
    # A budget in money needs a price.
    return 'set a limit with --budget-tokens; for a server of your own write price = "none"'


def write_new_file(invocation: Invocation, file: str, text: str, command: str) -> None:
    """Write a file to begin with, and tell the command that uses it: `{}` is the file.

    Raises AlreadyExists (`file-exists`), StorageFailed (`file-unwritable`).
    """
    try:
        with Path(file).open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise AlreadyExists(
            f"{file} exists", code="file-exists", hint="name another file, or move it away"
        ) from None
    except OSError as error:
        raise StorageFailed(
            f"{file} cannot be written: {error.strerror}",
            code="file-unwritable",
            hint="name a file in a folder that you may write to",
        ) from None
    if not invocation.quiet:
        write(file)
    hint(invocation, f"edit it, then `{command.format(file)}`")


def exit_code(stopped: str) -> int:
    """Return the exit code of a run, by the word for why it ended."""
    return _CODES.get(stopped, 1)


def how_it_goes_on(command: str, run: str, stopped: str) -> str | None:
    """Return what lets a run go on that stopped; None where going on alone does not help."""
    if stopped in _RAISED:
        option = _RAISED[stopped]
        return f"`vault {command} --resume {run} {option} N` goes on; N is the total of the run"
    if stopped in _GOES_ON:
        return f"`vault {command} --resume {run}` goes on, and buys nothing again"
    return None


def batch_hint(command: str, run: str, stopped: str) -> str:
    """Return what to do about a batch that is `submitted`, or that came back `short`."""
    if stopped == "submitted":
        return (
            f"`vault {command} --resume {run}` fetches the answers, "
            f"`vault runs cancel {run}` cancels the batch"
        )
    return f"`vault {command} --resume {run} --batch` submits the rest"
