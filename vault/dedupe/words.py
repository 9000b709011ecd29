"""Words of texts as 64-bit hashes, found in the UTF-8 bytes of an Arrow array by numpy alone.

Compatibility forms are one (NFKC: a letter and its accent, full width, ligatures), soft hyphens are
nothing, all is lower case. Punctuation and symbols separate words; a Han or kana character is a
word of its own.
Which code points separate is written down here rather than asked of `unicodedata`, so that the
same text has the same words under every version of Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]
Hashes = NDArray[np.uint64]

_SEPARATORS = (
    (0x80, 0xA9), (0xAB, 0xB1), (0xB4, 0xB4), (0xB6, 0xB8), (0xBB, 0xBB), (0xBF, 0xBF),
    (0xD7, 0xD7), (0xF7, 0xF7), (0x55A, 0x55F), (0x589, 0x58A), (0x5BE, 0x5BE), (0x5C0, 0x5C0),
    (0x5C3, 0x5C3), (0x5F3, 0x5F4), (0x60C, 0x60D), (0x61B, 0x61F), (0x66A, 0x66D),
    (0x6D4, 0x6D4), (0x964, 0x965), (0xE3F, 0xE3F), (0xE5A, 0xE5B), (0x104A, 0x104F),
    (0x1361, 0x1368), (0x17D4, 0x17D6), (0x2000, 0x200B), (0x200E, 0x206F), (0x207A, 0x207E),
    (0x208A, 0x208E), (0x20A0, 0x20CF), (0x2190, 0x245F), (0x249C, 0x24E9), (0x2500, 0x2BFF),
    (0x2E00, 0x2E7F), (0x3000, 0x3004), (0x3008, 0x3020), (0x3030, 0x3030), (0x303D, 0x303F),
    (0x30A0, 0x30A0), (0x30FB, 0x30FB), (0xD800, 0xF8FF), (0xFE00, 0xFE1F), (0xFE30, 0xFE6F),
    (0xFEFF, 0xFEFF), (0xFF01, 0xFF0F), (0xFF1A, 0xFF20), (0xFF3B, 0xFF40), (0xFF5B, 0xFF65),
    (0xFFE0, 0xFFFF),
)  # fmt: skip
_ALONE = ((0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3021, 0x3029), (0x3041, 0x30FF),
          (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF))  # fmt: skip
_PICTOGRAPHS = (0x1F000, 0x1FFFF)
_HAN_PLANES = (0x20000, 0x3FFFF)

_SOFT_HYPHEN = "\u00ad"
_SPACING_MARKS = (
    "[\u00a8\u00af\u00b4\u00b8\u02d8-\u02dd"
    "\u1fbd-\u1fc1\u1fcd-\u1fcf\u1fdd-\u1fdf\u1fed-\u1fef\u1ffd\u1ffe]"
)
# Characters that NFKC may change, marks that combine, and some more that stand among them: texts
# without any, as nearly all in Latin, Greek and Cyrillic letters, Han and Hangul are, are not
# normalised, which would cost ten times what lower case does.
_OTHER_FORMS = (
    "[\u00a8\u00aa\u00ad\u00af\u00b2-\u00b5\u00b8-\u00ba\u00bc-\u00be"
    "\u0132\u0133\u013f\u0140\u0149\u017f"
    "\u01c4-\u01cc\u01f1-\u01f3\u02b0-\u036f\u0374-\u0387\u03d0-\u03f9\u0483-\u0487\u0587-\u11ff"
    "\u135d-\u1fff\u2017\u203e-\u2189\u2460-\u24ea\u2adc\u2c7c-\u2fdf\u302a-\u303a\u3099-\u309f"
    "\u30ff-\u33ff\ua66f-\uabed\uf900-\ufefc\uff10-\uffe3"
    "\U00010000-\U0001f251\U0001fb00-\U0001ffff\U0002f800-\U0002fa1d]"
)

_U = np.uint64
_FIRST, _NEXT, _LENGTH = _U(0x9E3779B97F4A7C15), _U(0xC2B2AE3D27D4EB4F), _U(0x165667B19E3779F9)
_LOW_BYTES = np.array([(1 << (8 * count)) - 1 for count in range(9)], np.uint64)
# Indexed by byte: 0 separates, letters in lower case, all that is not ASCII as it is.
_ASCII = bytes(
    0 if byte < 128 and not (chr(byte).isalnum() or byte == ord("_")) else
    ord(chr(byte).lower()) if byte < 128 else byte
    for byte in range(256)
)  # fmt: skip

_NOT_SPACE = bytes(0 if byte in b" \t\n\r\f\v" else byte for byte in range(256))


@dataclass(frozen=True, slots=True)
class Words:
    """The words of n texts: a hash each, and n + 1 offsets of the texts' words among them."""

    hashes: Hashes
    offsets: Offsets


