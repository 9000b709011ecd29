"""`gc`: remove objects that nothing needs any more, and operations too old to be undone."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace

from vault.errors import InvalidInput
from vault.layout import repository_folder
from vault.objects.digest import Digest
from vault.operations.upkeep.reachable import Reach
from vault.plain_files import PlainFolder
from vault.presentation.report_html import Displayed
from vault.session.context import Context, seconds_of
from vault.store.operation_log import Operation

UNDO_DAYS = 30
"""How many days back every operation can be undone, unless garbage collection is told otherwise."""

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class GarbageReport(Displayed):
    """What was removed (or would be): objects and their size, and operations given up."""

    removed: int
    freed_bytes: int
    operations: int
    dry_run: bool


def collect_garbage(
    context: Context, *, undo_days: int = UNDO_DAYS, dry_run: bool = False
) -> GarbageReport:
    """Remove every object that neither a ref nor an operation of the last `undo_days` reaches.

    What was stored within the last day stays in any case. Older operations are given up: they can
    no longer be undone, nor are they listed. Writers wait meanwhile, readers do not. Costs reading
    manifests, pages, and the columns of chunks. Raises Corrupt, with nothing removed, where
    something on the way cannot be read, or anything below `.vault` is neither a folder nor a
    regular file (`foreign-file`); InvalidInput (`days-invalid`).
    """
    if undo_days < 0:
        raise InvalidInput(
            f"{undo_days} days lie in the future", code="days-invalid", hint="use 0 or more"
        )
    now = seconds_of(context.intent.time)
    assert now is not None, "whoever opens a repository gives a clock that tells ISO 8601"
    if context.folder is not None:
        for _, error in PlainFolder(repository_folder(context.folder)).foreign():
            raise error
    with nullcontext() if dry_run else context.store.backend.collecting():
        tip = context.log.tip()
        entries = list(context.log.newest_first())
        first = _first_kept(entries, now - undo_days * _DAY_SECONDS)
        reach = Reach(context)
        reach.add(each.view for each in entries if each.number >= first)
        garbage = _garbage(context, reach, now - _DAY_SECONDS)
        report = GarbageReport(
            removed=len(garbage),
            freed_bytes=sum(garbage.values()),
            operations=first - tip.first,
            dry_run=dry_run,
        )
        if not dry_run:
            _remove(context, tip, first, garbage)
            context.store.backend.remove_leftovers(now - _DAY_SECONDS)
            _forget(context)
    return report


def _forget(context: Context) -> None:
    from vault.dataset.comparing.past import GROUP
    from vault.operations.duplicates.signing.compared_examples import array_files, forget_unused

    forget_unused(context)
    array_files(context).sweep(GROUP)


def _first_kept(entries: list[Operation], since: float) -> int:
    """Return the oldest entry to keep: the one before the oldest operation that may be undone."""
    recent = [each.number for each in entries if (seconds_of(each.time) or float("inf")) >= since]
    return max(entries[-1].number, min(recent, default=entries[0].number + 1) - 1)


def _garbage(context: Context, reach: Reach, before_seconds: float) -> dict[Digest, int]:
    """Return the objects that may go, with their sizes in bytes."""
    store = context.store
    return {
        digest: store.size_bytes(digest)
        for digest in store.digests()
        if digest not in reach.objects and store.written_seconds(digest) < before_seconds
    }


def _remove(context: Context, tip: Operation, first: int, garbage: dict[Digest, int]) -> None:
    if first > tip.first:
        # Said before it is done: whoever looks for an older entry then knows that it was given up.
        appended = context.log.append(tip, tip.view, replace(context.intent, first=first))
        assert appended is not None, "no other writer is at work"
        context.log.give_up(first)
    for digest in garbage:
        context.store.delete(digest)
