"""The output formats that there are, by name.

Layouts are those of the trainers' own documentation: TRL's dataset formats, OpenAI's chat. Each
says only what the record says; what a format cannot hold is refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from vault.errors import InvalidInput
from vault.formats.trainers.message_writer import MessageStyle, MessageWriter
from vault.formats.trainers.output import (
    Column,
    Loss,
    OutputFormat,
    RecordParts,
    Rendered,
    Unsupported,
)
from vault.objects.conversation import Conversation, Message

_TRL = MessageStyle(frozenset(), reasoning="reasoning_content")
_OPENAI = MessageStyle(
    frozenset({"name", "weight", "refusal", "audio"}),
    arguments_as_text=True,
    has_call_ids=True,
    has_parts=True,
)
_ASKING = ("user", "tool")


def output_format(name: str) -> OutputFormat:
    """Return a format by its name. Raises InvalidInput (`output-format-unknown`)."""
    found = OUTPUT_FORMATS.get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, OUTPUT_FORMATS, n=1, cutoff=0.5)
    raise InvalidInput(
        f'"{name}" is not a format that records can be rendered in',
        code="output-format-unknown",
        hint=f"did you mean {near[0]}?" if near else f"there are {', '.join(OUTPUT_FORMATS)}",
    )


def _trl_chat(parts: RecordParts) -> Rendered:
    conversation = _chat_of(parts)
    writer = MessageWriter(_TRL)
    messages = writer.write(conversation.prompt + conversation.response)
    return _rendered(parts, conversation, writer, {"messages": messages})


def _openai(parts: RecordParts) -> Rendered:
    conversation = _chat_of(parts)
    writer = MessageWriter(_OPENAI)
    record: dict[str, Any] = {"messages": writer.write(conversation.prompt + conversation.response)}
    if conversation.tools is not None:
        record["tools"] = conversation.tools
    if conversation.parallel_tool_calls is not None:
        record["parallel_tool_calls"] = conversation.parallel_tool_calls
    return Rendered(record, _losses(parts, writer))


def _trl_prompt_completion(parts: RecordParts) -> Rendered:
    conversation = _chat_of(parts)
    writer = MessageWriter(_TRL)
    prompt, completion = _asked_and_answered(conversation)
    record = {"prompt": writer.write(prompt), "completion": writer.write(completion)}
    return _rendered(parts, conversation, writer, record)


def _trl_kto(parts: RecordParts) -> Rendered:
    conversation = _messages_of(parts)
    if conversation.desirable is None:
        raise Unsupported("it has no verdict")
    writer = MessageWriter(_TRL)
    prompt, completion = _asked_and_answered(conversation)
    record: dict[str, Any] = {
        "prompt": writer.write(prompt),
        "completion": writer.write(completion),
        "label": conversation.desirable,
    }
    return _rendered(parts, conversation, writer, record)


def _trl_preference(parts: RecordParts) -> Rendered:
    conversation = _messages_of(parts)
    if conversation.rejected is None:
        raise Unsupported("it has no rejected answer")
    if not conversation.prompt or conversation.prompt[-1]["role"] not in _ASKING:
        raise Unsupported("its prompt does not end with a user or tool message")
    if not conversation.response or not conversation.rejected:
        raise Unsupported("one of its answers is empty")
    writer = MessageWriter(_TRL)
    prompt = writer.write(conversation.prompt)
    chosen, rejected = writer.write_sides(conversation.response, conversation.rejected)
    record = {"prompt": prompt, "chosen": chosen, "rejected": rejected}
    return _rendered(parts, conversation, writer, record)


def _text(parts: RecordParts) -> Rendered:
    conversation = _conversation_of(parts)
    if conversation.text is None:
        raise Unsupported("it is a conversation, which only a chat template makes into a text")
    return Rendered({"text": conversation.text}, _losses(parts))


def _data(parts: RecordParts) -> Rendered:
    return Rendered({"data": parts.text.decode()})


def _conversation_of(parts: RecordParts) -> Conversation:
    if parts.conversation is None:
        raise Unsupported("it has no conversation")
    return parts.conversation


def _messages_of(parts: RecordParts) -> Conversation:
    conversation = _conversation_of(parts)
    if conversation.text is not None:
        raise Unsupported("it is plain text")
    if not conversation.prompt and not conversation.response:
        raise Unsupported("it has no messages")
    return conversation


def _chat_of(parts: RecordParts) -> Conversation:
    """Return a conversation all of whose answers are meant to be learned."""
    conversation = _messages_of(parts)
    if conversation.rejected is not None:
        raise Unsupported("it is a preference pair")
    if conversation.desirable is not None:
        raise Unsupported("it is an answer with a verdict")
    return conversation


def _asked_and_answered(
    conversation: Conversation,
) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """Return prompt and completion, parted so that the prompt ends with who asks."""
    prompt, completion = conversation.prompt, conversation.response
    while prompt and prompt[-1]["role"] == "assistant":
        prompt, completion = prompt[:-1], (prompt[-1], *completion)
    if not prompt or prompt[-1]["role"] not in _ASKING:
        raise Unsupported("its prompt does not end with a user or tool message")
    if not completion:
        raise Unsupported("it has no answer")
    return prompt, completion


def _rendered(
    parts: RecordParts, conversation: Conversation, writer: MessageWriter, record: dict[str, Any]
) -> Rendered:
    """Return a record in TRL's layout, with the tools beside it."""
    if conversation.tools is not None:
        record["tools"] = conversation.tools
    if conversation.parallel_tool_calls is not None:
        writer.losses.add(Loss.PARALLEL_TOOL_CALLS)
    return Rendered(record, _losses(parts, writer))


