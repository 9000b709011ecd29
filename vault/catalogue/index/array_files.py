"""Arrays of the catalogue: each name holds a few, mapped from a file and checked before use.

They are what takes long to make and little to check: signatures lie here as 512 bytes an example,
which DuckDB would decode and we only map. Nothing in a file is believed unless its checksum holds,
so none needs to be synced: what a crash tears is set aside and made again. Knows nothing of what
the arrays mean.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import xxhash
from numpy.typing import NDArray

from vault.layout import catalogue_folder, repository_folder
from vault.plain_files import PlainFolder

Arrays = Mapping[str, NDArray[Any]]
"""Arrays by their names."""

_MAGIC = b"vault arrays 1\n\0"
_ALIGNED = 64
_LEAST_FREE_BYTES = 256 << 20
_SUFFIX = ".arrays"
_DAMAGED = ".damaged"
_DRAFT = "draft-"
_DRAFT_NAME = re.compile(r"(?:^|/)draft-\d+-[0-9a-f]+$")
_OWN_NAME = re.compile(rf"\.(?:arrays|damaged)$|{_DRAFT_NAME.pattern}")
_HASH = re.compile(r"[0-9a-f]{1,32}")
_HEADER_BYTES = 256
_MAPPED_FROM_BYTES = 1 << 16


class ArrayFiles:
    """Arrays under names such as `signatures/ab12…`; a folder of None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._plain = None if folder is None else PlainFolder(folder)

    @classmethod
    def of_repository(cls, folder: Path | None) -> Self:
        """Return the arrays of the repository in a folder: nowhere if there is none."""
        if folder is None or not repository_folder(folder).is_dir():
            return cls(None)
        return cls(catalogue_folder(folder))

    def read(self, name: str) -> Arrays | None:
        """Return the arrays of a name, which cannot be written to; None if there are no sound ones.

        Costs reading them once: 20 ms for 500 MB that the system holds in memory.
        """
        if self._plain is None:
            return None
        file = name + _SUFFIX
        try:
            data = _contents(self._plain.open(file))
        except (OSError, ValueError):
            return None
        try:
            return _decoded(data, name)
        except (ValueError, KeyError, TypeError, AttributeError):
            with contextlib.suppress(OSError):
                self._plain.replace(name + _DAMAGED, file)
            return None

    def write(self, name: str, arrays: Arrays) -> bool:
        """Keep arrays under a name, in place of those before; tell whether they are kept.

        A disk that is full keeps nothing, nor does a folder that may not be written to.
        """
        if self._plain is None or self._folder is None:
            return False
        group = name.rpartition("/")[0]
        draft = None
        try:
            self._plain.make(group)
            if not _has_room(self._folder / group, sum(each.nbytes for each in arrays.values())):
                return False
            descriptor, draft = self._plain.new_file(group, _DRAFT)
            _write(descriptor, name, arrays)
            self._plain.replace(name + _SUFFIX, draft)
        except OSError:
            if draft is not None:
                with contextlib.suppress(OSError):
                    self._plain.remove(draft)
            return False
        return True

    def can_hold(self, size_bytes: int) -> bool:
        """Tell whether so much could be written now: a folder, writable, on a disk with room."""
        if self._plain is None or self._folder is None:
            return False
        try:
            self._plain.make()
            with tempfile.TemporaryFile(dir=self._folder):
                return _has_room(self._folder, size_bytes)
        except OSError:
            return False

    def names(self, group: str) -> Iterator[str]:
        """Yield the names in a group, `group/…`, however deep."""
        if self._plain is not None:
            for name in self._plain.names(group):
                if name.endswith(_SUFFIX):
                    yield name.removesuffix(_SUFFIX)

    def delete(self, name: str) -> None:
        """Forget the arrays of a name; those that are in use stay readable."""
        if self._plain is not None:
            with contextlib.suppress(OSError):
                self._plain.remove(name + _SUFFIX)

    def keep_newest_names(self, group: str, most: int) -> None:
        """Forget all names of a group but those written last."""
        if self._plain is None:
            return
        written = {}
        for name in [*self.names(group)]:
            with contextlib.suppress(OSError):
                written[name] = self._plain.status(name + _SUFFIX).st_mtime_ns
        for name in sorted(written, key=lambda each: -written[each])[most:]:
            self.delete(name)

    def sweep(self, group: str) -> None:
        """Remove what was set aside in a group, and drafts of writers that died."""
        if self._plain is not None:
            for name in [*self._plain.names(group)]:
                if name.endswith(_DAMAGED) or _DRAFT_NAME.search(name):
                    with contextlib.suppress(OSError):
                        self._plain.remove(name)

    def keep_newest(self, group: str, most: int) -> None:
        """Note that a group is used, and forget all groups beside it but those used last.

        Only groups whose last name is a hash, and in them only files of arrays: nothing else was
        made here.
        """
        if self._plain is None:
            return
        place = self._plain.place(f"{group}/")
        with contextlib.suppress(OSError):
            os.utime(place, follow_symlinks=False)
            beside = self._plain.folders(group.rpartition("/")[0])
            used = {
                each: os.lstat(self._plain.place(each)).st_mtime_ns
                for each in beside
                if _HASH.fullmatch(each.rpartition("/")[2])
            }
            for each in sorted(used, key=lambda folder: -used[folder])[most:]:
                self._forget(each)

    def _forget(self, group: str) -> None:
        assert self._plain is not None
        for name in [*self._plain.names(group)]:
            if _OWN_NAME.search(name):
                self._plain.remove(name)
        deepest_first = sorted(self._plain.folders(group, is_deep=True), key=len, reverse=True)
        for folder in (*deepest_first, group):
            # One that holds something else stays.
            with contextlib.suppress(OSError):
                os.rmdir(self._plain.place(folder))


