"""Expressions and statements broken at random: refused or answered, and nothing else happens."""

from __future__ import annotations

import os
import random
import re
import string
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_sql import REFUSED as REFUSED_STATEMENTS
from tests.support.drafting import context_of, dataset_of, label
from tests.support.library import Library, chat
from tests.unit.catalogue.test_guard import ACCEPTED, REFUSED
from vault.catalogue.expressions.aggregates import AGGREGATES, JOINING
from vault.catalogue.expressions.functions import FUNCTIONS
from vault.catalogue.expressions.guard import check_filter
from vault.dataset.choosing.where import matching_keys
from vault.errors import InvalidInput, NotFound
from vault.operations.queries.sql import sql
from vault.repository import Repository

QUESTIONS = [
    "SELECT kind, count(*) FROM examples GROUP BY kind ORDER BY 2 DESC LIMIT 3",
    "SELECT e.data.n, l.value FROM examples e LEFT JOIN labels l USING (id) WHERE e.turns > 1",
    "WITH a AS (SELECT data.n AS n FROM examples) SELECT sum(n) FROM a UNION ALL SELECT 1",
    "SELECT change, what FROM changes('HEAD', 'STAGE') QUALIFY row_number() OVER () = 1",
]
_WORDS = r"""( ) [ ] , . ; : :: ' " -- /* */ + - * / // % || = != < > <= -> => $1 ? # @ ~ ! \ ·
    AND OR NOT IN IS NULL LIKE BETWEEN CASE WHEN THEN ELSE END CAST AS SELECT FROM WHERE UNION LIMIT
    data labels messages kind prompt response c0 batch t0 data.n labels.q 1 -1 0 1e308 'x' 'canary'
    read_text read_csv glob getenv repeat range random now lower contains length regexp_matches
    lambda x: EXISTS ANY ALL OVER FILTER COLUMNS DISTINCT COLLATE INTERVAL DATE TIMESTAMP INTEGER[]
    """
_SYNTAX = """
    and or not in is null true false between case when then else end distinct from cast try_cast as
    varchar double boolean date timestamp coalesce nullif list_contains tinyint smallint integer
    bigint int hugeint
    """
WORDS = [*_WORDS.split(), "\0", "\n"]
SQL_WORDS = {
    *FUNCTIONS,
    *(each.sql for each in FUNCTIONS.values()),
    *_SYNTAX.split(),
}


TOKENS = re.compile(r"'[^']*'|[\w.]+|[<>=!]+|\s+|.", re.DOTALL)
LIKENESSES = (
    ["kind", "prompt", "response", "source", "data.n", "data.a.b", "labels.q", "split", "data.k"],
    ["turns", "tokens", "line", "0", "1", "2.5", "-1", "1e300", "data.x", "data.n", "labels.q"],
    ["=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "//", "%"],
    ["AND", "OR", "IN", "LIKE", "ILIKE", "BETWEEN", "IS"],
    ["'x'", "'%a_%'", "'(a+)+$'", "''", "'1'", "'true'"],
    [each.name for each in FUNCTIONS.values()],
)


def alike(chance: random.Random, text: str) -> str:
    """Return a text with one token exchanged for another of its kind, where there is one."""
    tokens = TOKENS.findall(text)
    places = [at for at, each in enumerate(tokens) if any(each in some for some in LIKENESSES)]
    if places:
        at = chance.choice(places)
        tokens[at] = chance.choice(next(some for some in LIKENESSES if tokens[at] in some))
    return "".join(tokens)


def mutated(chance: random.Random, corpus: list[str]) -> str:
    """Return one of a corpus with some pieces cut, doubled, exchanged, or put in."""
    text = chance.choice(corpus)[:400]
    for _ in range(chance.randint(1, 5)):
        if chance.random() < 0.8:
            text = alike(chance, text)
            continue
        at, end = sorted(chance.randint(0, len(text)) for _ in range(2))
        match chance.randint(0, 5):
            case 0:
                text = text[:at] + text[end:]
            case 1:
                text = text[:at] + " " + chance.choice(WORDS).strip() + " " + text[at:]
            case 2:
                text = (
                    text[:at] + chance.choice(string.printable + "ü宽\u202e\x1b") + text[at + 1 :]
                )
            case 3:
                other = chance.choice(corpus)[:400]
                text = text[:at] + other[: chance.randint(0, len(other))] + text[end:]
            case 4:
                text = text[:at] + text[at:end] * 2 + text[end:]
            case _:
                text = (
                    f"({text}) {chance.choice(['AND', 'OR', '='])} ({chance.choice(corpus)[:200]})"
                )
    return text


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Repository, Path]]:
    """A small repository, and in the working folder a pipe `canary` that blocks who reads it."""
    (tmp_path / "library").mkdir()
    library = Library(tmp_path / "library")
    everything = dict.fromkeys(("k", "x", "y", "flag", "at", "on", "b", "a key", "list"), 1)
    records = [chat(f"q{n}", "word " * n, n=n, a={"b": [n]}, **everything) for n in range(20)]
    library.write("a.jsonl", [*records, {"metadata": {"topic": "x"}, "a": [{"b": {"c": [1, 2]}}]}])
    library.run("a.jsonl")
    library.repository.commit("one")
    label(library.repository, {0: {"q": "gold", "quality": 1, "checked": True}, 1: {"q": 3}})
    outside = tmp_path / "outside"
    outside.mkdir()
    os.mkfifo(outside / "canary")
    monkeypatch.chdir(outside)
    yield library.repository, tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    """Return every regular file below a folder."""
    return {
        str(each.relative_to(folder)): each.read_bytes()
        for each in sorted(folder.rglob("*"))
        if each.is_file()
    }


