"""What changed between two versions as Markdown, for the review of a pull request.

What a reviewer has to know comes first: leaks, findings, labels, counts; examples are folded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault.objects.labels.label_name import shown_value
from vault.presentation.example_parts import differing_parts, parts_of
from vault.presentation.markdown import block, code, folded, table
from vault.presentation.quantities import plural, share_text
from vault.presentation.shell_words import shown_words

if TYPE_CHECKING:
    from vault.operations.locks.compare_locks import LockDiff, LockedChange, LockedVersion
    from vault.operations.queries.diff import ChangedExample, DiffReport
    from vault.operations.splitting.leak_report import LeakReport
    from vault.operations.statistics.figures import Figures
    from vault.operations.statistics.report import StatsReport

KINDS = ("added", "removed", "changed", "relabelled")
"""Kinds of changes, in the order of the report."""

SHOWN_OF_EACH = 10
"""Examples of each kind of change that the report shows."""

MOST_BYTES = 60_000
"""The size of a report, at most: GitHub takes 65,536 characters."""

_SIZE_OF_FOLDS = 800
"""What stands around the examples of all kinds of changes, at most."""

_MOST_ROWS = 20
_MOST_FILES = 30
_MOST_OF_VALUE = 60
_MOST_OF_PATH = 100
_MOST_MOVED = 5
_LEAST_DISTANCE = 0.05
_MOST_PARTS = 8
_MOST_CHARS = 500
_CONTEXT = 60
_ID = 12


@dataclass(frozen=True, slots=True)
class Review:
    """All that the report of a comparison tells of.

    `old` and `new` are the beginnings of commit ids, or STAGE, `typed` what people called them.
    `conditions` are expressions that chose what is compared, `command` the words that show all.
    `stats` are of both versions, None where there is no older one. `leaks` and `old_leaks` are None
    where nothing is split, or the version is not there. `examples` are the first of each kind.
    """

    old: str
    new: str
    typed: tuple[str | None, str | None]
    conditions: Sequence[str]
    command: Sequence[str]
    diff: DiffReport
    stats: StatsReport | None
    leaks: LeakReport | None
    old_leaks: LeakReport | None
    examples: Mapping[str, Sequence[ChangedExample]]


def review_text(review: Review, *, before: Sequence[str] = ()) -> str:
    """Return the report, below some lines; whole examples are left out where it gets too long."""
    head = [*before, *_head(review)]
    pieces = [_folded_kind(review, kind) for kind in KINDS]
    foot = f"{code(shown_words(review.command))} shows all of it."
    used = _size(head) + _size([foot]) + _SIZE_OF_FOLDS
    lines = list(head)
    for kind, piece in zip(KINDS, pieces, strict=True):
        shown: list[str] = []
        left = 0
        for example in piece:
            if used + _size(example) > MOST_BYTES:
                left += 1
                continue
            used += _size(example)
            shown += example
        if shown or left:
            if left:
                shown.append(f"{plural(left, 'example')} left out: the report would be too long.")
            count = getattr(review.diff, kind)
            first = f", the first {len(piece)}" if count > len(piece) else ""
            lines += ["", *folded(f"{count:,} {kind}{first}", shown)]
    text = "\n".join([*lines, "", foot, ""])
    # Outside of blocks of code, where a line is never empty.
    return re.sub(r"\n{3,}", "\n\n", text)


def lock_lines(report: LockDiff) -> Iterator[str]:
    """Yield which exported files two locks differ in."""
    if not report.items:
        yield "No exported file differs."
        return
    yield "### Exported files"
    yield ""
    rows = []
    for each in report.items[:_MOST_FILES]:
        versions = f"{_locked(each.old)} → {_locked(each.new)}"
        counts = _locked_counts(each)
        asked = ", ".join(map(code, each.request))
        if each.unknown is not None:
            # Why: in words that may come from a stranger's lock.
            counts = code(each.unknown, _MOST_OF_PATH)
        rows.append([code(each.path, _MOST_OF_PATH), each.change, versions, counts, asked])
    yield from table(["file", "change", "version", "examples", "asked for otherwise"], rows)
    yield from _more(len(report.items), _MOST_FILES)


def _locked_counts(change: LockedChange) -> str:
    """Return how many examples came and left, and the lines where repeats make them others."""
    added, removed = change.added or 0, change.removed or 0
    counts = f"+{added:,} −{removed:,}"
    before, now = (0 if each is None else each.examples for each in (change.old, change.new))
    if now - before == added - removed:
        return counts
    return f"{counts}; {before:,} → {now:,} with repeats"


def _locked(side: LockedVersion | None) -> str:
    if side is None:
        return "–"
    return code(side.tag or (side.commit or "STAGE")[:_ID])


def _size(lines: Sequence[str]) -> int:
    return sum(len(each.encode("utf-8", "replace")) + 1 for each in lines)


def _head(review: Review) -> Iterator[str]:
    diff, stats = review.diff, review.stats
    versions = zip((review.old, review.new), review.typed, strict=True)
    yield f"### Data: {' → '.join(_version(*each) for each in versions)}"
    yield ""
    counts = [f"**{getattr(diff, kind):,} {kind}**" for kind in KINDS if getattr(diff, kind)]
    after = diff.added + diff.changed + diff.relabelled + diff.unchanged
    yield f"{', '.join(counts) or 'No difference'}; {plural(after, 'example')} now."
    if review.conditions:
        told = " and ".join(code(each) for each in review.conditions)
        yield f"Of examples that satisfy {told} alone; leaks and findings are of whole versions."
    if not diff.compared_texts:
        yield "Alike texts were not looked for: what changed is counted as added and removed."
    yield ""
    yield from _leaks(review)
    yield from _findings(review)
    if stats is not None and stats.before is not None:
        yield from _labels(stats.before, stats)
        yield from _counts("source", stats.before.sources, stats.sources)
        yield from _counts("split", stats.before.splits, stats.splits)
        yield from _moved(stats)


def _version(name: str, typed: str | None) -> str:
    return code(name) if typed is None or name in typed else f"{code(typed)} ({code(name)})"


def _leaks(review: Review) -> Iterator[str]:
    if review.leaks is None:
        yield "Leaks: not looked for, since nothing is split."
        yield ""
        return
    now = {(str(each.kind), each.a, each.b): each.examples for each in review.leaks.leaks}
    past = review.old_leaks
    then = {} if past is None else {(str(e.kind), e.a, e.b): e.examples for e in past.leaks}
    checked = list(review.leaks.checked.sides.items())
    sides = ", ".join(f"{_value(name)} {n:,}" for name, n in checked[:_MOST_ROWS])
    if len(checked) > _MOST_ROWS:
        sides += f" and {len(checked) - _MOST_ROWS:,} more"
    if not now and not then:
        yield f"Leaks: **none** between {sides}."
        yield ""
        return
    yield f"Leaks between {sides}:"
    yield ""
    rows = []
    found = sorted({*now, *then}, key=str)
    for key in found[:_MOST_ROWS]:
        kind, a, b = key
        before = "not split" if past is None else f"{then.get(key, 0):,}"
        count = now.get(key, 0)
        told = f"**{count:,}**" if count > then.get(key, 0) else f"{count:,}"
        rows.append([kind, f"{_value(a or 'all')} → {_value(b)}", before, told])
    yield from table(["leak", "sides", "before", "now"], rows)
    yield from _more(len(found))


def _findings(review: Review) -> Iterator[str]:
    change = review.diff.validation
    if change is None:
        yield "Findings: not compared, since not both versions were validated."
        yield ""
        return
    yield (
        f"Findings: {change.old_errors:,} → **{change.errors:,}** errors, "
        f"{change.old_warnings:,} → {change.warnings:,} warnings"
        + ("." if change.same_rules else "; other rules ran.")
    )
    yield ""
    if change.moved:
        rows = [
            [
                # Kept with the version, so that a stranger may have written them.
                _value(f"{each.code} {each.name}"),
                _value(each.severity),
                f"{each.before:,}",
                f"{each.after:,}",
            ]
            for each in change.moved[:_MOST_ROWS]
        ]
        yield from table(["rule", "severity", "before", "now"], rows)
        yield from _more(len(change.moved))


def _labels(old: Figures, new: Figures) -> Iterator[str]:
    then, now = map(_label_counts, (old, new))
    moved = [key for key in sorted({*then, *now}) if then.get(key) != now.get(key)]
    if not moved:
        return
    rows = [
        [_value(f"{name}={value}"), f"{then.get(key, 0):,}", f"{now.get(key, 0):,}"]
        for key in moved[:_MOST_ROWS]
        for name, value in [key]
    ]
    yield from table(["label", "before", "now"], rows)
    yield from _more(len(moved))


def _label_counts(figures: Figures) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for each in figures.labels:
        # 1 and "1" look alike and are two.
        counts[each.name, shown_value(each.value)] += each.count
    return counts


def _counts(name: str, old: Mapping[str, int], new: Mapping[str, int]) -> Iterator[str]:
    moved = [each for each in {**old, **new} if old.get(each) != new.get(each)]
    if not moved:
        return
    rows = [[_value(each), f"{old.get(each, 0):,}", f"{new.get(each, 0):,}"] for each in moved]
    yield from table([name, "before", "now"], rows[:_MOST_ROWS])
    yield from _more(len(moved))


def _value(text: str) -> str:
    return code(text, _MOST_OF_VALUE)


def _more(count: int, shown: int = _MOST_ROWS) -> Iterator[str]:
    yield ""
    if count > shown:
        yield f"… and {count - shown:,} more."
        yield ""


def _moved(stats: StatsReport) -> Iterator[str]:
    moved = [each for each in stats.moved if each.distance >= _LEAST_DISTANCE][:_MOST_MOVED]
    if not moved:
        return
    rows = [
        [
            _value(each.field),
            f"{each.distance:.2f}",
            _value(each.value),
            share_text(each.old_share),
            share_text(each.new_share),
        ]
        for each in moved
    ]
    yield "What moved most (Jensen-Shannon distance, 0 to 1):"
    yield ""
    yield from table(["field", "distance", "value", "share before", "now"], rows)
    yield ""


def _folded_kind(review: Review, kind: str) -> list[list[str]]:
    return [list(_example(each)) for each in review.examples.get(kind, ())]


def _example(item: ChangedExample) -> Iterator[str]:
    what = "" if item.what is None else f", {item.what.value}"
    yield f"{code(item.id[:_ID])} from {_value(str(item.source))}:{item.line}{what}"
    yield ""
    lines = list(_labels_of(item))
    if item.change == "changed" and item.old_data is not None:
        lines += _difference(item.old_data, item.data)
    elif item.change != "relabelled":
        sign = "-" if item.change == "removed" else "+"
        parts = parts_of(_read(item.data))
        lines += [f"{sign} {each.label}: {_cut(each.text)}" for each in parts[:_MOST_PARTS]]
    yield from block((_one_line(each) for each in lines), "diff")
    yield ""


def _difference(old_data: bytes, data: bytes) -> Iterator[str]:
    parts = list(differing_parts(_read(old_data), _read(data)))
    for each in parts[:_MOST_PARTS]:
        old, new = _around(each.old, each.new)
        if each.old:
            yield f"- {each.label}: {old}"
        if each.new:
            yield f"+ {each.label}: {new}"
    if len(parts) > _MOST_PARTS:
        yield f"  … and {len(parts) - _MOST_PARTS:,} more"


def _labels_of(item: ChangedExample) -> Iterator[str]:
    old = item.old_labels
    if old is None:
        return
    for name in sorted({*old, *item.labels}):
        before, after = old.get(name), item.labels.get(name)
        if before != after:
            for sign, value in (("-", before), ("+", after)):
                if value is not None:
                    yield f"{sign} label {name}: {_cut(shown_value(value))}"


def _around(old: str, new: str) -> tuple[str, str]:
    """Return two texts from a little before the first place where they differ."""
    same = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), None)
    start = max(0, (min(len(old), len(new)) if same is None else same) - _CONTEXT)
    before = "…" if start else ""
    return before + _cut(old[start:]), before + _cut(new[start:])


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CHARS else text[:_MOST_CHARS] + "…"


def _one_line(text: str) -> str:
    # A line of its own would have no sign before it.
    return text.replace("\r", "").replace("\n", "\\n")


def _read(data: bytes) -> object:
    from vault.objects.json.record import read_record

    return read_record(data)
