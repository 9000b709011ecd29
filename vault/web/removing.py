"""Taking out and bringing back in the page, and reading what is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from vault.repository import LabelView
from vault.web.bodies import flag, text
from vault.web.explorer import Explorer
from vault.web.guard import PERSON
from vault.web.numbers import place_of, window_of
from vault.web.recent import Recent

if TYPE_CHECKING:
    from vault.operations.quarantine.gone import Gone, GoneRow

KEPT = 2
Body = Mapping[str, Any]


class Removing:
    """The answers of the API for those who take out and bring back. Threads may share it."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._kept: Recent[Gone] = Recent(KEPT)

    def gone(self, request: Request) -> dict[str, Any]:
        """Return some of what is gone, for one `reason` or all."""
        found = self._gone(request)
        reason = request.query_params.get("reason") or None
        asked = window_of(request.query_params)
        view = self._explorer.label_view(request)
        rows = found.page(*asked, reason)
        return {
            "version": found.version,
            "reasons": found.reasons,
            "total": found.total(reason),
            "offset": asked.offset,
            "items": [_seen(each, view) for each in rows],
        }

    def item(self, request: Request) -> dict[str, Any]:
        """Return the one at a place, with long texts cut unless it is wanted `whole`."""
        found = self._gone(request)
        place, clips = place_of(request.query_params)
        shown = found.shown(place, request.query_params.get("reason") or None, clips=clips)
        if shown.example is not None:
            labels = self._explorer.label_view(request)(shown.example.labels)
            shown = replace(shown, example=replace(shown.example, labels=labels))
        return {"version": found.version, "place": place, "item": shown}

    def bring_back(self, request: Request, body: Body) -> dict[str, Any]:
        """Bring one back to the stage: an example, or input of which it is said (`is_input`)."""
        repository = self._explorer.repository_to_change(request, text(body, "branch"))
        wanted = text(body, "id")
        if flag(body, "is_input"):
            report: Any = repository.restore_quarantined([wanted])
        else:
            report = repository.restore([wanted])
        return {"version": repository.version_of(), "report": report}

    def take_out(self, request: Request, body: Body) -> dict[str, Any]:
        """Take one example out of the stage."""
        repository = self._explorer.repository_to_change(request, text(body, "branch"))
        report = repository.rm([text(body, "id")])
        return {"version": repository.version_of(), "report": report}

    def _gone(self, request: Request) -> Gone:
        kept = self._kept.get(request.query_params.get("version"))
        if kept is not None:
            return kept
        repository = self._explorer.listings.repository(request.scope[PERSON])
        revision = self._explorer.listings.scope.revision
        version = repository.version_of(revision)
        return self._kept.get_or_make(version, lambda: repository.gone(revision))


def _seen(gone: GoneRow, view: LabelView) -> GoneRow:
    row = gone.row
    return gone if row is None else replace(gone, row=replace(row, labels=view(row.labels)))
