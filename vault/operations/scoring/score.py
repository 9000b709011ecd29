"""`score`: labels of evaluation results, and their summary in the notes of a commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO, TypedDict

import numpy as np
from numpy.typing import NDArray

from vault.dataset.changing.stage import Staged, stage_and_count
from vault.dataset.changing.write_labels import LabelChange, with_label_changes
from vault.dataset.reading.dataset import open_dataset
from vault.dataset.reading.labels import label_of_each
from vault.errors import InvalidInput
from vault.objects.digest import Digest
from vault.objects.labels.label_name import EVAL, slug
from vault.objects.labels.label_set import LabelValue
from vault.objects.log.view import View
from vault.operations.history.note import with_facts
from vault.operations.labelling.raters import only_different
from vault.operations.scoring.exported_lines import ExportedLines, exported_lines
from vault.operations.scoring.match_results import Matched, match_results
from vault.operations.scoring.read_results import ResultsFile, Wanted, read_results
from vault.operations.scoring.result_layouts import ID
from vault.presentation.report_html import Displayed
from vault.session.context import Context, draft_of
from vault.session.recording import record, writing
from vault.session.trial import trial_of

MOST_UNMATCHED = 0.05
"""The share of results that may be about no example, without `partial`."""


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """Options of `score`.

    `name` is the model's, `value` the field of a result that counts. Results are matched `on` the
    id, the prompt, or a field of the examples; with `lines_of` by their place in that exported
    file. `mapping` says where in a result the id, the prompt, the field or the place stands: `line`
    counts from 1, `index` from 0. `only` takes those results in which a field has a value.
    `partial` allows any number of results without an example.
    """

    name: str
    value: str
    on: str | None = None
    lines_of: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)
    partial: bool = False
    dry_run: bool = False


class ScoreArguments(TypedDict, total=False):
    """Fields of `ScoreOptions` that callers may leave out."""

    on: str | None
    lines_of: str | None
    mapping: Mapping[str, str]
    only: Mapping[str, str]
    partial: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class ScoreReport(Displayed):
    """Counts of results that became labels.

    `matched` results are about examples of the stage, and `mean` is theirs; `unmatched` are not
    (`first_unmatched` tells of one), or have no value: so many are `unscored`. `examples` have the
    `label` by this file, on `labelled` of them it changed; `kept` others have it from before.
    `repeated` examples had several results and got the mean, `shared` results are about several
    examples. The summary is in the notes of `commit`, None before the first.
    """

    label: str
    metric: str
    tool: str
    matched: int
    unmatched: int
    mean: float | None
    unscored: int
    first_unmatched: str | None
    examples: int
    labelled: int
    kept: int
    repeated: int
    shared: int
    commit: Digest | None
    lines_of: str | None
    staged: Staged
    dry_run: bool = False


@dataclass(slots=True)
class _Counts:
    labelled: int = 0
    kept: int = 0
    commit: Digest | None = None


def score(
    context: Context, path: str, options: ScoreOptions, *, stdin: BinaryIO | None = None
) -> ScoreReport:
    """Label examples of the stage with evaluation results that stand in a file.

    The label is `eval.NAME`. One operation records labels and notes. Costs reading the file and, by
    id or line, the ids of the stage; on the prompt or a field every record. Raises what
    `read_results` and `exported_lines` raise, InvalidInput (`model-name-invalid`,
    `options-exclude`, `results-unmatched`, `example-ambiguous`), Conflict (`detached-head`).
    """
    label = label_of_model(options.name)
    if options.on is not None and options.lines_of is not None:
        raise InvalidInput(
            "--on and --lines-of are two ways to match",
            code="options-exclude",
            hint="keep --lines-of, or leave it out",
        )
    by_place = options.lines_of is not None
    wanted = Wanted(options.value, options.on or ID, by_place, options.mapping, options.only)
    file = read_results(path, wanted, stdin=stdin)
    lines = None if options.lines_of is None else exported_lines(context, options.lines_of)
    with trial_of(context, is_trial=options.dry_run) as trial, writing(trial):

        def change(view: View) -> tuple[View, tuple[Matched, Staged, _Counts]]:
            return _scored(trial, view, label, options, (file, lines))

        matched, staged, counts = record(trial, change)
    return ScoreReport(
        label,
        options.value,
        file.tool,
        len(matched.values),
        len(file.results) - len(matched.values),
        matched.mean,
        matched.unscored,
        matched.first_unmatched,
        len(matched.keys),
        counts.labelled,
        counts.kept,
        matched.repeated,
        matched.shared,
        counts.commit,
        options.lines_of,
        staged,
        options.dry_run,
    )


def label_of_model(name: str) -> str:
    """Return the label of a model's results. Raises InvalidInput (`model-name-invalid`)."""
    found = slug(name)
    if not found:
        raise InvalidInput(
            f'"{name}" has no letter or digit that the name of a label can have',
            code="model-name-invalid",
            hint="name the model that was evaluated: --name small-3",
        )
    return f"{EVAL}{found}"


