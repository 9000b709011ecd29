"""How a verb is recorded: under the lock that holds off garbage collection, as one operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from vault.errors import Conflict, Corrupt
from vault.layout import FORMAT_FILE
from vault.objects.log.view import View
from vault.session.arguments import keep_words
from vault.session.context import Context
from vault.session.repository_format import (
    read_format,
    refuse_upgrade_if_unwanted,
    upgrade,
)
from vault.store.operation_log import Intent, Operation

_R = TypeVar("_R")
_MOST_ATTEMPTS = 1_000


@contextmanager
def writing(context: Context) -> Iterator[None]:
    """Hold off garbage collection while a verb stores objects and records what it did.

    Raises, before anything is done, Conflict (`format-upgrade-refused`), InvalidInput
    (`format-too-new`: another process has upgraded the repository since it was opened), Corrupt.
    """
    with context.store.backend.writing():
        if context.records and read_format(context.store.backend).version == 1:
            refuse_upgrade_if_unwanted(context.folder)
        yield


def record(context: Context, change: Callable[[View], tuple[View, _R]]) -> _R:
    """Append one operation: `change` turns the newest view into the next, and a result.

    It is called again with the view as it then is each time another writer came first, so it must
    decide anew from the view alone; a view returned unchanged records nothing, and neither does a
    dry run. Raises what `change` raises, Conflict (`log-busy`) after a thousand lost races, and
    what `append` raises.
    """
    if not context.records:
        return change(context.log.tip().view)[1]
    for _ in range(_MOST_ATTEMPTS):
        tip: Operation = context.log.tip()
        view, result = change(tip.view)
        if view == tip.view:
            context.log.settle(tip)
            return result
        if append(context, tip, view, context.intent) is not None:
            return result
    raise Conflict(
        f"other writers came first {_MOST_ATTEMPTS} times",
        code="log-busy",
        hint="run the command again",
    )


def append(context: Context, tip: Operation, view: View, intent: Intent) -> Operation | None:
    """Publish an operation after `tip`; None if another writer came first.

    The first one in a repository of format 1 upgrades it, and says so. Must be called under the
    lock. Raises Corrupt, StorageFailed, and what `writing` raises.
    """
    backend = context.store.backend
    found = read_format(backend)
    repository = found.repository
    if tip.entry.repository not in (None, repository):
        raise Corrupt(
            f"the operation log is of the repository {tip.entry.repository}, and the file "
            f".vault/{FORMAT_FILE} names another one",
            code="format-damaged",
            hint="`vault fsck --repair` writes its name again",
        )
    if repository is None:
        refuse_upgrade_if_unwanted(context.folder)
        repository = upgrade(backend, context.log.entry(tip.entry.first))
        context.progress.say("upgraded the repository to format 2, which vault 0.1 cannot read")
    intent = replace(intent, arguments=keep_words(context.store, intent.words))
    return context.log.append(tip, view, intent, repository=repository)
