"""OpenAI's files for fine-tuning: chat and preference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vault.formats.trainers.conversation_parts import (
    chat_of,
    pair_of,
    rendered,
    weighted_messages,
)
from vault.formats.trainers.message_writer import MessageStyle, MessageWriter
from vault.formats.trainers.output import (
    Carried,
    Column,
    Learnt,
    Loss,
    OutputFormat,
    PlainShape,
    Reasoning,
    RecordParts,
    Rendered,
    RenderOptions,
    Unsupported,
    Weights,
)
from vault.formats.trainers.trainer import Family, Produced, Trainer, UsualLength
from vault.objects.conversation import Message

STYLE = MessageStyle(arguments_as_text=True, has_call_ids=True, binary_weights=True)
_CHAT = Carried(
    Weights.PER_MESSAGE,
    members=frozenset({"name", "refusal", "audio"}),
    reasoning=(Reasoning.DROP, Reasoning.TAGS),
    parts=True,
    parallel_tool_calls=True,
)
_PAIR = Carried(
    members=frozenset({"name"}),
    reasoning=(Reasoning.DROP, Reasoning.TAGS),
    parallel_tool_calls=True,
)
_TEXT_ALONE: Mapping[str, type] = {"text": str}
_PARTS: Mapping[str, Mapping[str, type]] = {
    "user": {"text": str, "image_url": dict, "input_audio": dict, "file": dict},
    "assistant": {"text": str, "refusal": str},
}
"""Which parts content may have, by role, and the type of what is in them."""

CHAT_COLUMNS: Mapping[str, Column] = {"messages": Column.MESSAGES, "tools": Column.JSON_LIST}
PAIR_COLUMNS: Mapping[str, Column] = {
    "input": Column.JSON,
    "preferred_output": Column.MESSAGES,
    "non_preferred_output": Column.MESSAGES,
}


def chat_format(
    name: str, meaning: str, carries: Carried, style: MessageStyle = STYLE
) -> OutputFormat:
    """Return a format for chats that is OpenAI's but for what it carries and how."""

    def render(parts: RecordParts, options: RenderOptions) -> Rendered:
        conversation = chat_of(parts)
        writer = MessageWriter(style, carries, options)
        messages = writer.write(weighted_messages(parts, conversation))
        for message in messages:
            if isinstance(message.get("content"), list):
                message["content"] = _known_parts(message, writer.losses)
        return rendered(parts, {"messages": messages}, carries, writer.losses)

    columns = dict(CHAT_COLUMNS)
    if carries.parallel_tool_calls:
        columns["parallel_tool_calls"] = Column.YES_NO
    optional = frozenset(columns) - {"messages"}
    plain = None if style.system_first else PlainShape.MESSAGES
    return OutputFormat(
        name, meaning, columns, carries, render, optional, plain=plain, learns=Learnt.WEIGHTED
    )


def _known_parts(message: dict[str, Any], losses: set[Loss]) -> list[dict[str, Any]]:
    """Return the parts of a message's content, and note lost members. Raises Unsupported."""
    known = _PARTS.get(message["role"], _TEXT_ALONE)
    written = []
    for part in message["content"]:
        kind = str(part.get("type")) if isinstance(part, dict) else ""
        if kind not in known or not isinstance(part.get(kind), known[kind]):
            raise Unsupported("it has a part of content that no message of its role may have")
        others = part.keys() - {"type", kind}
        if others & {"train", "weight"}:
            raise Unsupported("it has a weight for a part of a message")
        if others:
            losses.add(Loss.MEMBERS)
        written.append({"type": kind, kind: part[kind]})
    if not written or (len(written) > 1 and any(each["type"] == "refusal" for each in written)):
        raise Unsupported("it has a list of parts that is empty, or a refusal beside other parts")
    return written


def pair_format(
    name: str, meaning: str, carries: Carried, style: MessageStyle = STYLE
) -> OutputFormat:
    """Return a format for preference pairs that is OpenAI's but for what it carries and how."""

    def render(parts: RecordParts, options: RenderOptions) -> Rendered:
        conversation, other = pair_of(parts)
        writer = MessageWriter(style, carries, options)
        asked: dict[str, Any] = {"messages": writer.write(conversation.prompt)}
        _require_one_answer(conversation.response)
        _require_one_answer(other)
        chosen, rejected = writer.write_sides(conversation.response, other)
        made = rendered(parts, asked, carries, writer.losses)
        record = {"input": asked, "preferred_output": chosen, "non_preferred_output": rejected}
        return Rendered(record, made.losses)

    return OutputFormat(name, meaning, PAIR_COLUMNS, carries, render, learns=Learnt.SIDES)


def _require_one_answer(answer: tuple[Message, ...]) -> None:
    if len(answer) != 1 or answer[0]["role"] != "assistant" or "content" not in answer[0]:
        raise Unsupported("one of its answers is not a single message with text")


FORMATS = (
    chat_format("openai", "OpenAI chat: messages, tools, arguments as JSON text", _CHAT),
    pair_format("openai-dpo", "OpenAI preference: input, preferred and other output", _PAIR),
)
"""OpenAI's formats."""


def _usage(produced: Produced) -> str:
    uploads = "\n".join(
        f"openai api files.create -p fine-tune -f {each}" for each in produced.paths
    )
    return (
        "Upload the files, from where the path of the folder begins, then start a job with the ids "
        f"that this prints (`-V` names the validation file):\n\n```sh\n{uploads}\n"
        "openai api fine_tuning.jobs.create -m MODEL -F TRAINING_FILE_ID\n```"
    )


def _azure_usage(produced: Produced) -> str:
    return (
        "Upload the files to a resource of Azure OpenAI with the purpose `fine-tune`, and start a "
        "job with them. They begin with a byte order mark, as Azure's documentation asks for."
    )


_WHOLE_MODEL = UsualLength(65_536, "")
"""gpt-4o-mini; older models take less, and nothing sets it."""

OPENAI = Trainer(
    "openai",
    "OpenAI fine-tuning: chat, or preference pairs",
    {Family.CHAT: "openai", Family.PREFERENCE: "openai-dpo"},
    cuts=_WHOLE_MODEL,
    usage=_usage,
)
"""The target `openai`."""

OPENAI_DPO = Trainer(
    "openai-dpo",
    "OpenAI direct preference optimization",
    {Family.PREFERENCE: "openai-dpo"},
    usage=_usage,
)
"""The target `openai-dpo`."""

AZURE = Trainer(
    "azure",
    "Azure OpenAI fine-tuning: as openai, with a byte order mark",
    {Family.CHAT: "openai", Family.PREFERENCE: "openai-dpo"},
    has_mark=True,
    cuts=_WHOLE_MODEL,
    usage=_azure_usage,
)
"""The target `azure`."""
