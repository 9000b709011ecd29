"""Finding an example by its id, or the beginning of one, among all that was ever committed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from vault.catalogue.index.examples import Catalogue
from vault.catalogue.index.generation import Located
from vault.dataset.reading.removals import removals_of
from vault.errors import InvalidInput, NotFound
from vault.layout import catalogue_folder
from vault.objects.chunk import decode_chunk
from vault.objects.digest import ID_BYTES, Digest
from vault.objects.log.view import View
from vault.objects.run_page import decode_page
from vault.objects.runs import ChunkNumbers, Runs
from vault.session.context import Context
from vault.session.revisions import all_commits


@dataclass(frozen=True, slots=True)
class Holder:
    """A dataset that may hold an example: a commit, or a stage (None)."""

    commit: Digest | None
    manifest: Digest


@dataclass(frozen=True, slots=True)
class FoundExample:
    """An example: its id, the places where it is stored, and who holds it, newest first.

    Nobody holds what was imported and taken out again before any commit.
    """

    id: bytes
    places: tuple[Located, ...]
    holders: tuple[Holder, ...]


def find_example(context: Context, view: View, text: str) -> FoundExample:
    """Return the example whose id begins with `text` (four or more hex digits).

    Raises NotFound (`example-not-found`), InvalidInput (`example-ambiguous`), Corrupt.
    """
    if not re.fullmatch(r"[0-9a-f]{4,32}", text):
        raise _unknown(text)
    pages = _Pages(context)
    holders = list(_holders(context, view))
    held = (each for holder in holders for each in pages.chunks(holder))
    chunks = list(dict.fromkeys([*held, *_chunks_of_removed(context, view)]))
    first = bytes.fromhex(text.ljust(2 * ID_BYTES, "0"))
    last = bytes.fromhex(text.ljust(2 * ID_BYTES, "f"))
    folder = None if context.folder is None else catalogue_folder(context.folder)

    def read_ids(chunk: Digest) -> pa.Array:
        return decode_chunk(context.store.get(chunk), ["id"]).column("id").combine_chunks()

    places = Catalogue(folder).locate(first, last, chunks, read_ids)
    ids = sorted({each.id for each in places})
    if not ids:
        raise _unknown(text)
    if len(ids) > 1:
        raise InvalidInput(
            f'"{text}" begins the ids of {len(ids)} examples',
            code="example-ambiguous",
            hint=f"give more characters, such as {ids[0].hex()[: len(text) + 8]}",
        )
    found = tuple(h for h in holders if any(pages.holds(h, place) for place in places))
    return FoundExample(ids[0], tuple(places), found)


def _unknown(text: str) -> NotFound:
    return NotFound(
        f'no branch, tag, commit or example is called "{text}"',
        code="example-not-found",
        hint="ids are printed by `vault diff` and written by `vault export --with id`",
    )


def _chunks_of_removed(context: Context, view: View) -> Iterator[Digest]:
    """Yield the chunks where examples are stored that were taken out of a stage or a branch."""
    manifests = [
        stage.manifest for each in view.workspaces.values() for stage in each.stages.values()
    ]
    manifests += [context.commit(each).manifest for each in view.branches.values()]
    for manifest in dict.fromkeys(manifests):
        for removal in removals_of(context.store, context.manifest(manifest)):
            place = removal.place()
            if place is not None:
                yield place[0]


def _holders(context: Context, view: View) -> Iterator[Holder]:
    for workspace in view.workspaces.values():
        for stage in workspace.stages.values():
            yield Holder(None, stage.manifest)
    commits = sorted(
        all_commits(context, view), key=lambda each: (context.commit(each).time, each), reverse=True
    )
    for digest in commits:
        yield Holder(digest, context.commit(digest).manifest)


class _Pages:
    """The runs of pages, each decoded once however many datasets share it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._numbers = ChunkNumbers()
        self._decoded: dict[Digest, Runs] = {}

    def runs(self, holder: Holder) -> Iterator[Runs]:
        """Yield the pages of runs of a dataset."""
        for reference in self._context.manifest(holder.manifest).pages:
            page = reference.page
            if page not in self._decoded:
                self._decoded[page] = decode_page(self._context.store.get(page), self._numbers)
            yield self._decoded[page]

    def chunks(self, holder: Holder) -> Iterator[Digest]:
        """Yield the chunks that a dataset uses."""
        for runs in self.runs(holder):
            for number in sorted(set(runs.chunk.tolist())):
                yield self._numbers.digest(number)

    def holds(self, holder: Holder, place: Located) -> bool:
        """Tell whether a dataset has this row."""
        number = self._numbers.number(place.chunk)
        return any(
            bool(
                (
                    (runs.chunk == number)
                    & (runs.first <= place.row)
                    & (place.row < runs.first + runs.rows)
                ).any()
            )
            for runs in self.runs(holder)
        )
