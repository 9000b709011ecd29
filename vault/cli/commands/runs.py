"""`vault runs`: model runs, what they cost, and every request of one."""

from __future__ import annotations

import os

import click

from vault.cli.frame import options
from vault.cli.frame.invocation import Invocation
from vault.cli.frame.render import emit, emit_json_lines, hint
from vault.cli.show.model_runs.generate_text import request_lines, run_lines, runs_lines
from vault.errors import InvalidInput

_WORDS = ("list", "show", "export", "cancel")


@options.command(
    example="vault runs\n"
    "vault runs show 20261130-1f3a90c1\n"
    "vault runs show 20261130-1f3a90c1 --request 17\n"
    "vault runs export 20261130-1f3a90c1 > run.jsonl"
)
@click.argument("word", metavar="[list|show|export|cancel]", default="list")
@click.argument("run", metavar="[RUN]", required=False)
@click.option(
    "--request", type=click.IntRange(min=1), metavar="K", help="With show: one request, whole."
)
def command(invocation: Invocation, word: str, run: str | None, request: int | None) -> None:
    """Show what models were asked and what it cost: all runs, one of them, or one request.

    `export` writes each request of a run with its body, its answer, its cost and what became of it
    as JSON Lines; `cancel` gives a run up that may go on, and its batch at the endpoint.
    """
    if word not in _WORDS:
        raise InvalidInput(
            f'"{word}" is nothing that `runs` does',
            code="word-unknown",
            hint=f"use one of {', '.join(_WORDS)}",
        )
    repository = invocation.repository(writing=word == "cancel")
    if word == "list":
        emit(invocation, repository.runs(), runs_lines)
        return
    if run is None:
        raise InvalidInput(
            f"`runs {word}` needs a run", code="run-missing", hint="`vault runs` lists them"
        )
    if word == "export":
        emit_json_lines(invocation, repository.requests_of(run))
    elif word == "cancel":
        emit(invocation, repository.cancel_run(run, environment=dict(os.environ)), run_lines)
    elif request is not None:
        emit(invocation, repository.request(run, request), request_lines)
    else:
        emit(invocation, repository.run(run), run_lines)
        hint(invocation, f"`vault runs export {run}` writes every request and answer")
