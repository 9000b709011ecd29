"""The client of an endpoint that takes batches: files of requests, answered within a day.

Loaded on use, as `client`, whose rules about headers, keys and redirects hold here too. Nothing is
tried again: whoever calls asks later, and no batch is lost meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import TracebackType
from typing import Any, Self, TypeVar

from vault.errors import InvalidInput, StorageFailed
from vault.generate.batch_lines import MOST_BYTES, URL
from vault.generate.client import open_client, openai, without_key
from vault.generate.completion import error_message
from vault.generate.endpoint import Endpoint

T = TypeVar("T")

RUN_KEY = "vault_run"
"""The key of the metadata of a batch that has the name of its run."""

_MOST_ANSWER_BYTES = 40 * MOST_BYTES
"""Bytes of a file of answers that are read, at most; they are taken line by line."""

_NO_BATCHES = (404, 405, 501)
_PAGE = 100


class BatchPhase(Enum):
    """How a batch stands: still going on, or how it ended."""

    GOING_ON = "going on"
    FINISHED = "finished"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUSED = "refused"


_PHASES = {
    "completed": BatchPhase.FINISHED,
    "expired": BatchPhase.EXPIRED,
    "cancelled": BatchPhase.CANCELLED,
    "failed": BatchPhase.REFUSED,
}


@dataclass(frozen=True, slots=True)
class BatchState:
    """A batch at an endpoint: its id, its phase, and the files of its answers.

    `done` of `total` requests are answered. `told` is what the endpoint says of a batch that it
    refused. `run` is the run that its metadata names, and `file` that of its requests.
    """

    id: str
    phase: BatchPhase
    files: tuple[str, ...]
    file: str
    run: str | None
    done: int = 0
    total: int = 0
    told: str = ""


class BatchClient:
    """An open client of the batches of one endpoint.

    Every method raises StorageFailed (`batch-refused`, `batch-unreachable`).
    """

    def __init__(self, endpoint: Endpoint) -> None:
        """Open the client. Raises InvalidInput (`endpoint-invalid`, `key-invalid`)."""
        self._url = endpoint.url
        self._key = endpoint.api_key
        self._client = open_client(replace(endpoint, most_answer_bytes=_MOST_ANSWER_BYTES))

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close all connections."""
        await self._client.close()

    async def require(self) -> None:
        """Raise InvalidInput (`batches-missing`) unless the endpoint has batches."""
        try:
            await self._client.batches.with_raw_response.list(limit=1)
        except openai.APIStatusError as error:
            if error.status_code not in _NO_BATCHES:
                raise self._failed(error) from None
            raise InvalidInput(
                f"{self._url} takes no batches",
                code="batches-missing",
                hint="leave out --batch: requests are then sent one by one",
            ) from None
        except Exception as error:
            raise self._failed(error) from None

    async def upload(self, requests: bytes) -> str:
        """Store a file of requests at the endpoint, and return its id. Costs nothing."""
        file = ("requests.jsonl", requests, "application/jsonl")
        return (await self._told(self._client.files.create(file=file, purpose="batch"))).id

    async def submit(self, file: str, run: str) -> BatchState:
        """Have the requests of a file answered, for the run that is named."""
        return _state(
            await self._told(
                self._client.batches.create(
                    input_file_id=file,
                    endpoint=URL,
                    completion_window="24h",
                    metadata={RUN_KEY: run},
                )
            )
        )

    async def find(self, file: str, run: str) -> BatchState | None:
        """Return the batch of a file and a run, None if the endpoint has none."""
        after: str | openai.Omit = openai.omit
        while True:
            page = await self._told(self._client.batches.list(limit=_PAGE, after=after))
            for each in page.data:
                state = _state(each)
                if (state.file, state.run) == (file, run):
                    return state
            if not page.data or not page.has_more:
                return None
            after = page.data[-1].id

    async def state(self, batch: str) -> BatchState:
        """Return how a batch stands."""
        return _state(await self._told(self._client.batches.retrieve(batch)))

    async def cancel(self, batch: str) -> BatchState:
        """Cancel a batch; what it has done until then is billed, and can be fetched."""
        return _state(await self._told(self._client.batches.cancel(batch)))

    async def lines(self, file: str) -> AsyncIterator[bytes]:
        """Yield the lines of a file of answers, as they come."""
        rest = b""
        try:
            async with self._client.files.with_streaming_response.content(file) as response:
                async for part in response.iter_bytes():
                    *lines, rest = (rest + part).split(b"\n")
                    for line in filter(bytes.strip, lines):
                        yield without_key(line, self._key)
        except Exception as error:
            raise self._failed(error) from None
        if rest.strip():
            yield without_key(rest, self._key)

    async def _told(self, asked: Awaitable[T]) -> T:
        try:
            return await asked
        except Exception as error:
            raise self._failed(error) from None

    def _failed(self, error: Exception) -> Exception:
        """Return the error to raise for one of the client; others as they are."""
        if isinstance(error, openai.APIStatusError):
            body = without_key(error.response.content, self._key)
            return StorageFailed(
                f"the endpoint refused a batch: {error_message(body)}",
                code="batch-refused",
                hint="nothing is lost; `vault generate --resume` goes on with the run",
            )
        if isinstance(error, openai.OpenAIError | OSError | asyncio.TimeoutError) or (
            type(error).__module__.partition(".")[0] in ("httpx2", "anyio")
        ):
            return StorageFailed(
                f"the batch at {self._url} cannot be reached: {type(error).__name__}",
                code="batch-unreachable",
                hint="nothing is lost; `vault generate --resume` goes on with the run",
            )
        return error


def _state(batch: Any) -> BatchState:
    """Return a batch as the endpoint described it: servers leave out what they do not know."""
    counts = getattr(batch, "request_counts", None)
    metadata: Mapping[str, str] = getattr(batch, "metadata", None) or {}
    files = (getattr(batch, name, None) for name in ("output_file_id", "error_file_id"))
    errors = getattr(getattr(batch, "errors", None), "data", None) or ()
    done = [getattr(counts, name, None) or 0 for name in ("completed", "failed")]
    return BatchState(
        batch.id,
        _PHASES.get(str(batch.status), BatchPhase.GOING_ON),
        tuple(each for each in files if each),
        str(getattr(batch, "input_file_id", "")),
        metadata.get(RUN_KEY),
        sum(done),
        getattr(counts, "total", None) or 0,
        "; ".join(str(getattr(each, "message", each)) for each in errors),
    )