def words_of(texts: pa.Array) -> Words:
    """Return the words of the texts of a string or large_string array; null is the empty text.

    8 bytes a word, and about ten times the texts' bytes while it runs: give it a few hundred texts
    at a time.
    """
    data, offsets = _bytes_of(texts)
    if not len(data):
        return Words(np.zeros(0, np.uint64), np.zeros(len(texts) + 1, np.int64))
    letters = _translated(data, _ASCII)
    alone = None if int(data.max()) < 128 else _beyond_ascii(data, letters)
    return _between_separators(letters, alone, offsets)


def tokens_of(texts: pa.Array) -> Words:
    """Return the tokens of texts: runs of characters between ASCII white space, as written.

    Tokens keep case and punctuation, so they differ where words are the same. Memory as `words_of`.
    """
    data, offsets = _ended(texts.cast(pa.large_string()))
    return _between_separators(_translated(data, _NOT_SPACE), None, offsets)


def normalised_words(texts: pa.Array) -> list[list[bytes]]:
    """Return the words of each text as they are hashed: in lower case, in UTF-8. Memory as above.

    1 µs a word: for few texts, where a hash does not do.
    """
    data, offsets = _bytes_of(texts)
    if not len(data):
        return [[] for _ in range(len(texts))]
    letters = _translated(data, _ASCII)
    alone = None if int(data.max()) < 128 else _beyond_ascii(data, letters)
    starts, lengths = _bounds(letters, alone)
    whole = letters.tobytes()
    ends = (starts + lengths).tolist()
    words = [whole[start:end] for start, end in zip(starts.tolist(), ends, strict=True)]
    cuts = np.searchsorted(starts, offsets).tolist()
    return [words[first:last] for first, last in pairwise(cuts)]


