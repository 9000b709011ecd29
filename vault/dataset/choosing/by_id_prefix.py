"""Which rows of a dataset are meant by the beginnings of ids that somebody typed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vault.dataset.reading.dataset import Dataset, ids_of
from vault.errors import InvalidInput, NotFound
from vault.objects.digest import ID_BYTES
from vault.objects.runs import RowKeys


def rows_named(dataset: Dataset, keys: RowKeys, texts: Sequence[str], *, where: str) -> RowKeys:
    """Return the rows among `keys` whose ids begin with the texts, in dataset order, each once.

    `where` names the dataset for people, as in "the stage". Costs reading the ids. Raises NotFound
    (`example-not-there`), InvalidInput (`example-ambiguous`, `example-invalid`).
    """
    ids = ids_of(dataset.columns(keys, ["id"]))
    halves = np.frombuffer(ids.tobytes(), ">u8").reshape(-1, 2)
    high, low = halves[:, 0].astype(np.uint64), halves[:, 1].astype(np.uint64)
    order = np.argsort(high, kind="stable")
    chosen = np.zeros(len(keys), np.bool_)
    for text in dict.fromkeys(texts):
        first, last = _range(text)
        start = np.searchsorted(high[order], first[0], side="left")
        end = np.searchsorted(high[order], last[0], side="right")
        found = [at for at in order[start:end].tolist() if _inside(high, low, at, first, last)]
        if not found:
            raise NotFound(
                f'{where} has no example "{text}"',
                code="example-not-there",
                hint=f"`vault show {text}` tells where it is, if it ever was anywhere",
            )
        if len(found) > 1:
            raise InvalidInput(
                f'"{text}" begins the ids of {len(found)} examples',
                code="example-ambiguous",
                hint=f"give more characters, such as {ids[found[0]].tobytes().hex()[:12]}",
            )
        chosen[found[0]] = True
    return keys[chosen]


def _range(text: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the first and the last id that begin with a text, each as two numbers."""
    if not re.fullmatch(rf"[0-9a-f]{{4,{2 * ID_BYTES}}}", text):
        raise InvalidInput(
            f'"{text}" is not the id of an example, nor the beginning of one',
            code="example-invalid",
            hint="give four or more of its digits; `vault query` and `vault diff` print them",
        )
    first, last = (int(text.ljust(2 * ID_BYTES, digit), 16) for digit in "0f")
    return divmod(first, 1 << 64), divmod(last, 1 << 64)


def _inside(
    high: NDArray[np.uint64],
    low: NDArray[np.uint64],
    at: int,
    first: tuple[int, int],
    last: tuple[int, int],
) -> bool:
    return first <= (int(high[at]), int(low[at])) <= last
