"""What the page shows: the answers of the API, each from methods of the repository."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from vault.repository import Repository
from vault.version import __version__
from vault.web.guard import PERSON
from vault.web.numbers import whole_number
from vault.web.reading_pane import ReadingPane

if TYPE_CHECKING:
    from vault.operations.queries.browse import Listing

Opener = Callable[[str], Repository]
"""Opens the repository for a person, who is recorded with what is done."""

KEPT_LISTINGS = 6
"""Listings that are kept, 8 bytes an example each: those asked for last."""

_USUAL_LIMIT = 50
_Key = tuple[str, "Asked"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which examples are listed, and in which order."""

    where: tuple[str, ...]
    text: str = ""
    sort: str = "dataset"
    seed: int = 0


class Explorer:
    """One repository that is shown: which version, and which of its examples.

    `revision` None is the stage, as the command line has it. `name` is that of the folder. Threads
    may share it.
    """

    def __init__(
        self,
        open_for: Opener,
        name: str,
        revision: str | None = None,
        where: tuple[str, ...] = (),
        filters: tuple[str, ...] = (),
        read_only: bool = False,
    ) -> None:
        self._open_for = open_for
        self._name = name
        self._revision = revision
        self._where = where
        self._filters = filters
        self._read_only = read_only
        self._lock = threading.Lock()
        self._repositories: dict[str, Repository] = {}
        self._listings: OrderedDict[_Key, Listing] = OrderedDict()
        self.pane = ReadingPane(self._listing, self._repository)

    def check(self) -> None:
        """Raise what opening the repository, the version and the expressions raises.

        The list that is found so is the one that the page asks for first.
        """
        self._browse(self._open_for(""), Asked(self._where))

    def overview(self, request: Request) -> dict[str, Any]:
        """Return who looks at what."""
        status = self._repository(request).status()
        return {
            "version": __version__,
            "name": self._name,
            "person": request.scope[PERSON],
            "read_only": self._read_only,
            "branch": status.branch,
            "revision": self._revision or "STAGE",
            "where": self._where,
            "filters": self._filters,
        }

    def stats(self, request: Request) -> Any:
        """Return the statistics of the examples that `where` chooses."""
        where = self._expressions(request)
        return self._repository(request).stats(self._revision, where=where, filters=self._filters)

    def examples(self, request: Request) -> dict[str, Any]:
        """Return rows of the list that `where` chooses and `sort` orders, from `offset` on."""
        listing, now = self._listing(request)
        offset = whole_number(request, "offset", 0)
        return {
            "version": listing.version,
            "now": now,
            "total": len(listing),
            "of": listing.of,
            "offset": offset,
            "items": listing.page(offset, whole_number(request, "limit", _USUAL_LIMIT)),
        }

    def example(self, request: Request) -> dict[str, Any]:
        """Return the example at a place of the list, whole or with long texts cut."""
        listing, now = self._listing(request)
        is_whole = request.query_params.get("whole") == "1"
        place = whole_number(request, "place", -1)
        return {
            "version": listing.version,
            "now": now,
            "place": place,
            "example": listing.whole(place, clips=not is_whole),
        }

    def _listing(self, request: Request) -> tuple[Listing, str]:
        """Return a list, and which version there is now.

        A page goes on with the `version` that it has while that is kept: rows of two versions,
        mixed, would be a list that never was.
        """
        repository = self._repository(request)
        asked = Asked(
            self._expressions(request),
            request.query_params.get("text", ""),
            request.query_params.get("sort", "dataset"),
            whole_number(request, "seed", 0),
        )
        now = repository.version_of(self._revision)
        with self._lock:
            for version in (request.query_params.get("version", now), now):
                found = self._listings.get((version, asked))
                if found is not None:
                    self._listings.move_to_end((version, asked))
                    return found, now
        made = self._browse(repository, asked)
        return made, made.version

    def _browse(self, repository: Repository, asked: Asked) -> Listing:
        made = repository.browse(
            asked.where,
            self._revision,
            filters=self._filters,
            text=asked.text or None,
            sort=asked.sort,
            seed=asked.seed,
        )
        with self._lock:
            self._listings[(made.version, asked)] = made
            while len(self._listings) > KEPT_LISTINGS:
                self._listings.popitem(last=False)
        return made

    def _expressions(self, request: Request) -> tuple[str, ...]:
        return (*self._where, *request.query_params.getlist("where"))

    def _repository(self, request: Request) -> Repository:
        """Return the repository as a person has it: opened once, so that columns stay read."""
        person = request.scope[PERSON]
        with self._lock:
            found = self._repositories.get(person)
            if found is None:
                found = self._repositories[person] = self._open_for(person)
            return found
