"""Why an example went as a duplicate, as text: what stays instead, and how alike the two are.

The detail of a removal is data: another program may have written it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from vault.cli.show.terminal import short_id
from vault.presentation.escaping import escape

_ID = re.compile(r"[0-9a-f]{32}")


def keeper_of(detail: Mapping[str, Any]) -> str | None:
    """Return the id of the example that stays, or None where the detail has none."""
    return _id_in(detail, "keeper")


def keeper_lines(detail: Mapping[str, Any], verbose: bool) -> Iterator[str]:
    """Yield what stays instead of an example, and its nearest neighbour if that is another."""
    keeper, neighbour = keeper_of(detail), _id_in(detail, "neighbour")
    if keeper is None:
        return
    against = detail.get("against")
    place = f"in {escape(against)}" if isinstance(against, str) else "which stays"
    yield f"{_likeness(detail.get('keeper_similarity'))} {short_id(keeper, verbose)}, {place}"
    if neighbour is not None and neighbour != keeper:
        likeness = _likeness(detail.get("neighbour_similarity"))
        yield f"{likeness} {short_id(neighbour, verbose)}, the nearest one"


def share_text(similarity: float) -> str:
    """Return a similarity in percent, cut rather than rounded: 99.9 % is not 100 %."""
    return f"{int(similarity * 100 + 1e-9)} %"


def _likeness(similarity: object) -> str:
    if isinstance(similarity, bool) or not isinstance(similarity, int | float):
        return "a duplicate of"
    if similarity >= 1:
        return "the same words as"
    return f"{share_text(max(0.0, float(similarity)))} like"


def _id_in(detail: Mapping[str, Any], name: str) -> str | None:
    value = detail.get(name)
    return value if isinstance(value, str) and _ID.fullmatch(value) else None
