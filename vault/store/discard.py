"""A backend that keeps nothing: for dry runs, which go through every step but storing."""

from __future__ import annotations

from vault.store.memory import MemoryBackend


class DiscardingBackend(MemoryBackend):
    """Accepts every write and forgets it."""

    def put_if_absent(self, name: str, data: bytes) -> bool:
        """Say that the bytes were written."""
        return True

    def replace(self, name: str, data: bytes) -> None:
        """Do nothing."""
