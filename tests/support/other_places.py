"""Tasks that run in this process, as if on other machines: everything travels as a pickle."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Any

from vault.catalogue.array_files import ArrayFiles
from vault.operations.tasks import Handle


class Pickled:
    """A value that lies elsewhere."""

    def __init__(self, value: Any) -> None:
        self.data = pickle.dumps(value)

    def value(self) -> Any:
        return pickle.loads(self.data)


class OtherPlaces:
    """Tasks for so many workers; `fetched_bytes` is what was brought here."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.fetched_bytes = 0

    def share(self, value: Any) -> Handle:
        return Handle(Pickled(value))

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Handle:
        return Handle(Pickled(self._called(work, arguments)))

    def submit_parted(
        self, work: Callable[..., Sequence[Any]], parts: int, *arguments: Any
    ) -> list[Handle]:
        made = self._called(work, arguments)
        assert len(made) == parts
        return [Handle(Pickled(each)) for each in made]

    def get(self, handle: Handle) -> Any:
        assert isinstance(handle, Pickled)
        self.fetched_bytes += len(handle.data)
        return handle.value()

    def check(self, files: ArrayFiles) -> None:
        """Do nothing: all is in one place."""

    def _called(self, work: Callable[..., Any], arguments: Sequence[Any]) -> Any:
        work, *others = (
            each.value() if isinstance(each, Pickled) else Pickled(each).value()
            for each in (work, *arguments)
        )
        return work(*others)
