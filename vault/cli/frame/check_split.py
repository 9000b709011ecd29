"""`split --check`: the part of the command that looks for leaks."""

from __future__ import annotations

from collections.abc import Sequence

from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, hint, warn
from vault.cli.show.subsets.leak_text import next_step, report_lines
from vault.presentation.quantities import plural


def check_split(
    invocation: Invocation, revision: str | None, against: Sequence[str], limit: int
) -> int:
    """Print the leaks of a revision (the stage if None) and return the exit code: 1 if any.

    Without `against`, the files that `vault.toml` protects are evaluation sets.
    """
    repository = invocation.repository(writing=False)
    report = repository.split_leaks(revision, against=against or None, limit=limit)
    emit(invocation, report, lambda report: report_lines(report, invocation.verbose))
    for each in report.checked.against:
        if each.unread:
            warn(invocation, f"{plural(each.unread, 'line')} of {each.name} could not be read")
    step = next_step(report)
    if step:
        hint(invocation, step)
    return 1 if report.leaks else 0
