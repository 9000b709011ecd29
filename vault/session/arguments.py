"""Arguments: the typed words of a command, stored as an object of their own."""

from __future__ import annotations

from collections.abc import Sequence

from vault.errors import Corrupt
from vault.objects.digest import Digest
from vault.objects.log.arguments import decode_arguments, encode_arguments
from vault.presentation.shell_words import shown_words
from vault.store.object_store import ObjectStore

LIBRARY = "python"
"""The name of the command where a program calls the library."""


def keep_words(store: ObjectStore, words: Sequence[str]) -> Digest | None:
    """Store the words of a command and return their digest; None if there are none."""
    return store.put(encode_arguments(words)) if words else None


def words_kept(store: ObjectStore, arguments: Digest | None) -> str | None:
    """Return the words of a command as a shell reads them; None where they are not kept.

    They may have been erased, never came along, or are damaged: nothing else depends on them, and
    `fsck` tells of damage.
    """
    if arguments is None or not store.has(arguments):
        return None
    try:
        return shown_words(decode_arguments(store.get(arguments)))
    except Corrupt:
        return None
