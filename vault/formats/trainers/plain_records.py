"""Plain text, and records as they are."""

from __future__ import annotations

from vault.formats.trainers.conversation_parts import conversation_in_parts, rendered
from vault.formats.trainers.output import (
    Carried,
    Column,
    Learnt,
    OutputFormat,
    RecordParts,
    Rendered,
    RenderOptions,
    Unsupported,
    Weights,
)
from vault.formats.trainers.trainer import Family, Trainer

RAW = "raw"
"""The format that is no format: records byte for byte as they were imported."""

_TEXT = Carried(tools=False)
_WHOLE = Carried(
    Weights.PER_MESSAGE,
    roles=None,
    members=None,
    parts=True,
    parallel_tool_calls=True,
    template_arguments=True,
    media=True,
    fields=True,
)


def _text(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation = conversation_in_parts(parts)
    if conversation.text is None:
        raise Unsupported("it is a conversation, which only a chat template makes into a text")
    return rendered(parts, {"text": conversation.text}, _TEXT)


def _data(parts: RecordParts, options: RenderOptions) -> Rendered:
    return Rendered({"data": parts.text.decode()})


FORMATS = (
    OutputFormat("text", "plain text", {"text": Column.TEXT}, _TEXT, _text, learns=Learnt.ALL),
    OutputFormat("data", "the record as JSON text", {"data": Column.TEXT}, _WHOLE, _data),
)
"""Both formats."""

TEXT_TRAINER = Trainer("text", "plain text, a text a line", {Family.TEXT: "text"})
"""The target `text`."""

RAW_TRAINER = Trainer(
    RAW, "records as they were imported, byte for byte", dict.fromkeys(Family, RAW)
)
"""The target `raw`."""
