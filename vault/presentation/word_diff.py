"""How one text differs from another, word by word.

Words are aligned with difflib's matcher, whose cost grows with the product of the lengths; texts
that differ over more than `MAX_TOKENS` words are compared by lines, and beyond that as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import SequenceMatcher

MAX_TOKENS = 800
"""Differing tokens on either side up to which they are aligned; keeps a diff below a second."""

_WORD = re.compile(r"\w+|\s+|[^\w\s]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def changes(old: str, new: str) -> list[tuple[str, str, str]]:
    """Return the pieces of both texts in order, as (kept, removed, added).

    Either `kept` is set or at least one of the others. Kept and removed pieces make up `old`, kept
    and added ones `new`. White space between two changes counts as part of one change.
    """
    for split in (_WORD.findall, _LINE.findall):
        pieces = _aligned(split, old, new)
        if pieces is not None:
            return pieces
    return _trimmed(old, new)


def _aligned(
    split: Callable[[str], list[str]], old: str, new: str
) -> list[tuple[str, str, str]] | None:
    before, after = split(old), split(new)
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    left = before[start : len(before) - end]
    right = after[start : len(after) - end]
    if max(len(left), len(right)) > MAX_TOKENS and left and right:
        return None
    pieces = [("".join(before[:start]), "", "")]
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        removed, added = "".join(left[a:b]), "".join(right[c:d])
        pieces.append((removed, "", "") if tag == "equal" else ("", removed, added))
    pieces.append(("".join(before[len(before) - end :]), "", ""))
    return _joined([piece for piece in pieces if any(piece)])


def _joined(pieces: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    # One space that happens to be equal between two changed words is no reason to end the change.
    result: list[tuple[str, str, str]] = []
    for position, (kept, removed, added) in enumerate(pieces):
        between = kept and kept.isspace() and 0 < position < len(pieces) - 1
        if between:
            removed = added = kept
            kept = ""
        if not kept and result and not result[-1][0]:
            _, removed_before, added_before = result.pop()
            removed, added = removed_before + removed, added_before + added
        result.append((kept, removed, added))
    return result


def _trimmed(old: str, new: str) -> list[tuple[str, str, str]]:
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    pieces = [
        (old[:start], "", ""),
        ("", old[start : len(old) - end], new[start : len(new) - end]),
        (old[len(old) - end :], "", ""),
    ]
    return [piece for piece in pieces if any(piece)]


def _common(first: list[str] | str, second: list[str] | str) -> int:
    length = min(len(first), len(second))
    for position in range(length):
        if first[position] != second[position]:
            return position
    return length
