"""A shell completes commands, options, revisions and files, quickly and without a trace."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Outcome
from vault.cli.frame.command_table import COMMANDS

Run = Callable[..., Outcome]
Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(run: Run) -> Complete:
    """Return what the last word of a line may become; a line that ends in a space begins one."""

    def call(line: str) -> list[str]:
        words = line.split(" ")
        outcome = run("completion", "bash", "--answer", str(len(words) - 1), "--", *words)
        assert (outcome.code, outcome.err) == (0, "")
        parts = [each.split("\t") for each in outcome.out.splitlines()]
        assert all(len(each) == 3 for each in parts)
        return [value if kind == "plain" else f"<{kind}>" for kind, value, _ in parts]

    return call


def test_commands_are_those_of_the_table(complete: Complete, tmp_path: Path) -> None:
    assert complete("vault ") == list(COMMANDS)
    assert complete("vault statu") == ["status"]
    assert complete("vault help fs") == ["fsck"]
    assert complete("vault quarantine l") == ["list"]


def test_options_are_those_of_the_command_and_of_all(complete: Complete) -> None:
    assert {"--json", "--quiet", "--verbose"} <= set(complete("vault --"))
    assert {"--sample", "--split", "--json"} <= set(complete("vault export --"))
    assert complete("vault commit --am") == ["--amend"]
    assert "--answer" not in complete("vault completion --")


def test_revisions_are_refs_wherever_one_is_due(
    complete: Complete, run: Run, committed: Path
) -> None:
    run("tag", "v1.0")
    everything = ["HEAD", "STAGE", "main", "v1.0"]
    for line in ("export ", "log ", "show ", "diff ", "diff HEAD ", "tag -d ", "tag new "):
        assert complete(f"vault {line}") == everything, line
    assert complete("vault export v") == ["v1.0"]
    assert complete("vault diff v1.0..m") == ["v1.0..main"]
    assert complete("dataset-vault log ma") == ["main"]


def test_files_are_left_to_the_shell(complete: Complete) -> None:
    assert complete("vault import ro") == ["<file>"]
    assert complete("vault export -o ") == ["<file>"]
    assert complete("vault -C ") == ["<file>"]


def test_formats_are_those_that_are_read(complete: Complete) -> None:
    assert complete("vault import --format sh") == ["sharegpt"]
    assert complete("vault import --format = sh") == ["sharegpt"]  # as bash parts `--format=sh`
    assert complete("vault import --format =")[0] == "chat"


def test_another_folder_is_looked_at_where_the_line_says_so(
    complete: Complete, committed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    assert complete(f"vault -C {committed} log m") == ["main"]
    assert Path.cwd() == Path("/")


@pytest.mark.parametrize(
    "line",
    ["nonsense x", "log m", "-C /nowhere log m", "commit --help ", "--version ", "commit 'un ", ""],
)
def test_what_cannot_be_completed_is_silence(
    line: str, complete: Complete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = complete(f"vault {line}")
    assert answer == [] or set(answer) == set(COMMANDS)
    assert not list(tmp_path.iterdir())


def test_a_damaged_repository_is_silence_too(complete: Complete, committed: Path) -> None:
    max((committed / ".vault/operations").iterdir()).write_bytes(b"{")
    before = sorted(committed.rglob("*"))
    assert complete("vault log m") == []
    assert sorted(committed.rglob("*")) == before


def test_numbers_beyond_the_line_do_no_harm(run: Run) -> None:
    for number in ("99", "0", "-3"):
        assert run("completion", "zsh", "--answer", number, "--", "vault").code == 0


def test_completing_a_revision_loads_nothing_heavy(committed: Path) -> None:
    program = (
        "import sys; from vault.cli.frame.main import main; "
        "code = main(['completion', 'bash', '--answer', '2', '--', 'vault', 'log', 'm']); "
        "heavy = [m for m in ('numpy', 'pyarrow', 'duckdb') if m in sys.modules]; "
        "loaded = [m for m in sys.modules if m.startswith('vault.cli.commands.')]; "
        "print(heavy, loaded)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=committed,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert result.stdout == (
        "plain\tmain\t\n[] ['vault.cli.commands.completion', 'vault.cli.commands.log']\n"
    )


def test_an_unknown_shell_is_refused(run: Run) -> None:
    assert run("completion", "tcsh").code == 2


@pytest.mark.parametrize("program", ["vault", "dataset-vault"])
def test_bash_completes_with_the_script(program: str, run: Run, committed: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash here")
    run("tag", "v1.0")
    command = committed.parent / "bin" / program
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vault "$@"\n')
    command.chmod(0o755)
    script = """
    eval "$(PROGRAM completion bash)"
    complete -p PROGRAM
    answer() {
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _vault_completion "$1" 2>/dev/null
        echo "${COMPREPLY[*]}"
    }
    answer PROGRAM com
    answer PROGRAM export v
    answer PROGRAM log nothing-like-it
    """.replace("PROGRAM", program)
    result = subprocess.run(
        [bash, "--norc", "-c", script],
        cwd=committed,
        env={
            **os.environ,
            "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
    )
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        f"complete -o nosort -F _vault_completion {program}",
        "commit completion",
        "v1.0",
        "",
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_script_is_accepted_by_its_shell_and_names_both_programs(
    shell: str, run: Run, tmp_path: Path
) -> None:
    script = run("completion", shell).out
    assert "dataset-vault" in script and "VAULT_" not in script
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"there is no {shell} here")
    (tmp_path / "script").write_text(script)
    checked = subprocess.run([program, "-n", str(tmp_path / "script")], capture_output=True)
    assert (checked.returncode, checked.stderr) == (0, b"")
