"""`vault.open`, `vault.init`, `vault.load`: the ways into a repository from a program."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from vault.config import find_root, read_machine_configuration
from vault.errors import NotFound
from vault.repository import Repository, utc_now

if TYPE_CHECKING:
    from vault.operations.locks.check import LockCheck
    from vault.operations.locks.provenance import Provenance
    from vault.operations.upkeep.doctor import DoctorReport
    from vault.repository.repository import OpenArguments
    from vault.repository.snapshot import Snapshot


def init(
    path: str | os.PathLike[str] = ".",
    *,
    author: str | None = None,
    **settings: Unpack[OpenArguments],
) -> Repository:
    """Make a repository in a folder and open it; one that is there already is opened as it is.

    `author` and `settings` are those of `vault.open`. Raises InvalidInput (`not-a-folder`),
    StorageFailed.
    """
    folder = Path(path).absolute()
    Repository.init(folder, author=author or author_of(None), now=utc_now())
    return Repository.open(folder, author=author or author_of(folder), **settings)


def open(
    path: str | os.PathLike[str] = ".",
    *,
    author: str | None = None,
    **settings: Unpack[OpenArguments],
) -> Repository:
    """Open the repository that a folder is in: there or in the nearest folder above.

    `author` is recorded with what is done: unless given, `user.name` of `.vault/config.toml`, else
    the system's name of the user, else "unknown". `settings` are those of `Repository`. Raises
    NotFound (`folder-not-found`, `repository-not-found`), InvalidInput (`format-too-new`,
    `config-invalid`), Corrupt.
    """
    root = _root_of(Path(path))
    return Repository.open(root, author=author or author_of(root), **settings)


def load(repository: str | os.PathLike[str] | Repository, revision: str = "HEAD") -> Snapshot:
    """Open a version for reading: of a repository, or of the one that a folder is in.

    Raises what `vault.open` and `Repository.snapshot` raise.
    """
    opened = repository if isinstance(repository, Repository) else open(repository)
    return opened.snapshot(revision)


def check_lock(
    folder: str | os.PathLike[str], paths: Sequence[str] = (), *, present: bool = False
) -> LockCheck:
    """Return how the files stand that the `vault.lock` of a folder lists, without a repository.

    For a clone from git, which has files and lock alone. Raises NotFound (`lock-missing`,
    `file-not-locked`), InvalidInput (`lock-damaged`).
    """
    from vault.operations.locks.check import check_files

    return check_files(Path(folder), paths, present=present)


def provenance(path: str | os.PathLike[str]) -> Provenance:
    """Return where an exported file is from, as the nearest `vault.lock` above it says.

    The file is found by what it holds, whatever it is called now; `to_dict()` of the result is
    what an experiment tracker keeps. Raises NotFound (`file-not-found`, `origin-not-found`,
    `lock-missing`), InvalidInput (`lock-damaged`).
    """
    from vault.operations.exports.lock_file import NAME
    from vault.operations.locks.provenance import provenance_of

    file = Path(path)
    if not file.is_file():
        raise NotFound(
            f"{file} is no file", code="file-not-found", hint="name a file that vault exported"
        )
    home = next((each for each in file.resolve().parents if (each / NAME).exists()), None)
    if home is None:
        raise NotFound(
            f"there is no {NAME} in a folder above {file}",
            code="lock-missing",
            hint="`vault export v1 -o train.jsonl` writes a file and lists it",
        )
    return provenance_of(home, file)


def starting_recipe(kind: str) -> str:
    """Return the text of a recipe for `generate` to begin with.

    `kind` is `support`, `classification`, `reasoning` or `tools`. Raises InvalidInput
    (`recipe-kind-unknown`).
    """
    from vault.generate.recipe.starting import starting_recipe

    return starting_recipe(kind)


def starting_rubric(kind: str) -> str:
    """Return the text of a rubric for `judge` to begin with.

    `kind` is `instructions`, `faithfulness`, `tools` or `reasoning`. Raises InvalidInput
    (`rubric-kind-unknown`).
    """
    from vault.generate.rubric.starting import starting_rubric

    return starting_rubric(kind)


def doctor(path: str | os.PathLike[str] = ".") -> DoctorReport:
    """Return versions, settings and the state of the repository that a folder is in, if any.

    What is wrong is in the report; nothing is changed.
    """
    from vault.operations.upkeep.doctor import examine
    from vault.version import __version__

    return examine(find_root(Path(path).absolute()), version=__version__)


def author_of(root: Path | None) -> str:
    """Return who acts in a repository when nobody says: see `vault.open`.

    Raises InvalidInput (`config-invalid`).
    """
    name = None if root is None else read_machine_configuration(root).text("user.name")
    if name is not None and name.strip():
        return name.strip()
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def _root_of(folder: Path) -> Path:
    if not folder.is_dir():
        raise NotFound(
            f'there is no folder "{folder}"',
            code="folder-not-found",
            hint="give the path of the folder that holds .vault, or of one inside it",
        )
    root = find_root(folder.absolute())
    if root is None:
        raise NotFound(
            f'there is no vault repository in "{folder.absolute()}" or in a folder above it',
            code="repository-not-found",
            hint="`vault.init(PATH)` makes one",
        )
    return root
