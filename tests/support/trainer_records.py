"""Records rendered for trainers: short ways to make one, to render it, and to see why it is not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.library import Library, chat
from vault.formats.layouts.registry import conversation_of, derive
from vault.formats.trainers.output import RecordParts, Rendered, RenderOptions, Unsupported
from vault.formats.trainers.table import output_format
from vault.objects.conversation import Kind
from vault.objects.json.text import compact_bytes
from vault.operations.exports.export_report import TrainerReport

_USUAL = RenderOptions()


def parts_of(record: dict[str, Any]) -> RecordParts:
    """Return the parts of a record as an export finds them."""
    derived = derive(record)
    conversation = conversation_of(record, derived.kind)
    is_completion = derived.kind is Kind.PROMPT_COMPLETION
    return RecordParts(compact_bytes(record), conversation, derived.fields, is_completion)


def render(name: str, record: dict[str, Any], options: RenderOptions = _USUAL) -> Rendered:
    """Render a record in a format."""
    return output_format(name).render(parts_of(record), options)


def refusal(name: str, record: dict[str, Any]) -> str:
    """Return why a format cannot hold a record."""
    with pytest.raises(Unsupported) as refused:
        render(name, record)
    return refused.value.reason


def user(content: str = "Why?") -> dict[str, Any]:
    """Return a question."""
    return {"role": "user", "content": content}


def said(content: Any = "So.", **others: Any) -> dict[str, Any]:
    """Return what an assistant says."""
    return {"role": "assistant", "content": content, **others}


def calls(*names: str, content: str | None = None, **arguments: Any) -> dict[str, Any]:
    """Return calls of tools, whose ids are their names, all with the same arguments."""
    made = [
        {"id": each, "type": "function", "function": {"name": each, "arguments": arguments}}
        for each in names
    ]
    return said(content, tool_calls=made)


def result(call: str, content: str) -> dict[str, Any]:
    """Return the answer of a tool."""
    return {"role": "tool", "tool_call_id": call, "content": content}


def tool(name: str, **others: Any) -> dict[str, Any]:
    """Return the schema of a tool."""
    return {"type": "function", "function": {"name": name, **others}}


_WEATHER = [
    user("Weather?"),
    calls("weather", city="Oslo"),
    result("weather", "Rain."),
    said("It rains."),
]
ONE_OF_EACH: dict[str, dict[str, Any]] = {
    "one turn": chat("Why?", "So.", topic="x"),
    "several turns": {"messages": [user(), said(), user("And?"), said("Then.")]},
    "weights": {"messages": [user(), said("No.", weight=0), user("And?"), said("Yes.", weight=1)]},
    "reasoning": {"messages": [user(), said("Yes.", reasoning_content="Let me think.")]},
    "tools": {"messages": _WEATHER, "tools": [tool("weather", parameters={})]},
    "names": {"messages": [{**user(), "name": "ann"}, said()]},
    "developer": {"messages": [{"role": "developer", "content": "Be brief."}, user(), said()]},
    "completion": {"prompt": [user(), said("a"), user("b")], "completion": [said("c")]},
    "pair": {"prompt": "Why?", "chosen": "So.", "rejected": "No."},
    "verdict": {"prompt": "Why?", "completion": "So.", "label": True},
    "prompt": {"prompt": "What is 2 + 2?", "ground_truth": "4", "dataset": "math"},
    "text": {"text": "Once upon a time."},
    "raw": {"anything": ["else"]},
    "template": {"messages": [user(), said()], "chat_template_kwargs": {"enable_thinking": True}},
}
"""A record of each kind that trainers treat otherwise, by what it shows."""


def export(
    library: Library, trainer: str, *records: dict[str, Any], **options: Any
) -> TrainerReport:
    """Import some records and export the stage into the folder `data`."""
    if records:
        library.write("a.jsonl", records)
        library.run("a.jsonl")
    path = str(library.folder / "data")
    report = library.repository.export("STAGE", output=path, trainer=trainer, **options)
    assert isinstance(report, TrainerReport)
    return report


TOOLS = [
    tool(
        "get_weather",
        description="The weather of a city.",
        parameters={"type": "object", "properties": {"city": {"type": "string"}}},
    ),
    tool("transfer", parameters={"type": "object", "properties": {"amount": {"type": "number"}}}),
]
CALLING = [
    {
        "messages": [
            user("How is it in Oslo and in Rome?"),
            {
                **calls("get_weather", "transfer", content="Let me look.", city="Oslo", days=2),
                "reasoning_content": "Two calls.",
            },
            result("transfer", "hot"),
            result("get_weather", "cold"),
            said("Cold and hot."),
        ],
        "tools": TOOLS,
    },
    {
        "messages": [
            {"role": "system", "content": "You are a bank."},
            user("Pay bob."),
            calls("transfer", amount=1.5, to="bob <b>"),
            result("transfer", "ok"),
            said("Done.", reasoning_content="It worked."),
        ],
        "tools": TOOLS,
    },
]
"""Chats that call tools of different arguments, one with text and reasoning before the calls."""


def late_calls() -> list[dict[str, Any]]:
    """Return 24 MB of plain chats, and after them `CALLING`."""
    plain = [chat(f"{n} {'x' * 2000}", "y" * 2000) for n in range(6_000)]
    return [*plain, *CALLING]
