"""Examples that belong together, in the page: near-duplicates, and answers to one prompt."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from vault.presentation.record_diff import record_diffs
from vault.web.explorer import Explorer
from vault.web.guard import PERSON
from vault.web.numbers import place_of, window_of
from vault.web.recent import Recent

if TYPE_CHECKING:
    from vault.operations.queries.groups import Groups
    from vault.operations.queries.shown_example import Whole

KEPT = 4
_CLUSTER, _PROMPT = "cluster", "prompt"


class Grouping:
    """The answers of the API for those who look at groups of a list. Threads may share it."""

    def __init__(self, explorer: Explorer) -> None:
        self._explorer = explorer
        self._kept: Recent[Groups] = Recent(KEPT)

    def clusters(self, request: Request) -> dict[str, Any]:
        """Return some clusters of a list, those with most members first."""
        return self._page(request, _CLUSTER)

    def cluster(self, request: Request) -> dict[str, Any]:
        """Return the cluster at a place: its members, and how each differs from the first."""
        groups = self._groups(request, _CLUSTER)
        place, clips = place_of(request.query_params)
        found = groups.shown(place, compares=True, clips=clips)
        examples = self._explorer.with_labels(request, [each.example for each in found.members])
        members = [
            {**_seen(example, is_staged), "diff": each.diff}
            for each, (example, is_staged) in zip(found.members, examples, strict=True)
        ]
        return {
            "version": groups.version,
            "place": place,
            "members": members,
            "left_out": found.left_out,
        }

    def prompts(self, request: Request) -> dict[str, Any]:
        """Return some prompts of a list that have several answers."""
        return self._page(request, _PROMPT)

    def answers(self, request: Request) -> dict[str, Any]:
        """Return the answers to the prompt at a place, in an order of the person's own.

        That order says nothing of where an answer comes from, and is the same each time.
        """
        groups = self._groups(request, _PROMPT)
        place, clips = place_of(request.query_params)
        given = self._explorer.given
        found = groups.shown(place, clips=clips)
        examples = self._explorer.with_labels(request, [each.example for each in found.members])
        answers = [each for one in examples for each in _answers(*one, is_alone=len(examples) == 1)]
        person = request.scope[PERSON]
        answers.sort(key=lambda each: _place_in_the_dark(person, each["id"], each["side"]))
        first, *others = (each["messages"] for each in answers)
        diffs = [None, *record_diffs({"messages": first}, ({"messages": it} for it in others))]
        conversation = found.members[0].example.conversation or {}
        return {
            "version": groups.version,
            "place": place,
            "given": given,
            "prompt": conversation.get("prompt", ()),
            "answers": [{**each, "diff": diff} for each, diff in zip(answers, diffs, strict=True)],
            "clipped": sum(each.example.clipped for each in found.members),
            "left_out": found.left_out,
        }

    def place(self, request: Request) -> dict[str, Any]:
        """Return the place of the prompt of an example among those with answers, -1 for none."""
        groups = self._groups(request, _PROMPT)
        return {
            "version": groups.version,
            "place": groups.place_of(request.query_params.get("id", "")),
        }

    def _page(self, request: Request, by: str) -> dict[str, Any]:
        groups = self._groups(request, by)
        asked = window_of(request.query_params)
        rows = groups.page(*asked)
        items = [
            replace(each, row=replace(each.row, labels={}))
            for each in rows  # labels of one example say nothing of a group
        ]
        return {
            "version": groups.version,
            "total": len(groups),
            "offset": asked.offset,
            "items": items,
        }

    def _groups(self, request: Request, by: str) -> Groups:
        person = request.scope[PERSON]
        listing = self._explorer.listing(request)
        asked = self._explorer.listings.asked(person, request.query_params)
        repository = self._explorer.listings.repository(person)
        key = (listing.version, asked, by)
        return self._kept.get_or_make(key, lambda: repository.groups(listing, by))


def _seen(example: Whole, is_staged: bool) -> dict[str, Any]:
    return {"example": example, "is_staged": is_staged}


def _answers(example: Whole, is_staged: bool, *, is_alone: bool) -> list[dict[str, Any]]:
    """Return the answers of an example: both sides of a pair that is alone with its prompt."""
    conversation: Mapping[str, Any] = example.conversation or {}
    sides: Sequence[tuple[str, str]] = [("", "response")]
    if is_alone and "rejected" in conversation:
        sides = [("chosen", "response"), ("rejected", "rejected")]
    return [
        {
            "id": example.id,
            "side": side,
            "messages": conversation.get(name, ()),
            "labels": example.labels,
            "is_staged": is_staged,
        }
        for side, name in sides
    ]


def _place_in_the_dark(person: str, example: str, side: str) -> bytes:
    return hashlib.sha256("\0".join((person, example, side)).encode()).digest()
