"""What `sql` answers: names that cannot meet, bounds, and the types of fields."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.drafting import context_of, label
from tests.support.library import Library, chat
from vault.errors import InvalidExpression
from vault.operations.queries.sql import SqlReport, sql
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


@pytest.mark.parametrize(
    "statement, expected",
    [
        ("SELECT data.meta.n FROM examples ORDER BY 1 DESC", ["1000", "70", "9"]),
        ("SELECT data.meta.n FROM examples ORDER BY n", ["9", "70", "1000"]),
        ("SELECT data.meta.n AS m FROM examples ORDER BY m", ["9", "70", "1000"]),
        ("SELECT data.meta.n FROM examples ORDER BY data.meta.n", ["9", "70", "1000"]),
        ("SELECT data.meta.n FROM examples GROUP BY ALL ORDER BY 1", ["9", "70", "1000"]),
        ("SELECT data.meta.n FROM examples GROUP BY 1 ORDER BY 1", ["9", "70", "1000"]),
        ("SELECT labels.q FROM examples ORDER BY 1 NULLS FIRST", [None, None, "gold"]),
        ("SELECT labels.q FROM examples ORDER BY 1 DESC", ["gold", None, None]),
        ("SELECT DISTINCT data.meta.topic FROM examples ORDER BY 1", ["x", "y"]),
        ("SELECT data.meta.topic, count(*) FROM examples GROUP BY ALL ORDER BY 1", ["x", "y"]),
        ("SELECT *, data.meta.n FROM examples ORDER BY data.meta.n LIMIT 0", []),
        ("SELECT max(CAST(data.meta.n AS DOUBLE)) FROM examples", [1000]),
        ("SELECT max(CAST(data.meta.topic AS VARCHAR)) FROM examples", ["y"]),
        ("SELECT max(data.meta.n) > 999 FROM examples", [True]),
        ("SELECT min(data.meta.n) + 1 FROM examples", [10]),
        (
            "SELECT data.meta.topic FROM examples GROUP BY ALL HAVING max(data.meta.n) > 100",
            ["y"],
        ),
        ("SELECT n FROM (SELECT data.meta.n AS n FROM examples) WHERE n > 100", ["1000"]),
        ("SELECT arg_max(prompt, CAST(data.meta.n AS DOUBLE)) FROM examples", ["b"]),
        (
            "SELECT rank() OVER (ORDER BY data.meta.n) FROM examples ORDER BY 1",
            [1, 2, 3],
        ),
        ("SELECT lag(line, 2) OVER (ORDER BY line) FROM examples ORDER BY line", [None, None, 1]),
        ("SELECT lag(line, 2, 0) OVER (ORDER BY line) FROM examples ORDER BY line", [0, 0, 1]),
        ("SELECT lead(data.meta.n) OVER (ORDER BY line) FROM examples LIMIT 1", ["1000"]),
    ],
)
def test_fields_that_hold_numbers_are_sorted_and_compared_as_numbers(
    filled: Repository, statement: str, expected: list[object]
) -> None:
    assert [row[0 if "*," not in statement else -1] for row in ask(filled, statement).rows] == (
        expected
    )


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT max(data.meta.n) FROM examples",
        "SELECT min(labels.q) FROM examples",
        "SELECT arg_max(id, data.meta.n) FROM examples",
        "SELECT id FROM examples GROUP BY id ORDER BY max(data.meta.n)",
        "SELECT max(coalesce(data.meta.n, data.meta.topic)) FROM examples",
    ],
)
def test_what_is_greatest_of_a_field_asks_whether_it_is_a_number(
    filled: Repository, statement: str
) -> None:
    error = refusal(filled, statement)
    assert "does not say whether" in error.message and "AS DOUBLE" in str(error.hint)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM examples WHERE tokens IN (SELECT data.meta.n FROM examples)",
        "SELECT n = 'x' FROM (SELECT count(*) AS n FROM examples)",
    ],
)
def test_types_that_do_not_fit_are_told_in_words_of_ours(
    filled: Repository, statement: str
) -> None:
    error = refusal(filled, statement)
    assert error.code == "expression-failed"
    assert "do not fit" in error.message and "CAST(" in str(error.hint)


def test_a_column_that_is_not_grouped_by_is_told(filled: Repository) -> None:
    error = refusal(filled, "SELECT kind, count(*) FROM examples")
    assert error.hint == "GROUP BY ALL groups by all columns that are not counted over"


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The stage has a label, and one record in the place of another, beyond the version v1."""
    library = Library(tmp_path_factory.mktemp("changes"))
    library.write("all.jsonl", [chat("a", "yes", n=9), chat("b", "no", n=1)])
    library.run("all.jsonl")
    library.repository.commit("first")
    library.repository.tag("v1")
    label(library.repository, {0: {"q": "gold", "n": 3}})
    library.write("more.jsonl", [chat("c", "no", n=70, topic="x")])
    library.run("more.jsonl")
    return library.repository


