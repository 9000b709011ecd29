"""Dry runs: the real work on a backend that is thrown away, so that they tell what it would do."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from vault.session.context import Context
from vault.store.local import LocalBackend
from vault.store.object_store import ObjectStore
from vault.store.trial import TrialBackend

_PREFIX = "vault-dry-run-"
_NAME = re.compile(rf"{_PREFIX}(\d+)-\w+")


@contextmanager
def trial_of(context: Context, *, is_trial: bool = True) -> Iterator[Context]:
    """Give a context whose work is not recorded, and what it stores is forgotten at the end.

    The objects of a trial lie in a temporary folder of the system, as large as what would be
    stored; a trial that was killed leaves it, and the next one removes it. Without `is_trial` it is
    the context itself. Raises StorageFailed.
    """
    if not is_trial:
        yield context
        return
    _remove_left_by_killed()
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-") as folder:
        top = LocalBackend(Path(folder), is_durable=False)
        backend = TrialBackend(context.store.backend, top)
        yield replace(context, store=ObjectStore(backend), records=False)


def _remove_left_by_killed() -> None:
    """Remove the folders of this user's trials whose process is gone."""
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for each in entries:
            name = _NAME.fullmatch(each.name)
            if name is not None and _is_left(each, int(name[1])):
                shutil.rmtree(each.path, ignore_errors=True)


def _is_left(entry: os.DirEntry[str], process: int) -> bool:
    status = entry.stat(follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass
    return False
