"""`import`: read files, store what is new, and stage what the dataset becomes.

Only what an import is asked for and answers stands here; the work is in `import_run`. So the worker
processes of a large import can be on their way while this process still loads pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from vault.errors import InvalidInput
from vault.formats.inputs import find_files
from vault.notebook import Displayed
from vault.operations.child_process import default_workers
from vault.operations.workers import WorkerTeam

if TYPE_CHECKING:
    from vault.operations.context import Context
    from vault.operations.staging import Staged


class ImportMode(StrEnum):
    """What happens to what is there: nothing, its source goes, everything goes, or edits land."""

    APPEND = "append"
    REPLACE = "replace"
    REPLACE_ALL = "replace-all"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How an import is done; see `vault import --help` for each.

    `workers` is the number of processes for large inputs (default: the cores, at most 4).
    """

    format: str | None = None
    mapping: Mapping[str, str] | None = None
    source: str | None = None
    round: str | None = None
    mode: ImportMode = ImportMode.APPEND
    key: str | None = None
    readmit: bool = False
    dry_run: bool = False
    workers: int | None = None

    def __post_init__(self) -> None:
        """Take a mode by its name too: a plain text equals the mode but is not it."""
        try:
            object.__setattr__(self, "mode", ImportMode(self.mode))
        except ValueError:
            raise InvalidInput(
                f'"{self.mode}" is not a way to import',
                code="mode-unknown",
                hint=f"use {', '.join(ImportMode)}",
            ) from None


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What one file gave: read = imported + duplicates + returned + quarantined.

    `same_content` counts imported records whose conversation was there with other metadata;
    `returned` records that had been removed deliberately and stayed out. `first_reason` says where
    and why the first one of the quarantined could not be read. When updating, `unmatched` records
    took the place of no example, and `merged` ones had become equal to another example, so that the
    one they were to replace stayed as it was.
    """

    path: str
    source: str
    format: str | None
    read: int
    imported: int
    duplicates: int
    same_content: int
    returned: int
    quarantined: int
    first_reason: str | None = None
    unmatched: int = 0
    merged: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport(Displayed):
    """What an import did: the files and their totals, and how the stage then stood.

    `taken_out` counts the examples that were on the stage before and that replacing took away.
    """

    files: tuple[ImportedFile, ...]
    read: int
    imported: int
    duplicates: int
    same_content: int
    returned: int
    quarantined: int
    staged: Staged | None
    dry_run: bool = False
    taken_out: int = 0


def import_files(
    context: Context,
    paths: Sequence[str],
    options: ImportOptions,
    *,
    stdin: BinaryIO | None = None,
) -> ImportReport:
    """Read files into the stage of the current branch.

    Records are stored once, in input order; see `ImportMode` for what becomes of the others. Costs
    reading the ids of the stage, and about 2 s a core for 100 MB. Raises NotFound
    (`file-not-found`), InvalidInput (`no-files`, `nothing-readable`, `format-unknown`,
    `file-changed` …), Conflict (`detached-head`), StorageFailed, Corrupt. Nothing is staged when it
    raises.
    """
    files = find_files(paths)
    with ready_to_import(context, options) as (context, team):
        team.start_for(sum(each.estimated_bytes() for each in files))
        from vault.formats.blocks import open_blocks
        from vault.operations.import_run import import_inputs

        opened = partial(open_blocks, stdin=stdin)
        return import_inputs(context, files, options, opened=opened, team=team)


@contextmanager
def ready_to_import(
    context: Context, options: ImportOptions
) -> Iterator[tuple[Context, WorkerTeam]]:
    """Hold the lock of a writer; give the context to import in, a trial's or this, and workers."""
    wanted = default_workers() if options.workers is None else options.workers
    with (
        _as_said(context, options) as context,
        context.store.backend.writing(),
        WorkerTeam(context.store, wanted) as team,
    ):
        yield context, team


def _as_said(context: Context, options: ImportOptions) -> AbstractContextManager[Context]:
    if not options.dry_run:
        return nullcontext(context)
    from vault.operations.trial import trial_of

    return trial_of(context)
