"""Records of other programs that are no conversation as they are: whose, and how to read them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Record = Mapping[str, Any]


class Origin(NamedTuple):
    """What writes such records, how they are known, and the mapping that reads them."""

    what: str
    is_meant: Callable[[Record], bool]
    mapping: Callable[[Record], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Known:
    """What a record is, and the mapping from roles to fields by which it can be read, or none."""

    what: str
    mapping: Mapping[str, str]


def known_origin(record: Record) -> Known | None:
    """Return what a raw record is; None if that is not known."""
    for origin in ORIGINS:
        if origin.is_meant(record):
            return Known(origin.what, origin.mapping(record))
    return None


HEADERLESS = "rows below a first line that reads like data and not like names: it needs a header"
"""What records of a table are whose header is missing."""


def has_data_for_names(record: Record) -> bool:
    """Tell whether a name of a record reads like data: a sentence, a number, or a long text."""
    return any(
        len(name) > _LONGEST_NAME or name.rstrip().endswith(("?", ".", "!")) or name.isdecimal()
        for name in record
    )


_LONGEST_NAME = 60


def _inner(record: Record, path: str) -> Any:
    value: Any = record
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _is_messages(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(each, Mapping) and ("role" in each or "from" in each) for each in value)
    )


def _is_said(value: Any) -> bool:
    """Tell whether a value is a text, or a message: what a role can be mapped to."""
    return isinstance(value, str) or (isinstance(value, Mapping) and "role" in value)


def _fitting(*choices: tuple[str, tuple[str, ...]]) -> Callable[[Record], Mapping[str, str]]:
    """Return what maps each role to the first of its paths that leads to something it can be."""

    def mapping(record: Record) -> Mapping[str, str]:
        found = {}
        for role, paths in choices:
            fits = _is_messages if role == "messages" else _is_said
            path = next((each for each in paths if fits(_inner(record, each))), None)
            if path is not None:
                found[role] = path
        if "messages" in found:
            found.pop("user", None)
        return found

    return mapping


def _has(*paths: str) -> Callable[[Record], bool]:
    return lambda record: all(_inner(record, path) is not None for path in paths)


def _is_langfuse(record: Record) -> bool:
    asked = record.get("input")
    names = ("expectedOutput", "expected_output", "output")
    answered = next((record[name] for name in names if record.get(name) is not None), None)
    return isinstance(asked, (dict, list)) and isinstance(answered, (dict, str))


def _no_mapping(record: Record) -> Mapping[str, str]:
    return {}


ORIGINS = (
    Origin(
        "a request of a batch of OpenAI's API",
        _has("custom_id", "body"),
        _fitting(("messages", ("body.messages",)), ("user", ("body.input", "body.prompt"))),
    ),
    Origin(
        "a failed request of a batch of OpenAI's API",
        lambda record: "custom_id" in record and record.get("error") is not None,
        _no_mapping,
    ),
    Origin(
        "several answers of OpenAI's API in one",
        lambda record: isinstance(_inner(record, "choices.1"), Mapping),
        _fitting(("assistant", ("choices.0.message", "choices.0.text"))),
    ),
    Origin(
        "a run of LangSmith",
        _has("inputs", "outputs"),
        _fitting(
            ("messages", ("inputs.messages", "inputs.messages.0")),
            ("user", ("inputs.question", "inputs.input", "inputs.prompt", "inputs.query")),
            (
                "assistant",
                (
                    *("outputs.message", "outputs.messages.0", "outputs.choices.0.message"),
                    *("outputs.output", "outputs.answer", "outputs.response", "outputs.generation"),
                ),
            ),
        ),
    ),
    Origin(
        "a record of Argilla",
        lambda record: (
            isinstance(record.get("fields"), Mapping)
            and ("responses" in record or "suggestions" in record)
        ),
        _fitting(
            ("messages", ("fields.messages", "fields.chat", "fields.conversation")),
            ("user", ("fields.prompt", "fields.instruction", "fields.question", "fields.input")),
            (
                "assistant",
                ("fields.response", "fields.completion", "fields.answer", "fields.output"),
            ),
        ),
    ),
    Origin(
        "a task of Label Studio",
        lambda record: (
            isinstance(record.get("data"), Mapping)
            and ("annotations" in record or "completions" in record)
        ),
        _fitting(
            ("messages", ("data.messages", "data.dialogue")),
            ("user", ("data.prompt", "data.question", "data.text", "data.instruction")),
            ("assistant", ("annotations.0.result.0.value.text.0",)),
        ),
    ),
    Origin(
        "a record of distilabel",
        lambda record: "distilabel_metadata" in record or "generation" in record,
        _fitting(
            ("user", ("instruction", "prompt")), ("assistant", ("generation", "generations.0"))
        ),
    ),
    Origin(
        "a response of Curator",
        _has("generic_request", "response_message"),
        _fitting(("messages", ("generic_request.messages",)), ("assistant", ("response_message",))),
    ),
    Origin(
        "an output of vLLM",
        lambda record: "prompt" in record and isinstance(_inner(record, "outputs.0"), Mapping),
        _fitting(("user", ("prompt",)), ("assistant", ("outputs.0.text",))),
    ),
    Origin(
        "a sample of lm-evaluation-harness",
        _has("doc", "resps"),
        _fitting(
            (
                "user",
                (
                    *("doc.question", "doc.query", "doc.problem"),
                    *("arguments.gen_args_0.arg_0", "arguments.0.0"),
                ),
            ),
            ("assistant", ("filtered_resps.0", "resps.0.0")),
        ),
    ),
    Origin(
        "a sample of Inspect",
        lambda record: "epoch" in record and "messages" not in record and "input" in record,
        _fitting(
            ("user", ("input", "input.0.content")), ("assistant", ("output.choices.0.message",))
        ),
    ),
    Origin(
        "a result of promptfoo",
        lambda record: _inner(record, "response.output") is not None and "prompt" in record,
        _fitting(("user", ("prompt.raw", "prompt")), ("assistant", ("response.output",))),
    ),
    Origin(
        "an answer of Ollama",
        lambda record: "done" in record and ("message" in record or "response" in record),
        _fitting(("user", ("prompt",)), ("assistant", ("message", "response"))),
    ),
    Origin(
        "a run of Kiln",
        lambda record: isinstance(_inner(record, "output.output"), str) and "input" in record,
        _fitting(("user", ("input",)), ("assistant", ("output.output",))),
    ),
    Origin(
        "an item of Langfuse",
        _is_langfuse,
        _fitting(
            ("messages", ("input", "input.messages")),
            ("user", ("input.question", "input.input", "input.prompt", "input.query")),
            (
                "assistant",
                (
                    *("output", "expectedOutput", "expected_output"),
                    *("expectedOutput.answer", "expected_output.answer", "expectedOutput.output"),
                    *("output.answer", "output.content", "output.choices.0.message"),
                ),
            ),
        ),
    ),
)
"""What is known of, in the order of asking: the more telling names come first."""
