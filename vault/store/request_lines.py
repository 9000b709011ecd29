"""Lines in the journal of a model run, about requests, batches and the run: made and read.

Normative: docs/format/runs.md, steps 4 to 6 of section 5. Reading raises one of `MALFORMED` where a
line is not as specified.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vault.objects.model_run.request import (
    RequestState,
    RequestStatus,
    check_body,
    check_status,
)

_BATCH_STATES = frozenset({"submitted", "finished", "expired", "cancelled"})


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """A request to be sent: its number in the run, from 1, and the JSON text of its body.

    `sample` counts requests with the same body from 0. `origin_id` is the id of the one example
    that is to be answered or judged. `drawn` is a JSON object of what it was made with.
    """

    request: int
    sample: int
    body: str
    origin_id: bytes | None = None
    drawn: Mapping[str, Any] | None = None


def planned_line(planned: PlannedRequest) -> dict[str, Any]:
    """Return the first line of a request."""
    line: dict[str, Any] = {"sample": planned.sample, "body": planned.body}
    if planned.drawn is not None:
        line["drawn"] = dict(planned.drawn)
    if planned.origin_id is not None:
        line["origin_id"] = planned.origin_id.hex()
    return _request_line(planned.request, RequestState.PLANNED, line)


def sent_line(number: int, cost: str | None) -> dict[str, Any]:
    """Return the line of a request that is about to be sent, with the most that it can cost."""
    fresh = dict.fromkeys(("reason", "answer", "usage"))
    return _request_line(number, RequestState.SENT, {**fresh, "cost": cost})


def answered_line(
    number: int,
    state: RequestState,
    answer: bytes | None,
    *,
    reason: str | None = None,
    usage: Mapping[str, Any] | None = None,
    cost: str | None = None,
) -> dict[str, Any]:
    """Return the line of a request that came to an end at the endpoint.

    Without a cost one that is possibly billed keeps the most that it can cost.
    """
    line: dict[str, Any] = {
        "answer": None if answer is None else _answer_json(answer),
        "reason": reason,
        "usage": None if usage is None else dict(usage),
    }
    if cost is not None or state != RequestState.POSSIBLY_BILLED:
        line["cost"] = cost
    return _request_line(number, state, line)


def decided_line(
    number: int,
    state: RequestState,
    reason: str | None = None,
    *,
    examples: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Return the line of a request about which something was decided; its answer stays.

    `examples` are the ids of what was accepted of it.
    """
    line: dict[str, Any] = {"reason": reason}
    if examples is not None:
        line["examples"] = list(examples)
    return _request_line(number, state, line)


def batch_line(batch: str, state: str, requests: Iterable[int]) -> dict[str, Any]:
    """Return the line of a batch, by the id that the endpoint gave."""
    return {"type": "batch", "batch": batch, "state": state, "requests": list(requests)}


def state_line(state: str) -> dict[str, Any]:
    """Return the line that says how the run stands."""
    return {"type": "state", "state": state}


def status_after(
    value: Mapping[str, Any], before: RequestStatus | None, had_answer: bool
) -> tuple[RequestStatus, bool]:
    """Return a request after a line about it, and whether it has an answer then."""
    if before is None or "body" in value:
        check_body(value["body"])
    if "answer" in value and value["answer"] is not None:
        answer_in(value)
    told: dict[str, Any] = {
        name: value[name] if name in value else getattr(before, name, None)
        for name in ("reason", "usage", "cost", "origin_id")
    }
    if isinstance(value.get("origin_id"), str):
        told["origin_id"] = _origin_id(value["origin_id"])
    drawn, examples = value.get("drawn"), value.get("examples")
    told["drawn"] = getattr(before, "drawn", None) if drawn is None else drawn_text(drawn)
    told["examples"] = getattr(before, "examples", None) if examples is None else tuple(examples)
    sample = value["sample"] if before is None or "sample" in value else before.sample
    status = RequestStatus(request=value["request"], sample=sample, state=value["state"], **told)
    has_answer = value["answer"] is not None if "answer" in value else had_answer
    check_status(status, has_answer=has_answer)
    return status, has_answer


def drawn_text(drawn: Any) -> str:
    """Return what a request was made with as the JSON text that is kept of it."""
    return json.dumps(drawn, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def body_in(value: Mapping[str, Any]) -> str:
    """Return the body that a line has."""
    body: str = value["body"]
    return body


def answer_in(value: Mapping[str, Any]) -> bytes:
    """Return the answer that a line has."""
    answer = value["answer"]
    if isinstance(answer, str):
        return answer.encode()
    return base64.b64decode(answer["base64"], validate=True)


def batch_in(value: Mapping[str, Any]) -> tuple[str, str, tuple[int, ...]]:
    """Return the id of a batch, its state and its requests."""
    batch, state, requests = value["batch"], value["state"], value["requests"]
    if not isinstance(batch, str) or state not in _BATCH_STATES or not isinstance(requests, list):
        raise ValueError(f"the batch {batch!r} is {state!r}")
    if not all(type(each) is int and each > 0 for each in requests):
        raise ValueError(f"the batch {batch!r} has requests that are no numbers")
    return batch, state, tuple(requests)


def state_in(value: Mapping[str, Any]) -> str:
    """Return how the run stands by a line."""
    if not isinstance(value["state"], str):
        raise ValueError(f"the run is {value['state']!r}")
    return value["state"]


def _request_line(number: int, state: RequestState, more: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "request", "request": number, "state": str(state), **more}


def _answer_json(answer: bytes) -> Any:
    try:
        return answer.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(answer).decode("ascii")}


def _origin_id(text: str) -> bytes:
    if text != text.lower():
        raise ValueError(f"{text!r} is not the id of an example")
    return bytes.fromhex(text)
