"""`stats`: the figures of a version, of its parts, and of two versions beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypedDict

import numpy as np

from vault.dataset.choosing.saved_filters import satisfying
from vault.dataset.reading.dataset import Dataset, open_dataset
from vault.objects.runs import RowKeys
from vault.operations.queries.diff import sides_of, validation_of
from vault.operations.statistics.figures import Figures, figures_by_group, figures_of
from vault.operations.statistics.moved import MovedField, moved_fields
from vault.operations.statistics.read_columns import Coded, ReadColumns, read_columns, read_field
from vault.operations.statistics.report import KeptFindings, StatsReport, VersionFigures
from vault.operations.statistics.spoken import Spoken, read_spoken
from vault.operations.validation.kept_token_counts import TokenCounts, token_counts
from vault.session.context import Context
from vault.session.revisions import STAGE, Revision, resolve

MOST_GROUPS = 1_000
"""Values of a field that figures are given for, those with most examples."""


class StatsArguments(TypedDict, total=False):
    """The keyword arguments that make `StatsOptions`."""

    by: str | None
    full: bool
    html: str | None
    force: bool


@dataclass(frozen=True, slots=True)
class StatsOptions:
    """What is told: figures `by` the values of a field too, and with `full` what records say.

    `html` is a file to write the page to; one that is there is replaced with `force` only.
    """

    by: str | None = None
    full: bool = False
    html: str | None = None
    force: bool = False


def stats(
    context: Context,
    old: str | None = None,
    new: str | None = None,
    options: StatsOptions | None = None,
    *,
    expressions: Sequence[str] = (),
) -> StatsReport:
    """Return the figures of the stage, of a revision, or of two (A and B, or A..B).

    Tokens are exact where `vault.toml` names a tokenizer and all were counted, which `full` does.
    Costs reading columns, 1 s for a million examples; with `full` the records too. Raises NotFound
    (`revision-not-found`), InvalidInput (`field-unknown`), what expressions raise, what
    `check_page` raises, Corrupt.
    """
    options = options or StatsOptions()
    if options.html is not None:
        from vault.operations.statistics.page import check_page

        check_page(context.folder, options.html, force=options.force)
    chosen = [
        _chosen(context, each, options, expressions) for each in _revisions(context, old, new)
    ]
    tokenizer = _counted_by(chosen)
    versions = [_figures(context, each, options, tokenizer) for each in chosen]
    last, before = versions[-1], versions[0] if len(versions) == 2 else None
    report = StatsReport(
        **{each.name: getattr(last, each.name) for each in fields(VersionFigures)},
        before=before,
        moved=() if before is None else _moved(before, last, options.by),
        field=options.by,
        is_part=bool(expressions),
        html=None,
    )
    if options.html is None:
        return report
    from vault.operations.statistics.page import page_of, write_page

    write_page(options.html, page_of(report))
    return replace(report, html=options.html)


def _revisions(context: Context, old: str | None, new: str | None) -> tuple[Revision, ...]:
    if new is not None or (old is not None and ".." in old):
        return sides_of(context, old, new)
    return (resolve(context, context.log.tip().view, old or STAGE),)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The examples of a version that expressions choose, and their tokens where those are kept."""

    revision: Revision
    dataset: Dataset
    keys: RowKeys
    is_part: bool
    counts: TokenCounts | None


def _chosen(
    context: Context, revision: Revision, options: StatsOptions, expressions: Sequence[str]
) -> _Chosen:
    dataset = open_dataset(context.store, revision.manifest)
    keys = satisfying(context, dataset, dataset.keys(), expressions)
    counts = token_counts(context, dataset, keys, count=options.full)
    return _Chosen(revision, dataset, keys, bool(expressions), counts)


def _counted_by(chosen: Sequence[_Chosen]) -> str | None:
    """Return the tokenizer by which all versions are counted; estimates do not compare with it."""
    names = {None if each.counts is None else each.counts.tokenizer for each in chosen}
    return names.pop() if len(names) == 1 else None


def _figures(
    context: Context, chosen: _Chosen, options: StatsOptions, tokenizer: str | None
) -> VersionFigures:
    dataset, keys = chosen.dataset, chosen.keys
    columns = read_columns(context, dataset, keys)
    if tokenizer is not None and chosen.counts is not None:
        columns = columns.with_tokens(chosen.counts.tokens)
    field = None if options.by is None else read_field(context, dataset, keys, options.by)
    spoken = read_spoken(context, dataset, keys) if options.full else None
    whole = figures_of(columns, spoken)
    return VersionFigures(
        **{each.name: getattr(whole, each.name) for each in fields(Figures)},
        revision=chosen.revision.text,
        commit=chosen.revision.commit,
        tokenizer=tokenizer,
        same_conversation=len(columns.content) - len(np.unique(columns.content)),
        findings=_findings(context, chosen),
        by={} if field is None else _by(columns, spoken, field),
        values=0 if field is None else len(np.unique(field.place)),
    )


def _findings(context: Context, chosen: _Chosen) -> KeptFindings | None:
    # They are of a whole version, and say nothing of a part.
    validation = None if chosen.is_part else validation_of(context, chosen.revision)
    if validation is None:
        return None
    return KeptFindings(
        validation.errors,
        validation.warnings,
        validation.examples_with_errors,
        validation.findings,
    )


def _by(columns: ReadColumns, spoken: Spoken | None, field: Coded) -> dict[str, Figures]:
    """Return the figures of each value, those with most examples first."""
    sizes = np.bincount(field.place, minlength=len(field.values)).tolist()
    names = [str(each) for each in field.values]
    used = (each for each in range(len(names)) if sizes[each])
    largest = sorted(used, key=lambda at: (-sizes[at], names[at]))[:MOST_GROUPS]
    number = np.full(max(len(names), 1), -1, np.int64)
    number[largest] = np.arange(len(largest))
    found = figures_by_group(columns, spoken, number[field.place], len(largest))
    return dict(zip((names[each] for each in largest), found, strict=True))


def _moved(
    before: VersionFigures, after: VersionFigures, field: str | None
) -> tuple[MovedField, ...]:
    if field is None or max(before.values, after.values) > MOST_GROUPS:
        return moved_fields(before, after)
    sides = [{name: each.examples for name, each in one.by.items()} for one in (before, after)]
    return moved_fields(before, after, (field, sides[0], sides[1]))
