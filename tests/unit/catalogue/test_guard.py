"""What an expression may say, what is refused, and how the place of a mistake is shown."""

from __future__ import annotations

import pyarrow as pa
import pytest

from vault.catalogue.expressions.columns import Reference, Type
from vault.catalogue.expressions.evaluate import evaluate
from vault.catalogue.expressions.functions import FUNCTIONS
from vault.catalogue.expressions.guard import check_filter
from vault.cli.frame.failures import three_lines
from vault.errors import InvalidExpression, InvalidInput

ACCEPTED = [
    "turns > 3 AND NOT data.metadata.topic = 'billing'",
    "data.a[1].b.c[2] IN (1, 2)",
    "kind LIKE 'a%' ESCAPE '!' OR kind NOT ILIKE '%b_'",
    "tokens BETWEEN 1 AND 2.5",
    "CAST(data.a AS INTEGER) = -1 AND data.b::DOUBLE > 1e3",
    "CASE WHEN data.a THEN 1 ELSE 2 END > 1",
    "data['k'] IS DISTINCT FROM 3",
    "data.\"a key\".b = 'x'",
    "messages[-1].role = 'assistant' AND len(messages) > 2",
    "'tool' IN messages.role",
    "response ~ '(?i)sorry'",
    "regexp_extract(response, '(a+)b', 1) = 'aa'",
    "labels.quality != 'gold' AND split NOT IN ('test')",
    "data.flag IS TRUE OR data.flag IS NOT NULL",
    "coalesce(data.a, data.b, 'x') = 'y'",
    "if(turns > 1, data.a, 2) > 1",
    "CAST(data.at AS TIMESTAMP) > '2024-01-01' AND data.on < DATE '2025-01-01'",
    "- data.x > tokens // 2 % 7",
    "kind = 'x' -- why",
    "kind = 'x' /* why */ ;",
    "KIND = 'x' AND Data.a = 1",
    "labels.checked",
]

