"""Lines of the journal of a model run: a JSON object, its checksum, and what a crash leaves.

Normative: docs/format/runs.md, steps 2, 3 and 8 of section 5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from vault.errors import Corrupt
from vault.objects.json.stored import MALFORMED, stored_json
from vault.objects.model_run.about import VERSION, about_from_json, read_time

# A space, 64 digits and a line feed: what stands behind the JSON of a line.
_END_BYTES = 66
_LINE_AND_MORE = re.compile(rb"\} ([0-9a-f]{64})(?=..)", re.DOTALL)


class Place(NamedTuple):
    """The place of a line in its journal; the size includes the line feed."""

    offset: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A line of a journal: its number from 1, its JSON object, and its place."""

    number: int
    value: Mapping[str, Any]
    place: Place


def written_line(value: Mapping[str, Any]) -> bytes:
    """Return the bytes of a line, its line feed included."""
    text = stored_json(value)
    return b"%s %s\n" % (text, sha256(text).hexdigest().encode())


def read_line(raw: bytes, path: Path) -> Mapping[str, Any]:
    """Return the object of a line of the journal at `path`. Raises Corrupt (`run-damaged`)."""
    try:
        if not _is_whole(raw):
            raise ValueError("its checksum does not fit")
        return _object(raw)
    except MALFORMED as error:
        raise run_damaged(path, _reason(error)) from None


def read_lines(file: BufferedReader[FileIO], path: Path, run: str) -> Iterator[JournalLine]:
    """Yield the lines of the journal of a run from its file, which is at `path`.

    A torn last line is left out: no line feed, or a checksum that does not fit. Raises Corrupt
    (`run-damaged`) where another line is not as it should be, and OSError.
    """
    offset = 0
    for number, raw in enumerate(file, 1):
        try:
            if not _is_whole(raw):
                if not file.peek(1) and not _begins_with_a_line(raw):
                    break
                raise ValueError("its checksum does not fit")
            value = _object(raw)
            if type(value["number"]) is not int or value["number"] != number:
                raise ValueError(f"it says number {value['number']!r}")
            if number == 1:
                _check_first(value, run)
        except MALFORMED as error:
            raise run_damaged(path, f"line {number}: {_reason(error)}") from None
        yield JournalLine(number, value, Place(offset, len(raw)))
        offset += len(raw)
    if not offset:
        raise run_damaged(path, "line 1: it is missing")


def run_damaged(path: Path, reason: str) -> Corrupt:
    """Return the error for damage in a file of a run's folder."""
    return Corrupt(
        f"{path}: {reason}",
        code="run-damaged",
        hint="put the file back from a copy of the repository; `vault fsck` checks it",
    )


def _object(raw: bytes) -> Mapping[str, Any]:
    value = orjson.loads(raw[:-_END_BYTES])
    if type(value) is not dict:
        raise ValueError("it is no JSON object")
    read_time(value["time"])
    return value


def _is_whole(raw: bytes) -> bool:
    text, end = raw[:-_END_BYTES], raw[-_END_BYTES:]
    return end == b" %s\n" % sha256(text).hexdigest().encode()


def _begins_with_a_line(raw: bytes) -> bool:
    """Return whether a whole line stands before more bytes: its line feed was damaged.

    A crash leaves the beginning of a line. Without this look both lines would be taken for that.
    """
    return any(
        sha256(raw[: found.start() + 1]).hexdigest().encode() == found[1]
        for found in _LINE_AND_MORE.finditer(raw)
    )


def _check_first(value: Mapping[str, Any], run: str) -> None:
    """Raise one of `MALFORMED` unless a line is the first of the journal of a run."""
    if value["type"] != "run" or value["version"] != VERSION:
        raise ValueError(f"it is {value['type']!r} of version {value['version']!r}")
    if about_from_json(value["about"]).run != run:
        raise ValueError(f"it is of the run {value['about']['run']!r}")


def _reason(error: BaseException) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)
