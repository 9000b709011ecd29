"""What the page shows: the answers of the API, each from methods of the repository."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from starlette.datastructures import QueryParams
from starlette.requests import Request

from vault.errors import Conflict
from vault.repository import LabelView, Repository
from vault.version import __version__
from vault.web.counting import APART_FROM, AskedStats, Counter
from vault.web.desk import Desk
from vault.web.guard import PERSON
from vault.web.listings import Asked, Found, Listings, Opener, Scope
from vault.web.numbers import place_of, window_of
from vault.web.reading_pane import ReadingPane

if TYPE_CHECKING:
    from vault.operations.queries.browse import Listing
    from vault.operations.queries.shown_example import Row, Whole
    from vault.operations.statistics.report import StatsReport

STAGE = "STAGE"
SETTLING = frozenset({"conflicts", "disagreement"})
"""Queues of examples on which others have answered, and differ."""


class Explorer:
    """One repository that is shown: which version, and which of its examples.

    `name` is that of the folder. Threads may share it.
    """

    def __init__(
        self,
        open_for: Opener,
        name: str,
        scope: Scope | None = None,
        *,
        read_only: bool = False,
        shows_scores: bool = False,
    ) -> None:
        self.listings = Listings(open_for, scope or Scope())
        self.read_only = read_only
        self._open_for = open_for
        self._name = name
        self._shows_scores = shows_scores
        self.pane = ReadingPane(self.listing, self._repository, self._count_system)
        self._counter: Counter | None = None

    @cached_property
    def desk(self) -> Desk:
        """The desk of those who label: none of a server that only reads has to be there."""
        return Desk(self._open_for(""))

    def desk_to_write(self) -> Desk:
        """Return the desk for what changes something.

        Raises Conflict (`explorer-reads-only`).
        """
        if self.read_only:
            raise Conflict(
                "this explorer only reads",
                code="explorer-reads-only",
                hint="`vault ui` without --read-only",
            )
        return self.desk

    def repository_to_change(self, request: Request, branch: str) -> Repository:
        """Return the repository of a person who changes the stage of a branch.

        Labels that wait are recorded first. Raises Conflict (`explorer-reads-only`,
        `branch-switched`).
        """
        self.desk_to_write().record_for(branch)
        return self._repository(request)

    def branch_to_label(self, person: str) -> str | None:
        """Return the branch whose stage takes labels; None where nothing may be changed.

        That is so in an explorer that only reads, and where HEAD is at a commit.
        """
        return None if self.read_only else self.listings.repository(person).current_branch()

    def check(self) -> tuple[str, ...]:
        """Return lines about labels of explorers that died, none where there are none.

        Raises what opening the repository, the version and the expressions raises. The list that is
        found so is the one that the page asks for first.
        """
        repository = self._open_for("")
        told = () if self.read_only else repository.take_over_labels().told()
        self.listings.make(repository, Asked(self.listings.scope.where))
        return told

    def warm(self, people: Sequence[str]) -> None:
        """Read what the first requests of people, their first search and first label need."""
        for person in people:
            repository = self.listings.repository(person)
            repository.status()
            repository.label_choices()
            listing = self.listings.of(person, QueryParams()).listing
            for _ in repository.iterate_search(listing.narrowed(listing.keys[:1]), " "):
                pass  # what it loads is loaded
            if not self.read_only:
                self.desk.labels(listing.ids(0, 1))

    def close(self) -> None:
        """Record what waits. Raises what recording raises: it is taken over later then."""
        if self._counter is not None:
            self._counter.close()
        if "desk" in self.__dict__:
            self.desk.close()

    def overview(self, request: Request) -> dict[str, Any]:
        """Return the repository, the version, the person and the labels to choose from."""
        repository = self._repository(request)
        status = repository.status()
        scope = self.listings.scope
        return {
            "version": __version__,
            "name": self._name,
            "person": request.scope[PERSON],
            "read_only": self.read_only,
            "branch": status.branch,
            "revision": scope.revision or STAGE,
            "where": scope.where,
            "filters": scope.filters,
            "choices": repository.label_choices(),
        }

    def stats(self, request: Request) -> Any:
        """Return the statistics of the examples that `where` chooses.

        Beside those of `before`, another revision; of roles and tools too with `full`, which reads
        every record.
        """
        scope, params = self.listings.scope, request.query_params
        person, before = request.scope[PERSON], params.get("before", "")
        asked = AskedStats(
            before or scope.revision,
            (scope.revision or STAGE) if before else None,
            self.listings.expressions(params),
            scope.filters,
            params.get("full") == "1",
        )
        counter = self._counter_for(self.listings.size(person))
        if counter is not None:
            return self._without_votes(request, counter.stats(person, asked))
        return self._without_votes(request, asked.of(self._repository(request)))

    def _without_votes(self, request: Request, report: StatsReport) -> StatsReport:
        """Return statistics without the votes of others, which a click would lead to."""
        sides = [each for each in (report, report.before) if each is not None]
        names = {label.name for each in sides for label in each.labels}
        return report.without_labels(self.hidden_names(self._repository(request), names))

    def _count_system(self, request: Request, listing: Listing, text: str) -> Any:
        revision = self.listings.scope.revision
        counter = self._counter_for(listing.of)
        if counter is not None:
            return counter.system_prompt(request.scope[PERSON], revision, text)
        return self._repository(request).system_prompt_of(text, revision)

    def _counter_for(self, examples: int) -> Counter | None:
        """Return the counting process for many examples; None for few, which are counted here."""
        folder = self._open_for("").folder if self._counter is None else None
        if self._counter is None and folder is not None:
            self._counter = Counter(folder)
        return self._counter if examples >= APART_FROM else None

    def examples(self, request: Request) -> dict[str, Any]:
        """Return rows of the list that `where` chooses and `sort` orders, from `offset` on."""
        listing, searched = self._found(request)
        asked = window_of(request.query_params)
        rows = listing.page(*asked)
        return {
            "version": listing.version,
            "rows": listing.rows,
            "now": self.listings.now(request.scope[PERSON]).rows,
            "total": len(listing),
            "of": listing.of,
            "searched": searched,
            "offset": asked.offset,
            **self._labelled(request, listing, rows),
        }

    def example(self, request: Request) -> dict[str, Any]:
        """Return the example at a place of the list, whole or with long texts cut."""
        listing = self.listing(request)
        place, clips = place_of(request.query_params)
        whole = listing.whole(place, clips=clips)
        ((shown, _),) = self.with_labels(request, [whole], listing.version)
        return {"version": listing.version, "place": place, "example": shown}

    def listing(self, request: Request) -> Listing:
        """Return the list that a request asks for, as far as it is found."""
        return self._found(request).listing

    def _found(self, request: Request) -> Found:
        """Return the list that a request asks for, or what is found of it so far.

        Labels that wait are recorded before a new list is made: queues and expressions ask for
        what is on the stage.
        """
        if "version" not in request.query_params:
            self.record_labels()
        return self.listings.of(request.scope[PERSON], request.query_params)

    def record_labels(self) -> None:
        """Record the labels that wait, so that what is read or changed next has them."""
        if not self.read_only and self.desk.waiting:
            self.desk.record()

    def with_labels(
        self, request: Request, examples: Sequence[Whole], version: str | None = None
    ) -> list[tuple[Whole, bool]]:
        """Return examples with the labels that a person sees now, and whether they take labels."""
        pairs = zip(examples, self._labels(request, examples, version), strict=True)
        return [(replace(each, labels=own), takes) for each, (own, takes) in pairs]

    def label_view(self, request: Request) -> LabelView:
        """Return a function that leaves out the labels that a person may not see.

        What others say is hidden until one has answered, unless one settles what they differ on.
        """
        is_settling = request.query_params.get("queue") in SETTLING
        if self.read_only or self._shows_scores or is_settling:
            return lambda labels: labels
        return self._repository(request).label_view()

    def hidden_names(self, repository: Repository, names: Iterable[str]) -> Collection[str]:
        """Return the labels among `names` that are hidden from the person of the repository."""
        shows_all = self.read_only or self._shows_scores
        return () if shows_all else repository.hidden_label_names(names)

    def _labelled(self, request: Request, listing: Listing, rows: Sequence[Row]) -> dict[str, Any]:
        """Return rows with the labels that they have on the stage now, as a person sees them.

        `staged` tells which of them take labels; the others have those of their version. `given` is
        the number of the last label that is in them.
        """
        given = self.given
        labels = self._labels(request, rows, listing.version)
        items = [replace(row, labels=own) for row, (own, _) in zip(rows, labels, strict=True)]
        return {"items": items, "staged": [takes for _, takes in labels], "given": given}

    @property
    def given(self) -> int:
        """The number of the last label that somebody gave here, 0 before the first."""
        return 0 if self.read_only else self.desk.number

    def _labels(
        self, request: Request, rows: Sequence[Row | Whole], version: str | None = None
    ) -> list[tuple[Mapping[str, object], bool]]:
        """Return the labels of each row as a person sees them, and whether it takes labels.

        Rows of the `version` that is staged have them already.
        """
        person = request.scope[PERSON]
        branch = self.branch_to_label(person)
        is_staged = version == self._repository(request).version_of()
        view = self.label_view(request)
        if branch is None or (is_staged and not self.desk.waiting):
            return [(view(row.labels), branch is not None) for row in rows]
        now = self.desk.labels([each.id for each in rows]) or [None] * len(rows)
        return [
            (view(row.labels if own is None else own), own is not None)
            for row, own in zip(rows, now, strict=True)
        ]

    def _repository(self, request: Request) -> Repository:
        return self.listings.repository(request.scope[PERSON])
