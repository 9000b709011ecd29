"""The client of an endpoint that takes batches: files of requests, answered within a day.

Loaded on use, as `client`, whose rules about headers, keys and redirects hold here too. Nothing is
tried again: whoever calls asks later, and no batch is lost meanwhile.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any
from urllib.parse import quote

from vault.errors import InvalidInput, StorageFailed
from vault.generate.batch_lines import MOST_BYTES, URL
from vault.generate.client import (
    OpenClient,
    Response,
    TooLongError,
    open_client,
    openai,
    without_key,
)
from vault.generate.completion import error_message
from vault.generate.endpoint import Endpoint

RUN_KEY = "vault_run"
"""The key of the metadata of a batch that has the name of its run."""

_MOST_ANSWER_BYTES = 40 * MOST_BYTES
"""Bytes of a file of answers that are read, at most; they are taken line by line."""

_MORE_BYTES = 1 << 16
"""Bytes of a line beside the answer in it."""

_NO_BATCHES = (404, 405, 501)
_GONE = (404, 410)
_PAGE = 100
_MOST_PAGES = 1_000


class BatchPhase(Enum):
    """The phase of a batch: going on, or one of its ends."""

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

    `done` requests are answered. `told` is what the endpoint says of a batch that it
    refused. `run` is the run that its metadata names, and `file` that of its requests.
    """

    id: str
    phase: BatchPhase
    files: tuple[str, ...]
    file: str
    run: str | None
    done: int = 0
    told: str = ""


