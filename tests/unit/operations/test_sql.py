"""What `sql` answers: names that cannot meet, bounds, and the types of fields."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.drafting import context_of, label
from tests.support.library import Library, chat
from vault.errors import InvalidExpression
from vault.operations.sql import SqlReport, sql
from vault.repository import Repository

RECORDS: list[dict[str, Any]] = [
    chat("a", "yes", meta={"n": 9, "topic": "x"}),
    chat("b", "no", meta={"n": 1000, "topic": "y"}),
    chat("c", "yes", meta={"n": 70, "topic": "x"}),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    library = Library(tmp_path_factory.mktemp("sql"))
    library.write("all.jsonl", RECORDS)
    library.run("all.jsonl", round="r1")
    label(library.repository, {0: {"q": "gold"}, 1: {"split": "test"}})
    return library.repository


def ask(repository: Repository, statement: str) -> SqlReport:
    return sql(context_of(repository), statement)


def refusal(repository: Repository, statement: str) -> InvalidExpression:
    with pytest.raises(InvalidExpression) as caught:
        ask(repository, statement)
    return caught.value


@pytest.mark.parametrize("name", ["t0", "T0", "t1", "c0", "examples", "commits"])
def test_a_query_may_have_any_name_without_becoming_another_table(
    filled: Repository, name: str
) -> None:
    other = "labels" if name == "examples" else "examples"
    count = 2 if name == "examples" else 3
    statement = f'WITH "{name}" AS (SELECT 1 AS id) SELECT count(*) FROM {other}'
    assert ask(filled, statement).rows == ((count,),)
    both = f'WITH "{name}" AS (SELECT 1 AS id) SELECT (SELECT count(*) FROM "{name}"), count(*)'
    assert ask(filled, f"{both} FROM {other}").rows == ((1, count),)


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT "·0", data.meta.n FROM examples',
        'SELECT e."·0", data.meta.n FROM examples e',
        'SELECT count(*) FROM "·t0", examples',
        'WITH "·t0" AS (SELECT 1 AS id) SELECT count(*) FROM examples',
        'SELECT data.meta.n AS "·0" FROM examples',
        'SELECT count(*) FROM examples AS "·t0"',
        'SELECT * FROM (VALUES (1)) t("·0"), examples',
        'SELECT * FROM examples a JOIN examples b USING ("·0")',
        'SELECT * EXCLUDE ("·0") FROM examples WHERE data.meta.n = 1',
    ],
)
def test_names_that_we_make_cannot_be_typed(filled: Repository, statement: str) -> None:
    assert refusal(filled, statement).code == "column-unknown"


@pytest.mark.parametrize("what", ["e", "examples"])
def test_a_row_of_examples_is_no_value(filled: Repository, what: str) -> None:
    table = "examples" if what == "examples" else "examples e"
    statement = f"SELECT {what} FROM {table} WHERE data.meta.n = 9"
    assert refusal(filled, statement).code == "column-unknown"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM " + "(SELECT * FROM " * 550 + "commits" + ")" * 550,
        "SELECT * FROM " + "(SELECT * FROM " * 120 + "commits" + ")" * 120,
        "SELECT " + "(SELECT " * 90 + "1" + ")" * 90,
        "SELECT " + "(SELECT " * 1_000 + "1" + ")" * 1_000,
        "SELECT " + "turns + " * 95 + "1 FROM examples",
        "SELECT count(*) FROM " + " NATURAL JOIN ".join(["labels"] * 450),
    ],
    ids=["queries", "fewer-queries", "scalars", "more-scalars", "sums", "joins"],
)
def test_what_is_nested_too_deeply_is_told(filled: Repository, statement: str) -> None:
    error = refusal(filled, statement)
    assert "nested too deeply" in error.message
    assert "SET" not in f"{error.message} {error.hint}"


def test_a_statement_names_so_many_tables_and_no_more(filled: Repository) -> None:
    many = ",".join(f"commits c{each}" for each in range(51))
    assert refusal(filled, f"SELECT count(*) FROM {many}").code == "expression-too-large"
    many = ",".join(f"commits c{each}" for each in range(500))
    assert refusal(filled, f"SELECT count(*) FROM {many}").exit_code == 2
    fewer = ",".join(f"commits c{each}" for each in range(50))
    assert ask(filled, f"SELECT count(*) FROM {fewer}").rows == ((0,),)
    nested = "(SELECT * FROM " * 40 + "examples" + ")" * 40
    assert ask(filled, f"SELECT count(*) FROM {nested}").rows == ((3,),)


@pytest.mark.parametrize(
    "condition, count",
    [
        ("split != 'test'", 2),
        ("e.split != 'test'", 2),
        ("e.split NOT IN (SELECT value FROM labels WHERE name = 'split')", 2),
        ("labels.q NOT IN (SELECT 'gold')", 2),
        ("NOT labels.q IN (SELECT 'gold')", 2),
        ("labels.q IN (SELECT 'gold')", 1),
        ("kind NOT IN (SELECT 'raw')", 3),
    ],
)
def test_an_example_without_a_label_has_another_in_statements_too(
    filled: Repository, condition: str, count: int
) -> None:
    for table in ("examples e", "(SELECT * FROM examples) e"):
        if "labels." in condition and "(" in table:
            continue
        statement = f"SELECT count(*) FROM {table} WHERE {condition}"
        assert ask(filled, statement).rows == ((count,),)
