"""Rows that belong to another file than they were read from: found in one go, however many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support.drafting import dataset_of
from tests.support.library import Library, chat
from vault.dataset.reading.sources import counts_of_sources, rows_of_source, source_of_each


def test_many_adoptions_cost_a_few_searches(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [chat(f"{n}?") for n in range(400)]
    library.write("a.jsonl", rows)
    library.run("a.jsonl")
    # Every other row is in the file that comes: each of these is an adoption of its own.
    library.write("b.jsonl", rows[::2])
    library.write("a.jsonl", rows[1::2])
    library.run("a.jsonl", "b.jsonl", mode="replace")
    dataset = dataset_of(library.repository)
    keys = dataset.keys()[::-1]
    searched: list[int] = []
    search = np.searchsorted

    def counted(*arguments: Any, **options: Any) -> Any:
        searched.append(1)
        return search(*arguments, **options)

    monkeypatch.setattr(np, "searchsorted", counted)
    found = source_of_each(dataset, keys)
    assert len(searched) < 10
    questions = library.questions()[::-1]
    wanted = ["a.jsonl" if int(each[:-1]) % 2 else "b.jsonl" for each in questions]
    assert found == wanted
    assert counts_of_sources(dataset, keys) == {"a.jsonl": 200, "b.jsonl": 200}
    assert rows_of_source(dataset, keys, "b.jsonl").tolist() == [
        each == "b.jsonl" for each in wanted
    ]
