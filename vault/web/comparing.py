"""Comparing two versions in the page: how many changes there are, and each of them to be read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from vault.repository import LabelView
from vault.web.explorer import Explorer
from vault.web.guard import PERSON
from vault.web.numbers import place_of, window_of
from vault.web.recent import Recent

if TYPE_CHECKING:
    from vault.operations.queries.differences import Differences, ShownChange
    from vault.operations.queries.shown_example import Row

KEPT = 3
"""Comparisons that are kept, those asked for last: 8 bytes for each change."""

MOST_COMMITS = 500


class Comparing:
    """The answers of the API for those who compare versions. Threads may share it."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._kept: Recent[Differences] = Recent(KEPT)

    def revisions(self, request: Request) -> dict[str, Any]:
        """Return the versions that can be compared: names, and the newest commits of HEAD."""
        repository = self._explorer.listings.repository(request.scope[PERSON])
        commits = repository.log(limit=MOST_COMMITS).commits
        told = [{"commit": each.commit, "message": each.message} for each in commits]
        return {"names": repository.revision_names(), "commits": told}

    def changes(self, request: Request) -> dict[str, Any]:
        """Return some changes between `from` and `to`, of one kind (`change`) or all.

        With the `version` of an answer before, of the same two versions while they are kept.
        """
        found = self._differences(request)
        change = request.query_params.get("change") or None
        asked = window_of(request.query_params)
        view = self._explorer.label_view(request)
        rows = found.page(*asked, change)
        return {
            "version": found.version,
            "from": found.from_,
            "to": found.to,
            "counts": found.counts,
            "unchanged": found.unchanged,
            "compared_texts": found.compared_texts,
            "where": self._explorer.listings.scope.where,
            "total": found.total(change),
            "offset": asked.offset,
            "items": [replace(each, row=_seen(each.row, view)) for each in rows],
        }

    def change(self, request: Request) -> dict[str, Any]:
        """Return the change at a place, with long texts cut unless it is wanted `whole`."""
        found = self._differences(request)
        place, clips = place_of(request.query_params)
        change = request.query_params.get("change") or None
        shown = found.shown(place, change, clips=clips)
        return {
            "version": found.version,
            "place": place,
            "change": _seen_change(shown, self._explorer.label_view(request)),
        }

    def _differences(self, request: Request) -> Differences:
        params = request.query_params
        asked = params.get("from") or None, params.get("to") or None
        kept = self._kept.get((params.get("version"), *asked))
        if kept is not None:
            return kept
        scope = self._explorer.listings.scope
        self._explorer.record_labels()
        repository = self._explorer.listings.repository(request.scope[PERSON])
        made = repository.differences(*asked, where=scope.where, filters=scope.filters)
        return self._kept.keep((made.version, *asked), made)


def _seen(row: Row, view: LabelView) -> Row:
    return replace(row, labels=view(row.labels))


def _seen_change(shown: ShownChange, view: LabelView) -> ShownChange:
    """Return a change without labels of others that the person may not see yet."""
    old = None if shown.old is None else _seen(shown.old, view)
    new = None if shown.new is None else _seen(shown.new, view)
    example = shown.example
    if example is not None:
        example = replace(example, labels=view(example.labels))
    # A label that is hidden on one side is hidden on both.
    hidden = (_names(shown.old) - _names(old)) | (_names(shown.new) - _names(new))
    changed = tuple(each for each in shown.labels if each.name not in hidden)
    return replace(shown, old=old, new=new, example=example, labels=changed)


def _names(row: Row | None) -> set[str]:
    return set() if row is None else set(row.labels)
