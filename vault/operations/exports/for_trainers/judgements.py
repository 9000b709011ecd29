"""What labels say of the examples of an export: pairs of answers, verdicts, and turned pairs.

Answers to one prompt become a preference pair by a label with numbers, an answer gets a verdict by
one with true and false, and a label `choice` says which side of a preference pair is better.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vault.dataset.choosing.suggest_names import label_missing
from vault.dataset.reading.dataset import Dataset, hashes_of
from vault.dataset.reading.labels import LabelOfEach, label_names, label_of_each, split_of_each
from vault.errors import InvalidInput
from vault.formats.trainers.output import RecordParts
from vault.formats.trainers.trainer import FAMILIES, Family
from vault.objects.conversation import Kind
from vault.objects.labels.label_name import CHOICE
from vault.objects.labels.label_set import LabelValue
from vault.objects.runs import RowKeys
from vault.operations.exports.export_options import ExportOptions
from vault.operations.exports.record_parts import record_parts
from vault.presentation.quantities import plural

_CHOSEN, _REJECTED, _TIE = "chosen", "rejected", "tie"
_CHOICES = (_CHOSEN, _REJECTED, _TIE)
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class JudgedCounts:
    """What became of the examples that a label was read for, on the sides that are written.

    `pairs` were made of answers to one prompt, of `single` prompts with one labelled answer, `ties`
    with the same value or the same answer, `close` with less than the gap between them none.
    `turned` pairs had the better side as rejected; `undecided` had a tie. `unlabelled` are examples
    that were left out because nothing was said of them.
    """

    pairs: int = 0
    single: int = 0
    ties: int = 0
    close: int = 0
    turned: int = 0
    undecided: int = 0
    unlabelled: int = 0


def _none() -> RowKeys:
    return np.zeros(0, np.uint64)


@dataclass(frozen=True, slots=True)
class Judgements:
    """Rows of a version as labels have them: `keys` are to be written, in dataset order.

    Others are by row key, ascending: `pairs` with the rejected answer of each in `rejected`,
    `turned` of pairs to be swapped, `good` and `bad` of answers with a verdict.
    """

    keys: RowKeys
    counts: JudgedCounts
    pairs: RowKeys = field(default_factory=_none)
    rejected: RowKeys = field(default_factory=_none)
    turned: RowKeys = field(default_factory=_none)
    good: RowKeys = field(default_factory=_none)
    bad: RowKeys = field(default_factory=_none)

    def counts_of(self, keys: RowKeys) -> JudgedCounts:
        """Return the counts, with the pairs that were made and turned among some rows alone."""
        return replace(
            self.counts,
            pairs=int(np.isin(self.pairs, keys).sum()),
            turned=int(np.isin(self.turned, keys).sum()),
        )

    def changes(self, dataset: Dataset, keys: RowKeys) -> Callable[[int, RecordParts], Changed]:
        """Return a function that gives the parts of row `i` of `keys` as they are to be rendered.

        It must be called with rising `i`; it reads the rejected answers as it goes.
        """
        at = np.minimum(np.searchsorted(self.pairs, keys), max(len(self.pairs) - 1, 0))
        is_pair = self.pairs[at] == keys if len(self.pairs) else np.zeros(len(keys), np.bool_)
        others = record_parts(dataset, self.rejected[at[is_pair]])
        is_turned = np.isin(keys, self.turned)
        verdict = np.isin(keys, self.good).astype(np.int64) - np.isin(keys, self.bad)

        def change(place: int, parts: RecordParts) -> Changed:
            if is_pair[place]:
                _, other = next(others)
                return _paired(parts, other)
            conversation = parts.conversation
            if conversation is not None and is_turned[place]:
                response, rejected = conversation.rejected or (), conversation.response
                conversation = conversation._replace(response=response, rejected=rejected)
            elif conversation is not None and verdict[place]:
                conversation = conversation._replace(desirable=bool(verdict[place] > 0))
            return Changed(replace(parts, conversation=conversation), loses_fields=False)

        return change


@dataclass(frozen=True, slots=True)
class Changed:
    """The parts of a record, and whether fields of another one that they are made of are lost."""

    parts: RecordParts
    loses_fields: bool


def _paired(chosen: RecordParts, rejected: RecordParts) -> Changed:
    one, other = chosen.conversation, rejected.conversation
    parts = chosen
    if one is not None and other is not None:
        parts = replace(parts, conversation=one._replace(rejected=other.response))
    return Changed(parts, rejected.fields is not None and rejected.fields != chosen.fields)


def judgements_of(dataset: Dataset, keys: RowKeys, options: ExportOptions) -> Judgements | None:
    """Return what the labels that an export names say of rows; None where they say nothing.

    Costs reading labels, and three columns where pairs are made. Raises NotFound
    (`label-not-found`), InvalidInput (`label-not-usable`).
    """
    if options.pairs_from is None and options.verdict is None:
        found = label_of_each(dataset, keys, CHOICE.__eq__).get(CHOICE)
        return None if found is None else _chosen_alone(dataset, keys, found)
    name = options.pairs_from or str(options.verdict)
    found = label_of_each(dataset, keys, name.__eq__).get(name)
    if found is None:
        raise label_missing(name, label_names(dataset))
    families = _families(dataset, keys)
    if options.verdict is not None:
        judged = _verdicts(name, keys, found, families)
    else:
        judged = _pairs(dataset, keys, found, families, options)
    if not len(judged.keys):
        raise InvalidInput(
            f'the label "{name}" makes nothing to write{_why_nothing(judged.counts)}',
            code="label-not-usable",
            hint="`vault label --list` shows what labels say",
        )
    return judged


def _why_nothing(counts: JudgedCounts) -> str:
    told = (
        (counts.single, "prompt", "with one labelled answer"),
        (counts.ties, "prompt", "with answers of one value"),
        (counts.close, "prompt", "with answers closer than --min-gap"),
        (counts.undecided, "pair", "left out as a tie"),
        (counts.unlabelled, "example", "without the label"),
    )
    found = [f"{plural(count, what)} {why}" for count, what, why in told if count]
    return f": {', '.join(found)}" if found else ""


def _families(dataset: Dataset, keys: RowKeys) -> NDArray[np.str_]:
    kinds = dataset.columns(keys, ["kind"]).column("kind").cast(pa.string()).to_pylist()
    return np.array([str(FAMILIES[Kind(each)]) for each in kinds])


def _chosen_alone(dataset: Dataset, keys: RowKeys, found: LabelOfEach) -> Judgements | None:
    """Return what the label `choice` says of preference records, None where it says nothing."""
    is_pair = (_families(dataset, keys) == str(Family.PREFERENCE)) & found.has()
    if not is_pair.any():
        return None
    turned, ties = _choices(CHOICE, found, is_pair)
    return Judgements(
        keys=keys[~ties],
        counts=JudgedCounts(turned=int(turned.sum()), undecided=int(ties.sum())),
        turned=np.sort(keys[turned]),
    )


def _choices(
    name: str, found: LabelOfEach, of: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which of some preference records are to be turned round, and which are ties."""
    other = next((each for each in _said(found, of) if each not in _CHOICES), None)
    if other is not None:
        raise _unusable(name, other, f"of a pair it is one of {', '.join(_CHOICES)}")
    is_turned = np.array([each == _REJECTED for each in found.values], np.bool_)[found.place]
    is_tie = np.array([each == _TIE for each in found.values], np.bool_)[found.place]
    return is_turned & of, is_tie & of


