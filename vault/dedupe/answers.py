"""Short answers: where two of them differ, the examples are no duplicates, however alike."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from vault.dedupe.texts import Texts
from vault.dedupe.words import Hashes, folded, words_of

SHORT_WORDS = 5
"""An answer of fewer words than this is short: a category, a number, a yes."""

_BLOCK = 512
_SHORT = np.uint64(1)

# An answer that begins with so many words of ASCII alone, as nearly all long ones in English do.
_SEPARATED = r"[\x00-/:-@\[-^`{-\x7f]"
_LONG = rf"^{_SEPARATED}*(?:[0-9A-Za-z_]+{_SEPARATED}+){{{SHORT_WORDS}}}"
_AROUND = " \t\r\n.,!?;:'\"`"


def answer_numbers(answers: pa.Array, short: Hashes) -> Hashes:
    """Return a number of each answer that equal ones share: odd for a short one, 0 for null.

    `short` are the numbers of `short_answers`. Here case and punctuation do count.
    """
    numbers: Hashes = Texts([answers]).hashes() & ~_SHORT | np.uint64(2)
    numbers |= (short != 0).astype(np.uint64)
    numbers[np.asarray(answers.is_null())] = 0
    return numbers


def are_short(numbers: Hashes) -> NDArray[np.bool_]:
    """Tell which answers are short, by their numbers of `answer_numbers`."""
    return (numbers & _SHORT).astype(np.bool_)


def short_answers(answers: pa.Array) -> Hashes:
    """Return a number of each short answer that equal ones share, and 0 for the others and null.

    Case, and punctuation around an answer, do not count; within it everything does, so that -1 is
    not 1 and one emoji is not another.
    """
    result = np.zeros(len(answers), np.uint64)
    for at in range(0, len(answers), _BLOCK):
        block = answers.slice(at, _BLOCK).cast(pa.large_string())
        is_given = np.asarray(block.is_valid().to_numpy(zero_copy_only=False), np.bool_)
        is_long = pc.fill_null(pc.match_substring_regex(block, _LONG), False)
        short = np.flatnonzero(~is_long.to_numpy(zero_copy_only=False) & is_given)
        short = short[np.diff(words_of(block.take(pa.array(short))).offsets) < SHORT_WORDS]
        plain = pc.utf8_lower(folded(block.take(pa.array(short))))
        trimmed = pc.utf8_trim(plain, characters=_AROUND)
        bare = pc.if_else(pc.equal(pc.binary_length(trimmed), 0), plain, trimmed)
        result[at + short] = [
            xxhash.xxh3_64_intdigest(each.encode()) | 1 for each in bare.to_pylist()
        ]
    return result
