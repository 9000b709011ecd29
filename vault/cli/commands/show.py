"""`vault show`: one commit with its statistics, or one example."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit
from vault.cli.show.commit_text import commit_lines
from vault.cli.show.count_text import count_changes
from vault.cli.show.duplicate_text import keeper_lines
from vault.cli.show.record_text import full_lines
from vault.cli.show.subsets.lock_text import which_lines
from vault.cli.show.terminal import paint, short_id
from vault.cli.show.wrapped_text import Piece, wrap
from vault.errors import InvalidInput, NotFound
from vault.objects.labels.label_name import shown_value
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.history.show import CommitShown, ExampleShown, MadeBy


@options.command(example="vault show v1\nvault show 3f2a9c1b77d0")
@click.argument("name", metavar="REV|EXAMPLE|FILE")
def command(invocation: Invocation, name: str) -> None:
    """Show a commit with its statistics, or an example with all that is known of it.

    A word is looked up as branch or tag, then as the beginning of a commit's id, then of an
    example's. A file, or the SHA-256 of one, leads to the version that it came from: see `which`.
    """
    repository = invocation.repository()
    try:
        report = repository.show(name)
    except (NotFound, InvalidInput) as error:
        is_no_name = error.code in ("revision-not-found", "revision-invalid", "example-not-found")
        if not is_no_name or not _may_be_file(name):
            raise
        try:
            found = repository.which(name)
        except NotFound:
            if Path(name).is_file():
                raise
            raise error from None
        emit(invocation, found, lambda found: which_lines(found, invocation.verbose))
        return

    def text(report: Any) -> Iterator[str]:
        shown = _commit if hasattr(report, "statistics") else _example
        return shown(report, invocation.verbose)

    emit(invocation, report, text)


def _may_be_file(word: str) -> bool:
    return Path(word).is_file() or re.fullmatch(r"[0-9a-fA-F]{64}", word) is not None


def _commit(report: CommitShown, verbose: bool) -> Iterator[str]:
    if report.commit is None:
        yield paint("the stage: the draft of the next commit", "yellow")
        yield f"data:   {plural(report.examples, 'example')}"
    else:
        yield from commit_lines(report.commit, verbose=verbose)
        yield ""
        yield f"changes: {count_changes(report.commit.counts) or 'none'}"
    told = report.statistics
    yield f"turns:   {told.turns:,}, {told.chars:,} characters, about {told.tokens:,} tokens"
    for name, counts in (("kinds", told.kinds), ("sources", told.sources)):
        most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        shown = ", ".join(f"{escape(value)} {count:,}" for value, count in most[:8])
        more = f", and {len(most) - 8} more" if len(most) > 8 else ""
        yield from wrap([Piece(f"{name + ':':<8} {shown or 'none'}{more}")], indent="")
    if told.removed:
        yield f"removed: {plural(told.removed, 'example')} stay out"
    if report.commit is not None:
        yield f"fingerprint: {report.commit.fingerprint}"


def _origin(origin: MadeBy, verbose: bool) -> Iterator[str]:
    cost = f", for {origin.cost} {origin.currency}" if origin.cost and origin.currency else ""
    model = escape(origin.model or "a model")
    yield f"made by: {model}, request {origin.request} of run {escape(origin.run)}{cost}"
    if origin.seeds:
        yield f"seeds:   {', '.join(short_id(escape(each), verbose) for each in origin.seeds)}"
    if origin.answers:
        yield f"answers: {short_id(escape(origin.answers), verbose)}"
    if verbose:
        for message in origin.sent or ():
            role, content = (escape(str(message.get(name))) for name in ("role", "content"))
            yield f"sent:    {role}: {content}"


def _example(report: ExampleShown, verbose: bool) -> Iterator[str]:
    yield paint(f"example {short_id(report.id, verbose)}", "yellow") + f" ({report.kind})"
    yield f"from:    {escape(report.source)}, line {report.line}"
    if report.round:
        yield f"round:   {escape(report.round)}"
    if report.origin is not None:
        yield from _origin(report.origin, verbose)
    yield f"size:    {plural(report.turns, 'turn')}, about {plural(report.tokens, 'token')}"
    for name, value in report.labels.items():
        yield f"label:   {escape(name)} = {escape(shown_value(value))}"
    held = [short_id(each, verbose) for each in report.commits]
    held = [*held[:5], *([f"and {len(held) - 5} more"] if len(held) > 5 else [])]
    yield f"in:      {', '.join([*(['the stage'] if report.staged else []), *held]) or 'no commit'}"
    for each in report.removals:
        yield f"removed: {escape(each.reason)}, by `{escape(each.command)}` at {each.time}"
        for line in keeper_lines(each.details(), verbose):
            yield f"         {line}"
    yield ""
    yield from full_lines(report.data)
