"""The frozen repositories: copies of them, in a folder or in memory."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.plain_reader import PlainDataset, PlainReader
from vault.store.memory import MemoryBackend

REPOSITORIES = Path(__file__).resolve().parents[2] / "fixtures" / "repositories"


def plain_datasets(reader: PlainReader) -> dict[str, PlainDataset]:
    """Return the datasets of REVISIONS, found without vault."""
    view = reader.view()
    manifests = {
        "v1": reader.commit(view["tags"]["v1"]["commit"])["manifest"],
        "main": reader.commit(view["branches"]["main"])["manifest"],
        "STAGE": view["workspaces"]["default"]["stages"]["main"]["manifest"],
    }
    return {name: reader.dataset(each) for name, each in manifests.items()}


def frozen_copy(name: str, home: Path) -> Path:
    """Copy a frozen repository, such as `format-1`, into a folder; return the folder."""
    shutil.copytree(REPOSITORIES / name / "vault", home / ".vault")
    return home


def frozen_in_memory(name: str) -> MemoryBackend:
    """Return a backend that holds what a frozen repository holds."""
    backend = MemoryBackend()
    folder = REPOSITORIES / name / "vault"
    for path in folder.rglob("*"):
        if path.is_file():
            backend.put_if_absent(path.relative_to(folder).as_posix(), path.read_bytes())
    return backend
