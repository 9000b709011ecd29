"""Where a repository is, and its settings: `.vault/config.toml` (machine), `vault.toml` (team).

Reads and checks types; what a setting means is known where it is used. Never writes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vault.errors import Corrupt, InvalidInput
from vault.layout import FORMAT_FILE, MACHINE_FILE, repository_folder
from vault.plain_files import PlainFolder, read_plain

MAX_SIZE_BYTES = 1_000_000
"""Settings that are longer are refused: nobody writes them, and parsing takes memory and time."""

TEAM_FILE = "vault.toml"

KNOWN_KEYS: Mapping[str, tuple[str, ...]] = {
    MACHINE_FILE: ("user.name", "ui.port"),
    TEAM_FILE: (
        "filters.*",
        "format.upgrade",
        "dedupe.threshold",
        "dedupe.on",
        "dedupe.keep",
        "dedupe.within",
        "dedupe.count_shared",
        "generate.prices",
        "labels.*",
        "protect.files",
        "split.sides",
        "split.seed",
        "split.group_by",
        "split.stratify",
        "split.hold_out",
        "ui.port",
        "validate.select",
        "validate.ignore",
        "validate.target",
        "validate.targets",
        "validate.severity.*",
        "validate.gate",
        "validate.tokenizer",
        "validate.rules.*",
    ),
}
"""The settings that this version reads, by file; `name.*` stands for every key of a table."""


_KINDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}
_PLACE = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of one file, by dotted keys such as `user.name`.

    `shown` is the file's name as people know it, `raw` its bytes as they were read (empty when
    there is no file), so that a commit can record exactly what applied.
    """

    shown: str
    raw: bytes = b""
    values: Mapping[str, Any] = field(default_factory=dict)

    def text(self, key: str) -> str | None:
        """Return a text, or None when it is not set; `config-invalid` for another type."""
        value = self._get(key, str)
        return None if value is None else str(value)

    def is_text(self, key: str) -> bool:
        """Tell whether a text is set."""
        return isinstance(self._find(key), str)

    def number(self, key: str) -> float | None:
        """Return a number, whole or not, or None; `config-invalid` for another type."""
        value = self._get(key, float)
        return None if value is None else float(value)

    def integer(self, key: str) -> int | None:
        """Return a whole number or None; `config-invalid` for another type."""
        value = self._get(key, int)
        return None if value is None else int(value)

    def boolean(self, key: str) -> bool | None:
        """Return true or false, or None when it is not set; `config-invalid` for another type."""
        value = self._get(key, bool)
        return None if value is None else bool(value)

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return a list of texts or None; `config-invalid` unless all of its items are text."""
        value = self._find(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong_type(key, "a list of texts")
        return tuple(value)

    def table(self, key: str) -> Mapping[str, Any]:
        """Return a table, empty when it is not set; `config-invalid` for another type."""
        value = self._find(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self._wrong_type(key, "a table")
        return value

    def require_known(self, section: str) -> None:
        """Refuse tables that no version knows, and keys that a table does not have.

        Of the tables only `section` is looked into: what is wrong in another one is told by the
        commands that read that. Raises InvalidInput (`config-key-unknown`) with the nearest key.
        """
        known = KNOWN_KEYS[self.shown]
        below = self.values.get(section)
        inside = below if isinstance(below, Mapping) else ()
        for path in (*((each,) for each in self.values), *((section, each) for each in inside)):
            if not _is_known(path, known):
                raise self._unknown(path, known)

    def _unknown(self, path: tuple[str, ...], known: tuple[str, ...]) -> InvalidInput:
        table, name = ".".join(path[:-1]), path[-1]
        key = ".".join(f'"{each}"' if "." in each else each for each in path)
        names = [each.removesuffix(".*") for each in known]
        start = f"{table}." if table else ""
        inside = dict.fromkeys(
            each.removeprefix(start).partition(".")[0] for each in names if each.startswith(start)
        )
        near = nearest_key(name, inside)
        elsewhere = [each for each in names if each.rpartition(".")[2] == name]
        # The same name in another table is likelier than another name.
        meant = next(iter(elsewhere), f"{start}{near}" if near else None)
        listed = ", ".join(f"{start}{each}" for each in inside)
        hint = f"did you mean {meant}?" if meant else f"known are {listed}"
        return InvalidInput(
            f"{self.shown}: unknown key {key}", code="config-key-unknown", hint=hint
        )

    def _find(self, key: str) -> Any:
        value: Any = self.values
        walked: list[str] = []
        for part in key.split("."):
            if not isinstance(value, Mapping):
                raise self._wrong_type(".".join(walked), "a table")
            value = value.get(part)
            if value is None:
                return None
            walked.append(part)
        return value

    def _get(self, key: str, kind: type) -> Any:
        value = self._find(key)
        accepted = (int, float) if kind is float else kind
        # A bool is an int to Python, but not to whoever wrote `limit = true`.
        if value is not None and (
            not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool)
        ):
            raise self._wrong_type(key, _KINDS[kind])
        return value

    def _wrong_type(self, key: str, expected: str) -> InvalidInput:
        return InvalidInput(
            f"{self.shown}: {key} is not {expected}",
            code="config-invalid",
            hint=f"change {key} in {self.shown} to {expected}",
        )


def nearest_key(key: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like a key, or None if none is."""
    import difflib  # only here: every command loads this module

    near = difflib.get_close_matches(key.lower(), list(names), n=1, cutoff=0.6)
    return near[0] if near else None


