"""What `--against` names: another version, or a file that is read as an import would read it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from vault.errors import InvalidInput, NotFound
from vault.operations.context import Context, stage_of
from vault.operations.dataset import Dataset, open_dataset
from vault.operations.import_files import ImportOptions, import_files
from vault.operations.init import begin
from vault.operations.revisions import resolve
from vault.progress import silent
from vault.store.memory import MemoryBackend
from vault.store.object_store import ObjectStore
from vault.store.operation_log import OperationLog


@dataclass(frozen=True, slots=True)
class Reference:
    """Examples to compare with: `name` says what they are, a commit's id or the path of a file.

    `unread` is how many lines of a file were no examples; nothing is kept of a file.
    """

    name: str
    dataset: Dataset
    unread: int = 0
    is_file: bool = False


def open_reference(context: Context, text: str) -> Reference:
    """Return what a revision or else a path means. A file is in memory, compressed.

    Raises NotFound (`against-not-found`), what `resolve` raises for a step beyond the first commit,
    and what an import of the file raises.
    """
    try:
        revision = resolve(context, context.log.tip().view, text)
    except (NotFound, InvalidInput) as error:
        if os.path.exists(text):
            return _read(context, text)
        if error.code not in ("revision-not-found", "revision-invalid"):
            raise
        raise NotFound(
            f'"{text}" is neither a version nor a file',
            code="against-not-found",
            hint="`vault tag` and `vault branch` list names of versions",
        ) from None
    name = revision.text if revision.commit is None else revision.commit
    return Reference(name, open_dataset(context.store, revision.manifest))


def _read(context: Context, path: str) -> Reference:
    backend = MemoryBackend()
    begin(backend, context.intent)
    aside = Context(
        ObjectStore(backend), OperationLog(backend), context.folder, context.intent, silent
    )
    report = import_files(aside, [path], ImportOptions(workers=1))
    stage = stage_of(aside.log.tip().view)
    dataset = open_dataset(aside.store, None if stage is None else stage.manifest)
    return Reference(path, dataset, report.quarantined, is_file=True)
