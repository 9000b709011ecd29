"""Model runs to test with: what they say of themselves, requests, and a journal to damage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vault.objects.digest import digest_of
from vault.objects.model_run.about import AskedModel, PriceList, RecipeFile, RunAbout
from vault.objects.model_run.request import RequestState, RunRow
from vault.store.request_lines import (
    PlannedRequest,
    answered_line,
    batch_line,
    decided_line,
    sent_line,
)
from vault.store.run_folder import RunFolder
from vault.store.run_ledger import RunLedger

NOW = "2026-01-02T03:04:05Z"
RUN = "20260102-5f3a90c1"
RECIPE = b"seed = 7\n"
USAGE = {"prompt": 12, "cached": None, "reasoning": 0, "completion": 7, "estimated": False}
PRICES = PriceList(currency="USD", date="2025-12-01", per=1_000_000, prompt="0.15", batch="0.5")


def clock() -> str:
    """Return a time that never changes."""
    return NOW


def about(run: str = RUN, **others: Any) -> RunAbout:
    """Return the description of a run with a recipe."""
    said: dict[str, Any] = {
        "kind": "generate",
        "program": "vault 0.4.0",
        "models": (AskedModel("small", "http://127.0.0.1:8000/v1", PRICES),),
        "recipe": RecipeFile("recipe.toml", digest_of(RECIPE)),
        **others,
    }
    return RunAbout(run=run, **said)


def row(request: int, state: str = "accepted", **others: Any) -> RunRow:
    """Return a row of a run object, with an answer unless it says another."""
    said: dict[str, Any] = {"sample": 0, "body": f'{{"n": {request}}}', "answer": b"{}", **others}
    return RunRow(request=request, state=state, **said)


def planned(*numbers: int) -> list[PlannedRequest]:
    """Return requests of these numbers."""
    return [PlannedRequest(each, 0, f'{{"n": {each}}}') for each in numbers]


def vault_in(folder: Path) -> Path:
    """Make a folder `.vault` and return it."""
    vault = folder / ".vault"
    vault.mkdir(exist_ok=True)
    return vault


def new_folder(vault: Path, run: str = RUN) -> RunFolder:
    """Make the folder of a run, opened to append."""
    return RunFolder.create(vault, about(run), [RECIPE], clock=clock)


def full_run(vault: Path, run: str = RUN) -> Path:
    """Make a run whose requests are in every state but `sent`; return its folder, closed."""
    with new_folder(vault, run) as folder:
        ledger = RunLedger.open(folder)
        ledger.plan(planned(*range(1, 8)))
        ledger.append([sent_line(each, "0.25") for each in range(2, 8)])
        for number in (2, 3, 4):
            answer = b"\xff\x00" if number == 2 else f"answer {number}\n".encode()
            ledger.append(
                [answered_line(number, RequestState.RECEIVED, answer, usage=USAGE, cost="0.1")]
            )
        ledger.append([answered_line(5, RequestState.FAILED, None, reason="http-400", cost="0")])
        ledger.append([answered_line(6, RequestState.POSSIBLY_BILLED, None)])
        ledger.append([decided_line(3, RequestState.ACCEPTED)])
        ledger.append([decided_line(4, RequestState.REJECTED, "echo")])
        ledger.append([batch_line("batch_1", "submitted", [7])])
        ledger.set_state("submitted")
    return folder.path


def states(ledger: RunLedger) -> dict[int, str]:
    """Return the state of each request of a ledger."""
    return {each.request: each.state for each in ledger.statuses()}


def changed(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change the bytes of a file."""
    path.write_bytes(change(path.read_bytes()))


def without_line(number: int) -> Callable[[bytes], bytes]:
    """Return a change that leaves a line out."""

    def change(data: bytes) -> bytes:
        lines: Sequence[bytes] = data.splitlines(keepends=True)
        return b"".join([*lines[: number - 1], *lines[number:]])

    return change
