"""Tasks on a Ray cluster: the only module that knows of Ray.

Values lie in Ray's object store, which spills to disk; a task whose process dies is run again.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vault.catalogue.index.array_files import ArrayFiles
from vault.errors import InvalidInput, StorageFailed, VaultError
from vault.operations.duplicates.signing.cached_signatures import GROUP
from vault.operations.duplicates.workers.cluster import Handle
from vault.session.optional_library import optional_library

CONNECT_SECONDS = 5.0
"""How long a cluster may take to answer on its address."""

NODES_SECONDS = 60.0
"""How long its machines may take to start a process and import vault."""

# Ray writes errors of tasks to the terminal that nobody asked for: here all are asked for.
_QUIET = {"log_to_driver": False, "logging_level": "CRITICAL"}
_PROBE = f"{GROUP}/probe"
# All that Ray says of a token that is missing is that it failed to connect.
_TOKEN_HINT = "if it asks for a token: `export RAY_AUTH_MODE=token RAY_AUTH_TOKEN=TOKEN`"


@contextlib.contextmanager
def open_ray(
    address: str | None, catalogue: Path, workers: int | None = None
) -> Iterator[RayTasks]:
    """Join the cluster at an address, or start one here with so many workers, and leave it.

    Without an address the cluster is used that this program is connected to, if it is; what was
    started ends with the block. Raises InvalidInput (`library-missing`, `engine-version`,
    `repository-not-shared`), StorageFailed (`engine-unreachable`).
    """
    ray = optional_library("ray", install="pip install 'dataset-vault[ray]'")
    if address is None and ray.is_initialized():
        yield _checked(RayTasks(ray), catalogue)
        return
    if address is None:
        # Its processes must find this very vault, also one that is not installed.
        package = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join([package, *filter(None, sys.path)])
        ray.init(
            address="local",
            num_cpus=workers,
            include_dashboard=False,
            runtime_env={"env_vars": {"PYTHONPATH": path}},
            **_QUIET,
        )
    else:
        _join(ray, address)
    try:
        yield _checked(RayTasks(ray), catalogue)
    finally:
        ray.shutdown()


class RayTasks:
    """The tasks of the cluster that this process is connected to; see `Tasks`."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._called = ray.remote(_called)

    @property
    def workers(self) -> int:
        """How many functions run at once."""
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def share(self, value: Any) -> Handle:
        """Lay a value in the object store."""
        return Handle(self._ray.put(value))

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Handle:
        """Have a function called on any machine."""
        return Handle(self._submitted(work, 1, arguments))

    def submit_parted(
        self, work: Callable[..., Sequence[Any]], parts: int, *arguments: Any
    ) -> list[Handle]:
        """Have a function called that returns so many values."""
        if parts == 1:
            return [Handle(self._submitted(_only, 1, (work, *arguments)))]
        return [Handle(each) for each in self._submitted(work, parts, arguments)]

    def get(self, handle: Handle) -> Any:
        """Wait for a value and fetch it."""
        return self._fetched(handle, None)

    def check(self, files: ArrayFiles) -> None:
        """See that all machines have this vault and read what this one writes."""
        token = secrets.randbits(63)
        files.write(_PROBE, {"token": np.array([token], np.uint64)})
        try:
            asked = [self._on_each_node(_version_of(), 0), self._on_each_node(_token_of, files)]
            versions = [self._fetched(each, NODES_SECONDS) for each in asked[0]]
            self._check_versions(versions)
            tokens = [self._fetched(each, NODES_SECONDS) for each in asked[1]]
        finally:
            files.delete(_PROBE)
        if any(each != token for each in tokens):
            raise InvalidInput(
                f"{sum(each != token for each in tokens)} of {len(tokens)} machines of the cluster "
                "do not have the folder of this repository",
                code="repository-not-shared",
                hint="put the repository in a folder that all of them mount under the same path",
            )

    def _check_versions(self, versions: Sequence[str]) -> None:
        mine = _version_of()(0)
        others = sorted({each for each in versions if each != mine})
        if others:
            raise InvalidInput(
                f"machines of the cluster have another vault: {', '.join(others)}, not {mine}",
                code="engine-version",
                hint=f"`pip install 'dataset-vault[ray]=={mine}'` on all of them",
            )

    def _on_each_node(self, work: Callable[..., Any], argument: Any) -> list[Handle]:
        strategies = importlib.import_module("ray.util.scheduling_strategies")
        nodes = [each["NodeID"] for each in self._ray.nodes() if each["Alive"]]
        # No core is asked for: they may all be at work.
        remote = self._ray.remote(num_cpus=0)(work)
        return [
            Handle(
                remote.options(
                    scheduling_strategy=strategies.NodeAffinitySchedulingStrategy(node, soft=False)
                ).remote(argument)
            )
            for node in nodes
        ]

    def _submitted(self, work: Callable[..., Any], values: int, arguments: Sequence[Any]) -> Any:
        remote = self._called.options(
            name=getattr(work, "__name__", "task"),
            num_returns=values,
            scheduling_strategy="SPREAD",
        )
        return remote.remote(work, *arguments)

    def _fetched(self, handle: Handle, timeout_seconds: float | None) -> Any:
        exceptions = self._ray.exceptions
        try:
            return self._ray.get(handle, timeout=timeout_seconds)
        except exceptions.GetTimeoutError:
            raise StorageFailed(
                f"machines of the cluster did not answer in {timeout_seconds:.0f} seconds",
                code="engine-unreachable",
                hint="`ray status` shows what the cluster does",
            ) from None
        except exceptions.RayTaskError as error:
            cause = error.cause
            if isinstance(cause, VaultError):
                raise cause from None
            if isinstance(cause, (exceptions.RayError, MemoryError)):
                raise _died(cause) from error
            raise StorageFailed(
                f"a task of the cluster failed: {cause}",
                code="engine-failed",
                hint="nothing was recorded; leave out --engine to do the work on this machine",
            ) from error
        except exceptions.RayError as error:
            raise _died(error) from error


