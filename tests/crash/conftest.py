"""The small repository that every crash begins with, and the files beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.crash.commands import COMMANDS, INIT, Command, prepare
from tests.support.repositories import copy_of
from vault.store.memory import MemoryBackend


@dataclass(frozen=True)
class Scene:
    """A folder with files to read, and the repository as it is before a command."""

    folder: Path
    full: MemoryBackend

    def before(self, command: Command) -> MemoryBackend:
        """Return a copy of what a command finds: nothing yet for `init`."""
        return MemoryBackend() if command is INIT else copy_of(self.full)


@pytest.fixture(scope="package")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """One scene for all tests: nobody changes it."""
    folder = tmp_path_factory.mktemp("scene")
    return Scene(folder, prepare(folder))


@pytest.fixture(params=[*COMMANDS, INIT], ids=lambda command: command.name)
def command(request: pytest.FixtureRequest) -> Command:
    """Each command in turn."""
    made: Command = request.param
    return made
