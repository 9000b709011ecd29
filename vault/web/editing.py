"""Editing from the page: what a record would be as it is typed, and putting it in place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from vault.presentation.word_diff import changes
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

    def edit(self, request: Request, body: Body) -> dict[str, Any]:
        """Put a record in the place of an example, or one text of it where there is a `field`.

        Without `save` nothing is changed: what is returned is what would become of it. With `copy`
        it is added after the example instead.
        """
        repository = self._explorer.repository_to_change(request, text(body, "branch"))
        example, field, given = (
            text(body, "example"),
            optional_text(body, "field"),
            text(body, "text"),
        )
        before = repository.editable_text(example, field).text
        done = repository.edit(
            example,
            given,
            field=field,
            copy=flag(body, "copy"),
            dry_run=not flag(body, "save"),
        )
        return {
            "id": done.id,
            "what": done.what,
            "unchanged": done.is_unchanged,
            "findings": done.findings,
            "labels_left": done.labels_left,
            "difference": changes(before, given),
        }
