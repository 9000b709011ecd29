"""axolotl's datasets for `chat_template` and `chat_template.default`, with its configuration."""

from __future__ import annotations

import json
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
    OutputFormat,
    PlainShape,
    Reasoning,
    RecordParts,
    Rendered,
    RenderOptions,
    Unsupported,
    Weights,
)
from vault.formats.trainers.trainer import Family, Produced, Trainer, split_word, usage_told
from vault.objects.conversation import Message
from vault.presentation.shell_words import shown_word

# Any weight but 0 trains a message in full, also one of a user.
_STYLE = MessageStyle(has_call_ids=True, has_tool_names=True, binary_weights=True)
_CHAT = Carried(
    Weights.PER_MESSAGE,
    members=frozenset({"name"}),
    reasoning=(Reasoning.FIELD, Reasoning.TAGS, Reasoning.DROP),
    parts=True,
)
_PAIR = Carried(tools=False)


def _chat(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation = chat_of(parts)
    writer = MessageWriter(_STYLE, _CHAT, options)
    messages = writer.write(weighted_messages(parts, conversation))
    for message in messages:
        _require_text_parts(message.get("content"))
    return rendered(parts, {"messages": messages}, _CHAT, writer.losses)


def _require_text_parts(content: Any) -> None:
    """Refuse parts that axolotl would leave out without a word: it joins the texts of parts."""
    if not isinstance(content, list):
        return
    for part in content:
        if not isinstance(part, dict) or not isinstance(part.get("text"), str):
            raise Unsupported("it has a part of content that is not text")


def _preference(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation, other = pair_of(parts)
    # The strategy takes role and content of each message, and nothing else.
    if conversation.tools is not None:
        raise Unsupported("it has tools, which axolotl does not read of preference pairs")
    writer = MessageWriter(_STYLE, _PAIR, options)
    messages = writer.write(conversation.prompt)
    sides = writer.write_sides(_one_answer(conversation.response), _one_answer(other))
    for message in messages:
        if "tool_calls" in message:
            raise Unsupported("it calls tools, which axolotl does not read of preference pairs")
    # Named as in axolotl's documentation: a pair of messages, not of lists.
    record = {
        "messages": [_role_and_content(each) for each in messages],
        "chosen": _role_and_content(sides[0][0]),
        "rejected": _role_and_content(sides[1][0]),
    }
    return rendered(parts, record, _PAIR, writer.losses)


def _one_answer(answer: tuple[Message, ...]) -> tuple[Message, ...]:
    is_one = (
        len(answer) == 1 and answer[0]["role"] == "assistant" and bool(answer[0].get("content"))
    )
    if not is_one or "tool_calls" in answer[0]:
        raise Unsupported("one of its answers is not a single message with text")
    return answer


def _role_and_content(message: dict[str, Any]) -> dict[str, Any]:
    return {"role": message["role"], "content": message["content"]}


FORMATS = (
    OutputFormat(
        "axolotl",
        "axolotl, chat_template: messages with weights, tools and reasoning",
        {"messages": Column.MESSAGES, "tools": Column.JSON_LIST},
        _CHAT,
        _chat,
        frozenset({"tools"}),
        plain=PlainShape.MESSAGES,
        learns=Learnt.WEIGHTED,
    ),
    OutputFormat(
        "axolotl-dpo",
        "axolotl, chat_template.default: messages, a chosen and a rejected message",
        {"messages": Column.MESSAGES, "chosen": Column.JSON, "rejected": Column.JSON},
        _PAIR,
        _preference,
        learns=Learnt.SIDES,
    ),
)
"""axolotl's formats."""

_TYPES = {
    "axolotl": ("type: chat_template", "field_messages: messages", "field_tools: tools"),
    "axolotl-dpo": (
        "type: chat_template.default",
        "field_messages: messages",
        "field_chosen: chosen",
        "field_rejected: rejected",
    ),
    "text": ("type: completion", "field: text"),
}
_CONFIGURATION = "axolotl.yaml"


def _dataset(produced: Produced, side: str) -> list[str]:
    lines = [
        f"path: {json.dumps(produced.folder)}",
        # axolotl keeps what it made of a folder by this entry alone, and not by the files.
        f"name: {produced.version}",
        f"split: {split_word(side)}",
        *_TYPES[produced.layout],
    ]
    if produced.layout == "axolotl":
        lines += [
            "# Reasoning; axolotl 0.19 reads the second of these alone.",
            f"field_thinking: {json.dumps(produced.reasoning_key)}",
            "message_property_mappings:",
            "  role: role",
            "  content: content",
            f"  reasoning_content: {json.dumps(produced.reasoning_key)}",
            "# Without this axolotl also trains on answers of weight 0.",
            "message_field_training: weight",
            "roles_to_train: [assistant]",
            "train_on_eos: turn",
        ]
    return [f"- {lines[0]}", *(f"  {each}" for each in lines[1:])]


def _beside(produced: Produced) -> dict[str, str]:
    """Return the configuration for `axolotl train`."""
    lines = [
        f"# Where {json.dumps(produced.folder)} is a folder: axolotl train FILE",
        "base_model: Qwen/Qwen3-0.6B  # the model to train",
        "output_dir: axolotl-output  # where the trained model goes",
        "learning_rate: 0.00002",
    ]
    if produced.layout != "text":
        lines.append("chat_template: tokenizer_default")
    if produced.layout == "axolotl-dpo":
        lines.append("rl: dpo")
    lines += ["datasets:", *_dataset(produced, produced.first_side), "val_set_size: 0"]
    if produced.validation_side:
        lines += ["test_datasets:", *_dataset(produced, produced.validation_side)]
    lines += [
        *produced.length_told("A longer one stops the training."),
        f"sequence_len: {produced.max_length}",
        "excess_length_strategy: raise",
    ]
    return {_CONFIGURATION: "\n".join(lines) + "\n"}


def _usage(produced: Produced) -> str:
    shown = shown_word(f"{produced.folder}/{_CONFIGURATION}")
    return usage_told("axolotl", f"axolotl train {shown}")


AXOLOTL = Trainer(
    "axolotl",
    "axolotl: SFT with weights, and DPO, with a configuration",
    {
        Family.CHAT: "axolotl",
        Family.PREFERENCE: "axolotl-dpo",
        Family.TEXT: "text",
    },
    declares_features=True,
    beside=_beside,
    usage=_usage,
)
"""The target `axolotl`."""
