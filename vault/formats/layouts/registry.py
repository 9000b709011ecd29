"""Which format a record has, and everything that follows from a record once that is known.

`derive` runs once for every imported record, so the shape of plain chat is tried first. Knows
nothing of files or storage. Normative: docs/format/conversations.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from vault.formats.layouts import (
    alpaca,
    chat,
    foreign,
    mapped,
    preference,
    prompt_completion,
    sharegpt,
    text,
)
from vault.formats.layouts.faults import BrokenStructure, FormatMismatch, shown_keys
from vault.formats.layouts.media import MEDIA_FIELDS, media_fields_of, read_media
from vault.formats.layouts.plain_chat import Values, derive_plain, not_plain
from vault.objects.conversation import EMPTY_KEYS, Conversation, Kind, derive_keys
from vault.objects.field_pairs import (
    FIELD_PAIR_NAMES,
    field_pair,
    fitting_pairs,
    is_prompt_alone,
)
from vault.objects.foreign.layouts import (
    FOREIGN_KINDS,
    find_foreign,
    foreign_fields,
    read_foreign,
)
from vault.objects.json.text import compact_bytes

_KNOWN = {str(kind): kind for kind in Kind if kind is not Kind.RAW}
_CHAT = Kind.CHAT  # looking up a member of an enum costs as much as reading a message


# Not frozen, unlike other values: freezing makes each of millions four times as dear to build.
@dataclass(slots=True)
class Derived:
    """What follows from one record: its kind, and keys, counts and other fields.

    `content_id` and `prompt_id` are unsigned 64-bit keys, None where there is nothing to key.
    `fields` is compact JSON of what the record holds besides the conversation, in its own order;
    None if that is nothing, and for raw records, where it would be the record again.
    """

    kind: Kind
    content_id: int | None
    prompt_id: int | None
    turns: int
    chars: int
    tokens: int
    fields: bytes | None


def recognise(record: dict[str, Any]) -> Kind:
    """Return the kind of a record by its keys: `{"messages": "hello"}` is a chat, if a broken one.

    Well-known names of question and answer, and a prompt alone, are asked for only if no layout is
    found, and by their values too. Fields that hold null are looked at last, if nothing else says
    what the record is.
    """
    if record.get("messages") is not None and _BEFORE_CHAT.isdisjoint(record):
        return _CHAT
    present = _without_null(record)
    kind = _kind_of(present)
    if kind is Kind.RAW:
        kind = _kind_by_values(record, present)
    return _kind_of(record) if kind is Kind.RAW and present is not record else kind


def derive(
    record: dict[str, Any],
    *,
    kind: Kind | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Derived:
    """Return what follows from a record: costs 2 to 3 µs for a kilobyte of plain chat.

    `kind` forces a format. `mapping` names the field of each role (`system`, `user`,
    `assistant`), with dots into nested objects; the kind is then chat. A record whose structure is
    broken is of its kind all the same, without keys and counts.

    Raises FormatMismatch: `format-mismatch` if the record lacks the keys of the forced kind,
    `field-missing` if it lacks a mapped field. Raises InvalidInput for an impossible mapping.
    """
    return Derived(*derive_values(record, kind, mapping))


def derive_stored(
    record: dict[str, Any], stored_kind: str, mapping: Mapping[str, str] | None
) -> Values:
    """Derive a stored record again: its kind, keys, counts and fields by this derivation.

    `stored_kind` is the kind in its row and `mapping` how its source was read, if by a mapping. The
    kind stands for the format if the record has the fields of it, null ones not counted; otherwise,
    and if it was raw or is not known, the record is recognised anew. Returns the fields of
    `Derived`, in their order. Costs what `derive` does. Raises FormatMismatch and InvalidInput as
    `derive` does, of a mapping alone.
    """
    kind = _KNOWN.get(stored_kind)
    stands = kind is not None and _has_keys_of(kind, _without_null(record))
    return derive_values(record, kind if stands else None, mapping)


def derive_values(
    record: dict[str, Any], kind: Kind | None, mapping: Mapping[str, str] | None
) -> Values:
    """Return the fields of what `derive` returns as a tuple: building less is faster."""
    if mapping is None and (kind is None or kind is _CHAT):
        values = derive_plain(record, NOT_PLAIN)
        if values is not None:
            return values
    kind = _decide(record, kind, mapping)
    conversation = _read(record, kind, mapping)
    keys = EMPTY_KEYS if conversation is None else derive_keys(conversation)
    return (kind, *keys, _other_fields(record, kind, mapping))


def conversation_of(
    record: dict[str, Any], kind: Kind, mapping: Mapping[str, str] | None = None
) -> Conversation | None:
    """Return the conversation of a record of a known kind; None if raw, or broken.

    Raises what `derive` raises.
    """
    return _read(record, _decide(record, kind, mapping), mapping)


def _decide(record: dict[str, Any], kind: Kind | None, mapping: Mapping[str, str] | None) -> Kind:
    if mapping is not None:
        mapped.check_mapping(mapping)
        mapped.require_fields(record, mapping)
        return Kind.CHAT
    if kind is None:
        return recognise(record)
    if not _has_keys_of(kind, record):
        reason = f"{_NEEDED[kind]}; there is {shown_keys(record)}"
        raise FormatMismatch("format-mismatch", reason)
    return kind


def _read(
    record: dict[str, Any], kind: Kind, mapping: Mapping[str, str] | None
) -> Conversation | None:
    try:
        conversation = _read_messages(record, kind, mapping)
    except BrokenStructure:
        return None
    if conversation is None or MEDIA_FIELDS.isdisjoint(record):
        return conversation
    media = read_media(record, _media_fields(record, mapping))
    return conversation if media is None else conversation._replace(media=media)


def _read_messages(
    record: dict[str, Any], kind: Kind, mapping: Mapping[str, str] | None
) -> Conversation | None:
    if mapping is not None:
        return mapped.read(record, mapping)
    if kind is _CHAT:
        return chat.read(record)
    family = _FAMILIES.get(kind)
    return None if family is None else family.read(record)


def _media_fields(record: dict[str, Any], mapping: Mapping[str, str] | None) -> frozenset[str]:
    return media_fields_of(record, besides=() if mapping is None else mapping.values())


def _other_fields(
    record: dict[str, Any], kind: Kind, mapping: Mapping[str, str] | None
) -> bytes | None:
    if mapping is not None:
        used = mapped.fields_of(record, mapping)
    elif kind is _CHAT:
        used = chat.fields_of(record)
    elif (family := _FAMILIES.get(kind)) is not None:
        used = family.fields_of(record)
    else:
        return None
    if not MEDIA_FIELDS.isdisjoint(record):
        used |= _media_fields(record, mapping)
    others = record.copy()
    for name in used.intersection(record):
        del others[name]
    return compact_bytes(others) if others else None


@dataclass(frozen=True, slots=True)
class _Family:
    read: Callable[[dict[str, Any]], Conversation]
    fields_of: Callable[[dict[str, Any]], frozenset[str]]


_FAMILIES = {
    Kind.CHAT: _Family(chat.read, chat.fields_of),
    Kind.SHAREGPT: _Family(sharegpt.read, sharegpt.fields_of),
    Kind.ALPACA: _Family(alpaca.read, alpaca.fields_of),
    Kind.PROMPT_COMPLETION: _Family(prompt_completion.read, prompt_completion.fields_of),
    Kind.PROMPT: _Family(prompt_completion.read_prompt, prompt_completion.prompt_fields_of),
    Kind.PREFERENCE: _Family(preference.read, preference.fields_of),
    Kind.KTO: _Family(preference.read_verdict, preference.verdict_fields_of),
    Kind.TEXT: _Family(text.read, text.fields_of),
}


def _foreign_family(kind: Kind) -> _Family:
    fields = foreign_fields(kind)
    return _Family(lambda record: foreign.read(record, kind), lambda record: fields)


_FAMILIES |= {kind: _foreign_family(kind) for kind in FOREIGN_KINDS}

_BEFORE_CHAT = frozenset(
    {*preference.VERDICTS, *(name for sides in preference.SIDES for name in sides)}
)

NOT_PLAIN = not_plain(_BEFORE_CHAT | MEDIA_FIELDS)
"""Fields beside which `messages` are not plain chat, whatever they hold."""

_ANSWERED = (Kind.CHAT, Kind.SHAREGPT, Kind.ALPACA, Kind.PROMPT_COMPLETION)

_NEEDED = {
    Kind.CHAT: 'a chat record has "messages"',
    Kind.SHAREGPT: 'a ShareGPT record has "conversations"',
    Kind.ALPACA: 'an Alpaca record has "instruction", and "output" or "response"',
    Kind.PROMPT_COMPLETION: 'a prompt-completion record has "prompt" and "completion", or one pair '
    'of texts such as "question" and "answer"',
    Kind.PROMPT: 'a prompt record has "prompt"',
    Kind.PREFERENCE: 'a preference record has "chosen" and "rejected", or OpenAI\'s names for them',
    Kind.KTO: 'a KTO record has an answer, and a true or false "label" or a "kto_tag"',
    Kind.TEXT: 'a text record has "text"',
    Kind.GEMINI: 'a Gemini record has "contents" with "parts"',
    Kind.COMPLETION: "a completion has one answer of a chat API",
    Kind.RESPONSES: 'a record of OpenAI\'s Responses has a list "output" of items',
    Kind.CHATGPT: 'a conversation of ChatGPT has "mapping" and "current_node"',
    Kind.CLAUDE: 'a conversation of Claude has "chat_messages"',
}


def _without_null(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without its fields that are null: itself if none is."""
    if None not in record.values():
        return record
    return {name: value for name, value in record.items() if value is not None}


