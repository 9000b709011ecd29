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

KILLS = 8
"""Kills of each command in every run of the tests; two hundred on demand."""

KILLED = [each for each in COMMANDS if each.name in ("import-update", "commit", "tag")]

PROGRAM = """
import shutil, sys, time
from pathlib import Path
from tests.crash.commands import COMMANDS
from tests.crash.test_power_cuts import read_in
from vault.store.local import LocalBackend
name, place, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
command = next(each for each in COMMANDS if each.name == name)
# Twice for practice: everything is loaded then, and the kills hit the work itself.
command.act(read_in(place), folder)
practice = place.with_name("practice")
shutil.copytree(place, practice)
start = time.monotonic()
command.act(LocalBackend(practice), folder)
print(time.monotonic() - start, flush=True)
sys.stdin.readline()
command.act(LocalBackend(place), folder)
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

    def run(self, part: float) -> bool:
        """Let it go, and kill it after some part of its time; tell if it said before: done."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        seconds = part * float(process.stdout.readline())
        process.stdin.write(b"go\n")
        process.stdin.flush()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass  # sleeping would be too coarse
        process.kill()
        return process.communicate()[0] == b"done\n"


def kills(command: Command, scene: Scene, folder: Path, number: int) -> list[str]:
    """Kill a command that many times; return what was wrong with what was left."""
    chance = random.Random(command.name)
    original = folder / "original"
    write_out(scene.before(command), original / ".vault")
    judge = Judge(command, scene.before(command), scene.folder)
    following = Victim(command, scene, original, folder / "0")
    for kill in range(number):
        victim = following
        # The next one starts up while this one is judged.
        following = Victim(command, scene, original, folder / str(kill + 1))
        part = chance.random() * 1.3
        done = victim.run(part)
        when = f"{command.name}, killed after {part:.3f} of its time"
        judge.look(read_in(victim.place), when, must="after" if done else None)
        shutil.rmtree(victim.place.parent)
    following.run(0)
    return judge.violations


@pytest.mark.parametrize("command", KILLED, ids=lambda command: command.name)
def test_a_killed_command_leaves_before_or_after(
    command: Command, scene: Scene, tmp_path: Path
) -> None:
    assert kills(command, scene, tmp_path, KILLS) == []


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_that_is_killed_very_often_leaves_before_or_after(
    command: Command, scene: Scene, tmp_path: Path
) -> None:
    assert kills(command, scene, tmp_path, 200) == []
