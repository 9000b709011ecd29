"""The page on what curation is worth names the rates that its benchmark plants faults at."""

from __future__ import annotations

import random
import re
from collections import Counter
from pathlib import Path

from tests.benchmarks.generated_round import (
    ASSUMED,
    BANDS,
    RATES,
    WRONG,
    WRONG_LABELS,
    Row,
    faulty_round,
    similarity,
)

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/curation-measured.md"
SIZE = 1_000


def rows(count: int, seed: int) -> list[Row]:
    """Return questions of twelve words with one of three categories."""
    source = random.Random(seed)
    names = [f"w{number}" for number in range(500)]
    return [
        (" ".join(source.choices(names, k=12)), source.choice(("lost_card", "top_up", "refund")))
        for _ in range(count)
    ]


NEAR = {"lost_card": ["top_up"], "top_up": ["refund"], "refund": ["lost_card"]}


def test_the_page_has_the_rates_of_the_benchmark() -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = dict(re.findall(r"^\| ([a-z -]+) \| ([\d.]+) % \| (?:.*)\|$", text, re.M))
    assert found == {name: f"{100 * rate:.1f}" for name, rate in RATES.items()}
    assumed = re.findall(r"^\| ([a-z -]+) \| [\d.]+ % \| assumed", text, re.M)
    assert tuple(assumed) == ASSUMED
    assert f"Of {100 * WRONG_LABELS:.0f} % of the copies" in text


def test_a_round_has_the_faults_at_their_rates() -> None:
    people, asked = rows(100, 1), rows(100, 2)
    made = faulty_round(people, rows(SIZE, 3), asked, SIZE, NEAR, 4)
    assert len(made.rows) == len(made.faults) == SIZE
    count = Counter(made.faults)
    whole = [name for name in RATES if name not in BANDS]
    assert {name: count[name] for name in whole} == {name: SIZE * RATES[name] for name in whole}
    copies = round(sum(SIZE * RATES[name] for name in BANDS))
    assert sum(count[name] for name in (*BANDS, WRONG)) == copies
    assert 0.05 < count[WRONG] / copies < 0.25
    assert not set(made.good) & set(asked)


def test_copies_are_as_similar_as_their_kind_says() -> None:
    people = rows(100, 1)
    made = faulty_round(people, rows(SIZE, 3), rows(100, 2), SIZE, NEAR, 4)
    sources = [*people, *made.good]
    for kind in ("near-copy", "loose copy"):
        least, most = BANDS[kind]
        of_kind = [row for row, fault in zip(made.rows, made.faults, strict=True) if fault == kind]
        for text, category in of_kind[:20]:
            best, other = max((similarity(text, each), name) for each, name in sources)
            assert least <= best < most
            assert category == other


def test_faults_that_are_left_out_make_room_for_good_rows() -> None:
    made = faulty_round(rows(50, 1), rows(SIZE, 3), rows(50, 2), SIZE, NEAR, 4, without=ASSUMED)
    assert not set(ASSUMED) & set(made.faults)
    assert len(made.rows) == SIZE
