"""Files as streams of bytes: standard input, gzip and zstd alike, with damage kept for the end.

A stream that is damaged ends where the damage is and says so in `damage`, so that what was read
before is not lost. Decompresses a little at a time: a bomb costs time and no memory.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, BinaryIO, Self, cast

from vault.errors import InvalidInput
from vault.formats.files.inputs import Compression, InputFile

_DEVICE_BYTES = 64 << 10
_ZSTD_BYTES = 16 << 10  # a read that meets damage loses what it had decompressed: lose little


class ByteStream:
    """Bytes that can be looked at before they are read.

    `damage` is None, or says why the stream ended before its time. `position` counts the bytes
    that `read` has returned. `close` closes what the stream was opened over.
    """

    __slots__ = ("_closers", "_ended", "_head", "_read", "damage", "position")

    def __init__(self, read: Callable[[int], bytes], closers: ExitStack | None = None) -> None:
        self._read = read
        self._closers = closers
        self._head = b""
        self._ended = False
        self.damage: str | None = None
        self.position = 0

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end only, and nothing after it.

        Raises OSError if the device fails; damage in compressed data ends the stream instead.
        """
        data = self._fill(size)
        self._head = data[size:]
        data = data[:size]
        self.position += len(data)
        return data

    def peek(self, size: int) -> bytes:
        """Return what `read` would, and leave it there."""
        self._head = self._fill(size)
        return self._head[:size]

    def close(self) -> None:
        """Close what lies beneath; standard input stays open."""
        if self._closers is not None:
            self._closers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _fill(self, size: int) -> bytes:
        if len(self._head) >= size or self._ended:
            return self._head
        pieces = [self._head]
        missing = size - len(self._head)
        while missing > 0 and not self._ended:
            piece = self._pull(missing)
            pieces.append(piece)
            missing -= len(piece)
            self._ended = not piece
        return b"".join(pieces)

    def _pull(self, size: int) -> bytes:
        try:
            return self._read(size)
        except _Damaged as error:
            self.damage = error.args[0]
            return b""


class _Damaged(Exception):
    pass


def open_stream(file: InputFile, *, stdin: BinaryIO | None = None) -> ByteStream:
    """Return the bytes of a file, decompressed; standard input says by its bytes what it is.

    Raises OSError if the file cannot be opened, InvalidInput: `file-changed` if it is another than
    was found, `no-stdin` if it is standard input and none was given.
    """
    closers = ExitStack()
    if file.path != "-":
        source = open(file.path, "rb", buffering=0)  # noqa: SIM115 - closed with the stream
        closers.callback(source.close)
        try:
            file.check_opened(source.fileno())
        except InvalidInput:
            closers.close()
            raise
        read: Callable[[int], bytes] = source.read
        compression = file.compression
    elif stdin is None:
        raise InvalidInput("there is no standard input to read", code="no-stdin")
    else:
        device = ByteStream(stdin.read)
        read, compression = device.read, compression_of(device.peek(4))
    if compression is Compression.GZIP:
        return ByteStream(_gzip_reader(read), closers)
    if compression is Compression.ZSTD:
        return ByteStream(_zstd_reader(read, closers), closers)
    return ByteStream(read, closers)


def compression_of(beginning: bytes) -> Compression:
    """Return the compression that the first four bytes of a file show."""
    if beginning.startswith(b"\x1f\x8b"):
        return Compression.GZIP
    return Compression.ZSTD if beginning == b"\x28\xb5\x2f\xfd" else Compression.NONE


class _Readable:
    """What gzip and pyarrow ask of a file: `read` and the rest as of one that cannot seek."""

    closed = False

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes."""
        return self._read(size if size >= 0 else _DEVICE_BYTES)

    def readable(self) -> bool:
        """Return True."""
        return True

    def writable(self) -> bool:
        """Return False."""
        return False

    def seekable(self) -> bool:
        """Return False."""
        return False

    def close(self) -> None:
        """Do nothing: what lies beneath is closed by its owner."""


def _gzip_reader(read: Callable[[int], bytes]) -> Callable[[int], bytes]:
    unzipped = gzip.GzipFile(fileobj=cast(BinaryIO, _Readable(read)), mode="rb")

    def read_some(size: int) -> bytes:
        try:
            return unzipped.read1(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _Damaged(f"the gzip data is damaged or cut short: {error}") from None

    return read_some


def _zstd_reader(read: Callable[[int], bytes], closers: ExitStack) -> Callable[[int], bytes]:
    import pyarrow as pa

    device = pa.PythonFile(_Readable(read), mode="r")
    unzipped: Any = closers.enter_context(pa.CompressedInputStream(device, "zstd"))

    def read_some(size: int) -> bytes:
        try:
            return cast(bytes, unzipped.read(min(size, _ZSTD_BYTES)))
        except OSError as error:
            if error.errno is not None:  # the device, not the data
                raise
            raise _Damaged(f"the zstd data is damaged or cut short: {error}") from None

    return read_some
