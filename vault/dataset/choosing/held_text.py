"""Conditions that a text of the conversation holds another: most records are ruled out unparsed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vault.dataset.choosing.json_search import JsonSearch
from vault.dataset.reading.dataset import Dataset
from vault.dataset.reading.records import numbered_arrays
from vault.dedupe.texts import Rows
from vault.objects.chunk import decode_facts
from vault.objects.conversation import Kind
from vault.objects.runs import RowKeys, key_parts
from vault.processes.threads import in_threads

if TYPE_CHECKING:
    from vault.catalogue.expressions.guard import Filter

# As the guard writes it: a literal of SQL, quotes within it doubled.
_HOLDS = re.compile(r"\(contains\(c0, '((?:[^']|'')+)'\)\)", re.DOTALL)
_COLUMNS = frozenset({"system", "prompt", "response", "chosen", "rejected"})

# Texts of parts are joined, so that a text may begin in one and end in another.
_HAS_PARTS = r'"(?:content|system)"\s*:\s*[\[{]'


def text_held(checked: Filter) -> str | None:
    """Return the text that a text of the conversation must hold, if that is the whole condition.

    None for any other condition, and where the text may reach from one message into the next.
    """
    match = _HOLDS.fullmatch(checked.sql)
    (reference, *others) = checked.references
    if match is None or others or reference.root not in _COLUMNS:
        return None
    text = match[1].replace("''", "'")
    return None if "\n" in text else text


def rows_that_may_hold(dataset: Dataset, keys: RowKeys, text: str) -> Rows:
    """Return the places among `keys` of the rows whose conversation may hold a text, ascending.

    All that do are among them. Costs decoding all records. Raises Corrupt.
    """
    search = JsonSearch(text)
    mapped = _mapped_chunks(dataset, keys)

    def look(numbered: tuple[int, pa.Array]) -> Rows:
        start, array = numbered
        found = pc.or_(search.may_hold(array), pc.match_substring_regex(array, _HAS_PARTS))
        found = np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)
        own = keys[start : start + len(array)]
        lacking = np.flatnonzero(~found)
        kinds = dataset.columns(own[lacking], ["kind"]).column("kind").cast(pa.string())
        # Other layouts put texts together in ways of their own.
        is_chat = np.asarray(pc.equal(kinds, Kind.CHAT.value), np.bool_)
        is_mapped = np.isin(key_parts(own[lacking])[0], mapped)
        found[lacking] = ~is_chat | is_mapped
        return start + np.flatnonzero(found)

    parts = list(in_threads(look, numbered_arrays(dataset, keys)))
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _mapped_chunks(dataset: Dataset, keys: RowKeys) -> NDArray[np.uint64]:
    """Return the numbers of chunks that have records whose fields were mapped."""
    numbers = np.flatnonzero(np.bincount(key_parts(keys)[0].astype(np.int64)))
    return np.array(
        [
            number
            for number in numbers.tolist()
            if decode_facts(dataset.store.get(dataset.numbers.digest(number))).mappings
        ],
        np.uint64,
    )
