"""open-instruct's prompts for RLVR: what is asked, the true answer, and the verifier's name.

The rules for the answer and the verifier are those of every format of prompts whose answers are
verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vault.formats.trainers.conversation_parts import prompt_alone, rendered
from vault.formats.trainers.message_writer import MessageStyle, MessageWriter
from vault.formats.trainers.output import (
    Carried,
    Column,
    Learnt,
    OutputFormat,
    Reasoning,
    RecordParts,
    Rendered,
    RenderOptions,
    Unsupported,
)
from vault.formats.trainers.trainer import Family, Produced, Trainer
from vault.objects.json.record import read_record
from vault.objects.json.text import compact_bytes
from vault.presentation.shell_words import shown_word

ANSWER = "ground_truth"
"""The field of a record that holds the true answer, unless another is named."""

PLAIN = Carried(
    roles=frozenset({"system", "user", "assistant"}),
    reasoning=(Reasoning.DROP, Reasoning.TAGS),
    tools=False,
)
"""What a message of role and text carries: the same two members in every message."""

_STYLE = MessageStyle()


def plain_messages(
    parts: RecordParts, messages: tuple[Mapping[str, Any], ...], options: RenderOptions
) -> tuple[list[dict[str, Any]], set[Any]]:
    """Return messages of role and text, and what they lose. Raises Unsupported."""
    conversation = parts.conversation
    if conversation is not None and conversation.tools is not None:
        raise Unsupported("it has tools, whose schemas have no place in columns of fixed members")
    writer = MessageWriter(_STYLE, PLAIN, options)
    written = writer.write(messages)
    if any("tool_calls" in each for each in written):
        raise Unsupported("it calls tools, which have no place in columns of fixed members")
    return written, writer.losses


def fields_of(parts: RecordParts) -> dict[str, Any]:
    """Return the fields of a record beside its conversation."""
    return {} if parts.fields is None else read_record(parts.fields)


def take_answer(parts: RecordParts, fields: dict[str, Any], options: RenderOptions) -> str:
    """Take the true answer out of fields and return it: what is no text, as JSON text.

    Raises Unsupported where there is none.
    """
    name = options.answer or ANSWER
    if fields.get(name) is None:
        if read_record(parts.text).get(name) is not None:
            raise Unsupported(
                f'its field "{name}" is read as a message, and is no answer beside it'
            )
        raise Unsupported(f'it has no answer in a field "{name}", which --answer names')
    return as_text(fields.pop(name))


def take_verifier(fields: dict[str, Any], name: str, options: RenderOptions) -> str:
    """Take the name of the verifier out of a field, or return the one for records without.

    Raises Unsupported where there is none.
    """
    if isinstance(fields.get(name), str):
        return str(fields.pop(name))
    if options.verifier is None:
        raise Unsupported(f'it has no verifier in a field "{name}", which --verifier names for all')
    return options.verifier


def as_text(value: Any) -> str:
    """Return a text as it is, and any other value as its JSON text."""
    return value if isinstance(value, str) else compact_bytes(value).decode()


def without_fields(parts: RecordParts, left: Mapping[str, Any]) -> RecordParts:
    """Return the parts of a record of whose fields only some are left."""
    return replace(parts, fields=compact_bytes(left) if left else None)


def _prompt(parts: RecordParts, options: RenderOptions) -> Rendered:
    messages, losses = plain_messages(parts, prompt_alone(parts), options)
    fields = fields_of(parts)
    record = {
        "messages": messages,
        ANSWER: take_answer(parts, fields, options),
        "dataset": take_verifier(fields, "dataset", options),
    }
    return rendered(without_fields(parts, fields), record, PLAIN, losses)


FORMATS = (
    OutputFormat(
        "rlvr",
        "open-instruct, RLVR: a prompt, its true answer and the name of a verifier",
        {"messages": Column.MESSAGES, ANSWER: Column.TEXT, "dataset": Column.TEXT},
        PLAIN,
        _prompt,
        learns=Learnt.NOTHING,
    ),
)
"""The formats of open-instruct."""


def _usage(produced: Produced) -> str:
    first = produced.files[produced.first_side]
    words = [f"--dataset_mixer_list {shown_word(f'{produced.folder}/{first}')} 1.0"]
    words.append("--dataset_mixer_list_splits train")
    if produced.validation_side:
        path = shown_word(f"{produced.folder}/{produced.files['validation']}")
        words += [f"--dataset_mixer_eval_list {path} 1.0", "--dataset_mixer_eval_list_splits train"]
    words += ["--dataset_skip_cache", f"--max_prompt_token_length {produced.max_length}"]
    told = " \\\n    ".join(["python open_instruct/grpo_fast.py", *words])
    return (
        "Give the files to open-instruct, with the options for model and training. It caches files "
        f"by their names alone, so its cache is left out:\n\n```sh\n{told}\n```"
    )


RLVR = Trainer(
    "rlvr",
    "open-instruct: prompts for RLVR, with answers that are verified",
    {Family.PROMPT: "rlvr"},
    prompts_format="rlvr",
    writes_parquet=True,
    verifies=True,
    usage=_usage,
)
"""The target `rlvr`."""
