"""`vault dedupe --engine ray=ADDRESS`: a running cluster is joined, and left running."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Outcome, chat, write_lines
from tests.support.naive_dedupe import corpus
from tests.support.ray_head import asking_for, ray_head

Run = Callable[..., Outcome]

pytestmark = pytest.mark.ray

TOKEN = "0123456789abcdef" * 4


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of a cluster that asks for a token."""
    ray = pytest.importorskip("ray", reason="the extra [ray] is not installed")
    if not hasattr(ray.exceptions, "AuthenticationError"):
        pytest.skip("this Ray knows no tokens")
    with ray_head(TOKEN) as address:
        yield address


def dedupe(folder: Path, engine: str, *others: str, **environment: str) -> Outcome:
    """Run `vault dedupe` as a shell would: a program joins one cluster at most."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    # Ray tries to get in once a second; a token lies in no folder but these.
    quick = {"RAY_NUM_REDIS_GET_RETRIES": "2", "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-m", "vault", "dedupe", "--yes", "--engine", engine, *others],
        cwd=folder,
        env={**own, **quick, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Outcome(result.returncode, result.stdout, result.stderr)


@pytest.fixture
def given(project: Path, run: Run) -> Path:
    """A repository with duplicates on its stage."""
    write_lines(project / "more.jsonl", [chat("why", each) for each in corpus(60, seed=5)])
    assert run("import", "more.jsonl").code == 0
    return project


def test_a_cluster_that_is_joined_finds_what_this_machine_finds(
    given: Path, run: Run, address: str
) -> None:
    wanted = dedupe(given, "local", "--dry-run", "--jsonl")
    assert len(wanted.out.splitlines()) > 1
    for _ in range(2):  # it is there for the next command, too
        joined = dedupe(given, f"ray={address}", "--dry-run", "--jsonl", **asking_for(TOKEN))
        assert joined == wanted
    assert dedupe(given, f"ray={address}", **asking_for(TOKEN)).code == 0
    removed = json.loads(run("removed", "--json").out)["items"]
    assert len(removed) == len(wanted.out.splitlines())


@pytest.mark.parametrize(
    "environment", [{}, asking_for("f" * 64), {"RAY_AUTH_MODE": "token"}], ids=len
)
def test_without_its_token_the_hint_says_how_to_give_it(
    given: Path, address: str, environment: dict[str, str]
) -> None:
    outcome = dedupe(given, f"ray={address}", **environment)
    assert outcome.code == 5
    error, hint, name = outcome.err.splitlines()[-3:]
    assert error.startswith(f'error: no Ray cluster answers at "{address}": ')
    assert "RAY_AUTH_MODE=token RAY_AUTH_TOKEN=" in hint
    assert name == "code:  engine-unreachable"