def _scored(
    context: Context,
    view: View,
    label: str,
    options: ScoreOptions,
    found: tuple[ResultsFile, ExportedLines | None],
) -> tuple[View, tuple[Matched, Staged, _Counts]]:
    file, lines = found
    draft = draft_of(context, view)
    dataset = open_dataset(context.store, draft.manifest)
    matched = match_results(context, dataset, file, options.on or ID, lines)
    _require_enough(matched, file, options)
    counts = _Counts(commit=draft.head if lines is None else lines.commit)
    keys = np.sort(dataset.keys())
    now = label_of_each(dataset, keys, label.__eq__).get(label)
    if now is not None:
        counts.kept = int(now.has().sum()) - int(now.has()[np.isin(keys, matched.keys)].sum())
    intent = context.intent
    values, place = _values(matched.scores)
    said = LabelChange(label, matched.keys, values, place, intent.author, intent.time)
    before = None if now is None else now.at(np.isin(keys, matched.keys))
    # The note tells the metric, and is no reason to write a label that says the same.
    change = replace(only_different(said, before), note=options.value)
    counts.labelled = len(change.keys)
    manifest = dataset.manifest
    if len(change.keys):
        manifest = with_label_changes(dataset, [change])
    staged_view, staged = stage_and_count(context, view, draft, manifest)
    changed = view if manifest == dataset.manifest else staged_view
    if counts.commit is not None and matched.mean is not None:
        facts = {
            label: f"{matched.mean:.6g}",
            f"{label}.examples": str(len(matched.keys)),
            f"{label}.metric": _metric(options),
        }
        changed = with_facts(context, changed, counts.commit, facts)
    return changed, (matched, staged, counts)


def _metric(options: ScoreOptions) -> str:
    return " ".join([options.value, *(f"{name}={each}" for name, each in options.only.items())])


def _values(scores: Sequence[LabelValue]) -> tuple[list[LabelValue | None], NDArray[np.int64]]:
    """Return the distinct values, and the place of each score among them."""
    places: dict[tuple[bool, LabelValue], int] = {}
    place = [places.setdefault((isinstance(each, bool), each), len(places)) for each in scores]
    return [value for _, value in places], np.array(place, np.int64)


def _require_enough(matched: Matched, file: ResultsFile, options: ScoreOptions) -> None:
    """Raise InvalidInput (`results-unmatched`) if too many results are about no example."""
    total = len(file.results)
    unmatched = total - len(matched.values)
    if unmatched and (not matched.values or unmatched > MOST_UNMATCHED * total):
        if options.partial and matched.values:
            return
        raise InvalidInput(
            f"{unmatched:,} of {total:,} results of {file.path} give no example of the stage a "
            f"value: {matched.first_unmatched}",
            code="results-unmatched",
            hint="--partial takes the others"
            if matched.values
            else "match by another field: --on prompt, --on FIELD, --lines-of EXPORTED_FILE",
        )
