"""A disk that forgets at a power cut what was not synced, under a real folder.

Within the context the calls of `os` by which a local backend changes a folder are watched. `cut`
then takes back what a power cut may take: names that were linked, replaced or made and whose folder
was not synced since, and the bytes of files that were not synced before they got their name.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


class Crash(BaseException):
    """The process is gone: not an error that anybody may catch."""


@dataclass
class Disk:
    """Watches changes below `top`; at call number `crash_at` the process ends, before the call.

    With `loses_syncs` every fsync succeeds and does nothing, as in a program that forgot it.
    """

    top: Path
    crash_at: int | None = None
    loses_syncs: bool = False
    calls: int = 0
    synced_folders: list[Path] = field(default_factory=list)
    _before: dict[Path, bytes | None] = field(default_factory=dict)
    _synced_files: set[int] = field(default_factory=set)
    _hollow: set[Path] = field(default_factory=set)
    _is_dead: bool = False
    # What is noted of a call and the call itself are one step, whatever other threads do.
    _step: threading.RLock = field(default_factory=threading.RLock)

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Put the watched calls in the place of the real ones, until the patch is undone."""
        for name in ("link", "replace", "mkdir", "fsync", "write", "unlink"):
            patch.setattr(os, name, self._watched(getattr(os, name), getattr(self, f"_{name}")))

    def cut(self) -> None:
        """Cut the power: take back every change that no sync had made durable."""
        for path in self._hollow:
            if path.exists():
                path.write_bytes(b"")
        for path, content in self._before.items():
            if path.is_dir():
                shutil.rmtree(path)
            elif content is None:
                path.unlink(missing_ok=True)
            elif path.parent.is_dir():
                path.write_bytes(content)

    def _watched(self, real: Callable[..., Any], note: Callable[..., None]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            with self._step:
                if self._is_dead:
                    raise Crash
                self.calls += 1
                if self.calls == self.crash_at:
                    self._is_dead = True
                    raise Crash
                note(*arguments)
                # The real fsync would only cost time: no real power is cut.
                return None if real.__name__ == "fsync" else real(*arguments, **options)

        return call

    def _link(self, source: Any, target: Any) -> None:
        path = Path(target)
        if path.exists():
            return
        self._before.setdefault(path, None)
        if os.stat(source).st_ino not in self._synced_files:
            self._hollow.add(path)

    def _replace(self, source: Any, target: Any) -> None:
        path = Path(target)
        self._before.setdefault(path, path.read_bytes() if path.exists() else None)

    def _mkdir(self, path: Any, *rest: Any) -> None:
        if not Path(path).exists():
            self._before.setdefault(Path(path), None)

    def _fsync(self, descriptor: int) -> None:
        if self.loses_syncs:
            return
        status = os.fstat(descriptor)
        self._synced_files.add(status.st_ino)
        for folder in {each.parent for each in self._before} | {self.top}:
            if folder.is_dir() and os.stat(folder).st_ino == status.st_ino:
                self.synced_folders.append(folder)
                self._before = {p: c for p, c in self._before.items() if p.parent != folder}

    def _write(self, descriptor: int, data: Any) -> None:
        """Writing needs no note: bytes last once their file is synced."""

    def _unlink(self, path: Any, *rest: Any) -> None:
        """Temporary files may come back after a power cut or not; nobody reads them."""
