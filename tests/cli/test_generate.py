"""`vault generate` and `vault runs`, as typed: agreement, exit codes, what is told."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Outcome
from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import pair
from tests.support.recipes import recipe
from vault.generate.recipe.read_recipe import read_recipe
from vault.generate.recipe.starting import KINDS

Run = Callable[..., Outcome]


@pytest.fixture
def server(project: Path) -> Iterator[BillingServer]:
    """A server that answers with pairs, and `r.toml`, a recipe that asks it for nothing."""
    with BillingServer(Behaviour(content=pair)) as found:
        (project / "r.toml").write_bytes(recipe(found.base_url))
        yield found


def test_examples_are_staged_and_told(run: Run, server: BillingServer) -> None:
    outcome = run("generate", "r.toml", "-n", "3")
    assert outcome.code == 0
    first, tokens, staged = outcome.out.splitlines()
    assert first.endswith(": 3 requests, 3 answers, 3 of 3 accepted")
    assert tokens.endswith("; cost 0.00 USD")
    assert staged == "staged: 3 added; the next commit would have 3 examples"
    assert "`vault diff` shows what is staged" in outcome.err


def test_a_run_that_falls_short_says_why_and_goes_on(run: Run, server: BillingServer) -> None:
    outcome = run("generate", "r.toml", "-n", "3", "--max-requests", "2")
    assert outcome.code == 1
    assert "stopped: all requests that --max-requests allows were sent" in outcome.out
    assert "generate --resume" in run("status").out
    resumed = run("generate", "--resume", "--max-requests", "9")
    assert resumed.code == 0
    assert ": 3 requests, 3 answers, 3 of 3 accepted" in resumed.out
    assert "generate --resume" not in run("status").out
    assert len(server.ledger.entries) == 3


def test_a_batch_is_submitted_and_fetched(run: Run, server: BillingServer) -> None:
    server.desk.manners.pending = 1
    first = run("generate", "r.toml", "-n", "3", "--batch")
    assert first.code == 0
    assert "batch batch_1 is at the endpoint: 3 requests without an answer" in first.out
    assert "stopped:" not in first.out and "possibly billed:" not in first.out
    assert "fetches the answers" in first.err
    assert "waiting: 3 requests without an answer yet" in run("runs", "show", _run_of(run)).out
    assert run("generate", "--resume").code == 0
    assert server.ledger.entries == []
    last = run("generate", "--resume")
    assert (last.code, "3 of 3 accepted" in last.out) == (0, True)


def test_a_batch_that_is_short_says_how_to_go_on(run: Run, server: BillingServer) -> None:
    server.desk.manners.does = 1
    run("generate", "r.toml", "-n", "3", "--batch")
    short = run("generate", "--resume")
    assert short.code == 1
    assert "stopped: the batch made fewer examples than were asked for" in short.out
    assert "--batch` submits the rest" in short.err


def test_a_server_without_batches_is_bad_input(run: Run, server: BillingServer) -> None:
    server.desk.manners.is_there = False
    outcome = run("generate", "r.toml", "-n", "3", "--batch")
    assert (outcome.code, "takes no batches" in outcome.err) == (2, True)
    assert run("runs").out.strip() == "no model runs yet"


def _run_of(run: Run) -> str:
    return str(json.loads(run("runs", "--json").out)["items"][0]["run"])


def test_a_price_is_agreed_to_before_anything_is_sent(run: Run, server: BillingServer) -> None:
    text = recipe(server.base_url, price='price = "table"')
    Path("r.toml").write_bytes(text)
    outcome = run("generate", "r.toml", "-n", "3")
    assert outcome.code == 4
    assert "3 examples from m may take 3 to 59 requests" in outcome.err
    assert "the price of m is unknown" in outcome.err
    assert "--budget-tokens" in outcome.err
    assert server.ledger.entries == []
    assert run("generate", "r.toml", "-n", "3", "--budget", "1").code == 2
    assert server.ledger.entries == []
    assert run("generate", "r.toml", "-n", "3", "--budget-tokens", "100000").code == 0
    assert run("generate", "r.toml", "-n", "3", "--yes").code == 0


@pytest.mark.parametrize(("typed", "code", "sent"), [("y", 0, 2), ("n", 130, 0)])
def test_a_person_is_asked_about_the_price(
    server: BillingServer, typed: str, code: int, sent: int
) -> None:
    Path("r.toml").write_bytes(recipe(server.base_url, price='price = "table"'))
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "vault", "generate", "r.toml", "-n", "2"]
    os.write(ours, f"{typed}\n".encode())
    outcome = subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=60)
    os.close(ours)
    os.close(theirs)
    assert "Go on? [y/N]" in outcome.stderr
    assert outcome.returncode == code, outcome.stderr
    assert len(server.ledger.entries) == sent


def test_an_endpoint_that_refuses_is_told_in_its_words(run: Run, project: Path) -> None:
    with BillingServer(Behaviour(rates={"401": 1.0})) as refusing:
        Path("r.toml").write_bytes(recipe(refusing.base_url))
        outcome = run("generate", "r.toml", "-n", "2")
    assert outcome.code == 5
    assert "http-401" in outcome.out
    assert "This is error 401." in outcome.out
    assert "stopped: the endpoint refused" in outcome.out


def test_control_c_waits_for_answers_and_goes_on(run: Run, project: Path) -> None:
    behaviour = Behaviour(content=pair, delay_seconds=0.3)
    with BillingServer(behaviour) as slow:
        Path("r.toml").write_bytes(recipe(slow.base_url))
        command = [sys.executable, "-m", "vault", "generate", "r.toml", "-n", "30", "--json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        while len(slow.ledger.entries) < 2:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        sent = len(slow.ledger.entries)
    report = json.loads(out)
    assert process.returncode == 130
    assert report["stopped"] == "interrupted"
    assert report["answers"] == report["accepted"] == report["staged"] == sent
    assert report["possibly_billed"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_recipe_to_begin_with_can_be_read(run: Run, project: Path, kind: str) -> None:
    assert run("generate", "--new", "new.toml", "--kind", kind).code == 0
    read_recipe(Path("new.toml").read_bytes(), "new.toml")
    assert run("generate", "--new", "new.toml").code == 4


def test_requests_are_shown_and_exported(run: Run, server: BillingServer) -> None:
    assert run("runs").out == "no model runs yet\n"
    name = json.loads(run("generate", "r.toml", "-n", "2", "--json").out)["run"]
    assert name in run("runs").out
    assert "2 requests, 2 answers, 2 examples accepted" in run("runs", "show", name).out
    shown = run("runs", "show", name, "--request", "2").out
    assert "sent:" in shown and '"max_tokens":60' in shown and "received:" in shown
    lines = [json.loads(each) for each in run("runs", "export", name).out.splitlines()]
    assert [each["state"] for each in lines] == ["accepted", "accepted"]
    assert run("runs", "show", name, "--request", "3").code == 3
    assert run("runs", "show", "20260101-none").code == 3
    assert run("runs", "show").code == 2
    assert run("runs", "drop").code == 2


def test_what_generate_needs_is_told(run: Run, project: Path) -> None:
    assert "`vault generate --new" in run("generate").err
    assert run("generate", "none.toml", "--yes").code == 3
    Path("bad.toml").write_text("[model]\n")
    outcome = run("generate", "bad.toml", "--yes")
    assert outcome.code == 2
    assert "model.max_tokens is missing" in outcome.err
    assert run("generate", "--kind", "tools").code == 2
    assert run("generate", "bad.toml", "--budget", "much").code == 2
