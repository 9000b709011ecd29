"""The object store: immutable bytes named by their SHA-256, over any backend."""

from __future__ import annotations

from collections.abc import Iterator

from vault.errors import Corrupt, VaultError
from vault.layout import OBJECTS
from vault.objects.digest import Digest, digest_of, is_digest
from vault.store.backend import Backend
from vault.store.operation_log import OperationLog


class ObjectStore:
    """Puts and gets objects; every byte returned was checked against its digest."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._log = OperationLog(backend)

    def put(self, data: bytes) -> Digest:
        """Store an object and return its digest; an object that is there already costs a look.

        The bytes are durable on return, the name after `backend.sync()`. One that is there but
        damaged is written again: its right bytes are at hand.
        """
        digest = digest_of(data)
        name = object_name(digest)
        if not self.backend.put_if_absent(name, data) and self.backend.read(name) != data:
            self.backend.replace(name, data)
        return digest

    def get(self, digest: Digest) -> bytes:
        """Return an object's bytes, or those of what stands for it since it was erased.

        Raises Corrupt: `object-missing`, `object-erased` if nothing stands for it, or
        `object-damaged` when the bytes have another digest.
        """
        try:
            data = self.backend.read(object_name(digest))
        except KeyError:
            return self._replacement(digest)
        return _checked(digest, data)

    def _replacement(self, digest: Digest) -> bytes:
        """Return the replacement of an object that was erased."""
        missing = Corrupt(
            f"object {digest} is missing",
            code="object-missing",
            hint="`vault fsck` lists everything that is damaged",
        )
        try:
            erased = self._erasures()
        except (VaultError, KeyError):
            raise missing from None
        if digest not in erased:
            raise missing
        replacement = erased[digest]
        if replacement is None:
            raise Corrupt(
                f"object {digest} was erased on purpose, and nothing stands for it",
                code="object-erased",
                hint="what it held is gone for good",
            )
        try:
            return _checked(replacement, self.backend.read(object_name(replacement)))
        except KeyError:
            raise missing from None

    def _erasures(self) -> dict[Digest, Digest | None]:
        """Return what the repository says was erased. Costs reading the newest operation."""
        lists = self._log.tip().view.erased
        if not lists:
            return {}
        from vault.objects.log.erasure import decode_erasures

        found = {}
        for name in sorted(lists):
            data = self.backend.read(object_name(lists[name]))
            found.update(decode_erasures(_checked(lists[name], data)))
        return found

    def has(self, digest: Digest) -> bool:
        """Tell whether an object of this name is there; its bytes are not checked."""
        return self.backend.exists(object_name(digest))

    def size_bytes(self, digest: Digest) -> int:
        """Return the stored size of an object. Raises KeyError if it is missing."""
        return self.backend.size_bytes(object_name(digest))

    def written_seconds(self, digest: Digest) -> float:
        """Return when an object was stored, in seconds since 1970; KeyError if it is missing."""
        return self.backend.written_seconds(object_name(digest))

    def delete(self, digest: Digest) -> None:
        """Delete an object. Only garbage collection may, while it holds off all writers."""
        self.backend.delete(object_name(digest))

    def digests(self) -> Iterator[Digest]:
        """Yield the digest of every object that is stored, reachable or not, in no order."""
        for name in self.backend.names(OBJECTS):
            last = name.rpartition("/")[2]
            if is_digest(last):
                yield Digest(last)


def _checked(digest: Digest, data: bytes) -> bytes:
    if digest_of(data) != digest:
        raise Corrupt(
            f"object {digest} is damaged: its bytes have another digest",
            code="object-damaged",
            hint="`vault fsck` lists everything that is damaged",
        )
    return data


def object_name(digest: Digest) -> str:
    """Return the backend name of an object: `objects/ab/ab12…`."""
    return f"{OBJECTS}/{digest[:2]}/{digest}"
