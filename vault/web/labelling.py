"""Labelling from the page: what is given, taken back, and told to those who look at the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.datastructures import QueryParams
from starlette.requests import Request

from vault.errors import Conflict
from vault.web.bodies import flag, invalid, text
from vault.web.explorer import Explorer
from vault.web.guard import PERSON
from vault.web.numbers import whole_number

if TYPE_CHECKING:
    from vault.operations.labelling.label_journal import Step, Wanted
    from vault.operations.queries.browse import Listing

MOST_ROWS = 200
MOST_ACTS = 1_000
Body = Mapping[str, Any]


class Labelling:
    """The answers of the API for those who label. Threads may share it."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    def changes(self, request: Request) -> dict[str, Any]:
        """Return the current versions and counts; each visible page asks once a second.

        `given` grows with each label that anybody gives here, `staged` changes with each that is
        given by other means, `rows` with the examples. `waiting` are in no operation yet, and
        `failure` says why not; `gone` and `overtaken` were left out, see `Written`.
        """
        person = request.scope[PERSON]
        repository = self._explorer.listings.repository(person)
        found: dict[str, Any] = {
            "rows": self._explorer.listings.now(person).rows,
            "staged": repository.version_of(),
            "branch": repository.current_branch(),
        }
        if self._explorer.read_only:
            return {**found, "given": 0, "waiting": 0, "failure": None, "gone": 0, "overtaken": 0}
        desk = self._explorer.desk
        failure, written = desk.failure, desk.written
        told = None if failure is None else {"message": failure.message, "hint": failure.hint}
        return {
            **found,
            "given": desk.number,
            "waiting": desk.waiting,
            "failure": told,
            "gone": 0 if written is None else written.gone,
            "overtaken": 0 if written is None else written.overtaken,
        }

    def labels(self, request: Request) -> dict[str, Any]:
        """Return the labels that some rows of a list have now, None of those not on the stage."""
        listing = self._explorer.listing(request)
        offset = whole_number(request.query_params, "offset", 0)
        limit = min(whole_number(request.query_params, "limit", MOST_ROWS), MOST_ROWS)
        given = self._explorer.given
        ids = listing.ids(offset, limit)
        found = None if self._explorer.read_only else self._explorer.desk.labels(ids)
        if found is None:
            return {"version": listing.version, "given": 0, "labels": []}
        view = self._explorer.label_view(request)
        labels = [None if each is None else view(each) for each in found]
        return {"version": listing.version, "given": given, "labels": labels}

    def give(self, request: Request, body: Body) -> dict[str, Any]:
        """Give labels; they are durable when this returns."""
        desk = self._explorer.desk_to_write()
        acts = body.get("acts")
        if not isinstance(acts, list) or not 0 < len(acts) <= MOST_ACTS:
            raise invalid(f"acts has to be a list of 1 to {MOST_ACTS:,} labels")
        person = request.scope[PERSON]
        steps = desk.give(person, text(body, "branch"), [_wanted(each) for each in acts])
        return {"given": desk.number, "steps": [_told(each) for each in steps]}

    def undo(self, request: Request, body: Body) -> dict[str, Any]:
        """Take back the last label that the person gave."""
        desk = self._explorer.desk_to_write()
        step = desk.undo(request.scope[PERSON], text(body, "branch"))
        return {"given": desk.number, "steps": [_told(step)]}

    def redo(self, request: Request, body: Body) -> dict[str, Any]:
        """Give again what the person took back last."""
        desk = self._explorer.desk_to_write()
        step = desk.redo(request.scope[PERSON], text(body, "branch"))
        return {"given": desk.number, "steps": [_told(step)]}

    def count(self, request: Request, body: Body) -> dict[str, Any]:
        """Return the current number of examples in a list, before all of them are labelled."""
        self._explorer.desk_to_write().record()
        person = request.scope[PERSON]
        listing = self._all_of(person, body)
        return {"version": listing.version, "total": len(listing)}

    def give_all(self, request: Request, body: Body) -> Any:
        """Give a label to all examples of a list, which must be the one that was counted."""
        desk = self._explorer.desk_to_write()
        if self._explorer.listings.scope.revision is not None:
            raise Conflict(
                "these are the examples of a version, and labels are given to the stage",
                code="labels-need-the-stage",
                hint="`vault ui` without a version shows the stage",
            )
        desk.record()
        person = request.scope[PERSON]
        repository = self._explorer.listings.repository(person)
        listing = self._all_of(person, body)
        now = repository.version_of()
        if listing.version != now or (now, len(listing)) != (
            body.get("version"),
            body.get("total"),
        ):
            raise Conflict(
                f"examples or labels have changed since: {len(listing):,} match now",
                code="stage-moved",
                hint="count them again",
            )
        wanted = _wanted({**body, "example": ""})
        typed = wanted.typed
        return repository.label_listed(listing, {wanted.name: wanted.value}, typed=typed)

    def _all_of(self, person: str, body: Body) -> Listing:
        """Return the list of a query, once a search for it is done."""
        return self._explorer.listings.whole(person, QueryParams(text(body, "query")))


def _wanted(act: Any) -> Wanted:
    """Return a label as a request gives it: a `value`, or a text that was `typed`."""
    from vault.operations.labelling.label_journal import Wanted

    if not isinstance(act, dict):
        raise invalid("a label has to be an object")
    is_typed = "typed" in act
    value = text(act, "typed") if is_typed else act.get("value")
    if value is not None and not isinstance(value, (str, int, float, bool)):
        raise invalid("the value of a label has to be a text, a number, true or false")
    settles = flag(act, "settles")
    return Wanted(text(act, "example"), text(act, "name"), value, settles, is_typed)


def _told(step: Step) -> dict[str, Any]:
    return {**asdict(step.act), "before": step.before}
