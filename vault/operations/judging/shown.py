"""Examples as a judge sees them: the conversation and the answer, and nothing of who made it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vault.dataset.reading.compared_texts import read_records_with_kinds
from vault.dataset.reading.conversations import read_conversation
from vault.dataset.reading.dataset import Dataset, ids_of
from vault.dataset.reading.json_values import ABSENT, value_at
from vault.generate.rubric.rubric import Rubric
from vault.objects.conversation import Conversation, Message
from vault.objects.runs import RowKeys
from vault.operations.model_runs.scrubbed import scrubbed_value

NO_CONVERSATION = "no-conversation"
NO_ANSWER = "no-answer"
MEDIA = "media"
"""Why an example is not judged: a judge that does not see a picture would judge the words alone."""

_DATA = "data."
_SAID = ("role", "content", "reasoning", "refusal", "tool_calls", "call")
"""Members of a message that are said. Others may tell who made it, or what is thought of it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An example as it is judged: what was asked, and what was answered, as JSON values.

    `asked` has `conversation`, and `tools` and `reference` where there are some; of plain text it
    is empty and the `answer` is the text. `rejected` is the other side of a preference. `kept_out`
    is the reason why it is not judged.
    """

    id: bytes
    prompt_id: int | None
    asked: Mapping[str, Any]
    answer: Any = None
    rejected: Sequence[Message] | None = None
    kept_out: str | None = None

    @property
    def whole(self) -> Mapping[str, Any]:
        """Everything that is shown where one answer is judged."""
        return {**self.asked, "answer": self.answer} if self.asked else {"text": self.answer}


def shown_examples(dataset: Dataset, keys: RowKeys, rubric: Rubric) -> Iterator[Shown]:
    """Yield the examples of rows as judges see them, in order, scrubbed if the rubric says so.

    Raises Corrupt.
    """
    if not len(keys):
        return
    table = dataset.columns(keys, ["id", "prompt_id"])
    ids = iter(ids_of(table).tolist())
    prompts = iter(table.column("prompt_id").to_pylist())
    for records, kinds, roles in read_records_with_kinds(dataset, keys):
        for at, (record, kind) in enumerate(zip(records, kinds, strict=True)):
            conversation = read_conversation(record, kind, roles.get(at))
            asked = _reference(rubric, record)
            shown = _shown(next(ids), next(prompts), conversation, asked)
            yield _scrubbed(shown) if rubric.scrub else shown


def reference_path(reference: str) -> tuple[str, ...]:
    """Return the path of a rubric's reference into a record."""
    return tuple(reference.removeprefix(_DATA).split("."))


def _reference(rubric: Rubric, record: Mapping[str, Any]) -> dict[str, Any]:
    if rubric.reference is None:
        return {}
    value = value_at(record, reference_path(rubric.reference))
    return {} if value is ABSENT or value is None else {"reference": value}


def _shown(
    example: bytes, prompt: int | None, conversation: Conversation | None, more: Mapping[str, Any]
) -> Shown:
    if conversation is None:
        return Shown(example, prompt, {}, kept_out=NO_CONVERSATION)
    if conversation.text is not None:
        return Shown(example, prompt, {}, conversation.text)
    if not conversation.response:
        return Shown(example, prompt, {}, kept_out=NO_ANSWER)
    asked: dict[str, Any] = {"conversation": _said(conversation.prompt)}
    if conversation.tools:
        asked["tools"] = conversation.tools
    has_media = bool(conversation.media) or any(
        _has_media(each)
        for each in (*conversation.prompt, *conversation.response, *(conversation.rejected or ()))
    )
    return Shown(
        example,
        prompt,
        {**asked, **more},
        _said(conversation.response),
        None if conversation.rejected is None else _said(conversation.rejected),
        kept_out=MEDIA if has_media else None,
    )


def _said(messages: Sequence[Message]) -> list[Message]:
    return [
        # The name of an assistant is that of a model; others are people and tools.
        {
            name: value
            for name, value in each.items()
            if name in _SAID or (name == "name" and each.get("role") != "assistant")
        }
        for each in messages
    ]


def _has_media(message: Message) -> bool:
    content = message.get("content")
    return isinstance(content, list) and any(
        isinstance(part, Mapping) and part.get("type") not in (None, "text", "refusal", "thinking")
        for part in content
    )


def _scrubbed(shown: Shown) -> Shown:
    return Shown(
        shown.id,
        shown.prompt_id,
        scrubbed_value(shown.asked),
        scrubbed_value(shown.answer),
        None if shown.rejected is None else scrubbed_value(shown.rejected),
        shown.kept_out,
    )
