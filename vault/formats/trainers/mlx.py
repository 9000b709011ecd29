"""MLX-LM's local data sets: messages and tools as a chat template takes them, or plain text.

It passes each message on to the chat template, knows no weights, and takes the layout of the first
line for all. With `mask_prompt` it trains on the last message alone, else on every token.
"""

from __future__ import annotations

import json

from vault.formats.trainers.conversation_parts import (
    chat_of,
    rendered,
    trained_alone,
    trained_turns,
    unweighed_messages,
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
from vault.formats.trainers.trainer import Family, Produced, Trainer, UsualLength, usage_told
from vault.objects.conversation import Message
from vault.presentation.shell_words import shown_word

# Absent content stops some chat templates, and an empty text none.
_STYLE = MessageStyle(fills_content=True)
# Some chat templates read a field for reasoning: it is asked for or left out.
_WAYS = (Reasoning.DROP, Reasoning.FIELD, Reasoning.TAGS)
_UNWEIGHED = Carried(reasoning=_WAYS)
_LAST_ONLY = Carried(Weights.LAST_ONLY, reasoning=_WAYS)


def _chat(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation = chat_of(parts)
    writer = MessageWriter(_STYLE, _UNWEIGHED, options)
    messages = writer.write(unweighed_messages(parts, conversation, writer.losses))
    return rendered(parts, {"messages": messages}, _UNWEIGHED, writer.losses)


def _last_turn(parts: RecordParts, options: RenderOptions) -> Rendered:
    return _trained_on_last(parts, options, *trained_alone(parts, one_message=True))


def _split_turns(parts: RecordParts, options: RenderOptions) -> list[Rendered]:
    """Return a conversation for each answer that is trained on."""
    turns = list(trained_turns(parts))
    if any(len(completion) > 1 for _, completion, _ in turns):
        raise Unsupported("it trains on answers that follow one another")
    return [_trained_on_last(parts, options, *each) for each in turns]


def _trained_on_last(
    parts: RecordParts,
    options: RenderOptions,
    prompt: tuple[Message, ...],
    completion: tuple[Message, ...],
    losses: set[Loss],
) -> Rendered:
    if completion[-1]["role"] != "assistant":
        raise Unsupported("it does not end with an answer")
    writer = MessageWriter(_STYLE, _LAST_ONLY, options)
    record = {"messages": writer.write(prompt + completion)}
    return rendered(parts, record, _LAST_ONLY, writer.losses | losses)


_COLUMNS = {"messages": Column.MESSAGES, "tools": Column.JSON_LIST}

FORMATS = (
    OutputFormat(
        "mlx-chat",
        "MLX-LM, chats: messages and tools, trained on as a whole",
        _COLUMNS,
        _UNWEIGHED,
        _chat,
        frozenset({"tools"}),
        plain=PlainShape.MESSAGES,
        learns=Learnt.ALL,
    ),
    OutputFormat(
        "mlx-last-turn",
        "MLX-LM, chats: messages and tools, for training on the last message with `mask_prompt`",
        _COLUMNS,
        _LAST_ONLY,
        _last_turn,
        frozenset({"tools"}),
        turns=_split_turns,
        plain=PlainShape.ONE_ANSWER,
        learns=Learnt.LAST,
    ),
)
"""MLX-LM's formats."""

_BATCH = 4
"""MLX-LM's own size of a batch; it refuses a file with fewer examples than that."""


def _beside(produced: Produced) -> dict[str, str]:
    """Return the configuration for `mlx_lm.lora`."""
    lines = [
        f"# Where {json.dumps(produced.folder)} is a folder: mlx_lm.lora --config FILE",
        "model: Qwen/Qwen3-0.6B  # the model to train",
        "train: true",
        f"data: {json.dumps(produced.folder)}",
        "adapter_path: lora-output  # where what was trained goes",
    ]
    lines += _sizes(produced)
    if "test" in produced.files:
        lines.append("test: true")
    lines += [
        *produced.length_told("Without this MLX-LM cuts at 2,048."),
        f"max_seq_length: {produced.max_length}",
    ]
    if produced.layout == "mlx-last-turn":
        lines += ["# Only the last message of each chat is trained on.", "mask_prompt: true"]
    elif produced.layout == "mlx-chat":
        lines += [
            "# All is trained on, questions too. `vault export --split-turns` writes a chat for",
            "# each answer, and sets mask_prompt.",
            "mask_prompt: false",
        ]
    return {"lora.yaml": "\n".join(lines) + "\n"}


def _sizes(produced: Produced) -> list[str]:
    """Return how much is trained on at once, and for how long."""
    counts = [count for count in produced.lines.values() if count]
    train = produced.lines.get("train", 0)
    if not train:
        return []
    size = min(_BATCH, *counts)
    return [
        f"batch_size: {size}  # at most the examples of the smallest file",
        f"iters: {train // size}  # one pass over {train:,} examples",
    ]


def _usage(produced: Produced) -> str:
    shown = shown_word(f"{produced.folder}/lora.yaml")
    told = usage_told("MLX-LM", f"mlx_lm.lora --config {shown}")
    return (
        f"{told}\n\n`train.jsonl` is needed to train, `test.jsonl` for `test: true`; without "
        "`valid.jsonl` nothing is validated."
    )


MLX = Trainer(
    name="mlx",
    meaning="MLX-LM: chats or plain text, with a configuration for LoRA",
    formats={Family.CHAT: "mlx-chat", Family.TEXT: "text"},
    last_turn_format="mlx-last-turn",
    trains_message=True,
    sides={"validation": "valid"},
    cuts=UsualLength(2_048, "max_seq_length"),
    beside=_beside,
    usage=_usage,
)
"""The target `mlx`."""
