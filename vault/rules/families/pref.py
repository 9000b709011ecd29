"""PREF: pairs of a chosen and a rejected answer, and answers with a verdict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from vault.rules.families.sample_records import ASK, TOLD, assistant, user
from vault.rules.kernel.rule import Fault, Rule, Severity, shown
from vault.rules.kernel.subject import SIDES, Message, Subject, type_name

_LATE = assistant("No idea.")


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
    if subject.kind == "kto":
        name = "kto_tag" if subject.record.get("kto_tag") is not None else "label"
        verdict = subject.record.get(name)
        if type(verdict) is not bool:
            told = shown(verdict) if isinstance(verdict, str) else type_name(verdict)
            yield Fault(f"the verdict is {told}, and only true or false is read", name)


def _sides(chosen: Any, rejected: Any, **others: Any) -> dict[str, Any]:
    return {"prompt": [ASK], "chosen": chosen, "rejected": rejected, **others}


def _openai(chosen: Any, rejected: Any) -> dict[str, Any]:
    given = {"messages": [ASK]}
    return {"input": given, "preferred_output": chosen, "non_preferred_output": rejected}


_GOOD = _sides([TOLD], [_LATE])
_TEXTS = {"prompt": "Hi", "chosen": "Hello.", "rejected": "What?"}
_BOTH = {"chosen": [ASK, TOLD], "rejected": [ASK, _LATE]}
_OPENAI = _openai([TOLD], [_LATE])

RULES = (
    Rule(
        code="PREF001",
        name="sides-identical",
        severity=Severity.ERROR,
        why="A pair whose sides say the same teaches nothing; its loss is the same whatever is "
        "learnt.",
        check=identical,
        fails=(_sides([TOLD], [TOLD]), {"prompt": "Hi", "chosen": "Yes.", "rejected": "Yes."}),
        passes=(_GOOD, _TEXTS, _BOTH, _OPENAI),
    ),
    Rule(
        code="PREF002",
        name="side-empty",
        severity=Severity.ERROR,
        why="Both sides need an answer; trainers stop at an empty one, or learn to prefer silence.",
        check=empty_side,
        fails=(
            _sides([TOLD], []),
            _sides([TOLD], [assistant(" ")]),
            {"prompt": "Hi", "chosen": "", "rejected": "What?"},
            {"prompt": "Hi", "chosen": "Hello.", "rejected": None},
        ),
        passes=(_GOOD, _TEXTS, _BOTH, _OPENAI),
    ),
    Rule(
        code="PREF003",
        name="side-speaker",
        severity=Severity.ERROR,
        why="What is preferred is an answer, so each side ends with the assistant.",
        check=side_speaker,
        fails=(_sides([TOLD], [user("No.")]), {"chosen": [ASK, TOLD], "rejected": [ASK]}),
        passes=(_GOOD, _TEXTS, _BOTH, _OPENAI),
    ),
    Rule(
        code="PREF004",
        name="side-roles",
        severity=Severity.ERROR,
        why="In OpenAI's layout the sides hold messages of assistant and tool; the rest is input.",
        check=side_roles,
        fails=(_openai([ASK, TOLD], [_LATE]),),
        passes=(_OPENAI, _BOTH),
    ),
    Rule(
        code="PREF005",
        name="prompt-answered",
        severity=Severity.ERROR,
        why="The sides continue the prompt, so it ends with the user or a tool; TRL raises "
        "ValueError and Together refuses the file.",
        check=answered_prompt,
        fails=(_sides([TOLD], [_LATE], prompt=[ASK, TOLD]),),
        passes=(_GOOD, _TEXTS, _BOTH, _OPENAI),
    ),
    Rule(
        code="PREF006",
        name="prompt-missing",
        severity=Severity.ERROR,
        why="Nobody can say which answer is better without the question.",
        check=no_prompt,
        fails=({"chosen": [TOLD], "rejected": [_LATE]}, _sides([TOLD], [_LATE], prompt=[])),
        passes=(_GOOD, _TEXTS, _BOTH, _OPENAI),
    ),
    Rule(
        code="PREF007",
        name="prompts-differ",
        severity=Severity.ERROR,
        why="Sides that repeat the conversation repeat the same one; otherwise the model learns "
        "which question is better.",
        check=prompts_differ,
        fails=({"chosen": [ASK, TOLD], "rejected": [user("Where is it?"), _LATE]},),
        passes=(_GOOD, _TEXTS, _BOTH, _OPENAI),
    ),
    Rule(
        code="PREF008",
        name="side-not-single",
        severity=Severity.ERROR,
        why="This target takes exactly one message on each side.",
        check=single_message,
        fails=(_openai([TOLD, TOLD], [_LATE]),),
        passes=(_OPENAI, _GOOD),
        targets=("together",),
    ),
    Rule(
        code="PREF009",
        name="sides-renamed",
        severity=Severity.ERROR,
        why="The names preferred_completion and non_preferred_completion were retired.",
        check=retired_names,
        fails=(
            {
                "input": {"messages": [ASK]},
                "preferred_completion": [TOLD],
                "non_preferred_completion": [_LATE],
            },
        ),
        passes=(_OPENAI, _GOOD),
        targets=("openai", "azure", "together"),
    ),
    Rule(
        code="PREF010",
        name="verdict-invalid",
        severity=Severity.ERROR,
        why="KTO reads true as good and false as bad; a text or a number is taken for true by "
        "some.",
        check=bad_verdict,
        fails=(
            {"instruction": "Say hi.", "output": "Hi.", "kto_tag": "good"},
            {"messages": [ASK, TOLD], "kto_tag": 1},
        ),
        passes=(
            {"messages": [ASK, TOLD], "kto_tag": False},
            {"prompt": "Hi", "completion": "Hello.", "label": True},
        ),
    ),
)