def fuzz(guarded: tuple[Repository, Path], seed: int, count: int) -> tuple[int, float]:
    """Run mutated expressions; return how many were answered and the longest time of one."""
    repository, folder = guarded
    before = contents(folder)
    threads = threading.active_count()
    chance = random.Random(seed)
    filters = [
        *ACCEPTED,
        *REFUSED,
        "read_text('canary') = kind",
        "data.n > 3 AND labels.q = 'gold'",
    ]
    questions = [*QUESTIONS * 12, *REFUSED_STATEMENTS, "SELECT * FROM read_text('canary')"]
    answered, longest = 0, 0.0
    context, dataset = context_of(repository), dataset_of(repository)
    for number in range(count):
        is_question = number % 5 == 0
        text = mutated(chance, questions if is_question else filters)
        start = time.perf_counter()
        try:
            if is_question:
                sql(context, text, seconds=2)
            else:
                check_words(text)
                matching_keys(context, dataset, text)
            answered += 1
        except (InvalidInput, NotFound) as error:
            assert error.exit_code == 2 or error.code == "revision-not-found", text
        longest = max(longest, time.perf_counter() - start)
    assert contents(folder) == before
    assert threading.active_count() <= threads
    return answered, longest


def check_words(text: str) -> None:
    """Check that the SQL of an expression has no word that is not ours."""
    written = check_filter(text).sql
    bare = re.sub(r"'(?:[^']|'')*'", "''", written)
    words = {each.lower() for each in re.findall(r"[A-Za-z_]\w*", bare)}
    assert {each for each in words if not re.fullmatch(r"c\d+|e\d*", each)} <= SQL_WORDS, text


def test_broken_expressions_are_refused_or_answered_and_change_nothing(
    guarded: tuple[Repository, Path],
) -> None:
    answered, longest = fuzz(guarded, seed=1, count=500)
    assert answered > 10
    assert longest < 12


@pytest.mark.slow
def test_ten_thousand_broken_expressions_are_refused_or_answered_and_change_nothing(
    guarded: tuple[Repository, Path],
) -> None:
    answered, longest = fuzz(guarded, seed=2, count=10_000)
    assert answered > 200
    assert longest < 12


def test_the_words_of_statements_are_those_of_the_tables_of_functions() -> None:
    assert not set(AGGREGATES) & set(FUNCTIONS)
    assert not set(JOINING) & set(FUNCTIONS)
