"""A dataset for `load_dataset`: everything that records say, with what stands beside messages."""

from __future__ import annotations

import json
from typing import Any

from vault.formats.trainers.conversation_parts import (
    chat_of,
    rendered,
    rendered_pair,
    verdict_of,
    weighted_messages,
)
from vault.formats.trainers.message_writer import MessageStyle, MessageWriter
from vault.formats.trainers.output import (
    Carried,
    Column,
    OutputFormat,
    Reasoning,
    RecordParts,
    Rendered,
    RenderOptions,
    Unsupported,
    Weights,
)
from vault.formats.trainers.trainer import Family, Produced, Trainer

_STYLE = MessageStyle(any_arguments=True, has_call_ids=True)
_ALL = Carried(
    Weights.PER_MESSAGE,
    roles=None,
    members=None,
    reasoning=(Reasoning.FIELD, Reasoning.TAGS, Reasoning.DROP),
    parts=True,
    parallel_tool_calls=True,
    template_arguments=True,
    media=True,
    fields=True,
)


def _chat(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation = chat_of(parts)
    writer = MessageWriter(_STYLE, _ALL, options)
    messages = writer.write(weighted_messages(parts, conversation))
    return rendered(parts, {"messages": messages}, _ALL, writer.losses)


def _preference(parts: RecordParts, options: RenderOptions) -> Rendered:
    return rendered_pair(parts, MessageWriter(_STYLE, _ALL, options), _ALL)


def _kto(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation = verdict_of(parts)
    writer = MessageWriter(_STYLE, _ALL, options)
    record: dict[str, Any] = {
        "prompt": writer.write(conversation.prompt),
        "completion": writer.write(conversation.response),
        "label": conversation.desirable,
    }
    return rendered(parts, record, _ALL, writer.losses)


def _prompt(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation = chat_of(parts)
    if conversation.response:
        raise Unsupported("it has an answer beside its prompt")
    writer = MessageWriter(_STYLE, _ALL, options)
    record = {"prompt": writer.write(conversation.prompt)}
    return rendered(parts, record, _ALL, writer.losses)


_BESIDE = {
    "tools": Column.JSON_LIST,
    "parallel_tool_calls": Column.YES_NO,
}
_OPTIONAL = frozenset(_BESIDE)
_MESSAGES = Column.MESSAGES

FORMATS = (
    OutputFormat(
        "hf-chat",
        "a dataset of chats: messages, tools, media and all other fields",
        {"messages": _MESSAGES, **_BESIDE},
        _ALL,
        _chat,
        _OPTIONAL,
    ),
    OutputFormat(
        "hf-preference",
        "a dataset of preference pairs with all other fields",
        {"prompt": _MESSAGES, "chosen": _MESSAGES, "rejected": _MESSAGES, **_BESIDE},
        _ALL,
        _preference,
        _OPTIONAL,
    ),
    OutputFormat(
        "hf-kto",
        "a dataset of answers with a verdict and all other fields",
        {"prompt": _MESSAGES, "completion": _MESSAGES, "label": Column.YES_NO, **_BESIDE},
        _ALL,
        _kto,
        _OPTIONAL,
    ),
    OutputFormat(
        "hf-prompt",
        "a dataset of prompts with all other fields",
        {"prompt": _MESSAGES, **_BESIDE},
        _ALL,
        _prompt,
        _OPTIONAL,
    ),
)
"""The formats of datasets."""


def _usage(produced: Produced) -> str:
    return f"Load it in Python: `datasets.load_dataset({json.dumps(produced.folder)})`."


HUGGING_FACE = Trainer(
    "hf",
    "a dataset for load_dataset, with all that records say",
    {
        Family.CHAT: "hf-chat",
        Family.PREFERENCE: "hf-preference",
        Family.KTO: "hf-kto",
        Family.PROMPT: "hf-prompt",
        Family.TEXT: "text",
    },
    prompts_format="trl-prompts",
    declares_features=True,
    usage=_usage,
)
"""The target `hf`."""
