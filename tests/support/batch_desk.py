"""Files and batches of the billing server: requests that come together, at half the price.

A batch is done at its first retrieval, unless its manners say otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answering = Callable[[dict[str, Any], str], dict[str, Any]]
"""Answers a request, bills it at half the price, and returns the completion."""


@dataclass(slots=True)
class BatchManners:
    """The manners of batches, which a test may change while the server runs."""

    is_there: bool = True
    """False: the server has no batches, and says 404."""
    pending: int = 0
    """Retrievals that find a batch still going on."""
    does: int | None = None
    """The requests that are answered before a batch expires; None for all."""
    faults: int = 0
    """The first requests that have an error, in the error file."""
    refusal: str | None = None
    """Why a batch is refused as a whole."""
    drops: int = 0
    """Submissions after which the connection ends, with the batch made."""
    forgets: int = 0
    """Submissions after which the connection ends, with no batch made."""
    page: bytes | None = None
    """What is sent instead of every response, with the status 200."""
    is_slow_to_cancel: bool = False
    at: Callable[[str, str], None] = lambda method, path: None
    """Called with method and path when a request was served, before its response goes out."""


@dataclass(slots=True)
class _Batch:
    id: str
    file: str
    metadata: dict[str, str]
    status: str = "in_progress"
    looked_at: int = 0
    files: dict[str, str] = field(default_factory=dict)
    done: int = 0
    total: int = 0


class BatchDesk:
    """The files and batches of a server."""

    def __init__(self, answer: Answering) -> None:
        self.manners = BatchManners()
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, _Batch] = {}
        self.submitted: list[list[int]] = []
        self._answer = answer

    def serve(self, method: str, target: str, body: bytes) -> tuple[int, bytes] | None:
        """Return status and body of the response; None to end the connection without one."""
        found = self._served(method, target, body)
        self.manners.at(method, target)
        return found

    def _served(self, method: str, target: str, body: bytes) -> tuple[int, bytes] | None:
        if self.manners.page is not None:
            return 200, self.manners.page
        if not self.manners.is_there:
            return 404, _json({"error": {"message": "no such path", "code": "not_found"}})
        parts = urlsplit(target)
        match method, parts.path.split("/")[2:]:
            case "POST", ["files"]:
                return 200, _json(self._stored(_file_in(body)))
            case "GET", ["files", name, "content"]:
                return 200, self.files[name]
            case "POST", ["batches"]:
                return self._made(json.loads(body))
            case "GET", ["batches"]:
                return 200, _json(self._listed(parse_qs(parts.query)))
            case "GET", ["batches", name]:
                return 200, _json(self._looked_at(self.batches[name]))
            case "POST", ["batches", name, "cancel"]:
                return 200, _json(self._cancelled(self.batches[name]))
        return 405, b"{}"

    def _stored(self, data: bytes) -> dict[str, Any]:
        name = f"file-{len(self.files) + 1}"
        self.files[name] = data
        return {"id": name, "object": "file", "bytes": len(data), "purpose": "batch"}

    def _made(self, asked: dict[str, Any]) -> tuple[int, bytes] | None:
        if self.manners.forgets:
            self.manners.forgets -= 1
            return None
        lines = self._lines(asked["input_file_id"])
        batch = _Batch(
            f"batch_{len(self.batches) + 1}", asked["input_file_id"], asked.get("metadata") or {}
        )
        batch.total = len(lines)
        self.batches[batch.id] = batch
        self.submitted.append([int(each["custom_id"]) for each in lines])
        if self.manners.drops:
            self.manners.drops -= 1
            return None
        return 200, _json(_told(batch, None))

    def _listed(self, query: dict[str, list[str]]) -> dict[str, Any]:
        names = list(self.batches)[::-1]
        after = query.get("after")
        if after:
            names = names[names.index(after[0]) + 1 :]
        count = int(query.get("limit", ["20"])[0])
        shown = [_told(self.batches[each], None) for each in names[:count]]
        return {"object": "list", "data": shown, "has_more": len(names) > count}

    def _looked_at(self, batch: _Batch) -> dict[str, Any]:
        batch.looked_at += 1
        if batch.status == "in_progress" and batch.looked_at > self.manners.pending:
            self._finish(batch, self.manners.does)
        return _told(batch, self.manners.refusal)

    def _cancelled(self, batch: _Batch) -> dict[str, Any]:
        if batch.status == "in_progress" and not self.manners.is_slow_to_cancel:
            self._finish(batch, self.manners.does or 0)
            batch.status = "cancelled"
        return _told(batch, None)

    def _finish(self, batch: _Batch, does: int | None) -> None:
        if self.manners.refusal is not None:
            batch.status = "failed"
            return
        lines = self._lines(batch.file)
        count = len(lines) if does is None else min(does, len(lines))
        output, errors = [], []
        for at, line in enumerate(lines):
            if at >= count:
                error = {"code": "batch_expired", "message": "The window has ended."}
                told = {"custom_id": line["custom_id"], "response": None, "error": error}
                # Half of them are told, and of the others nothing is said.
                errors += [told] if at % 2 else []
            elif at < self.manners.faults:
                body = {"error": {"message": "No such thing.", "code": "invalid"}}
                errors.append(_line(line["custom_id"], 400, body))
            else:
                text = str(line["body"]["messages"][-1].get("content"))
                output.append(_line(line["custom_id"], 200, self._answer(line["body"], text)))
        batch.done = count
        batch.status = "completed" if count == len(lines) else "expired"
        for name, found in (("output_file_id", output[::-1]), ("error_file_id", errors)):
            if found:
                data = b"".join(_json(each) + b"\n" for each in found)
                batch.files[name] = self._stored(data)["id"]

    def _lines(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(each) for each in self.files[name].split(b"\n") if each]


def _told(batch: _Batch, refusal: str | None) -> dict[str, Any]:
    counts = {"total": batch.total, "completed": batch.done, "failed": 0}
    told = {
        "id": batch.id,
        "object": "batch",
        "endpoint": "/v1/chat/completions",
        "input_file_id": batch.file,
        "completion_window": "24h",
        "created_at": 1_700_000_000,
        "status": batch.status,
        "metadata": batch.metadata,
        "request_counts": counts,
        **batch.files,
    }
    if batch.status == "failed":
        told["errors"] = {"object": "list", "data": [{"code": "bad", "message": refusal}]}
    return told


def _line(custom: str, status: int, body: Any) -> dict[str, Any]:
    response = {"status_code": status, "request_id": "r", "body": body}
    return {"id": f"batch_req_{custom}", "custom_id": custom, "response": response, "error": None}


def _file_in(body: bytes) -> bytes:
    """Return the file of a form."""
    boundary = body[: body.index(b"\r\n")]
    for part in body.split(boundary):
        head, _, data = part.partition(b"\r\n\r\n")
        if re.search(rb'name="file"', head):
            return data.removesuffix(b"\r\n")
    raise AssertionError("the form has no file")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
