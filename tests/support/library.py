"""A repository in a temporary folder, with short ways to fill and read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vault.operations.import_files import ImportMode, ImportReport
from vault.repository import Repository

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
