"""TRL's dataset formats, and the files that its own command line trains on."""

from __future__ import annotations

import json
from typing import Any

from vault.formats.trainers.conversation_parts import (
    asked_and_answered,
    chat_of,
    prompt_alone,
    rendered,
    rendered_pair,
    trained_alone,
    trained_turns,
    unweighed_messages,
    verdict_of,
)
from vault.formats.trainers.message_writer import MessageStyle, MessageWriter
from vault.formats.trainers.output import (
    TEMPLATE_ARGUMENTS,
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
from vault.formats.trainers.trainer import (
    Family,
    Produced,
    Trainer,
    UsualLength,
    split_word,
    usage_told,
)
from vault.objects.conversation import Message
from vault.presentation.shell_words import shown_word

_STYLE = MessageStyle()
_WAYS = (Reasoning.FIELD, Reasoning.TAGS, Reasoning.DROP)
_UNWEIGHED = Carried(reasoning=_WAYS, template_arguments=True)
_LAST_ONLY = Carried(Weights.LAST_ONLY, reasoning=_WAYS, template_arguments=True)
_PROMPTS = Carried(reasoning=_WAYS, fields=True)


def _chat(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation = chat_of(parts)
    writer = MessageWriter(_STYLE, _UNWEIGHED, options)
    messages = writer.write(unweighed_messages(parts, conversation, writer.losses))
    if all(each["role"] != "assistant" for each in messages):
        # With `assistant_only_loss` TRL stops at the first such example.
        raise Unsupported("it has no answer")
    return rendered(parts, {"messages": messages}, _UNWEIGHED, writer.losses)


def _prompt_completion(parts: RecordParts, options: RenderOptions) -> Rendered:
    return _answer(parts, options, *trained_alone(parts))


def _turns(parts: RecordParts, options: RenderOptions) -> list[Rendered]:
    """Return a prompt and completion for each run of answers that is trained on."""
    return [_answer(parts, options, *each) for each in trained_turns(parts)]


def _answer(
    parts: RecordParts,
    options: RenderOptions,
    prompt: tuple[Message, ...],
    completion: tuple[Message, ...],
    losses: set[Loss],
) -> Rendered:
    writer = MessageWriter(_STYLE, _LAST_ONLY, options)
    record = {"prompt": writer.write(prompt), "completion": writer.write(completion)}
    return rendered(parts, record, _LAST_ONLY, writer.losses | losses)


def _kto(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation = verdict_of(parts)
    writer = MessageWriter(_STYLE, _UNWEIGHED, options)
    prompt, completion = asked_and_answered(conversation)
    record: dict[str, Any] = {
        "prompt": writer.write(prompt),
        "completion": writer.write(completion),
        "label": conversation.desirable,
    }
    return rendered(parts, record, _UNWEIGHED, writer.losses)


def _preference(parts: RecordParts, options: RenderOptions) -> Rendered:
    return rendered_pair(parts, MessageWriter(_STYLE, _UNWEIGHED, options), _UNWEIGHED)


def _prompts(parts: RecordParts, options: RenderOptions) -> Rendered:
    writer = MessageWriter(_STYLE, _PROMPTS, options)
    record = {"prompt": writer.write(prompt_alone(parts))}
    return rendered(parts, record, _PROMPTS, writer.losses)


_BESIDE = {"tools": Column.JSON_LIST, TEMPLATE_ARGUMENTS: Column.JSON}
_OPTIONAL = frozenset(_BESIDE)
_ANSWERED = {"prompt": Column.MESSAGES, "completion": Column.MESSAGES}
_SIDES = {"prompt": Column.MESSAGES, "chosen": Column.MESSAGES, "rejected": Column.MESSAGES}

FORMATS = (
    OutputFormat(
        "trl-chat",
        "TRL, conversational language modelling: messages",
        {"messages": Column.MESSAGES, **_BESIDE},
        _UNWEIGHED,
        _chat,
        _OPTIONAL,
        plain=PlainShape.ANSWERED,
        learns=Learnt.ANSWERS,
    ),
    OutputFormat(
        "trl-prompt-completion",
        "TRL, prompt and completion, parted after the last user or tool message",
        {**_ANSWERED, **_BESIDE},
        _LAST_ONLY,
        _prompt_completion,
        _OPTIONAL,
        turns=_turns,
        plain=PlainShape.LAST_APART,
        learns=Learnt.COMPLETION,
    ),
    OutputFormat(
        "trl-preference",
        "TRL, preference with an explicit prompt: chosen and rejected",
        {**_SIDES, **_BESIDE},
        _UNWEIGHED,
        _preference,
        _OPTIONAL,
        learns=Learnt.SIDES,
    ),
    OutputFormat(
        "trl-kto",
        "TRL, unpaired preference: prompt, completion and a verdict",
        {**_ANSWERED, "label": Column.YES_NO, **_BESIDE},
        _UNWEIGHED,
        _kto,
        _OPTIONAL,
        learns=Learnt.COMPLETION,
    ),
    OutputFormat(
        "trl-prompts",
        "TRL, prompts for GRPO: a prompt, and columns for reward functions",
        {"prompt": Column.MESSAGES, "tools": Column.JSON_LIST},
        _PROMPTS,
        _prompts,
        frozenset({"tools"}),
        learns=Learnt.NOTHING,
    ),
)
"""TRL's formats."""

_COMMANDS = {
    "trl-chat": ("sft", "assistant_only_loss: true"),
    "trl-prompt-completion": ("sft", "completion_only_loss: true"),
    "text": ("sft", "dataset_text_field: text"),
    "trl-preference": ("dpo", None),
    "trl-kto": ("kto", None),
}


def _beside(produced: Produced) -> dict[str, str]:
    """Return the configuration for `trl sft` and its like; none for prompts, which need rewards."""
    if produced.layout not in _COMMANDS:
        return {}
    command, switch = _COMMANDS[produced.layout]
    lines = [
        f"# Where {json.dumps(produced.folder)} is a folder: trl {command} --config FILE",
        "model_name_or_path: Qwen/Qwen3-0.6B  # the model to train",
        f"output_dir: {command}-output  # where the trained model goes",
        f"dataset_name: {json.dumps(produced.folder)}",
        f"dataset_train_split: {split_word(produced.first_side)}",
    ]
    if produced.validation_side:
        lines += ["dataset_test_split: validation", "eval_strategy: epoch"]
    else:
        lines.append('eval_strategy: "no"')
    lines += [
        *produced.length_told("Without this TRL cuts at 1,024."),
        f"max_length: {produced.max_length}",
    ]
    return {f"{command}.yaml": "\n".join([*lines, *([switch] if switch else [])]) + "\n"}


def _usage(produced: Produced) -> str:
    if produced.layout not in _COMMANDS:
        return (
            f"Load it with `load_dataset({json.dumps(produced.folder)})` and give it to "
            "`GRPOTrainer`: columns beside `prompt` go to the reward functions by name."
        )
    command, _ = _COMMANDS[produced.layout]
    shown = shown_word(f"{produced.folder}/{command}.yaml")
    return usage_told("TRL", f"trl {command} --config {shown}")


TRL = Trainer(
    name="trl",
    meaning="TRL: SFT, DPO, KTO and prompts for GRPO, with a configuration",
    formats={
        Family.CHAT: "trl-chat",
        Family.PREFERENCE: "trl-preference",
        Family.KTO: "trl-kto",
        Family.PROMPT: "trl-prompts",
        Family.TEXT: "text",
    },
    last_turn_format="trl-prompt-completion",
    prompts_format="trl-prompts",
    declares_features=True,
    cuts=UsualLength(1_024, "max_length"),
    beside=_beside,
    usage=_usage,
)
"""The target `trl`."""
