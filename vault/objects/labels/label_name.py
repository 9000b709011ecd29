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

CHOICE = "choice"
"""The label that says which side of a preference pair is better, unless another is named."""

JUDGE = "judge."
"""What labels of judges begin with."""

EVAL = "eval."
"""What labels of evaluation results begin with."""

_KEPT_FOR = {
    "judge": "verdicts of judges",
    "eval": "evaluation results, which `vault score` writes",
}

AGREED = "agreed"
"""The note of a label that is there because people agree; nobody may write it."""

UNASSIGNED = "unassigned"
"""How examples on no side are called: no side may have this name."""

_SIDE = re.compile(r"\w[\w.-]*")


def shown_value(value: object) -> str:
    """Return the value of a label as people type it: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_label_name(text: str) -> bool:
    """Tell whether a text has the form of a label's name, such as `quality` or `quality.anna`."""
    return _NAME.fullmatch(text) is not None


def is_own_name(name: str) -> bool:
    """Tell whether vault sets a label for its own work: it is not exported or imported."""
    return name.startswith("_")


def is_side_name(value: object) -> bool:
    """Tell whether a value can be the side of a split, and so the name of a file."""
    is_name = isinstance(value, str) and _SIDE.fullmatch(value) is not None
    return is_name and value != UNASSIGNED


def is_for_people(name: str) -> bool:
    """Tell whether people write labels of this name, and no command does."""
    below = name.split(".", 1)[0] if "." in name else None
    return name not in WRITTEN_BY and below not in _KEPT_FOR and not is_own_name(name)


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

    Raises InvalidInput: `label-name-invalid`, and `label-not-yours` for a name that commands write.
    """
    check_label_name(name)
    if is_for_people(name):
        return name
    if is_own_name(name):
        why = "vault keeps names that begin with _ for itself"
    elif name in WRITTEN_BY:
        why = f"`vault {WRITTEN_BY[name]}` writes it"
        if name == "split":
            why += ", and `vault label --remove split` takes a side off"
    else:
        why = f"it is kept for {_KEPT_FOR[name.split('.', 1)[0]]}"
    raise InvalidInput(
        f'the label "{name}" is not written by hand: {why}',
        code="label-not-yours",
        hint=f"use another name, such as {name.rsplit('.', 1)[-1].lstrip('_')}_by_hand",
    )


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
