"""What vault.lock says, as text: which files stand how, where one is from, what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vault.cli.show.terminal import paint, short_id, table
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural
from vault.presentation.shell_words import shown_words

if TYPE_CHECKING:
    from vault.operations.history.note import NoteReport
    from vault.operations.locks.check import LockCheck
    from vault.operations.locks.compare_locks import LockDiff, LockedChange, LockedVersion
    from vault.operations.locks.which import Origin, WhichReport

_COLOURS = {"edited": "red", "missing": "red", "stale": "yellow"}


def check_lines(report: LockCheck, verbose: bool) -> Iterator[str]:
    """Yield how each file of the lock stands, then the sum."""
    rows = [
        (
            paint(each.state.value, _COLOURS.get(each.state.value)),
            escape(each.path),
            _version(each.commit, each.tag, verbose),
        )
        for each in report.items
    ]
    yield from table(rows)
    states = Counter(each.state.value for each in report.items)
    counted = [f"{count:,} {state}" for state, count in sorted(states.items())]
    skipped = [f"{report.skipped:,} absent and left out"] if report.skipped else []
    files = plural(len(report.items) + report.skipped, "file")
    yield f"{files}: {', '.join([*counted, *skipped])}" if counted or skipped else "no file"


def which_lines(report: WhichReport, verbose: bool) -> Iterator[str]:
    """Yield where a file is from, and which example a line of it is."""
    if report.line is not None:
        line = report.line
        yield f"line {line.line} is example {short_id(line.id, verbose)}"
        yield f"from:    {escape(line.source)}, line {line.source_line}"
        held = [short_id(each, verbose) for each in line.commits[:8]]
        yield f"in:      {' '.join(held) or 'no commit'}"
    for each in report.items:
        yield from _origin(report, each, verbose)


def _origin(report: WhichReport, origin: Origin, verbose: bool) -> Iterator[str]:
    version = _version(origin.commit, origin.tag, verbose)
    if origin.path is None:
        of_all = f"{origin.examples:,} of {plural(report.records or 0, 'record')}"
        yield f"{version} holds {of_all}; vault.lock lists no such file"
    else:
        same = {"sha256": "", "content": "; the same records in other bytes"}[origin.matches]
        yield f"{escape(origin.path)} of {version}, {plural(origin.examples, 'example')}{same}"
    if origin.path is not None:
        words = [
            each if each != origin.commit else short_id(each, verbose) for each in origin.command
        ]
        yield f"  {escape(shown_words(['vault', *words]))}"


def note_lines(report: NoteReport, verbose: bool) -> Iterator[str]:
    """Yield what is noted of a commit."""
    if not report.items:
        yield f"nothing is noted of {short_id(report.commit, verbose)}"
        return
    for each in report.items:
        who = paint(f"{escape(each.author)} {each.time}", dim=True)
        yield f"{paint(escape(each.key), bold=True)}={escape(each.value)}  {who}"


def lock_diff_lines(report: LockDiff, verbose: bool) -> Iterator[str]:
    """Yield what differs between two locks, file by file."""
    for each in report.items:
        mark = {"added": "+", "removed": "-"}.get(each.change, "~")
        yield f"{mark} {escape(each.path)}  {_versions(each, verbose)}"
        if each.unknown is not None:
            yield f"    not compared: {escape(each.unknown)}"
        else:
            yield f"    {plural(each.added or 0, 'example')} more, {each.removed:,} less"
        if each.request:
            yield f"    what was asked for differs: {', '.join(each.request)}"
    differ = len(report.items)
    yield f"{plural(differ, 'file')} changed, {report.unchanged:,} the same"


def _versions(change: LockedChange, verbose: bool) -> str:
    sides = [_side(each, verbose) for each in (change.old, change.new) if each is not None]
    return " → ".join(sides)


def _side(side: LockedVersion, verbose: bool) -> str:
    return f"{_version(side.commit, side.tag, verbose)} ({plural(side.examples, 'example')})"


def _version(commit: str | None, tag: str | None, verbose: bool) -> str:
    if commit is None:
        return "a stage"
    shown = escape(short_id(commit, verbose))
    return f"{escape(tag)} ({shown})" if tag else shown
