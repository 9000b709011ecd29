"""Child processes of this program, driven by messages through pipes: for work that holds the lock.

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
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any

from vault.errors import StorageFailed, VaultError

MOST_CHILDREN = 4
"""More processes than this gain little over the disk and cost 100 MB each."""


def default_workers() -> int:
    """Return how many processes large work is spread over on this machine."""
    return max(1, min(MOST_CHILDREN, os.cpu_count() or 1))


class ChildProcess:
    """A child that runs `serve`, a function of a module, which calls `answer_parent`.

    A thread takes its answers off the pipe as they come: a child that could not get rid of them
    would stop reading, and the two would wait for each other. Starting costs 0.3 s of its core.
    """

    def __init__(self, serve: Callable[[], None]) -> None:
        package = str(Path(__file__).resolve().parents[2])
        module, name = serve.__module__, serve.__name__
        # An interrupt reaches the parent as well, which says so and ends its children.
        code = (
            "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); import sys; "
            f"sys.path.insert(0, {package!r}); from {module} import {name}; {name}()"
        )
        self._process = subprocess.Popen(
            # -P: the folder where the user stands must not provide modules.
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._answers: SimpleQueue[Any] = SimpleQueue()
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    @property
    def has_answered(self) -> bool:
        """Whether `receive` would return at once, or raise."""
        return not self._answers.empty()

    def send(self, message: Any) -> None:
        """Send a message. Raises StorageFailed (`worker-died`), or the error that ended it."""
        assert self._process.stdin is not None
        try:
            _write_frame(self._process.stdin, message)
        except BrokenPipeError:
            self.receive()  # the child's own error, if it left one
            raise _died() from None

    def receive(self) -> Any:
        """Wait for the next answer. Raises what the child raised, StorageFailed (`worker-died`)."""
        answer = self._answers.get()
        if answer is None:
            self._answers.put(None)  # whoever asks again gets the same
            raise _died()
        if isinstance(answer, _Failure):
            raise answer.error
        return answer

    def close(self) -> None:
        """End the child, killing it if it is still at work."""
        if not self.has_ended:
            self._process.kill()
        self._process.wait()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        answer: Any = True
        while answer is not None:
            answer = _read_frame(self._process.stdout)
            self._answers.put(answer)


def answer_parent(answers: Callable[[Iterator[Any]], Iterable[Any]]) -> None:
    """Be the child: send what `answers` makes of the parent's messages, until they end."""
    reading, writing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up between frames
    gc.disable()  # as in `without_collector`, for good
    try:
        for answer in answers(iter(lambda: _read_frame(reading), None)):
            _write_frame(writing, answer)
    except BrokenPipeError:
        return  # the parent is gone
    except VaultError as error:
        _write_frame(writing, _Failure(error))
    except OSError as error:
        failure = StorageFailed(f"a worker process failed: {error}", code="storage-failed")
        _write_frame(writing, _Failure(failure))


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


@dataclass(frozen=True, slots=True)
class _Failure:
    error: BaseException


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
        "a worker process ended before its work was done (was it killed, or out of memory?)",
        code="worker-died",
        hint="run the command again: nothing was recorded",
    )
