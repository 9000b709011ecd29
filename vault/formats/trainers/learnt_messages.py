"""Messages of a conversation that a trainer computes the loss on."""

from __future__ import annotations

from vault.formats.trainers.conversation_parts import (
    asked_and_answered,
    is_trained,
    weighted_messages,
)
from vault.formats.trainers.output import Learnt, RecordParts
from vault.objects.conversation import Conversation


def learnt_messages(
    parts: RecordParts, conversation: Conversation, learns: Learnt
) -> tuple[bool, ...] | None:
    """Return for each message of prompt, response and rejected answer whether it is learnt.

    A plain text is one message. None where only who sets up the training can tell. Raises
    Unsupported where the conversation has no answer to learn.
    """
    if learns is Learnt.UNSAID:
        return None
    if conversation.text is not None:
        return (learns is Learnt.ALL,)
    asked = len(conversation.prompt)
    messages = (*conversation.prompt, *conversation.response)
    rejected = conversation.rejected or ()
    match learns:
        case Learnt.ALL:
            learnt = (True,) * len(messages)
        case Learnt.ANSWERS:
            learnt = tuple(each["role"] == "assistant" for each in messages)
        case Learnt.WEIGHTED:
            learnt = tuple(map(is_trained, weighted_messages(parts, conversation)))
        case Learnt.COMPLETION:
            prompt, _ = asked_and_answered(conversation)
            learnt = tuple(place >= len(prompt) for place in range(len(messages)))
        case Learnt.LAST:
            learnt = tuple(place == len(messages) - 1 for place in range(len(messages)))
        case Learnt.SIDES:
            learnt = tuple(place >= asked for place in range(len(messages)))
        case _:
            learnt = (False,) * len(messages)
    return (*learnt, *(learns is Learnt.SIDES for _ in rejected))
