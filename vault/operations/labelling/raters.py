"""Several people label the same examples: each has a label of their own, and agreeing makes one.

With `[labels.quality] raters = 2` what anna says is `quality.anna`. An example gets `quality` once
two people give the same value and no other value has as many votes, with the note `agreed`; a
label that somebody wrote to settle it stays, whatever is voted later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vault.dataset.changing.write_labels import LabelChange
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.labels import (
    LabelOfEach,
    keys_with_label,
    label_entries,
    label_of_each,
)
from vault.errors import Conflict, InvalidInput
from vault.objects.labels.label_name import AGREED, slug
from vault.objects.labels.label_set import LabelValue
from vault.objects.runs import RowKeys
from vault.operations.labelling.vocabulary import Vocabulary, same_value

Values = tuple[LabelValue | None, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a vote leads to: the labels that change, and on how many examples people now agree.

    `agreed` got the label by this vote; on `differing` people differ and nobody settled it.
    """

    changes: tuple[LabelChange, ...]
    agreed: int = 0
    differing: int = 0


def rater_of(name: str, label: str) -> str | None:
    """Return whose vote on `name` a label is: `anna` for `quality.anna`; None if it is no vote."""
    rater = label.removeprefix(f"{name}.")
    return None if rater == label or "." in rater else rater


def rater_name(person: str) -> str:
    """Return what a person's labels end in. Raises InvalidInput (`person-invalid`)."""
    found = slug(person)
    if found:
        return found
    raise InvalidInput(
        f'"{person}" has no letter from a to z or digit to name labels by',
        code="person-invalid",
        hint="say who labels: --as NAME",
    )


def own_label(vocabulary: Vocabulary, person: str, *, settles: bool) -> str:
    """Return the name of the label that a person's vote is stored under, or a settled label's.

    Raises InvalidInput (`person-invalid`).
    """
    if vocabulary.raters == 1 or settles:
        return vocabulary.name
    return f"{vocabulary.name}.{rater_name(person)}"


def vote(dataset: Dataset, said: LabelChange, vocabulary: Vocabulary, person: str) -> Outcome:
    """Return what changes when a person says something of rows; only what differs changes.

    `said` names the label itself; its rows get `NAME.PERSON`. Costs reading the label sets of its
    rows. Raises Conflict (`rater-name-taken`) where another person's labels have that name.
    """
    own_name = own_label(vocabulary, person, settles=False)
    votes, now = _votes_and_standing(dataset, said.keys, vocabulary.name)
    require_same_person(dataset, own_name, person)
    own = only_different(replace(said, name=own_name), votes.get(own_name))
    votes[own_name] = LabelOfEach(said.place, said.values)
    count = _counted(votes, vocabulary.raters, len(said.keys))
    settled = now.has & ~now.is_agreed
    free = np.flatnonzero(~settled)
    agreed = LabelChange(
        vocabulary.name, said.keys[free], count.winners, count.place[free], *_by(said), AGREED
    )
    change = only_different(replace(agreed, note=None), now.label.at(free))
    final = settled | count.wins
    return Outcome(
        tuple(each for each in (own, replace(change, note=AGREED)) if len(each.keys)),
        int((final & ~now.has).sum()),
        int((count.differs & ~final).sum()),
    )


def resolve(dataset: Dataset, said: LabelChange, vocabulary: Vocabulary) -> Outcome:
    """Return what changes when somebody settles a label of rows, whatever the votes are.

    Where the label is taken off, what people agree on counts again. Costs as `vote`.
    """
    votes, now = _votes_and_standing(dataset, said.keys, vocabulary.name)
    is_off = np.array([each is None for each in said.values])[said.place]
    settled = _part(said, ~is_off)
    # Also where people agree on the same: from now on it stays, whatever is voted.
    settled = only_different(settled, now.label.at(~is_off), also=now.is_agreed[~is_off])
    count = _counted(votes, vocabulary.raters, len(is_off))
    wanted = replace(said, values=count.winners, place=count.place, note=None)
    wins = count.wins[is_off]
    left = only_different(
        _part(wanted, is_off), now.label.at(is_off), also=wins & ~now.is_agreed[is_off]
    )
    changes = (settled, replace(left, note=AGREED))
    return Outcome(tuple(each for each in changes if len(each.keys)), int(wins.sum()))


def only_different(
    said: LabelChange, now: LabelOfEach | None, *, also: NDArray[np.bool_] | None = None
) -> LabelChange:
    """Return the part of a change that changes something: other values, or a note to add.

    `also` are rows that count as changed.
    """
    if now is None:
        now = _nothing(len(said.keys))
    is_same = [[same_value(one, each) for each in now.values] for one in said.values]
    stays = np.array(is_same, np.bool_)[said.place, now.place]
    if said.note is not None:
        stays &= np.array([each is None for each in said.values])[said.place]
    return _part(said, ~stays if also is None else ~stays | also)


