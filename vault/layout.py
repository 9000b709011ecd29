"""Names in a repository's folder: the one home of every path below `.vault`.

The names are those of docs/format/README.md, section 1. This module imports nothing of vault and
touches no file: settings, the store and the catalogue need the names as much as operations do.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = ".vault"
"""The folder of a repository, beside the data it versions."""

FORMAT_FILE = "format"
"""Says what a reader must know. A `.vault` without it belongs to another program."""

OBJECTS = "objects"
"""The folder of the object store."""

OPERATIONS = "operations"
"""The folder of the operation log."""

TIP = "tip"
"""The number of the newest operation, as a hint."""

CATALOGUE = "catalogue"
"""The folder of indexes, which may be deleted."""

TEMPORARY = "tmp"
"""The folder of files that are being written, and of arrays too large for memory."""

LOCK_FILE = "lock"
"""An empty file: writers hold a shared lock on it, garbage collection an exclusive one."""

CONFIG_FILE = "config.toml"
"""The settings of this machine."""

LABELLING = "labelling"
"""The folder of labels that were given one by one and are not in an operation yet."""

RUNS = "runs"
"""The folder of model runs under way, a folder for each."""

VALIDATION_FILE = "validated.json"
"""The last result of `validate` over the stage."""

IGNORE_FILE = ".gitignore"
"""Makes git ignore the folder."""

MACHINE_FILE = f"{FOLDER}/{CONFIG_FILE}"
"""The settings of this machine, relative to the folder of the user."""


def repository_folder(folder: Path) -> Path:
    """Return the folder of the repository in a folder of the user."""
    return folder / FOLDER


def catalogue_folder(folder: Path) -> Path:
    """Return the folder of the catalogue of the repository in a folder of the user."""
    return folder / FOLDER / CATALOGUE


def temporary_folder(folder: Path) -> Path:
    """Return the folder for temporary files of the repository in a folder of the user."""
    return folder / FOLDER / TEMPORARY
