"""Where an export may write: checked before anything is read or written."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

from vault.errors import AlreadyExists, InvalidInput
from vault.formats.files.inputs import written_by_name
from vault.layout import FOLDER, repository_folder


def check_place(folder: Path | None, output: str) -> None:
    """Refuse a path that no export may write, whatever it would hold.

    `folder` is the repository's. Raises InvalidInput (`output-unknown` for an empty path or one
    with control characters, `output-inside-repository`), AlreadyExists (`file-exists` for a device,
    for a file without ending, and where a file or a link to nothing stands in the place of a
    folder).
    """
    if not output:
        raise InvalidInput(
            "the path to write to is empty",
            code="output-unknown",
            hint="name a file, such as train.jsonl, or `-` for standard output",
        )
    if any(unicodedata.category(each) == "Cc" for each in output):
        raise InvalidInput(
            f"the path {output!r} has control characters in it",
            code="output-unknown",
            hint="name a file without them, such as train.jsonl",
        )
    path = Path(output)
    resolved = Path(os.path.realpath(path))
    if folder is not None and resolved.is_relative_to(repository_folder(folder).resolve()):
        raise InvalidInput(
            f"{output} is inside the repository's own folder",
            code="output-inside-repository",
            hint=f"write beside {FOLDER}, or somewhere else",
        )
    if resolved.exists() and not resolved.is_dir() and not (path.suffix and resolved.is_file()):
        raise AlreadyExists(
            f"{output} is not a folder, and its name has no ending that says the format",
            code="file-exists",
            hint="`-o -` writes to standard output; a file ends in .jsonl, .json, .csv or .parquet",
        )
    nowhere = next((each for each in path.parents if each.is_symlink() and not each.exists()), None)
    if nowhere is not None:
        raise AlreadyExists(
            f"{nowhere} is a link to {os.readlink(nowhere)}, which does not exist",
            code="file-exists",
            hint="remove the link, or write elsewhere",
        )
    parent = next((each for each in resolved.parents if each.exists()), None)
    if parent is not None and not parent.is_dir():
        raise AlreadyExists(
            f"{output} cannot be written: {parent} is a file, not a folder",
            code="file-exists",
            hint="write to a path with another name, or to standard output with `-o -`",
        )


def check_link(path: str, *, force: bool) -> None:
    """Refuse a link that no export should write through; anything else passes.

    A link came with the repository perhaps. Raises InvalidInput (`output-unknown`) where it leads
    to a file that is no data file by its name, such as a start-up file of a shell, whether or not
    `force` is set; AlreadyExists (`file-exists`) for one that leads nowhere, unless it is.
    """
    target = Path(path)
    if not target.is_symlink():
        return
    resolved = os.path.realpath(path)
    if written_by_name(resolved) is None and Path(resolved).suffix != target.suffix:
        raise InvalidInput(
            f"{path} is a link to {resolved}, which is no data file by its name",
            code="output-unknown",
            hint="remove the link, or write to another name",
        )
    if not force and not target.exists():
        raise AlreadyExists(
            f"{path} is a link to {os.readlink(target)}, which does not exist",
            code="file-exists",
            hint="write elsewhere, or make that file with --force",
        )