@pytest.mark.parametrize(
    "statement, expected",
    [
        ("SELECT old_data FROM changes('v1', 'STAGE') WHERE change = 'added'", [(None,)]),
        ("SELECT data.n FROM changes('v1', 'STAGE') ORDER BY 1", [("9",), ("70",)]),
        ("SELECT c.data.n + 1 AS m FROM changes('v1', 'STAGE') c ORDER BY 1", [(10,), (71,)]),
        ("SELECT line FROM changes('v1', 'STAGE') c WHERE c.data.topic = 'x'", [(1,)]),
        ("SELECT labels.q FROM changes('v1', 'STAGE') WHERE labels.n = 3", [("gold",)]),
        ("SELECT c.labels.q FROM changes('v1', 'STAGE') c WHERE c.labels.n > 2", [("gold",)]),
        ("SELECT change FROM changes('v1', 'STAGE') WHERE labels.q != 'gold'", [("added",)]),
        ("SELECT c.old_labels.q FROM changes('v1', 'STAGE') c WHERE old_data.n = 9", [(None,)]),
        ("SELECT e.messages.role FROM examples e LIMIT 1", [(["user", "assistant"],)]),
        ("SELECT labels.name FROM labels ORDER BY 1", [("n",), ("q",)]),
        (
            "SELECT labels.value FROM examples JOIN labels ON labels.id = examples.id"
            " WHERE examples.labels.q = 'gold' AND labels.name = 'q'",
            [("gold",)],
        ),
        (
            "SELECT e.data.n FROM examples e JOIN changes('v1', 'STAGE') c ON c.id = e.id"
            " WHERE c.change = 'added'",
            [("70",)],
        ),
    ],
)
def test_changes_and_labels_are_read_like_examples(
    changed: Repository, statement: str, expected: list[tuple[Any, ...]]
) -> None:
    assert list(ask(changed, statement).rows) == expected


def test_a_star_over_changes_shows_the_same_whatever_is_read(changed: Repository) -> None:
    plain = ask(changed, "SELECT * FROM changes('v1', 'STAGE')").columns
    for rest in (
        "SELECT * FROM changes('v1', 'STAGE') WHERE data IS NOT NULL OR data.n = 1",
        "SELECT c.* FROM changes('v1', 'STAGE') c WHERE c.data.n > 1 AND old_data IS NULL",
    ):
        assert ask(changed, rest).columns == plain
    assert "data" not in plain and "old_labels" in plain


@pytest.mark.parametrize("star", ["*", "e.*"])
def test_a_star_leaves_out_what_it_shows_in_any_letters(filled: Repository, star: str) -> None:
    every = ask(filled, f"SELECT {star} FROM examples e").columns
    assert ask(filled, f"SELECT {star} EXCLUDE (ID, Labels) FROM examples e").columns == tuple(
        each for each in every if each not in ("id", "labels")
    )
    error = refusal(filled, f"SELECT {star} EXCLUDE (tokns) FROM examples e")
    assert (error.code, error.hint) == ("column-unknown", "did you mean tokens?")
    assert refusal(filled, f"SELECT {star} EXCLUDE (prompt) FROM examples e").code == (
        "column-unknown"
    )


@pytest.mark.parametrize(
    "expression",
    [
        "max(tokens)-min(tokens)",
        "((max(tokens)))+1",
        "1 + (max(tokens) + (1))",
        "count(*) / 2",
        "count(*) FILTER (WHERE tokens > 1)",
        "max(tokens) IS NULL",
        "max(kind) || ')'",
    ],
)
def test_a_column_without_a_name_is_called_as_it_was_typed(
    filled: Repository, expression: str
) -> None:
    assert ask(filled, f"SELECT {expression} FROM examples").columns == (expression,)


def test_a_field_in_a_sum_is_called_as_it_was_typed(filled: Repository) -> None:
    columns = ask(filled, "SELECT data.meta.n + 1, tokens   *  2 FROM examples").columns
    assert columns == ("data.meta.n + 1", "tokens * 2")


def test_a_whole_number_that_is_no_double_is_the_nearest_one(filled: Repository) -> None:
    statement = "SELECT 9007199254740993 = 9007199254740992, 9007199254740991 = 9007199254740992"
    assert ask(filled, statement).rows == ((True, False),)
