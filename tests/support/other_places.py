"""Work that is done in this process as if elsewhere: everything travels as a pickle."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from vault.catalogue.index.array_files import ArrayFiles
from vault.operations.duplicates.workers import child_side
from vault.operations.duplicates.workers.cluster import Handle


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


class ChildHere:
    """A child of `dedupe` that starts at once, and works when its answer is waited for."""

    started = 0

    def __init__(self, serve: Callable[[], None]) -> None:
        assert serve is child_side.serve
        ChildHere.started += 1
        self._messages: deque[bytes] = deque()
        self._answers = child_side.answers(self._arriving())

    @property
    def has_answered(self) -> bool:
        return len(self._messages) % 2 == 1

    def send(self, message: Any) -> None:
        self._messages.append(pickle.dumps(message))

    def receive(self) -> Any:
        return pickle.loads(pickle.dumps(next(self._answers)))

    def close(self) -> None:
        """Do nothing: nothing runs."""

    def _arriving(self) -> Iterator[Any]:
        while self._messages:
            yield pickle.loads(self._messages.popleft())
