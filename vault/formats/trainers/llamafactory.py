"""LLaMA-Factory's ShareGPT: turns of two sides, all texts, with `dataset_info.json` beside them.

Its converter wants a question or the answer of tools at odd positions, and an answer or calls of
tools at even ones. It warns about a record in any other order and goes on without it, so such
records are refused here. Its `datasets` has no type for JSON: every record has the same members,
an absent text is empty, and calls and tools are JSON texts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from vault.formats.trainers.conversation_parts import (
    asked_and_answered,
    chat_of,
    pair_of,
    rendered,
    trained_alone,
    trained_turns,
    unweighed_messages,
    verdict_of,
)
from vault.formats.trainers.message_writer import MessageStyle, MessageWriter, answered_call
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
from vault.formats.trainers.plain_lines import PLACE_OF_TURN
from vault.formats.trainers.trainer import Family, Produced, Trainer, UsualLength, usage_told
from vault.objects.conversation import Message
from vault.objects.json.text import compact_bytes
from vault.presentation.shell_words import shown_word

_STYLE = MessageStyle(fills_content=True, system_first=True)
_WAYS = (Reasoning.TAGS, Reasoning.DROP)
_UNWEIGHED = Carried(reasoning=_WAYS)
_LAST_ONLY = Carried(Weights.LAST_ONLY, reasoning=_WAYS)

_CALL_OPENS = "<tool_call>"
_CALL_CLOSES = "</tool_call>"
_RESULT_CLOSES = "</tool_response>"
_BETWEEN_RESULTS = f"\n{_RESULT_CLOSES}\n<tool_response>\n"
"""What its own converter of OpenAI's layout writes: Qwen's templates say the same."""

_Turn = dict[str, str]


def _all_turns(messages: Sequence[Message], writer: MessageWriter) -> tuple[str, list[_Turn]]:
    """Return the text of the system message, empty if there is none, and the turns after it."""
    written = writer.write(messages)
    system = ""
    if written and written[0]["role"] == "system":
        system = written[0]["content"]
        if not system:
            raise Unsupported(
                "it has an empty system message, for which LLaMA-Factory takes its template's own"
            )
        messages, written = messages[1:], written[1:]
    turns = list(_turns(messages, written))
    for place, turn in enumerate(turns):
        if (turn["from"] in ("human", "observation")) == bool(place % 2):
            raise Unsupported(
                "two of its messages in a row are of one side"
                if place
                else "it does not begin with a user or tool message"
            )
    return system, turns


def _turns(messages: Sequence[Message], written: Sequence[dict[str, Any]]) -> Iterator[_Turn]:
    """Yield a turn for each message, and one for all answers of tools that follow one another."""
    calls: list[int] = []
    for is_result, group in groupby(
        zip(messages, written, strict=True), lambda each: each[0]["role"] == "tool"
    ):
        pairs = list(group)
        if is_result:
            yield {"from": "observation", "value": _results(pairs, calls)}
            continue
        for message, each in pairs:
            yield _turn(message, each)
        calls = [each["id"] for each in pairs[-1][0].get("tool_calls", [])]


def _turn(message: Message, written: dict[str, Any]) -> _Turn:
    content = written["content"]
    if written["role"] == "user":
        if PLACE_OF_TURN in content:
            raise Unsupported(f"it has {PLACE_OF_TURN} in a question, which becomes a number")
        return {"from": "human", "value": content}
    if "tool_calls" not in written:
        return {"from": "gpt", "value": content}
    # No template finds its own words for calls or thoughts in a text without this character.
    calls = compact_bytes([each["function"] for each in written["tool_calls"]]).decode()
    calls = calls.replace("<", "\\u003c")
    if not content:
        return {"from": "function_call", "value": calls}
    if _CALL_OPENS in content:
        raise Unsupported(f"it has {_CALL_OPENS} in the text before a call of a tool")
    between = "\n" if message.get("content") else ""
    value = f"{content}{between}{_CALL_OPENS}{calls}{_CALL_CLOSES}"
    return {"from": "function_call", "value": value}


def _results(pairs: Sequence[tuple[Message, dict[str, Any]]], calls: list[int]) -> str:
    """Return the results of tools as one text, in the order of their calls, which have no ids."""
    answered = [answered_call(message) for message, _ in pairs]
    texts = [each["content"] for _, each in pairs]
    if not calls and answered == [None]:
        return str(texts[0])
    if sorted(each for each in answered if each is not None) != calls or None in answered:
        raise Unsupported("the calls of tools in one of its messages have not one answer each")
    if len(texts) > 1 and any(_RESULT_CLOSES in each for each in texts):
        raise Unsupported(f"it has {_RESULT_CLOSES} in one of several answers of tools")
    return _BETWEEN_RESULTS.join(texts[answered.index(each)] for each in calls)


def _record(
    parts: RecordParts,
    carries: Carried,
    losses: set[Loss],
    written: tuple[str, list[_Turn]],
    **others: Any,
) -> Rendered:
    system, turns = written
    record = {"conversations": turns, **others, "system": system, "tools": ""}
    made = rendered(parts, record, carries, losses)
    tools = made.record["tools"]
    made.record["tools"] = compact_bytes(tools).decode() if tools else ""
    return made


def _chat(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation = chat_of(parts)
    writer = MessageWriter(_STYLE, _UNWEIGHED, options)
    messages = unweighed_messages(parts, conversation, writer.losses)
    written = _all_turns(messages, writer)
    _require_answer(written[1])
    return _record(parts, _UNWEIGHED, writer.losses, written)


def _last_turn(parts: RecordParts, options: RenderOptions) -> Rendered:
    return _trained_on_last(parts, options, *trained_alone(parts, one_message=True))


def _split_turns(parts: RecordParts, options: RenderOptions) -> list[Rendered]:
    return [_trained_on_last(parts, options, *each) for each in trained_turns(parts)]


def _trained_on_last(
    parts: RecordParts,
    options: RenderOptions,
    prompt: tuple[Message, ...],
    completion: tuple[Message, ...],
    losses: set[Loss],
) -> Rendered:
    writer = MessageWriter(_STYLE, _LAST_ONLY, options)
    written = _all_turns(prompt + completion, writer)
    _require_answer(written[1])
    return _record(parts, _LAST_ONLY, writer.losses | losses, written)


def _dpo(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation, other = pair_of(parts)
    writer = MessageWriter(_STYLE, _UNWEIGHED, options)
    written = _all_turns(conversation.prompt, writer)
    answers = (conversation.response, other)
    if any(len(each) != 1 or each[0]["role"] != "assistant" for each in answers):
        raise Unsupported("one of its answers is not a single message by the assistant")
    sides = writer.write_sides(*answers)
    chosen, rejected = (
        _turn(answer[0], side[0]) for answer, side in zip(answers, sides, strict=True)
    )
    return _record(parts, _UNWEIGHED, writer.losses, written, chosen=chosen, rejected=rejected)


def _kto(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation = verdict_of(parts)
    prompt, completion = asked_and_answered(conversation)
    if len(completion) != 1:
        raise Unsupported("its answer is not a single message by the assistant")
    writer = MessageWriter(_STYLE, _UNWEIGHED, options)
    written = _all_turns(prompt + completion, writer)
    _require_answer(written[1])
    if not written[1][-1]["value"]:
        # An empty text is how the converter marks the side that is not there.
        raise Unsupported("its answer is empty")
    return _record(parts, _UNWEIGHED, writer.losses, written, kto_tag=conversation.desirable)


def _require_answer(turns: list[_Turn]) -> None:
    if not turns or len(turns) % 2:
        raise Unsupported("it does not end with an answer")


_CHATS = {"conversations": Column.MESSAGES, "system": Column.TEXT, "tools": Column.TEXT}

FORMATS = (
    OutputFormat(
        "llamafactory",
        "LLaMA-Factory, ShareGPT: turns of texts, tools as JSON text",
        _CHATS,
        _UNWEIGHED,
        _chat,
        plain=PlainShape.TURNS,
        learns=Learnt.ANSWERS,
    ),
    OutputFormat(
        "llamafactory-last-turn",
        "LLaMA-Factory, ShareGPT, for training on the last turn with `mask_history`",
        _CHATS,
        _LAST_ONLY,
        _last_turn,
        turns=_split_turns,
        plain=PlainShape.ONE_TURN,
        learns=Learnt.LAST,
    ),
    OutputFormat(
        "llamafactory-dpo",
        "LLaMA-Factory, preference: ShareGPT with a chosen and a rejected turn",
        {**_CHATS, "chosen": Column.JSON, "rejected": Column.JSON},
        _UNWEIGHED,
        _dpo,
        learns=Learnt.SIDES,
    ),
    OutputFormat(
        "llamafactory-kto",
        "LLaMA-Factory, unpaired preference: ShareGPT with a verdict",
        {**_CHATS, "kto_tag": Column.YES_NO},
        _UNWEIGHED,
        _kto,
        learns=Learnt.LAST,
    ),
)
"""LLaMA-Factory's formats."""

