"""`vault export --for`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome, chat, write_lines

Run = Callable[..., Outcome]


def test_a_folder_is_written_and_losses_are_told(run: Run, committed: Path) -> None:
    outcome = run("export", "-o", "data", "--for", "trl")
    assert outcome.code == 0
    assert outcome.out.splitlines()[0].endswith(" to data/train.jsonl")
    assert outcome.out.splitlines()[2:] == [
        "layout trl-prompt-completion",
        "beside them data/README.md, data/sft.yaml",
    ]
    assert outcome.err == "warning: in 3 examples fields beside the conversation are left out\n"
    assert len((committed / "data/train.jsonl").read_text().splitlines()) == 3


def test_strict_writes_nothing(run: Run, committed: Path) -> None:
    outcome = run("export", "-o", "data", "--for", "openai", "--strict")
    assert outcome.code == 2
    assert "code:  format-loses" in outcome.err
    assert not (committed / "vault.lock").exists()


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        ("-o data.jsonl --for trl", "trainer-needs-folder", 2),
        ("-o - --for trl", "trainer-needs-folder", 2),
        ("-o a/b --for trl", "folder-not-found", 3),
        ("-o data --for nothing", "trainer-unknown", 2),
        ("-o data --for trl --with id", "trainer-writes-whole", 2),
        ("-o data --for trl --fields topic", "trainer-writes-whole", 2),
        ("-o data --split-turns", "option-needs-trainer", 2),
        ("--for trl", "subset-needs-output", 2),
        ("--locked --for trl", "options-exclude", 2),
    ],
)
def test_what_does_not_fit_is_refused(
    run: Run, committed: Path, words: str, code: str, exit_code: int
) -> None:
    outcome = run("export", *words.split())
    assert (outcome.code, outcome.err.splitlines()[-1]) == (exit_code, f"code:  {code}")
    assert sorted(each.name for each in committed.iterdir()) == [".vault", "data.jsonl"]


def test_the_hint_for_a_file_can_be_typed(run: Run, committed: Path) -> None:
    hint = run("export", "-o", "data.jsonl", "--for", "trl").err.splitlines()[1]
    assert hint == (
        "hint:  `-o data --for trl` writes it; `vault export -o data.jsonl` writes records as they "
        "are"
    )
    assert run("export", "-o", "a/b", "--for", "trl", "--parents").code == 0


def test_mixed_kinds_are_refused_with_what_to_type(run: Run, committed: Path) -> None:
    write_lines(committed / "b.jsonl", [{"prompt": "a", "chosen": "b", "rejected": "c"}])
    assert run("import", "b.jsonl").code == 0
    outcome = run("export", "STAGE", "-o", "data", "--for", "trl")
    assert outcome.code == 2
    assert outcome.err.splitlines()[1:] == [
        "hint:  write each into its own folder, one with `--where \"kind = 'chat'\"`",
        "code:  kinds-mixed",
    ]
    assert (
        run("export", "STAGE", "-o", "data", "--for", "trl", "--where", "kind = 'chat'").code == 0
    )


def test_the_command_of_the_lock_writes_the_folder_again(run: Run, committed: Path) -> None:
    run("export", "-o", "data", "--for", "trl", "--prompts-only", "--reasoning-key", "thinking")
    before = {path: path.read_bytes() for path in (committed / "data").iterdir()}
    found = json.loads(run("which", "data/train.jsonl", "--json").out)["items"][0]
    assert found["command"][2:] == [
        *("-o", "data", "--for", "trl", "--reasoning-key", "thinking", "--prompts-only")
    ]
    assert run(*found["command"]).code == 0
    assert {path: path.read_bytes() for path in (committed / "data").iterdir()} == before
    assert run("export", "--locked").code == 0


def test_what_is_skipped_kept_and_removed_is_told(run: Run, committed: Path) -> None:
    run("export", "-o", "data", "--for", "trl")
    snippet = committed / "data/sft.yaml"
    snippet.write_text(snippet.read_text() + "learning_rate: 1e-5\n")
    write_lines(committed / "b.jsonl", [{"messages": "broken"}, chat("x", "y")])
    run("import", "b.jsonl")
    outcome = run("export", "STAGE", "-o", "data", "--for", "trl", "--skip-unsupported")
    assert outcome.code == 0
    assert "warning: 1 example skipped, because it has no conversation" in outcome.err
    assert "warning: data/sft.yaml was edited, and stays as it is" in outcome.err
