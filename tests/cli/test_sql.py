"""`vault sql`: what can be asked, how it is answered, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Outcome, chat, write_lines
from tests.support.drafting import label, remove
from vault.repository import Repository

Run = Callable[..., Outcome]


@pytest.fixture
def asked(run: Run, committed: Path) -> Path:
    """Three examples committed as v1; on the stage one is gone, one is new, two have labels."""
    run("tag", "v1")
    write_lines(committed / "new.jsonl", [chat("New?", "Yes, new.", topic="new", n=5)])
    run("import", "new.jsonl", "--round", "two")
    repository = Repository.open(committed, author="ada")
    remove(repository, [1])
    label(repository, {0: {"q": "gold", "score": 3}, 2: {"q": "bad"}})
    return committed


def rows(run: Run, statement: str) -> list[dict[str, Any]]:
    outcome = run("sql", statement, "--json")
    assert outcome.code == 0, outcome.err
    found: list[dict[str, Any]] = json.loads(outcome.out)["rows"]
    return found


@pytest.mark.parametrize(
    "statement, expected",
    [
        ("SELECT count(*) AS n FROM examples", [{"n": 3}]),
        ("SELECT count(*) FROM examples_at('v1')", [{"count(*)": 3}]),
        (
            "SELECT data.topic, sum(turns) AS t FROM examples GROUP BY ALL ORDER BY 1",
            [
                {"topic": "new", "t": 2},
                {"topic": "orders", "t": 2},
                {"topic": "reset", "t": 2},
            ],
        ),
        ("SELECT prompt FROM examples WHERE data.n > 4", [{"prompt": "New?"}]),
        ("SELECT max(data.n) + 1 AS m FROM examples", [{"m": 6}]),
        (
            "SELECT line FROM examples WHERE labels.q != 'gold' ORDER BY line",
            [{"line": 1}, {"line": 3}],
        ),
        ("SELECT e.labels.q FROM examples e WHERE e.labels.score = 3", [{"q": "gold"}]),
        (
            "SELECT round, messages[1].role AS r FROM examples LIMIT 1",
            [{"round": None, "r": "user"}],
        ),
        ("SELECT messages.role FROM examples WHERE data.n = 5", [{"role": ["user", "assistant"]}]),
        (
            "SELECT name, value FROM labels ORDER BY ALL",
            [
                {"name": "q", "value": "bad"},
                {"name": "q", "value": "gold"},
                {"name": "score", "value": "3"},
            ],
        ),
        ("SELECT message, tags FROM commits", [{"message": "round 1", "tags": ["v1"]}]),
        ("SELECT reason FROM removals", [{"reason": "near-duplicate"}]),
        (
            "SELECT change, count(*) AS n FROM changes('v1', 'STAGE') GROUP BY change ORDER BY ALL",
            [
                {"change": "added", "n": 1},
                {"change": "relabelled", "n": 1},
                {"change": "removed", "n": 1},
            ],
        ),
        (
            "SELECT a.data.topic AS topic FROM examples_at('v1') a ANTI JOIN examples b USING (id)",
            [{"topic": "water"}],
        ),
        (
            "SELECT e.line, l.value FROM examples e LEFT JOIN labels l ON e.id = l.id"
            " AND l.name = 'score' ORDER BY e.line, l.value NULLS LAST",
            [{"line": 1, "value": "3"}, {"line": 1, "value": None}, {"line": 3, "value": None}],
        ),
        (
            "WITH long AS (SELECT id, tokens AS size FROM examples WHERE tokens > 3)"
            " SELECT count(*) AS n, min(size) > 3 AS is_long FROM long",
            [{"n": 3, "is_long": True}],
        ),
        (
            "SELECT row_number() OVER (ORDER BY tokens DESC, id) AS n FROM examples QUALIFY n = 1",
            [{"n": 1}],
        ),
        (
            "SELECT kind FROM examples UNION SELECT 'x' ORDER BY 1",
            [{"kind": "chat"}, {"kind": "x"}],
        ),
        ("SELECT (SELECT count(*) FROM labels) AS n, 'a' || 'b' AS ab", [{"n": 3, "ab": "ab"}]),
        (
            "SELECT line FROM examples WHERE id IN (SELECT id FROM labels WHERE value = 'gold')",
            None,
        ),
        ("SELECT DISTINCT kind FROM examples", [{"kind": "chat"}]),
        ("SELECT id AS a, id AS a FROM examples LIMIT 0", []),
        ("SELECT 0.5 AS half, 1e0 AS one, 5 // 2 AS two", [{"half": 0.5, "one": 1, "two": 2}]),
        ("VALUES (1, 'a'), (2, 'b')", [{"col0": 1, "col1": "a"}, {"col0": 2, "col1": "b"}]),
    ],
)
def test_a_question_is_answered(
    run: Run, asked: Path, statement: str, expected: list[dict[str, Any]] | None
) -> None:
    found = rows(run, statement)
    assert found == ([{"line": 1}] if expected is None else expected)


def test_a_star_shows_the_small_columns_and_nothing_hidden(run: Run, asked: Path) -> None:
    small = {"id", "kind", "turns", "chars", "tokens", "source", "line", "round", "split", "labels"}
    small.add("origin")
    for statement in (
        "SELECT * FROM examples WHERE data.topic = 'new' AND prompt = 'New?' AND data IS NOT NULL",
        "SELECT e.* FROM examples e WHERE e.data.topic = 'new'",
        "SELECT * FROM (SELECT * FROM examples WHERE data.topic = 'new')",
    ):
        (row,) = rows(run, statement)
        assert set(row) == small
    (row,) = rows(run, "SELECT * EXCLUDE (id, labels), data FROM examples WHERE data.topic = 'new'")
    assert set(row) == small - {"id", "labels"} | {"data"}
    assert json.loads(row["data"])["n"] == 5


REFUSED = {
    "SELECT * FROM read_text('/etc/passwd')": "table-unknown",
    "SELECT * FROM 'data.jsonl'": "table-unknown",
    "SELECT * FROM duckdb_settings()": "table-unknown",
    "SELECT * FROM pg_tables": "table-unknown",
    "SELECT * FROM information_schema.tables": "expression-refused",
    "SELECT * FROM examples_at(getenv('HOME'))": "expression-refused",
    "SELECT * FROM t0": "table-unknown",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n FROM r) FROM r": "expression-refused",
    "SELECT * FROM examples TABLESAMPLE 10%": "expression-refused",
    "SELECT * FROM examples USING SAMPLE 1": "expression-refused",
    "DESCRIBE examples": "expression-refused",
    "SUMMARIZE examples": "expression-refused",
    "SHOW TABLES": "expression-refused",
    "SELECT getenv('HOME')": "function-unknown",
    "SELECT random()": "function-unknown",
    "SELECT repeat('x', 1000000000)": "function-unknown",
    "SELECT unnest(range(1000000000))": "function-unknown",
    "SELECT list(id) FROM examples": "function-unknown",
    "SELECT current_setting('threads')": "function-unknown",
    "SELECT * FROM query('SELECT 1')": "table-unknown",
    "SELECT COLUMNS('k.*') FROM examples": "expression-refused",
    "SELECT * REPLACE (1 AS id) FROM examples": "expression-refused",
    "SELECT kind COLLATE de FROM examples": "expression-refused",
    "SELECT $1": "expression-refused",
    "SELECT 1; DROP TABLE t": "expression-invalid",
    "SELECT 1; SELECT 2": "expression-invalid",
    "INSERT INTO examples VALUES (1)": "expression-invalid",
    "COPY (SELECT 1) TO 'out.csv'": "expression-invalid",
    "ATTACH 'x.db'": "expression-invalid",
    "SET threads = 1": "expression-invalid",
    "PRAGMA version": "expression-invalid",
    "INSTALL httpfs": "expression-invalid",
    "CREATE MACRO m() AS 1": "expression-invalid",
    "EXPLAIN SELECT 1": "expression-invalid",
    "": "expression-invalid",
    "SELECT data.x FROM labels": "expression-invalid",
    "SELECT data.topic FROM examples a, examples b": "expression-invalid",
    "SELECT data.topik FROM examples": "name-unknown",
    "SELECT tokns FROM examples": "column-unknown",
    "SELECT row_number() FROM examples": "expression-invalid",
    'SELECT "·0" FROM examples': "column-unknown",
}


@pytest.mark.parametrize("statement", REFUSED)
def test_whatever_is_more_than_a_question_is_refused(run: Run, asked: Path, statement: str) -> None:
    before = sorted(each.name for each in asked.iterdir())
    outcome = run("sql", statement, "--json")
    assert outcome.code == 2
    assert json.loads(outcome.out)["error"]["code"] == REFUSED[statement]
    assert sorted(each.name for each in asked.iterdir()) == before


def test_a_column_that_no_table_has_is_shown_with_the_nearest(run: Run, asked: Path) -> None:
    assert run("sql", "SELECT kind, tokns FROM examples").err == (
        'error: no table in reach has a column "tokns"\n'
        "         SELECT kind, tokns FROM examples\n"
        "                      ^^^^^\n"
        "hint:  did you mean tokens?\n"
        "code:  column-unknown\n"
    )


def test_what_takes_too_much_memory_ends_in_an_error_and_the_next_question_is_answered(
    run: Run, asked: Path
) -> None:
    text = "x" * 5_000
    levels = [f"a0 AS (SELECT '{text}' AS x)"]
    for level in range(1, 9):
        joined = " || ".join(["x"] * 10)
        levels.append(f"a{level} AS (SELECT {joined} AS x FROM a{level - 1})")
    bomb = f"WITH {', '.join(levels)} SELECT length(x) FROM a8"
    outcome = run("sql", bomb)
    assert outcome.code == 2 and "more memory than it may" in outcome.err
    assert rows(run, "SELECT 1 AS one") == [{"one": 1}]


def test_what_takes_too_long_is_stopped(run: Run, asked: Path) -> None:
    many = ", ".join(
        f"(VALUES {', '.join(f'({n})' for n in range(200))}) t{t}(n)" for t in range(6)
    )
    statement = f"SELECT count(*) FROM {many} WHERE t0.n + t1.n + t2.n + t3.n + t4.n = t5.n"
    outcome = run("sql", statement, "--seconds", "0.3")
    assert outcome.code == 2 and "code:  expression-too-slow" in outcome.err


def test_an_answer_has_three_forms(run: Run, asked: Path) -> None:
    statement = "SELECT line, prompt, round, turns > 1 AS long FROM examples ORDER BY line, prompt"
    assert run("sql", statement).out.splitlines() == [
        "line  prompt              round  long",
        "   1  How do I reset it?  NULL   true",
        "   1  New?                two    true",
        "   3  Where is my order?  NULL   true",
        "3 rows",
    ]
    assert run("sql", statement, "--csv").out.splitlines()[:2] == [
        "line,prompt,round,long",
        "1,How do I reset it?,,true",
    ]
    lines = run("sql", statement, "--jsonl").out.splitlines()
    assert json.loads(lines[1]) == {"line": 1, "prompt": "New?", "round": "two", "long": True}
    assert run("sql", statement, "--jsonl", "--csv").code == 2
    assert run("sql", statement, "--json", "--csv").code == 2


def test_nothing_in_an_answer_acts_on_the_terminal(run: Run, project: Path) -> None:
    write_lines(project / "evil.jsonl", [chat("evil \x1b[2J\u202e", "\x07", **{"\x1b[1m": "x"})])
    run("import", "evil.jsonl")
    for extra in ((), ("--json",), ("--jsonl",)):
        outcome = run("sql", "SELECT prompt, data FROM examples", *extra)
        assert "evil" in outcome.out and not set("\x1b\u202e\x07") & set(outcome.out)
    refused = run("sql", "SELECT '\u202e' AS x, nope FROM examples")
    assert "\u202e" not in refused.err


def test_a_table_fits_the_terminal(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    write_lines(project / "long.jsonl", [chat("word " * 200, "answer " * 100, n=1)])
    run("import", "long.jsonl")
    out = run("sql", "SELECT id, prompt, response, tokens FROM examples").out
    assert all(len(line) <= 60 for line in out.splitlines())
