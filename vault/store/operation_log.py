"""The operation log: the only thing that changes, by appending.

Entry n+1 is published by put-if-absent under its number and holds the whole view. Each entry names
the digest of the one before it and carries its own checksum, so damage is told and never taken for
an older state. A `tip` hint beside the log makes finding the newest entry cheap and tells when
newest entries have vanished; it is never trusted for more.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vault.errors import Corrupt, StorageFailed
from vault.layout import OPERATIONS, TIP
from vault.objects.digest import Digest, digest_of, is_digest
from vault.objects.json.stored import stored_json
from vault.objects.view import View, view_from_json, view_to_json
from vault.plain_files import FOREIGN
from vault.store.backend import Backend

_NEXT_STEP = "`vault fsck` lists everything that is damaged"
_NUMBER = re.compile(r"[0-9]{10,15}")
_HINT = re.compile(rb"([0-9]{1,15}) [0-9a-f]{16}\n")


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry of the log: what was done, by whom and when (UTC, ISO 8601), and all refs after it.

    `digest` is SHA-256 of the entry as stored; `previous` that of the entry before (None for 1).
    `undoes` and `redoes` number the operation that this one took back or did again; `first` the
    oldest entry that is kept.
    """

    number: int
    digest: Digest
    previous: Digest | None
    author: str
    time: str
    command: str
    nonce: str
    view: View
    undoes: int | None = None
    redoes: int | None = None
    first: int = 1


@dataclass(frozen=True, slots=True)
class Intent:
    """Who does what, when: the part of an operation that is known before its outcome.

    `undoes` and `redoes` are as in `Operation`; `first` gives up all entries before that one.
    """

    author: str
    time: str
    command: str
    undoes: int | None = None
    redoes: int | None = None
    first: int | None = None


class OperationLog:
    """Reads and appends the entries of one repository's log."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def tip(self) -> Operation:
        """Return the newest operation.

        Raises Corrupt: `log-empty`, `log-truncated` (entries that were there have vanished),
        `operation-damaged`.
        """
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
        return self.read(newest)

    def read(self, number: int) -> Operation:
        """Return one operation. Raises Corrupt: `operation-missing`, `operation-damaged`."""
        try:
            data = self._backend.read(_name(number))
        except KeyError:
            raise Corrupt(
                f"operation {number} is missing", code="operation-missing", hint=_NEXT_STEP
            ) from None
        return _decode(number, data)

    def newest_first(self) -> Iterator[Operation]:
        """Yield every operation from the tip to the first kept, checking that each names the next.

        Raises Corrupt: what `tip` and `read` raise, `log-broken`.
        """
        operation = self.tip()
        first = operation.first
        yield operation
        while operation.number > first:
            before = self.read(operation.number - 1)
            if before.digest != operation.previous:
                raise Corrupt(
                    f"operation {before.number} is not the one that {operation.number} follows",
                    code="log-broken",
                    hint=_NEXT_STEP,
                )
            operation = before
            yield operation

    def append(self, after: Operation | None, view: View, intent: Intent) -> Operation | None:
        """Publish the next operation, durably; None if another writer came first.

        Everything that the view names must be stored already. After an ambiguous answer of the
        backend the entry is read again: the own nonce in it means that it was published. Raises
        StorageFailed, with the code `outcome-unknown` if the entry was written but might not last.
        """
        # What the entry names must be durable before it is, and so must the one that it follows:
        # whoever wrote that may have died before it was.
        self._backend.sync(*([] if after is None else [_name(after.number)]))
        number = 1 if after is None else after.number + 1
        nonce = os.urandom(16).hex()
        data = _encode(after, view, intent, nonce)
        if not self._publish(number, data, nonce):
            return None
        self._sync_entry(number)
        # The operation is recorded; the next one brings the hint up to date.
        with contextlib.suppress(StorageFailed):
            self.renew_hint(number)
        return _decode(number, data)

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
        return self.read(number).nonce == nonce

    def _holds(self, number: int, nonce: str, failure: StorageFailed) -> bool:
        try:
            if not self._backend.exists(_name(number)):
                return False
            return self.read(number).nonce == nonce
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


def _name(number: int) -> str:
    return f"{OPERATIONS}/{number:010d}"


def _hint_text(number: int) -> bytes:
    # With a checksum, since a flipped digit would look like entries that have vanished.
    return b"%d %s\n" % (number, digest_of(b"%d" % number)[:16].encode())


def _encode(after: Operation | None, view: View, intent: Intent, nonce: str) -> bytes:
    kept_from = 1 if after is None else after.first
    value = {
        "author": intent.author,
        "command": intent.command,
        "first": kept_from if intent.first is None else intent.first,
        "nonce": nonce,
        "number": 1 if after is None else after.number + 1,
        "previous": None if after is None else after.digest,
        "redoes": intent.redoes,
        "time": intent.time,
        "type": "operation",
        "undoes": intent.undoes,
        "version": 1,
        "view": view_to_json(view),
    }
    body = stored_json(value)
    return body + b"\n" + digest_of(body).encode() + b"\n"


def _decode(number: int, data: bytes) -> Operation:
    body, _, checksum = data.partition(b"\n")
    if checksum != digest_of(body).encode() + b"\n":
        raise Corrupt(
            f"operation {number} is damaged: its checksum does not fit",
            code="operation-damaged",
            hint=_NEXT_STEP,
        )
    try:
        value: dict[str, Any] = json.loads(body)
        if value["type"] != "operation" or value["version"] != 1 or value["number"] != number:
            raise ValueError("it is not the entry that its name says")
        if value["previous"] is not None and not is_digest(value["previous"]):
            raise ValueError("it names no previous entry")
        return Operation(
            number=number,
            digest=digest_of(data),
            previous=value["previous"],
            author=str(value["author"]),
            time=str(value["time"]),
            command=str(value["command"]),
            nonce=str(value["nonce"]),
            view=view_from_json(value["view"]),
            # Entries that were written before there was undo lack these.
            undoes=_number(value.get("undoes")),
            redoes=_number(value.get("redoes")),
            first=_number(value.get("first")) or 1,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt(
            f"operation {number} cannot be read: {error}", code="operation-damaged", hint=_NEXT_STEP
        ) from None


def _number(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise ValueError(f"{value!r} is not the number of an operation")
