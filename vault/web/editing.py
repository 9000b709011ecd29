"""Editing from the page: what a record would be as it is typed, and putting it in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from vault.presentation.word_diff import changes
from vault.repository import Repository
from vault.web.bodies import flag, optional_text, text
from vault.web.explorer import Explorer
from vault.web.guard import PERSON

Body = Mapping[str, Any]


class Editing:
    """The answers of the API for those who change texts. Threads may share it."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer

    def record(self, request: Request) -> dict[str, Any]:
        """Return the record of the staged example with an `id`, over several lines."""
        repository = self._explorer.listings.repository(request.scope[PERSON])
        found = repository.editable_text(request.query_params.get("id", ""))
        return {"id": found.id, "text": found.text}

    def try_out(self, request: Request, body: Body) -> dict[str, Any]:
        """Return the outcome that `save` would have; changes nothing."""
        self._explorer.desk_to_write()
        return self._edited(
            self._explorer.listings.repository(request.scope[PERSON]), body, dry_run=True
        )

    def save(self, request: Request, body: Body) -> dict[str, Any]:
        """Put a record in the place of an example, or one text of it where there is a `field`.

        With `copy` it is added after the example instead.
        """
        repository = self._explorer.repository_to_change(request, text(body, "branch"))
        return self._edited(repository, body, dry_run=False)

    def _edited(self, repository: Repository, body: Body, *, dry_run: bool) -> dict[str, Any]:
        example, field = text(body, "example"), optional_text(body, "field")
        given = text(body, "text")
        before = repository.editable_text(example, field).text
        copies = flag(body, "copy")
        done = repository.edit(example, given, field=field, copy=copies, dry_run=dry_run)
        hidden = self._explorer.hidden_names(repository, done.labels_left)
        return {
            "id": done.id,
            "what": done.what,
            "unchanged": done.is_unchanged,
            "findings": done.findings,
            "labels_left": [each for each in done.labels_left if each not in hidden],
            "difference": changes(before, given),
        }
