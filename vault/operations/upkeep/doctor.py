"""`doctor`: versions, settings and the state of a repository, for whoever looks for a fault.

Looks at what is cheap to see, changes nothing, opens no database (a stranger's would be run), and
shows no value of a setting that it does not know: that might be a secret.
"""

from __future__ import annotations

import difflib
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vault.config import (
    KNOWN_KEYS,
    Configuration,
    read_machine_configuration,
    read_team_configuration,
)
from vault.errors import Corrupt, VaultError
from vault.layout import CATALOGUE, OBJECTS, TEMPORARY, repository_folder
from vault.plain_files import PlainFolder
from vault.presentation.report_html import Displayed
from vault.session.open_repository import open_backend
from vault.store.operation_log import OperationLog

REQUIRED = ("click", "duckdb", "numpy", "orjson", "pyarrow", "xxhash")
OPTIONAL = ("datasets", "pandas")
REPORTING = "send what `vault doctor --json` prints, the command, and what it says with -v"
"""What somebody who reports a bug should send."""

_LEAST_FREE_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class LibraryVersion:
    """A library and its version, None if it is not installed; without `required` ones it works."""

    name: str
    version: str | None
    required: bool


@dataclass(frozen=True, slots=True)
class SettingShown:
    """A setting that a file holds.

    `value` is None of a key that this version does not read; `nearest` is the key it may be meant
    for, if one is near.
    """

    file: str
    key: str
    value: str | None
    known: bool
    nearest: str | None


@dataclass(frozen=True, slots=True)
class DoctorProblem:
    """Something that somebody has to do something about."""

    code: str
    message: str
    hint: str | None


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """Where a repository is and how it stands.

    `operations` is the number of the newest operation, None if it cannot be read. `catalogue` is
    `absent`, `damaged` (it is made again when it is needed), its generation, or `not looked at`
    where a link stands in its place. `hard_links` tells whether the file system has what vault
    writes with; None where this user may not write.
    """

    path: str
    operations: int | None
    objects: int
    object_bytes: int
    catalogue: str
    catalogue_bytes: int
    free_bytes: int
    hard_links: bool | None


@dataclass(frozen=True, slots=True)
class DoctorReport(Displayed):
    """Versions, settings and state; `repository` is None outside of one."""

    vault: str
    python: str
    platform: str
    libraries: tuple[LibraryVersion, ...]
    repository: RepositoryState | None
    settings: tuple[SettingShown, ...]
    problems: tuple[DoctorProblem, ...]
    reporting: str = REPORTING

    @property
    def ok(self) -> bool:
        """Whether nothing needs to be done."""
        return not self.problems


def examine(root: Path | None, *, version: str) -> DoctorReport:
    """Return how vault, of this version, stands here; `root` holds `.vault`, or is None.

    Costs listing the names of all objects. What is wrong is in the report; raises nothing of its
    own.
    """
    problems: list[DoctorProblem] = []
    libraries = tuple(_libraries())
    problems += (
        DoctorProblem(
            "library-missing",
            f"the library {each.name} is not installed",
            f"`pip install {each.name}` installs it",
        )
        for each in libraries
        if each.required and each.version is None
    )
    state = None if root is None else _state(root, problems)
    settings = () if root is None else tuple(_settings(root, problems))
    return DoctorReport(
        vault=version,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        libraries=libraries,
        repository=state,
        settings=settings,
        problems=tuple(problems),
    )


def _libraries() -> Iterator[LibraryVersion]:
    from importlib.metadata import PackageNotFoundError, version

    for name in (*REQUIRED, *OPTIONAL):
        try:
            found = version(name)
        except PackageNotFoundError:
            found = None
        yield LibraryVersion(name, found, name in REQUIRED)


def _state(root: Path, problems: list[DoctorProblem]) -> RepositoryState:
    folder = repository_folder(root)
    plain = PlainFolder(folder)
    operations = None
    try:
        plain.place("")
        for _, found in plain.foreign():
            problems.append(DoctorProblem(found.code, found.message, found.hint))
        operations = OperationLog(open_backend(root)).tip().number
    except VaultError as error:
        problem = DoctorProblem(error.code, error.message, error.hint)
        if problem not in problems:
            problems.append(problem)
    except OSError as error:
        message = f"the repository cannot be looked through: {error}"
        hint = "check who may read its folder"
        problems.append(DoctorProblem("storage-failed", message, hint))
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < _LEAST_FREE_BYTES:
        problems.append(
            DoctorProblem(
                "disk-nearly-full",
                f"there are {free_bytes:,} bytes free where the repository is",
                "free some space before importing",
            )
        )
    links = _has_hard_links(plain)
    if links is False:
        problems.append(
            DoctorProblem(
                "no-hard-links",
                f"the file system of {folder} has no hard links, and vault writes with them",
                "move the repository to another file system",
            )
        )
    objects, object_bytes = _sizes(plain)
    catalogue, catalogue_bytes = _catalogue(plain)
    return RepositoryState(
        path=str(folder),
        operations=operations,
        objects=objects,
        object_bytes=object_bytes,
        catalogue=catalogue,
        catalogue_bytes=catalogue_bytes,
        free_bytes=free_bytes,
        hard_links=links,
    )


def _sizes(plain: PlainFolder) -> tuple[int, int]:
    """Return how many files the folder of objects holds, at any depth, and their bytes."""
    count = size_bytes = 0
    with suppress(Corrupt, OSError):
        for name in plain.names(OBJECTS):
            with suppress(Corrupt, OSError):
                size_bytes += plain.status(name).st_size
                count += 1
    return count, size_bytes


def _catalogue(plain: PlainFolder) -> tuple[str, int]:
    from vault.catalogue.index.state import catalogue_state

    try:
        plain.place(f"{CATALOGUE}/")
        state = catalogue_state(plain.path / CATALOGUE)
    except Corrupt:
        return "not looked at", 0
    except (OSError, ImportError) as error:
        return f"unreadable: {error}", 0
    if state.generation is None:
        return "absent", 0
    shown = "damaged" if state.is_damaged else f"generation {state.generation}"
    return shown, state.size_bytes


def _has_hard_links(plain: PlainFolder) -> bool | None:
    """Try it, with a file of no use; None where nothing can be written."""
    try:
        plain.make(TEMPORARY)
        descriptor, first = plain.new_file(TEMPORARY)
        os.close(descriptor)
    except (Corrupt, OSError):
        return None
    second = f"{first}0"
    try:
        os.link(plain.place(first), plain.place(second))
    except OSError:
        return False
    finally:
        for each in (first, second):
            with suppress(OSError):
                plain.remove(each)
    return True


def _settings(root: Path, problems: list[DoctorProblem]) -> Iterator[SettingShown]:
    for read in (read_machine_configuration, read_team_configuration):
        try:
            configuration = read(root)
        except VaultError as error:
            problems.append(DoctorProblem(error.code, error.message, error.hint))
        except OSError as error:
            message = f"a file of settings cannot be read: {error}"
            problems.append(DoctorProblem("config-unreadable", message, "check who may read it"))
        else:
            for key, value in _flat(configuration.values):
                yield _setting(configuration, key, value)


def _setting(configuration: Configuration, key: str, value: Any) -> SettingShown:
    known = KNOWN_KEYS[configuration.shown]
    tables = tuple(each.removesuffix("*") for each in known if each.endswith(".*"))
    is_known = key in known or key.startswith(tables)
    near = [] if is_known else difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return SettingShown(
        configuration.shown,
        key,
        str(value) if is_known else None,
        is_known,
        near[0] if near else None,
    )


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
