"""One text of a record by its path, such as `messages[1].content`: found, and exchanged alone."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from vault.errors import InvalidInput
from vault.objects.json.record import read_record_quickly
from vault.objects.json.strings import Steps, texts_of, with_strings

_PLACE = re.compile(r"\[(\d+)\]")
_DATA = "data."
_LISTED = 4


def text_at(record: bytes, path: str) -> str:
    """Return the text at a path of a record: `messages[1].content`, or `messages.1.content`.

    A path may begin with `data.`, as in expressions; lists are counted from 0. Raises InvalidInput
    (`text-not-found`) with the nearest path of a text.
    """
    texts = texts_of(record)
    return texts[_steps(texts, record, path)]


def with_text_at(record: bytes, path: str, text: str) -> bytes:
    """Return a record with another text at a path; every other byte stays. Raises as `text_at`."""
    return with_strings(record, {_steps(texts_of(record), record, path): text})


def shown_path(steps: Iterable[str | int]) -> str:
    """Return the path of a place in a record as rules and messages write it."""
    parts = [f"[{each}]" if isinstance(each, int) else f".{each}" for each in steps]
    return "".join(parts).removeprefix(".")


def _steps(texts: Mapping[Steps, str], record: bytes, path: str) -> Steps:
    known = {_dotted(shown_path(steps)): steps for steps in texts}
    wanted = _dotted(path)
    for each in (wanted, wanted.removeprefix(_DATA)):
        if each in known:
            return known[each]
    shown = [shown_path(steps) for steps in texts]
    raise InvalidInput(
        f'"{path}" {_fault(record, wanted)}', code="text-not-found", hint=_hint(shown, path)
    )


def _dotted(path: str) -> str:
    return _PLACE.sub(r".\1", path).removeprefix(".")


def _fault(record: bytes, wanted: str) -> str:
    """Return the error for a path that leads to no text."""
    value: object = read_record_quickly(record)
    for name in wanted.removeprefix(_DATA).split("."):
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return "is no field of the record"
    return "is no text"


def _hint(shown: list[str], path: str) -> str:
    below = [each for each in shown if each.startswith((f"{path}.", f"{path}["))]
    near = difflib.get_close_matches(path, shown, n=1) or below
    if near:
        return f"did you mean {near[0]}?"
    if not shown:
        return "the record has no text; without --field all of it is edited"
    more = f" and {len(shown) - _LISTED} more" if len(shown) > _LISTED else ""
    return f"there are {', '.join(shown[:_LISTED])}{more}"