def _join(ray: Any, address: str) -> None:
    """Connect to a cluster, having looked first whether anything answers there."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    hint = "`ray start --head` starts one and tells its address"
    try:
        if address != "auto":
            # Ray itself tries for minutes.
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
            hint = _TOKEN_HINT
        ray.init(address=address, **_QUIET)
    except (OSError, ValueError, OverflowError, RuntimeError, ray.exceptions.RayError) as error:
        raise StorageFailed(
            f'no Ray cluster answers at "{address}": {_first_sentence(error)}',
            code="engine-unreachable",
            hint=hint,
        ) from None


def _first_sentence(error: Exception) -> str:
    """Return what an error says: Ray goes on with advice, paragraphs of it."""
    return str(error).strip().partition("\n")[0].partition(". ")[0]


def _checked(tasks: RayTasks, catalogue: Path) -> RayTasks:
    tasks.check(ArrayFiles(catalogue))
    return tasks


def _called(work: Callable[..., Any], *arguments: Any) -> Any:
    return work(*arguments)


def _only(work: Callable[..., Sequence[Any]], *arguments: Any) -> Any:
    """Return the one value of a function that returns several."""
    (result,) = work(*arguments)
    return result


def _version_of() -> Callable[[int], str]:
    """Return a function that tells the version of vault, also where there is none.

    It is made in here so that it travels as code: one of a module would have to be imported.
    """

    def version(ignored: int) -> str:
        try:
            return str(importlib.import_module("vault").__version__)
        except ImportError:
            return "none"

    return version


def _token_of(files: ArrayFiles) -> int:
    found = files.read(_PROBE)
    return -1 if found is None else int(found["token"][0])


def _died(error: BaseException) -> StorageFailed:
    reason = str(error).strip().partition("\n")[0]
    return StorageFailed(
        f"a worker of the cluster ended before its work was done: {reason}",
        code="worker-died",
        hint="run the command again: nothing was recorded",
    )
