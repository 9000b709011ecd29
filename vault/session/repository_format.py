"""The format file: which version a repository is of, and the step from version 1 to 2."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from vault.config import TEAM_FILE, read_team_section
from vault.errors import Conflict, Corrupt, InvalidInput
from vault.layout import FORMAT_FILE
from vault.objects.json.stored import MALFORMED
from vault.objects.log.entry import REPOSITORY, Entry
from vault.store.backend import Backend

VERSION = 2
"""The version that this program writes; it reads version 1 as well."""

KNOWN = ("conflicts", "erased")
"""What a repository may require: this program reads both, and writes neither so far."""

_LENGTH = 32
_FROM_A_COPY = "take the file from a copy of the repository"


class RepositoryFormat(NamedTuple):
    """What a format file says: a version, and which repository this is (32 hex digits).

    `repository` is None in version 1, and the same in every copy.
    """

    version: int
    repository: str | None
    requires: tuple[str, ...] = ()


def new_repository() -> str:
    """Return what no other repository is called."""
    return os.urandom(_LENGTH // 2).hex()


def repository_of(entry: Entry) -> str:
    """Return how the repository of an entry is called.

    Entries of version 1 do not say it, so it follows from the oldest one that is kept.
    """
    return entry.repository or entry.digest[:_LENGTH]


def format_text(repository: str | None, requires: Sequence[str] = ()) -> bytes:
    """Return the bytes of the format file of a repository; of version 1 where it has no name."""
    value: dict[str, object] = {"requires": [], "version": 1}
    if repository is not None:
        value = {"repository": repository, "requires": list(requires), "version": VERSION}
    return json.dumps(value).encode() + b"\n"


def parse_format(text: bytes) -> RepositoryFormat | None:
    """Return what a format file says; None if this is not one.

    Raises InvalidInput (`format-too-new`) if it asks for what this program does not know.
    """
    try:
        value = json.loads(text)
    except MALFORMED:
        return None
    if not isinstance(value, dict) or "requires" not in value:
        return None
    version, repository = value.get("version"), value.get("repository")
    if (
        type(version) is not int
        or not 1 <= version <= VERSION
        or not _knows(version, value["requires"])
    ):
        raise InvalidInput(
            f"the repository is of format {version} and requires {value['requires']}, "
            f"and this vault knows format {VERSION}",
            code="format-too-new",
            hint="upgrade with `pip install --upgrade dataset-vault`",
        )
    if version == 1:
        return RepositoryFormat(1, None)
    if not isinstance(repository, str) or REPOSITORY.fullmatch(repository) is None:
        return None
    return RepositoryFormat(version, repository, tuple(value["requires"]))


def _knows(version: int, requires: object) -> bool:
    known = KNOWN if version == VERSION else ()
    return isinstance(requires, list) and all(each in known for each in requires)


def read_format(backend: Backend) -> RepositoryFormat:
    """Return what the format file of a repository says now.

    Raises Corrupt (`format-missing`, `format-damaged`), InvalidInput (`format-too-new`).
    """
    try:
        found = parse_format(backend.read(FORMAT_FILE))
    except KeyError:
        raise Corrupt(
            f"the file .vault/{FORMAT_FILE} is missing", code="format-missing", hint=_FROM_A_COPY
        ) from None
    if found is None:
        raise Corrupt(
            f"the file .vault/{FORMAT_FILE} does not say what the repository requires",
            code="format-damaged",
            hint=_FROM_A_COPY,
        )
    return found


def refuse_upgrade_if_unwanted(folder: Path | None) -> None:
    """Refuse to write to a repository of version 1 whose team wants it to stay so.

    Raises Conflict (`format-upgrade-refused`), InvalidInput (`config-invalid`,
    `config-key-unknown`).
    """
    if folder is None:
        return
    if read_team_section(folder, "format").boolean("format.upgrade") is False:
        raise Conflict(
            "the repository is of format 1, and this vault writes format 2, which vault 0.1 "
            f"cannot read; {TEAM_FILE} says [format] upgrade = false",
            code="format-upgrade-refused",
            hint="`pip install 'dataset-vault<0.2'` goes on with format 1; to upgrade, remove "
            f"`upgrade = false` from {TEAM_FILE} and run the command again",
        )


def upgrade(backend: Backend, oldest: Entry) -> str:
    """Make a repository of version 1 one of version 2, and return what it is called.

    `oldest` is the oldest entry that its log keeps. The name follows from that, so that of several
    writers that upgrade at once each writes the same. Nothing else changes: entries and objects of
    version 1 stay as they are. Raises StorageFailed.
    """
    repository = repository_of(oldest)
    backend.replace(FORMAT_FILE, format_text(repository))
    backend.sync()
    return repository
