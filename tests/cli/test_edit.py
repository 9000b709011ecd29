"""`vault edit`: an editor, standard input, and what was typed when something goes wrong."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Outcome

Run = Callable[..., Outcome]
Edit = Callable[..., Outcome]


@pytest.fixture
def edit(
    run: Run, committed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Outcome]:
    """Edit the second example with a shell command as the editor, which is given the file."""
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(kept))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("VISUAL", raising=False)

    def call(editor: str | None, *words: str) -> Outcome:
        if editor is None:
            monkeypatch.delenv("EDITOR", raising=False)
        else:
            monkeypatch.setenv("EDITOR", editor)
        return run("edit", example(run), *words)

    return call


@pytest.fixture
def pipe(committed: Path) -> Callable[..., Outcome]:
    """Run one command line with a text as its standard input."""

    def call(text: str | bytes, *words: str) -> Outcome:
        result = subprocess.run(
            [sys.executable, "-m", "vault", *words],
            cwd=committed,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            input=text.encode() if isinstance(text, str) else text,
            capture_output=True,
        )
        return Outcome(result.returncode, result.stdout.decode(), result.stderr.decode())

    return call


def example(run: Run) -> str:
    return str(json.loads(run("head", "2", "--json").out)["items"][1]["id"])


def answer(run: Run) -> str:
    item = json.loads(run("head", "2", "--json").out)["items"][1]
    return str(item["data"]["messages"][1]["content"])


def left(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "kept").iterdir())


def test_the_editor_changes_a_record_and_the_words_are_shown(
    run: Run, edit: Edit, tmp_path: Path
) -> None:
    outcome = edit("sed -i s/Yes/No/")
    assert outcome.code == 0, outcome.err
    assert "~ edited (response)" in outcome.out
    assert "assistant: [-Yes-]{+No+}." in outcome.out
    assert "staged: 1 changed" in outcome.out
    assert answer(run) == "No."
    assert left(tmp_path) == []


def test_the_editor_is_given_a_text_alone_with_field(run: Run, edit: Edit, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    outcome = edit(f"cp -t {tmp_path} --", "--field", "messages.1.content")
    assert "nothing was changed" in outcome.out
    copied = next(tmp_path.glob("vault-edit-*.txt"))
    assert copied.read_bytes() == b"Yes.\n"
    outcome = edit(f"printf 'No\\n\\n' > {seen}; cp {seen}", "--field", "messages.1.content")
    assert outcome.code == 0, outcome.err
    assert answer(run) == "No\n"


def test_visual_goes_before_editor(run: Run, edit: Edit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "sed -i s/Yes/Seen/")
    assert edit("false").code == 0
    assert answer(run) == "Seen."
    monkeypatch.setenv("TERM", "dumb")
    assert edit("sed -i s/Seen/Dumb/").code == 0
    assert answer(run) == "Dumb."


def test_nothing_is_changed_without_a_change(run: Run, edit: Edit, tmp_path: Path) -> None:
    before = run("operations", "--json").out
    for words in ([], ["--copy"], ["--field", "topic"]):
        outcome = edit("true", *words)
        assert (outcome.code, outcome.out) == (0, "the record is the same: nothing was changed\n")
    document = json.loads(edit("true", "--json").out)
    assert document["id"] == document["old_id"]
    assert run("operations", "--json").out == before
    assert left(tmp_path) == []


def test_a_failing_editor_changes_nothing_and_keeps_what_it_wrote(
    run: Run, edit: Edit, tmp_path: Path
) -> None:
    outcome = edit("exit 3;")
    assert (outcome.code, left(tmp_path)) == (2, [])
    assert "ended with exit code 3, so nothing was changed" in outcome.err
    edit("f() { sed -i s/Yes/No/ $1; return 1; }; f")
    assert answer(run) == "Yes."
    assert b"No." in left(tmp_path)[0].read_bytes()


def test_what_was_typed_is_kept_and_can_go_on(
    run: Run, edit: Edit, pipe: Callable[..., Outcome], tmp_path: Path
) -> None:
    outcome = edit("sed -i -e s/Yes/No/ -e s/topic.:/topic:/")
    assert outcome.code == 2
    assert "error: the record cannot be read" in outcome.err
    (kept,) = left(tmp_path)
    assert f"what you typed is in {kept}" in outcome.err
    assert f"- < {kept}` goes on" in outcome.err
    if os.name == "posix":
        assert kept.stat().st_mode & 0o77 == 0
    mended = kept.read_text().replace("topic:", 'topic":')
    outcome = pipe(mended, "edit", example(run), "-")
    assert outcome.code == 0, outcome.err
    assert answer(run) == "No."


def test_an_emptied_file_is_refused_and_not_kept(edit: Edit, tmp_path: Path) -> None:
    outcome = edit("truncate -s 0")
    assert (outcome.code, left(tmp_path)) == (2, [])
    assert "nothing was given" in outcome.err


def test_a_conflict_found_after_typing_keeps_the_text(run: Run, edit: Edit, tmp_path: Path) -> None:
    outcome = edit(
        f'cd {tmp_path}/project; vault() {{ {sys.executable} -m vault "$@"; }};'
        f" vault rm {example(run)} >&2; sed -i s/Yes/No/"
    )
    assert outcome.code == 3
    assert len(left(tmp_path)) == 1


def test_standard_input_holds_a_record_or_a_text(run: Run, pipe: Callable[..., Outcome]) -> None:
    outcome = pipe("Not at all.\n", "edit", example(run), "-", "--field", "messages[1].content")
    assert outcome.code == 0, outcome.err
    assert answer(run) == "Not at all."
    record = json.loads(run("head", "2", "--json").out)["items"][1]["data"]
    record["topic"] = "rain"
    outcome = pipe(json.dumps(record), "edit", example(run), "-", "--json")
    document = json.loads(outcome.out)
    assert (document["what"], document["data"]["topic"]) == ("metadata", "rain")
    assert document["id"] == example(run)
    outcome = pipe(b"\xff", "edit", example(run), "-", "--field", "topic")
    assert (outcome.code, "not-utf8" in outcome.err) == (2, True)


def test_a_dry_run_says_it_in_the_conditional(run: Run, edit: Edit) -> None:
    dry = edit("sed -i s/Yes/No/", "--dry-run")
    assert answer(run) == "Yes."
    real = edit("sed -i s/Yes/No/")
    said = dry.out.replace("a dry run: nothing was stored or staged\n", "").replace("would be ", "")
    assert said == real.out


def test_a_copy_is_added_after_its_origin(run: Run, edit: Edit) -> None:
    outcome = edit("sed -i s/Yes/No/", "--copy")
    assert "+ added " in outcome.out
    items = json.loads(run("head", "3", "--json").out)["items"]
    assert [each["data"]["messages"][1]["content"] for each in items[1:]] == ["Yes.", "No."]


def test_findings_and_labels_left_behind_are_told(run: Run, edit: Edit) -> None:
    run("label", "quality=gold", example(run))
    outcome = edit("sed -i s/Yes.//")
    assert "1 label left behind: quality" in outcome.out
    assert "FORM" in outcome.out
    assert "error" in outcome.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["record.json"], "record-source-unknown"),
        (["--field", "tpic"], "text-not-found"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    edit: Edit, words: list[str], code: str, tmp_path: Path
) -> None:
    outcome = edit("false", *words)
    assert (outcome.code, left(tmp_path)) == (2, [])
    assert f"code:  {code}" in outcome.err


def test_without_an_editor_a_script_is_not_kept_waiting(edit: Edit) -> None:
    outcome = edit(None)
    assert outcome.code == 2
    assert "editor-missing" in outcome.err


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_without_settings_gets_an_installed_editor(
    committed: Path, run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "installed"
    folder.mkdir()
    editor = folder / "vi"
    editor.write_text('#!/bin/sh\ntest -t 0 && sed -i s/Yes/No/ "$1"\n')
    editor.chmod(0o755)
    hidden = {"VISUAL", "EDITOR"}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    ours, theirs = pty.openpty()
    result = subprocess.run(
        [sys.executable, "-m", "vault", "edit", example(run)],
        cwd=committed,
        env={**environment, "PYTHONPATH": str(ROOT), "PATH": path, "TERM": "xterm"},
        stdin=theirs,
        capture_output=True,
    )
    os.close(ours)
    os.close(theirs)
    assert result.returncode == 0, result.stderr
    assert answer(run) == "No."
