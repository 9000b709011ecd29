"""The quick look at the end of an answer: most end with a full stop, a bracket or the like."""

from __future__ import annotations

from unicodedata import category

CLOSING = frozenset(".!?…”’»|`>*_~$。！？।॥؟۔։።၊။៕」』）】》〉›⟩｡︒")
"""Characters with which a whole answer ends."""

PAIRED = frozenset(")]};\"'")
"""Characters with which a whole answer ends where no bracket is left open."""

HANGING = frozenset(",([{:=&#\\/<–—-“‘„«¿¡、，：；（「『【《+")
"""Marks after which more is to come."""

_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))


def leaves_open(text: str) -> bool:
    """Tell whether a text opens more brackets than it closes."""
    return any(text.count(one) > text.count(other) for one, other in _BRACKETS)


def is_closed(text: str) -> bool:
    """Tell whether a text ends as whole answers do; costs 0.3 µs.

    Those that do not may be whole all the same: labels, names, items of lists.
    """
    end = text.rstrip()
    last = end[-1:]
    if last in CLOSING:
        return True
    if last.isalpha():
        return False
    if last in PAIRED:
        return not leaves_open(end)
    if last.isdigit():
        return ". " not in end[end.rfind("\n") + 1 :]
    return end.endswith("*/") or not (is_letter(last) or last in HANGING)


def is_letter(last: str) -> bool:
    """Tell whether a character is a letter, a digit, or a sign of a vowel, as in Hindi."""
    return last.isalnum() or (last > "\u02ff" and last != "\ufe0f" and category(last)[0] == "M")
