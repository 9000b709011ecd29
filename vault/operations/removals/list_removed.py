"""`removed`: which examples were taken out, and why."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from vault.dataset.reading.removals import commands_of, removals_of
from vault.errors import NotFound
from vault.presentation.report_html import Displayed
from vault.session.context import Context
from vault.session.revisions import STAGE, resolve


@dataclass(frozen=True, slots=True)
class RemovedExample:
    """An example that was taken out: why, by which command and when, and what belongs to it.

    `detail` depends on the reason, as in `keeper` and `similarity` of a near-duplicate.
    """

    id: str
    reason: str
    command: str
    time: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RemovedReport(Displayed):
    """Removed examples, in the order in which they left."""

    items: tuple[RemovedExample, ...]


def list_removed(
    context: Context, revision: str | None = None, *, reason: str | None = None
) -> RemovedReport:
    """Return what was taken out of a revision (the stage) and stays out, all or for one reason.

    Raises NotFound (`reason-not-found`) for a reason that nothing was removed for, and what
    `resolve` raises.
    """
    view = context.log.tip().view
    opened = resolve(context, view, STAGE if revision is None else revision)
    removals = removals_of(context.store, context.manifest(opened.manifest))
    if reason is not None and not any(each.reason == reason for each in removals):
        known = sorted({each.reason for each in removals})
        near = difflib.get_close_matches(reason, known, n=1)
        raise NotFound(
            f'nothing was removed for the reason "{reason}"',
            code="reason-not-found",
            hint=f'did you mean "{near[0]}"?' if near else f"there is {', '.join(known) or 'none'}",
        )
    shown = [each for each in removals if reason in (None, each.reason)]
    return RemovedReport(
        tuple(
            RemovedExample(each.id.hex(), each.reason, command, each.time, each.details())
            for each, command in zip(shown, commands_of(context.store, shown), strict=True)
        )
    )
