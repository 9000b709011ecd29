"""Global options, finding commands and repositories, and what a bare `vault` does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Outcome
from vault import __version__
from vault.cli.frame import options
from vault.cli.frame.command_table import COMMANDS
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit

Run = Callable[..., Outcome]
AddCommand = Callable[[str, click.Command], None]


@dataclass(frozen=True)
class Seen:
    """What the dummy command was given."""

    folder: str
    quiet: bool
    verbose: bool
    words: tuple[str, ...]


@pytest.fixture
def echo(add_command: AddCommand) -> None:
    """A command that reports how it was called."""

    @options.command(example="vault echo one two")
    @click.argument("words", nargs=-1)
    @click.option("--answer", type=int, help="The exit code.")
    def command(invocation: Invocation, words: tuple[str, ...], answer: int | None) -> int | None:
        """Report how it was called."""
        seen = Seen(os.getcwd(), invocation.quiet, invocation.verbose, words)
        emit(invocation, seen, lambda report: [" ".join(report.words)])
        return answer

    add_command("echo", command)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a repository, and the working folder in it."""
    (tmp_path / ".vault").mkdir()
    (tmp_path / ".vault/format").write_text("1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("echo")
@pytest.mark.parametrize("place", ["before", "after", "last"])
def test_global_options_are_accepted_before_and_after_the_command(
    place: str, run: Run, tmp_path: Path
) -> None:
    given = ["-C", str(tmp_path), "--json", "-q", "-v"]
    line = {
        "before": [*given, "echo", "a"],
        "after": ["echo", *given, "a"],
        "last": ["echo", "a", *given],
    }[place]
    outcome = run(*line)
    assert outcome.code == 0
    assert json.loads(outcome.out) == {
        "folder": str(tmp_path.resolve()),
        "quiet": True,
        "verbose": True,
        "words": ["a"],
    }


@pytest.mark.usefixtures("echo")
def test_folders_add_up_as_with_git_and_the_caller_stays_where_it_was(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    outcome = run("-C", "a", "--json", "echo", "-C", "b")
    assert json.loads(outcome.out)["folder"] == str((tmp_path / "a/b").resolve())
    assert Path.cwd() == tmp_path.resolve()


def test_a_folder_that_does_not_exist_is_named(run: Run) -> None:
    outcome = run("-C", "nowhere", "help")
    assert outcome.code == 3
    assert outcome.err.startswith('error: there is no folder "nowhere"\n')


@pytest.mark.usefixtures("echo")
def test_quiet_prints_no_text(run: Run) -> None:
    assert run("echo", "a", "-q") == Outcome(0, "", "")


@pytest.mark.usefixtures("echo")
def test_the_number_that_a_command_returns_is_the_exit_code(run: Run) -> None:
    assert run("echo", "a", "--answer", "1") == Outcome(1, "a\n", "")


@pytest.mark.usefixtures("echo")
def test_words_after_two_hyphens_are_no_options(run: Run) -> None:
    assert run("echo", "--", "--json", "-q") == Outcome(0, "--json -q\n", "")


def test_version_is_printed_as_text_and_as_json(run: Run) -> None:
    assert run("--version") == Outcome(0, f"vault {__version__}\n", "")
    assert run("help", "--version").out == f"vault {__version__}\n"
    assert json.loads(run("--version", "--json").out) == {"version": __version__}


def test_help_names_commands_in_sections(run: Run) -> None:
    outcome = run("--help")
    assert outcome.code == 0
    assert "\nStart:\n" in outcome.out
    assert "\nExample:\n" in outcome.out


def test_help_command_shows_the_page_of_a_command(run: Run) -> None:
    assert run("help", "help").out == run("help", "--help").out
    assert run("help").out == run("--help").out
    assert run("help", "helq").code == 2
    assert run("help", "help", "deeper").code == 2


def test_an_unknown_command_is_an_error_with_a_suggestion(run: Run) -> None:
    outcome = run("hlep")
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.splitlines() == [
        'error: `vault` has no command "hlep"',
        "hint:  did you mean `vault help`? `vault --help` lists the commands",
        "code:  unknown-command",
    ]


def test_a_group_runs_its_default_and_suggests_its_verbs(run: Run, add_command: AddCommand) -> None:
    group = options.group(help="Keep things.", example="vault keep list", default="list")

    @options.command(example="vault keep list", parent=group)
    @click.option("--limit", default=5)
    def list_(invocation: Invocation, limit: int) -> None:
        """List what is kept."""
        emit(invocation, {"limit": limit}, lambda report: [f"limit {report['limit']}"])

    add_command("keep", group)
    assert run("keep").out == "limit 5\n"
    assert run("keep", "list", "--limit", "7").out == "limit 7\n"
    assert json.loads(run("keep", "--json").out) == {"limit": 5}
    assert json.loads(run("keep", "list", "--json").out) == {"limit": 5}
    assert "did you mean `vault keep list`?" in run("keep", "lst").err
    assert "list  List what is kept." in run("keep", "--help").out


def test_bare_vault_outside_a_repository_prints_help_and_where_to_begin(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run()
    assert outcome.code == 0
    assert outcome.out.startswith("Usage: vault")
    assert "`vault init`" in outcome.err and "`vault demo`" in outcome.err
    assert run("--json").code == 3


@pytest.mark.usefixtures("repository")
def test_bare_vault_inside_a_repository_runs_status(run: Run, add_command: AddCommand) -> None:
    @options.command(example="vault status")
    @click.option("--short", is_flag=True)
    def command(invocation: Invocation, short: bool) -> None:
        """Say what is staged."""
        root = str(invocation.root())
        emit(invocation, {"root": root, "short": short}, lambda _: ["all well"])

    add_command("status", command)
    assert run().out == "all well\n"
    assert json.loads(run("--json").out) == {"root": str(Path.cwd()), "short": False}


def test_the_repository_is_the_nearest_one_above(repository: Path) -> None:
    deeper = repository / "a/b"
    deeper.mkdir(parents=True)
    os.chdir(deeper)
    assert Invocation().root() == repository.resolve()


def test_another_programs_folder_is_not_ours(
    run: Run, repository: Path, add_command: AddCommand
) -> None:
    (repository / "inner/.vault").mkdir(parents=True)
    os.chdir(repository / "inner")
    assert Invocation().root() == repository.resolve()
    (repository / ".vault/format").unlink()

    @options.command(example="vault where")
    def command(invocation: Invocation) -> None:
        """Say where the repository is."""
        invocation.root()

    add_command("where", command)
    outcome = run("where", "--json")
    assert outcome.code == 3
    assert json.loads(outcome.out)["error"]["code"] == "repository-not-found"
    assert "hint:  `vault init` makes one here\n" in outcome.err


def test_the_author_is_the_configured_name_else_the_systems(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert Invocation().author() == "ada"
    (repository / ".vault/config.toml").write_text('[user]\nname = "Ada Lovelace"\n')
    assert Invocation().author() == "Ada Lovelace"


def test_the_time_has_a_zone() -> None:
    assert Invocation().now().utcoffset() is not None


def test_both_console_scripts_are_the_same_program() -> None:
    import tomllib

    from tests.cli.conftest import ROOT

    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"vault": "vault.__main__:main", "dataset-vault": "vault.__main__:main"}


def test_no_command_of_the_tests_stays_in_the_table() -> None:
    assert not {"echo", "keep", "where"} & set(COMMANDS)


def test_the_command_line_is_recorded_without_global_options_and_passwords() -> None:
    words = ("-C", "x", "--json", "import", "s3://me:secret@host/a.jsonl", "it's", "-q", "\udcff")
    assert Invocation(words).words() == ("import", "s3://***@host/a.jsonl", "it's", "\\udcff")
    secret = "https://host/a.jsonl?access_token=abc&part=1&X-Amz-Signature=def"
    shown = "https://host/a.jsonl?access_token=***&part=1&X-Amz-Signature=***"
    assert Invocation(("import", secret, "https://u:p/w@h/x")).words() == (
        "import",
        shown,
        "https://***@h/x",
    )
    assert Invocation(("tag", "--", "-q")).words() == ("tag", "--", "-q")


def test_reading_works_for_a_user_without_a_name(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("init").code == 0
    monkeypatch.setattr("getpass.getuser", lambda: os.environ["NOBODY_IS_SET"])
    assert run("status").code == run("log").code == run("tag").code == 0
    outcome = run("commit", "-m", "x")
    assert (outcome.code, outcome.err.splitlines()[2]) == (2, "code:  author-unknown")
