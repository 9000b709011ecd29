"""Errors are three lines on standard error, one document with `--json`, and an exit code."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click
import pytest

from tests.cli.conftest import ROOT, Outcome
from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit
from vault.errors import (
    AnswerIsNo,
    Conflict,
    Corrupt,
    InvalidInput,
    NotFound,
    StorageFailed,
    VaultError,
)

Run = Callable[..., Outcome]
AddCommand = Callable[[str, click.Command], None]


@pytest.fixture
def fail(add_command: AddCommand) -> Callable[..., None]:
    """Make `vault fail` raise an exception, after a report if `after_report`."""

    def prepare(error: BaseException, *, after_report: bool = False) -> None:
        @options.command(example="vault fail")
        def command(invocation: Invocation) -> None:
            """Fail."""
            if after_report:
                emit(invocation, {"done": 1}, lambda _: ["done"])
            raise error

        add_command("fail", command)

    return prepare


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (AnswerIsNo, 1),
        (InvalidInput, 2),
        (NotFound, 3),
        (Conflict, 4),
        (StorageFailed, 5),
        (Corrupt, 6),
        (VaultError, 70),
    ],
)
def test_the_class_of_an_error_decides_the_exit_code(
    kind: type[VaultError], code: int, run: Run, fail: Callable[..., None]
) -> None:
    fail(kind("it did not work", code="sample", hint="try this"))
    assert run("fail") == Outcome(
        code, "", "error: it did not work\nhint:  try this\ncode:  sample\n"
    )


def test_an_error_without_a_hint_gets_that_of_its_class(
    run: Run, fail: Callable[..., None]
) -> None:
    fail(Corrupt("a chunk is damaged", code="sample"))
    assert run("fail").err.splitlines()[1] == "hint:  `vault fsck` tells what is damaged"


def test_json_repeats_the_error_on_standard_output(run: Run, fail: Callable[..., None]) -> None:
    fail(NotFound("no such thing", code="sample", hint="look"))
    outcome = run("fail", "--json")
    assert json.loads(outcome.out) == {
        "error": {"code": "sample", "message": "no such thing", "hint": "look"}
    }
    assert outcome.err.count("\n") == 3


def test_there_is_one_document_even_if_an_error_follows_the_report(
    run: Run, fail: Callable[..., None]
) -> None:
    fail(StorageFailed("late", code="sample"), after_report=True)
    outcome = run("--json", "fail")
    assert json.loads(outcome.out) == {"done": 1}
    assert outcome.code == 5


def test_a_message_stays_on_its_line_and_cannot_act_on_the_terminal(
    run: Run, fail: Callable[..., None]
) -> None:
    fail(NotFound('no "a\n\x1b[31mb\u202e\udc80"', code="sample", hint="x\r\ny"))
    assert run("fail").err.splitlines() == [
        'error: no "a \\x1b[31mb\\u202e\\udc80"',
        "hint:  x y",
        "code:  sample",
    ]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        (["fail", "--jsno"], "`vault fail` has no option --jsno", "did you mean --json?"),
        (["fail", "extra"], "got unexpected extra argument (extra)", "`vault fail --help`"),
        (["-C"], "option '-C' requires an argument", "`vault --help`"),
    ],
)
def test_wrong_usage_is_three_lines_too(
    line: list[str], message: str, hint: str, run: Run, fail: Callable[..., None]
) -> None:
    fail(AssertionError("not reached"))
    outcome = run(*line)
    lines = outcome.err.splitlines()
    assert outcome.code == 2
    assert lines[0] == f"error: {message}"
    assert hint in lines[1]
    assert lines[2:] == ["code:  usage"]


def test_wrong_usage_with_json_gives_a_document_wherever_the_option_stands(
    run: Run, fail: Callable[..., None]
) -> None:
    fail(AssertionError("not reached"))
    for line in (["--json", "fail", "--nope"], ["fail", "--nope", "--json"], ["nope", "--json"]):
        assert json.loads(run(*line).out)["error"]["code"] in ("usage", "unknown-command")
    assert run("fail", "--nope", "--", "--json").out == ""


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EACCES, "permission-denied"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "storage-failed"),
        (errno.EMFILE, "too-many-files"),
    ],
)
def test_what_the_system_refuses_is_a_storage_failure(
    number: int, code: str, run: Run, fail: Callable[..., None]
) -> None:
    fail(OSError(number, os.strerror(number), "/data/chunk"))
    outcome = run("fail")
    assert outcome.code == 5
    assert outcome.err.endswith(f"code:  {code}\n")
    assert os.strerror(number) in outcome.err.splitlines()[0]


def test_running_out_of_memory_is_no_bug(run: Run, fail: Callable[..., None]) -> None:
    fail(MemoryError())
    assert run("fail").code == 5


def test_a_bug_says_so_and_shows_its_traceback_only_when_asked(
    run: Run, fail: Callable[..., None]
) -> None:
    fail(ZeroDivisionError("by \x1bnothing"))
    short = run("fail")
    assert short.code == 70
    assert short.err.splitlines() == [
        "error: a bug in vault: ZeroDivisionError: by \\x1bnothing",
        "hint:  run it again with -v and report what it prints",
        "code:  bug",
    ]
    long = run("fail", "-v")
    assert long.err.startswith("Traceback")
    assert "\x1b" not in long.err
    assert long.err.endswith(short.err)


def test_a_broken_pipe_of_a_remote_is_no_quiet_end(run: Run, fail: Callable[..., None]) -> None:
    fail(BrokenPipeError(errno.EPIPE, "Broken pipe"))
    assert run("fail").code == 5


def test_the_interrupt_key_ends_with_130(run: Run, fail: Callable[..., None]) -> None:
    fail(KeyboardInterrupt())
    outcome = run("fail")
    assert outcome.code == 130
    assert outcome.err.endswith("code:  interrupted\n")


def test_an_exit_that_was_asked_for_keeps_its_code(run: Run, fail: Callable[..., None]) -> None:
    fail(SystemExit(4))
    assert run("fail") == Outcome(4, "", "")


PROGRAM = """
import sys, time, types
from vault.cli.frame import command_table, options
from vault.cli.frame.main import main
from vault.cli.frame.render import emit

