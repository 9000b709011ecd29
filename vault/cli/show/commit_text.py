"""A commit in words, as `log` and `show` print it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.cli.show.terminal import paint, short_id, shorten, terminal_width
from vault.presentation.escaping import escape
from vault.presentation.quantities import plural

if TYPE_CHECKING:
    from vault.operations.history.log import LoggedCommit


def commit_title(commit: LoggedCommit, *, is_head: bool = False, verbose: bool = False) -> str:
    """Return one line: id, names, the first line of the message."""
    name = short_id(commit.commit, verbose)
    names = _names(commit, is_head)
    room = max(20, terminal_width() - len(name) - len(names) - 4)
    first = commit.message.strip().partition("\n")[0]
    shown = f" {paint(f'({names})', 'cyan')}" if names else ""
    return f"{paint(name, 'yellow')}{shown} {shorten(first, room)}"


def commit_lines(
    commit: LoggedCommit, *, is_head: bool = False, verbose: bool = False
) -> list[str]:
    """Return a commit with everything that is recorded of it, its message last."""
    names = _names(commit, is_head)
    shown = f" {paint(f'({names})', 'cyan')}" if names else ""
    lines = [paint(f"commit {short_id(commit.commit, verbose)}", "yellow") + shown]
    if len(commit.parents) > 1:
        lines.append("merge:  " + " ".join(short_id(each, verbose) for each in commit.parents))
    lines.append(f"author: {escape(commit.author)}")
    lines.append(f"date:   {commit.time.replace('T', ' ').replace('Z', ' UTC')}")
    lines.append(f"data:   {_data(commit)}")
    lines += [f"meta:   {escape(key)}={escape(value)}" for key, value in commit.meta.items()]
    lines += [f"note:   {escape(key)}={escape(value)}" for key, value in commit.notes.items()]
    lines.append("")
    lines += [f"    {escape(line)}".rstrip() for line in commit.message.strip().splitlines()]
    return lines


def _data(commit: LoggedCommit) -> str:
    held = plural(commit.examples, "example")
    if commit.quarantined:
        held += f", {plural(commit.quarantined, 'record')} that could not be read"
    return held


def _names(commit: LoggedCommit, is_head: bool) -> str:
    tags = [f"tag {name}" for name in commit.tags]
    return ", ".join([*(["HEAD"] if is_head else []), *commit.branches, *tags])
