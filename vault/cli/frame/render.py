"""What a command prints: a report as text lines or as one JSON document, and notes beside it.

The only place that writes to standard output. Every line passes through an escape, so that data
which a command forgot to escape still cannot act on the terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from vault.cli.frame.invocation import Invocation
from vault.cli.show.terminal import broken_at_words, escape_styled
from vault.presentation.escaping import escape, escape_json
from vault.presentation.report_json import json_document

Report = TypeVar("Report")


def emit(invocation: Invocation, report: Report, text: Callable[[Report], Iterable[str]]) -> None:
    """Print a report: one JSON document with `--json`, else the lines of `text` unless `-q`.

    `text` is called only when its lines are printed. Cells from data should be escaped by it.
    """
    invocation.clear_progress()
    if invocation.json:
        invocation.emitted = True
        write(json_document(report))
    elif not invocation.quiet:
        invocation.emitted = True
        for line in text(report):
            write(escape_styled(line))


def emit_json_lines(invocation: Invocation, items: Iterable[Any]) -> None:
    """Print one JSON object a line, as `--jsonl` promises, while they arrive."""
    invocation.clear_progress()
    invocation.emitted = True
    for item in items:
        write(json_document(item))


def emit_raw_lines(invocation: Invocation, lines: Iterable[bytes]) -> int:
    """Print lines that are JSON already, as they are, and return how many there were.

    A terminal gets them escaped; what they say stays the same.
    """
    invocation.clear_progress()
    invocation.emitted = True
    sys.stdout.flush()
    shows = sys.stdout.isatty()
    count = 0
    for line in lines:
        count += 1
        if shows:
            write(escape_json(line.decode("utf-8", "replace").rstrip("\n")))
        else:
            sys.stdout.buffer.write(line)
    return count


def emit_text(invocation: Invocation, text: str) -> None:
    """Print a text that another program is to read, as it is; a terminal gets it escaped."""
    invocation.clear_progress()
    invocation.emitted = True
    sys.stdout.write(escape(text, keep="\n\t") if sys.stdout.isatty() else text)


def write(line: str) -> None:
    """Write one line to standard output as it is; nothing else may write there."""
    sys.stdout.write(line + "\n")


def hint(invocation: Invocation, message: str) -> None:
    """Print a next step on standard error, unless `-q`."""
    if not invocation.quiet:
        _write_note(invocation, f"hint:  {message}")


def warn(invocation: Invocation, message: str) -> None:
    """Print a warning on standard error, also with `-q`."""
    _write_note(invocation, f"warning: {message}")


def _write_note(invocation: Invocation, line: str) -> None:
    invocation.clear_progress()
    # In a file or pager that takes both, a note stands after the lines that it speaks of.
    sys.stdout.flush()
    text = escape(line, keep="\n\t")
    sys.stderr.write((broken_at_words(text) if sys.stderr.isatty() else text) + "\n")
