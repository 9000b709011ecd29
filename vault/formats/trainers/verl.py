"""verl's datasets: Parquet of messages for SFT, and of prompts with true answers for RL.

verl hands columns to chat templates as they are read. Tools and their calls differ from one another
in their members, so in columns of structs they would get members that are null: they are refused.
"""

from __future__ import annotations

from typing import Any

from vault.formats.trainers.conversation_parts import (
    chat_of,
    prompt_alone,
    rendered,
    unweighed_messages,
)
from vault.formats.trainers.output import (
    ENABLE_THINKING,
    TEMPLATE_ARGUMENTS,
    Column,
    Learnt,
    Loss,
    OutputFormat,
    PlainShape,
    RecordParts,
    Rendered,
    RenderOptions,
)
from vault.formats.trainers.rlvr import (
    ANSWER,
    PLAIN,
    as_text,
    fields_of,
    plain_messages,
    take_answer,
    take_verifier,
    without_fields,
)
from vault.formats.trainers.trainer import Family, Produced, Trainer
from vault.objects.json.text import compact_bytes
from vault.presentation.shell_words import shown_word

_REWARD = "reward_model"
_STYLE = "rule"
"""How verl checks an answer: by a function, and not by a model."""


def _chat(parts: RecordParts, options: RenderOptions) -> Rendered:
    conversation = chat_of(parts)
    lost: set[Loss] = set()
    said = unweighed_messages(parts, conversation, lost)
    messages, losses = plain_messages(parts, said, options)
    record: dict[str, Any] = {"messages": messages}
    fields = fields_of(parts)
    arguments = fields.get(TEMPLATE_ARGUMENTS)
    if isinstance(arguments, dict) and isinstance(arguments.get(ENABLE_THINKING), bool):
        record[ENABLE_THINKING] = arguments[ENABLE_THINKING]
        if len(arguments) == 1:
            del fields[TEMPLATE_ARGUMENTS]
    return rendered(without_fields(parts, fields), record, PLAIN, losses | lost)


def _prompt(parts: RecordParts, options: RenderOptions) -> Rendered:
    messages, losses = plain_messages(parts, prompt_alone(parts), options)
    fields = fields_of(parts)
    reward = fields.get(_REWARD)
    style = _STYLE
    if options.answer is None and isinstance(reward, dict) and reward.get(ANSWER) is not None:
        # The record is in this layout already.
        del fields[_REWARD]
        answer = as_text(reward[ANSWER])
        style = reward["style"] if isinstance(reward.get("style"), str) else _STYLE
    else:
        answer = take_answer(parts, fields, options)
    record: dict[str, Any] = {
        "data_source": take_verifier(fields, "data_source", options),
        "prompt": messages,
    }
    if isinstance(fields.get("ability"), str):
        record["ability"] = fields.pop("ability")
    record[_REWARD] = {"style": style, ANSWER: answer}
    arguments = fields.pop(TEMPLATE_ARGUMENTS, None)
    # As a text: a struct of all fields would add nulls to those that a record does not have.
    record["extra_info"] = {"fields": compact_bytes(fields).decode()}
    left = {} if arguments is None else {TEMPLATE_ARGUMENTS: arguments}
    return rendered(without_fields(parts, left), record, PLAIN, losses)


FORMATS = (
    OutputFormat(
        "verl-sft",
        "verl, SFT: messages of role and text",
        {"messages": Column.MESSAGES, ENABLE_THINKING: Column.YES_NO},
        PLAIN,
        _chat,
        frozenset({ENABLE_THINKING}),
        plain=PlainShape.MESSAGES,
        learns=Learnt.ANSWERS,
    ),
    OutputFormat(
        "verl-prompts",
        "verl, RL: a prompt, its true answer, and other fields as JSON text in extra_info",
        {
            "data_source": Column.TEXT,
            "prompt": Column.MESSAGES,
            "ability": Column.TEXT,
            _REWARD: Column.JSON,
            "extra_info": Column.JSON,
        },
        PLAIN,
        _prompt,
        frozenset({"ability"}),
        texts={_REWARD: ("style", ANSWER), "extra_info": ("fields",)},
        learns=Learnt.NOTHING,
    ),
)
"""verl's formats."""


_REWARDS = """

verl chooses the function that checks answers by `data_source`. For a name that it does not know,
give it your own as `reward.custom_reward_function.path`. The fields beside a prompt are
`json.loads(extra_info["fields"])` there."""


def _usage(produced: Produced) -> str:
    is_chat = produced.layout == "verl-sft"
    first = produced.files[produced.first_side]
    words = [f"data.train_files={shown_word(f'{produced.folder}/{first}')}"]
    if produced.validation_side:
        path = f"{produced.folder}/{produced.files['validation']}"
        words.append(f"data.val_files={shown_word(path)}")
    elif not is_chat:
        # verl reads a validation file before anything else, from a place of its own.
        words += [words[0].replace("train_files", "val_files", 1), "trainer.val_before_train=False"]
    length = "data.max_length" if is_chat else "data.max_prompt_length"
    words.append(f"{length}={produced.max_length}")
    program = (
        "torchrun --standalone --nproc_per_node=1 -m verl.trainer.sft_trainer"
        if is_chat
        else "python -m verl.trainer.main_ppo"
    )
    told = " \\\n    ".join([program, *words])
    reward = "" if is_chat else _REWARDS
    return (
        "Train on it with verl, from where the path of the folder begins, with the options for "
        f"the model:\n\n```sh\n{told}\n```{reward}"
    )


VERL = Trainer(
    "verl",
    "verl: Parquet for SFT, or for RL with answers that are verified",
    {Family.CHAT: "verl-sft", Family.PROMPT: "verl-prompts"},
    prompts_format="verl-prompts",
    writes_parquet=True,
    verifies=True,
    usage=_usage,
)
"""The target `verl`."""
