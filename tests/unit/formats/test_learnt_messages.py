"""What a trainer computes the loss on, held against what is written for it."""

from __future__ import annotations

import pytest

from tests.support.trainer_records import ONE_OF_EACH, parts_of
from vault.formats.trainers.learnt_messages import learnt_messages
from vault.formats.trainers.output import Learnt, Unsupported, Weights
from vault.formats.trainers.table import OUTPUT_FORMATS


@pytest.mark.parametrize("name", OUTPUT_FORMATS)
def test_what_is_learnt_agrees_with_what_is_written(name: str) -> None:
    layout = OUTPUT_FORMATS[name]
    assert (layout.learns is Learnt.WEIGHTED) <= (layout.carries.weights is Weights.PER_MESSAGE)
    is_last = layout.learns in (Learnt.COMPLETION, Learnt.LAST)
    assert (layout.carries.weights is Weights.LAST_ONLY) <= is_last
    seen = 0
    for record in ONE_OF_EACH.values():
        parts = parts_of(record)
        try:
            written = layout.render(parts).record
        except Unsupported:
            continue
        if parts.conversation is None:
            continue
        seen += 1
        learnt = learnt_messages(parts, parts.conversation, layout.learns)
        match layout.learns:
            case Learnt.WEIGHTED:
                wanted = [
                    each["role"] == "assistant" and each.get("weight", 1) != 0
                    for each in written["messages"]
                ]
            case Learnt.COMPLETION:
                wanted = [False] * len(written["prompt"]) + [True] * len(written["completion"])
            case Learnt.UNSAID:
                assert learnt is None
                continue
            case _:
                continue
        assert list(learnt or ()) == wanted
    assert seen or name in ("data", "verl-prompts")


def test_every_trainer_says_what_is_learnt() -> None:
    unsaid = {name for name, each in OUTPUT_FORMATS.items() if each.learns is Learnt.UNSAID}
    assert unsaid == {"hf-chat", "hf-preference", "hf-kto", "hf-prompt", "data"}
