"""Which objects are reachable: everything that a view names, and what that names in turn."""

from __future__ import annotations

from collections.abc import Iterable

from vault.dataset.reading.removals import removals_of
from vault.objects.chunk import decode_facts
from vault.objects.digest import Digest
from vault.objects.log.entry import Entry
from vault.objects.log.erasure import decode_erasures
from vault.objects.log.view import objects_named, stages_of
from vault.objects.manifest import Manifest
from vault.objects.run_page import decode_page
from vault.objects.runs import ChunkNumbers
from vault.session.context import Context
from vault.session.revisions import tips


class Reach:
    """The objects that some entries reach. What cannot be read raises: nothing is left out.

    `objects` are all of them, chunks with their records included. An attachment is kept whatever
    it is, with all that the manifest says it names.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.objects: set[Digest] = set()
        # Apart: what an attachment names is kept, and need not have been followed any further.
        self._followed: set[Digest] = set()

    def add(self, entries: Iterable[Entry]) -> None:
        """Add what some entries of the log reach: all that each tells of, and what was typed.

        Raises Corrupt where an object on the way is damaged.
        """
        for entry in entries:
            if entry.arguments is not None:
                self.objects.add(entry.arguments)
            for digest in tips(entry.told):
                self._add_commits(digest)
            for stage in stages_of(entry.told):
                self._add_manifest(stage.manifest)
            self.objects.update(objects_named(entry.told))
            for digest in entry.told.erased.values():
                self._add_erasures(digest)

    def _add_erasures(self, digest: Digest) -> None:
        """Add what stands for the objects of a list, which many entries may name."""
        if not self._is_known(digest):
            stands = decode_erasures(self._context.store.get(digest)).values()
            self.objects.update(each for each in stands if each is not None)

    def _add_commits(self, start: Digest) -> None:
        pending = [start]
        while pending:
            digest = pending.pop()
            if self._is_known(digest):
                continue
            commit = self._context.commit(digest)
            self._add_manifest(commit.manifest)
            if commit.settings is not None:
                self.objects.add(commit.settings)
            pending.extend(commit.parents)

    def _add_manifest(self, digest: Digest) -> None:
        if self._is_known(digest):
            return
        manifest = self._context.manifest(digest)
        self.objects.update(*manifest.labels.values(), manifest.quarantine)
        for attached in manifest.attachments.values():
            self.objects.update((attached.object, *attached.names))
        single = (manifest.adopted, manifest.conflicts)
        self.objects.update(each for each in single if each is not None)
        for page in manifest.pages:
            self._add_page(page.page)
        for chunk in manifest.labels:
            self._add_chunk(chunk)
        self._add_removals(manifest)

    def _add_removals(self, manifest: Manifest) -> None:
        """Add removals, and the chunks that hold what was removed: it may be brought back."""
        fresh = tuple(each for each in manifest.removals if not self._is_known(each))
        for removal in removals_of(self._context.store, Manifest(removals=fresh)):
            place, arguments = removal.place(), removal.arguments()
            if place is not None:
                self._add_chunk(place[0])
            if arguments is not None:
                self.objects.add(arguments)

    def _add_page(self, digest: Digest) -> None:
        if self._is_known(digest):
            return
        numbers = ChunkNumbers()
        decode_page(self._context.store.get(digest), numbers)
        for number in range(len(numbers)):
            self._add_chunk(numbers.digest(number))

    def _add_chunk(self, digest: Digest) -> None:
        if not self._is_known(digest):
            self.objects.add(decode_facts(self._context.store.get(digest)).records)

    def _is_known(self, digest: Digest) -> bool:
        """Tell whether an object was met before, and note it."""
        if digest in self._followed:
            return True
        self._followed.add(digest)
        self.objects.add(digest)
        return False
