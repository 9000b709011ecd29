"""`revert`: undo what one commit changed, on the stage, whatever was done since."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from vault.dataset.changing.edit import Edit, edited
from vault.dataset.changing.stage import Staged, change_and_count
from vault.dataset.comparing.compare import Comparison, compare_datasets
from vault.dataset.comparing.past import Past
from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset
from vault.dataset.reading.find_rows import places_of
from vault.dataset.reading.id_index import NOWHERE
from vault.dataset.reading.labels import labels_of_rows
from vault.dataset.reading.removals import REVERTED, removals_for, removals_of, with_removals
from vault.errors import AnswerIsNo
from vault.objects.commit import Commit
from vault.objects.digest import Digest
from vault.objects.json.text import canonical_bytes
from vault.objects.labels.label_set import Label
from vault.objects.manifest import Manifest
from vault.objects.quarantine import (
    QuarantineEntry,
    Removal,
    decode_quarantine,
    encode_quarantine,
)
from vault.objects.runs import RowKeys, Runs
from vault.presentation.report_html import Displayed
from vault.session.context import Context, Draft
from vault.session.revisions import resolve_commit


@dataclass(frozen=True, slots=True)
class RevertReport(Displayed):
    """What reverting a commit did to the stage.

    `taken_out` had come with the commit, `brought_back` had gone with it, `exchanged` are again
    what they had been before it, `relabelled` have again the labels of then. `changed_since` are
    examples of the commit that are no longer there as it left them, so they were left alone.
    `missing` are out only as duplicates of what was taken out; `readmitted` of them came back.
    `quarantine_left` records that the commit had put into quarantine are no longer there, and
    `quarantine_back` that it had taken from there are.
    """

    commit: Digest
    message: str
    taken_out: int
    brought_back: int
    exchanged: int
    relabelled: int
    changed_since: int
    missing: int
    readmitted: int
    quarantine_left: int
    quarantine_back: int
    staged: Staged


def revert(context: Context, revision: str, *, readmit: bool = False) -> RevertReport:
    """Stage the opposite of what a commit changed; nothing is committed.

    What came with the commit is taken out, with the commit as the reason, and stays out until it is
    readmitted; what went comes back where it stood; quarantine likewise. `readmit` also brings back
    examples that left only as duplicates of those taken out. Raises AnswerIsNo
    (`nothing-to-revert`), Conflict (`detached-head`), InvalidInput (`commit-needed`), and what
    `resolve` raises.
    """
    digest = resolve_commit(context, context.log.tip().view, revision)
    commit = context.commit(digest)

    def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, RevertReport]:
        reverting = _Reverting(context, commit, dataset)
        manifest, report = reverting.run(digest, readmit=readmit)
        if manifest == dataset.manifest:
            raise AnswerIsNo(
                f"nothing is left of what commit {digest[:12]} changed",
                code="nothing-to-revert",
                hint=f"`vault show {digest[:12]}` tells what it was",
            )
        return manifest, report

    staged, report = change_and_count(context, change)
    return replace(report, staged=staged)


class _Reverting:
    """One commit, what it changed, and what of that stands in a dataset."""

    def __init__(self, context: Context, commit: Commit, dataset: Dataset) -> None:
        self._context = context
        self._commit = commit
        self._dataset = dataset
        self._keys = dataset.keys()
        parent = context.commit(commit.parents[0]).manifest if commit.parents else None
        numbers = dataset.numbers
        self._old = open_dataset(context.store, parent, numbers=numbers)
        self._new = open_dataset(context.store, commit.manifest, numbers=numbers)
        self._changes: Comparison = compare_datasets(
            self._old, self._new, past=Past(context, commit.parents[:1])
        )

    def run(self, digest: Digest, *, readmit: bool) -> tuple[Manifest, RevertReport]:
        """Return the manifest without what the commit changed, and what that came to."""
        changes, store = self._changes, self._context.store
        added = self._places(changes.added)
        edits, originals = self._places(changes.changed_new), self._places(changes.changed_old)
        swap = (edits != NOWHERE) & (originals == NOWHERE)
        exchanged = dict(zip(edits[swap].tolist(), changes.changed_old[swap].tolist(), strict=True))
        doubled = edits[(edits != NOWHERE) & (originals != NOWHERE)]
        out = np.concatenate([added[added != NOWHERE], doubled])
        back = changes.removed[self._places(changes.removed) == NOWHERE]
        labels = self._labels()
        leaving = np.concatenate([out, edits[swap]])
        orphans = self._orphans(leaving)
        readmitted = self._rows(orphans) if readmit else leaving[:0]
        edit = Edit(
            self._old, out=out, exchanged=exchanged, back=back, added=readmitted, labels=labels
        )
        manifest = edited(self._dataset, self._keys, edit)
        detail = {"commit": digest, "message": self._commit.message}
        reasons = removals_for(self._context, self._dataset, leaving, REVERTED, detail=detail)
        manifest, left, returned = self._with_quarantine(with_removals(store, manifest, reasons))
        gone = int((added == NOWHERE).sum() + (edits == NOWHERE).sum())
        return manifest, RevertReport(
            commit=digest,
            message=self._commit.message,
            taken_out=len(out),
            brought_back=len(back),
            exchanged=len(exchanged),
            relabelled=len(labels),
            changed_since=gone,
            missing=len(orphans) - len(readmitted),
            readmitted=len(readmitted),
            quarantine_left=left,
            quarantine_back=returned,
            staged=Staged(manifest.examples, 0, 0, 0, 0, manifest.quarantined),
        )

    def _places(self, rows: RowKeys) -> RowKeys:
        return places_of(self._dataset, self._keys, rows)

    def _labels(self) -> dict[int, dict[str, Label]]:
        """Return the labels, by row key, of examples whose labels the commit had changed.

        A label that was changed again since is left alone.
        """
        here = self._places(self._changes.relabelled_new)
        is_here = here != NOWHERE
        rows = here[is_here]
        old_rows = self._changes.relabelled_old[is_here]
        new_rows = self._changes.relabelled_new[is_here]
        before, after = labels_of_rows(self._old, old_rows), labels_of_rows(self._new, new_rows)
        current = labels_of_rows(self._dataset, rows)
        reverted = {}
        for old, new, at in zip(old_rows.tolist(), new_rows.tolist(), rows.tolist(), strict=True):
            was, became = before.get(old, {}), after.get(new, {})
            now = dict(current.get(at, {}))
            for name in was.keys() | became.keys():
                if _value(now, name) == _value(became, name) != _value(was, name):
                    now.pop(name, None)
                    if name in was:
                        now[name] = was[name]
            if now != current.get(at, {}):
                reverted[at] = now
        return reverted

    def _orphans(self, leaving: RowKeys) -> list[Removal]:
        """Return removals that name a leaving example as the one kept in their stead."""
        removals = removals_of(self._context.store, self._dataset.manifest)
        if not removals or not len(leaving):
            return []
        ids = {each.tobytes().hex() for each in ids_of(self._dataset.columns(leaving, ["id"]))}
        found = [each for each in removals if each.details().get("keeper") in ids]
        return [each for each in found if each.place() is not None]

    def _rows(self, removals: list[Removal]) -> RowKeys:
        places = [place for each in removals if (place := each.place()) is not None]
        runs = Runs.build(self._dataset.numbers, [(chunk, row, 1) for chunk, row in places])
        rows: RowKeys = runs.keys()
        absent: RowKeys = rows[self._places(rows) == NOWHERE]
        return absent

    def _with_quarantine(self, manifest: Manifest) -> tuple[Manifest, int, int]:
        """Return the manifest without the commit's quarantine, and with what it took from there.

        And how many entries went, and came.
        """
        old, new = self._old.manifest.quarantine, self._new.manifest.quarantine
        if old == new:
            return manifest, 0, 0
        before, after, now = (self._entries(each) for each in (old, new, manifest.quarantine))
        kept = {key: each for key, each in now.items() if key in before or key not in after}
        kept.update({key: each for key, each in before.items() if key not in after})
        if kept.keys() == now.keys():
            return manifest, 0, 0
        store = self._context.store
        objects = (store.put(encode_quarantine(list(kept.values()))),) if kept else ()
        changed = replace(manifest, quarantine=objects, quarantined=len(kept))
        return changed, len(now.keys() - kept.keys()), len(kept.keys() - now.keys())

    def _entries(self, digests: tuple[Digest, ...]) -> dict[bytes, QuarantineEntry]:
        store = self._context.store
        return {each.id: each for one in digests for each in decode_quarantine(store.get(one))}


def _value(labels: dict[str, Label], name: str) -> bytes | None:
    # As JSON: to Python 1 equals true.
    label = labels.get(name)
    return None if label is None else canonical_bytes(label.value)