_STAGES = {"llamafactory-dpo": "dpo", "llamafactory-kto": "kto"}
_TAGS = {
    "role_tag": "from",
    "content_tag": "value",
    "user_tag": "human",
    "assistant_tag": "gpt",
    "observation_tag": "observation",
    "function_tag": "function_call",
    "system_tag": "system",
}


def _set_name(produced: Produced, side: str) -> str:
    """Return the name of the data set of a side: commas would part it in a configuration."""
    stem = PurePosixPath(produced.files[side]).stem
    return f"{PurePosixPath(produced.folder).name}-{stem}".replace(",", "_")


def _dataset_info(produced: Produced) -> str:
    columns = {"messages": "conversations", "system": "system", "tools": "tools"}
    more: dict[str, Any] = {}
    if produced.layout == "llamafactory-dpo":
        more["ranking"] = True
        columns |= {"chosen": "chosen", "rejected": "rejected"}
    elif produced.layout == "llamafactory-kto":
        columns["kto_tag"] = "kto_tag"
    entries = {
        _set_name(produced, side): {
            "file_name": name,
            "formatting": "sharegpt",
            **more,
            "columns": columns,
            "tags": _TAGS,
        }
        for side, name in produced.files.items()
    }
    return json.dumps(entries, indent=2) + "\n"


