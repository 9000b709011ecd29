"""`query`, `sample`, `head` and `grep`, and `--where` and `--filter` where they stand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome, chat, write_lines

Run = Callable[..., Outcome]


@pytest.fixture
def many(run: Run, committed: Path) -> Path:
    """The committed repository (three examples), and on the stage eight more."""
    records = [
        chat(f"question {n}", f"answer {n} " + "word " * n, topic="more", n=n) for n in range(8)
    ]
    write_lines(committed / "more.jsonl", records)
    assert run("import", "more.jsonl").code == 0
    return committed


def test_query_shows_what_is_staged_unless_a_version_is_named(run: Run, many: Path) -> None:
    assert run("query", "--where", "data.n >= 6").out.splitlines()[-1] == "2 examples"
    found = run("query", "HEAD", "--where", "data.topic = 'water'").out
    assert "Is it waterproof?" in found and found.endswith("1 example\n")
    assert run("query", "HEAD", "--where", "data.n = 1").code == 2


def test_query_shows_the_first_and_says_how_many_there_are(run: Run, many: Path) -> None:
    outcome = run("query", "--where", "turns = 2", "--limit", "2")
    assert outcome.out.splitlines()[-1] == "2 of 11 examples"
    assert "--jsonl" in outcome.err
    document = json.loads(run("query", "--where", "data.n > 4", "--limit", "1", "--json").out)
    assert document["examples"] == 3
    assert [each["data"]["n"] for each in document["items"]] == [5]


def test_query_writes_every_example_as_a_line_of_json(run: Run, many: Path) -> None:
    lines = run("query", "--where", "data.n > 4", "--jsonl", "--limit", "1").out.splitlines()
    assert [json.loads(each)["data"]["n"] for each in lines] == [5, 6, 7]


def test_query_needs_a_condition(run: Run, many: Path) -> None:
    outcome = run("query")
    assert outcome.code == 2 and "code:  where-missing" in outcome.err


def test_an_expression_that_is_refused_is_shown_with_its_place(run: Run, many: Path) -> None:
    outcome = run("query", "--where", "tokns > 500 AND turns > 1", "--json")
    assert outcome.code == 2
    assert outcome.err == (
        'error: "tokns" is no column of an example\n'
        "         tokns > 500 AND turns > 1\n"
        "         ^^^^^\n"
        "hint:  did you mean tokens?\n"
        "code:  column-unknown\n"
    )
    assert json.loads(outcome.out)["error"]["code"] == "column-unknown"


@pytest.mark.parametrize(
    "command",
    [
        ("query",),
        ("sample", "3"),
        ("export", "-o", "out.jsonl"),
        ("checkout", "-o", "out.jsonl"),
        ("diff",),
    ],
    ids=lambda each: each[0],
)
@pytest.mark.parametrize(
    "hostile",
    [
        "true) or 1=1 --",
        "1 IN (SELECT 1 FROM read_text('data.jsonl'))",
        "read_text('data.jsonl') IS NOT NULL",
        "repeat('x', 4000000000) = kind",
        "kind = 'x'; DROP TABLE batch",
    ],
)
def test_hostile_expressions_are_refused_everywhere(
    run: Run, many: Path, command: tuple[str, ...], hostile: str
) -> None:
    outcome = run(*command, "--where", hostile)
    assert outcome.code == 2 and outcome.out == ""
    assert not (many / "out.jsonl").exists()


def test_a_filter_of_the_team_has_a_name(run: Run, many: Path) -> None:
    (many / "vault.toml").write_text('[filters]\nlate = "data.n > 4"\nodd = "data.n % 2 = 1"\n')
    document = json.loads(run("query", "--filter", "late", "--filter", "odd", "--json").out)
    assert [each["data"]["n"] for each in document["items"]] == [5, 7]
    both = run("query", "--filter", "odd", "--where", "data.n < 2", "--jsonl").out
    assert [json.loads(each)["data"]["n"] for each in both.splitlines()] == [1]
    missing = run("query", "--filter", "lat")
    assert missing.code == 3 and "did you mean late?" in missing.err


def test_a_filter_that_cannot_be_read_is_named(run: Run, many: Path) -> None:
    (many / "vault.toml").write_text('[filters]\nlate = "data.n >"\n')
    outcome = run("query", "--filter", "late")
    assert outcome.code == 2
    assert 'the filter "late" of vault.toml: it cannot be read from here on' in outcome.err


@pytest.mark.parametrize("text", ["[filters]\nlate = 5\n", "filters = 5\n"])
def test_a_filter_that_is_no_text_is_refused(run: Run, many: Path, text: str) -> None:
    (many / "vault.toml").write_text(text)
    outcome = run("query", "--filter", "late")
    assert outcome.code == 2 and "code:  config-invalid" in outcome.err


def test_an_export_writes_what_satisfies_and_the_lock_says_how(run: Run, many: Path) -> None:
    (many / "vault.toml").write_text('[filters]\nlate = "data.n > 4"\n')
    run("commit", "-m", "more")
    where = ("--where", "data.n IS NOT NULL", "--filter", "late")
    assert run("export", "-o", "part.jsonl", *where).code == 0
    lines = (many / "part.jsonl").read_text().splitlines()
    assert [json.loads(each)["n"] for each in lines] == [5, 6, 7]
    lock = json.loads((many / "vault.lock").read_text())
    assert lock["files"]["part.jsonl"]["where"] == ["data.n IS NOT NULL", "data.n > 4"]
    assert run("export", "-o", "all.jsonl").code == 0
    lock = json.loads((many / "vault.lock").read_text())
    assert "where" not in lock["files"]["all.jsonl"]


def test_an_export_samples_what_satisfies(run: Run, many: Path) -> None:
    run("export", "STAGE", "-o", "s.jsonl", "--where", "data.n > 1", "--sample", "2", "--seed", "4")
    exported = [json.loads(each)["n"] for each in (many / "s.jsonl").read_text().splitlines()]
    shown = json.loads(run("sample", "2", "--where", "data.n > 1", "--seed", "4", "--json").out)
    assert [each["data"]["n"] for each in shown["items"]] == exported
    assert shown["examples"] == 6
    larger = json.loads(run("sample", "4", "--where", "data.n > 1", "--seed", "4", "--json").out)
    assert set(exported) < {each["data"]["n"] for each in larger["items"]}


def test_a_checkout_of_a_part_needs_a_place_to_write_to(run: Run, many: Path) -> None:
    outcome = run("checkout", "--where", "turns > 1")
    assert outcome.code == 2 and "code:  subset-needs-output" in outcome.err


def test_head_shows_the_first_examples(run: Run, many: Path) -> None:
    assert run("head").out.splitlines()[-1] == "10 of 11 examples"
    assert run("head", "2", "HEAD").out.splitlines()[-1] == "2 of 3 examples"
    assert run("head", "HEAD").out.splitlines()[-1] == "3 examples"
    assert run("head", "x", "HEAD").code == 2
    assert run("head", "99999999999").code == 2
    assert run("head", "nowhere").code == 3


def test_diff_counts_and_shows_only_what_either_side_satisfies(run: Run, committed: Path) -> None:
    changed = chat("How do I reset it?", "Hold the button.", topic="other")
    kept = chat("Is it waterproof?", "Yes.", topic="water")
    write_lines(committed / "data.jsonl", [chat("New?", "New.", topic="reset"), changed, kept])
    run("import", "--replace", "data.jsonl")
    for expression, expected in {
        "data.topic = 'reset'": (1, 0, 1, 0),
        "data.topic = 'other'": (0, 0, 1, 0),
        "data.topic = 'orders'": (0, 1, 0, 0),
        "data.topic = 'water'": (0, 0, 0, 1),
        "turns = 2": (1, 1, 1, 1),
        "turns = 9": (0, 0, 0, 0),
    }.items():
        document = json.loads(run("diff", "--where", expression, "--json").out)
        counts = ("added", "removed", "changed", "unchanged")
        assert tuple(document[name] for name in counts) == expected, expression
        assert len(document["items"]) == sum(expected[:3])
        stat = json.loads(run("diff", "--stat", "--where", expression, "--json").out)
        assert tuple(stat[name] for name in counts) == expected
        lines = run("diff", "--jsonl", "--where", expression).out.splitlines()
        assert len(lines) == sum(expected[:3])
        code = run("diff", "--exit-code", "--where", expression).code
        assert code == (1 if sum(expected[:3]) else 0)
    by = json.loads(run("diff", "--by", "topic", "--where", "data.topic = 'reset'", "--json").out)
    assert set(by["by"]) == {"other", "reset"}
    assert run("diff", "--where", "data.topik = 'x'").code == 2


def test_grep_finds_a_text_in_messages_and_shows_where(run: Run, many: Path) -> None:
    outcome = run("grep", "red button")
    assert outcome.out.splitlines()[1:] == [
        "    assistant  Press the red button.",
        "",
        "1 example",
    ]
    assert run("grep", "RED BUTTON").out == "0 examples\n"
    assert run("grep", "-i", "RED BUTTON").out.endswith("1 example\n")
    assert run("grep", "red button", "--role", "user").out == "0 examples\n"
    assert run("grep", "topic").out == "0 examples\n"
    assert run("grep", "question", "HEAD").out == "0 examples\n"
    assert run("grep", "question", "--limit", "2").out.splitlines()[-1] == "2 of 8 examples"


def test_grep_takes_a_text_as_it_is_unless_it_is_told_otherwise(run: Run, many: Path) -> None:
    assert run("grep", "w.rd").out == "0 examples\n"
    assert run("grep", "--regex", "w.rd w").out.endswith("6 examples\n")
    assert run("grep", "").code == 2
    refused = run("grep", "--regex", "(open")
    assert refused.code == 2 and "code:  pattern-invalid" in refused.err


def test_grep_finds_what_json_writes_in_another_way(run: Run, project: Path) -> None:
    records = [
        '{"messages":[{"role":"user","content":"caf\\u00e9 a\\/b"},'
        '{"role":"assistant","content":"\\u0041 \\"quoted\\"\\nline"}]}',
        {"notes": {"deep": ["say CAFÉ"]}, "café": 1},
        {"text": "plain café"},
    ]
    write_lines(project / "odd.jsonl", records)
    run("import", "odd.jsonl")
    for text, options, where in [
        ("café", (), ["user", "text"]),
        ("CAFÉ", ("-i",), ["user", "notes.deep[1]", "text"]),
        ("a/b", (), ["user"]),
        ('A "quoted"\nline', (), ["assistant"]),
        ("[", (), []),
    ]:
        document = json.loads(run("grep", text, *options, "--json").out)
        assert [each["places"][0]["where"] for each in document["items"]] == where
        assert document["examples"] == len(where)


@pytest.mark.parametrize(
    "line",
    [
        ("query", "--where", "true"),
        ("sample", "5"),
        ("head",),
        ("grep", "evil"),
        ("grep", "evil", "--json"),
    ],
    ids=lambda each: " ".join(each),
)
def test_nothing_in_an_example_acts_on_the_terminal(
    run: Run, project: Path, line: tuple[str, ...]
) -> None:
    evil = "evil \x1b[2J\u202e\x07"
    write_lines(project / "evil.jsonl", [chat(f"{evil} {evil}", evil), {evil: f"{evil}\u2028"}])
    run("import", "evil.jsonl", "--source", f"so\x1b]0;urce{evil}")
    outcome = run(*line)
    assert outcome.code == 0 and "evil" in outcome.out
    assert not set("\x1b\u202e\x07\u2028") & set(outcome.out + outcome.err)


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_lines_fit_the_terminal(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    long = "before " * 100 + "needle 宽宽宽 " + "after " * 100
    write_lines(project / "long.jsonl", [chat(long, "needle"), chat("needle " * 200, long)])
    run("import", "long.jsonl")
    for line in run("grep", "needle").out.splitlines() + run("head").out.splitlines():
        assert len(line) <= int(columns)
    assert "needle" in run("grep", "needle").out
