"""The power fails at every write of a command: what was acknowledged is there afterwards.

A cut at a read leaves what the write before it left. A few commands of each kind are cut in every
run, all of them with `-m slow`.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.crash.commands import COMMANDS, FEW, INIT, Command, Judge, named
from tests.crash.conftest import Scene
from tests.support.disk import Crash, Disk
from tests.support.faulty_backend import Fault, FaultyBackend, PowerBackend, PowerPlace
from tests.support.repositories import opened
from vault.store.local import LocalBackend
from vault.store.memory import MemoryBackend

LOSSES: dict[str, Callable[[int], Callable[[str], bool]]] = {
    "all": lambda number: lambda name: True,
    "some": lambda number: lambda name: random.Random(f"{number} {name}").random() < 0.5,
    "entries-last": lambda number: lambda name: not name.startswith("operations/"),
}
"""Which of the names that were not synced are lost, by the number of the call."""


def cuts(command: Command, scene: Scene, losses: str, **broken: bool) -> list[str]:
    """Cut the power at every write of a command; return what went wrong."""
    judge = Judge(command, scene.before(command), scene.folder)
    for number in count(1):
        place = PowerPlace(scene.before(command)._held)
        faulty = crashing(PowerBackend(place, **broken), number)
        done = acted(command, faulty, scene)
        left = place.cut(LOSSES[losses](number))
        when = f"{command.name}, power cut at call {number}"
        judge.look(left, when, must="after" if done else None)
        if done:
            return judge.violations
    raise AssertionError("a command makes a finite number of calls")


def acted(command: Command, backend: FaultyBackend, scene: Scene) -> bool:
    """Run a command; tell whether it came to its end."""
    try:
        command.act(backend, scene.folder)
    except Crash:
        return False
    return True


@pytest.mark.parametrize("losses", LOSSES)
@pytest.mark.parametrize("name", FEW)
def test_a_power_cut_leaves_before_or_after(losses: str, name: str, scene: Scene) -> None:
    assert cuts(named(name), scene, losses) == []


@pytest.mark.slow
@pytest.mark.parametrize("losses", LOSSES)
def test_a_power_cut_in_any_command_leaves_before_or_after(
    losses: str, command: Command, scene: Scene
) -> None:
    assert cuts(command, scene, losses) == []


@pytest.mark.parametrize("name", FEW)
def test_a_program_that_forgets_to_sync_is_noticed(name: str, scene: Scene) -> None:
    assert cuts(named(name), scene, "all", syncs=False)


def crashing(backend: PowerBackend, number: int) -> FaultyBackend:
    """Return a backend whose process ends before that write."""
    return FaultyBackend(backend, Fault.CRASH_BEFORE, number, only_writes=True)


def retried(command: Command, scene: Scene, **broken: bool) -> list[str]:
    """Kill a command at every write, run it again to its end, then cut the power."""
    judge = Judge(command, scene.before(command), scene.folder)
    for number in count(1):
        place = PowerPlace(scene.before(command)._held)
        first = crashing(PowerBackend(place, **broken), number)
        if acted(command, first, scene):
            return judge.violations
        try:
            command.act(PowerBackend(place, **broken), scene.folder)
        except command.answers_again:
            continue  # the first run had done it all, and nobody was told
        judge.look(place.cut(), f"{command.name}, again after call {number}", must="after")
    raise AssertionError("a command makes a finite number of calls")


@pytest.mark.parametrize("name", FEW)
def test_a_command_that_was_killed_and_run_again_survives_a_power_cut(
    name: str, scene: Scene
) -> None:
    assert retried(named(name), scene) == []


@pytest.mark.slow
def test_every_command_that_was_killed_and_run_again_survives_a_power_cut(
    command: Command, scene: Scene
) -> None:
    assert retried(command, scene) == []


@pytest.mark.parametrize("losses", LOSSES)
def test_an_entry_of_a_dead_writer_lasts_before_another_follows_it(
    losses: str, scene: Scene
) -> None:
    first = next(each for each in COMMANDS if each.name == "tag")
    second = Command("tag-next", lambda backend, folder: opened(backend, folder).tag("v9"))
    for killed in range(1, 6):
        for cut in count(1):
            place = PowerPlace(scene.full._held)
            acted(first, crashing(PowerBackend(place), killed), scene)
            again = crashing(PowerBackend(place), cut)
            done = acted(second, again, scene)
            left = place.cut(LOSSES[losses](killed * 100 + cut))
            assert opened(left).fsck().ok, (killed, cut)
            if done:
                assert "v9" in {tag.name for tag in opened(left).tags().tags}, killed
                break


def test_a_program_that_does_not_sync_what_a_dead_one_left_is_noticed(scene: Scene) -> None:
    assert retried(COMMANDS[0], scene, claims=False)


def on_disk(
    command: Command, scene: Scene, folder: Path, *, loses_syncs: bool = False
) -> list[str]:
    """Cut the power at every system call by which a command changes its folder."""
    judge = Judge(command, scene.before(command), scene.folder)
    original = folder / "original"
    write_out(scene.before(command), original / ".vault")
    for number in count(1):
        top = folder / "copy"
        shutil.copytree(original, top)
        disk = Disk(top, crash_at=number, loses_syncs=loses_syncs)
        done = True
        with pytest.MonkeyPatch.context() as patch:
            disk.watch(patch)
            try:
                command.act(LocalBackend(top / ".vault"), scene.folder)
            except Crash:
                done = False
        disk.cut()
        when = f"{command.name}, power cut at system call {number}"
        judge.look(read_in(top / ".vault"), when, must="after" if done else None)
        shutil.rmtree(top)
        if done:
            return judge.violations
    raise AssertionError("a command makes a finite number of calls")


def write_out(backend: MemoryBackend, folder: Path) -> None:
    """Write everything that a backend holds into a folder."""
    folder.parent.mkdir()
    for name, data in backend._held.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def read_in(folder: Path) -> MemoryBackend:
    """Return everything that a folder holds."""
    made = MemoryBackend()
    made._held = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }
    return made


@pytest.mark.parametrize("name", FEW)
def test_a_power_cut_at_any_system_call_leaves_before_or_after(
    name: str, scene: Scene, tmp_path: Path
) -> None:
    assert on_disk(named(name), scene, tmp_path) == []


@pytest.mark.slow
def test_a_power_cut_at_any_system_call_of_any_command_leaves_before_or_after(
    command: Command, scene: Scene, tmp_path: Path
) -> None:
    assert on_disk(command, scene, tmp_path) == []


@pytest.mark.parametrize("command", [COMMANDS[0], INIT], ids=["import", "init"])
def test_a_disk_that_only_pretends_to_sync_is_noticed(
    command: Command, scene: Scene, tmp_path: Path
) -> None:
    assert on_disk(command, scene, tmp_path, loses_syncs=True)
