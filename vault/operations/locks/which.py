"""`which`: the version and the command that a file came from, whatever it is called now."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset, chunk_table, ids_of, open_dataset
from vault.dataset.reading.id_index import IdIndex
from vault.errors import InvalidInput, NotFound
from vault.formats.files.blocks import open_blocks
from vault.formats.files.inputs import InputFile, find_files
from vault.objects.digest import ID_BYTES, Digest, example_id
from vault.objects.json.member import EXPORT_MEMBER, without_member
from vault.objects.json.text import UnreadableJson, parse
from vault.operations.exports.lock_entry import LockEntry
from vault.operations.exports.lock_file import digest_of, read_lock
from vault.operations.history.find_example import find_example
from vault.operations.locks.open_locked import NotMet, open_entry
from vault.presentation.report_html import Displayed
from vault.session.context import Context
from vault.session.revisions import all_commits

_SHA256 = re.compile(r"[0-9a-f]{64}")
_ID = f"V{ID_BYTES}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file may be from: what the lock lists (`path`), or a commit that holds its records.

    `matches` says how it was found: `sha256` (the same bytes), `content` (the same records in
    another layout or compression), or `examples` (so many of its records are in that commit; `path`
    is None then). `command` are the words that write the file again.
    """

    path: str | None
    commit: Digest | None
    tag: str | None
    examples: int
    matches: str
    command: tuple[str, ...]
    repository: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class LineOrigin:
    """The example that a line of a file is: its id, and where the record was first read from."""

    line: int
    id: str
    source: str
    source_line: int
    commits: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class WhichReport(Displayed):
    """What is known of a file: its digest, how many records were read, and where it is from.

    `records` is None where the digest alone told. `line` is there if one was asked for.
    """

    sha256: str
    records: int | None
    items: tuple[Origin, ...]
    line: LineOrigin | None = None


def which(
    context: Context, target: str, *, line: int | None = None, stdin: BinaryIO | None = None
) -> WhichReport:
    """Return where a file is from: its path, its SHA-256, or `-` for `stdin`.

    The lock is asked first. A file that it does not list is looked for by its records: the newest
    commit that holds most of them. Costs reading the file, and the ids of commits until one holds
    all. Raises NotFound (`file-not-found`, `origin-not-found`, `line-not-found`,
    `line-not-known`), InvalidInput (`line-needs-file`, `lock-damaged`, and those of reading).
    """
    lock = _Lock(context)
    if target != "-" and not Path(target).exists() and _SHA256.fullmatch(target.lower()):
        if line is not None:
            raise InvalidInput(
                "a digest has no lines",
                code="line-needs-file",
                hint=f"name the file: vault which FILE --line {line}",
            )
        items = lock.listed(target.lower())
        return WhichReport(target.lower(), None, items) if items else _unknown(target)
    if target != "-" and not Path(target).is_file():
        raise NotFound(
            f"{target} is no file",
            code="file-not-found",
            hint="name a file, its SHA-256, or `-` for standard input",
        )
    sha256 = None if target == "-" else digest_of(Path(target))
    items = () if sha256 is None else lock.listed(sha256)
    if sha256 is not None and items and line is None:
        return WhichReport(sha256, None, items)
    (file,) = find_files([target])
    records = _Records.read(file, stdin)
    items = items or lock.listed(records.content)
    if not items:
        items = tuple(_by_examples(context, records.ids))
    found = WhichReport(sha256 or records.content, len(records.ids), items)
    if line is not None:
        return replace(found, line=_line(context, lock, records, line, items))
    return found if found.items else _unknown(target)


class _Lock:
    """What the lock lists, and the tags that there are now."""

    def __init__(self, context: Context) -> None:
        self.entries = {} if context.folder is None else read_lock(context.folder)
        view = context.log.tip().view
        self._tags = {str(name): tag.commit for name, tag in view.tags.items()}

    def listed(self, digest: str) -> tuple[Origin, ...]:
        """Return the files of a digest, those with the same bytes before those of the content."""
        found = []
        for path, entry in sorted(self.entries.items()):
            if digest in (entry.sha256, entry.content):
                matches = "sha256" if digest == entry.sha256 else "content"
                found.append(self._origin(path, entry, matches))
        return tuple(sorted(found, key=lambda each: each.matches != "sha256"))

    def _origin(self, path: str, entry: LockEntry, matches: str) -> Origin:
        tag = entry.tag if self._tags.get(str(entry.tag)) == entry.commit else None
        return Origin(
            path,
            entry.commit,
            tag,
            entry.examples,
            matches,
            tuple(entry.command(path, tag)),
            entry.repository,
            entry.fingerprint,
        )