def _losses(parts: RecordParts, writer: MessageWriter | None = None) -> frozenset[Loss]:
    found = set() if writer is None else set(writer.losses)
    if parts.fields is not None:
        found.add(Loss.FIELDS)
    if parts.conversation is not None and parts.conversation.media is not None:
        found.add(Loss.MEDIA)
    return frozenset(found)


_TOOLS = {"tools": Column.JSON}
_ANSWERED = {"prompt": Column.MESSAGES, "completion": Column.MESSAGES}
_SIDES = {"prompt": Column.MESSAGES, "chosen": Column.MESSAGES, "rejected": Column.MESSAGES}

OUTPUT_FORMATS: Mapping[str, OutputFormat] = {
    each.name: each
    for each in (
        OutputFormat(
            "trl-chat",
            "TRL, conversational language modelling: messages",
            {"messages": Column.MESSAGES, **_TOOLS},
            _trl_chat,
            frozenset(_TOOLS),
        ),
        OutputFormat(
            "trl-prompt-completion",
            "TRL, prompt and completion, parted after the last user or tool message",
            {**_ANSWERED, **_TOOLS},
            _trl_prompt_completion,
            frozenset(_TOOLS),
        ),
        OutputFormat(
            "trl-preference",
            "TRL, preference with an explicit prompt: chosen and rejected",
            {**_SIDES, **_TOOLS},
            _trl_preference,
            frozenset(_TOOLS),
        ),
        OutputFormat(
            "trl-kto",
            "TRL, unpaired preference: prompt, completion and a verdict",
            {**_ANSWERED, "label": Column.YES_NO, **_TOOLS},
            _trl_kto,
            frozenset(_TOOLS),
        ),
        OutputFormat(
            "openai",
            "OpenAI chat: messages, tools, arguments as JSON text",
            {"messages": Column.MESSAGES, **_TOOLS, "parallel_tool_calls": Column.YES_NO},
            _openai,
            frozenset({"tools", "parallel_tool_calls"}),
        ),
        OutputFormat("text", "plain text", {"text": Column.TEXT}, _text),
        OutputFormat("data", "the record as JSON text", {"data": Column.TEXT}, _data),
    )
}
"""All formats by name."""
