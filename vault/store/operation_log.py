"""The operation log: the only thing that changes, by appending.

Entry n+1 is published by put-if-absent under its number and tells all names after it, or what
became of those before it. Each entry names the digest of the one before it and carries its own
checksum, so damage is told and never taken for an older state. A `tip` hint beside the log makes
finding the newest entry cheap and tells when newest entries have vanished; it is never trusted for
more.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from vault.errors import Corrupt, StorageFailed
from vault.layout import OPERATIONS, TIP
from vault.objects.digest import Digest, digest_of
from vault.objects.log.entry import FULL_EVERY, Entry, decode_entry, encode_entry, tells_all
from vault.objects.log.view import View
from vault.objects.log.view_change import applied, difference
from vault.plain_files import FOREIGN
from vault.store.backend import Backend

_NEXT_STEP = "`vault fsck` lists everything that is damaged"
_NUMBER = re.compile(r"[0-9]{10,15}")
_HINT = re.compile(rb"([0-9]{1,15}) [0-9a-f]{16}\n")


class Operation(NamedTuple):
    """An entry of the log, and all names in the repository after it."""

    entry: Entry
    view: View

    @property
    def number(self) -> int:
        """The number of the entry."""
        return self.entry.number


@dataclass(frozen=True, slots=True)
class Intent:
    """Who does what, when: the part of an operation that is known before its outcome.

    `undoes`, `redoes` and `arguments` are as in `Entry`; `first` gives up all entries before that
    one, which must have a view. `words` are what was typed, the command's name first; none where
    nothing was.
    """

    author: str
    time: str
    command: str
    undoes: int | None = None
    redoes: int | None = None
    first: int | None = None
    words: tuple[str, ...] = ()
    arguments: Digest | None = None


class OperationLog:
    """Reads and appends the entries of one repository's log."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._known: Operation | None = None

    def tip(self) -> Operation:
        """Return the newest operation.

        Raises Corrupt: `log-empty`, `log-truncated` (entries that were there have vanished), and
        what `view_at` raises.
        """
        entry = self.newest()
        return self._remembered(Operation(entry, self.view_at(entry)))

    def newest(self) -> Entry:
        """Return the newest entry; errors as `tip`."""
        hinted = self._hinted()
        newest = hinted
        if newest == 0 or not self._backend.exists(_name(newest)):
            newest = max(self.numbers(), default=0)
        while self._backend.exists(_name(newest + 1)):
            newest += 1
        if newest == 0:
            raise Corrupt("the operation log is empty", code="log-empty", hint=_NEXT_STEP)
        if newest < hinted:
            raise Corrupt(
                f"operation {hinted} was recorded, but the log ends at {newest}",
                code="log-truncated",
                hint=_NEXT_STEP,
            )
        return self.entry(newest)

    def entry(self, number: int) -> Entry:
        """Return one entry. Raises Corrupt: `operation-missing`, `operation-damaged`."""
        try:
            data = self._backend.read(_name(number))
        except KeyError:
            raise Corrupt(
                f"operation {number} is missing", code="operation-missing", hint=_NEXT_STEP
            ) from None
        return decode_entry(number, data)

    def read(self, number: int) -> Operation:
        """Return one operation; errors as `entry` and `view_at`."""
        entry = self.entry(number)
        return Operation(entry, self.view_at(entry))

    def view_at(self, entry: Entry) -> View:
        """Return all names after an entry.

        Costs reading the entries back to the last one with a view, 127 at most. Raises Corrupt:
        what `entry` raises, `log-broken`.
        """
        known = self._known
        steps: list[Entry] = []
        first = entry.first
        while entry.view is None and (known is None or known.entry.digest != entry.digest):
            if entry.number <= first:
                raise _broken(f"operation {entry.number} is the first, and has no view")
            steps.append(entry)
            entry = self._before(entry)
        view = known.view if entry.view is None and known is not None else entry.view
        assert view is not None, "the walk ends at an entry with a view, or at the one known"
        for each in reversed(steps):
            view = view_after(view, each)
        return view

    def newest_first(self, read: Callable[[int], Entry] | None = None) -> Iterator[Entry]:
        """Yield every entry from the newest to the first kept, checking that each names the next.

        `read` stands for `entry`, for those who read some of them for other reasons as well. Raises
        Corrupt: what `newest` and `entry` raise, `log-broken`.
        """
        entry = self.newest()
        first = entry.first
        yield entry
        while entry.number > first:
            entry = self._before(entry, read)
            yield entry

    def changes_names(self, entry: Entry, before: Entry) -> bool:
        """Tell whether an entry changed anything that can be taken back, given the one before."""
        if entry.change is not None:
            return entry.change.is_undoable()
        return self.view_at(entry).undoable() != self.view_at(before).undoable()

    def append(
        self, after: Operation | None, view: View, intent: Intent, *, repository: str
    ) -> Operation | None:
        """Publish the next operation, durably; None if another writer came first.

        Everything that the view names must be stored already. `repository` is what the format file
        says. After an ambiguous answer of the backend the entry is read again: the own nonce in it
        means that it was published. Raises StorageFailed, with the code `outcome-unknown` if the
        entry was written but might not last.
        """
        # What the entry names must be durable before it is, and so must the one that it follows:
        # whoever wrote that may have died before it was.
        self._backend.sync(*([] if after is None else [_name(after.number)]))
        number = 1 if after is None else after.number + 1
        nonce = os.urandom(16).hex()
        data = _encode(after, view, intent, nonce, repository)
        if not self._publish(number, data, nonce):
            return None
        self._sync_entry(number)
        # The operation is recorded; the next one brings the hint up to date.
        with contextlib.suppress(StorageFailed):
            self.renew_hint(number)
        return self._remembered(Operation(decode_entry(number, data), view))

    def settle(self, operation: Operation) -> None:
        """Make an entry durable that was read, before anybody is told that what it says is done.

        Whoever wrote it may have died before it was. Raises StorageFailed.
        """
        self._backend.sync(_name(operation.number))

    def give_up(self, before: int) -> int:
        """Delete the entries numbered below `before`, oldest first; return how many there were.

        The newest entry must say already that `before` is the first kept.
        """
        old = sorted(each for each in self.numbers() if each < before)
        for number in old:
            self._backend.delete(_name(number))
        return len(old)

    def numbers(self) -> Iterator[int]:
        """Yield the number of every entry that is stored, in no order."""
        for name in self._backend.names(OPERATIONS):
            last = name.rpartition("/")[2]
            if _NUMBER.fullmatch(last) and name == _name(int(last)):
                yield int(last)

    def read_hint(self) -> int | None:
        """Return the number that the hint gives for the newest entry, None without a hint.

        Never more than the newest entry unless entries have vanished. Raises Corrupt
        (`hint-damaged`).
        """
        try:
            text = self._backend.read(TIP)
        except KeyError:
            return None
        found = _HINT.fullmatch(text)
        if found is None or text != _hint_text(int(found[1])):
            raise Corrupt(
                "the hint at the newest operation is damaged",
                code="hint-damaged",
                hint="`vault fsck --repair` writes it again",
            )
        return int(found[1])

    def renew_hint(self, number: int) -> None:
        """Let the hint say that this entry is the newest."""
        self._backend.replace(TIP, _hint_text(number))

    def _before(self, entry: Entry, read: Callable[[int], Entry] | None = None) -> Entry:
        before = (read or self.entry)(entry.number - 1)
        if not follows(entry, before):
            raise _broken(f"operation {before.number} is not the one that {entry.number} follows")
        return before

    def _remembered(self, operation: Operation) -> Operation:
        # What follows is then found from here, not from the last entry with a view.
        self._known = operation
        return operation

    def _publish(self, number: int, data: bytes, nonce: str) -> bool:
        """Put an entry; True if it is there now, whatever the backend said."""
        try:
            if self._backend.put_if_absent(_name(number), data):
                return True
        except StorageFailed as error:
            # An answer may be lost after the entry was written.
            if not self._holds(number, nonce, error):
                raise
            return True
        return self.entry(number).nonce == nonce

    def _holds(self, number: int, nonce: str, failure: StorageFailed) -> bool:
        try:
            if not self._backend.exists(_name(number)):
                return False
            return self.entry(number).nonce == nonce
        except StorageFailed:
            raise StorageFailed(
                f"operation {number} may have been recorded or not: {failure.message}",
                code="outcome-unknown",
                hint="`vault status` shows what was recorded",
            ) from failure

    def _sync_entry(self, number: int) -> None:
        try:
            self._backend.sync()
        except StorageFailed as error:
            raise StorageFailed(
                f"operation {number} was recorded, but might not last: {error.message}",
                code="outcome-unknown",
                hint="`vault status` shows what was recorded",
            ) from error

    def _hinted(self) -> int:
        # A hint that cannot be read only costs listing the entries.
        try:
            return self.read_hint() or 0
        except (Corrupt, StorageFailed) as error:
            if error.code == FOREIGN:
                raise
            return 0


