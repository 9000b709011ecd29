"""Entries of the operation log as bytes: two lines, JSON and its checksum. Pure.

An entry tells a whole view, or what changed since the entry before. Version 1 always told all of
it, which is 17 GB for 20,000 tags; with changes that is 0.2 GB.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vault.errors import Corrupt
from vault.objects.digest import Digest, digest_of, read_digest
from vault.objects.json.stored import MALFORMED, stored_json
from vault.objects.log.view import View, view_from_json, view_to_json
from vault.objects.log.view_change import ViewChange, change_from_json, change_to_json

MOST_FULL_BYTES = 4_096
"""A view up to this length in JSON is told whole."""

FULL_EVERY = 128
"""A longer one is told whole after so many entries with changes alone."""

REPOSITORY = re.compile(r"[0-9a-f]{32}")
"""What a repository is called: the same in every copy of it, and no other is."""

_EARLIER = ("first", "undoes", "redoes")
_DIGEST_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log: what was done, by whom and when (UTC, ISO 8601), and what it changed.

    `digest` is SHA-256 of the entry as stored; `previous` that of the entry before (None for 1).
    `undoes` and `redoes` number the operation that this one took back or did again; `first` the
    oldest entry that is kept; `arguments` is the object with what was typed. `view` is all names
    after it, `change` what became of those at the entry before; one of them may be None, `change`
    where the view is short. Without a view, `base` is the number of the newest entry before that
    has one.
    """

    number: int
    digest: Digest
    previous: Digest | None
    author: str
    time: str
    command: str
    nonce: str
    view: View | None
    change: ViewChange | None = None
    base: int | None = None
    undoes: int | None = None
    redoes: int | None = None
    first: int = 1
    arguments: Digest | None = None
    repository: str | None = None

    @property
    def told(self) -> View:
        """What the entry itself tells: all names after it, or those that it made or moved."""
        if self.view is not None:
            return self.view
        assert self.change is not None, "an entry without a view has a change"
        return self.change.new


def tells_all(view: View) -> bool:
    """Tell whether an entry tells a view whole however many entries came before."""
    # Each name stands for a digest at least, so of many none need be written to know.
    names = len(view.branches) + len(view.tags) + len(view.notes)
    if names * _DIGEST_LENGTH > MOST_FULL_BYTES:
        return False
    return len(stored_json(view_to_json(view))) <= MOST_FULL_BYTES


def encode_entry(
    header: Mapping[str, Any],
    view: View | None,
    change: ViewChange | None = None,
    base: int | None = None,
) -> bytes:
    """Return the bytes of an entry; `view`, `change` and `base` are as in `Entry`.

    `header` has the other members of docs/format/operations.md, section 1, by their names there.
    """
    value = {
        **header,
        "base": base,
        "changes": None if change is None else change_to_json(change),
        "type": "operation",
        "version": 2,
        "view": None if view is None else view_to_json(view),
    }
    body = stored_json(value)
    return body + b"\n" + digest_of(body).encode() + b"\n"


def decode_entry(number: int, data: bytes) -> Entry:
    """Return the entry of a number, of version 1 or 2. Raises Corrupt (`operation-damaged`)."""
    body, _, checksum = data.partition(b"\n")
    if checksum != digest_of(body).encode() + b"\n":
        raise _damaged(f"operation {number} is damaged: its checksum does not fit")
    try:
        value: dict[str, Any] = json.loads(body)
        if value["type"] != "operation" or value["number"] != number:
            raise ValueError("it is not the entry that its name says")
        if value["version"] not in (1, 2):
            raise ValueError(f"it is of version {value['version']!r}")
        view, change, base = _told(value, number)
        first, undoes, redoes = (_number(value.get(name)) for name in _EARLIER)
        if not 1 <= (first or 1) <= number or not max(undoes or 0, redoes or 0) < number:
            raise ValueError("it speaks of operations that come later")
        if base is not None and base < (first or 1):
            raise ValueError("it goes on from an operation that was given up")
        return Entry(
            number=number,
            digest=digest_of(data),
            previous=_digest(value["previous"]),
            author=str(value["author"]),
            time=str(value["time"]),
            command=str(value["command"]),
            nonce=str(value["nonce"]),
            view=view,
            change=change,
            base=base,
            # Entries that were written before there was undo lack these.
            undoes=undoes,
            redoes=redoes,
            first=first or 1,
            # Those of version 1 lack these.
            arguments=_digest(value.get("arguments")),
            repository=_repository(value),
        )
    except MALFORMED as error:
        raise _damaged(f"operation {number} cannot be read: {error}") from None


def _told(value: dict[str, Any], number: int) -> tuple[View | None, ViewChange | None, int | None]:
    if value["version"] == 1:
        return view_from_json(value["view"]), None, None
    view = None if value["view"] is None else view_from_json(value["view"])
    change = None if value["changes"] is None else change_from_json(value["changes"])
    base = _number(value["base"])
    if (view is None) != (base is not None) or (base or 0) >= number or (base and not change):
        raise ValueError("it tells neither a view nor what changed since an entry before")
    return view, change, base


def _repository(value: dict[str, Any]) -> str | None:
    if value["version"] == 1:
        return None
    if not isinstance(value["repository"], str) or not REPOSITORY.fullmatch(value["repository"]):
        raise ValueError("it does not name the repository")
    return value["repository"]


def _digest(value: object) -> Digest | None:
    return None if value is None else read_digest(value)


def _number(value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise ValueError(f"{value!r} is not the number of an operation")


def _damaged(message: str) -> Corrupt:
    return Corrupt(
        message, code="operation-damaged", hint="`vault fsck` lists everything that is damaged"
    )
