"""The ladder: how an endpoint is asked for JSON, from an enforced schema down to plain words.

Pure. An endpoint that does not do what a step asks of it is asked by the next one. Below the step
that was wanted an answer that is not as asked for is asked for once more, with what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vault.generate.body_text import body_text
from vault.generate.completion import Rejected, error_message, json_of, message_of, text_of

Messages = Sequence[Mapping[str, Any]]


class Step(StrEnum):
    """A step of the ladder, by what a request says of it: the name of its `response_format`."""

    SCHEMA = "json_schema"
    OBJECT = "json_object"
    PLAIN = "plain"

    @property
    def below(self) -> Step:
        """The next step; of the last one itself."""
        steps = list(Step)
        return steps[min(steps.index(self) + 1, len(steps) - 1)]


PROBED = (Step.SCHEMA, Step.OBJECT)
"""Steps that a probe asks for, the best first; nothing is asked of an endpoint by the last one."""

_COLOURS = ("red", "blue")
_PROBE_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": list(_COLOURS)}},
    "required": ["colour"],
    "additionalProperties": False,
}
# Words of which no object follows, so that one in the answer was enforced. A server that enforces
# JSON may ask for the word in the prompt.
_PROBE_TEXT = "Say hello in one short sentence, not in JSON."


def response_format(
    step: Step, schema: Mapping[str, Any] | None, *, name: str = "answer"
) -> dict[str, Any] | None:
    """Return the member `response_format` of a request at a step, None where it has none."""
    if step is Step.SCHEMA and schema is not None:
        return {
            "type": str(step),
            "json_schema": {"name": name, "schema": schema, "strict": True},
        }
    return None if step is Step.PLAIN else {"type": str(Step.OBJECT)}


def with_schema(
    messages: list[dict[str, Any]], step: Step, schema: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """Return messages that say which schema is wanted, where the step does not send it."""
    if step is Step.SCHEMA or schema is None:
        return messages
    text = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    told = (
        f"Answer with one JSON object that satisfies this JSON Schema, and no other text:\n{text}"
    )
    *before, last = messages
    content = last.get("content")
    if last["role"] == "user" and isinstance(content, str):
        return [*before, {**last, "content": f"{content}\n\n{told}"}]
    return [*messages, {"role": "user", "content": told}]


def asked_again(body: str, answer: bytes, told: str) -> str | None:
    """Return the body that shows a model what is wrong with its answer to another body.

    None for an answer without a text, to which nothing can be said.
    """
    try:
        said = text_of(message_of(answer))
    except Rejected:
        return None
    request = json.loads(body)
    request["messages"] += [
        {"role": "assistant", "content": said},
        {
            "role": "user",
            "content": f"That cannot be used: {told}. "
            "Answer once more, with the JSON alone that was asked for and no other text.",
        },
    ]
    return body_text(request)


def probe_body(model: str, max_tokens: int, settings: Mapping[str, Any], step: Step) -> str:
    """Return the body of a request whose answer tells whether an endpoint enforces a step."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": _PROBE_TEXT}],
        "max_tokens": max_tokens,
        **settings,
        "response_format": response_format(step, _PROBE_SCHEMA, name="probe"),
    }
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a probe: whether an endpoint enforces a step, and counts tokens."""

    step: Step
    is_enforced: bool
    has_usage: bool

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that the run keeps of it."""
        return {"step": str(self.step), "enforced": self.is_enforced, "usage": self.has_usage}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Finding:
        """Return what `to_json` wrote."""
        return cls(Step(value["step"]), value["enforced"], value["usage"])


def finding_of(step: Step, answer: bytes) -> Finding:
    """Return what the answer to a probe tells. An error of the endpoint is an answer as well."""
    try:
        body = json.loads(answer)
    except (ValueError, RecursionError):
        body = None
    has_usage = isinstance(body, dict) and isinstance(body.get("usage"), dict)
    try:
        value = json_of(text_of(message_of(answer)))
    except Rejected as error:
        # A model that thinks at length was cut before it said anything: nothing speaks against it.
        return Finding(step, error.reason == "cut", has_usage)
    fits = isinstance(value, dict)
    if step is Step.SCHEMA:
        fits = fits and set(value) == {"colour"} and value["colour"] in _COLOURS
    return Finding(step, fits, has_usage)


def step_of(wanted: Step, findings: Sequence[Finding]) -> Step:
    """Return the step at which an endpoint is asked: the best that it is not known to ignore."""
    ignored = {each.step for each in findings if not each.is_enforced}
    while wanted in ignored and wanted is not Step.PLAIN:
        wanted = wanted.below
    return wanted


def is_form_refused(answer: bytes | None) -> bool:
    """Return whether an endpoint refused a request for its `response_format`."""
    told = error_message(answer or b"").lower()
    if "must contain" in told:
        return False  # some want the word in the prompt, which only its author can write
    return any(word in told for word in ("response_format", "response format", *PROBED))
