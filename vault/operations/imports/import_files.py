"""`import`: read files, store what is new, and stage what the dataset becomes.

The work is in `import_run`, which is loaded after the worker processes of a large import have been
started: they are on their way while this process still loads pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from vault.formats.files.inputs import Binary, find_files, left_out_of
from vault.formats.files.meant.exported_names import exported_names
from vault.operations.imports.import_options import ImportOptions
from vault.operations.imports.import_report import ImportReport
from vault.operations.imports.import_workers import WorkerTeam
from vault.processes.child import default_workers

if TYPE_CHECKING:
    from vault.session.context import Context
from vault.session.recording import writing


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
    binary = Binary(options.binary)
    exported = exported_names(context.folder)
    found = find_files(paths, options.text_unit, exported=exported)
    files = [replace(each, binary=binary) for each in found]
    with ready_to_import(context, options) as (context, team):
        team.start_for(sum(each.estimated_bytes() for each in files))
        from vault.formats.files.blocks import open_blocks
        from vault.operations.imports.import_inputs import import_inputs

        opened = partial(open_blocks, stdin=stdin)
        report = import_inputs(context, files, options, opened=opened, team=team)
        return replace(report, left_out=left_out_of(paths, exported=exported))


@contextmanager
def ready_to_import(
    context: Context, options: ImportOptions
) -> Iterator[tuple[Context, WorkerTeam]]:
    """Hold the lock of a writer; give the context to import in, a trial's or this, and workers."""
    wanted = default_workers() if options.workers is None else options.workers
    with (
        _as_said(context, options) as context,
        writing(context),
        WorkerTeam(context.store, wanted) as team,
    ):
        yield context, team


def _as_said(context: Context, options: ImportOptions) -> AbstractContextManager[Context]:
    if not options.dry_run:
        return nullcontext(context)
    from vault.session.trial import trial_of

    return trial_of(context)
