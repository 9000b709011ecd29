"""Writing a page to a file: checked before anything is read, and whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from vault.errors import AlreadyExists, InvalidInput
from vault.operations.exports.writable_place import check_link, check_place
from vault.plain_files import new_file_in

_ENDINGS = (".html", ".htm")


def check_page(folder: Path | None, output: str, *, force: bool) -> None:
    """Refuse a path that no page may be written to; `folder` is the repository's.

    Raises as `check_place` and `check_link`, InvalidInput (`output-unknown` for a name that does
    not end in .html), AlreadyExists (`file-exists`) unless `force`.
    """
    if Path(output).suffix.lower() not in _ENDINGS:
        raise InvalidInput(
            f'the page cannot be written to "{output}": its name does not end in .html',
            code="output-unknown",
            hint="`vault stats --html stats.html`",
        )
    check_place(folder, output)
    check_link(output, force=force)
    path = Path(os.path.realpath(output))
    if path.is_dir():
        raise AlreadyExists(
            f"{output} is a folder", code="file-exists", hint="name a file, such as stats.html"
        )
    if path.exists() and not force:
        raise AlreadyExists(
            f"{output} is there already", code="file-exists", hint="--force overwrites it"
        )


def write_page(output: str, text: str) -> None:
    """Write a page in the place of what is there. Raises OSError where it cannot be written."""
    # A link stays, and what it points to is written.
    path = Path(os.path.realpath(output))
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = new_file_in(path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(text.encode("utf-8", "replace"))
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
