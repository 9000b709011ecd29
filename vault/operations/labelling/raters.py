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
from vault.dataset.reading.labels import LabelOfEach, label_entries, label_of_each
from vault.errors import Conflict, InvalidInput
from vault.objects.labels.label_name import slug
from vault.objects.labels.label_set import LabelValue
from vault.objects.runs import RowKeys
from vault.operations.labelling.vocabulary import Vocabulary, same_value

AGREED = "agreed"
"""The note of a label that is there because people agree; `label --note` refuses it."""

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


def vote(dataset: Dataset, said: LabelChange, vocabulary: Vocabulary, person: str) -> Outcome:
    """Return what changes when a person says something of rows; only what differs changes.

    `said` names the label itself; its rows get `NAME.PERSON`. Costs reading the label sets of its
    rows. Raises Conflict (`rater-name-taken`) where another person's labels have that name.
    """
    own_name = f"{vocabulary.name}.{rater_name(person)}"
    found = label_of_each(
        dataset, said.keys, lambda each: rater_of(vocabulary.name, each) is not None
    )
    if own_name in found:
        _require_same_person(dataset, said.keys, own_name, person)
    own = only_different(replace(said, name=own_name), found.get(own_name))
    votes = {**found, own_name: LabelOfEach(said.place, said.values)}
    wanted, patterns = _patterns([votes[each] for each in sorted(votes)])
    winners = tuple(_winner(each, vocabulary.raters) for each in patterns)
    settled = _settled(dataset, said, vocabulary.name, winners)
    final = settled.final(wanted)
    differs = np.array([len(set(map(_typed, each)) - {_typed(None)}) > 1 for each in patterns])
    return Outcome(
        tuple(each for each in (own, settled.change(wanted)) if len(each.keys)),
        int((final & ~settled.had(wanted)).sum()),
        int((differs[wanted] & ~final).sum()),
    )


def only_different(said: LabelChange, now: LabelOfEach | None) -> LabelChange:
    """Return the part of a change that changes something: other values, or a note to add."""
    if now is None:
        now = LabelOfEach(np.zeros(len(said.keys), np.int64), (None,))
    is_same = [[same_value(one, each) for each in now.values] for one in said.values]
    stays = np.array(is_same, np.bool_)[said.place, now.place]
    if said.note is not None:
        stays &= np.array([each is None for each in said.values])[said.place]
    return replace(said, keys=said.keys[~stays], place=said.place[~stays])


@dataclass(frozen=True, slots=True)
class _Settled:
    """The label itself: what it is now on each row, and the winner of each pattern of votes."""

    said: LabelChange
    now: LabelOfEach | None
    is_agreed: NDArray[np.bool_]
    winners: Values

    def had(self, wanted: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.zeros(len(wanted), np.bool_) if self.now is None else self.now.has()

    def final(self, wanted: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which rows have the label after the vote."""
        wins = np.array([each is not None for each in self.winners])[wanted]
        return wins | (self.had(wanted) & ~self.is_agreed)

    def change(self, wanted: NDArray[np.int64]) -> LabelChange:
        """Return the change of the label itself: rows that somebody settled stay as they are."""
        change = replace(self.said, values=self.winners, place=wanted, note=None)
        change = only_different(change, self.now)
        free = ~self.had(wanted) | self.is_agreed
        chosen = np.isin(change.keys, self.said.keys[free])
        return replace(change, keys=change.keys[chosen], place=change.place[chosen], note=AGREED)


def _settled(dataset: Dataset, said: LabelChange, name: str, winners: Values) -> _Settled:
    """Return what the label itself is on the rows of a vote. Raises Corrupt."""
    now = label_of_each(dataset, said.keys, name.__eq__).get(name)
    is_agreed = np.zeros(len(said.keys), np.bool_)
    if now is not None:
        entries = label_entries(dataset, said.keys)
        is_named, is_noted = (
            pc.equal(entries.table[column].cast(pa.string()), text).fill_null(False).to_numpy()
            for column, text in (("name", name), ("note", AGREED))
        )
        is_agreed = np.isin(said.keys, entries.keys[is_named & is_noted])
    return _Settled(said, now, is_agreed, winners)


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


def _require_same_person(dataset: Dataset, keys: RowKeys, name: str, person: str) -> None:
    entries = label_entries(dataset, keys).table
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
