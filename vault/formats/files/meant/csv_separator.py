"""The character between the cells of a CSV file, as its header shows it."""

from __future__ import annotations

import csv
import re

from vault.errors import InvalidInput

COMMA = ","
_OTHERS = (";", "\t", "|")
_NAMES = {";": '";"', "\t": "tabs", "|": '"|"'}
# Excel writes such a line so that it reads its own files everywhere.
_SAID = re.compile(r"sep=(.)\s*", re.IGNORECASE)


def said_separator(line: str) -> str | None:
    """Return the separator that a first line `sep=;` says; None of any other line."""
    found = _SAID.fullmatch(line.rstrip("\r\n"))
    return None if found is None else found[1]


def is_like_separators(name: str) -> bool:
    """Return whether the name of an only column says or shows another separator than a comma."""
    return any(each in name for each in _OTHERS) or said_separator(name) is not None


def separator_of(header: str, path: str) -> str:
    """Return what separates the cells of a header: a comma, unless only something else can.

    Raises InvalidInput (`csv-header`) if it could be one of several.
    """
    if _cells(header, COMMA) > 1:
        return COMMA
    found = [each for each in _OTHERS if _cells(header, each) > 1]
    if len(found) > 1:
        named = " and ".join(_NAMES[each] for each in found)
        raise InvalidInput(
            f"the header of {path} is one column that holds {named}",
            code="csv-header",
            hint=f"write a first line that says what separates cells, such as sep={found[0]}",
        )
    return found[0] if found else COMMA


def _cells(line: str, separator: str) -> int:
    try:
        return len(next(csv.reader([line], delimiter=separator, strict=True), ()))
    except csv.Error:
        return 0  # a quoted cell goes on in the next line
