"""Two records beside each other: which of their texts differ, and in which words.

Records may be of any size, so everything has a bound, and what is left out is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from vault.presentation.example_parts import Part, parts_of
from vault.presentation.word_diff import MAX_TOKENS, changes

MOST_PARTS = 200
"""Turns and fields that are compared, each; more are counted."""

MOST_CHARS = 20_000
"""Characters of a piece that are shown."""

MOST_ALL_CHARS = 1_000_000
"""Characters that are shown in all; texts after that are counted."""

AROUND_CHARS = 1_000
"""Characters that stay on each side of a long text that both records have."""

MOST_WORK = 4_000_000
"""Pairs of words that are aligned in all: about a second."""

_MOST_ALIGNED_PARTS = 500
_SHORT_CHARS = 80
_LONGEST_WORD = 200
_CHARS_OF_A_WORD = 3


class Piece(NamedTuple):
    """A piece of a text; `kind` is same, removed, added or skipped.

    The text of what is skipped is the number of its characters.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ComparedPart:
    """The texts under one label of two records; `change` is same, changed, removed or added.

    `is_coarse` tells that the words of a long text were not aligned.
    """

    label: str
    change: str
    pieces: tuple[Piece, ...]
    is_coarse: bool = False


@dataclass(frozen=True, slots=True)
class RecordDiff:
    """The differences of two records: turns and long texts in their order, then short fields.

    `left_out` turns and fields that differ are not there, and `same_left_out` that are the same:
    fields, and all turns where there are many.
    """

    turns: tuple[ComparedPart, ...]
    fields: tuple[ComparedPart, ...]
    left_out: int
    same_left_out: int


class _Pair(NamedTuple):
    label: str
    old: str | None
    new: str | None
    is_turn: bool


def record_diff(old_record: object, new_record: object) -> RecordDiff:
    """Compare two records text by text, and texts word by word.

    Costs up to MOST_WORK; after that, texts are shown as a whole.
    """
    return _record_diff(old_record, new_record, _Work())


def record_diffs(first: object, others: Iterable[object]) -> list[RecordDiff]:
    """Compare records with a first one; costs no more than comparing two."""
    work = _Work()
    return [_record_diff(first, each, work) for each in others]


def _record_diff(old_record: object, new_record: object, work: _Work) -> RecordDiff:
    pairs = list(_paired(parts_of(old_record), parts_of(new_record)))
    turns = [each for each in pairs if each.is_turn]
    fields = [each for each in pairs if not each.is_turn and each.old != each.new]
    shown = turns if len(turns) <= MOST_PARTS else [each for each in turns if each.old != each.new]
    shown_turns, shown_fields = work.all_compared(shown), work.all_compared(fields)
    return RecordDiff(
        shown_turns,
        shown_fields,
        len(shown) - len(shown_turns) + len(fields) - len(shown_fields),
        len(pairs) - len(shown) - len(fields),
    )


def _paired(old: list[Part], new: list[Part]) -> Iterator[_Pair]:
    """Yield the texts of two records, paired: equal ones in order, others by label."""
    has_messages = any(each.is_message for each in (*old, *new))

    def pair(label: str, before: Part | None, after: Part | None) -> _Pair:
        texts = [each for each in (before, after) if each is not None]
        is_turn = not has_messages or any(
            each.is_message or len(each.text) > _SHORT_CHARS or "\n" in each.text for each in texts
        )
        old_text = None if before is None else before.text
        return _Pair(label, old_text, None if after is None else after.text, is_turn)

    for tag, a, b, c, d in _opcodes(old, new):
        if tag == "equal":
            yield from (pair(each.label, each, each) for each in old[a:b])
            continue
        came: dict[str, list[Part]] = {}
        for part in new[c:d]:
            came.setdefault(part.label, []).append(part)
        for part in old[a:b]:
            twins = came.get(part.label)
            yield pair(part.label, part, twins.pop(0) if twins else None)
        for part in new[c:d]:
            if any(part is each for each in came[part.label]):
                came[part.label].remove(part)
                yield pair(part.label, None, part)


