"""Fixes: faults that have exactly one safe answer, mended in place; rules name them as their `fix`.

A fix says what it would write, and writes nothing. Where the answer is a matter of taste, or the
text might be code, it says nothing and the fault stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from vault.objects.foreign.encoded_lists import decoded_list
from vault.rules.families.form_checks import parts_of, says_its_maker
from vault.rules.families.pref_checks import verdict_name
from vault.rules.families.tools.tool_checks import calls_of
from vault.rules.kernel.message import read_json, steps_of
from vault.rules.kernel.rule import Repair, shown
from vault.rules.kernel.subject import Subject

INVISIBLE = "^[\ufeff\u200b\u2060]+"
"""A mark of byte order, or what has no width, at the beginning of a text."""

_USUAL_ROLES = {
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "bot", "model", "ai"), "assistant"),
    **{name: name for name in ("system", "developer", "tool", "function")},
}
_SHAREGPT_ROLES = {"user": "human", "assistant": "gpt", "system": "system"}
_FENCED = re.compile(r"\s*```(?:json)?[ \t]*\n?(.*?)\n?[ \t]*```\s*", re.DOTALL)
_BLANK_LINES = re.compile(r"\A(?:[ \t]*\r?\n)+")
_ONE_SPACE = re.compile(r"\A[ \u00a0](?=\S)")


def usual_roles(subject: Subject) -> Iterator[Repair]:
    """Give roles their usual words: OpenAI's for `role`, ShareGPT's for `from`."""
    for each in (*subject.messages, *subject.rejected):
        name = "role" if each.said.get("from") is None else "from"
        written = each.said.get(name)
        role = _USUAL_ROLES.get(written.strip().lower()) if isinstance(written, str) else None
        if role is None or (name == "role" and subject.kind == "sharegpt" and role != each.role):
            continue
        wanted = role if name == "role" else _SHAREGPT_ROLES.get(role)
        if wanted is not None and wanted != written and role != written:
            told = f"the role {shown(written)} is now {shown(wanted)}"
            yield Repair((*steps_of(each.path), name), wanted, told)


def without_edges(subject: Subject) -> Iterator[Repair]:
    """Take white space off both ends of answers; an indented beginning may be code, and stays."""
    for each in subject.answers():
        if each.path.endswith(".arguments") or not each.text.strip():
            continue
        text = _ONE_SPACE.sub("", _BLANK_LINES.sub("", each.text.rstrip()))
        if text != each.text:
            count = len(each.text) - len(text)
            told = f"{count} characters of white space around the answer are gone"
            yield Repair(steps_of(each.path), text, told if count > 1 else _ONE_GONE)


_ONE_GONE = "1 character of white space beside the answer is gone"


def without_invisible_start(subject: Subject) -> Iterator[Repair]:
    """Take off what is invisible at the beginning of texts."""
    for each in subject.texts():
        text = re.sub(INVISIBLE, "", each.text)
        if text != each.text and not each.path.endswith(".arguments"):
            yield Repair(steps_of(each.path), text, "what was invisible at the beginning is gone")


def plain_arguments(subject: Subject) -> Iterator[Repair]:
    """Take the fence off arguments of calls that are JSON within it; write none as `{}`."""
    for each in calls_of(subject):
        said = each.said if isinstance(each.said, dict) else {}
        if not isinstance(each.arguments, str) or not each.path.endswith(("]", ".function_call")):
            continue
        inner = isinstance(said.get("function"), dict)
        steps = steps_of(f"{each.path}.function.arguments" if inner else f"{each.path}.arguments")
        fenced = _FENCED.fullmatch(each.arguments)
        if not each.arguments.strip():
            yield Repair(steps, "{}", "no arguments are now written as {}")
        elif fenced and isinstance(read_json(fenced.group(1)), dict):
            yield Repair(steps, fenced.group(1).strip(), "the fence around the arguments is gone")


def lists_decoded(subject: Subject) -> Iterator[Repair]:
    """Write lists of messages as lists that are a JSON text, or an object of columns."""
    for name, _, path in subject.broken:
        if name == "messages-encoded":
            given: Any = subject.record
            for step in steps_of(path):
                given = given.get(step) if isinstance(given, dict) else None
            told = f"{path} is now the list that it held"
            yield Repair(steps_of(path), decoded_list(given), told)


def parts_typed(subject: Subject) -> Iterator[Repair]:
    """Give parts that hold a text and nothing else the type text."""
    for _, path, part in parts_of(subject):
        is_text = isinstance(part, dict) and [*part] == ["text"] and isinstance(part["text"], str)
        if is_text and not says_its_maker(subject, part):
            typed = {"type": "text", **part}
            yield Repair(steps_of(path), typed, "a part that holds text has the type text now")


def verdicts_told(subject: Subject) -> Iterator[Repair]:
    """Write verdicts as true or false that are the texts of these."""
    name = verdict_name(subject)
    given = None if name is None else subject.record.get(name)
    verdict = _VERDICTS.get(given.strip().lower()) if isinstance(given, str) else None
    if name is not None and verdict is not None:
        yield Repair((name,), verdict, f"the verdict is {str(verdict).lower()} now, not its text")


_VERDICTS = {"true": True, "false": False}
