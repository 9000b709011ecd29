"""What came before two versions that are compared: older versions, and earlier comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from vault.objects.digest import Digest
from vault.objects.manifest import Manifest, PageReference
from vault.objects.pairing import Positions
from vault.session.context import Context

if TYPE_CHECKING:
    from vault.catalogue.index.array_files import ArrayFiles

Version = Sequence[PageReference]
"""The pages of a dataset."""

GENERATIONS = 64
"""How far back versions are looked at: about 0.3 ms each, and only where a pair is in question."""

GROUP = "pairs"
"""Where the catalogue remembers pairs."""

_MOST_KEPT = 16


class Past:
    """What some commits come from, GENERATIONS far back, and remembered pairs of alike examples."""

    def __init__(self, context: Context | None, heads: Sequence[Digest | None] = ()) -> None:
        self._context = context
        self._heads = heads

    def versions(self, *but: Manifest) -> list[Version]:
        """Return the datasets of the commits, nearest first, without some that are known."""
        known = {each.pages for each in but}
        return [each.pages for each in self._manifests if each.pages not in known]

    def recall(self, name: str) -> tuple[Positions, Positions] | None:
        """Return the pairs that were remembered under a name, or None."""
        arrays = self._files.read(f"{GROUP}/{name}")
        if arrays is None:
            return None
        try:
            old, new = (arrays[each].astype(np.int64) for each in ("old", "new"))
        except (KeyError, ValueError):
            return None
        return (old, new) if old.shape == new.shape and old.ndim == 1 else None

    def remember(self, name: str, old: Positions, new: Positions) -> None:
        """Keep pairs under a name; those used longest ago are forgotten."""
        self._files.write(f"{GROUP}/{name}", {"old": old, "new": new})
        self._files.keep_newest_names(GROUP, _MOST_KEPT)

    @cached_property
    def _files(self) -> ArrayFiles:
        from vault.catalogue.index.array_files import ArrayFiles

        return ArrayFiles.of_repository(None if self._context is None else self._context.folder)

    @cached_property
    def _manifests(self) -> list[Manifest]:
        return list(self._walk())

    def _walk(self) -> Iterator[Manifest]:
        if self._context is None:
            return
        generation = dict.fromkeys(each for each in self._heads if each is not None)
        seen = dict(generation)
        for _ in range(GENERATIONS):
            commits = [self._context.commit(each) for each in generation]
            yield from (self._context.manifest(each.manifest) for each in commits)
            parents = (parent for each in commits for parent in each.parents)
            generation = dict.fromkeys(each for each in parents if each not in seen)
            seen.update(generation)


NO_PAST = Past(None)
"""Of datasets of which nothing is known."""


def name_of(parts: Sequence[bytes]) -> str:
    """Return a name for what follows from some bytes and from nothing else."""
    hashed = xxhash.xxh3_128()
    for each in parts:
        hashed.update(len(each).to_bytes(8, "little"))
        hashed.update(each)
    return hashed.hexdigest()
