"""Methods about names of versions and about what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.repository.opened import Opened

if TYPE_CHECKING:
    from vault.operations.fsck import FsckReport
    from vault.operations.tag import TagReport


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
