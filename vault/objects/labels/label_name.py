"""Names and values of labels as people type them. Pure."""

from __future__ import annotations

import re
import unicodedata
from itertools import takewhile

from vault.errors import InvalidInput
from vault.objects.labels.label_set import LabelValue

_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*")
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS = {"true": True, "false": False}
_MOST_DIGITS = 15
"""Longer numbers are text, as ids and telephone numbers are: a float would change them."""

WRITTEN_BY = {"split": "split", "cluster": "dedupe --mark"}
"""Labels that a command of their own writes, and which."""

_WRITTEN_BELOW = {"judge": "judge", "eval": "score"}


def is_label_name(text: str) -> bool:
    """Tell whether a text has the form of a label's name, such as `quality` or `quality.anna`."""
    return _NAME.fullmatch(text) is not None


def is_own_name(name: str) -> bool:
    """Tell whether vault sets a label for its own work: it is not exported or imported."""
    return name.startswith("_")


def command_that_writes(name: str) -> str | None:
    """Return the command that writes labels of this name; None if people do."""
    below = _WRITTEN_BELOW.get(name.split(".", 1)[0]) if "." in name else None
    return WRITTEN_BY.get(name) or below


def check_label_name(name: str) -> str:
    """Return a name that people may read; `label-name-invalid` otherwise."""
    if is_label_name(name):
        return name
    meant = ".".join(filter(None, map(slug, name.split("."))))
    raise InvalidInput(
        f'"{name}" cannot be the name of a label',
        code="label-name-invalid",
        hint=f"did you mean {meant}?"
        if meant
        else "use small letters, digits and _, beginning with a letter: quality",
    )


def check_writable_name(name: str) -> str:
    """Return a name that people may write.

    Raises InvalidInput: `label-name-invalid`, and `label-not-yours` for what vault's commands
    write.
    """
    check_label_name(name)
    command = command_that_writes(name)
    if command is not None:
        raise InvalidInput(
            f'labels "{name}" are written by `vault {command}`',
            code="label-not-yours",
            hint=f"use another name, such as {name.rsplit('.', 1)[-1]}_by_hand",
        )
    if is_own_name(name):
        raise InvalidInput(
            f'"{name}" is a name that vault keeps for itself: it begins with _',
            code="label-not-yours",
            hint=f"use another name, such as {name.lstrip('_') or 'quality'}",
        )
    return name


def slug(text: str) -> str:
    """Return a text as one part of a label's name: `Anna Müller` is `anna_muller`.

    Small letters, without accents, all else `_`; without an address in `<>`. Empty if nothing is
    left.
    """
    plain = unicodedata.normalize("NFKD", text.split("<", 1)[0] or text).lower()
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    found = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return f"p{found}" if found[:1].isdigit() else found


def value_of(text: str) -> LabelValue:
    """Return the value that a text means: `3` and `0.5` are numbers, `true` and `false` yes or no.

    Everything else is text, also a number that a float would change (more than 15 digits) or that
    is no JSON number (`007`, `1_000`, `nan`).
    """
    if text in _WORDS:
        return _WORDS[text]
    if not _NUMBER.fullmatch(text):
        return text
    digits = "".join(takewhile(lambda each: each not in "eE", text))
    if sum(map(str.isdigit, digits)) > _MOST_DIGITS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    number = float(text)
    return text if number in (float("inf"), float("-inf")) else number
