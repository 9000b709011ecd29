"""A Ray cluster that was started with `ray start`, in processes and a folder of its own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.contract.source import ROOT

START_SECONDS = 90.0
ROUNDS = 40

_ADDRESS = re.compile(r"ray start --address='([^']+)'")


@contextlib.contextmanager
def ray_head(token: str) -> Iterator[str]:
    """Start a cluster of one core that asks for a token, and yield its address.

    `ray stop` would end every cluster of this machine, so the processes are ended as one group;
    workers are groups of their own, and end when the process is gone that started them.
    """
    # Not pytest's folder: the path of a socket has room for about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        said = Path(folder, "said.txt")
        with said.open("wb") as out:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"),
                    *("--port=0", "--dashboard-agent-listen-port=0", "--num-cpus=1"),
                    *(f"--temp-dir={folder}/ray", f"--object-store-memory={80 << 20}"),
                    *("--include-dashboard=false", "--disable-usage-stats"),
                ],
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env={**os.environ, **asking_for(token), "PYTHONPATH": str(ROOT)},
                start_new_session=True,
            )
        try:
            yield _address(process, said)
        finally:
            _end(process)


def asking_for(token: str) -> dict[str, str]:
    """Return the environment of those who know the token."""
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        found = _ADDRESS.search(said.read_text(errors="replace"))
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"no cluster was started: {said.read_text(errors='replace')}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End all processes of the cluster, also those that are made meanwhile."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        for _ in range(ROUNDS):
            os.killpg(process.pid, signal.SIGKILL)
            process.poll()
            time.sleep(0.05)
