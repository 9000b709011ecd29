"""Checks of the structure of a record, message by message; `form` makes rules of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from vault.objects.foreign.layouts import FOREIGN_KINDS
from vault.objects.foreign.origins import known_origin
from vault.objects.foreign.parts import Meaning, read_part
from vault.objects.json.field_path import leaves
from vault.rules.kernel.message import ROLES, Message, a_type
from vault.rules.kernel.rule import Fault, shown
from vault.rules.kernel.subject import Subject

FOREIGN_ROLES = ("human", "gpt", "chatgpt", "model")
"""Words of ShareGPT and Gemini for roles; chat templates know user and assistant."""

_PARTS = frozenset(
    {
        "text",
        "image_url",
        "image",
        "input_audio",
        "audio",
        "audio_url",
        "video",
        "video_url",
        "file",
        "refusal",
        "reasoning",
        "thinking",
        "tool_call",
        "tool_calls",
        "tools",
    }
)
# Members by which Bedrock and Gemini say what a part is, where others have a type.
_MEMBERS_FOR_TYPES = (
    *("image", "document", "video", "toolUse", "toolResult", "reasoningContent", "cachePoint"),
    *("inlineData", "fileData", "functionCall", "functionResponse", "inline_data", "file_data"),
    *("function_call", "function_response", "executableCode", "codeExecutionResult"),
)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MESSAGE_KEYS = frozenset(
    {
        "role",
        "content",
        "name",
        "weight",
        "refusal",
        "audio",
        "tool_calls",
        "tool_call_id",
        "function_call",
    }
)
_RECORD_KEYS = frozenset({"messages", "tools", "parallel_tool_calls", "functions"})
_TRL_KEYS = (
    {"messages"},
    {"prompt"},
    {"prompt", "completion"},
    {"prompt", "chosen", "rejected"},
    {"chosen", "rejected"},
    {"prompt", "completion", "label"},
    {"text"},
)
_TRL_BESIDE = frozenset({"tools", "images", "image", "chat_template_kwargs"})
_BEYOND_64_BITS = 2**64
_LAYOUTS = ("messages", "conversations", "text", "instruction", "completion")


def told(name: str) -> Callable[[Subject], Iterator[Fault]]:
    """Return a check that reports what reading the record told under this name."""

    def check(subject: Subject) -> Iterator[Fault]:
        for each, message, path in subject.broken:
            if each == name:
                yield Fault(message, path)

    return check


def _is_silent(message: Message) -> bool:
    """Tell whether a message has no content and need not have any."""
    said = message.said
    return message.role == "assistant" and any(
        said.get(name) for name in ("tool_calls", "function_call", "refusal", "audio")
    )


def unknown_role(subject: Subject) -> Iterator[Fault]:
    """Report roles that no trainer knows, and ShareGPT's where OpenAI's are expected."""
    for each in (*subject.messages, *subject.rejected):
        if each.role and each.role not in ROLES:
            yield Fault(f"no trainer knows the role {shown(each.role)}", each.path)
        elif subject.kind != "sharegpt" and _is_foreign(each):
            told = f"the role {shown(each.said['role'])} is another tool's word for {each.role}"
            yield Fault(told, each.path)


def _is_foreign(message: Message) -> bool:
    said = message.said
    return said.get("from") is None and said.get("role") in FOREIGN_ROLES


def missing_content(subject: Subject) -> Iterator[Fault]:
    """Report messages without content that need it."""
    for each in (*subject.messages, *subject.rejected):
        if each.content is None and not _is_silent(each):
            yield Fault("there is no content, and nothing else that is said", each.content_path)


def content_type(subject: Subject) -> Iterator[Fault]:
    """Report content that is neither text nor parts."""
    for each in (*subject.messages, *subject.rejected):
        is_read = isinstance(each.content, (str, list)) or each.is_function_call
        if each.content is not None and not is_read:
            message = f"content should be text, and is {a_type(each.content)}"
            yield Fault(message, each.content_path)


def parts_of(subject: Subject) -> Iterator[tuple[Message, str, Any]]:
    """Yield the message, the path and the part for each part of content."""
    for each in (*subject.messages, *subject.rejected):
        if isinstance(each.content, list) and not each.is_function_call:
            for number, part in enumerate(each.content):
                yield each, f"{each.content_path}[{number}]", part


def bad_part(subject: Subject) -> Iterator[Fault]:
    """Report parts of content that cannot be read."""
    for _, path, part in parts_of(subject):
        if not isinstance(part, dict):
            yield Fault(f"a part should be an object, and is {a_type(part)}", path)
        elif part.get("type") is None:
            if not says_its_maker(subject, part):
                yield Fault("the part has no type", path)
        elif not isinstance(part["type"], str) or (
            part["type"] not in _PARTS and read_part(part) is None
        ):
            yield Fault(f"a part of the type {shown(part['type'])} is unknown", path)
        elif part["type"] == "text" and not any(
            isinstance(part.get(name), str) for name in ("text", "value")
        ):
            yield Fault("a part of the type text holds no text", path)


def says_its_maker(subject: Subject, part: dict[str, Any]) -> bool:
    """Tell whether a part without a type is as Bedrock or Gemini writes it, and not a lost one."""
    if any(part.get(name) is not None for name in _MEMBERS_FOR_TYPES):
        return True
    is_theirs = "schemaVersion" in subject.record or subject.kind in FOREIGN_KINDS
    return is_theirs and isinstance(part.get("text"), str)


def foreign_parts(subject: Subject) -> Iterator[Fault]:
    """Report the first part that another maker's API writes and OpenAI's chat does not know."""
    if subject.kind in FOREIGN_KINDS:
        return
    for each, path, part in parts_of(subject):
        found = read_part(part)
        if found is not None and (part.get("type") or says_its_maker(subject, part)):
            is_thought = found.meaning is Meaning.REASONING
            if each.role == "tool" or (is_thought and part.get("type") != "thinking"):
                continue
            yield Fault(f"the parts of content are {found.maker}", path)
            return


def mixed_refusal(subject: Subject) -> Iterator[Fault]:
    """Report a refusal part beside others, or outside an answer."""
    for each, path, part in parts_of(subject):
        if isinstance(part, dict) and part.get("type") == "refusal":
            if each.role != "assistant":
                yield Fault(f"a message of the role {each.role} holds a refusal", path)
            elif len(each.content) > 1:
                yield Fault("a refusal stands alone, and here are other parts beside it", path)


def _is_image(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") in ("image_url", "image")


def image_in_answer(subject: Subject) -> Iterator[Fault]:
    """Report images that an assistant says."""
    for each, path, part in parts_of(subject):
        if each.role == "assistant" and _is_image(part):
            yield Fault("an assistant's message holds an image", path)


def _is_blank(content: Any) -> bool:
    if isinstance(content, str):
        return not content.strip()
    return isinstance(content, list) and not any(
        not (isinstance(part, dict) and part.get("type") == "text")
        or str(part.get("text") or part.get("value") or "").strip()
        for part in content
    )


def empty_answer(subject: Subject) -> Iterator[Fault]:
    """Report answers that say nothing."""
    for each in (*subject.messages, *subject.rejected):
        if each.role == "assistant" and _is_blank(each.content) and not _is_silent(each):
            yield Fault("the answer is empty, so there is nothing to learn", each.content_path)


def empty_message(subject: Subject) -> Iterator[Fault]:
    """Report empty messages of others than the assistant."""
    for each in subject.messages:
        if each.role in ("user", "system", "developer") and _is_blank(each.content):
            yield Fault(f"the message of the role {each.role} is empty", each.content_path)


def unknown_key(subject: Subject) -> Iterator[Fault]:
    """Report keys of messages that strict providers refuse."""
    for each in subject.messages:
        for key in each.said:
            if key not in _MESSAGE_KEYS:
                yield Fault(f"the message has a key {shown(key)}", each.path)


def extra_field(subject: Subject) -> Iterator[Fault]:
    """Report fields beside a chat that strict providers refuse."""
    if subject.kind == "chat":
        for key in subject.record:
            if key not in _RECORD_KEYS:
                yield Fault(f"the record has a field {shown(key)} beside its messages", key)


def trl_fields(subject: Subject) -> Iterator[Fault]:
    """Report sets of fields that TRL refuses; what stands beside a prompt goes to rewards."""
    if subject.kind == "prompt":
        return
    names = {key for key in subject.record if key not in _TRL_BESIDE}
    if names not in _TRL_KEYS:
        listed = ", ".join(sorted(subject.record)[:6])
        yield Fault(f"TRL raises on a record with the fields {shown(listed, 60)}")


def no_layout(subject: Subject) -> Iterator[Fault]:
    """Report records of no known layout."""
    if subject.kind == "raw":
        known = known_origin(subject.record)
        if known is not None:
            options = " ".join(f"--map {role}={path}" for role, path in known.mapping.items())
            way = f": import it with --replace {options}" if options else ""
            yield Fault(f"the record is {known.what}{way}")
            return
        listed = ", ".join(list(subject.record)[:6])
        yield Fault(f"no training format has the fields {shown(listed, 60)}")


def two_layouts(subject: Subject) -> Iterator[Fault]:
    """Report records that could be read in two ways."""
    found = [name for name in _LAYOUTS if subject.record.get(name) is not None]
    if len(found) > 1:
        yield Fault(f"the record has {found[0]} and {found[1]}: trainers differ in which they read")


def bad_name(subject: Subject) -> Iterator[Fault]:
    """Report names of speakers that providers refuse."""
    for each in subject.messages:
        name = each.said.get("name")
        if name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
            yield Fault(f"the name {shown(name)} is not 1 to 64 of A-Z a-z 0-9 _ -", each.path)


def large_number(subject: Subject) -> Iterator[Fault]:
    """Report numbers that a 64-bit integer or a double cannot hold."""
    for path, value in leaves(subject.record):
        is_number = isinstance(value, (int, float, Decimal))
        if is_number and not -_BEYOND_64_BITS < value < _BEYOND_64_BITS:
            yield Fault(f"the number {Decimal(value):.3g} is beyond 64 bits", path)
