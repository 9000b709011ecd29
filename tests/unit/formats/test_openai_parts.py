"""Content in parts for OpenAI and Together: those that its schema knows, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.trainer_records import refusal, render, said, user
from vault.formats.trainers.output import Loss

TEXT = {"type": "text", "text": "What is it?"}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}}
REFUSAL = {"type": "refusal", "refusal": "No."}
NAMES = ["openai", "together"]


def asked(*parts: Any) -> dict[str, Any]:
    """Return a chat whose question has parts."""
    return {"messages": [{"role": "user", "content": [*parts]}, said()]}


def answered(*parts: Any) -> dict[str, Any]:
    """Return a chat whose answer has parts."""
    return {"messages": [user(), said([*parts])]}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "record", [asked(TEXT, IMAGE, SOUND), answered(TEXT, TEXT), answered(REFUSAL)]
)
def test_parts_that_the_schema_knows_are_written_as_they_are(
    name: str, record: dict[str, Any]
) -> None:
    made = render(name, record)
    assert made.record == record
    assert not made.losses


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "record",
    [
        asked({"type": "image"}, TEXT),
        asked({"type": "image_url", "image_url": "a.png"}, TEXT),
        asked(TEXT, {"type": ["text"]}),
        answered(TEXT, IMAGE),
        {"messages": [{"role": "system", "content": [TEXT, IMAGE]}, user(), said()]},
    ],
)
def test_parts_that_no_message_of_the_role_may_have_are_refused(
    name: str, record: dict[str, Any]
) -> None:
    assert "no message of its role may have" in refusal(name, record)


@pytest.mark.parametrize("name", NAMES)
def test_a_refusal_beside_text_is_refused(name: str) -> None:
    assert "a refusal beside other parts" in refusal(name, answered(TEXT, REFUSAL))


@pytest.mark.parametrize("name", NAMES)
def test_weights_of_parts_are_refused_and_other_members_counted(name: str) -> None:
    assert "weight for a part" in refusal(name, answered({**TEXT, "train": False}, TEXT))
    made = render(name, asked({**TEXT, "origin": "crm"}, IMAGE))
    assert made.record == asked(TEXT, IMAGE)
    assert made.losses == {Loss.MEMBERS}