def _has_room(folder: Path, size_bytes: int) -> bool:
    return shutil.disk_usage(folder).free >= size_bytes + _LEAST_FREE_BYTES


def _contents(descriptor: int) -> memoryview:
    """Return the bytes of a file, and close it. Raises OSError; ValueError for an empty one."""
    with open(descriptor, "rb") as file:
        if os.fstat(file.fileno()).st_size < _MAPPED_FROM_BYTES:
            return memoryview(file.read())
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _decoded(data: memoryview, name: str) -> Arrays:
    """Return the arrays of a file that was written under this name.

    Raises ValueError, KeyError, TypeError or AttributeError for one that is not sound.
    """
    start = len(_MAGIC) + 16
    if bytes(data[: len(_MAGIC)]) != _MAGIC or len(data) < start:
        raise ValueError("no file of arrays, or of another version")
    checksum, length = (
        int.from_bytes(data[at : at + 8], "little") for at in (len(_MAGIC), len(_MAGIC) + 8)
    )
    checked = xxhash.xxh3_64(name.encode())
    checked.update(data[len(_MAGIC) + 8 :])
    if checked.intdigest() != checksum:
        raise ValueError("its checksum is another")
    result = {}
    for name, (kind, shape, at) in json.loads(bytes(data[start : start + length])).items():
        count = int(np.prod(shape))
        result[name] = np.frombuffer(data, np.dtype(kind), count, at).reshape(shape)
    return result


def _write(descriptor: int, name: str, arrays: Arrays) -> None:
    header = {}
    # The header holds offsets, so their room is made before they are known.
    at = at_first = _HEADER_BYTES * (1 + len(arrays))
    for each_name, array in arrays.items():
        header[each_name] = (array.dtype.str, array.shape, at)
        at += -(-array.nbytes // _ALIGNED) * _ALIGNED
    text = json.dumps(header).encode()
    checked = xxhash.xxh3_64(name.encode())
    with open(descriptor, "wb") as file:
        file.write(_MAGIC + bytes(8))
        room = at_first - len(_MAGIC) - 16 - len(text)
        parts: list[Any] = [len(text).to_bytes(8, "little"), text, bytes(room)]
        for each in arrays.values():
            flat = np.ascontiguousarray(each).reshape(-1)
            parts += [flat.view(np.uint8), bytes(-flat.nbytes % _ALIGNED)]
        for part in parts:
            checked.update(part)
            file.write(part)
        file.seek(len(_MAGIC))
        file.write(checked.intdigest().to_bytes(8, "little"))
