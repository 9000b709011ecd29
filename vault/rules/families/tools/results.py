"""Checks of the answers of tools: each answers a call, and each call is answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vault.rules.kernel.message import Message
from vault.rules.kernel.rule import Fault, shown
from vault.rules.kernel.subject import ANSWERS, Subject


def result_without_id(subject: Subject) -> Iterator[Fault]:
    """Report results that do not say which call they answer."""
    for each in subject.messages:
        has_id = isinstance(each.said.get("tool_call_id"), str)
        # ShareGPT has no ids at all; what is exported from it has.
        if each.role == "tool" and not has_id and each.said.get("from") is None:
            yield Fault("the result has no tool_call_id", each.path)


class _Matching:
    """Which calls wait for a result, message by message."""

    def __init__(self) -> None:
        self.waiting: list[Any] = []
        self.at = ""
        self.is_loose = False

    def call(self, message: Message) -> None:
        """Note the calls of a message."""
        self.waiting = [
            each.get("id") if isinstance(each, dict) else None for each in message.calls()
        ]
        self.at = message.path
        self.is_loose = False

    def answer(self, message: Message) -> bool:
        """Take a result; tell whether a call waited for it."""
        call_id = message.said.get("tool_call_id")
        if isinstance(call_id, str):
            if call_id in self.waiting:
                self.waiting.remove(call_id)
                return True
            if all(each is not None for each in self.waiting):
                return False
        if not self.waiting:
            return False
        if message.said.get("from") is not None:
            # ShareGPT has no ids, and one observation may hold the results of several calls.
            self.waiting = []
        else:
            self.waiting.pop(0)
        # Without ids one message may hold the results of all calls.
        self.is_loose = True
        return True


def repeated_id(subject: Subject) -> Iterator[Fault]:
    """Report ids that two calls of one message share."""
    for message in subject.messages:
        ids = [each.get("id") for each in message.calls() if isinstance(each, dict)]
        seen: list[Any] = []
        for call_id in ids:
            if isinstance(call_id, str) and call_id in seen:
                told = f"two calls have the id {shown(call_id)}"
                yield Fault(told, f"{message.path}.tool_calls")
            seen.append(call_id)


def orphaned_result(subject: Subject) -> Iterator[Fault]:
    """Report results that answer no call before them."""
    matching = _Matching()
    for message in subject.messages:
        if message.role in ANSWERS:
            if not matching.answer(message):
                call_id = message.said.get("tool_call_id")
                named = f" with the id {shown(call_id)}" if call_id is not None else ""
                yield Fault(f"no call{named} waits for this result", message.path)
        elif message.role == "assistant":
            matching.call(message)


def missing_result(subject: Subject) -> Iterator[Fault]:
    """Report calls that were not answered when the conversation went on."""
    matching = _Matching()
    for message in subject.messages:
        if message.role in ANSWERS:
            matching.answer(message)
            continue
        is_open = bool(matching.waiting) and not matching.is_loose
        if is_open and message.role in ("user", "assistant"):
            count = len(matching.waiting)
            told = f"{count} call has" if count == 1 else f"{count} calls have"
            yield Fault(f"{told} no result when the conversation goes on", matching.at)
        matching.waiting = []
        if message.role == "assistant":
            matching.call(message)
