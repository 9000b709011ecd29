"""Checks of preference pairs and verdicts; `pref` makes rules of them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from vault.rules.kernel.message import Message, a_type
from vault.rules.kernel.plain import is_nearly_verdict
from vault.rules.kernel.rule import Fault, shown
from vault.rules.kernel.subject import SIDES, Subject


def _pair(subject: Subject) -> tuple[str, str] | None:
    if subject.kind != "preference":
        return None
    for names in SIDES:
        if subject.record.get(names[0]) is not None:
            return names
    return SIDES[0]


def _said(messages: list[Message]) -> str:
    told = [(each.role, each.content, each.said.get("tool_calls")) for each in messages]
    return json.dumps(told, sort_keys=True, default=str)


def identical(subject: Subject) -> Iterator[Fault]:
    """Report pairs whose sides say the same."""
    names = _pair(subject)
    if names and subject.answer and _said(subject.answer) == _said(subject.rejected):
        yield Fault(f"{names[0]} and {names[1]} say the same", names[1])


def _is_empty(messages: list[Message]) -> bool:
    return not any(
        each.calls() or any(text.strip() for _, text in each.texts()) for each in messages[-1:]
    )


def empty_side(subject: Subject) -> Iterator[Fault]:
    """Report pairs with a side that says nothing."""
    names = _pair(subject)
    if names:
        for name, messages in zip(names, (subject.answer, subject.rejected), strict=True):
            if _is_empty(messages):
                yield Fault(f"{name} is empty", name)


def side_speaker(subject: Subject) -> Iterator[Fault]:
    """Report sides that do not end with the assistant."""
    for messages in (subject.answer, subject.rejected):
        if messages and messages[-1].role not in ("assistant", ""):
            yield Fault(f"the side ends with the {messages[-1].role}", messages[-1].path)


def side_roles(subject: Subject) -> Iterator[Fault]:
    """Report sides of OpenAI's layout with other roles than assistant and tool."""
    names = _pair(subject)
    if names and names[0] != "chosen":
        for each in (*subject.answer, *subject.rejected):
            if each.role not in ("assistant", "tool", ""):
                yield Fault(f"a side holds a message of the role {each.role}", each.path)


def answered_prompt(subject: Subject) -> Iterator[Fault]:
    """Report prompts that end with an answer already."""
    if _pair(subject):
        prompt = subject.messages[: len(subject.messages) - len(subject.answer)]
        if prompt and prompt[-1].role == "assistant":
            yield Fault("the prompt ends with an answer", prompt[-1].path)


def no_prompt(subject: Subject) -> Iterator[Fault]:
    """Report pairs without a question, beside the sides or at the head of both."""
    if _pair(subject):
        asked = any(each.role == "user" for each in (*subject.messages, *subject.rejected))
        text = all(not each.said for each in subject.answer)
        if not asked and not (text and len(subject.messages) == len(subject.answer)):
            yield Fault("nothing asks what the two sides answer")


def prompts_differ(subject: Subject) -> Iterator[Fault]:
    """Report sides that repeat different prompts."""
    names = _pair(subject)
    are_long = len(subject.answer) > 1 and len(subject.rejected) > 1
    if names and are_long and _said(subject.answer[:1]) != _said(subject.rejected[:1]):
        yield Fault("the sides begin with different messages", subject.rejected[0].path)


def single_message(subject: Subject) -> Iterator[Fault]:
    """Report sides of other than exactly one message."""
    names = _pair(subject)
    if names:
        for name, messages in zip(names, (subject.answer, subject.rejected), strict=True):
            if len(messages) != 1:
                yield Fault(f"{name} has {len(messages)} messages, and one is taken", name)


def retired_names(subject: Subject) -> Iterator[Fault]:
    """Report the retired names of the sides."""
    names = _pair(subject)
    if names == SIDES[2]:
        yield Fault("preferred_completion is called preferred_output now", names[0])


def bad_verdict(subject: Subject) -> Iterator[Fault]:
    """Report verdicts that are neither true nor false."""
    name = verdict_name(subject)
    if name is not None:
        verdict = subject.record.get(name)
        told = shown(verdict) if isinstance(verdict, str) else a_type(verdict)
        told = f"{told}, {verdict}" if isinstance(verdict, (int, float)) else told
        yield Fault(f"the verdict is {told}, and only true or false is read", name)


def verdict_name(subject: Subject) -> str | None:
    """Return the field whose verdict is neither true nor false; None if there is none.

    Beside `prompt` and `completion`, as in TRL, 0 and 1 and words for good and bad are meant as
    verdicts; beside other answers only the texts true and false are: a label may be a class.
    """
    name = "kto_tag" if subject.record.get("kto_tag") is not None else "label"
    verdict = subject.record.get(name)
    if type(verdict) is bool or (verdict is None and name == "label"):
        return None
    if subject.kind == "kto":
        return name
    if subject.kind not in _ANSWERED:
        return None
    if is_nearly_verdict(verdict):
        return name
    word = str(verdict).strip().lower() if isinstance(verdict, (str, int, float)) else ""
    is_trl = subject.record.get("completion") is not None
    return name if is_trl and word in _MEANT else None


_ANSWERED = ("chat", "sharegpt", "alpaca", "prompt-completion")
_MEANT = frozenset(
    {"0", "1", "-1", "+1", "0.0", "1.0", "-1.0", "yes", "no", "good", "bad", "up", "down"}
    | {"chosen", "rejected", "desirable", "undesirable", "thumbs_up", "thumbs_down"}
    | {"positive", "negative", "accepted", "preferred", "👍", "👎"}
)
