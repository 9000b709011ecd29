"""Data that nobody here wrote goes in, is committed, and comes out as it was.

Skipped where the data is not there: a folder `shared/data` beside the checkout.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.drafting import ids
from tests.support.edits import data_folder
from tests.support.library import Library, chat
from vault.objects.json.text import canonical_bytes, compact_bytes, parse

DATA = data_folder()
FILES = sorted(
    path
    for path in DATA.glob("*/*")
    if path.suffix in (".json", ".jsonl") and path.parent.name != "suites"
)
FILTERED = ("toolformer-dedupe-only-dataset.json", "toolformer-similarity-0.8-dataset.json")

pytestmark = pytest.mark.skipif(not FILES, reason="the data is not beside the checkout")


def values_of(path: Path) -> list[Any]:
    text = path.read_text("utf-8-sig")
    if path.suffix == ".json":
        return list(json.loads(text))
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def distinct(values: list[Any]) -> list[bytes]:
    """Return the canonical texts of values, each where it first occurs."""
    return list(dict.fromkeys(canonical_bytes(parse(compact_bytes(each))[0]) for each in values))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_comes_out_with_the_values_that_went_in(library: Library, path: Path) -> None:
    values = values_of(path)
    expected = distinct(values)

    report = library.run(str(path))
    commit = library.repository.commit(path.name)
    found = library.records("HEAD")

    assert (report.read, report.quarantined) == (len(values), 0)
    assert report.imported == commit.examples == len(expected)
    assert report.duplicates == len(values) - len(expected)
    assert distinct(found) == expected and len(found) == len(expected)
    assert not library.run(str(path)).imported


def test_two_versions_of_a_set_differ_as_their_files_do(library: Library) -> None:
    paths = [DATA / "gpteacher" / name for name in FILTERED]
    before, after = (set(distinct(values_of(path))) for path in paths)
    library.run(str(paths[0]))
    library.repository.commit("deduplicated")

    library.run(str(paths[1]), mode="replace-all")
    commit = library.repository.commit("filtered")
    report = library.repository.diff("HEAD~1", "HEAD")

    assert report.added + report.changed == len(after - before)
    assert report.removed + report.changed == len(before - after)
    assert report.unchanged == len(after & before)
    assert (commit.added, commit.removed, commit.changed) == (
        report.added,
        report.removed,
        report.changed,
    )
    assert distinct(library.records("HEAD")) == distinct(values_of(paths[1]))


def test_problems_become_conversations_once_they_are_mapped(library: Library) -> None:
    path = DATA / "gsm8k" / "train.jsonl"
    library.run(str(path), mapping={"user": "question", "assistant": "answer"})
    library.repository.commit("gsm8k")

    shown = library.repository.show("HEAD")
    assert shown.statistics.kinds == {"chat": 7_473}  # type: ignore[union-attr]
    assert shown.statistics.turns == 2 * 7_473  # type: ignore[union-attr]
    example = library.repository.show(ids(library.repository)[0])
    assert example.content_id and example.prompt_id  # type: ignore[union-attr]
    assert library.records() == values_of(path)


@pytest.mark.parametrize("name", ["train.csv", "test.csv"])
def test_a_table_holds_texts(library: Library, name: str) -> None:
    path = DATA / "banking77" / name
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))

    report = library.run(str(path))

    assert report.read == len(rows)
    assert distinct(library.records()) == distinct(rows)


def test_messages_under_one_prompt_that_lists_their_intents_stay(library: Library) -> None:
    path = DATA / "banking77" / "train.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    intents = sorted({row["category"] for row in rows})
    prompt = "Which of these intents has the message? " + ", ".join(intents)
    library.write("a.jsonl", [chat(f"{prompt}\n\n{r['text']}", r["category"]) for r in rows])
    library.run("a.jsonl")

    report = library.repository.dedupe(dry_run=True)

    assert (len(rows), len(intents)) == (10_003, 77)
    assert report.examples - report.removed >= 9_900


def test_every_file_together_is_one_dataset(library: Library) -> None:
    reports = [library.run(str(path)) for path in FILES]
    commit = library.repository.commit("everything")
    assert commit.examples == sum(each.imported for each in reports)

    other = Library(library.folder / "other")
    other.run(*(str(path) for path in reversed(FILES)))
    assert other.repository.commit("backwards").fingerprint == commit.fingerprint
