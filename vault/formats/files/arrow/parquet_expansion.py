"""How many bytes a Parquet column chunk of texts expands to, computed before anything is decoded.

Two encodings write a text without its bytes: a dictionary index, and DELTA_BYTE_ARRAY, which names
how much of the text before it is repeated. Both make a chunk of a kilobyte that decodes to many
gigabytes, and Arrow holds either only in decoded form. So lengths are summed first: page headers
are Thrift structs, lengths packed integers. Layouts: apache/parquet-format, Encodings.md and
parquet.thrift. Imports pyarrow: import it on use.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_Numbers = npt.NDArray[np.int64]

_MOST_PAGE_BYTES = 128 << 20
_MOST_PAGE_RATIO = 100
_MOST_VALUES = 32 << 20
_MOST_LEVELS_OF_HEADER = 8

_PLAIN, _PLAIN_DICTIONARY, _DELTA_BYTE_ARRAY, _RLE_DICTIONARY = 0, 2, 7, 8
_DATA_PAGE, _DICTIONARY_PAGE, _DATA_PAGE_2 = 0, 2, 3
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _STRUCT = 1, 2, 3, 7, 8, 12
_SIZES = {_BYTE: 1, _DOUBLE: 8}
_INTEGERS = (4, 5, 6)

EXPANDING = frozenset({"DELTA_BYTE_ARRAY"})
"""Encodings whose texts may be longer than the bytes that hold them."""

DELTA = EXPANDING | {"DELTA_LENGTH_BYTE_ARRAY"}
"""Encodings of texts that Arrow cannot read as dictionaries."""


class _Unmeasured(Exception):
    """A chunk whose lengths cannot be summed: damaged, or in a form not known here."""


# Whatever a hostile header can lead to.
_CANNOT_BE_MEASURED = (
    _Unmeasured,
    pa.ArrowException,
    struct.error,
    ArithmeticError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class _Page:
    header: dict[int, Any]
    body: bytes

    @property
    def type(self) -> int:
        return int(self.header[1])

    @property
    def about(self) -> dict[int, Any]:
        """The part of the header that the type of the page has."""
        field = {_DATA_PAGE: 5, _DICTIONARY_PAGE: 7, _DATA_PAGE_2: 8}[self.type]
        return dict(self.header[field])

    @property
    def encoding(self) -> int:
        return int(self.about[4 if self.type == _DATA_PAGE_2 else 2])

    @property
    def values(self) -> int:
        return int(self.about[1])


def expanded_bytes(path: str, chunk: Any, column: Any) -> int:
    """Return about how many bytes the texts of a column chunk take once they are decoded.

    `chunk` and `column` are pyarrow's metadata of the chunk and of its column. Decompresses the
    pages and decodes only lengths; where that fails, the most that it could be: as many texts as
    there are values, each as long as the whole chunk.
    """
    size = int(chunk.total_uncompressed_size)
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return size + _repeated_bytes(data, chunk, column)
    except _CANNOT_BE_MEASURED:
        return size * max(int(chunk.num_values), 1)


def _repeated_bytes(data: mmap.mmap, chunk: Any, column: Any) -> int:
    lengths = np.zeros(0, np.int64)
    total = 0
    for page in _pages(data, chunk):
        if page.type == _DICTIONARY_PAGE:
            lengths = _plain_lengths(page)
        elif page.type in (_DATA_PAGE, _DATA_PAGE_2):
            if page.values > _MOST_VALUES:
                raise _Unmeasured
            if page.encoding in (_PLAIN_DICTIONARY, _RLE_DICTIONARY):
                indexes = _dictionary_indexes(_values_of(page, chunk, column), page.values)
                total += int(lengths[indexes].sum())
            elif page.encoding == _DELTA_BYTE_ARRAY:
                total += _sum_of_deltas(_values_of(page, chunk, column), page.values)
    return total


def _pages(data: mmap.mmap, chunk: Any) -> Iterator[_Page]:
    at = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < at:
        at = chunk.dictionary_page_offset
    end = at + chunk.total_compressed_size
    while at < min(end, len(data)):
        reader = _Reader(data, at)
        header = reader.struct()
        stored, size = int(header[3]), int(header[2])
        body = data[reader.at : reader.at + stored]
        at = reader.at + stored
        is_bomb = size > _MOST_PAGE_BYTES and size > _MOST_PAGE_RATIO * stored
        if stored < 0 or size < 0 or is_bomb:
            raise _Unmeasured
        if header[1] == _DATA_PAGE_2:
            levels = int(header[8][5]) + int(header[8][6])
            packed = body[levels:]
            if header[8].get(7, True) and packed:
                packed = _decompressed(packed, size - levels, chunk.compression)
            yield _Page(header, packed)
        else:
            yield _Page(header, _decompressed(body, size, chunk.compression))


def _decompressed(body: bytes, size: int, codec: str) -> bytes:
    if codec == "UNCOMPRESSED":
        return body
    names = {"LZ4": "lz4_raw", "LZ4_RAW": "lz4_raw"}
    name = names.get(codec, codec.lower())
    return bytes(pa.decompress(body, decompressed_size=size, codec=name, asbytes=True))


def _values_of(page: _Page, chunk: Any, column: Any) -> bytes:
    """Return the values of a data page; in the first version its levels stand before them."""
    body = page.body
    if page.type == _DATA_PAGE:
        for level in (column.max_repetition_level, column.max_definition_level):
            if level:
                (length,) = struct.unpack_from("<I", body)
                body = body[4 + length :]
    return body


def _plain_lengths(page: _Page) -> _Numbers:
    if page.encoding not in (_PLAIN, _PLAIN_DICTIONARY) or page.values > len(page.body):
        raise _Unmeasured
    lengths, at = [], 0
    for _ in range(page.values):
        (length,) = struct.unpack_from("<I", page.body, at)
        lengths.append(length)
        at += 4 + length
    return np.array(lengths, np.int64)


def _dictionary_indexes(data: bytes, count: int) -> _Numbers:
    """Return the indexes of a page: runs of one index, or of packed ones."""
    width, reader = data[0] if data else 0, _Reader(data, 1)
    if width > 32:
        raise _Unmeasured
    parts, found = [np.zeros(0, np.int64)], 0
    while found < count and reader.at < len(data):
        header = reader.varint()
        if header & 1:
            part = _unpacked(reader.take((header >> 1) * width), width, (header >> 1) * 8)
        else:
            index = int.from_bytes(reader.take((width + 7) // 8), "little")
            part = np.full(min(header >> 1, count), index)
        parts.append(part[: count - found])
        found += len(part)
    return np.concatenate(parts)


def _sum_of_deltas(data: bytes, most: int) -> int:
    """Return the sum of the prefix lengths that begin a page of DELTA_BYTE_ARRAY."""
    reader = _Reader(data, 0)
    block, per_block, count = reader.varint(), reader.varint(), reader.varint()
    value = reader.zigzag()
    if not count:
        return 0
    if not per_block or count > most or block > _MOST_VALUES:
        raise _Unmeasured
    size, total, left = block // per_block, value, count - 1
    while left > 0:
        least = reader.zigzag()
        for width in reader.take(per_block):
            if left <= 0:
                break
            used = min(size, left)
            deltas = _unpacked(reader.take(size * width // 8), width, size)[:used] + least
            values = value + np.cumsum(deltas)
            if len(values) < used or int(values.min()) < 0:
                raise _Unmeasured
            total += int(values.sum())
            value, left = int(values[-1]), left - used
    return total


def _unpacked(data: bytes, width: int, count: int) -> _Numbers:
    """Return integers of `width` bits each, the lowest bit first."""
    if count > _MOST_VALUES or width > 62:
        raise _Unmeasured
    if not width:
        return np.zeros(count, np.int64)
    bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
    whole = bits[: len(bits) // width * width].reshape(-1, width).astype(np.int64)
    numbers: _Numbers = whole @ (np.int64(1) << np.arange(width, dtype=np.int64))
    return numbers


class _Reader:
    """Reads Thrift's compact protocol, as far as page headers use it, and packed integers."""

    def __init__(self, data: bytes | mmap.mmap, at: int) -> None:
        self._data = data
        self.at = at

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        self.at += count
        return bytes(self._data[self.at - count : self.at])

    def varint(self) -> int:
        """Return the next number without a sign."""
        result = shift = 0
        while shift < 70:
            byte = self._data[self.at]
            self.at += 1
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result
            shift += 7
        raise _Unmeasured

    def zigzag(self) -> int:
        """Return the next number with a sign."""
        number = self.varint()
        return (number >> 1) ^ -(number & 1)

    def struct(self, level: int = 0) -> dict[int, Any]:
        """Return the fields of a struct by their numbers; texts and lists are passed over."""
        if level > _MOST_LEVELS_OF_HEADER:
            raise _Unmeasured
        fields: dict[int, Any] = {}
        number = 0
        while byte := self._data[self.at]:
            self.at += 1
            number = number + (byte >> 4) if byte >> 4 else self.zigzag()
            fields[number] = self._value(byte & 15, level)
        self.at += 1
        return fields

    def _value(self, kind: int, level: int) -> Any:
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        if kind in _INTEGERS:
            return self.zigzag()
        if kind == _STRUCT:
            return self.struct(level + 1)
        if kind not in (_BYTE, _DOUBLE, _BINARY):
            raise _Unmeasured  # no list or map is in a page header
        passed = self.varint() if kind == _BINARY else _SIZES[kind]
        self.at += passed
        return None
