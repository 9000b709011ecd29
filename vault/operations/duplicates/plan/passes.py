"""Passes over the examples of a dataset: each compares them with more left out than the last."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vault.dedupe.near import Apart, Known, NearDuplicates, cluster_by
from vault.dedupe.words import Hashes
from vault.operations.duplicates.plan.leave_out_templates import templates_of
from vault.operations.duplicates.signing.compared_examples import ComparedExamples
from vault.processes.memory import give_back_memory
from vault.progress import Progress

Found = tuple[NearDuplicates, Known]
"""What a pass found, and what the catalogue knew before it."""


class Passes:
    """Compares examples at one threshold; `kept_as` names the candidates that are kept.

    What holds still with more left out is taken over from the pass before. Raises Corrupt and
    StorageFailed, as reading and signing do.
    """

    def __init__(
        self,
        progress: Progress,
        compared: ComparedExamples,
        apart: Apart,
        threshold: float,
        kept_as: str,
    ) -> None:
        self._progress = progress
        self._compared = compared
        self._apart = apart
        self._threshold = threshold
        self._kept_as = kept_as
        self._last: tuple[NearDuplicates, NDArray[np.uint32]] | None = None

    def compare(self, left_out: Hashes) -> Found:
        """Return the near-duplicates with `left_out` left out, which has all that was before."""
        before, own = self._last or (None, None)
        less = None if before is None else before.boilerplate
        engine = self._compared.engine(left_out, self._threshold, less)
        kept = self._compared.known(left_out, self._threshold, self._kept_as)
        if before is None or kept.settled is not None:
            known = kept
        else:
            still = before.still_known(engine.own != own)
            # What was compared holds at any threshold.
            known = replace(still, verified=kept.verified.and_more([still.verified]))
        self._last = before = None
        give_back_memory()
        self._progress.start("comparing")
        found = cluster_by(
            engine, self._apart, without=left_out, threshold=self._threshold, known=known
        )
        self._progress.finish()
        self._last = found, engine.own
        return found, kept

    def templates(self, found: Found, left_out: Hashes) -> Hashes:
        """Return the templates of large clusters that are not left out yet."""
        near, known = found
        clusters = near.cluster, near.related()
        give_back_memory()
        more = templates_of(self._compared, clusters, left_out)
        if len(more):
            # The next time goes the same way; what is found last keeps who asked.
            self._compared.keep(near, known, self._threshold, self._kept_as)
        return more
