"""Dry runs: the real work on a copy of nothing, so that they tell exactly what it would do."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from vault.operations.context import Context
from vault.store.local import LocalBackend
from vault.store.object_store import ObjectStore
from vault.store.trial import TrialBackend


@contextmanager
def trial_of(context: Context, *, is_trial: bool = True) -> Iterator[Context]:
    """Give a context whose work is not recorded, and what it stores is forgotten at the end.

    The objects of a trial lie in a temporary folder of the system, as large as what would be
    stored. Without `is_trial` it is the context itself. Raises StorageFailed.
    """
    if not is_trial:
        yield context
        return
    with tempfile.TemporaryDirectory(prefix="vault-dry-run-") as folder:
        backend = TrialBackend(context.store.backend, LocalBackend(Path(folder)))
        yield replace(context, store=ObjectStore(backend), records=False)
