"""Import workers: a `BlockWriter` here, or in child processes that are driven through pipes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, cast

from vault.formats.limits import BLOCK_BYTES
from vault.objects.digest import Digest
from vault.processes.child import ChildProcess, answer_parent
from vault.store.object_store import ObjectStore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vault.dataset.reading.write_records import BlockIds, Placed, RecordReader
    from vault.formats.files.blocks import Block

BLOCKS_FOR_WORKERS = 5
"""Blocks of input that are worth starting processes for."""


class Worker(Protocol):
    """One import worker: blocks are begun, answered with their ids and kept in one order.

    Up to `ahead` blocks may be begun before the first of them is kept, so that a worker need not
    wait until the blocks of others are settled.
    """

    ahead: int

    def begin(self, block: Block, reader: RecordReader) -> None:
        """Start reading a block."""
        ...

    def ids(self) -> BlockIds:
        """Wait for the ids of the next block that was begun."""
        ...

    def keep(self, wanted: NDArray[np.bool_], base_line: int) -> None:
        """Say which records of the next block to store."""
        ...

    def end(self) -> None:
        """Say that no block comes any more."""
        ...

    def finish(self) -> tuple[tuple[Digest, ...], list[list[Placed]]]:
        """Return the chunks, durable, and where the records kept of each block went, in order."""
        ...

    def close(self) -> None:
        """Stop, whatever was done."""
        ...


class LocalWorker:
    """A worker in this process; `stores_aside` when there are others, which it works beside."""

    def __init__(self, store: ObjectStore, *, stores_aside: bool = False) -> None:
        from vault.dataset.reading.write_records import BlockWriter

        self._writer = BlockWriter(store, stores_aside=stores_aside)
        self._placed: list[list[Placed]] = []
        self._read: deque[BlockIds] = deque()
        # As far ahead as the others, or they would get more of the blocks.
        self.ahead = ProcessWorker.ahead if stores_aside else 1

    def begin(self, block: Block, reader: RecordReader) -> None:
        """Read a block now."""
        self._read.append(self._writer.read(block, reader))

    def ids(self) -> BlockIds:
        """Return the ids of the next block that was read."""
        return self._read.popleft()

    def keep(self, wanted: NDArray[np.bool_], base_line: int) -> None:
        """Store the wanted records of the block."""
        self._placed.append(self._writer.keep(wanted, base_line))

    def end(self) -> None:
        """Do nothing: what is pending is stored when it is asked for."""

    def finish(self) -> tuple[tuple[Digest, ...], list[list[Placed]]]:
        """Store what is pending; return the chunks and the places of each block's records."""
        return self._writer.finish(), self._placed

    def close(self) -> None:
        """Let the thread that stores chunks end."""
        self._writer.close()


class ProcessWorker:
    """A worker in a child process, which writes its objects itself."""

    ahead = 2

    def __init__(self, store: ObjectStore) -> None:
        self.child = ChildProcess(serve)
        self.child.send(store.backend)

    def begin(self, block: Block, reader: RecordReader) -> None:
        """Send a block; the child starts reading it."""
        self.child.send(("read", block, reader))

    def ids(self) -> BlockIds:
        """Wait for the ids of the block that was sent."""
        return cast("BlockIds", self.child.receive())

    def keep(self, wanted: NDArray[np.bool_], base_line: int) -> None:
        """Say which records of the block to store; does not wait."""
        self.child.send(("keep", wanted, base_line))

    def end(self) -> None:
        """Let the child store what is pending."""
        self.child.send(("finish",))

    def finish(self) -> tuple[tuple[Digest, ...], list[list[Placed]]]:
        """Wait until everything is stored; return chunks and places."""
        return cast("tuple[tuple[Digest, ...], list[list[Placed]]]", self.child.receive())

    def close(self) -> None:
        """End the child, killing it if it is still at work."""
        self.child.close()


class WorkerTeam:
    """The workers of one import: one in this process, and for large inputs processes beside it.

    This process has little else to do than to settle what was read, so it reads as well: a process
    less to start, and its memory saved. Closing the team, which leaving its context does, ends the
    processes.
    """

    def __init__(self, store: ObjectStore, wanted: int) -> None:
        self.store = store
        self._wanted = wanted if store.backend.shared_between_processes else 1
        self._started: list[Worker] = []

    def __enter__(self) -> Self:
        """Return the team."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the team."""
        self.close()

    def start_for(self, size_bytes: int) -> None:
        """Start processes now if so many bytes of input will need them."""
        if size_bytes >= BLOCKS_FOR_WORKERS * BLOCK_BYTES:
            for _ in range(self._wanted - 1):
                self._started.append(ProcessWorker(self.store))

    def workers(self, *, is_large: bool) -> Sequence[Worker]:
        """Return the workers, started by now if the input turned out to be large."""
        if not self._started and is_large:
            self.start_for(BLOCKS_FOR_WORKERS * BLOCK_BYTES)
        # Last, so that the processes have their first blocks before this one reads its own.
        self._started.append(LocalWorker(self.store, stores_aside=bool(self._started)))
        return self._started

    def close(self) -> None:
        """End what was started."""
        while self._started:
            self._started.pop().close()


def serve() -> None:
    """Be the child: answer messages on standard input until it closes."""
    answer_parent(_answers)


def _answers(messages: Iterator[Any]) -> Iterator[Any]:
    backend = next(messages, None)
    if backend is None:
        return  # the parent is gone
    worker = LocalWorker(ObjectStore(backend), stores_aside=True)
    for message in messages:
        match message:
            case ("read", block, reader):
                worker.begin(block, reader)
                yield worker.ids()
            case ("keep", wanted, base_line):
                worker.keep(wanted, base_line)
            case ("finish",):
                yield worker.finish()
