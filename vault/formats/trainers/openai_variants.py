"""Providers that take OpenAI's layout with differences: Together and Fireworks."""

from __future__ import annotations

from dataclasses import replace

from vault.formats.trainers.openai import STYLE, chat_format, pair_format
from vault.formats.trainers.output import Carried, Reasoning, Weights
from vault.formats.trainers.trainer import Family, Produced, Trainer

_WAYS = (Reasoning.FIELD, Reasoning.TAGS, Reasoning.DROP)
# Whether Fireworks trains on a field for reasoning is not documented: it is asked for or left out.
_UNSURE = (Reasoning.DROP, Reasoning.FIELD, Reasoning.TAGS)
_TOGETHER = Carried(Weights.PER_MESSAGE, reasoning=_WAYS, parts=True)
_FIREWORKS = Carried(Weights.PER_MESSAGE, reasoning=_UNSURE)
_FIREWORKS_STYLE = replace(STYLE, fills_content=True, system_first=True)

FORMATS = (
    chat_format("together", "Together: messages and tools, reasoning as a field", _TOGETHER),
    pair_format(
        "together-dpo",
        "Together, preference: OpenAI's layout, reasoning as a field",
        replace(_TOGETHER, weights=Weights.NONE, parts=False),
    ),
    chat_format(
        "fireworks",
        "Fireworks: messages and tools, system message first, no null content",
        _FIREWORKS,
        _FIREWORKS_STYLE,
    ),
    pair_format(
        "fireworks-dpo",
        "Fireworks, preference: OpenAI's layout",
        replace(_FIREWORKS, weights=Weights.NONE),
        _FIREWORKS_STYLE,
    ),
)
"""The formats of both."""


def _together_usage(produced: Produced) -> str:
    uploads = "\n".join(f"together files upload {each}" for each in produced.paths)
    return (
        "Upload the files, from where the path of the folder begins, then start a job with the ids "
        f"that this prints:\n\n```sh\n{uploads}\n```"
    )


def _fireworks_usage(produced: Produced) -> str:
    return (
        "Make a dataset of each file, with Fireworks' page or its command `firectl`, and start a "
        "job with them. A dataset needs three examples at least."
    )


TOGETHER = Trainer(
    "together",
    "Together fine-tuning: chat, or preference pairs",
    {Family.CHAT: "together", Family.PREFERENCE: "together-dpo"},
    usage=_together_usage,
)
"""The target `together`."""

FIREWORKS = Trainer(
    "fireworks",
    "Fireworks fine-tuning: chat, or preference pairs",
    {Family.CHAT: "fireworks", Family.PREFERENCE: "fireworks-dpo"},
    usage=_fireworks_usage,
)
"""The target `fireworks`."""
