"""`gc`: remove objects that nothing needs any more, and operations too old to be undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import takewhile

from vault.errors import Corrupt, InvalidInput
from vault.layout import catalogue_folder, repository_folder
from vault.objects.digest import Digest, digest_of
from vault.objects.log.arguments import encode_arguments
from vault.objects.log.entry import Entry
from vault.operations.upkeep.reachable import Reach
from vault.plain_files import PlainFolder
from vault.presentation.report_html import Displayed
from vault.session.context import Context, seconds_of
from vault.session.recording import append
from vault.session.repository_format import read_format
from vault.store.operation_log import Operation, OperationLog

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
        read_format(context.store.backend)  # one that another program upgraded is not ours to clear
        tip = context.log.tip()
        first = _first_kept(context.log, now - undo_days * _DAY_SECONDS)
        reach = Reach(context)
        reach.add(_kept(context.log, first))
        reach.objects.update(_own_words(context))
        garbage = _garbage(context, reach, now - _DAY_SECONDS)
        report = GarbageReport(
            removed=len(garbage),
            freed_bytes=sum(garbage.values()),
            operations=first - tip.entry.first,
            dry_run=dry_run,
        )
        if not dry_run:
            _remove(context, tip, first, garbage)
            context.store.backend.remove_leftovers(now - _DAY_SECONDS)
            _forget(context, reach, now - _DAY_SECONDS)
    return report


def _forget(context: Context, reach: Reach, before_seconds: float) -> None:
    from vault.catalogue.index.examples import Catalogue
    from vault.dataset.comparing.past import GROUP
    from vault.dataset.reading.derived_chunks import forget_derived
    from vault.operations.duplicates.signing.compared_examples import array_files, forget_unused
    from vault.operations.validation.kept_token_counts import forget_unused_counts

    forget_derived(context.store, reach.objects)
    forget_unused(context)
    forget_unused_counts(context)
    array_files(context).sweep(GROUP)
    if context.folder is not None:
        Catalogue(catalogue_folder(context.folder)).remove_leftovers(before_seconds)


def _first_kept(log: OperationLog, since: float) -> int:
    """Return the oldest entry to keep.

    That is the one before the oldest operation that may be undone, or the nearest one before it
    that tells all names: without one nothing could be read.
    """
    newest = log.newest()
    wanted = newest.number
    kept = None
    for entry in log.newest_first():
        if kept is None and entry.number <= wanted and entry.view is not None:
            kept = entry.number
        if (seconds_of(entry.time) or float("inf")) >= since:
            wanted, kept = entry.number - 1, None
    return kept or newest.first


def _kept(log: OperationLog, first: int) -> Iterator[Entry]:
    """Yield the entries that are kept, newest first.

    Each tells the names that it made or moved, so all names are told only if the last of them tells
    all that there were. Raises Corrupt (`log-broken`) if it does not.
    """
    entry = None
    for entry in takewhile(lambda each: each.number >= first, log.newest_first()):
        yield entry
    if entry is None or entry.number != first or entry.view is None:
        raise Corrupt(
            f"operation {first} is the first that is kept, and does not tell all names",
            code="log-broken",
            hint="`vault fsck` lists everything that is damaged",
        )


def _own_words(context: Context) -> Iterator[Digest]:
    """Yield what the entry that is to come will name, which may lie there from an earlier time."""
    if context.intent.words:
        yield digest_of(encode_arguments(context.intent.words))


def _garbage(context: Context, reach: Reach, before_seconds: float) -> dict[Digest, int]:
    """Return the objects that may go, with their sizes in bytes."""
    store = context.store
    return {
        digest: store.size_bytes(digest)
        for digest in store.digests()
        if digest not in reach.objects and store.written_seconds(digest) < before_seconds
    }


def _remove(context: Context, tip: Operation, first: int, garbage: dict[Digest, int]) -> None:
    if first > tip.entry.first:
        # Said before it is done: whoever looks for an older entry then knows that it was given up.
        appended = append(context, tip, tip.view, replace(context.intent, first=first))
        assert appended is not None, "no other writer is at work"
        context.log.give_up(first)
    for digest in garbage:
        context.store.delete(digest)