REFUSED = {
    # to end the condition early, or to be more than one
    "true) or 1=1 --": "expression-invalid",
    "true) or (1=1": "expression-invalid",
    "1=1; SELECT 2": "expression-invalid",
    "1=1; DROP TABLE t": "expression-invalid",
    "turns > 1 LIMIT 1": "expression-invalid",
    "turns > 1 UNION SELECT 1": "expression-invalid",
    "turns > 1 GROUP BY kind": "expression-invalid",
    "turns > 1 ORDER BY random()": "expression-invalid",
    "turns > 1 QUALIFY row_number() OVER () = 1": "expression-invalid",
    "turns > 1 INTERSECT SELECT 1 FROM 'x.csv'": "expression-invalid",
    # nothing, or what is no expression
    "": "expression-invalid",
    " \n\t": "expression-invalid",
    "-- nothing": "expression-invalid",
    "turns >": "expression-invalid",
    "'open": "expression-invalid",
    "/* open": "expression-invalid",
    "turns > 1 \x00": "expression-invalid",
    "turns > '\ud800'": "expression-invalid",
    "(" * 3_000 + "true" + ")" * 3_000: "expression-invalid",
    "NOT " * 2_400 + "true": "expression-invalid",
    "turns" + " + 1" * 2_000 + " > 0": "expression-invalid",
    "kind = '" + "x" * 10_000 + "'": "expression-invalid",
    # settings and statements
    "PRAGMA version": "expression-invalid",
    "SET threads = 1": "expression-invalid",
    "COPY (SELECT 1) TO 'x'": "expression-invalid",
    "PREPARE p AS SELECT 1": "expression-invalid",
    "current_setting('home_directory') = 'x'": "function-unknown",
    "getenv('HOME') = 'x'": "function-unknown",
    "getvariable('x') = 1": "function-unknown",
    "version() = 'x'": "function-unknown",
    # files, other tables, macros
    "read_text('/etc/passwd') IS NOT NULL": "function-unknown",
    "turns IN (SELECT 1 FROM '/etc/passwd')": "expression-refused",
    "EXISTS (SELECT * FROM read_csv('/etc/passwd'))": "expression-refused",
    "(SELECT count(*) FROM duckdb_settings()) > 1": "expression-refused",
    "turns = ANY (SELECT 1)": "expression-refused",
    "turns = ANY ([1])": "expression-refused",
    "query('SELECT 1') = 1": "function-unknown",
    "main.lower(kind) = 'x'": "expression-refused",
    "system.main.lower(kind) = 'x'": "expression-refused",
    "json_execute_serialized_sql('x') = 1": "function-unknown",
    "nextval('s') = 1": "function-unknown",
    # the same everywhere, every time
    "random() > 0.5": "function-unknown",
    "now() > TIMESTAMP '2020-01-01'": "function-unknown",
    "current_date > DATE '2020-01-01'": "column-unknown",
    "today() > DATE '2020-01-01'": "function-unknown",
    "uuid() = 'x'": "function-unknown",
    "hash(kind) = 1": "function-unknown",
    "kind COLLATE de = 'x'": "expression-refused",
    "CAST(data.x AS TIMESTAMP WITH TIME ZONE) = 'x'": "expression-refused",
    "row_number() OVER () = 1": "expression-refused",
    "lower(kind) OVER () = 'x'": "expression-refused",
    "lower(DISTINCT kind) = 'x'": "expression-refused",
    "count(*) > 1": "function-unknown",
    "lower(kind) FILTER (WHERE true) = 'x'": "expression-refused",
    # without bound
    "repeat('x', 1000000000) = 'x'": "function-unknown",
    "len(range(1000000000)) > 1": "function-unknown",
    "lpad(kind, 1000000000, 'x') = 'x'": "function-unknown",
    "kind || kind = 'x'": "function-unknown",
    "concat(kind, kind) = 'x'": "function-unknown",
    "replace(kind, '', 'xxx') = 'x'": "function-unknown",
    "list_reduce([1], lambda a, b: a) = 1": "function-unknown",
    "len([x FOR x IN messages]) = 1": "expression-refused",
    "len(list_filter(messages, lambda m: true)) = 1": "expression-refused",
    "kind LIKE prompt": "expression-invalid",
    "regexp_matches(kind, prompt)": "expression-invalid",
    "kind GLOB '*'": "function-unknown",
    "format('{:1000000000}', 1) = 'x'": "function-unknown",
    "printf('%1000000000d', 1) = 'x'": "function-unknown",
    "99999999! > 1": "function-unknown",
    # forms that are not expressions of one example
    "* > 1": "expression-refused",
    "COLUMNS(*) > 1": "expression-refused",
    "COLUMNS('t.*') > 1": "expression-refused",
    "#1 = 1": "expression-refused",
    "$1 = 1": "expression-invalid",
    "? = 1": "expression-invalid",
    "{'a': 1} = 1": "expression-refused",
    "(1, 2) = (1, 2)": "function-unknown",
    "data.x::INTEGER[] = 1": "expression-refused",
    'data.x::"odd type" = 1': "expression-refused",
    "x'00' = kind": "expression-invalid",
    "DEFAULT = 1": "expression-refused",
    "lower(a := kind) = 'x'": "expression-refused",
    "response[1:2] = 'x'": "expression-refused",
    "data.x[turns] = 1": "expression-invalid",
    "lower(kind)[1] = 'x'": "expression-refused",
    # types
    "kind": "expression-invalid",
    "turns > '5'": "expression-invalid",
    "kind = 5": "expression-invalid",
    "messages = 1": "expression-invalid",
    "turns > 1e999": "expression-invalid",
    "response ~ '(open'": "expression-invalid",
    "contains(kind)": "expression-invalid",
    "data = 'x'": "expression-invalid",
    "labels.a[1] = 1": "expression-invalid",
    "kind.x = 1": "expression-invalid",
    "messages[1][2] = 1": "expression-invalid",
    "messages.weight = 1": "expression-invalid",
    "tokns > 1": "column-unknown",
    "t.kind = 'x'": "column-unknown",
}


@pytest.mark.parametrize("expression", ACCEPTED)
def test_an_ordinary_expression_is_accepted(expression: str) -> None:
    assert check_filter(expression).sql


