"""`vault generate --batch`, killed while it asks: nothing is lost, and nothing is sent twice."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest

from tests.support.billing_server import Behaviour, BillingServer
from tests.support.generated import PRICES, pair
from tests.support.library import Library
from tests.support.recipes import recipe


def _run(library: Library, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "vault", "generate", *words]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=library.folder, **quiet)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/files"),
        ("POST", "/v1/batches"),
        ("GET", "/v1/batches/batch_1"),
        ("GET", "/v1/files/file-2/content"),
    ],
)
def test_a_killed_batch_is_taken_up_again(library: Library, method: str, path: str) -> None:
    (library.folder / "prices.toml").write_text(PRICES + "batch = 0.5\n", encoding="utf-8")
    (library.folder / "vault.toml").write_text('[generate]\nprices = "prices.toml"\n')
    running: list[subprocess.Popen[bytes]] = []
    deaths = 0

    def at(*served: str) -> None:
        nonlocal deaths
        if served == (method, path) and not deaths:
            deaths += 1
            running[-1].kill()
            running[-1].wait()

    with BillingServer(Behaviour(content=pair)) as server:
        server.desk.manners.at = at
        text = recipe(server.base_url, price='price = "table"')
        (library.folder / "r.toml").write_bytes(text)
        codes: list[int] = []
        words = ["r.toml", "-n", "5", "--yes", "--batch"]
        while codes[-1:] != [0] or library.repository.runs().items[0].state == "submitted":
            running.append(_run(library, *words))
            codes.append(running[-1].wait())
            assert len(codes) < 6
            words = ["--resume", "--batch"]
        assert deaths == 1 and -9 in codes
        assert len(server.desk.batches) == 1
        assert len(server.ledger.entries) == 5
        (run,) = library.repository.runs().items
        assert Decimal(run.cost.known or "nan") == server.ledger.billed
        assert run.cost.possibly == "0"
    assert (run.state, run.accepted, len(library.records())) == ("finished", 5, 5)
    assert library.repository.fsck().problems == ()
