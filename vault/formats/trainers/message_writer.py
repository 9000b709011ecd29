"""Canonical messages written in the style of a trainer or provider, losses noted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vault.formats.trainers.output import (
    Carried,
    Loss,
    Reasoning,
    RenderOptions,
    Unsupported,
    Weights,
)
from vault.objects.conversation import REASONING, Message
from vault.objects.json.text import compact_bytes

_OF_VAULT = frozenset({"role", "content", "tool_calls", "tool_call_id", "call", REASONING})
_USUAL = RenderOptions()


@dataclass(frozen=True, slots=True)
class MessageStyle:
    """How messages are written, beside what the format carries.

    `arguments_as_text` writes the arguments of calls as JSON text; `any_arguments` allows those
    that are no object. `has_call_ids` joins calls and answers by ids, and otherwise answers carry
    the name of the tool; `has_tool_names` says it beside the ids too. `call_id` is the pattern of
    ids, for the number of a call in its conversation, from 0. `binary_weights` allows weights of 0
    and 1 on answers alone; `fills_content` writes an empty text where there is no content;
    `system_first` allows a system message only at the beginning.
    """

    arguments_as_text: bool = False
    any_arguments: bool = False
    has_call_ids: bool = False
    has_tool_names: bool = False
    call_id: str = "call_{}"
    binary_weights: bool = False
    fills_content: bool = False
    system_first: bool = False


class MessageWriter:
    """Writes the messages of one conversation, part by part, and gathers what is lost."""

    def __init__(
        self, style: MessageStyle, carries: Carried, options: RenderOptions = _USUAL
    ) -> None:
        self._style = style
        self._carries = carries
        self._reasoning = options.reasoning or carries.reasoning[0]
        self._reasoning_key = options.reasoning_key or carries.reasoning_key
        self._names: dict[int, str] = {}
        self._count = 0
        self.losses: set[Loss] = set()

    def write(self, messages: Iterable[Message]) -> list[dict[str, Any]]:
        """Return messages in the style, after those written before. Raises Unsupported."""
        return [self._message(each) for each in messages]

    def write_sides(
        self, chosen: Iterable[Message], rejected: Iterable[Message]
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return two answers to what was written before: calls are counted on for each alone."""
        before = dict(self._names)
        first = self.write(chosen)
        self._names = before
        return first, self.write(rejected)

    def _message(self, message: Message) -> dict[str, Any]:
        role = self._role(message["role"])
        written: dict[str, Any] = {"role": role}
        content = message.get("content")
        if content is not None:
            written["content"] = self._content(content)
        for name, value in message.items():
            if name not in _OF_VAULT:
                self._member(written, name, value)
        if REASONING in message:
            self._think(written, message[REASONING])
        if isinstance(message.get("call"), list):
            self.losses.add(Loss.MEMBERS)
        if "tool_calls" in message:
            written["tool_calls"] = [self._call(each) for each in message["tool_calls"]]
        if role == "tool":
            self._answer(written, message)
        elif not written.keys() & {"content", "tool_calls", "refusal"}:
            raise Unsupported("it has a message without content")
        elif self._style.fills_content:
            written.setdefault("content", "")
        return written

    def _role(self, role: str) -> str:
        known = self._carries.roles
        if known is not None and role not in known:
            if role != "developer":
                raise Unsupported(f'it has a message by "{role}"')
            role = "system"
            self.losses.add(Loss.DEVELOPER)
        if role == "system" and self._style.system_first and self._count:
            raise Unsupported("it has a system message after the first message")
        self._count += 1
        return role

    def _content(self, content: Any) -> Any:
        if isinstance(content, str) or self._carries.parts:
            return content
        raise Unsupported("it has a message whose content is a list of parts")

    def _member(self, written: dict[str, Any], name: str, value: Any) -> None:
        members = self._carries.members
        if name == "weight":
            self._weight(written, value)
        elif members is None or name in members:
            written[name] = value
        elif name == "name":
            if written["role"] != "tool":
                self.losses.add(Loss.NAMES)
        else:
            self.losses.add(Loss.MEMBERS)

    def _weight(self, written: dict[str, Any], value: Any) -> None:
        if self._carries.weights is Weights.LAST_ONLY:
            return  # `completion` counts what that loses: it depends on the message's place
        if self._carries.weights is Weights.NONE:
            self.losses.add(Loss.WEIGHTS)
        elif not self._style.binary_weights:
            written["weight"] = value
        elif written["role"] != "assistant":
            self.losses.add(Loss.MEMBERS)  # it weighs nothing
        elif type(value) is int and value in (0, 1):
            written["weight"] = value
        else:
            raise Unsupported("it has a weight that is neither 0 nor 1")

    def _think(self, written: dict[str, Any], thought: Any) -> None:
        if not isinstance(thought, str):
            self.losses.add(Loss.MEMBERS)
        elif self._reasoning is Reasoning.FIELD:
            written[self._reasoning_key] = thought
        elif self._reasoning is Reasoning.DROP:
            self.losses.add(Loss.REASONING)
        elif isinstance(written.get("content", ""), str):
            written["content"] = f"<think>\n{thought}\n</think>\n\n{written.get('content', '')}"
        else:
            raise Unsupported("it has reasoning before content that is a list of parts")

    def _call(self, call: dict[str, Any]) -> dict[str, Any]:
        name = call.get("name")
        if not isinstance(name, str) or "type" in call:
            raise Unsupported("it calls a tool that is not a function with a name")
        self._names[call["id"]] = name
        if call.keys() - {"id", "name", "arguments"}:
            self.losses.add(Loss.MEMBERS)
        function = {"name": name, "arguments": self._arguments(call.get("arguments", {}))}
        written: dict[str, Any] = {"type": "function", "function": function}
        if not self._style.has_call_ids:
            return written
        return {"id": self._style.call_id.format(call["id"]), **written}

    def _arguments(self, arguments: Any) -> Any:
        if not self._style.arguments_as_text:
            if not isinstance(arguments, dict) and not self._style.any_arguments:
                raise Unsupported("it calls a tool with arguments that are not an object")
            return arguments
        return arguments if isinstance(arguments, str) else compact_bytes(arguments).decode()

    def _answer(self, written: dict[str, Any], message: Message) -> None:
        call = answered_call(message)
        answered = message.get("tool_call_id") if call is None else self._style.call_id.format(call)
        if self._style.has_call_ids:
            if not isinstance(answered, str):
                raise Unsupported("it has the answer of a tool that was not called")
            written["tool_call_id"] = answered
        elif call is None and answered is not None:
            raise Unsupported("it has the answer of a tool that was not called")
        if self._style.has_tool_names or not self._style.has_call_ids:
            name = message.get("name", self._names.get(-1 if call is None else call))
            if isinstance(name, str):
                written["name"] = name
        if "content" not in written:
            raise Unsupported("it has a message without content")


def answered_call(message: Message) -> int | None:
    """Return the number of the call that a tool's message answers, from 0, None if of none."""
    call = message.get("call")
    if isinstance(call, list):  # beside a member of the record's own that has this name
        call = call[1] if len(call) == 2 else None
    return call
