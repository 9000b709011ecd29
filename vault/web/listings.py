"""Lists that the page asks for: made once for a version and a choice, and kept for a while."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from starlette.datastructures import QueryParams

from vault.repository import Repository
from vault.web.numbers import whole_number
from vault.web.recent import Recent
from vault.web.search import Search

if TYPE_CHECKING:
    from vault.operations.queries.browse import Listing

KEPT = 6
"""Listings that are kept, 8 bytes an example each: those asked for last."""

IDLE_SECONDS = 10.0
"""A search that nobody has asked for so long is given up."""

PATIENCE_SECONDS = 0.15
"""The time that a request waits for a search, before it gets the hits found so far."""

_SEARCH = ("text", "sort", "seed")
"""Members of a query that the list lacks in which a text is looked for."""

Opener = Callable[[str], Repository]
"""Opens the repository for a person, who is recorded with what is done."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The examples of a list and their order; `person` is the one whom a `queue` is for."""

    where: tuple[str, ...]
    text: str = ""
    queue: str = ""
    person: str = ""
    sort: str = "dataset"
    seed: int = 0


class Found(NamedTuple):
    """A list, whole (`searched` is 1) or what a search has found in that share of the examples."""

    listing: Listing
    searched: float = 1.0


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of a repository to show: a revision (None for the stage), and conditions for all."""

    revision: str | None = None
    where: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()


class Now(NamedTuple):
    """The current version: `version` changes with labels too, `rows` only with the examples."""

    version: str
    rows: str
    examples: int = 0


class Listings:
    """The lists of one repository. Threads may share it."""

    def __init__(self, open_for: Opener, scope: Scope) -> None:
        self.scope = scope
        self._open_for = open_for
        self._lock = threading.Lock()
        self._repositories: dict[str, Repository] = {}
        self._searches: dict[tuple[str, Asked], Search] = {}
        self._now: Now | None = None
        self._kept: Recent[Listing] = Recent(KEPT)

    def repository(self, person: str) -> Repository:
        """Return the repository as a person has it: opened once, so that columns stay read."""
        with self._lock:
            found = self._repositories.get(person)
            if found is None:
                found = self._repositories[person] = self._open_for(person)
            return found

    def asked(self, person: str, params: QueryParams) -> Asked:
        """Return the list that a query asks for. Raises InvalidInput (`number-invalid`)."""
        queue = params.get("queue", "")
        return Asked(
            self.expressions(params),
            params.get("text", ""),
            queue,
            person if queue else "",
            params.get("sort", "dataset"),
            whole_number(params, "seed", 0),
        )

    def expressions(self, params: QueryParams) -> tuple[str, ...]:
        """Return the expressions of a query and of the scope."""
        return (*self.scope.where, *params.getlist("where"))

    def now(self, person: str) -> Now:
        """Return the current version and an identifier of its rows; a new one costs a manifest."""
        repository = self.repository(person)
        version = repository.version_of(self.scope.revision)
        with self._lock:
            if self._now is not None and self._now.version == version:
                return self._now
        found = Now(version, *repository.rows_of(self.scope.revision))
        with self._lock:
            self._now = found
        return found

    def size(self, person: str) -> int:
        """Return the number of examples in the version that is shown."""
        return self.now(person).examples

    def whole(self, person: str, params: QueryParams) -> Listing:
        """Return the list that a query asks for, once a search for it is done. Raises as `of`."""
        return self.of(person, params, is_whole=True).listing

    def of(self, person: str, params: QueryParams, *, is_whole: bool = False) -> Found:
        """Return the list that a query asks for; with `is_whole` a search is waited for.

        A page goes on with the `version` that it has while that is kept: rows of two versions,
        mixed, would be a list that never was. Raises what `browse` raises.
        """
        patience = None if is_whole else PATIENCE_SECONDS
        repository = self.repository(person)
        asked = self.asked(person, params)
        now = repository.version_of(self.scope.revision)
        for version in (params.get("version", now), now):
            found = self._found(version, asked, patience)
            if found is not None:
                return found
        if asked.text:
            return self._searched(person, asked, params, patience)
        return Found(self.make(repository, asked))

    def make(self, repository: Repository, asked: Asked) -> Listing:
        """Make a list of what there is now, without looking for a text, and keep it."""
        made = repository.browse(
            asked.where,
            self.scope.revision,
            filters=self.scope.filters,
            queue=asked.queue or None,
            sort=asked.sort,
            seed=asked.seed,
        )
        return self._kept.keep((made.version, asked), made)

    def _found(self, version: str, asked: Asked, patience: float | None) -> Found | None:
        """Return a list that is kept, or what a search for it has found so far."""
        made = self._kept.get((version, asked))
        if made is not None:
            return Found(made)
        with self._lock:
            search = self._searches.get((version, asked))
        return None if search is None else self._of_search(search, asked, patience)

    def _searched(
        self, person: str, asked: Asked, params: QueryParams, patience: float | None
    ) -> Found:
        """Begin a search; those that nobody waits for any more are given up."""
        without = params.multi_items()
        base = self.of(person, QueryParams([each for each in without if each[0] not in _SEARCH]))
        key, repository = (base.listing.version, asked), self.repository(person)
        with self._lock:
            for other, each in list(self._searches.items()):
                if each.idle_seconds > IDLE_SECONDS:
                    del self._searches[other]
                    each.give_up()
            search = self._searches.get(key)
            if search is None:
                search = Search(repository, base.listing, asked.text)
                self._searches[key] = search
        return self._of_search(search, asked, patience)

    def _of_search(self, search: Search, asked: Asked, patience: float | None) -> Found:
        # Other orders than that of the dataset are known at the end.
        try:
            is_done = search.wait(patience if asked.sort == "dataset" else None)
        except Exception:
            with self._lock:
                self._searches.pop((search.base.version, asked), None)
            raise
        listing, share = search.found()
        if not is_done:
            return Found(listing, share)
        made = self._kept.keep(
            (search.base.version, asked), listing.ordered(asked.sort, asked.seed)
        )
        with self._lock:
            self._searches.pop((made.version, asked), None)
        return Found(made)
