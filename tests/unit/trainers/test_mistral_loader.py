"""Mistral's own validator takes what is exported for it: `pytest -m slow`, in an environment."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.library import Library, chat
from tests.support.trainer_records import CALLING, calls, export, late_calls, result, said, user
from tests.support.trainer_venv import run_loader

pytestmark = pytest.mark.slow

TRANSFER = (
    '[TOOL_CALLS][{"name": "transfer", "arguments": {"amount": 1.5, "to": "bob <b>"}, '
    '"id": "call00000"}]</s>[TOOL_RESULTS]{"content": "ok", "call_id": "call00000"}[/TOOL_RESULTS]'
)


def checked(library: Library) -> Any:
    """Return what Mistral's types, validators and tokenizer make of the file."""
    path = "data/train.jsonl"
    return json.loads(run_loader("mistral", "check_mistral", path, folder=library.folder))


def test_tools_and_calls_are_taken(library: Library) -> None:
    again = [user("Once more."), calls("transfer", amount=2), result("transfer", "ok"), said()]
    twice = {**CALLING[0], "messages": [*CALLING[0]["messages"], *again]}
    report = export(library, "mistral", chat("a?"), twice, *CALLING)
    assert report.losses == {"reasoning": 3}
    found = checked(library)
    assert found["rows"] == 4
    # The oldest takes no text beside calls.
    assert found["taken"] == {"v3": 2, "v7": 4, "v11": 4, "v13": 4}
    assert TRANSFER in found["text"]
    assert '"name": "transfer", "description": ""' in found["text"]
    assert "null" not in found["text"]


def test_weights_are_read(library: Library) -> None:
    record = {"messages": [user(), said(weight=0), user(), said("b")]}
    assert export(library, "mistral", record).losses == {}
    found = checked(library)
    assert found["weights"] == [0, None]
    assert found["taken"] == {"v3": 1, "v7": 1, "v11": 1, "v13": 1}


def test_calls_that_come_late_are_taken(library: Library) -> None:
    export(library, "mistral", *late_calls())
    found = checked(library)
    assert found["taken"] == {"v3": 6_001, "v7": 6_002, "v11": 6_002, "v13": 6_002}
    assert TRANSFER in found["text"]