def _part(said: LabelChange, chosen: NDArray[np.bool_]) -> LabelChange:
    return replace(said, keys=said.keys[chosen], place=said.place[chosen])


def _by(said: LabelChange) -> tuple[str, str]:
    return said.author, said.time


def _nothing(count: int) -> LabelOfEach:
    return LabelOfEach(np.zeros(count, np.int64), (None,))


@dataclass(frozen=True, slots=True)
class _Standing:
    """The label itself on some rows: which have it, and of which people agreed on it."""

    label: LabelOfEach
    has: NDArray[np.bool_]
    is_agreed: NDArray[np.bool_]


def _votes_and_standing(
    dataset: Dataset, keys: RowKeys, name: str
) -> tuple[dict[str, LabelOfEach], _Standing]:
    """Return the votes on some rows, and how the label itself stands there. Raises Corrupt."""
    votes = label_of_each(
        dataset, keys, lambda each: each == name or rater_of(name, each) is not None
    )
    found = votes.pop(name, None)
    label = _nothing(len(keys)) if found is None else found
    is_agreed = np.zeros(len(keys), np.bool_)
    if found is not None:
        entries = label_entries(dataset, keys)
        is_named, is_noted = (
            pc.equal(entries.table[column].cast(pa.string()), text).fill_null(False).to_numpy()
            for column, text in (("name", name), ("note", AGREED))
        )
        is_agreed = np.isin(keys, entries.keys[is_named & is_noted])
    return votes, _Standing(label, label.has(), is_agreed)


@dataclass(frozen=True, slots=True)
class _Counted:
    """Votes on rows: row `i` has `winners[place[i]]`, None without one; `differs` where they do."""

    place: NDArray[np.int64]
    winners: Values
    wins: NDArray[np.bool_]
    differs: NDArray[np.bool_]


def _counted(votes: Mapping[str, LabelOfEach], raters: int, count: int) -> _Counted:
    columns = [votes[each] for each in sorted(votes)] or [_nothing(count)]
    place, patterns = _patterns(columns)
    winners = tuple(_winner(each, raters) for each in patterns)
    differs = [len(set(map(_typed, each)) - {_typed(None)}) > 1 for each in patterns]
    wins = np.array([each is not None for each in winners])[place]
    return _Counted(place, winners, wins, np.array(differs)[place])


def _patterns(votes: Sequence[LabelOfEach]) -> tuple[NDArray[np.int64], list[Values]]:
    """Return the number of each row's combination of votes, and the combinations."""
    number = np.zeros(len(votes[0].place), np.int64)
    patterns: list[Values] = [()]
    for each in votes:
        found, number = np.unique(number * len(each.values) + each.place, return_inverse=True)
        pairs = [divmod(one, len(each.values)) for one in found.tolist()]
        patterns = [(*patterns[before], each.values[at]) for before, at in pairs]
    return number, patterns


def _winner(votes: Values, raters: int) -> LabelValue | None:
    """Return the value that enough people give, if no other has as many votes."""
    counts = Counter(_typed(each) for each in votes if each is not None).most_common(2)
    if not counts or counts[0][1] < raters:
        return None
    if len(counts) > 1 and counts[1][1] == counts[0][1]:
        return None
    return counts[0][0][1]


def _typed(value: LabelValue | None) -> tuple[bool, LabelValue | None]:
    # Python takes 1 and true for the same.
    return isinstance(value, bool), value


def require_same_person(dataset: Dataset, name: str, person: str) -> None:
    """Raise Conflict (`rater-name-taken`) if labels of a name are those of a namesake."""
    keys = keys_with_label(dataset, name)
    entries = label_entries(dataset, np.sort(keys)).table
    own = entries.filter(pc.equal(entries["name"].cast(pa.string()), name))
    for author in own["author"].unique().to_pylist():
        if author != person and slug(author) == slug(person):
            raise Conflict(
                f'labels "{name}" are those of {author}, and you are {person}',
                code="rater-name-taken",
                hint="say who labels, by another name: --as NAME",
            )


def rated_by(labels: Mapping[str, LabelOfEach], name: str) -> dict[str, LabelOfEach]:
    """Return the votes on a label, by rater, among labels of some rows."""
    found = {rater_of(name, each): column for each, column in labels.items()}
    return {rater: column for rater, column in found.items() if rater is not None}
