"""What a mistyped word may have meant: a guess never leads to a change of data."""

from __future__ import annotations

import importlib
import string
from collections.abc import Callable, Iterator

import click
import pytest

from tests.cli.conftest import Outcome
from vault.cli.frame.command_table import COMMANDS, Effect
from vault.cli.frame.guesses import HARMLESS_OPTIONS, guessed_command, guessed_option

Run = Callable[..., Outcome]


def typing_errors(word: str, letters: str = string.ascii_lowercase) -> Iterator[str]:
    """Yield a word with a letter left out, doubled, exchanged, added, or cut off."""
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
        yield word[: at + 1] + word[at:]
        yield word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
        for letter in letters:
            yield word[:at] + letter + word[at + 1 :]
            yield word[:at] + letter + word[at:]
    yield from (word[:length] for length in range(2, len(word)))


def options_of(name: str) -> set[str]:
    command = importlib.import_module(COMMANDS[name].module).command
    verbs = command.commands.values() if isinstance(command, click.Group) else ()
    return {
        opt
        for each in (command, *verbs)
        for parameter in each.params
        if isinstance(parameter, click.Option)
        for opt in parameter.opts
        if opt.startswith("--")
    }


def test_no_guess_names_a_command_that_changes_data() -> None:
    guessed = {
        guessed_command(word, COMMANDS) for name in COMMANDS for word in typing_errors(name)
    } | {guessed_command(word, COMMANDS) for word in ("clone", "pull", "push", "merge", "stash")}

    changing = {name for name, entry in COMMANDS.items() if entry.effect is Effect.CHANGES}
    assert {"clean", "rm", "reset", "discard", "gc", "dedupe", "undo", "restore"} <= changing
    assert not guessed & changing
    assert {"status", "log", "commit", "import"} <= guessed


@pytest.mark.parametrize("name", ["retry", "restore"])
def test_no_guess_names_a_verb_that_changes_data(name: str) -> None:
    verbs = ["list", "show", "export", "retry", "restore"]
    assert all(guessed_command(word, verbs) != name for word in typing_errors(name))


@pytest.mark.parametrize(
    "letters", ["aes", pytest.param(string.ascii_lowercase, marks=pytest.mark.slow)]
)
def test_no_guess_names_an_option_that_changes_what_is_done(letters: str) -> None:
    every = {option for name in COMMANDS for option in options_of(name)}
    words = {word for option in every for word in typing_errors(option, letters)}
    guessed = {guessed_option(word, every) for word in words}

    assert guessed - {None} <= HARMLESS_OPTIONS <= every
    overwriting = {"--force", "--replace", "--replace-all", "--update", "--hard", "--repair"}
    going_on = {"--yes", "--no-verify", "--amend", "--fix", "--quarantine", "--mark"}
    assert not HARMLESS_OPTIONS & (overwriting | going_on | {"--readmit", "--allow-code"})


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (["clone", "somewhere"], "`vault --help` lists the commands"),
        (["add", "a.jsonl"], "here that is `vault import`; `vault --help` lists the commands"),
        (["lint"], "here that is `vault validate`; `vault --help` lists the commands"),
        (["staus"], "did you mean `vault status`? `vault --help` lists the commands"),
        (["comit"], "did you mean `vault commit`? `vault --help` lists the commands"),
        (["import", "--fromat", "x"], "did you mean --format? `vault import --help` shows"),
        (["export", "--format", "x"], "`vault export --help` shows what it takes"),
        (["checkout", "--forced"], "`vault checkout --help` shows what it takes"),
        (["import", "--replce"], "`vault import --help` shows what it takes"),
    ],
)
def test_the_hint_is_harmless(run: Run, line: list[str], hint: str) -> None:
    outcome = run(*line)

    assert outcome.code == 2
    assert f"hint:  {hint}" in outcome.err