def _beside(produced: Produced) -> dict[str, str]:
    """Return the list of data sets, and the configuration for `llamafactory-cli train`."""
    stage = _STAGES.get(produced.layout, "sft")
    lines = [
        f"# Where {json.dumps(produced.folder)} is a folder: llamafactory-cli train FILE",
        "model_name_or_path: Qwen/Qwen3-0.6B  # the model to train",
        "template: qwen3  # the one that LLaMA-Factory has for this model",
        "# With true, the model learns to write an empty thought before an answer without one;",
        "# with null that is part of the question; with false all reasoning is left out.",
        "enable_thinking: true",
        f"stage: {stage}",
        "do_train: true",
        "finetuning_type: lora",
        f"output_dir: {stage}-output  # where the trained model goes",
        f"dataset_dir: {json.dumps(produced.folder)}",
        f"dataset: {json.dumps(_set_name(produced, produced.first_side))}",
    ]
    if produced.validation_side:
        name = _set_name(produced, produced.validation_side)
        lines.append(f"eval_dataset: {json.dumps(name)}")
        lines.append("eval_strategy: epoch")
    lines += [
        "val_size: 0",
        *produced.length_told("Without this 2,048 are kept."),
        f"cutoff_len: {produced.max_length}",
    ]
    if produced.layout == "llamafactory-last-turn":
        lines += ["# Only the last answer of each is trained on.", "mask_history: true"]
    return {
        "dataset_info.json": _dataset_info(produced),
        f"{stage}.yaml": "\n".join(lines) + "\n",
    }


def _usage(produced: Produced) -> str:
    stage = _STAGES.get(produced.layout, "sft")
    shown = shown_word(f"{produced.folder}/{stage}.yaml")
    told = usage_told("LLaMA-Factory 0.9.5 or later", f"llamafactory-cli train {shown}")
    return (
        f"{told}\n\nSeveral answers of tools are one turn, joined as Qwen's templates write them. "
        "Text before calls of tools stands before `<tool_call>`, and reasoning in `<think>`: a "
        "template with other words of its own stops there."
    )


LLAMAFACTORY = Trainer(
    name="llamafactory",
    meaning="LLaMA-Factory: SFT, DPO and KTO, with dataset_info.json and a configuration",
    formats={
        Family.CHAT: "llamafactory",
        Family.PREFERENCE: "llamafactory-dpo",
        Family.KTO: "llamafactory-kto",
    },
    last_turn_format="llamafactory-last-turn",
    trains_message=True,
    cuts=UsualLength(2_048, "cutoff_len"),
    beside=_beside,
    usage=_usage,
)
"""The target `llamafactory`."""
