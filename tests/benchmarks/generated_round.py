"""Real rows with the faults of generated ones, planted at rates that were measured elsewhere.

docs/reference/curation-measured.md names the source of each rate.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RATES = {
    "copy": 0.014,
    "near-copy": 0.067,
    "loose copy": 0.258,
    "refusal": 0.011,
    "misspelt": 0.02,
    "leaked": 0.01,
}
"""The share of a round's rows that have each fault; the others are real rows as they are."""

ASSUMED = ("misspelt", "leaked")
"""Faults whose rate nobody measured."""

WRONG_LABELS = 0.14
"""The share of copies whose category is another one."""

BANDS = {"copy": (1.0, 1.0), "near-copy": (0.8, 1.0), "loose copy": (0.5, 0.8)}
"""How similar a copy is to its source: the share of runs of five words in common."""

WRONG = "copy with a wrong category"
REFUSAL = "I'm sorry, but I can't help with questions about a bank account."
_WORDS = ("please", "thanks", "now", "today", "hi", "hello", "again", "really", "just", "so")
_TRIES = 200

Row = tuple[str, str]
"""A question and its category."""


@dataclass(frozen=True, slots=True)
class Round:
    """What people labelled, and a round as a model writes it after it has seen that.

    `faults[i]` is what was planted into `rows[i]`: a name of `RATES`, `WRONG` for a copy of which
    the category is another one, or "" for nothing.
    """

    people: Sequence[Row]
    rows: Sequence[Row]
    faults: Sequence[str]

    @property
    def good(self) -> list[Row]:
        """The rows into which nothing was planted."""
        return [row for row, fault in zip(self.rows, self.faults, strict=True) if not fault]


def real_rows(folder: Path) -> list[Row]:
    """Return questions and categories of Banking77, each question once."""
    found: dict[str, Row] = {}
    for name in ("train.csv", "test.csv"):
        with open(folder / name, encoding="utf-8", newline="") as file:
            for each in csv.DictReader(file):
                found.setdefault(" ".join(words(each["text"])), (each["text"], each["category"]))
    return list(found.values())


def words(text: str) -> list[str]:
    """Return the words of a text in small letters, without punctuation."""
    return re.findall(r"\w+", text.lower())


def similarity(one: str, other: str) -> float:
    """Return the Jaccard similarity of two texts by runs of five words, or of what there is."""
    first, second = (_runs(words(each)) for each in (one, other))
    return len(first & second) / len(first | second)


def _runs(found: Sequence[str]) -> set[tuple[str, ...]]:
    return {tuple(found[at : at + 5]) for at in range(max(1, len(found) - 4))}


def faulty_round(
    people: Sequence[Row],
    real: Sequence[Row],
    asked: Sequence[Row],
    size: int,
    near: Mapping[str, Sequence[str]],
    seed: int,
    *,
    without: Sequence[str] = (),
) -> Round:
    """Return a round of `size` rows made of real ones, beside what people labelled.

    Half of the copies are of rows of people, half of rows of the round. `asked` are the rows of an
    evaluation set, `near[category]` what the category is taken for; faults named by `without` are
    left out, and more good rows take their place.
    """
    source = random.Random(seed)
    rates = {name: 0.0 if name in without else rate for name, rate in RATES.items()}
    count = {name: round(rate * size) for name, rate in rates.items()}
    good = list(real[: size - sum(count.values())])
    made = [(row, "") for row in good]
    for kind, (least, most) in BANDS.items():
        for number in range(count[kind]):
            text, category = _copied((people, good)[number % 2], least, most, source)
            if source.random() < WRONG_LABELS:
                made.append(((text, source.choice(near[category])), WRONG))
            else:
                made.append(((text, category), kind))
    for text, _ in source.sample(good, count["refusal"]):
        made.append(((_edited(text, source), REFUSAL), "refusal"))
    for text, category in source.sample(good, count["misspelt"]):
        made.append(((_edited(text, source), _misspelt(category, source)), "misspelt"))
    made += [(row, "leaked") for row in source.sample(list(asked), count["leaked"])]
    source.shuffle(made)
    return Round(people, [row for row, _ in made], [fault for _, fault in made])


def _copied(rows: Sequence[Row], least: float, most: float, source: random.Random) -> Row:
    """Return one of some rows with a text that is so similar to its own."""
    while True:
        text, category = source.choice(rows)
        made = _similar(text, least, most, source)
        if made is not None:
            return made, category


def _similar(text: str, least: float, most: float, source: random.Random) -> str | None:
    if least == 1.0:
        return text
    made = text
    for _ in range(_TRIES):
        made = _edited(made, source)
        found = similarity(text, made)
        if least <= found < most:
            return made
        if found < least:
            made = text
    return None


def _edited(text: str, source: random.Random) -> str:
    """Return a text with a word more, less or changed at one of its ends, or in its middle."""
    parts = text.split()
    at = source.choice((0, len(parts) - 1, source.randrange(len(parts))))
    what = source.choice(("add", "drop", "change"))
    if what == "add" or len(parts) < 3:
        parts.insert(source.choice((0, len(parts))), source.choice(_WORDS))
    elif what == "drop":
        del parts[at]
    else:
        parts[at] = source.choice(_WORDS)
    return " ".join(parts)


def _misspelt(category: str, source: random.Random) -> str:
    at = source.randrange(1, len(category) - 1)
    ways = (
        category.replace("_", " "),
        category.replace("_", "-"),
        category.capitalize(),
        category[:at] + category[at + 1 :],
    )
    return source.choice([each for each in ways if each != category])
