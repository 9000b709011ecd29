"""Repositories to test with: how they are opened, filled, and what all of one's data is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vault.dataset.changing.stage import Staged, stage_and_count
from vault.dataset.changing.write_labels import with_labels
from vault.dataset.reading.dataset import Dataset, ids_of, open_dataset
from vault.dataset.reading.labels import labels_of_each
from vault.dataset.reading.records import record_texts
from vault.objects.digest import Digest
from vault.objects.labels.label_set import Label
from vault.objects.log.view import View
from vault.objects.manifest import Attachment, Manifest, decode_manifest, encode_manifest
from vault.objects.quarantine import Removal, decode_quarantine, decode_removals, encode_removals
from vault.objects.runs import Runs
from vault.progress import silent
from vault.repository import Repository
from vault.session.context import Context, draft_of
from vault.session.open_repository import begin
from vault.session.recording import record
from vault.store.backend import Backend
from vault.store.memory import MemoryBackend
from vault.store.object_store import ObjectStore
from vault.store.operation_log import Intent, OperationLog

NOW = "2026-01-02T03:04:05Z"
INTENT = Intent("ada", NOW, "test")
REPOSITORY = "0123456789abcdef" * 2
"""What a repository may be called."""


def new_backend() -> MemoryBackend:
    """Return a repository in memory in which nothing happened yet."""
    backend = MemoryBackend()
    begin(backend, INTENT)
    return backend


def copy_of(backend: MemoryBackend) -> MemoryBackend:
    """Return a backend that holds the same bytes under the same names."""
    made = MemoryBackend()
    made._held = dict(backend._held)
    return made


def held_names(backend: MemoryBackend) -> list[str]:
    """Return every name that a backend in memory holds, sorted."""
    return sorted(backend._held)


def opened(backend: Backend, folder: Path | None = None) -> Repository:
    """Return the repository at a backend, with an author and a clock that never change."""
    return Repository(backend, folder=folder, author="ada", clock=lambda: NOW, command="test")


def context_of(backend: Backend) -> Context:
    """Return what an operation on the repository at a backend is given."""
    return Context(ObjectStore(backend), OperationLog(backend), None, INTENT, silent)


def view_of(backend: Backend) -> View:
    """Return the newest view."""
    return OperationLog(backend).tip().view


def chat(number: int, answer: str | None = None, **metadata: Any) -> dict[str, Any]:
    """Return a record of two messages; records of different numbers have different prompts."""
    said = f"answer {number}" if answer is None else answer
    messages = [
        {"role": "user", "content": f"question {number}"},
        {"role": "assistant", "content": said},
    ]
    return {"key": number, "messages": messages, **metadata}


def write_lines(path: Path, records: Iterable[dict[str, Any] | str]) -> str:
    """Write records as JSON Lines (texts as they are) and return the path."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
    path.write_text("".join(line + "\n" for line in lines))
    return str(path)


def change_manifest(backend: Backend, change: Any) -> Staged:
    """Stage what `change(store, manifest, chunks)` makes of the staged dataset."""
    context = context_of(backend)

    def apply(view: View) -> tuple[View, Staged]:
        draft = draft_of(context, view)
        dataset = open_dataset(context.store, draft.manifest)
        chunks = [chunk for chunk, _, _ in dataset.runs().triples()]
        manifest: Manifest = change(context.store, dataset.manifest, chunks)
        return stage_and_count(context, view, draft, manifest)

    return record(context, apply)


def label(backend: Backend, rows: Sequence[int], name: str, value: Any) -> Staged:
    """Label rows of the first chunk of the staged dataset."""

    def change(store: ObjectStore, manifest: Manifest, chunks: list[Digest]) -> Manifest:
        dataset = Dataset(store, manifest)
        keys = Runs.build(dataset.numbers, [(chunks[0], row, 1) for row in rows]).keys()
        labels = {name: Label(name, value, "ada", NOW)}
        return with_labels(dataset, dict.fromkeys(keys.tolist(), labels))

    return change_manifest(backend, change)


def remove_first(backend: Backend) -> Staged:
    """Take the first example of the staged dataset out, and note that it was removed."""
    from vault.dataset.reading.dataset import store_pages

    def change(store: ObjectStore, manifest: Manifest, chunks: list[Digest]) -> Manifest:
        dataset = open_dataset(store, store.put(encode_manifest(manifest)))
        keys = dataset.keys()
        gone = ids_of(dataset.columns(keys[:1], ["id"]))[0].tobytes()
        removal = Removal(gone, "near-duplicate", '{"of":"x"}', "dedupe", NOW)
        return replace(
            manifest,
            pages=store_pages(store, Runs.from_keys(dataset.numbers, keys[1:])),
            removals=(*manifest.removals, store.put(encode_removals([removal]))),
            removed=manifest.removed + 1,
        )

    return change_manifest(backend, change)


def attach(backend: Backend, name: str, data: bytes) -> Staged:
    """Attach bytes that this version of vault knows nothing of."""

    def change(store: ObjectStore, manifest: Manifest, chunks: list[Digest]) -> Manifest:
        attached = Attachment(store.put(data))
        return replace(manifest, attachments={**manifest.attachments, name: attached})

    return change_manifest(backend, change)


def full_backend(folder: Path) -> MemoryBackend:
    """Return a repository that has one of everything: two commits, a tag, and a staged import."""
    backend = new_backend()
    (folder / "vault.toml").write_text('[filters]\nlong = "tokens > 500"\n')
    repository = opened(backend, folder)
    first = write_lines(folder / "first.jsonl", [*map(chat, range(8)), "{broken"])
    second = write_lines(folder / "second.jsonl", [chat(n, topic="late") for n in range(8, 12)])
    repository.import_files([first, second], workers=1)
    label(backend, [0, 2], "split", "train")
    repository.commit("first", meta={"round": "1"})
    repository.tag("v1", message="the first")
    repository.import_files([write_lines(folder / "third.jsonl", [chat(12), chat(13)])])
    remove_first(backend)
    label(backend, [0, 2, 3], "split", "eval")
    attach(backend, "findings", b'{"found": []}')
    repository.commit("second")
    repository.import_files([write_lines(folder / "fourth.jsonl", [chat(14), "[]", chat(15)])])
    return backend


def everything(backend: Backend) -> dict[str, Any]:
    """Return all that reading commands can say of a repository: refs, history, data. Raises."""
    repository = opened(backend)
    context = context_of(backend)
    view = context.log.tip().view
    report = repository.log()
    manifests: dict[str, Digest] = {
        each.commit: context.commit(each.commit).manifest for each in report.commits
    }
    for workspace in view.workspaces.values():
        manifests |= {f"stage of {name}": each.manifest for name, each in workspace.stages.items()}
    return {
        "view": view,
        "status": repository.status(),
        "log": report,
        "tags": repository.tags(),
        "data": {name: dataset_of(context.store, each) for name, each in manifests.items()},
    }


def dataset_of(store: ObjectStore, manifest: Digest) -> dict[str, Any]:
    """Return all that a manifest names, decoded."""
    root = decode_manifest(store.get(manifest))
    dataset = open_dataset(store, manifest)
    keys = dataset.keys()
    return {
        "records": list(record_texts(dataset, keys)),
        "rows": dataset.columns(keys, ["id", "content_id", "kind", "source", "line"]).to_pylist(),
        "labels": labels_of_each(dataset, keys),
        "quarantine": [decode_quarantine(store.get(each)) for each in root.quarantine],
        "removals": [decode_removals(store.get(each)) for each in root.removals],
        "attachments": {name: store.get(each.object) for name, each in root.attachments.items()},
        "sources": root.sources,
    }
