"""Numbers in an address, which may hold anything."""

from __future__ import annotations

from starlette.datastructures import QueryParams

from vault.errors import InvalidInput


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
