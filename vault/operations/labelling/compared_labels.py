"""Whose labels are compared: the words of `agreement` as names of labels and a revision."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vault.dataset.choosing.suggest_names import label_missing
from vault.dataset.listed import open_revision
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import label_names
from vault.errors import InvalidInput, NotFound
from vault.objects.labels.label_name import JUDGE, is_label_name
from vault.session.context import Context
from vault.session.revisions import Revision


@dataclass(frozen=True, slots=True)
class Raters:
    """A revision that was opened, the labels that were asked for, and those that are compared."""

    revision: Revision
    dataset: Dataset
    asked: tuple[str, ...]
    names: tuple[str, ...]


def find_raters(context: Context, words: Sequence[str], revision: str | None = None) -> Raters:
    """Return the raters that some words name, of a revision (the stage).

    One name stands for all labels `NAME.PERSON`, one part deeper; of several each is a rater. The
    last of several words is the revision, unless it is a label of the stage or `revision` is given.
    Raises NotFound (`label-not-found`, `revision-not-found`), InvalidInput (`raters-missing`,
    `rater-twice`, `revision-ambiguous`), Corrupt.
    """
    if not words:
        raise InvalidInput(
            "nothing says which labels are compared",
            code="raters-missing",
            hint="`vault agreement quality` compares all labels quality.PERSON",
        )
    opened, dataset = open_revision(context, revision)
    known = label_names(dataset)
    asked = tuple(words)
    if revision is None and len(asked) > 1 and not _is_known(asked[-1], known):
        found = _opened(context, asked[-1])
        if found is not None:
            (opened, dataset), asked = found, asked[:-1]
            known = label_names(dataset)
    if len(asked) == 1:
        return Raters(opened, dataset, asked, _below(asked[0], known))
    for at, name in enumerate(asked):
        if name in asked[:at]:
            raise InvalidInput(
                f'"{name}" is named twice, and always agrees with itself',
                code="rater-twice",
                hint=f"leave the second {name} out",
            )
        if name not in known:
            raise label_missing(name, known)
    return Raters(opened, dataset, asked, asked)


def _opened(context: Context, word: str) -> tuple[Revision, Dataset] | None:
    """Open the revision of this name; None if there is none and it could be a label's name."""
    try:
        return open_revision(context, word)
    except NotFound:
        if is_label_name(word):
            return None
        raise


def _is_known(word: str, known: Collection[str]) -> bool:
    return word in known or any(each.startswith(f"{word}.") for each in known)


def _below(name: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the labels one part deeper than a name, sorted: its raters."""
    before = f"{name}."
    found = [each for each in known if each.startswith(before) and "." not in each[len(before) :]]
    if found:
        return tuple(sorted(found))
    if name not in known:
        raise label_missing(name, known)
    others = sorted(each for each in known if each != name and not each.startswith("_"))
    other = next((each for each in others if each.startswith(JUDGE)), "OTHER_LABEL")
    raise InvalidInput(
        f'"{name}" has no raters: no example has a label {name}.PERSON',
        code="raters-missing",
        hint=f"`vault agreement {name} {other}` compares two labels",
    )