def _kind_of(record: dict[str, Any]) -> Kind:
    if any(chosen in record and rejected in record for chosen, rejected in preference.SIDES):
        return Kind.PREFERENCE
    for kind in _ANSWERED:
        if _is_laid_out(kind, record):
            return Kind.KTO if _has_verdict(record) else kind
    return Kind.TEXT if "text" in record else Kind.RAW


def _has_verdict(record: dict[str, Any]) -> bool:
    return "kto_tag" in record or type(record.get("label")) is bool


def _kind_by_values(record: dict[str, Any], present: dict[str, Any]) -> Kind:
    pairs = fitting_pairs(present)
    if len(pairs) == 1:
        return Kind.KTO if _has_verdict(present) else Kind.PROMPT_COMPLETION
    if not pairs and is_prompt_alone(record):
        return Kind.PROMPT
    found = find_foreign(record)
    return Kind.RAW if found is None else found.kind


def _is_laid_out(kind: Kind, present: Collection[str]) -> bool:
    if kind is Kind.CHAT:
        return "messages" in present
    if kind is Kind.SHAREGPT:
        return "conversations" in present
    if kind is Kind.ALPACA:
        return "instruction" in present and ("output" in present or "response" in present)
    return "prompt" in present and "completion" in present


def _has_keys_of(kind: Kind, record: dict[str, Any]) -> bool:
    if kind is Kind.RAW:
        return True
    if kind in FOREIGN_KINDS:
        return read_foreign(record, kind) is not None
    if kind is Kind.TEXT:
        return "text" in record
    if kind is Kind.PROMPT:
        return "prompt" in record
    if kind is Kind.PREFERENCE:
        return any(chosen in record and rejected in record for chosen, rejected in preference.SIDES)
    if kind is Kind.KTO:
        return _has_verdict(record) and any(_has_keys_of(each, record) for each in _ANSWERED)
    is_pair = kind is Kind.PROMPT_COMPLETION and field_pair(record) is not None
    return is_pair or _is_laid_out(kind, record)