@pytest.mark.parametrize("expression", REFUSED, ids=lambda each: ascii(each[:40]))
def test_anything_else_is_refused_before_it_runs(expression: str) -> None:
    with pytest.raises(InvalidExpression) as caught:
        check_filter(expression)
    assert caught.value.code == REFUSED[expression]
    assert caught.value.exit_code == 2


def test_what_is_compared_says_how_a_path_is_read() -> None:
    found = check_filter(
        "data.a > 1 AND data.a = 'x' AND data.a AND labels.b != true AND data.a = data.c"
    )
    assert list(found.references) == [
        Reference("data", ("a",), Type.NUMBER),
        Reference("data", ("a",), Type.TEXT),
        Reference("data", ("a",), Type.BOOLEAN),
        Reference("labels", ("b",), Type.BOOLEAN),
        Reference("data", ("c",), Type.TEXT),
    ]


def test_a_mistake_is_shown_at_its_place() -> None:
    with pytest.raises(InvalidExpression) as caught:
        check_filter("kind = 'ü' AND tokns > 5")
    assert three_lines(caught.value) == (
        'error: "tokns" is no column of an example\n'
        "         kind = 'ü' AND tokns > 5\n"
        "                        ^^^^^\n"
        "hint:  did you mean tokens?\n"
        "code:  column-unknown\n"
    )


@pytest.mark.parametrize("before", ["turns > 1 AND ", "turns > 1 AND " * 20, "turns > 1 AND\n\t"])
@pytest.mark.parametrize("after", ["", " AND turns > 1" * 20, "\n AND kind = 'x'"])
def test_the_marks_stand_below_the_name_however_long_the_expression_is(
    before: str, after: str
) -> None:
    with pytest.raises(InvalidExpression) as caught:
        check_filter(f"{before}'宽\u202e' != kindd{after}")
    _, line, marks, *_ = three_lines(caught.value).splitlines()
    wide = line.index("宽") if "宽" in line else len(line)
    start = marks.index("^") - (1 if wide < marks.index("^") else 0)
    assert line[start : start + 5] == "kindd"
    assert marks.strip() == "^^^^^"
    assert max(len(line), len(marks)) <= 80
    assert "\u202e" not in line


def test_texts_reach_the_engine_only_as_literals() -> None:
    text = "'); DROP TABLE batch; --"
    found = check_filter(f"kind = '{text.replace(chr(39), chr(39) * 2)}' AND data.a != '{{}}'")
    assert "'''); DROP TABLE batch; --'" in found.sql
    batch = pa.table({"c0": [text, "chat"], "c1": ["a", "a"]})
    assert evaluate(found, batch).tolist() == [True, False]


def test_like_means_what_it_means_in_sql() -> None:
    values = ["a%b", "a.b", "ab", "A\nB", "axxb", "", None]
    for pattern, expected in {
        "a%b": [True, True, True, False, True, False, False],
        "a_b": [True, True, False, False, False, False, False],
        "a!%b": [True, False, False, False, False, False, False],
        "": [False, False, False, False, False, True, False],
        "%%": [True, True, True, True, True, True, False],
    }.items():
        found = check_filter(f"kind LIKE '{pattern}' ESCAPE '!'")
        assert evaluate(found, pa.table({"c0": pa.array(values)})).tolist() == expected
    found = check_filter("kind ILIKE 'a%B'")
    assert evaluate(found, pa.table({"c0": pa.array(values)})).tolist()[3]


@pytest.mark.parametrize("sign, is_in", [("IN", True), ("NOT IN", False)])
def test_a_long_list_is_looked_up_for_each_row(sign: str, is_in: bool) -> None:
    # DuckDB looks up five values and more by a join, which does not keep the order of the rows.
    listed = {f"w{each}" for each in range(0, 60, 2)}
    found = check_filter(f"kind {sign} ({', '.join(map(repr, sorted(listed)))})")
    values = [f"w{each * 7 % 61}" for each in range(3_000)]
    chunks = [pa.array(values[at : at + 100]) for at in range(0, len(values), 100)]
    kept = evaluate(found, pa.table({"c0": pa.chunked_array(chunks)}))
    assert kept.tolist() == [(each in listed) is is_in for each in values]