def _verdicts(
    name: str, keys: RowKeys, found: LabelOfEach, families: NDArray[np.str_]
) -> Judgements:
    is_own = np.isin(families, [str(Family.CHAT), str(Family.KTO)])
    is_told = is_own & found.has()
    strange = next((each for each in _said(found, is_told) if each not in (0, 1)), None)
    if strange is not None:
        raise _unusable(name, strange, "a verdict is true and false, or 1 and 0")
    is_good = np.array([each == 1 for each in found.values], np.bool_)[found.place]
    # An answer that came with a verdict keeps it where the label says nothing.
    is_kept = is_told | (families == str(Family.KTO)) | ~is_own
    return Judgements(
        keys=keys[is_kept],
        counts=JudgedCounts(unlabelled=int((~is_kept).sum())),
        good=np.sort(keys[is_told & is_good]),
        bad=np.sort(keys[is_told & ~is_good]),
    )


def _pairs(
    dataset: Dataset,
    keys: RowKeys,
    found: LabelOfEach,
    families: NDArray[np.str_],
    options: ExportOptions,
) -> Judgements:
    """Return a pair for each prompt with two answers of different values on one side."""
    name = str(options.pairs_from)
    is_answer, is_record = families == str(Family.CHAT), families == str(Family.PREFERENCE)
    told = is_answer & found.has()
    strange = [each for each in _said(found, told) if isinstance(each, str)]
    if strange:
        raise _unusable(name, strange[0], "answers are put in order by numbers, or true and false")
    turned, ties = _choices(name, found, is_record & found.has())
    rows = np.flatnonzero(told)
    made = _by_prompt(dataset, keys[rows], found.at(rows), options.min_gap)
    is_kept = ~is_answer & ~ties
    is_kept[rows[made.chosen]] = True
    chosen = keys[rows[made.chosen]]
    order = np.argsort(chosen)
    return Judgements(
        keys=keys[is_kept],
        counts=replace(
            made.counts,
            turned=int(turned.sum()),
            undecided=int(ties.sum()),
            unlabelled=int((is_answer & ~told).sum()),
        ),
        pairs=chosen[order],
        rejected=keys[rows[made.rejected]][order],
        turned=np.sort(keys[turned]),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """Pairs of rows by their places, and what no pair was made of."""

    chosen: Places
    rejected: Places
    counts: JudgedCounts


def _by_prompt(dataset: Dataset, keys: RowKeys, found: LabelOfEach, min_gap: float | None) -> _Made:
    """Return the best and the worst of the answers to each prompt; of equals the earlier one."""
    # Texts are those of preference records; no answer has one.
    numbers = [np.nan if each is None or isinstance(each, str) else each for each in found.values]
    value = np.array(numbers, np.float64)[found.place]
    table = dataset.columns(keys, ["prompt_id", "content_id"])
    prompt, has_prompt = hashes_of(table, "prompt_id")
    content, _ = hashes_of(table, "content_id")
    sides = split_of_each(dataset, keys)
    side = np.zeros(len(keys), np.int64) if sides is None else sides.place
    rows = np.flatnonzero(has_prompt)
    rows = rows[np.lexsort((rows, -value[rows], side[rows], prompt[rows]))]
    starts = np.flatnonzero(
        np.diff(prompt[rows], prepend=prompt[rows[:1]] + np.uint64(1)).astype(bool)
        | np.diff(side[rows], prepend=-1).astype(bool)
    )
    if not len(rows):
        return _Made(rows, rows, JudgedCounts())
    ends = np.append(starts[1:], len(rows))
    best = rows[starts]
    # The first of the lowest ones: they are in order of value, then of rows.
    lowest = value[rows[ends - 1]]
    worst = np.array(
        [
            rows[start + int(np.argmax(value[rows[start:end]] == low))]
            for start, end, low in zip(starts.tolist(), ends.tolist(), lowest, strict=True)
        ],
        np.int64,
    )
    gap = value[best] - value[worst]
    is_single = ends - starts == 1
    is_tie = ~is_single & ((gap == 0) | (content[best] == content[worst]))
    is_close = ~is_single & ~is_tie & (gap < (min_gap or 0))
    is_pair = ~is_single & ~is_tie & ~is_close
    counts = JudgedCounts(
        pairs=int(is_pair.sum()),
        single=int(is_single.sum()),
        ties=int(is_tie.sum()),
        close=int(is_close.sum()),
    )
    return _Made(best[is_pair], worst[is_pair], counts)


def _said(found: LabelOfEach, of: NDArray[np.bool_]) -> list[LabelValue]:
    """Return the different values that some rows have."""
    values = [found.values[each] for each in np.unique(found.place[of]).tolist()]
    return [each for each in values if each is not None]


def _unusable(name: str, value: LabelValue, what: str) -> InvalidInput:
    return InvalidInput(
        f'the label "{name}" is "{value}" on some examples, and {what}',
        code="label-not-usable",
        hint=f"`vault label --list` shows what {name} says; `vault label` can say it otherwise",
    )