def _is_known(path: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Tell whether names lead to one of the keys known, or to a table that holds some."""
    return any(
        each[: len(path)] == path or each == (*path[:-1], "*")
        for each in (tuple(key.split(".")) for key in known)
    )


def find_root(start: Path) -> Path | None:
    """Return the nearest folder, `start` or above, with a `.vault/` of ours in it, or None.

    A `.vault` without our `format` file belongs to another program and is passed by. One that is
    a link, or has one in the place of that file, is found: opening it says so.
    """
    for folder in (start, *start.parents):
        # os.path, because it answers False where pathlib raises on folders that may not be read.
        format_file = repository_folder(folder) / FORMAT_FILE
        if os.path.lexists(format_file) and (
            os.path.islink(format_file) or not os.path.isdir(format_file)
        ):
            return folder
    return None


def read_machine_configuration(root: Path) -> Configuration:
    """Return this machine's settings, empty when the file is absent; errors as `read_file`.

    Raises also Corrupt (`foreign-file`) if `.vault` is a link.
    """
    PlainFolder(repository_folder(root)).place("")
    return read_file(root / MACHINE_FILE, shown=MACHINE_FILE)


def read_team_configuration(root: Path) -> Configuration:
    """Return the team's settings, empty when the file is absent; errors as `read_file`."""
    return read_file(root / TEAM_FILE, shown=TEAM_FILE)


def read_team_section(root: Path, section: str) -> Configuration:
    """Return the team's settings for a reader of one table, such as `validate`.

    Errors as `read_file` and `Configuration.require_known`: a mistyped key must not switch off
    what it was meant to set.
    """
    found = read_team_configuration(root)
    found.require_known(section)
    return found


def read_file(path: Path, *, shown: str) -> Configuration:
    """Return the settings of a TOML file, empty when it is absent.

    Raises InvalidInput `config-invalid`, naming the line, for what is not TOML in UTF-8, not a
    regular file (a link is none: a commit keeps what the settings were, and a stranger's link
    would put a file of the user there), or longer than a megabyte; OSError when the file cannot be
    read.
    """
    try:
        raw = read_plain(path, MAX_SIZE_BYTES + 1)
    except FileNotFoundError:
        return Configuration(shown)
    except Corrupt:
        kind = "is a symbolic link" if path.is_symlink() else "is not a regular file"
        raise _invalid(shown, None, f"the file {kind}") from None
    if len(raw) > MAX_SIZE_BYTES:
        raise _invalid(shown, None, f"it is longer than {MAX_SIZE_BYTES:,} bytes")
    return parse(raw, shown=shown)


def parse(raw: bytes, *, shown: str) -> Configuration:
    """Return the settings that TOML bytes hold, for instance those recorded in a commit.

    Raises InvalidInput `config-invalid` as `read_file` does.
    """
    import tomllib

    try:
        values = tomllib.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        at = raw.count(b"\n", 0, error.start) + 1
        raise _invalid(shown, at, "it is not UTF-8 text") from None
    except RecursionError:
        raise _invalid(shown, None, "it is nested too deeply") from None
    except ValueError as error:
        message = str(error)
        place = _PLACE.search(message)
        line = int(place.group(1)) if place and place.group(1) else None
        if place and line is None:
            line = raw.count(b"\n") + 1
        reason = _PLACE.sub("", message)
        raise _invalid(shown, line, reason[:1].lower() + reason[1:]) from None
    return Configuration(shown, raw, values)


def _invalid(shown: str, line: int | None, reason: str) -> InvalidInput:
    place = shown if line is None else f"{shown}, line {line}"
    return InvalidInput(
        f"{place}: {reason}",
        code="config-invalid",
        hint=f"correct {place} in an editor, or move the file away",
    )
