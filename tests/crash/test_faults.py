"""A fault at the n-th write to the store, for every n: wholly done or not at all.

Every command crashes at each of its writes in every run. The other faults hit a few commands of
each kind, all of them with `-m slow`, which also lets every read fail.
"""

from __future__ import annotations

from itertools import count

import pytest

from tests.crash.commands import COMMANDS, FEW, Command, Judge, named
from tests.crash.conftest import Scene
from tests.support.disk import Crash
from tests.support.faulty_backend import CRASHES, Fault, FaultyBackend, PowerBackend, PowerPlace
from vault.errors import StorageFailed

READ_FAULTS = (Fault.ERROR,)
"""Faults that a read can have; a process that dies at a read leaves what the write before left."""


def faults(
    command: Command, scene: Scene, fault: Fault, *, at_reads: bool = False, **broken: bool
) -> list[str]:
    """Commit one fault at every write of a command, one run each; return what went wrong.

    And at every read, if told so. `broken` are the options of a `PowerBackend` that make it a bad
    one.
    """
    judge = Judge(command, scene.before(command), scene.folder)
    for number in count(1):
        place = PowerPlace(scene.before(command)._held)
        power = PowerBackend(place, **broken)
        faulty = FaultyBackend(power, fault, number, only_writes=not at_reads)
        when = f"{command.name}, {fault.name} at call {number}"
        must: str | None = "after"
        try:
            command.act(faulty, scene.folder)
        except Crash:
            must = None
        except StorageFailed as error:
            must = None if error.code == "outcome-unknown" else "before"
            if fault in CRASHES:
                judge.violations.append(f"{when}: {error.message}")
        # A failed `init` may have made the repository: there is nothing before to go back to.
        judge.look(place.left(), when, must=None if command.name == "init" else must)
        if faulty.calls < number:
            return judge.violations
    raise AssertionError("a command makes a finite number of calls")


def test_a_crash_at_any_write_leaves_before_or_after_and_the_command_can_be_run_again(
    command: Command, scene: Scene
) -> None:
    assert faults(command, scene, Fault.CRASH_BEFORE) == []


@pytest.mark.parametrize("fault", [each for each in Fault if each is not Fault.CRASH_BEFORE])
@pytest.mark.parametrize("name", FEW)
def test_a_fault_at_any_write_leaves_before_or_after(fault: Fault, name: str, scene: Scene) -> None:
    assert faults(named(name), scene, fault) == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", Fault)
def test_a_fault_at_any_call_leaves_before_or_after(
    fault: Fault, command: Command, scene: Scene
) -> None:
    assert faults(command, scene, fault, at_reads=fault in READ_FAULTS) == []


@pytest.mark.parametrize("command", COMMANDS[:1], ids=["import"])
def test_entries_that_are_published_before_their_objects_are_noticed(
    command: Command, scene: Scene
) -> None:
    assert faults(command, scene, Fault.CRASH_BEFORE, reorders=True)


def test_a_store_that_overwrites_what_it_holds_is_noticed(scene: Scene) -> None:
    class Careless(PowerBackend):
        """Truncates before it writes, as a program without temporary files does."""

        def put_if_absent(self, name: str, data: bytes) -> bool:
            made = super().put_if_absent(name, data[: len(data) // 2])
            self._held[name] = data
            return made

    judge = Judge(COMMANDS[0], scene.before(COMMANDS[0]), scene.folder)
    for number in range(1, 60):
        place = PowerPlace(scene.full._held)

        class Torn(FaultyBackend):
            """Ends the process in the middle of a write without a temporary name."""

            def put_if_absent(self, name: str, data: bytes) -> bool:
                if self.calls + 1 == self._at:
                    self.inner.put_if_absent(name, data[: len(data) // 2])
                return super().put_if_absent(name, data)

        try:
            COMMANDS[0].act(Torn(PowerBackend(place), Fault.CRASH_BEFORE, number), scene.folder)
        except Crash:
            judge.look(place.left(), f"call {number}")
    assert judge.violations
