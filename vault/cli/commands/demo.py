"""`vault demo`: the main job on bundled data, by the commands that a person would type."""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit
from vault.cli.show.terminal import paint
from vault.presentation.escaping import escape
from vault.presentation.shell_words import shown_words

FILES = ("round-1.jsonl", "round-2.jsonl")
"""The bundled data: support conversations, and the same after a week of corrections."""

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Make a repository, and bring in the first round of examples.", ("init",)),
    ("", ("import", "round-1.jsonl", "--source", "support")),
    ("Three lines could not be read. Nothing is lost: they wait with the reason.", ()),
    ("", ("quarantine", "list")),
    ("Record the round as a version, and give it a name.", ("commit", "-m", "round 1")),
    ("", ("tag", "v1")),
    (
        "A week later: answers were corrected, some examples went, others came.",
        ("import", "round-2.jsonl", "--source", "support", "--replace"),
    ),
    ("", ("diff",)),
    ("", ("commit", "-m", "round 2: corrected answers, new questions")),
    ("", ("log",)),
    (
        "Look for examples: expressions are SQL over text, fields and labels.",
        ("query", "--where", "data.metadata.topic = 'billing'", "--limit", "1"),
    ),
    ("Take some out. Every command can be taken back.", ("rm", "--where", "tokens > 45")),
    ("", ("undo",)),
    (
        "Hold some out for validation: what asks the same stays on one side.",
        ("split", "train=0.8", "validation=0.2", "--seed", "7"),
    ),
    ("", ("commit", "-m", "sides")),
    ("Write a file for each side. vault.lock lists where they are from.", ("export", "-o", "data")),
    ("", ("which", "data/train.jsonl")),
    (
        "Get back exactly the data of the first version, to train on it again.",
        ("checkout", "v1", "-o", "train.jsonl"),
    ),
)
"""What is said, and the command that follows it, if any."""


@options.command(example="vault demo\nvault demo --keep")
@click.option("--keep", is_flag=True, help="Keep the repository, to go on in it.")
def command(invocation: Invocation, keep: bool) -> None:
    """Show the main job on bundled data, in a temporary repository.

    Every command is printed before its output and is one that you can type yourself.
    """
    folder = Path(tempfile.mkdtemp(prefix="vault-demo-"))
    try:
        _copy_data(folder)
        if invocation.json or invocation.quiet:
            steps = list(_captured(folder))
        else:
            steps = []
            _show(folder)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    report = {"path": str(folder), "kept": keep, "steps": steps}
    emit(invocation, report, _next_steps)


def _copy_data(folder: Path) -> None:
    for name in FILES:
        data = files("vault").joinpath("demo", name).read_bytes()
        (folder / name).write_bytes(data)


def _show(folder: Path) -> None:
    for said, words in STEPS:
        if said:
            click.echo(paint(f"# {said}", dim=True))
        if words:
            click.echo(paint(f"$ {_typed(words)}", bold=True))
            _run(folder, words)
            click.echo()


def _captured(folder: Path) -> Iterator[Mapping[str, str]]:
    for _, words in STEPS:
        if words:
            with (
                contextlib.redirect_stdout(io.StringIO()) as output,
                contextlib.redirect_stderr(io.StringIO()),
            ):
                _run(folder, words)
            yield {"command": _typed(words), "output": output.getvalue()}


def _run(folder: Path, words: Sequence[str]) -> None:
    from vault.cli.frame.main import main

    code = main(["-C", str(folder), *words])
    sys.stdout.flush()
    if code:
        raise RuntimeError(f"`{_typed(words)}` ended with {code}")


def _typed(words: Sequence[str]) -> str:
    return shown_words(["vault", *words])


def _next_steps(report: Mapping[str, Any]) -> Iterator[str]:
    where = escape(report["path"])
    if report["kept"]:
        yield f"The repository is kept: `cd {where}` and try `vault status`."
    else:
        yield f"It all happened in {where}, which is removed again."
        yield "`vault demo --keep` keeps it."
    yield ""
    yield "What next, in a folder with data of your own:"
    yield ""
    yield "  vault init"
    yield "  vault import FILE        # .jsonl, .json, .csv or .parquet"
    yield '  vault commit -m "round 1"'
    yield "  vault help               # all commands"