def follows(entry: Entry, before: Entry) -> bool:
    """Tell whether an entry was made after the one before it, in the same repository.

    One without a view also names the same last entry with a view, or the one before it as that.
    """
    is_named = before.digest == entry.previous
    goes_on = entry.view is not None or entry.base == (before.base or before.number)
    return is_named and goes_on and before.repository in (None, entry.repository)


def view_after(view: View, entry: Entry) -> View:
    """Return all names after an entry, given those at the one before it.

    Raises Corrupt (`log-broken`) if they are not what the entry says that it changed.
    """
    if entry.change is None:
        assert entry.view is not None, "an entry without a change has a view"
        return entry.view
    try:
        after = applied(view, entry.change)
        if entry.view not in (None, after):
            raise ValueError("what changed does not lead to the view that it tells")
        return after
    except ValueError as error:
        raise _broken(f"operation {entry.number} does not fit the one before it: {error}") from None


def _name(number: int) -> str:
    return f"{OPERATIONS}/{number:010d}"


def _hint_text(number: int) -> bytes:
    # With a checksum, since a flipped digit would look like entries that have vanished.
    return b"%d %s\n" % (number, digest_of(b"%d" % number)[:16].encode())


def _encode(
    after: Operation | None, view: View, intent: Intent, nonce: str, repository: str
) -> bytes:
    number = 1 if after is None else after.number + 1
    header = {
        "arguments": intent.arguments,
        "author": intent.author,
        "command": intent.command,
        "first": intent.first or (1 if after is None else after.entry.first),
        "nonce": nonce,
        "number": number,
        "previous": None if after is None else after.entry.digest,
        "redoes": intent.redoes,
        "repository": repository,
        "time": intent.time,
        "undoes": intent.undoes,
    }
    if after is None or tells_all(view):
        return encode_entry(header, view)
    change = difference(after.view, view)
    base = after.entry.base or after.number
    if number - base >= FULL_EVERY:
        return encode_entry(header, view, change)
    return encode_entry(header, None, change, base)


def _broken(message: str) -> Corrupt:
    return Corrupt(message, code="log-broken", hint=_NEXT_STEP)
