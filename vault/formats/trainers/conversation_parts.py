"""What formats for conversations share: what of a record they take, and what stands beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from vault.formats.trainers.message_writer import MessageWriter
from vault.formats.trainers.output import (
    TEMPLATE_ARGUMENTS,
    Carried,
    Loss,
    RecordParts,
    Rendered,
    Unsupported,
)
from vault.objects.conversation import SYSTEM_ROLES, Conversation, Message
from vault.objects.json.record import read_record

ASKING = ("user", "tool")
"""Roles that a prompt ends with."""

_Messages = tuple[Message, ...]


def conversation_in_parts(parts: RecordParts) -> Conversation:
    """Return the conversation of a record. Raises Unsupported where it has none."""
    if parts.conversation is None:
        raise Unsupported("it has no conversation")
    return parts.conversation


def messages_of(parts: RecordParts) -> Conversation:
    """Return a conversation with messages. Raises Unsupported."""
    conversation = conversation_in_parts(parts)
    if conversation.text is not None:
        raise Unsupported("it is plain text")
    if not conversation.prompt and not conversation.response:
        raise Unsupported("it has no messages")
    return conversation


def chat_of(parts: RecordParts) -> Conversation:
    """Return a conversation whose answers are meant to be learned. Raises Unsupported."""
    conversation = messages_of(parts)
    if conversation.rejected is not None:
        raise Unsupported("it is a preference pair")
    if conversation.desirable is not None:
        raise Unsupported("it is an answer with a verdict")
    return conversation


def verdict_of(parts: RecordParts) -> Conversation:
    """Return a conversation whose answer has a verdict. Raises Unsupported."""
    conversation = messages_of(parts)
    if conversation.desirable is None or conversation.rejected is not None:
        raise Unsupported("it has no verdict")
    return conversation


def pair_of(parts: RecordParts) -> tuple[Conversation, _Messages]:
    """Return a conversation with a chosen answer, and the rejected one. Raises Unsupported."""
    conversation = messages_of(parts)
    if conversation.rejected is None:
        raise Unsupported("it has no rejected answer")
    if not conversation.prompt or conversation.prompt[-1]["role"] not in ASKING:
        raise Unsupported("its prompt does not end with a user or tool message")
    if not conversation.response or not conversation.rejected:
        raise Unsupported("one of its answers is empty")
    return conversation, conversation.rejected


def asked_and_answered(conversation: Conversation) -> tuple[_Messages, _Messages]:
    """Return prompt and completion, parted so that the prompt ends with who asks.

    Raises Unsupported where there is no such prompt, or no answer.
    """
    prompt, completion = conversation.prompt, conversation.response
    while prompt and prompt[-1]["role"] == "assistant":
        prompt, completion = prompt[:-1], (prompt[-1], *completion)
    if not prompt or prompt[-1]["role"] not in ASKING:
        raise Unsupported("its prompt does not end with a user or tool message")
    if not completion:
        raise Unsupported("it has no answer")
    return prompt, completion


def prompt_alone(parts: RecordParts) -> _Messages:
    """Return what is asked: the answer of any record that has one is left out on purpose.

    Raises Unsupported where the prompt does not end with who asks.
    """
    conversation = messages_of(parts)
    prompt = conversation.prompt
    if conversation.response:
        prompt, _ = asked_and_answered(conversation)
    if not prompt or prompt[-1]["role"] in SYSTEM_ROLES or prompt[-1]["role"] == "assistant":
        raise Unsupported("its prompt does not end with a user or tool message")
    return prompt


def is_trained(message: Message) -> bool:
    """Tell whether a message is an answer whose weight is not 0."""
    return bool(message["role"] == "assistant" and message.get("weight", 1) != 0)


def weighted_messages(parts: RecordParts, conversation: Conversation) -> _Messages:
    """Return all messages, for a format with weights: answers of a mere prompt have weight 0."""
    if not parts.is_completion:
        return conversation.prompt + conversation.response
    prompt = tuple(
        {**each, "weight": 0} if is_trained(each) else each for each in conversation.prompt
    )
    return prompt + conversation.response


def unweighed_messages(
    parts: RecordParts, conversation: Conversation, losses: set[Loss]
) -> _Messages:
    """Return all messages, for a format without weights; notes where that trains on a prompt."""
    is_prompt = parts.is_completion
    if is_prompt and any(each["role"] == "assistant" for each in conversation.prompt):
        losses.add(Loss.WEIGHTS)
    return conversation.prompt + conversation.response


def trained_alone(
    parts: RecordParts, *, one_message: bool = False
) -> tuple[_Messages, _Messages, set[Loss]]:
    """Return prompt, completion and lost weights where the completion alone is trained on.

    With `one_message` only its last message is. Raises Unsupported where there is no completion.
    """
    prompt, completion = asked_and_answered(chat_of(parts))
    return prompt, completion, lost_weights(parts, prompt, completion, one_message=one_message)


def trains_last_only(parts: RecordParts, *, one_message: bool = False) -> bool:
    """Tell whether a record trains on its last answer alone, and all of it.

    With `one_message` the answer must be one message, not calls of tools and what follows them.
    Also true of a record that no format for prompt and completion can hold: it decides nothing.
    """
    try:
        _, _, lost = trained_alone(parts, one_message=one_message)
    except Unsupported:
        return True
    return Loss.EARLIER_TURNS not in lost


def lost_weights(
    parts: RecordParts, prompt: _Messages, completion: _Messages, *, one_message: bool = False
) -> set[Loss]:
    """Return what is lost of weights where the completion alone is trained on, and all of it.

    With `one_message` only the last message of the completion is trained on.
    """
    before = () if parts.is_completion else prompt
    if one_message:
        before += completion[:-1]
        prompt, completion = prompt + completion[:-1], completion[-1:]
    lost = {Loss.EARLIER_TURNS} if any(map(is_trained, before)) else set()
    said = [each for each in prompt if "weight" in each and is_weighed(each)]
    if said or any("weight" in each for each in completion):
        lost.add(Loss.WEIGHTS)
    return lost


def trained_turns(parts: RecordParts) -> Iterator[tuple[_Messages, _Messages, set[Loss]]]:
    """Yield prompt, completion and lost weights for each run of answers that is trained on.

    Raises Unsupported where only some answers of a run are trained on, or where there is no run.
    """
    conversation = chat_of(parts)
    messages = conversation.prompt + conversation.response
    first = len(conversation.prompt) if parts.is_completion else 0
    start, has_any = 0, False
    for end in range(1, len(messages) + 1):
        if end < len(messages) and messages[end]["role"] == messages[start]["role"]:
            continue
        run = messages[start:end]
        if start >= first and any(map(is_trained, run)):
            if not all(map(is_trained, run)):
                raise Unsupported("it trains on some of the answers that follow one another")
            lost = {Loss.WEIGHTS} if any("weight" in each for each in run) else set()
            yield (
                *asked_and_answered(conversation._replace(prompt=messages[:start], response=run)),
                lost,
            )
            has_any = True
        start = end
    if not has_any:
        raise Unsupported("it has no answer that is trained on")


def is_weighed(message: Message) -> bool:
    """Tell whether a weight says more than that an answer is not trained on."""
    return bool(message["role"] != "assistant" or message["weight"] != 0)


def rendered(
    parts: RecordParts,
    record: dict[str, Any],
    carries: Carried,
    losses: Iterable[Loss] = (),
) -> Rendered:
    """Return a record with what stands beside its messages, as far as the format carries it."""
    found = set(losses)
    conversation = conversation_in_parts(parts)
    if carries.tools and conversation.tools is not None:
        record["tools"] = conversation.tools
    if conversation.parallel_tool_calls is not None:
        if carries.parallel_tool_calls:
            record["parallel_tool_calls"] = conversation.parallel_tool_calls
        else:
            found.add(Loss.PARALLEL_TOOL_CALLS)
    if conversation.media is not None:
        if carries.media:
            record.update(conversation.media)
        else:
            found.add(Loss.MEDIA)
    if parts.fields is not None:
        found |= _add_fields(record, parts.fields, carries)
    return Rendered(record, frozenset(found))


def rendered_pair(parts: RecordParts, writer: MessageWriter, carries: Carried) -> Rendered:
    """Return a preference pair as prompt, chosen and rejected messages. Raises Unsupported."""
    conversation, rejected_answer = pair_of(parts)
    prompt = writer.write(conversation.prompt)
    chosen, rejected = writer.write_sides(conversation.response, rejected_answer)
    record = {"prompt": prompt, "chosen": chosen, "rejected": rejected}
    return rendered(parts, record, carries, writer.losses)


def _add_fields(record: dict[str, Any], fields: bytes, carries: Carried) -> set[Loss]:
    """Add the fields beside a conversation that a format carries; return what it does not."""
    if not carries.fields and TEMPLATE_ARGUMENTS.encode() not in fields:
        return {Loss.FIELDS}
    lost = set()
    for name, value in read_record(fields).items():
        is_arguments = name == TEMPLATE_ARGUMENTS and isinstance(value, dict)
        if carries.fields and name in record:
            raise Unsupported(f'it has a field "{name}" beside its conversation')
        if carries.fields or (is_arguments and carries.template_arguments):
            record[name] = value
        else:
            lost.add(Loss.TEMPLATE_ARGUMENTS if is_arguments else Loss.FIELDS)
    return lost
