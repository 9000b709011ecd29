"""A repository in a temporary folder, with short ways to fill and read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vault.dataset.changing.stage import change_stage
from vault.dataset.changing.write_labels import with_labels
from vault.dataset.reading.dataset import Dataset
from vault.objects.labels.label_set import Label
from vault.objects.manifest import Manifest
from vault.operations.imports.import_options import ImportMode
from vault.operations.imports.import_report import ImportReport
from vault.repository import Repository
from vault.session.context import Draft

NOW = "2026-01-02T03:04:05Z"


def chat(question: str, answer: str = "Yes.", **others: Any) -> dict[str, Any]:
    """Return a chat record with one question and one answer."""
    messages = [
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]
    return {"messages": messages, **others}


class Library:
    """A repository and the folder around it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        Repository.init(folder, author="ada", now=NOW)

    @property
    def repository(self) -> Repository:
        """The repository, opened anew as each command does."""
        return Repository.open(self.folder, author="ada", clock=lambda: NOW)

    def write(self, name: str, records: Sequence[Any]) -> str:
        """Write records as JSON Lines and return the file's path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(each) + "\n" for each in records), encoding="utf-8")
        return str(path)

    def run(self, *names: str, mode: str = "append", **options: Any) -> ImportReport:
        """Import files of the folder."""
        paths = [str(self.folder / name) for name in names]
        return self.repository.import_files(paths, mode=ImportMode(mode), **options)

    def records(self, revision: str = "STAGE") -> list[Any]:
        """Return the records of a revision, in order."""
        target = self.folder / "records.jsonl"
        self.repository.export(revision, output=str(target), force=True)
        with open(target, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def questions(self, revision: str = "STAGE") -> list[str]:
        """Return the first user message of each record, in order."""
        return [
            next(each["content"] for each in record["messages"] if each["role"] == "user")
            for record in self.records(revision)
        ]

    def ids(self, revision: str = "STAGE") -> list[str]:
        """Return the ids of a revision's examples, in order."""
        target = self.folder / "ids.jsonl"
        self.repository.export(revision, output=str(target), extras=("id",), force=True)
        with open(target, encoding="utf-8") as file:
            return [str(json.loads(line)["_vault"]["id"]) for line in file]

    def id_of(self, question: str, revision: str = "STAGE") -> str:
        """Return the id of the example that asks this."""
        return self.ids(revision)[self.questions(revision).index(question)]

    def label(self, question: str, **values: Any) -> None:
        """Label a staged example."""
        at = self.questions().index(question)

        def change(draft: Draft, dataset: Dataset) -> tuple[Manifest, None]:
            labels = {name: Label(name, value, "ada", NOW) for name, value in values.items()}
            return with_labels(dataset, {int(dataset.keys()[at]): labels}), None

        change_stage(self.repository._context(), change)

    def labels(self, revision: str = "STAGE") -> dict[str, dict[str, Any]]:
        """Return the labels of each example that has some, by its question."""
        target = self.folder / "labels.jsonl"
        self.repository.export(revision, output=str(target), extras=("labels",), force=True)
        with open(target, encoding="utf-8") as file:
            said = [json.loads(line)["_vault"]["labels"] for line in file]
        pairs = zip(self.questions(revision), said, strict=True)
        return {question: labels for question, labels in pairs if labels}