def _translated(data: Bytes, table: bytes) -> Bytes:
    """Return bytes by a table, separators as 0."""
    # Eight bytes are read at a time, from any place: zeros follow the last one.
    letters = np.zeros((len(data) + 31) // 8 * 8, np.uint8)
    letters[: len(data)] = np.frombuffer(data.tobytes().translate(table), np.uint8)
    return letters


def _between_separators(letters: Bytes, alone: NDArray[np.bool_] | None, offsets: Offsets) -> Words:
    starts, lengths = _bounds(letters, alone)
    return Words(
        _hashes(letters.view(np.uint64), starts, lengths), np.searchsorted(starts, offsets)
    )


def _bytes_of(texts: pa.Array) -> tuple[Bytes, Offsets]:
    """Return the bytes of texts in lower case, a separator after each, and where they begin."""
    texts = texts.cast(pa.large_string())
    data, _ = _buffers(texts)
    if len(data) and int(data.max()) >= 128:
        texts = pc.utf8_lower(folded(texts))
    return _ended(texts)


def folded(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """Return texts in NFKC and without soft hyphens; those that are so already at little cost."""
    others = pc.fill_null(pc.match_substring_regex(texts, _OTHER_FORMS), False)
    some = texts.filter(others)
    if not len(some):
        return texts
    some = pc.replace_substring(some, _SOFT_HYPHEN, "")
    # In NFKC these are a space and a mark that combines, which would be a word: "it´s".
    some = pc.replace_substring_regex(some, _SPACING_MARKS, " ")
    return pc.replace_with_mask(texts, others, pc.utf8_normalize(some, form="NFKC"))


def _ended(texts: pa.LargeStringArray) -> tuple[Bytes, Offsets]:
    """Return the bytes of texts, a separator after each, and where they begin."""
    end, nothing = (pa.scalar(each, pa.large_string()) for each in ("\n", ""))
    ended = pc.binary_join_element_wise(
        texts, end, nothing, null_handling="replace", null_replacement=""
    )
    return _buffers(ended)


def _buffers(texts: pa.LargeStringArray) -> tuple[Bytes, Offsets]:
    _, places, data = texts.buffers()
    offsets = np.frombuffer(places, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    whole = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return whole[offsets[0] : offsets[-1]], offsets - offsets[0]


def _bounds(letters: Bytes, alone: NDArray[np.bool_] | None) -> tuple[Offsets, Offsets]:
    """Return where words begin and how many bytes they have; `alone` begin a word of their own."""
    inside = letters != 0
    if alone is None:
        turns = np.flatnonzero(inside[1:] != inside[:-1]) + 1
        if inside[0]:
            turns = np.concatenate([np.zeros(1, turns.dtype), turns])
        starts = turns[0::2]
        return starts, turns[1::2] - starts
    begins = inside.copy()
    begins[1:] &= ~inside[:-1] | alone[1:]
    ends = np.zeros(len(inside), np.bool_)
    ends[1:] = inside[:-1] & (~inside[1:] | alone[1:])
    starts = np.flatnonzero(begins)
    return starts, np.flatnonzero(ends) - starts


def _beyond_ascii(data: Bytes, letters: Bytes) -> NDArray[np.bool_] | None:
    """Blank characters that separate; return where words of one character begin and end, or None.

    A character of its own begins a word, and so does what follows it.
    """
    lead = np.flatnonzero(data >= 0xC2)
    first = data[lead].astype(np.int32)
    follow = [
        data[np.minimum(lead + step, len(data) - 1)].astype(np.int32) & 0x3F for step in (1, 2, 3)
    ]
    size = 2 + (first >= 0xE0) + (first >= 0xF0)
    two = (first & 0x1F) << 6 | follow[0]
    three = (first & 0x0F) << 12 | follow[0] << 6 | follow[1]
    four = (first & 0x07) << 18 | follow[0] << 12 | follow[1] << 6 | follow[2]
    code = np.select([size == 2, size == 3], [two, three], four)
    is_separator, is_alone = _classes()
    basic = np.minimum(code, 0xFFFF)
    separates = np.where(size < 4, is_separator[basic], _within(code, _PICTOGRAPHS))
    stands_alone = np.where(size < 4, is_alone[basic], _within(code, _HAN_PLANES))
    for step in range(4):
        letters[lead[separates & (size > step)] + step] = 0
    places = lead[stands_alone]
    if not len(places):
        return None
    alone = np.zeros(len(letters), np.bool_)
    alone[places] = True
    alone[places + size[stands_alone]] = True
    # What follows such a character begins a word only if it is a letter; `inside` sees to that.
    return alone


def _within(code: NDArray[np.int32], bounds: tuple[int, int]) -> NDArray[np.bool_]:
    return (code >= bounds[0]) & (code <= bounds[1])


@lru_cache(maxsize=1)
def _classes() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    tables = []
    for ranges in (_SEPARATORS, _ALONE):
        table = np.zeros(0x10000, np.bool_)
        for first, last in ranges:
            table[first : last + 1] = True
        tables.append(table)
    return tables[0], tables[1]


def _hashes(letters: Hashes, starts: Offsets, lengths: Offsets) -> Hashes:
    """Return a hash of each word: of its bytes, eight at a time, and of its length."""
    hashes = _eight_bytes(letters, starts, lengths)
    hashes *= _FIRST
    hashes ^= hashes >> _U(32)
    long = np.flatnonzero(lengths > 8)
    done = 8
    while len(long):
        mixed = hashes[long]
        mixed ^= _eight_bytes(letters, starts[long] + done, lengths[long] - done)
        mixed *= _NEXT
        mixed ^= mixed >> _U(29)
        hashes[long] = mixed
        done += 8
        long = long[lengths[long] > done]
    hashes ^= lengths.astype(np.uint64) * _LENGTH
    return hashes


def _eight_bytes(letters: Hashes, starts: Offsets, lengths: Offsets) -> Hashes:
    """Return up to eight bytes from each place, as a little-endian number."""
    at = starts >> 3
    shift = ((starts & 7) << 3).view(np.uint64)
    low = letters.take(at)
    low >>= shift
    at += 1
    high = letters.take(at)
    # A shift by 64 is not defined, so it is done in two steps.
    high <<= _U(1)
    high <<= _U(63) - shift
    low |= high
    low &= _LOW_BYTES.take(np.minimum(lengths, 8))
    return low
