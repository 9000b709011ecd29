"""One call of the command line: its global options, and what commands need from the outside.

The environment, the clock and the working folder are read here, so that commands pass them on as
arguments and nothing below the command line asks for them.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vault.errors import InvalidInput, NotFound
from vault.progress import Progress, silent

if TYPE_CHECKING:
    from vault.repository import Repository

_GLOBAL_FLAGS = frozenset({"--json", "-q", "--quiet", "-v", "--verbose"})
_CREDENTIALS = re.compile(r"(?<=://)\S+(?=@)")
_SECRET_PARAMETERS = re.compile(
    r"(?i)([?&;][^=&;\s]*(?:token|key|secret|passw|sign|sig|credential|auth)[^=&;\s]*=)[^&;\s]+"
)


@dataclass(slots=True)
class Invocation:
    """The global options as far as they are parsed, and doors to repository, author and time.

    `arguments` are the words as typed. `emitted` is set once a document or text went to standard
    output, so that a later error does not print a second JSON document there.
    """

    arguments: tuple[str, ...] = ()
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    emitted: bool = False
    _progress: Progress | None = field(default=None, repr=False)

    def wants_json(self) -> bool:
        """Tell whether JSON is due, also when parsing failed before `--json` was reached."""
        return self.json or self._was_typed("--json")

    def wants_details(self) -> bool:
        """Tell whether `-v` was given, also when parsing failed before it was reached."""
        return self.verbose or self._was_typed("-v", "--verbose")

    def change_folder(self, path: str) -> None:
        """Go where `-C` says, so that every path typed is relative to there, as with git.

        Raises NotFound `folder-not-found`.
        """
        try:
            os.chdir(path)
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(
                f'there is no folder "{path}"',
                code="folder-not-found",
                hint="`-C` takes the path of a folder that exists",
            ) from None

    def root(self) -> Path:
        """Return the folder that holds `.vault/`: the working folder or the nearest one above.

        Raises NotFound `repository-not-found`.
        """
        from vault.config import find_root

        start = Path.cwd()
        root = find_root(start)
        if root is None:
            raise NotFound(
                f'there is no vault repository in "{start}" or in a folder above it',
                code="repository-not-found",
                hint="`vault init` makes one here",
            )
        return root

    def repository(self, *, writing: bool = False) -> Repository:
        """Open the repository that the working folder is in; errors as `root` and opening.

        Only what records something (`writing`) asks who acts: reading works without a name.
        """
        from vault.repository import Repository

        return Repository.open(
            self.root(),
            author=self.author() if writing else "unknown",
            clock=self.timestamp,
            command=_verb(),
            words=self.words(),
            progress=self.progress(),
        )

    def words(self) -> tuple[str, ...]:
        """Return the words as typed, to be recorded: without the options that all commands have.

        Passwords within addresses become `***`.
        """
        return tuple(_without_credentials(word) for word in own_words(self.arguments))

    def author(self) -> str:
        """Return who acts: `user.name` of `.vault/config.toml`, else the system's user name.

        Raises InvalidInput `author-unknown` when neither says, or `config-invalid`.
        """
        from vault.config import find_root, read_machine_configuration

        root = find_root(Path.cwd())
        name = read_machine_configuration(root).text("user.name") if root is not None else None
        if name is not None and name.strip():
            return name.strip()
        import getpass

        try:
            return getpass.getuser()
        except (KeyError, OSError, ImportError):
            raise InvalidInput(
                "the system does not say who you are",
                code="author-unknown",
                hint='write `user.name = "Your Name"` into .vault/config.toml',
            ) from None

    def now(self) -> datetime:
        """Return the current time in UTC, with its zone."""
        return datetime.now(UTC)

    def timestamp(self) -> str:
        """Return the current time as it is recorded: UTC in ISO 8601 with seconds."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def progress(self) -> Progress:
        """Return the bar or lines on standard error; with `-q` one that nobody sees."""
        if self.quiet:
            return silent
        if self._progress is None:
            from vault.cli.frame.progress_bar import ProgressBar

            self._progress = ProgressBar.on_standard_error()
        return self._progress

    def clear_progress(self) -> None:
        """Take a bar that is still drawn off the terminal, before other text is written."""
        if self._progress is not None:
            self._progress.finish()

    def _was_typed(self, *options: str) -> bool:
        end = self.arguments.index("--") if "--" in self.arguments else len(self.arguments)
        return any(option in self.arguments[:end] for option in options)


def folders_above() -> tuple[Path, ...]:
    """Return the working folder and those above it, the nearest first."""
    start = Path.cwd()
    return (start, *start.parents)


def own_words(arguments: tuple[str, ...]) -> list[str]:
    """Return the words of a command line without the options that every command has."""
    words: list[str] = []
    rest = iter(arguments)
    for word in rest:
        if word == "--":
            return [*words, word, *rest]
        if word == "-C":
            next(rest, None)
        elif word not in _GLOBAL_FLAGS and not (word.startswith("-C") and len(word) > 2):
            words.append(word)
    return words


def _without_credentials(word: str) -> str:
    shown = _SECRET_PARAMETERS.sub(r"\1***", _CREDENTIALS.sub("***", word))
    return shown.encode("utf-8", "backslashreplace").decode()


def _verb() -> str:
    """Return the names of the command that is running, such as `quarantine retry`."""
    import click

    names: list[str] = []
    context = click.get_current_context(silent=True)
    while context is not None and context.parent is not None:
        names.insert(0, context.info_name or "")
        context = context.parent
    return " ".join(names)
