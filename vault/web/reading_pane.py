"""Parts of the reading pane beside the text of an example, each with a request of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from vault.repository import Repository
from vault.web.numbers import place_of, whole_number

if TYPE_CHECKING:
    from vault.operations.queries.browse import Listing

FindListing = Callable[[Request], "Listing"]
FindRepository = Callable[[Request], Repository]
Count = Callable[[Request, "Listing", str], Any]
"""Counts the examples of the version of a list that have a system prompt."""


class ReadingPane:
    """Answers for one example of the list that a request asks for. Threads may share it."""

    def __init__(self, listing: FindListing, repository: FindRepository, count: Count) -> None:
        self._listing = listing
        self._repository = repository
        self._count = count
        self._counting = threading.Lock()

    def targets(self, request: Request) -> dict[str, Any]:
        """Return every trainer and provider that an example can be seen as."""
        return {"targets": self._repository(request).targets()}

    def trainer(self, request: Request) -> Any:
        """Return the example as the files for a `target` hold it."""
        listing, place = self._asked(request)
        clips = place_of(request.query_params).clips
        return listing.seen_by(place, request.query_params.get("target", ""), clips=clips)

    def findings(self, request: Request) -> Any:
        """Return the findings of the rules in the example."""
        listing, place = self._asked(request)
        return self._repository(request).example_findings(listing, place)

    def system(self, request: Request) -> dict[str, Any]:
        """Return the number of examples with the system prompt of this one.

        One thread counts at a time; who asks meanwhile is told to ask again, and holds no thread.
        """
        listing, place = self._asked(request)
        text = self._repository(request).system_text(listing, place)
        if text is None:
            return {"is_counting": False, "system": None}
        if not self._counting.acquire(blocking=False):
            return {"is_counting": True, "system": None}
        try:
            return {"is_counting": False, "system": self._count(request, listing, text)}
        finally:
            self._counting.release()

    def picture(self, request: Request) -> Response:
        """Return the bytes of a picture in the example, with the type that they are of."""
        listing, place = self._asked(request)
        turn = whole_number(request.query_params, "turn", -1)
        found = listing.picture(
            place, None if turn < 0 else turn, whole_number(request.query_params, "part", -1)
        )
        headers = {"cache-control": "no-store", "content-disposition": "attachment"}
        return Response(found.data, headers=headers, media_type=found.media_type)

    def _asked(self, request: Request) -> tuple[Listing, int]:
        """Return the list and the place, which must have the example of the `id`, if there is one.

        A list that is not kept any more is made anew, and may be of another version.
        """
        listing = self._listing(request)
        place = place_of(request.query_params).place
        if "id" in request.query_params:
            listing.require(place, request.query_params["id"])
        return listing, place
