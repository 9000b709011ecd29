"""The real process is killed (SIGKILL) at random moments: before or after, and never in between."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.contract.source import ROOT
from tests.crash.commands import COMMANDS, Command, Judge
from tests.crash.conftest import Scene
from tests.crash.test_power_cuts import read_in, write_out

KILLS = 15
"""Kills of each command in every run of the tests; two hundred on demand."""

KILLED = [each for each in COMMANDS if each.name in ("import-update", "commit", "tag")]

PROGRAM = """
import sys
from pathlib import Path
import vault.operations.restage, vault.operations.carry_labels  # what takes long to import
from tests.crash.commands import COMMANDS
from vault.store.local import LocalBackend
name, place, folder = sys.argv[1:]
command = next(each for each in COMMANDS if each.name == name)
print("ready", flush=True)
sys.stdin.readline()
command.act(LocalBackend(Path(place)), Path(folder))
print("done", flush=True)
"""


class Victim:
    """A process that is about to run a command in its own copy of the repository."""

    def __init__(self, command: Command, scene: Scene, original: Path, top: Path) -> None:
        shutil.copytree(original, top)
        self.place = top / ".vault"
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, command.name, str(self.place), str(scene.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )

    def run(self, seconds: float | None) -> tuple[bool, float]:
        """Let it go, and kill it after some seconds; tell if it was done, and how long it took."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        start = time.monotonic()
        process.stdin.write(b"go\n")
        process.stdin.flush()
        if seconds is None:
            answer = process.stdout.readline()
        else:
            time.sleep(seconds)
            process.kill()
            answer = process.stdout.readline()
        took = time.monotonic() - start
        process.kill()
        process.communicate()
        return answer == b"done\n", took


def kills(command: Command, scene: Scene, folder: Path, number: int) -> Judge:
    """Kill a command that many times; the judge has seen what was left each time."""
    chance = random.Random(command.name)
    original = folder / "original"
    write_out(scene.before(command), original / ".vault")
    judge = Judge(command, scene.before(command), scene.folder)
    done, whole = Victim(command, scene, original, folder / "calm").run(None)
    assert done
    following = Victim(command, scene, original, folder / "0")
    for kill in range(number):
        victim = following
        # The next one starts up while this one is judged.
        following = Victim(command, scene, original, folder / str(kill + 1))
        seconds = chance.random() * whole * 1.1
        done, _ = victim.run(seconds)
        when = f"{command.name}, killed after {seconds * 1e3:.1f} of {whole * 1e3:.1f} ms"
        judge.look(read_in(victim.place), when, must="after" if done else None)
        shutil.rmtree(victim.place.parent)
    following.run(None)
    return judge


@pytest.mark.parametrize("command", KILLED, ids=lambda command: command.name)
def test_a_killed_command_leaves_before_or_after(
    command: Command, scene: Scene, tmp_path: Path
) -> None:
    assert kills(command, scene, tmp_path, KILLS).violations == []


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_that_is_killed_very_often_leaves_before_or_after(
    command: Command, scene: Scene, tmp_path: Path
) -> None:
    assert kills(command, scene, tmp_path, 200).violations == []
