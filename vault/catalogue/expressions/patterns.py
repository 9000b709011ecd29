"""LIKE as a regular expression: RE2 takes time in proportion to a text, whatever the pattern.

DuckDB's own LIKE goes back and forth over a text for each `%`, and cannot be interrupted meanwhile.
"""

from __future__ import annotations

_SPECIAL = frozenset("\\.+*?()|[]{}^$")


def like_as_regexp(pattern: str, *, escape: str = "", ignores_case: bool = False) -> str:
    """Return the RE2 pattern that matches whole texts as LIKE does.

    Raises ValueError for an escape that stands at the end.
    """
    result = "(?is)" if ignores_case else "(?s)"
    rest = iter(pattern)
    for each in rest:
        if escape and each == escape:
            each = next(rest, "")
            if not each:
                raise ValueError("the pattern ends with the character that escapes")
            result += _literal(each)
        elif each == "%":
            # Several in a row say no more than one, and cost RE2 more.
            result += "" if result.endswith(".*") else ".*"
        else:
            result += "." if each == "_" else _literal(each)
    return result


def literal_as_regexp(text: str) -> str:
    """Return the RE2 pattern that matches a text itself."""
    return "".join(map(_literal, text))


def _literal(each: str) -> str:
    return f"\\{each}" if each in _SPECIAL else each
