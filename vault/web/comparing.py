"""Comparing two versions in the page: how many changes there are, and each of them to be read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from vault.web.explorer import Explorer
from vault.web.guard import PERSON
from vault.web.numbers import whole_number
from vault.web.recent import Recent

if TYPE_CHECKING:
    from vault.operations.queries.browse import Row
    from vault.operations.queries.differences import ChangedRow, Differences, ShownChange

KEPT = 3
"""Comparisons that are kept, those asked for last: 8 bytes for each change."""

MOST_COMMITS = 500
_USUAL_LIMIT = 50


class Comparing:
    """The answers of the API for those who compare versions. Threads may share it."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._kept: Recent[Differences] = Recent(KEPT)

    def revisions(self, request: Request) -> dict[str, Any]:
        """Return what can be compared: names, and the newest commits of HEAD."""
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
        offset = whole_number(request.query_params, "offset", 0)
        limit = whole_number(request.query_params, "limit", _USUAL_LIMIT)
        rows = found.page(offset, limit, change)
        return {
            "version": found.version,
            "from": found.from_,
            "to": found.to,
            "counts": found.counts,
            "unchanged": found.unchanged,
            "compared_texts": found.compared_texts,
            "where": self._explorer.listings.scope.where,
            "total": found.total(change),
            "offset": offset,
            "items": [self._row(request, each) for each in rows],
        }

    def change(self, request: Request) -> dict[str, Any]:
        """Return the change at a place, with long texts cut unless it is wanted `whole`."""
        found = self._differences(request)
        place = whole_number(request.query_params, "place", -1)
        is_whole = request.query_params.get("whole") == "1"
        change = request.query_params.get("change") or None
        shown = found.shown(place, change, clips=not is_whole)
        return {
            "version": found.version,
            "place": place,
            "change": self._with_own_labels(request, shown),
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
        return self._kept.get_or_make((made.version, *asked), lambda: made)

    def _row(self, request: Request, changed: ChangedRow) -> ChangedRow:
        return replace(changed, row=self._of(request, changed.row))

    def _of(self, request: Request, row: Row) -> Row:
        return replace(row, labels=self._explorer.labels_to_show(request, row.labels))

    def _with_own_labels(self, request: Request, shown: ShownChange) -> ShownChange:
        """Return a change without labels of others that the person may not see yet."""
        old = None if shown.old is None else self._of(request, shown.old)
        new = None if shown.new is None else self._of(request, shown.new)
        example = shown.example
        if example is not None:
            labels = self._explorer.labels_to_show(request, example.labels)
            example = replace(example, labels=labels)
        # A label that is hidden on one side is hidden on both.
        hidden = (_names(shown.old) - _names(old)) | (_names(shown.new) - _names(new))
        changed = tuple(each for each in shown.labels if each.name not in hidden)
        return replace(shown, old=old, new=new, example=example, labels=changed)


def _names(row: Row | None) -> set[str]:
    return set() if row is None else set(row.labels)
