"""Methods about names of versions and about what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.repository.opened import Opened

if TYPE_CHECKING:
    from vault.operations.branches import BranchReport
    from vault.operations.collect_garbage import GarbageReport
    from vault.operations.fsck import FsckReport
    from vault.operations.switch import SwitchReport
    from vault.operations.tag import TagReport
    from vault.operations.undo import UndoReport


class Keeping(Opened):
    """The commands that move names, and look after the store."""

    def tags(self) -> TagReport:
        """Return all tags."""
        from vault.operations.tag import list_tags

        return list_tags(self._context())

    def tag(
        self,
        name: str,
        revision: str | None = None,
        *,
        message: str | None = None,
        replace: bool = False,
    ) -> TagReport:
        """Name a commit (HEAD)."""
        from vault.operations.tag import make_tag

        return make_tag(self._context(), name, revision, message=message, replace=replace)

    def delete_tag(self, name: str) -> TagReport:
        """Delete a tag."""
        from vault.operations.tag import delete_tag

        return delete_tag(self._context(), name)

    def fsck(self, *, repair: bool = False) -> FsckReport:
        """Check everything that is stored; see `vault.operations.fsck`."""
        from vault.operations.fsck import fsck

        return fsck(self._context(), repair=repair)

    def gc(self, *, undo_days: int | None = None, dry_run: bool = False) -> GarbageReport:
        """Remove what nothing needs any more; see `vault.operations.collect_garbage`."""
        from vault.operations.collect_garbage import UNDO_DAYS, collect_garbage

        days = UNDO_DAYS if undo_days is None else undo_days
        return collect_garbage(self._context(), undo_days=days, dry_run=dry_run)

    def branches(self) -> BranchReport:
        """Return all branches."""
        from vault.operations.branches import list_branches

        return list_branches(self._context())

    def branch(self, name: str, revision: str | None = None) -> BranchReport:
        """Make a branch at a commit (HEAD)."""
        from vault.operations.branches import make_branch

        return make_branch(self._context(), name, revision)

    def delete_branch(self, name: str, *, force: bool = False) -> BranchReport:
        """Delete a branch; `force` also if something would be lost with it."""
        from vault.operations.branches import delete_branch

        return delete_branch(self._context(), name, force=force)

    def rename_branch(self, new: str, *, old: str | None = None) -> BranchReport:
        """Give a branch (the current one) another name."""
        from vault.operations.branches import rename_branch

        return rename_branch(self._context(), old, new)

    def switch(self, name: str, *, create: bool = False, take_stage: bool = False) -> SwitchReport:
        """Go to a branch; what is staged stays parked where it is, unless it is taken along."""
        from vault.operations.switch import switch

        return switch(self._context(), name, create=create, take_stage=take_stage)

    def checkout(self, revision: str | None = None) -> SwitchReport:
        """Move HEAD to a branch or a commit; writes no file."""
        from vault.operations.switch import checkout

        return checkout(self._context(), revision)

    def undo(self, operation: str | None = None) -> UndoReport:
        """Take back the last operation; again, the one before."""
        from vault.operations.undo import undo

        return undo(self._context(), operation)

    def redo(self) -> UndoReport:
        """Do again what was taken back last."""
        from vault.operations.undo import redo

        return redo(self._context())
