"""Reading `[each]` of a recipe: which prompts that are there are answered, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vault.generate.checked_table import CheckedTable, shown
from vault.generate.recipe.recipe import AnswerFormat, Each, Recipe

ROLES = ("system", "user", "assistant")
"""Roles that a field of a file may have."""

CONVERSATIONS = frozenset(
    {"messages", "conversations", "prompt", "completion", "instruction", "chosen", "rejected"}
)
"""Members by which `[example]` makes a conversation of its own."""

BESIDE = "does not go with [each], which sends prompts that are there as they are"
"""The fault of a table of prompts that a recipe makes itself."""


def read_each(table: CheckedTable, *, is_there: bool) -> Each | None:
    """Return the prompts that a table means, if it is there; its faults go to its list."""
    if not is_there:
        return None
    mapping = table.mapping("map")
    for role, field in mapping.items():
        if role not in ROLES or not isinstance(field, str):
            table.fault("map", f"has to name the field of {', '.join(ROLES)}, not {shown(role)}")
    each = Each(
        where=table.text("where"),
        file=table.text("file"),
        mapping={role: field for role, field in mapping.items() if isinstance(field, str)},
        samples=table.whole("samples", 1, least=1),
        held_out=table.flag("held_out", False),
    )
    if each.file is not None and each.where is not None:
        table.fault("where", "chooses from the stage, and file names other prompts: leave out one")
    if each.mapping and each.file is None:
        table.fault("map", "says what the fields of a file hold: name the file")
    table.finish()
    return each


def faults_beside(recipe: Recipe, top: CheckedTable) -> Iterator[str]:
    """Yield the faults of a recipe that has `[each]`: what goes with prompts of its own alone."""
    if recipe.each is None:
        return
    for name in ("vary", "seeds"):
        if top.has(name):
            yield f"{name} {BESIDE}"
    if recipe.format is AnswerFormat.JSON_LIST:
        yield "answer.format does not go with [each]: a prompt has one answer, not a list of them"
    if recipe.format is AnswerFormat.JSON and CONVERSATIONS.isdisjoint(recipe.example):
        yield (
            "example has no messages: of a JSON answer it has to say what the assistant says, "
            "such as messages = "
            "\"{{ each.messages + [{'role': 'assistant', 'content': answer.text}] }}\""
        )


def keeps_answer(recipe: Recipe) -> bool:
    """Return whether a record has the answer without `[example]`: behind the prompt's messages."""
    return recipe.each is not None and CONVERSATIONS.isdisjoint(recipe.example)


def answered_record(
    recipe: Recipe, prompt: dict[str, Any], answer: Any, kept: tuple[str, ...]
) -> dict[str, Any]:
    """Return the record of a prompt and its answer, over which `[example]` is laid.

    `prompt` has the messages and fields of the prompt's record, of which `kept` are no part of the
    conversation. Where `[example]` has a conversation, only those fields are left, and with its
    messages the tools of the prompt.
    """
    fields = {name: prompt[name] for name in kept}
    beside: dict[str, Any] = {
        name: prompt[name] for name in ("tools", "parallel_tool_calls") if name in prompt
    }
    if not keeps_answer(recipe):
        return {**beside, **fields} if "messages" in recipe.example else fields
    message = answer
    if recipe.format is AnswerFormat.TEXT:
        message = {"role": "assistant", "content": answer}
    return {"messages": [*prompt["messages"], _said(message)], **beside, **fields}


_MEMBERS = ("content", "reasoning_content", "reasoning", "tool_calls")


def _said(message: dict[str, Any]) -> dict[str, Any]:
    """Return what a model said, without what its server tells beside it."""
    said = {name: message[name] for name in _MEMBERS if message.get(name) not in (None, "", [])}
    if "reasoning_content" in said:
        said.pop("reasoning", None)
    return {"role": "assistant", **said}
