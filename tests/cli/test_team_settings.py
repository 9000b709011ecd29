"""`vault.toml`: a mistyped key or value is told by every command that reads its table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome

Run = Callable[..., Outcome]
Commands = tuple[tuple[str, ...], ...]

VALIDATE = (("validate",), ("clean",), ("commit", "-m", "two"))
DEDUPE = (("dedupe",), ("clean",))
AGAINST = (*DEDUPE, ("dedupe", "--against", "more.jsonl"))
SPLIT = (("split",), ("split", "train=1"), ("clean",))
QUERY = (("query", "--filter", "long"), ("export", "--filter", "long", "-o", "x.jsonl"))


@pytest.mark.parametrize(
    ("text", "commands", "told", "hint"),
    [
        ('[validate]\ngat = "error"', VALIDATE, "validate.gat", "did you mean validate.gate?"),
        ('[validate]\nGate = "error"', VALIDATE, "validate.Gate", "did you mean validate.gate?"),
        ('[validate]\ngates = "error"', VALIDATE, "validate.gates", "did you mean validate.gate?"),
        ('[vaildate]\ngate = "error"', VALIDATE, "vaildate", "did you mean validate?"),
        ('gate = "error"', VALIDATE, "gate", "did you mean validate.gate?"),
        (
            '[validate]\nseverities = {TEXT001 = "off"}',
            VALIDATE,
            "validate.severities",
            "did you mean validate.severity?",
        ),
        ("[dedupe]\ntreshold = 0.9", DEDUPE, "dedupe.treshold", "did you mean dedupe.threshold?"),
        ("[dedup]\nthreshold = 0.9", DEDUPE, "dedup", "did you mean dedupe?"),
        ("[dedupe]\nkeeps = 'last'", DEDUPE, "dedupe.keeps", "did you mean dedupe.keep?"),
        ("[split]\nsdies = {train = 1}", SPLIT, "split.sdies", "did you mean split.sides?"),
        ('[filter]\nlong = "tokens > 5"', QUERY, "filter", "did you mean filters?"),
        ("[reports]\nx = 1", DEDUPE, "reports", "known are filters, format, dedupe"),
        ("'validate.gate' = 'error'", VALIDATE, '"validate.gate"', "did you mean validate?"),
        ("['validate.gate']\nx = 1", VALIDATE, '"validate.gate"', "did you mean validate?"),
        ("['validate']\n'ga.te' = 1", VALIDATE, 'validate."ga.te"', "did you mean validate.gate"),
        ("[dedupe]\nzzz = 1", DEDUPE, "dedupe.zzz", "known are dedupe.threshold, dedupe.on, "),
    ],
)
def test_an_unknown_key_is_an_error_with_the_nearest_one(
    run: Run, committed: Path, text: str, commands: Commands, told: str, hint: str
) -> None:
    (committed / "more.jsonl").write_text('{"text": "one more"}\n')
    run("import", "more.jsonl")
    (committed / "vault.toml").write_text(text + "\n")
    before = run("log", "--oneline").out
    for command in commands:
        outcome = run(*command)
        assert outcome.code == 2, command
        assert f"error: vault.toml: unknown key {told}\n" in outcome.err
        assert f"hint:  {hint}" in outcome.err
        assert "code:  config-key-unknown" in outcome.err
    assert run("log", "--oneline").out == before


@pytest.mark.parametrize(
    ("text", "commands", "code"),
    [
        ('[validate]\ngate = "eror"', VALIDATE, "config-invalid"),
        ("[validate]\ngate = true", VALIDATE, "config-invalid"),
        ('[validate.severity]\nTEXT001 = "of"', VALIDATE, "config-invalid"),
        ("[validate]\nselect = 'TEXT001'", VALIDATE, "config-invalid"),
        ("[validate]\ntarget = 3", VALIDATE, "config-invalid"),
        ("[validate]\ntargets = ['trl', 'mlx']", VALIDATE, "config-invalid"),
        ("[validate]\ntokenizer = 1", VALIDATE, "config-invalid"),
        ("validate = 3", VALIDATE, "config-invalid"),
        ("[validate]\ntarget = 'trll'", VALIDATE, "target-unknown"),
        ("[validate]\nselect = ['TEXT999']", VALIDATE, "rule-not-found"),
        ("[validate]\nignore = ['TEXT999']", VALIDATE, "rule-not-found"),
        ("[validate.severity]\nTEXT999 = 'off'", VALIDATE, "rule-not-found"),
        ("[validate.rules.TEAM001]\nmx = 3", VALIDATE, "config-key-unknown"),
        ("[validate.rules.TEAM001]\nwhere = 'tokens >'", VALIDATE, "expression-invalid"),
        ("[dedupe]\nthreshold = 'high'", DEDUPE, "config-invalid"),
        ("[dedupe]\nthreshold = 80", DEDUPE, "threshold-invalid"),
        ("[dedupe]\nthreshold = nan", DEDUPE, "threshold-invalid"),
        ("[dedupe]\non = 'promt'", DEDUPE, "part-unknown"),
        ("[dedupe]\nkeep = 'longst'", AGAINST, "keep-invalid"),
        ("[dedupe]\nwithin = true", DEDUPE, "config-invalid"),
        ("[dedupe]\ncount_shared = 'yes'", DEDUPE, "config-invalid"),
        ("[filters]\nlong = 5", QUERY, "config-invalid"),
    ],
)
def test_a_wrong_value_is_an_error(
    run: Run, committed: Path, text: str, commands: Commands, code: str
) -> None:
    (committed / "more.jsonl").write_text('{"text": "one more"}\n')
    run("import", "more.jsonl")
    (committed / "vault.toml").write_text(text + "\n")
    for command in commands:
        outcome = run(*command)
        assert (outcome.code, f"code:  {code}" in outcome.err) in ((2, True), (3, True)), command


def test_a_table_that_a_command_does_not_read_is_none_of_its_business(
    run: Run, committed: Path
) -> None:
    (committed / "vault.toml").write_text('[dedupe]\ntreshold = 0.9\n[filters]\nall = "true"\n')

    assert run("validate").code == 0
    assert run("query", "--filter", "all").code == 0


def test_settings_of_dedupe_are_those_of_its_flags(run: Run, committed: Path) -> None:
    records = [
        f'{{"messages": [{{"role": "user", "content": "{text}"}}], "topic": "{topic}"}}\n'
        for topic in ("a", "b")
        for text in (f"one two three four five six seven eight nine {topic}",)
    ]
    (committed / "near.jsonl").write_text("".join(records))
    run("import", "near.jsonl")
    assert "no duplicates" not in run("dedupe", "--dry-run", "--threshold", "0.5").out

    (committed / "vault.toml").write_text('[dedupe]\nthreshold = 0.5\nwithin = "data.topic"\n')

    assert "no duplicates" in run("dedupe", "--dry-run").out


def test_one_target_may_be_named_in_a_list(run: Run, committed: Path) -> None:
    (committed / "vault.toml").write_text("[validate]\ntargets = ['openai']\n")
    one = run("validate", "--json").out
    (committed / "vault.toml").write_text("[validate]\ntarget = 'openai'\n")

    assert run("validate", "--json").out == one
