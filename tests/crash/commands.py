"""Every command that changes a repository, and the judge of what it leaves behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.support.repositories import (
    INTENT,
    NOW,
    chat,
    context_of,
    label,
    new_backend,
    opened,
    write_lines,
)
from vault.errors import AlreadyExists, AnswerIsNo, Conflict, NotFound, VaultError
from vault.objects.digest import example_id
from vault.objects.json.text import canonical_bytes
from vault.objects.log.view import View, view_to_json
from vault.operations.imports.import_options import Mode
from vault.operations.upkeep.fsck import fsck
from vault.repository import Repository
from vault.session.open_repository import begin
from vault.store.backend import Backend
from vault.store.memory import MemoryBackend

LINES: dict[str, list[dict[str, Any] | str]] = {
    "first.jsonl": [chat(1), chat(2), chat(3)],
    "second.jsonl": [chat(4), "{broken"],
    "staged.jsonl": [
        chat(5),
        chat(5, note="the same conversation"),
        chat(10, "white space at its end "),
    ],
    "append.jsonl": [chat(1), chat(6), chat(7)],
    "edited.jsonl": [chat(1), chat(2, "another answer"), chat(8)],
    "partly.jsonl": [chat(9), "{broken", "[]"],
}
"""Files that commands read, by name."""


@dataclass(frozen=True)
class Command:
    """A command, and the answers that a second run of it may give once it is done."""

    name: str
    act: Callable[[Backend, Path], object]
    answers_again: tuple[type[VaultError], ...] = ()


def _import(file: str, mode: Mode, backend: Backend, folder: Path) -> object:
    key = "key" if mode == "update" else None
    return _in(backend, folder).import_files([str(folder / file)], mode=mode, key=key, workers=1)


def _label_from(backend: Backend, folder: Path) -> object:
    return _in(backend, folder).label_from(str(folder / "labels.csv"), {"stars": "s"}, key="key")


def _edit(backend: Backend, folder: Path, *, copy: bool = False) -> object:
    return _in(backend, folder).edit(_id_of(2), chat(2, "typed"), copy=copy)


def _mend(select: tuple[str, ...], backend: Backend, folder: Path) -> object:
    return _in(backend, folder).validate(fix=True, quarantine=True, select=select)


def _id_of(number: int) -> str:
    return example_id(canonical_bytes(chat(number))).hex()


def _in(backend: Backend, folder: Path) -> Repository:
    return opened(backend, folder)


COMMANDS = (
    Command("import", partial(_import, "append.jsonl", "append")),
    Command("import-partly", partial(_import, "partly.jsonl", "append")),
    Command("import-replace", partial(_import, "first.jsonl", "replace-all")),
    Command("import-source", partial(_import, "edited.jsonl", "replace")),
    Command("import-update", partial(_import, "edited.jsonl", "update")),
    Command("commit", lambda b, f: _in(b, f).commit("next"), (AnswerIsNo,)),
    Command("amend", lambda b, f: _in(b, f).commit("better", amend=True)),
    Command("tag", lambda b, f: _in(b, f).tag("v2", message="new")),
    Command("tag-move", lambda b, f: _in(b, f).tag("v1", replace=True)),
    Command("tag-delete", lambda b, f: _in(b, f).delete_tag("v1"), (NotFound,)),
    Command("note", lambda b, f: _in(b, f).note("v1", {"model": "small"})),
    Command("branch", lambda b, f: _in(b, f).branch("b2", "v1"), (AlreadyExists,)),
    Command("branch-rename", lambda b, f: _in(b, f).rename_branch("trunk")),
    Command("branch-delete", lambda b, f: _in(b, f).delete_branch("old"), (NotFound,)),
    Command("switch", lambda b, f: _in(b, f).switch("old")),
    Command("switch-create", lambda b, f: _in(b, f).switch("n", create=True), (AlreadyExists,)),
    Command("reset", lambda b, f: _in(b, f).reset("v1")),
    Command("reset-hard", lambda b, f: _in(b, f).reset("v1", hard=True)),
    Command("discard", lambda b, f: _in(b, f).discard()),
    Command("rm", lambda b, f: _in(b, f).rm([_id_of(2)]), (NotFound,)),
    Command("edit", _edit, (NotFound,)),
    Command("edit-copy", partial(_edit, copy=True), (Conflict,)),
    Command("label", lambda b, f: _in(b, f).label({"quality": "ok"}, where="turns > 1")),
    Command("label-file", _label_from),
    Command("dedupe", lambda b, f: _in(b, f).dedupe(exact=True)),
    Command("fix", lambda b, f: _in(b, f).validate(fix=True, select=["TEXT019"])),
    Command("quarantine", lambda b, f: _in(b, f).validate(quarantine=True, select=["FORM011"])),
    Command("fix-and-quarantine", partial(_mend, ("TEXT019", "FORM011"))),
    Command("clean", lambda b, f: _in(b, f).clean()),
    Command("split", lambda b, f: _in(b, f).split({"train": 0.5, "test": 0.5})),
    Command("restore", lambda b, f: _in(b, f).restore([_id_of(3)])),
    Command("revert", lambda b, f: _in(b, f).revert("v1"), (AnswerIsNo,)),
    Command("undo", lambda b, f: _in(b, f).undo("10"), (Conflict,)),
    Command("redo", lambda b, f: _in(b, f).redo(), (AnswerIsNo,)),
)
"""Every command that changes a repository that is there."""

INIT = Command("init", lambda backend, folder: begin(backend, INTENT))
"""The command that makes one."""


FEW = ("import", "commit", "tag-move", "quarantine", "undo", "init")
"""Commands of each kind: what stores much, what moves refs, what only appends to the log."""


def named(name: str) -> Command:
    """Return the command of a name."""
    return next(each for each in (*COMMANDS, INIT) if each.name == name)


def prepare(folder: Path) -> MemoryBackend:
    """Return a small repository with something to do for every command; write what they read."""
    for name, lines in LINES.items():
        write_lines(folder / name, lines)
    (folder / "labels.csv").write_text("key,s\n1,3\n5,0.5\n77,1\n")
    (folder / "vault.toml").write_text('[filters]\nlong = "tokens > 500"\n')
    backend = new_backend()
    repository = opened(backend, folder)
    repository.import_files([str(folder / "first.jsonl")], workers=1)
    label(backend, [0, 1], "split", "train")
    repository.commit("first")
    repository.tag("v1")
    repository.import_files([str(folder / "second.jsonl")], workers=1)
    repository.commit("second")
    repository.branch("old", "v1")
    repository.rm([_id_of(3)])
    repository.import_files([str(folder / "staged.jsonl")], workers=1)
    repository.tag("v0")
    repository.undo()
    return backend


def view_of(backend: Backend) -> View | None:
    """Return the newest view, or None where there is no repository (yet)."""
    return context_of(backend).log.tip().view if backend.exists("format") else None


class Judge:
    """Knows how a repository looks before and after a command, and what is not either.

    `violations` collects sentences; none means that every promise was kept.
    """

    def __init__(self, command: Command, before: MemoryBackend, folder: Path) -> None:
        self.command = command
        self.folder = folder
        self.violations: list[str] = []
        self._before = view_of(before)
        done = MemoryBackend()
        done._held = dict(before._held)
        command.act(done, folder)
        self._after = view_of(done)
        assert self._after != self._before, f"{command.name} would change nothing"
        self._seen: set[tuple[object, ...]] = set()

    def look(self, backend: MemoryBackend, when: str, *, must: str | None = None) -> None:
        """Look at what is left after something went wrong, and run the command again.

        `must` is "before" or "after" where only one of them is right.
        """
        # What looks the same has been judged: entries of the log differ only in their nonce.
        state = (must, frozenset((name, len(data)) for name, data in backend._held.items()))
        if state in self._seen:
            return
        self._seen.add(state)
        try:
            self._look(backend, when, must)
        except Exception as error:
            self.violations.append(f"{when}: {type(error).__name__}: {error}")

    def _look(self, backend: MemoryBackend, when: str, must: str | None) -> None:
        found = view_of(backend)
        self._expect_clean(backend, when)
        if found not in (self._before, self._after):
            self.violations.append(f"{when}: neither before nor after: {_text(found)}")
        elif must == "before" and found != self._before:
            self.violations.append(f"{when}: it failed, and it was done")
        elif must == "after" and found != self._after:
            self.violations.append(f"{when}: it was acknowledged, and it is not there")
        try:
            self.command.act(backend, self.folder)
        except self.command.answers_again:
            if found != self._after:
                raise
        if view_of(backend) != self._after:
            self.violations.append(f"{when}: again: {_text(view_of(backend))}")
        self._expect_clean(backend, f"{when}, again")

    def _expect_clean(self, backend: MemoryBackend, when: str) -> None:
        if backend.exists("format"):
            self.violations += [f"{when}: {each}" for each in fsck(context_of(backend)).problems]


def _text(view: View | None) -> str:
    return "no repository" if view is None else json.dumps(view_to_json(view), sort_keys=True)


__all__ = ["COMMANDS", "FEW", "INIT", "NOW", "Command", "Judge", "named", "prepare", "view_of"]