def _opcodes(old: list[Part], new: list[Part]) -> Sequence[tuple[str, int, int, int, int]]:
    if max(len(old), len(new)) <= _MOST_ALIGNED_PARTS:
        return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    a, b = len(old) - end, len(new) - end
    ends = [("equal", 0, start, 0, start), ("replace", start, a, start, b)]
    return [*ends, ("equal", a, len(old), b, len(new))]


class _Work:
    """Compares texts, and stops aligning words once that has cost enough."""

    def __init__(self) -> None:
        self._left = MOST_WORK
        self._room = MOST_ALL_CHARS

    def all_compared(self, pairs: Sequence[_Pair]) -> tuple[ComparedPart, ...]:
        """Return as many of the texts as there is room for."""
        found = []
        for pair in pairs[:MOST_PARTS]:
            if self._room <= 0:
                break
            part = self.compared(pair)
            self._room -= sum(len(each.text) for each in part.pieces)
            found.append(part)
        return tuple(found)

    def compared(self, pair: _Pair) -> ComparedPart:
        if pair.old is None or pair.new is None:
            kind = "added" if pair.old is None else "removed"
            text = (pair.new if pair.old is None else pair.old) or ""
            return ComparedPart(pair.label, kind, tuple(_shown(kind, text)))
        if pair.old == pair.new:
            return ComparedPart(pair.label, "same", tuple(_shown("same", pair.old)))
        pieces, is_coarse = self.pieces(pair.old, pair.new)
        return ComparedPart(pair.label, "changed", pieces, is_coarse)

    def pieces(self, old: str, new: str) -> tuple[tuple[Piece, ...], bool]:
        """Return the pieces of two texts, and whether their words were not aligned."""
        start = _common(old, new)
        start -= _beginning_of_a_word(old[:start][::-1])
        end = _common(old[start:][::-1], new[start:][::-1])
        end -= _beginning_of_a_word(old[len(old) - end :])
        left, right = old[start : len(old) - end], new[start : len(new) - end]
        words = [min(len(each) // _CHARS_OF_A_WORD + 1, MAX_TOKENS) for each in (left, right)]
        is_coarse = max(len(left), len(right)) > MOST_CHARS or words[0] * words[1] > self._left
        middle = [("", left, right)]
        if not is_coarse:
            self._left -= words[0] * words[1]
            middle = changes(left, right)
        found = [*_shown("same", old[:start])]
        for kept, removed, added in middle:
            found += [*_shown("same", kept), *_shown("removed", removed), *_shown("added", added)]
        return (*found, *_shown("same", old[len(old) - end :])), is_coarse


def _beginning_of_a_word(text: str) -> int:
    """Return the number of characters before the first white space, if they are few.

    Words are compared whole.
    """
    space = next((at for at, each in enumerate(text[:_LONGEST_WORD]) if each.isspace()), None)
    if space is not None:
        return space
    return 0 if len(text) > _LONGEST_WORD else len(text)


def _shown(kind: str, text: str) -> Iterator[Piece]:
    """Yield a text as pieces: its beginning and end where it is long."""
    around = AROUND_CHARS if kind == "same" else MOST_CHARS // 2
    if len(text) <= 2 * around:
        if text:
            yield Piece(kind, text)
        return
    yield Piece(kind, text[:around])
    yield Piece("skipped", str(len(text) - 2 * around))
    yield Piece(kind, text[-around:])


def _common(first: Sequence[object], second: Sequence[object]) -> int:
    """Return the length of the common beginning of two sequences."""
    least, most = 0, min(len(first), len(second))
    if first[:most] == second[:most]:
        return most
    while most - least > 1:
        middle = (least + most) // 2
        if first[least:middle] == second[least:middle]:
            least = middle
        else:
            most = middle
    return least