class BatchClient(OpenClient):
    """An open client of the batches of one endpoint.

    Every method raises StorageFailed (`batch-refused`, `batch-unreachable`, and of what the
    endpoint does not have any more `batch-gone`).
    """

    def __init__(self, endpoint: Endpoint) -> None:
        """Open the client. Raises InvalidInput (`endpoint-invalid`, `key-invalid`)."""
        self._url = endpoint.url
        self._key = endpoint.api_key
        self._most_line_bytes = endpoint.most_answer_bytes + _MORE_BYTES
        self._client = open_client(replace(endpoint, most_answer_bytes=_MOST_ANSWER_BYTES))

    async def require(self) -> None:
        """Raise InvalidInput (`batches-missing`) unless the endpoint has batches."""
        try:
            raw = await self._listed({"limit": 1})
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
        self._page(self._object(raw.content))

    async def upload(self, requests: bytes) -> str:
        """Store a file of requests at the endpoint, and return its id. Costs nothing."""
        file = ("requests.jsonl", requests, "application/jsonl")
        stored = self._client.post(
            "/files",
            cast_to=Response,
            body={"purpose": "batch"},
            files=[("file", file)],
            options={"headers": {"Content-Type": "multipart/form-data"}},
        )
        return self._id_of(await self._told(stored))

    async def submit(self, file: str, run: str) -> BatchState:
        """Have the requests of a file answered, for the run that is named."""
        body = {
            "input_file_id": file,
            "endpoint": URL,
            "completion_window": "24h",
            "metadata": {RUN_KEY: run},
        }
        return await self._state(self._client.post("/batches", cast_to=Response, body=body))

    async def find(self, file: str, run: str) -> BatchState | None:
        """Return the batch of a file and a run, None if the endpoint has none.

        A batch of that file whose metadata names no run is it too: some servers keep none.
        """
        asked: dict[str, Any] = {"limit": _PAGE}
        for _ in range(_MOST_PAGES):
            page = await self._told(self._listed(asked))
            found = [each for each in self._page(page) if isinstance(each, dict)]
            for each in found:
                state = _state(each, self._id_of(each))
                if state.file == file and state.run in (None, run):
                    return state
            if not found or not page.get("has_more"):
                return None
            last = self._id_of(found[-1])
            if asked.get("after") == last:
                break
            asked["after"] = last
        raise self._refused("its list of batches does not end")

    async def state(self, batch: str) -> BatchState:
        """Return how a batch stands."""
        return await self._state(self._client.get(_path(batch), cast_to=Response))

    async def cancel(self, batch: str) -> BatchState:
        """Cancel a batch; what it has done until then is billed, and can be fetched."""
        cancelled = self._client.post(f"{_path(batch)}/cancel", cast_to=Response)
        return await self._state(cancelled)

    async def lines(self, file: str) -> AsyncIterator[bytes]:
        """Yield the lines of a file of answers, as they come; of one too long its beginning."""
        most = self._most_line_bytes
        line = bytearray()
        try:
            async with self._client.files.with_streaming_response.content(file) as response:
                async for part in response.iter_bytes():
                    rest, *others = part.split(b"\n")
                    line += rest[: most - len(line)]
                    for other in others:
                        if line.strip():
                            yield without_key(bytes(line), self._key)
                        line = bytearray(other[:most])
        except Exception as error:
            raise self._failed(error) from None
        if line.strip():
            yield without_key(bytes(line), self._key)

    async def _listed(self, asked: dict[str, Any]) -> Response:
        return await self._client.get("/batches", cast_to=Response, options={"params": asked})

    async def _state(self, asked: Awaitable[Response]) -> BatchState:
        batch = await self._told(asked)
        return _state(batch, self._id_of(batch))

    async def _told(self, asked: Awaitable[Response]) -> dict[str, Any]:
        """Return the JSON object that came back: the models of the client trust it too much."""
        try:
            raw = await asked
        except Exception as error:
            raise self._failed(error) from None
        return self._object(raw.content)

    def _object(self, body: bytes) -> dict[str, Any]:
        try:
            value = json.loads(without_key(body, self._key))
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise self._refused("it sent no JSON object")
        return value

    def _page(self, page: dict[str, Any]) -> list[Any]:
        if not isinstance(page.get("data"), list):
            raise self._refused("it sent no list of batches")
        return list(page["data"])

    def _id_of(self, found: dict[str, Any]) -> str:
        name = found.get("id")
        if not isinstance(name, str):
            raise self._refused("it sent no batch and no file")
        return name

    def _refused(self, told: str) -> StorageFailed:
        return StorageFailed(
            f"{self._url} refused a batch: {told}",
            code="batch-refused",
            hint="nothing is lost; `vault generate --resume` goes on with the run",
        )

    def _gone(self, told: str) -> StorageFailed:
        return StorageFailed(
            f"{self._url} does not have the batch or its answers: {told}",
            code="batch-gone",
            hint="if that is so for good, `vault runs cancel RUN` gives the run up; `vault runs` "
            "lists runs",
        )

    def _failed(self, error: Exception) -> Exception:
        """Return the error to raise for one of the client; others as they are."""
        if isinstance(error, openai.APIStatusError):
            told = error_message(without_key(error.response.content, self._key))
            is_gone = error.status_code in _GONE and error.request.method == "GET"
            return self._gone(told) if is_gone else self._refused(told)
        if isinstance(error, TooLongError):
            return self._refused("the file of answers is too long")
        if isinstance(error, openai.OpenAIError | OSError | asyncio.TimeoutError) or (
            type(error).__module__.partition(".")[0] in ("httpx2", "anyio", "zlib")
        ):
            return StorageFailed(
                f"the batch at {self._url} cannot be reached: {type(error).__name__}",
                code="batch-unreachable",
                hint="nothing is lost; `vault generate --resume` goes on with the run",
            )
        return error


def _state(batch: dict[str, Any], name: str) -> BatchState:
    """Return a batch as the endpoint described it: servers leave out what they do not know."""
    counts, metadata = _member(batch, "request_counts"), _member(batch, "metadata")
    files = (batch.get(each) for each in ("output_file_id", "error_file_id"))
    run = metadata.get(RUN_KEY)
    errors = _member(batch, "errors").get("data")
    told = [each.get("message") for each in errors or () if isinstance(each, dict)]
    return BatchState(
        name,
        _PHASES.get(str(batch.get("status")), BatchPhase.GOING_ON),
        tuple(each for each in files if isinstance(each, str) and each),
        str(batch.get("input_file_id")),
        run if isinstance(run, str) else None,
        _count(counts, "completed") + _count(counts, "failed"),
        "; ".join(each for each in told if isinstance(each, str)),
    )


def _path(batch: str) -> str:
    return f"/batches/{quote(batch, safe='')}"


def _member(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _count(value: dict[str, Any], name: str) -> int:
    found = value.get(name)
    return found if type(found) is int else 0
