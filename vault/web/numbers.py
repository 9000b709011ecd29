"""Numbers in an address, which may hold anything."""

from __future__ import annotations

from typing import NamedTuple

from starlette.datastructures import QueryParams

from vault.errors import InvalidInput

USUAL_LIMIT = 50
"""Rows of a page that says no number."""


def whole_number(params: QueryParams, name: str, usual: int) -> int:
    """Return a whole number of the query, `usual` without it.

    Raises InvalidInput (`number-invalid`).
    """
    text = params.get(name)
    if text is None:
        return usual
    if not text.isascii() or not text.removeprefix("-").isdigit() or len(text) > 15:
        raise InvalidInput(
            f'"{text}" is no whole number, and {name} has to be one',
            code="number-invalid",
            hint=f"leave out {name}",
        )
    return int(text)


class Window(NamedTuple):
    """The rows of a list that are asked for."""

    offset: int
    limit: int


class Place(NamedTuple):
    """The place in a list that is asked for, and whether long texts are cut."""

    place: int
    clips: bool


def window_of(params: QueryParams) -> Window:
    """Return the rows that a query asks for. Raises InvalidInput (`number-invalid`)."""
    offset = whole_number(params, "offset", 0)
    return Window(offset, whole_number(params, "limit", USUAL_LIMIT))


def place_of(params: QueryParams) -> Place:
    """Return the place that a query asks for. Raises InvalidInput (`number-invalid`)."""
    return Place(whole_number(params, "place", -1), params.get("whole") != "1")
