"""A report of statistics as one page, and the file that it is written to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vault.errors import AlreadyExists, InvalidInput
from vault.objects.labels.label_name import shown_value
from vault.operations.exports.writable_place import check_link, check_place
from vault.operations.statistics.figures import DISTRIBUTED, TRAINER_LENGTHS, Figures
from vault.plain_files import new_file_in
from vault.presentation.html_page import Bars, Grid, Section, page
from vault.presentation.quantities import plural, range_text, share_text, tokens_text

if TYPE_CHECKING:
    from vault.operations.statistics.report import StatsReport, VersionFigures
_MOST_VALUES = 20
_MOST_GROUPS = 100
_MOST_BINS = 24
_SHORT_ID = 12
_ENDINGS = (".html", ".htm")


def check_page(folder: Path | None, output: str, *, force: bool) -> None:
    """Refuse a path that no page may be written to; `folder` is the repository's.

    Raises as `check_place` and `check_link`, InvalidInput (`output-unknown` for a name that does
    not end in .html), AlreadyExists (`file-exists`) unless `force`.
    """
    if Path(output).suffix.lower() not in _ENDINGS:
        raise InvalidInput(
            f'the page cannot be written to "{output}": its name does not end in .html',
            code="output-unknown",
            hint="`vault stats --html stats.html`",
        )
    check_place(folder, output)
    check_link(output, force=force)
    path = Path(os.path.realpath(output))
    if path.is_dir():
        raise AlreadyExists(
            f"{output} is a folder", code="file-exists", hint="name a file, such as stats.html"
        )
    if path.exists() and not force:
        raise AlreadyExists(
            f"{output} is there already", code="file-exists", hint="--force overwrites it"
        )


def write_page(output: str, text: str) -> None:
    """Write a page in the place of what is there. Raises OSError where it cannot be written."""
    # A link stays, and what it points to is written.
    path = Path(os.path.realpath(output))
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = new_file_in(path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(text.encode("utf-8", "replace"))
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def page_of(report: StatsReport) -> str:
    """Return the page: of one version, or of two with a bar for each."""
    versions = [report] if report.before is None else [report.before, report]
    names = [_name(each) for each in versions]
    # Heads of columns leave commits out: two of them would not fit on a telephone.
    heads = [_head(each) for each in versions]
    return page(" and ".join(names), _sections(report, versions, heads), names)


def _sections(
    report: StatsReport, versions: Sequence[VersionFigures], names: Sequence[str]
) -> Iterator[Section]:
    chosen = ["only examples that satisfy the expressions typed"] if report.is_part else []
    yield Section("Counts", [_counts(versions, names)], [tokens_text(report.tokenizer), *chosen])
    if report.moved:
        yield _moved(report)
    for name in DISTRIBUTED[::-1]:
        yield Section(f"Examples by {name}", [_histogram(versions, names, name)])
    for name in _field_names(versions):
        yield _values(name, versions, names)
    yield _cut(versions, names)
    if report.field is not None:
        yield _groups(report.field, versions, names)
    yield Section("Findings and duplicates", (), list(_looked_for(versions, names)))


def _name(version: VersionFigures) -> str:
    commit = version.commit
    if commit is None or commit.startswith(version.revision):
        return version.revision if commit is None else commit[:_SHORT_ID]
    return f"{version.revision} ({commit[:_SHORT_ID]})"


def _head(version: VersionFigures) -> str:
    commit = version.commit
    is_id = commit is not None and commit.startswith(version.revision)
    return version.revision[:_SHORT_ID] if is_id else version.revision


def _counts(versions: Sequence[VersionFigures], names: Sequence[str]) -> Grid:
    rows = [
        [name, *(f"{getattr(each, field):,}" for each in versions)]
        for name, field in (
            ("examples", "examples"),
            ("turns", "turns"),
            ("characters", "chars"),
            ("tokens", "tokens"),
        )
    ]
    for name in DISTRIBUTED:
        told = [each.quantiles[name] for each in versions]
        quantiles = dict.fromkeys(key for each in told for key in each)
        for key in quantiles:
            title = f"{name}, {key} %" if key.isdigit() else f"{name}, {key}"
            values = (f"{each[key]:,}" if key in each else "–" for each in told)
            rows.append([title, *values])
    return Grid(["", *names], rows)


def _moved(report: StatsReport) -> Section:
    rows = [
        [
            each.field,
            f"{each.distance:.3f}",
            each.value,
            share_text(each.old_share),
            share_text(each.new_share),
        ]
        for each in report.moved
    ]
    heads = ["field", "distance", "most at", "before", "after"]
    return Section(
        "What moved", [Grid(heads, rows)], ["Jensen-Shannon distance: 0 is alike, 1 is disjoint"]
    )


def _histogram(versions: Sequence[VersionFigures], names: Sequence[str], name: str) -> Bars:
    from vault.statistics.lengths import coarser

    own = [{each.least: each for each in version.histograms[name]} for version in versions]
    every = {least: each for one in own for least, each in one.items()}
    # The same bins for both: one of them may have half as many as the other.
    shown = coarser([every[least] for least in sorted(every)], _MOST_BINS)
    titles = [range_text(each.least, each.most) for each in shown]
    found = [
        [sum(one[at].examples for at in one if each.least <= at <= each.most) for one in own]
        for each in shown
    ]
    return _bars(name, titles, found, versions, names)


def _bars(
    head: str,
    titles: Sequence[str],
    counts: Sequence[Sequence[int]],
    versions: Sequence[VersionFigures],
    names: Sequence[str],
) -> Bars:
    shares = [
        [
            count / each.examples if each.examples else 0.0
            for count, each in zip(row, versions, strict=True)
        ]
        for row in counts
    ]
    rows = []
    for title, row, share in zip(titles, counts, shares, strict=True):
        cells = ((f"{count:,}", share_text(part)) for count, part in zip(row, share, strict=True))
        rows.append([title, *(cell for pair in cells for cell in pair)])
    heads = [
        head,
        *(part for name in names for part in (name if len(names) > 1 else "examples", "")),
    ]
    return Bars(heads, rows, shares)


def _fields(figures: Figures) -> dict[str, Mapping[str, int]]:
    found: dict[str, Mapping[str, int]] = {
        "kind": figures.kinds,
        "source": figures.sources,
        "round": figures.rounds,
        "origin": figures.runs,
        "origin.model": figures.models,
        "split": figures.splits,
    }
    labels: dict[str, dict[str, int]] = {}
    for each in figures.labels:
        own = labels.setdefault(f"labels.{each.name}", {})
        value = shown_value(each.value)
        own[value] = own.get(value, 0) + each.count
    found.update(labels)
    if figures.tools is not None:
        found["tool"] = figures.tools.names
    return {name: counts for name, counts in found.items() if counts}


def _field_names(versions: Sequence[VersionFigures]) -> list[str]:
    return list(dict.fromkeys(name for each in versions for name in _fields(each)))


def _values(name: str, versions: Sequence[VersionFigures], names: Sequence[str]) -> Section:
    counts = [_fields(each).get(name, {}) for each in versions]
    values = list(dict.fromkeys(value for each in counts[::-1] for value in each))
    shown = values[:_MOST_VALUES]
    found = [[each.get(value, 0) for each in counts] for value in shown]
    left = len(values) - len(shown)
    notes = [f"and {plural(left, 'value')} more"] if left else []
    return Section(f"Examples by {name}", [_bars(name, shown, found, versions, names)], notes)


def _cut(versions: Sequence[VersionFigures], names: Sequence[str]) -> Section:
    titles = [f"{each.trainer}, {each.length:,} tokens" for each in versions[-1].cut]
    counts = [[each.cut[at].examples for each in versions] for at in range(len(titles))]
    note = f"{tokens_text(versions[0].tokenizer)}; a chat template adds some"
    required = f"axolotl's sequence_len has to be set: {TRAINER_LENGTHS['axolotl']:,} stands for it"
    bars = _bars("trainer", titles, counts, versions, names)
    return Section("Longer than a trainer's default length", [bars], [note, required])


def _groups(field: str, versions: Sequence[VersionFigures], names: Sequence[str]) -> Section:
    values = list(dict.fromkeys(value for each in versions[::-1] for value in each.by))
    told = ("examples", "turns", "tokens")
    several = len(names) > 1
    heads = [field]
    heads += [f"{each}, {name}" if several else each for each in told for name in names]
    rows = []
    for value in values[:_MOST_GROUPS]:
        own = [each.by.get(value) for each in versions]
        cells = (0 if one is None else getattr(one, name) for name in told for one in own)
        rows.append([value, *(f"{each:,}" for each in cells)])
    left = max(each.values for each in versions) - len(rows)
    notes = [f"and {plural(left, 'value')} more"] if left > 0 else []
    return Section(f"By {field}", [Grid(heads, rows)], notes)


def _looked_for(versions: Sequence[VersionFigures], names: Sequence[str]) -> Iterator[str]:
    for name, version in zip(names, versions, strict=True):
        found = version.findings
        if found is None:
            yield f"{name}: findings were not looked for (vault validate)"
        else:
            yield f"{name}: {plural(found.errors, 'error')}, {plural(found.warnings, 'warning')}"
            for each in found.items:
                yield f"{each.code} {each.name}: {each.count:,}"
        same = plural(version.same_conversation, "example")
        yield f"{name}: {same} with a conversation that is there already"
        if version.roles is None:
            yield f"{name}: roles and tools were not looked for (vault stats --full)"
        else:
            yield f"{name}: messages by role: " + ", ".join(
                f"{role} {count:,}" for role, count in version.roles.items()
            )
    yield "near-duplicates were not looked for (vault dedupe --dry-run)"
