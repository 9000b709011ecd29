"""The skeletons that contributors begin with work, and are as the linter and the formatter want."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.tools.new import RULE_FAMILIES
from tests.contract.source import ROOT

FINDS = """
import sys
from vault.rules.codes import RULES
from vault.rules.families.sample_records import answered
from vault.rules.kernel.subject import read_subject
rules = [rule for rule in RULES.values() if rule.name.startswith("toy-")]
records = [answered("This is an EXAMPLE."), answered("Fine.")]
print([[len(list(rule.check(read_subject("chat", each)))) for each in records] for rule in rules])
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the checkout without its history, to write into."""
    left_out = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis")
    return Path(shutil.copytree(ROOT, tmp_path / "checkout", ignore=left_out))


def python(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
    )


def assert_clean(copy: Path) -> None:
    for arguments in (["check"], ["format", "--check"]):
        result = python(copy, "-m", "ruff", *arguments, "--no-cache", "vault", "tests")
        assert result.returncode == 0, result.stdout


def test_a_new_rule_works_at_once_in_every_family(copy: Path) -> None:
    for family in RULE_FAMILIES:
        name = f"toy-{family.lower()}"
        made = python(copy, "-m", "docs.tools.new", "rule", name, "--family", family)
        assert made.returncode == 0, made.stderr
    assert_clean(copy)
    assert python(copy, "-c", FINDS).stdout == f"{[[1, 0]] * len(RULE_FAMILIES)}\n"
    rules = python(
        copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit/rules/test_rules.py"
    )
    assert rules.returncode == 0, rules.stdout


def test_new_commands_and_formats_are_clean_and_nothing_is_overwritten(copy: Path) -> None:
    for words in (["command", "toy-tally"], ["format", "toy-dialogue"]):
        made = python(copy, "-m", "docs.tools.new", *words)
        assert made.returncode == 0, made.stderr
        again = python(copy, "-m", "docs.tools.new", *words)
        assert "is there already" in again.stderr
    assert_clean(copy)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rule", "toy", "--family", "SETS"], "choose one of FORM"),
        (["rule", "toy", "--family", "text"], "choose one of FORM"),
        (["rule", "email-address", "--family", "TEXT"], "is called email-address already"),
        (["command", "import"], "is no name"),
        (["command", "Tally"], "is no name"),
        (["command", "toy", "--family", "nowhere"], "no family of verbs called nowhere"),
        (["command", "diff"], "is there already"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_made_is_refused(copy: Path, words: list[str], said: str) -> None:
    before = sorted(copy.rglob("*.py"))
    result = python(copy, "-m", "docs.tools.new", *words)
    assert result.returncode != 0
    assert said in result.stderr
    assert sorted(copy.rglob("*.py")) == before
