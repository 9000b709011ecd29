"""Import workers: a `BlockWriter` here, or in child processes that are driven through pipes.

Children are started as fresh interpreters rather than forked or spawned by multiprocessing: no
inherited locks or descriptors, and no main-module guard needed in scripts that call the library.
Frames are pickles between a process and its own child, never anything from outside.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, TYPE_CHECKING, Any, Protocol, Self, cast

from vault.errors import StorageFailed, VaultError
from vault.formats.limits import BLOCK_BYTES
from vault.objects.digest import Digest
from vault.store.object_store import ObjectStore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from vault.formats.blocks import Block
    from vault.operations.block_writer import BlockIds, Placed, RecordReader

_SERVE = "from vault.operations.workers import serve; serve()"

BLOCKS_FOR_WORKERS = 5
"""Blocks of input that are worth starting processes for."""

MOST_WORKERS = 4
"""More processes than this gain little over the disk and cost 100 MB each."""


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
        from vault.operations.block_writer import BlockWriter

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
    """A worker in a child process, which writes its objects itself.

    A thread takes its answers off the pipe as they come: a child that could not get rid of them
    would stop reading, and the two would wait for each other.
    """

    ahead = 2

    def __init__(self, store: ObjectStore) -> None:
        package = str(Path(__file__).resolve().parents[2])
        code = f"import sys; sys.path.insert(0, {package!r}); {_SERVE}"
        self._process = subprocess.Popen(
            # -P: the folder where the user stands must not provide modules.
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._answers: SimpleQueue[Any] = SimpleQueue()
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._send(store.backend)

    def begin(self, block: Block, reader: RecordReader) -> None:
        """Send a block; the child starts reading it."""
        self._send(("read", block, reader))

    def ids(self) -> BlockIds:
        """Wait for the ids of the block that was sent."""
        return cast("BlockIds", self._receive())

    def keep(self, wanted: NDArray[np.bool_], base_line: int) -> None:
        """Say which records of the block to store; does not wait."""
        self._send(("keep", wanted, base_line))

    def end(self) -> None:
        """Let the child store what is pending."""
        self._send(("finish",))

    def finish(self) -> tuple[tuple[Digest, ...], list[list[Placed]]]:
        """Wait until everything is stored; return chunks and places."""
        return cast("tuple[tuple[Digest, ...], list[list[Placed]]]", self._receive())

    def close(self) -> None:
        """End the child, killing it if it is still at work."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def _send(self, message: Any) -> None:
        assert self._process.stdin is not None
        try:
            _write_frame(self._process.stdin, message)
        except BrokenPipeError:
            self._receive()  # the child's own error, if it left one
            raise _died() from None

    def _listen(self) -> None:
        assert self._process.stdout is not None
        answer: Any = True
        while answer is not None:
            answer = _read_frame(self._process.stdout)
            self._answers.put(answer)

    def _receive(self) -> Any:
        answer = self._answers.get()
        if answer is None:
            self._answers.put(None)  # whoever asks again gets the same
            raise _died()
        if isinstance(answer, _Failure):
            raise answer.error
        return answer


@dataclass(frozen=True, slots=True)
class _Failure:
    error: BaseException


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


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Keep the cycle collector off: records are trees, which it would walk again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def default_workers() -> int:
    """Return how many worker processes a large import uses on this machine."""
    return max(1, min(MOST_WORKERS, os.cpu_count() or 1))


def serve() -> None:
    """Be the child: answer frames on standard input until it closes."""
    reading, writing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up between frames
    gc.disable()  # as in `without_collector`, for good
    try:
        worker = LocalWorker(ObjectStore(_read_frame(reading)), stores_aside=True)
        while (message := _read_frame(reading)) is not None:
            match message:
                case ("read", block, reader):
                    worker.begin(block, reader)
                    _write_frame(writing, worker.ids())
                case ("keep", wanted, base_line):
                    worker.keep(wanted, base_line)
                case ("finish",):
                    _write_frame(writing, worker.finish())
    except KeyboardInterrupt:
        return  # the parent got the same signal and says so
    except VaultError as error:
        _write_frame(writing, _Failure(error))
    except OSError as error:
        failure = StorageFailed(f"an import worker failed: {error}", code="storage-failed")
        _write_frame(writing, _Failure(failure))


def _write_frame(pipe: IO[bytes], message: Any) -> None:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    pipe.write(struct.pack(">Q", len(data)) + data)
    pipe.flush()


def _read_frame(pipe: IO[bytes]) -> Any:
    head = pipe.read(8)
    if len(head) < 8:
        return None
    (length,) = struct.unpack(">Q", head)
    data = pipe.read(length)
    return pickle.loads(data) if len(data) == length else None


def _died() -> StorageFailed:
    return StorageFailed(
        "an import worker ended before its work was done (was it killed, or out of memory?)",
        code="worker-died",
        hint="run the import again: nothing was recorded",
    )