def test_a_pattern_that_goes_back_and_forth_elsewhere_takes_no_longer_here() -> None:
    pattern = "%a" * 40 + "%b"
    found = check_filter(f"kind LIKE '{pattern}' OR kind ~ '(a+)+b'")
    batch = pa.table({"c0": ["a" * 100_000]})
    assert evaluate(found, batch).tolist() == [False]


def test_numbers_neither_overflow_nor_fail() -> None:
    found = check_filter(
        "turns * 9223372036854775807 * 1e300 > 5 AND (turns / 0 IS NULL) AND turns % 0 IS NULL"
        " AND 5 // 0 IS NULL AND left(kind, 99999999999) = kind AND right(kind, -1e300) = ''"
        " AND turns < 99999999999999999999999999"
    )
    batch = pa.table({"c0": pa.array([1 << 62]), "c1": ["chat"]})
    assert evaluate(found, batch).tolist() == [True]


def test_an_expression_that_takes_too_long_is_stopped_and_the_next_one_runs() -> None:
    slow = " OR ".join(f"kind ~ 'x.*{each}y'" for each in range(100))
    batch = pa.table({"c0": ["x" * 100] * 100_000})
    with pytest.raises(InvalidInput) as caught:
        evaluate(check_filter(slow), batch, seconds=0.01)
    assert caught.value.code == "expression-too-slow"
    assert evaluate(check_filter("kind = 'a'"), pa.table({"c0": ["a"]})).tolist() == [True]


def test_texts_made_of_long_examples_are_bounded_before_they_are_made() -> None:
    many = " OR ".join(f"upper(right(kind, {each})) = 'b'" for each in range(50))
    batch = pa.table({"c0": ["x" * (8 << 20)]})
    with pytest.raises(InvalidExpression) as caught:
        evaluate(check_filter(many), batch)
    assert caught.value.code == "expression-too-large"


def test_every_function_that_is_allowed_runs() -> None:
    written = {"TEXT": "kind", "NUMBER": "turns", "TEXTS": "data.list"}
    for function in FUNCTIONS.values():
        arguments = [
            ("1" if each.types[0] is Type.NUMBER else "'i'")
            if each.is_constant
            else written[each.types[0].name]
            for each in function.parameters
        ]
        for count in range(function.least, len(arguments) + 1):
            call = f"{function.name}({', '.join(arguments[:count])}) IS NOT NULL"
            call = call.replace("position(kind, kind)", "position(kind IN kind)")
            found = check_filter(call)
            columns = {
                Type.TEXT: pa.array(["i"]),
                Type.NUMBER: pa.array([1.0]),
                Type.TEXTS: pa.array([["i"]]),
            }
            batch = pa.table(
                {f"c{at}": columns[each.type] for at, each in enumerate(found.references)}
            )
            assert evaluate(found, batch).tolist() == [True], call


@pytest.mark.parametrize(
    "expression, message, hint",
    [
        ("kind GLOB 'x*'", "GLOB cannot be used here", "LIKE"),
        ("kind = [1]", "a list that is written out cannot be used here", "IN ("),
        ("count(*) > 1", "count(*), which is over many examples, cannot", "vault sql"),
        ("max(turns) > 1", "max(), which is over many examples, cannot", "vault sql"),
        ("turns > ?", "a parameter cannot be used here", "write the value itself"),
        ("data.l[0] = 1", "none is 0", "lists begin with [1]"),
        ("messages[0].role = 'user'", "none is 0", "lists begin with [1]"),
        ("tokens >", "", "something is missing at the end"),
        ("(tokens > 1", "", "something is missing at the end"),
        ("tokens > AND true", "", "before it something is missing"),
    ],
)
def test_a_mistake_is_told_in_the_words_that_were_typed(
    expression: str, message: str, hint: str
) -> None:
    with pytest.raises(InvalidExpression) as caught:
        check_filter(expression)
    assert message in caught.value.message
    assert hint in str(caught.value.hint)
