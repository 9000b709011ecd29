"""The examples of an exported file, line by line, as `vault.lock` leads to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import ids_of
from vault.errors import InvalidInput, NotFound
from vault.objects.digest import Digest
from vault.operations.exports.lock_entry import LockEntry
from vault.operations.exports.lock_file import digest_of, key_of, read_lock
from vault.operations.locks.open_locked import NotMet, open_entry
from vault.session.context import Context


@dataclass(frozen=True, slots=True)
class ExportedLines:
    """The id of the example of each line of a file, in order, and the commit that it is from."""

    commit: Digest
    ids: NDArray[np.void]


def exported_lines(context: Context, path: str) -> ExportedLines:
    """Return the examples of the lines of an exported file, which may be called otherwise by now.

    The file must be as an export wrote it. Costs reading it, and the commit's rows. Raises NotFound
    (`file-not-found`), InvalidInput (`lines-unknown`, `lock-damaged`), Corrupt.
    """
    if not Path(path).is_file():
        raise NotFound(
            f"{path} is no file",
            code="file-not-found",
            hint="name the file that `vault export` wrote and that the model was evaluated on",
        )
    entry = _entry(context, path)
    try:
        opened = open_entry(context, entry, "-")
    except NotMet as error:
        raise _unknown(path, f"vault.lock names a {error.name} for it: {error.why}") from None
    keys = opened.written_keys()
    if entry.commit is None or len(keys) != (entry.lines or entry.examples):
        raise _unknown(path, f"it has {entry.lines or entry.examples:,} lines, not {len(keys):,}")
    return ExportedLines(entry.commit, ids_of(opened.opened.dataset.columns(keys, ["id"])))


def _entry(context: Context, path: str) -> LockEntry:
    entries = {} if context.folder is None else read_lock(context.folder)
    digest = digest_of(Path(path))
    found = [each for each in entries.values() if each.sha256 == digest]
    if found:
        # One file may be listed twice: that of a commit is as good as another.
        return next((each for each in found if each.commit is not None), found[0])
    key = None if context.folder is None else key_of(context.folder, path)
    if key in entries:
        raise _unknown(path, "it was edited since vault wrote it")
    raise _unknown(path, "vault.lock lists no file with these bytes")


def _unknown(path: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"the lines of {path} lead to no examples: {why}",
        code="lines-unknown",
        hint="evaluate on a file as `vault export` writes it, or match by --on id or --on prompt",
    )
