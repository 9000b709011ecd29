"""What went wrong, in three lines and an exit code; the only place that decides either.

Every exception becomes a `VaultError` first: those raised on purpose are one already, click's are
bad usage, the system's say that storage failed, and anything else is a bug in vault.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import click

from vault.cli.frame.guesses import guessed_option
from vault.cli.frame.invocation import Invocation
from vault.cli.show.terminal import broken_at_words
from vault.errors import (
    AnswerIsNo,
    Conflict,
    Corrupt,
    Interrupted,
    InvalidExpression,
    InvalidInput,
    InvalidText,
    NotFound,
    StorageFailed,
    VaultError,
)
from vault.presentation.escaping import escape

CUT_OFF = 141
"""The exit code when the reader of standard output went away, as a shell reports SIGPIPE."""

HINTS: dict[type[VaultError], str] = {
    AnswerIsNo: "`vault status` shows where things stand",
    InvalidExpression: "docs/reference/expressions.md tells what can be written",
    InvalidInput: "`vault help COMMAND` shows what a command takes",
    NotFound: "`vault status` and `vault log` show what there is",
    Conflict: "`vault status` shows what is in the way",
    StorageFailed: "the repository was not changed: remove the cause and run the command again",
    Corrupt: "`vault fsck` tells what is damaged",
    Interrupted: "`vault status` shows where things stand",
    VaultError: "run it again with -v and report what it prints",
}
"""The next step for an error that names none, by its class."""


def report_failure(error: BaseException, invocation: Invocation) -> int:
    """Print what the user should know about an error and return the exit code. Never raises.

    Three lines on standard error; with `--json` also a document on standard output, unless the
    command printed its own already; with `-v` a traceback before the lines of a bug.
    """
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    if isinstance(error, BrokenPipeError) and _output_is_closed():
        _discard_output()
        return CUT_OFF
    shown = as_vault_error(error)
    try:
        if shown.code in ("bug", "out-of-memory") and invocation.wants_details():
            _print_traceback(error)
        lines = three_lines(shown)
        if sys.stderr.isatty():
            # What stands below an expression points at its place: it must not move.
            shown_lines = (
                line if line.startswith(" ") else broken_at_words(line)
                for line in lines.splitlines()
            )
            lines = "".join(f"{line}\n" for line in shown_lines)
        sys.stderr.write(lines)
        sys.stderr.flush()
        if invocation.wants_json() and not invocation.emitted:
            from vault.cli.frame.render import write
            from vault.presentation.report_json import json_document

            write(json_document({"error": _fields(shown)}))
        sys.stdout.flush()
    except (OSError, ValueError):
        _discard_output()  # nobody is left to read it; the exit code still tells
    return shown.exit_code


def three_lines(error: VaultError) -> str:
    """Return `error:`, `hint:` and `code:`, each on one line whatever the message holds.

    Below the message of an expression stands the part of it that is meant.
    """
    excerpt = error.excerpt if isinstance(error, InvalidText) else ()
    lines = (
        f"error: {_one_line(error.message)}",
        *(f"{'':9}{escape(line)}" for line in excerpt),
        f"hint:  {_one_line(hint_of(error))}",
        f"code:  {_one_line(error.code)}",
    )
    return "".join(f"{line}\n" for line in lines)


def hint_of(error: VaultError) -> str:
    """Return the error's own hint, else that of the nearest class that has one."""
    if error.hint:
        return error.hint
    return next(HINTS[kind] for kind in type(error).__mro__ if kind in HINTS)


def as_vault_error(error: BaseException) -> VaultError:
    """Return the error that stands for any exception: itself, or one made of it."""
    if isinstance(error, VaultError):
        return error
    if isinstance(error, (KeyboardInterrupt, click.Abort, EOFError)):
        return Interrupted("stopped before it was done", code="interrupted")
    if isinstance(error, click.ClickException):
        return _from_click(error)
    if isinstance(error, OSError):
        return _from_system(error)
    if isinstance(error, MemoryError):
        return StorageFailed(
            "the computer ran out of memory",
            code="out-of-memory",
            hint="the repository was not changed: close other programs, or give it smaller files",
        )
    detail = str(error).strip()
    return VaultError(
        f"a bug in vault: {type(error).__name__}{': ' if detail else ''}{detail}",
        code="bug",
    )


def _from_click(error: click.ClickException) -> InvalidInput:
    path = "vault"
    if isinstance(error, click.UsageError) and error.ctx is not None:
        path = error.ctx.command_path
    hint = f"`{path} --help` shows what it takes"
    message = error.format_message().strip().rstrip(".")
    message = message[:1].lower() + message[1:]
    if isinstance(error, click.NoSuchOption):
        message = f"`{path}` has no option {error.option_name}"
        close = guessed_option(error.option_name, error.possibilities or ())
        if close is not None:
            hint = f"did you mean {close}? {hint}"
    return InvalidInput(message, code="usage", hint=hint)


def _from_system(error: OSError) -> StorageFailed:
    reason = error.strerror or str(error) or type(error).__name__
    name = error.filename
    where = f' "{os.fsdecode(name)}"' if isinstance(name, (str, bytes)) else ""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return StorageFailed(
                f"no room to write{where}: {reason}",
                code="disk-full",
                hint="the repository was not changed: make room, `df -h .` shows how much there is",
            )
        case errno.EACCES | errno.EPERM:
            return StorageFailed(
                f"not allowed to use{where or ' a file'}: {reason}",
                code="permission-denied",
                hint="the repository was not changed: `ls -ld` shows whose it is",
            )
        case errno.EROFS:
            return StorageFailed(
                f"cannot write{where}: {reason}",
                code="read-only",
                hint="the repository was not changed: copy the repository to where you may write",
            )
        case errno.EMFILE | errno.ENFILE:
            return StorageFailed(
                f"too many files are open: {reason}",
                code="too-many-files",
                hint="the repository was not changed: `ulimit -n 4096` raises the limit",
            )
        case _:
            return StorageFailed(
                f"the system refused{where}: {reason}",
                code="storage-failed",
            )


def _one_line(value: str) -> str:
    return escape(" ".join(line.strip() for line in value.splitlines()))


def _fields(error: VaultError) -> dict[str, Any]:
    fields = {"code": error.code, "message": error.message, "hint": hint_of(error)}
    faults = error.excerpt if isinstance(error, InvalidText) else ()
    # The mark below an expression is for eyes, the faults of a file are for programs, too.
    return (
        fields
        if isinstance(error, InvalidExpression) or not faults
        else {**fields, "faults": faults}
    )


def _print_traceback(error: BaseException) -> None:
    import traceback

    text = "".join(traceback.format_exception(error))
    sys.stderr.write(escape(text, keep="\n\t"))


def _output_is_closed() -> bool:
    # EPIPE may also come from a remote; only the pipe that we print into is a reason to be quiet.
    import select

    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), select.POLLOUT)
        return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    except (AttributeError, OSError, ValueError):
        return True


def _discard_output() -> None:
    # What is still buffered would raise again when Python exits, with a message of its own.
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass
