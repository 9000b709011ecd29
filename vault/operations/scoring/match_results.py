"""Matching evaluation results with the examples of the stage that they are about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vault.dataset.choosing.expression_table import example_table
from vault.dataset.comparing.compare import field_values
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.errors import InvalidInput
from vault.objects.json.text import parse
from vault.objects.labels.label_set import LabelValue
from vault.objects.runs import RowKeys
from vault.operations.labelling.label_file import IdsByPrefix, key_text
from vault.operations.scoring.exported_lines import ExportedLines
from vault.operations.scoring.read_results import Result, ResultsFile
from vault.operations.scoring.result_layouts import ID, PROMPT
from vault.session.context import Context

_SHOWN = 60
_LEAST_ID = 8
"""Digits of the beginning of an id, at least."""

_EXACT = 2.0**53
"""Whole numbers below this are the same as integers and as floats."""


@dataclass(slots=True)
class Matched:
    """Scores of examples: `scores[i]` is that of the row with key `keys[i]`, keys ascending.

    `values` are those of the results that were matched. `repeated` examples had several results,
    `shared` results are about several examples.
    """

    keys: RowKeys
    scores: Sequence[LabelValue]
    values: list[float] = field(default_factory=list)
    unscored: int = 0
    first_unmatched: str | None = None
    repeated: int = 0
    shared: int = 0

    @property
    def mean(self) -> float | None:
        """The mean of the matched results, whatever their order; None without any."""
        return math.fsum(self.values) / len(self.values) if self.values else None


def match_results(
    context: Context,
    dataset: Dataset,
    file: ResultsFile,
    on: str,
    lines: ExportedLines | None,
) -> Matched:
    """Return what results say of the rows of a dataset.

    An example with several results gets their mean. Scores are yes or no where all results are, and
    those of one example are the same; else numbers. Raises InvalidInput (`example-ambiguous`,
    `lines-differ`), Corrupt.
    """
    keys = np.sort(dataset.keys())
    finder = _Finder(context, dataset, keys, on, lines)
    finder.require_places(file)
    own: dict[int, list[bool | int | float]] = {}
    found = Matched(keys[:0], [])
    for number, result in enumerate(file.results):
        key = result.key if file.is_placed else number
        rows = () if key is None else finder.rows_of(key)
        if result.value is None:
            found.unscored += 1
        if not rows or result.value is None:
            found.first_unmatched = found.first_unmatched or _told(result, on, lines)
            continue
        found.values.append(float(result.value))
        found.shared += len(rows) > 1
        for row in rows:
            own.setdefault(row, []).append(result.value)
    found.repeated = sum(len(each) > 1 for each in own.values())
    rows = sorted(own)
    found.keys = keys[np.array(rows, np.int64)]
    found.scores = _scores([own[row] for row in rows])
    return found


def _scores(results: Sequence[Sequence[bool | int | float]]) -> list[LabelValue]:
    """Return the score of each example: yes or no for all of them, or a number for all."""
    if all(isinstance(each, bool) and len(set(own)) == 1 for own in results for each in own):
        return [own[0] for own in results]
    means = [math.fsum(map(float, own)) / len(own) for own in results]
    # 1 reads better than 1.0, and is the same number.
    return [int(each) if each.is_integer() and abs(each) < _EXACT else each for each in means]


class _Finder:
    """Finds the rows of the stage that a key means, by their places among `keys`."""

    def __init__(
        self,
        context: Context,
        dataset: Dataset,
        keys: RowKeys,
        on: str,
        lines: ExportedLines | None,
    ) -> None:
        self._ids: IdsByPrefix | None = None
        self._by_key: Mapping[str, Sequence[int]] = {}
        self._lines = lines
        if lines is not None or on == ID:
            ids = ids_of(dataset.columns(keys, ["id"]))
            self._ids = IdsByPrefix([each.tobytes().hex() for each in ids])
        elif on == PROMPT:
            table = example_table(context, dataset, [PROMPT], keys=keys).table
            texts = table.column(PROMPT).to_pylist()
            self._by_key = _by_text([None if each is None else each.strip() for each in texts])
        else:
            values = field_values(dataset, keys, on.removeprefix("data."))
            self._by_key = _by_text(
                [None if each is None else key_text(parse(each)[0]) for each in values]
            )

    def require_places(self, file: ResultsFile) -> None:
        """Raise InvalidInput (`lines-differ`) if results in order are not one for each line."""
        if self._lines is None or file.is_placed or len(file.results) == len(self._lines.ids):
            return
        raise InvalidInput(
            f"{file.path} has {len(file.results):,} results and says of none which line it is of, "
            f"and the exported file has {len(self._lines.ids):,} lines",
            code="lines-differ",
            hint="say which field has the line: --map line=FIELD, or from 0: --map index=FIELD",
        )

    def rows_of(self, key: str | int) -> Sequence[int]:
        """Return the places of the rows that a key means."""
        if self._lines is not None:
            place = int(key)
            if not 0 <= place < len(self._lines.ids):
                return ()
            key = self._lines.ids[place].tobytes().hex()
        if self._ids is not None:
            text = str(key)
            # The number that a benchmark gives a result may well begin the id of an example.
            found = self._ids.find(text) if len(text) >= _LEAST_ID else None
            return () if found is None else (found,)
        return self._by_key.get(str(key), ())


def _by_text(texts: Sequence[str | None]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        if text:
            found.setdefault(text, []).append(place)
    return found


def _told(result: Result, on: str, lines: ExportedLines | None) -> str:
    """Return why one result is about no example, for a message."""
    if result.value is None:
        return f"result {result.line} has no value"
    if result.key is None:
        return f"result {result.line} has no {'line' if lines is not None else on}"
    if lines is not None:
        place = int(result.key) + 1
        is_there = place <= len(lines.ids)
        why = "is no longer on the stage" if is_there else f"is past the last, {len(lines.ids):,}"
        return f"line {place} {why}"
    shown = str(result.key).replace("\n", " ")
    return f'no example has the {on} "{shown[:_SHOWN]}{"…" if len(shown) > _SHOWN else ""}"'