def conversation_fields(kind: Kind) -> frozenset[str] | None:
    """Return the top-level fields that may make the conversation of a record of this kind.

    A field of any other name is one of those that `derive` returns. None for raw records, of which
    it returns none.
    """
    return _MAY_MAKE.get(kind)


_SIDES = frozenset(name for sides in preference.SIDES for name in sides)
_MAY_MAKE = {
    Kind.CHAT: chat.fields_of({}),
    Kind.SHAREGPT: sharegpt.fields_of({}),
    Kind.ALPACA: alpaca.fields_of({}),
    Kind.PROMPT_COMPLETION: prompt_completion.fields_of({}) | FIELD_PAIR_NAMES | {"history"},
    Kind.PROMPT: prompt_completion.prompt_fields_of({}),
    Kind.TEXT: text.fields_of({}),
}
_ANY_ANSWERED = frozenset().union(*(_MAY_MAKE[kind] for kind in _ANSWERED))
_MAY_MAKE[Kind.KTO] = _ANY_ANSWERED | frozenset(preference.VERDICTS)
_MAY_MAKE[Kind.PREFERENCE] = _ANY_ANSWERED | _SIDES
_MAY_MAKE |= {kind: foreign_fields(kind) for kind in FOREIGN_KINDS}
_MAY_MAKE = {kind: names | MEDIA_FIELDS for kind, names in _MAY_MAKE.items()}
