"""Methods about names of versions and about what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.repository.opened import Opened

if TYPE_CHECKING:
    from vault.operations.history.branches import BranchReport
    from vault.operations.history.switch import SwitchReport
    from vault.operations.history.tag import TagReport
    from vault.operations.history.undo import UndoReport
    from vault.operations.upkeep.collect_garbage import GarbageReport
    from vault.operations.upkeep.fsck import FsckReport


class Keeping(Opened):
    """The commands that move names, and look after the store."""

    def tags(self) -> TagReport:
        """Return all tags, sorted by name."""
        from vault.operations.history.tag import list_tags

        return list_tags(self._context())

    def tag(
        self,
        name: str,
        revision: str | None = None,
        *,
        message: str | None = None,
        replace: bool = False,
    ) -> TagReport:
        """Give a commit (HEAD) a name that stays with it; `replace` moves a tag that is elsewhere.

        Raises AlreadyExists (`tag-exists`, `ref-name-taken`), InvalidInput (`ref-name-invalid`,
        `stage-not-taggable`), NotFound (`revision-not-found`, `no-commits`).
        """
        from vault.operations.history.tag import make_tag

        return make_tag(self._context(), name, revision, message=message, replace=replace)

    def delete_tag(self, name: str) -> TagReport:
        """Delete a tag; its commit stays. Raises NotFound (`tag-not-found`)."""
        from vault.operations.history.tag import delete_tag

        return delete_tag(self._context(), name)

    def fsck(self, *, repair: bool = False) -> FsckReport:
        """Read everything that is stored again and tell what is not as it was written.

        `repair` removes what dead writers left and renews the hint at the newest operation. Costs
        about 1 s for 100 MB of records. Damage is in the report; raises StorageFailed only if the
        log cannot be listed.
        """
        from vault.operations.upkeep.fsck import fsck

        return fsck(self._context(), repair=repair)

    def gc(self, *, undo_days: int | None = None, dry_run: bool = False) -> GarbageReport:
        """Remove what neither a ref, a stage nor an operation of the last days reaches (30 days).

        What is younger than a day stays. Older operations can no longer be undone. `dry_run`
        removes nothing. Raises Corrupt, with nothing removed, if something on the way is damaged.
        """
        from vault.operations.upkeep.collect_garbage import UNDO_DAYS, collect_garbage

        days = UNDO_DAYS if undo_days is None else undo_days
        return collect_garbage(self._context(), undo_days=days, dry_run=dry_run)

    def branches(self) -> BranchReport:
        """Return all branches, sorted by name; the current one also before its first commit."""
        from vault.operations.history.branches import list_branches

        return list_branches(self._context())

    def branch(self, name: str, revision: str | None = None) -> BranchReport:
        """Make a branch at a commit (HEAD); HEAD stays where it is.

        Raises AlreadyExists (`branch-exists`, `ref-name-taken`), InvalidInput (`ref-name-invalid`,
        `commit-needed`), NotFound (`revision-not-found`, `no-commits`).
        """
        from vault.operations.history.branches import make_branch

        return make_branch(self._context(), name, revision)

    def delete_branch(self, name: str, *, force: bool = False) -> BranchReport:
        """Delete a branch; unless `force`, only if nothing is lost with it.

        Raises Conflict (`branch-current`, `branch-not-merged`, `branch-has-stage`), NotFound
        (`branch-not-found`).
        """
        from vault.operations.history.branches import delete_branch

        return delete_branch(self._context(), name, force=force)

    def rename_branch(self, new: str, *, old: str | None = None) -> BranchReport:
        """Give a branch (the current one) another name; its stage and HEAD go along.

        Raises AlreadyExists (`branch-exists`, `ref-name-taken`), NotFound (`branch-not-found`),
        InvalidInput (`ref-name-invalid`), Conflict (`detached-head`).
        """
        from vault.operations.history.branches import rename_branch

        return rename_branch(self._context(), old, new)

    def switch(self, name: str, *, create: bool = False, take_stage: bool = False) -> SwitchReport:
        """Go to a branch; what is staged stays parked where it is.

        `create` makes the branch at HEAD first, and with `take_stage` what is staged comes along.
        Raises NotFound (`branch-not-found`), AlreadyExists (`branch-exists`, `ref-name-taken`),
        InvalidInput (`switch-names-commit`, `take-stage-alone`, `ref-name-invalid`).
        """
        from vault.operations.history.switch import switch

        return switch(self._context(), name, create=create, take_stage=take_stage)

    def checkout(self, revision: str | None = None) -> SwitchReport:
        """Move HEAD to a branch by its name, else to a commit, off any branch; writes no file.

        Raises Conflict (`stage-in-the-way`) over staged changes, InvalidInput (`commit-needed`),
        NotFound (`revision-not-found`).
        """
        from vault.operations.history.switch import checkout

        return checkout(self._context(), revision)

    def undo(self, operation: str | None = None) -> UndoReport:
        """Take back the last operation that stands, as a new operation; again, the one before.

        `operation` is the number of the one that is meant. Raises AnswerIsNo (`nothing-to-undo`),
        Conflict (`operation-not-last`, `operation-of-another`, `operation-overtaken`), NotFound
        (`operation-not-found`), InvalidInput (`operation-invalid`).
        """
        from vault.operations.history.undo import undo

        return undo(self._context(), operation)

    def redo(self) -> UndoReport:
        """Do again what `undo` took back last, unless something else was done since.

        Raises AnswerIsNo (`nothing-to-redo`), Conflict (`operation-overtaken`).
        """
        from vault.operations.history.undo import redo

        return redo(self._context())
