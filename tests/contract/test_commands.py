"""The table of commands, their modules and their help belong together."""

from __future__ import annotations

import importlib
import io
from contextlib import redirect_stdout

import click
import pytest

from tests.contract.source import PACKAGE
from vault.cli.frame.command_table import COMMANDS, SECTIONS
from vault.cli.frame.main import main
from vault.cli.frame.options import GlobalOption, VaultCommand


def test_every_module_of_a_command_is_in_the_table() -> None:
    written = {p.stem for p in (PACKAGE / "cli/commands").glob("*.py") if p.stem != "__init__"}
    listed = {entry.module.rpartition(".")[2] for entry in COMMANDS.values()}
    assert written == listed


def test_no_command_is_listed_twice() -> None:
    assert len(COMMANDS) == sum(len(section.entries) for section in SECTIONS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_help_an_example_and_the_global_options(name: str) -> None:
    command = importlib.import_module(COMMANDS[name].module).command
    assert isinstance(command, VaultCommand)
    assert command.help
    assert f"vault {name}" in command.example
    globals_ = [option.opts[0] for option in command.params if isinstance(option, GlobalOption)]
    assert globals_ == ["-C", "--json", "-q", "-v", "--version", "--help"]
    if isinstance(command, click.Group):
        assert all(verb.help for verb in command.commands.values())


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)], ids=" ".join)
def test_help_fits_eighty_columns(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with redirect_stdout(io.StringIO()) as output:
        assert main([*arguments, "--help"]) == 0
    wide = [line for line in output.getvalue().splitlines() if len(line) > 80]
    assert not wide, wide
