"""A text in the user's editor: `$VISUAL`, `$EDITOR`, else one that is installed, run as git does.

The text goes through a file of its own, which only its user can read. It is removed once what was
typed is recorded; whatever else happens, a file that was changed stays and its path is told.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import warn
from vault.errors import InvalidInput
from vault.presentation.shell_words import shown_word

_INSTALLED = ("vi", "nano", "notepad")
_NOT_STARTED = (126, 127)
"""Exit codes of a shell that could not start a program."""

_PREFIX = "vault-edit-"


@contextmanager
def edited_bytes(
    invocation: Invocation, text: bytes, *, name: str, ending: str, again: str
) -> Iterator[bytes]:
    """Give what a person made of a text in an editor, without the line feed that ends its file.

    The file's name has `name` in it and ends in `ending`. If the body raises, a file that was
    changed, and not emptied, is kept: a warning tells where, and that `again` goes on with the file
    as its input. Raises InvalidInput (`editor-missing`, `editor-failed`), OSError.
    """
    editor = _editor()
    invocation.clear_progress()
    descriptor, path_name = tempfile.mkstemp(ending, f"{_PREFIX}{name}-")
    path = Path(path_name)
    before = text + b"\n"
    try:
        with open(descriptor, "wb") as file:
            file.write(before)
        _run(editor, path)
        yield path.read_bytes().removesuffix(b"\n")
    except BaseException:
        if _holds_more(path, before):
            told = f"what you typed is in {path}; `{again} < {shown_word(path_name)}` goes on"
            warn(invocation, told)
        else:
            path.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)


def _holds_more(path: Path, before: bytes) -> bool:
    with contextlib.suppress(OSError):
        written = path.read_bytes()
        return written != before and bool(written.strip())
    return False


def _editor() -> str:
    """Return the words that start the editor, as a shell reads them."""
    is_dumb = os.environ.get("TERM", "dumb") == "dumb"
    named = ("EDITOR",) if is_dumb else ("VISUAL", "EDITOR")
    for variable in named:
        editor = os.environ.get(variable, "")
        if editor.strip():
            return editor
    if sys.stdin is not None and sys.stdin.isatty() and not is_dumb:
        found = next(filter(shutil.which, _INSTALLED), None)
        if found is not None:
            return found
    raise InvalidInput(
        "no editor is known: neither VISUAL nor EDITOR is set"
        + ("" if not is_dumb else ", and the terminal cannot show one"),
        code="editor-missing",
        hint="set EDITOR, or pipe the record in: `vault edit EXAMPLE - < FILE`",
    )


def _run(editor: str, path: Path) -> None:
    """Run an editor on a file and wait for it. Raises InvalidInput (`editor-failed`)."""
    command: list[str] | str = ["sh", "-c", f'{editor} "$@"', editor, str(path)]
    if os.name == "nt":
        command = f'{editor} "{path}"'
    # What is printed for another program must not have an editor's screen in it.
    screen = None if sys.stdout.isatty() else sys.stderr
    child = subprocess.Popen(command, stdout=screen, shell=os.name == "nt")
    # Control-C belongs to the editor: this process ends when it does.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        code = child.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    if code:
        ended = f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"
        raise InvalidInput(
            f"the editor `{editor}` {ended}, so nothing was changed",
            code="editor-failed",
            hint="set EDITOR to one that is there, or pipe the record in: `vault edit EXAMPLE -`"
            if code in _NOT_STARTED
            else "run the command again to edit it",
        )