@options.command(example="vault work")
def command(invocation):
    "Print much, or wait."
    {body}

module = types.ModuleType("vault.cli.commands.work")
module.command = command
sys.modules[module.__name__] = module
command_table.COMMANDS["work"] = command_table.Entry("work", "work")
sys.exit(main(["work"]))
"""


def write_program(tmp_path: Path, body: str) -> str:
    """Write a program with a command `work` of the given body; return how to run it."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM.format(body=body))
    return f'"{sys.executable}" "{path}"'


def test_output_piped_to_head_ends_quietly(shell: Run, tmp_path: Path) -> None:
    body = "emit(invocation, None, lambda _: (str(n) for n in range(10**6)))"
    program = write_program(tmp_path, body)
    outcome = shell(f'{program} | head -n 2; echo "${{PIPESTATUS[0]}}"')
    assert outcome.err == ""
    assert outcome.out == "0\n1\n141\n"


def test_help_into_a_closed_pipe_ends_quietly(shell: Run) -> None:
    assert shell("vault --help | true").err == ""


def test_a_full_disk_under_standard_output_is_told(shell: Run, tmp_path: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    outcome = shell("vault --help > /dev/full")
    assert outcome.code == 5
    assert outcome.err.endswith("code:  disk-full\n")


def test_a_signal_from_the_keyboard_ends_a_running_command(tmp_path: Path) -> None:
    body = "print('ready', flush=True); time.sleep(60)"
    write_program(tmp_path, body)
    process = subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in the background of a script inherit that it is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.splitlines()[2] == "code:  interrupted"


def test_a_terminal_that_is_not_utf8_gets_escapes(shell: Run) -> None:
    outcome = shell("vault 'größe'", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert outcome.code == 2
    assert "gr\\xf6\\xdfe" in outcome.err


@pytest.mark.parametrize(
    "line",
    ["vault status >&-", "vault log --json >&-", "vault export -o - >&-", "vault status >&- 2>&-"],
)
def test_a_closed_standard_output_is_no_reason_to_fail(
    line: str, shell: Callable[..., Outcome]
) -> None:
    made = """vault init -q && echo '{"text":"a"}' > a.jsonl && vault import -q a.jsonl"""
    outcome = shell(f"{made} && vault commit -q -m one && {line}")
    assert (outcome.code, outcome.out) == (0, "")
    assert "Traceback" not in outcome.err


def test_a_closed_standard_input_cannot_be_imported(shell: Callable[..., Outcome]) -> None:
    outcome = shell("vault init -q && vault import - <&-")
    assert (outcome.code, outcome.err.splitlines()[2]) == (2, "code:  no-stdin")


def test_stopping_while_the_program_loads_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from vault.__main__ import main as run_program

    class Stopped:
        def __getattr__(self, name: str) -> object:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "vault.cli.frame.main", Stopped())
    assert run_program() == 130
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "words",
    [
        ("commit", "-m", "a\udcff"),
        ("commit", "-m", "a", "--meta", "k=\udcff"),
        ("tag", "v1", "-m", "\udcff"),
        ("tag", "v\udcff"),
        ("show", "v\udcff"),
        ("import", "data.jsonl", "--map", "user=\udcff"),
    ],
)
def test_words_that_are_not_utf8_are_bad_usage(
    words: tuple[str, ...], run: Callable[..., Outcome], committed: Path
) -> None:
    outcome = run(*words)
    assert (outcome.code, outcome.err.splitlines()[2]) == (2, "code:  not-utf8")


@pytest.mark.parametrize("command", ["init", "import"])
def test_an_empty_path_is_named_as_one(
    command: str, run: Callable[..., Outcome], project: Path
) -> None:
    outcome = run(command, "")
    assert (outcome.code, outcome.err.splitlines()[2]) == (2, "code:  path-empty")


def test_on_a_terminal_notes_break_between_words(committed: Path) -> None:
    shown = _in_terminal(["branch", "-d", "main"], committed, columns=40)
    assert shown.splitlines() == [
        'error: HEAD is on "main", so it cannot',
        "       be deleted",
        "hint:  `vault switch` to another branch",
        "       first",
        "code:  branch-current",
    ]


def test_on_a_terminal_the_place_in_an_expression_stays_under_it(committed: Path) -> None:
    shown = _in_terminal(["query", "--where", "turns > 0 AND tokns > 3"], committed, columns=24)
    lines = shown.splitlines()
    at = lines.index("         turns > 0 AND tokns > 3")
    assert lines[at + 1].index("^") == lines[at].index("tokns")


def _in_terminal(words: list[str], folder: Path, *, columns: int) -> str:
    """Return what a command prints on a terminal of so many columns."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, "-m", "vault", *words],
        cwd=folder,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**environment, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
    )
    os.close(slave)
    shown = b""
    with suppress(OSError):  # how a terminal ends when the last program has left it
        while data := os.read(master, 4096):
            shown += data
    os.close(master)
    process.wait(30)
    return shown.decode().replace("\r\n", "\n")
