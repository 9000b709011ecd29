"""How the stage differs from its commit: what was counted when it was staged, else counted now."""

from __future__ import annotations

from vault.objects.commit import ChangeCounts
from vault.objects.log.view import Stage
from vault.session.context import Context


def staged_counts(context: Context, stage: Stage | None) -> ChangeCounts:
    """Return the counts of a stage; nothing differs where there is none.

    Costs a comparison if nobody counted before. Raises Corrupt.
    """
    if stage is None:
        return ChangeCounts()
    if stage.counts is not None:
        return stage.counts
    # Imported here: most stages are counted, and then no command pays for numpy and Arrow.
    from vault.dataset.comparing.compare import count_changes
    from vault.dataset.comparing.past import Past

    base = None if stage.base is None else context.commit(stage.base).manifest
    past = Past(context, [stage.base])
    return count_changes(context.store, base, stage.manifest, past=past).counts
