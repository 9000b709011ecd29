"""Checking model runs: the objects that views name, and the folders of those under way."""

from __future__ import annotations

from pathlib import Path

from vault.errors import Corrupt, NotFound
from vault.layout import RUNS
from vault.objects.digest import Digest
from vault.objects.log.view import Run, View
from vault.operations.upkeep.object_reader import ObjectReader
from vault.operations.upkeep.problems import Problems


class RunClaims:
    """Objects of model runs, and what views say of each: the operation, the name, and the run."""

    def __init__(self) -> None:
        self._claims: dict[Digest, dict[tuple[str, Run], str]] = {}

    def add(self, view: View, operation: str) -> None:
        """Add the runs of a view; what several views say is kept once."""
        for name, run in view.runs.items():
            if run.object is not None:
                self._claims.setdefault(run.object, {}).setdefault((name, run), operation)

    def check(self, reader: ObjectReader, problems: Problems) -> None:
        """Check that each object is a run with all its rows, and the run that views say it is."""
        for digest, claims in self._claims.items():
            data = reader.read(digest, "a model run")
            # What stands for one that was erased need not be a run.
            if data is None or not reader.is_there(digest):
                continue
            with problems.caught(digest):
                _check_object(data, claims, problems)


def _check_object(data: bytes, claims: dict[tuple[str, Run], str], problems: Problems) -> None:
    from vault.objects.model_run.run_object import decode_about, decode_rows

    about = decode_about(data)
    for (name, run), operation in claims.items():
        if about.run != name:
            message = f'its object of the run "{name}" is of the run "{about.run}"'
            problems.add("run-name-wrong", operation, message)
        missing = [each for each in about.names() if each not in run.names]
        if missing:
            message = f'the run "{name}" needs {missing[0]}, which is not among its names'
            problems.add("run-names-incomplete", operation, message)
    for _ in decode_rows(data):
        pass  # each is checked as it is read


def check_run_folders(vault: Path, problems: Problems) -> None:
    """Check the folder of each run under way below the folder `.vault`."""
    from vault.store.run_folder import RunFolder

    with problems.caught(RUNS):
        for run in RunFolder.names(vault):
            with problems.caught(f"run {run}"):
                try:
                    _check_folder(vault, run)
                except Corrupt:
                    # A writer that took back what did not fit may have been met in the middle.
                    _check_folder(vault, run)


def _check_folder(vault: Path, run: str) -> None:
    from vault.store.run_folder import RunFolder
    from vault.store.run_ledger import RunLedger

    try:
        with RunFolder.read(vault, run) as folder:
            RunLedger(folder)
            folder.files()
    except NotFound:
        pass  # its run has ended since
