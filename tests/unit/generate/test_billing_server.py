"""The billing server as a process of its own, which outlives its client."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.contract.source import ROOT
from tests.support.asking import Texts, asked, prices
from vault.generate.answers import AnswerState
from vault.generate.endpoint import Endpoint


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a server that drops the answer to one text."""
    command = [sys.executable, "-m", "tests.support.billing_server", "--port", "0", "--seed", "5"]
    command += ["--script", json.dumps({"b": ["drop"], "c": ["429:1", "500"]})]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.kill()


def fetched(address: str) -> Any:
    """Return the JSON at an address."""
    with urllib.request.urlopen(address, timeout=10) as response:
        return json.load(response)


def test_the_ledger_of_a_process_says_what_was_billed(address: str) -> None:
    source = Texts("abc")
    end = asked(source, Endpoint(f"{address}/v1", "tiny", prices=prices()))
    ledger = fetched(f"{address}/ledger")
    billed = {each["text"]: each["billed"] for each in ledger["requests"]}
    assert billed == {"a": True, "b": True, "c": True} and len(ledger["requests"]) == 5
    states = {text: answer.state for text, answer in source.answers.items()}
    assert states["a"] is states["c"] is AnswerState.RECEIVED
    assert states["b"] is AnswerState.POSSIBLY_BILLED
    known = sum(answer.cost or 0 for answer in source.answers.values())
    assert end.spent.cost == known >= Decimal(ledger["billed"]) > 0
    assert fetched(f"{address}/v1/models")["data"][0]["id"] == "tiny"
