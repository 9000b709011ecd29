"""Runs of models that are killed while they ask, and what the server billed for them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal

from tests.support.billing_server import BillingServer, Entry
from tests.support.library import Library


def started(library: Library, command: str, *words: str) -> subprocess.Popen[bytes]:
    """Start a command as a process of its own, in the folder of a library."""
    whole = [sys.executable, "-m", "vault", command, *words]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(whole, cwd=library.folder, **quiet)  # type: ignore[call-overload, no-any-return]


def killed_after(process: subprocess.Popen[bytes], server: BillingServer, more: int) -> bool:
    """Kill a process once the server has so many more requests; return whether it still ran."""
    wanted = len(server.ledger.entries) + more
    while len(server.ledger.entries) < wanted:
        if process.poll() is not None:
            return False
        time.sleep(0.001)
    process.kill()
    process.wait()
    return True


def assert_accounted(library: Library, billed: list[Entry]) -> None:
    """Assert that every bill has its request in the run, and no request has two."""
    (run,) = library.repository.runs().items
    requests = list(library.repository.requests_of(run.run))
    known = Counter(each.body for each in requests if each.state != "planned")
    bills = Counter(each.body for each in billed)
    assert bills.keys() <= known.keys()
    for body, count in bills.items():
        assert count <= known[body], "an answer was bought twice"
    answered = [each for each in requests if each.answer is not None]
    lost = [each for each in requests if each.state == "possibly-billed"]
    assert len(answered) <= len(billed) <= len(answered) + len(lost)
    cost = sum((Decimal(each.cost or 0) for each in answered), Decimal(0))
    most = cost + sum((Decimal(each.cost or 0) for each in lost), Decimal(0))
    total = sum((each.cost for each in billed), Decimal(0))
    assert cost <= total <= most