@dataclass(frozen=True, slots=True)
class _Records:
    """The ids of a file's records, in order, their lines, and a digest of all as JSON Lines."""

    ids: NDArray[np.void]
    lines: list[int]
    content: str

    @classmethod
    def read(cls, file: InputFile, stdin: BinaryIO | None) -> _Records:
        digest = hashlib.sha256()
        ids, lines, base = bytearray(), [], 1
        for block in open_blocks(replace(file, may_be_wrapped=False), stdin=stdin):
            records = block.split()
            for text, line in zip(records.texts, records.lines, strict=True):
                digest.update(text + b"\n")
                found = _id_of(text)
                if found is not None:
                    ids += found
                    lines.append(base + line)
            base += records.line_count
        return cls(np.frombuffer(bytes(ids), _ID), lines, digest.hexdigest())


def _id_of(text: bytes) -> bytes | None:
    try:
        value, canonical = parse(text)
        if isinstance(value, dict) and EXPORT_MEMBER in value:
            _, canonical = parse(without_member(text, EXPORT_MEMBER))
    except UnreadableJson:
        return None
    return example_id(canonical) if isinstance(value, dict) else None


def _by_examples(context: Context, ids: NDArray[np.void]) -> Iterator[Origin]:
    """Yield the commit that holds most of some records, the newest of several."""
    if not len(ids):
        return
    view = context.log.tip().view
    commits = sorted(all_commits(context, view), key=lambda each: context.commit(each).time)
    best: tuple[int, Digest] | None = None
    counted: dict[Digest, int] = {}
    for commit in reversed(commits):
        manifest = context.commit(commit).manifest
        if manifest not in counted:
            counted[manifest] = _held(open_dataset(context.store, manifest), ids)
        if counted[manifest] > (0 if best is None else best[0]):
            best = counted[manifest], commit
        if counted[manifest] == len(ids):
            break
    if best is not None:
        count, commit = best
        tags = sorted(name for name, tag in view.tags.items() if tag.commit == commit)
        tag = next(iter(tags), None)
        yield Origin(None, commit, tag, count, "examples", ("export", tag or commit))


def _held(dataset: Dataset, ids: NDArray[np.void]) -> int:
    index = IdIndex()
    index.add(ids_of(dataset.columns(dataset.keys(), ["id"])))
    known, _ = index.find(ids)
    return int(known.sum())


def _line(
    context: Context, lock: _Lock, records: _Records, line: int, items: tuple[Origin, ...]
) -> LineOrigin:
    """Return the example that a line of a file is.

    Of a file that is as the lock says, by its place; of others by its record.
    """
    if line not in records.lines:
        last = records.lines[-1] if records.lines else 0
        raise NotFound(
            f"the file has no record in line {line}",
            code="line-not-found",
            hint=f"records are in lines up to {last}",
        )
    place = records.lines.index(line)
    example = None
    if items and items[0].path is not None:
        example = _id_at(context, lock.entries[items[0].path], place)
    view = context.log.tip().view
    try:
        found = find_example(context, view, example or records.ids[place].tobytes().hex())
    except NotFound:
        held = f"; the file is from {items[0].commit[:12]}" if items and items[0].commit else ""
        raise NotFound(
            f"line {line} is no example that vault knows{held}",
            code="line-not-known",
            hint="the line was edited, or is of another repository",
        ) from None
    at = found.places[0]
    rows = np.array([at.row], np.int64)
    table = chunk_table(context.store, at.chunk, ["source", "line"], rows=rows)
    row = table.to_pylist()[0]
    commits = tuple(each.commit for each in found.holders if each.commit is not None)
    return LineOrigin(line, found.id.hex(), row["source"], row["line"], commits)


def _id_at(context: Context, entry: LockEntry, place: int) -> str | None:
    """Return the id of the example at a place of a file that the lock lists."""
    try:
        found = open_entry(context, entry, "-")
    except NotMet:
        return None
    keys = found.written_keys()
    if len(keys) != (entry.lines or entry.examples) or place >= len(keys):
        return None
    ids = ids_of(found.opened.dataset.columns(keys[place : place + 1], ["id"]))
    return str(ids[0].tobytes().hex())


def _unknown(target: str) -> WhichReport:
    raise NotFound(
        f"nothing that vault knows of is in {target}",
        code="origin-not-found",
        hint="the file may be of another repository, or was never exported",
    )
