"""Which engine does the work of `dedupe`: this process, or a cluster that is started or joined."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from vault.errors import InvalidInput
from vault.layout import catalogue_folder, repository_folder
from vault.operations.duplicates.workers.cluster import Tasks
from vault.session.context import Context

LOCAL = "local"
RAY = "ray"


@contextlib.contextmanager
def open_engine(context: Context, name: str) -> Iterator[Tasks | None]:
    """Open what runs tasks, and close it at the end; None is this process.

    `local`; `ray` starts a cluster of this machine, which takes 3 s, or uses the one that this
    program is connected to; `ray=ADDRESS` joins a running one. Raises InvalidInput
    (`engine-unknown`, `engine-needs-folder`, `library-missing` without the extra, `engine-version`,
    `repository-not-shared`), StorageFailed (`engine-unreachable`).
    """
    kind, has_address, address = name.partition("=")
    if name == LOCAL:
        yield None
        return
    if kind != RAY or (has_address and not address):
        raise InvalidInput(
            f'"{name}" is no engine',
            code="engine-unknown",
            hint="use local, ray or ray=ADDRESS",
        )
    catalogue = shared_catalogue(context)
    from vault.operations.duplicates.workers.ray_cluster import open_ray

    with open_ray(address or None, catalogue) as tasks:
        yield tasks


def shared_catalogue(context: Context) -> Path:
    """Return the folder of the catalogue, which other machines are to read.

    Raises InvalidInput (`engine-needs-folder`) for a repository in memory.
    """
    catalogue = catalogue_to_share(context)
    if catalogue is None:
        raise InvalidInput(
            "a repository in memory cannot be read by other processes",
            code="engine-needs-folder",
            hint="leave out --engine, or make the repository in a folder with `vault init`",
        )
    return catalogue


def catalogue_to_share(context: Context) -> Path | None:
    """Return the folder of the catalogue, None for a repository that other processes cannot read.

    Whether other machines can read it is not known here.
    """
    if context.folder is None or not context.store.backend.shared_between_processes:
        return None
    folder = context.folder.resolve()
    return catalogue_folder(folder) if repository_folder(folder).is_dir() else None
